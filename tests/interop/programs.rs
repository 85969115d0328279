//! nginx and HAProxy as a test starts them, and the folder in which they run; both end with it.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// How long anything may take before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Where a program is; services are not in everybody's `PATH`.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Whether all of these are installed; says which is not.
pub fn are_installed(programs: &[&str]) -> bool {
    programs.iter().all(|program| {
        let is_there = find(program).is_some();
        if !is_there {
            eprintln!("SKIPPED: {program} is not installed");
        }
        is_there
    })
}

/// A folder of the test's own, removed with it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("edge-mtls-interop-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// The path of a file in it, as text for a configuration.
    pub fn path(&self, file: &str) -> String {
        self.0
            .join(file)
            .to_str()
            .unwrap()
            .to_owned()
    }

    pub fn write(&self, file: &str, contents: &str) -> String {
        std::fs::write(self.0.join(file), contents).unwrap();
        self.path(file)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server that runs until it is dropped.
pub struct Server {
    child: Child,
    port: u16,
    /// Keeps test runs beside this one from the same port.
    _reserved: UdpSocket,
}

impl Server {
    /// nginx with one `server` block of these directives; `http` stands in front of it.
    pub fn nginx(folder: &Folder, http: &str, listen: &str, directives: &str) -> Self {
        let temporary: String = ["client_body", "fastcgi", "proxy", "scgi", "uwsgi"]
            .map(|kind| format!("    {kind}_temp_path \"{}\";\n", folder.path(kind)))
            .concat();
        // One process, so that ending it ends all of nginx.
        let config = |port: u16| {
            format!(
                "daemon off;\nmaster_process off;\npid \"{pid}\";\n\
                 error_log \"{log}\" info;\nevents {{ worker_connections 64; }}\n\
                 http {{\n    access_log off;\n    default_type text/plain;\n{temporary}{http}\n\
                     server {{\n        listen 127.0.0.1:{port} {listen};\n{directives}\n    }}\n}}\n",
                pid = folder.path("nginx.pid"),
                log = folder.path("error.log"),
            )
        };
        let prefix = folder.path("");
        Self::start(folder, "nginx", config, |command, file| {
            command.args(["-p", &prefix, "-c", file]);
        })
    }

    /// HAProxy with one proxy of these directives; `bind` stands behind its address.
    pub fn haproxy(folder: &Folder, bind: &str, directives: &str) -> Self {
        let config = |port: u16| {
            format!(
                "global\n    maxconn 64\n    nbthread 1\n\
                 defaults\n    mode http\n    timeout client 20s\n    timeout connect 20s\n    \
                 timeout server 20s\n\
                 listen tests\n    bind 127.0.0.1:{port} {bind}\n{directives}\n"
            )
        };
        Self::start(folder, "haproxy", config, |command, file| {
            // In the foreground, without messages.
            command.args(["-db", "-q", "-f", file]);
        })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    fn start(
        folder: &Folder,
        program: &str,
        config: impl Fn(u16) -> String,
        arguments: impl Fn(&mut Command, &str),
    ) -> Self {
        let printed = folder.path("printed.log");
        let mut said = String::new();
        // Somebody else may take the port before the program does.
        for _ in 0..3 {
            let (port, reserved) = free_port();
            let file = folder.write("config", &config(port));
            let output = File::create(&printed).unwrap();
            let mut command = Command::new(find(program).unwrap());
            arguments(&mut command, &file);
            let child = command
                .stdin(Stdio::null())
                .stdout(output.try_clone().unwrap())
                .stderr(output)
                .spawn()
                .unwrap();
            let mut server = Self {
                child,
                port,
                _reserved: reserved,
            };
            if server.is_up() {
                return server;
            }
            said = read(Path::new(&printed)) + &read(Path::new(&folder.path("error.log")));
        }
        panic!("{program} does not start: {said}");
    }

    /// Waits until it takes connections; whether it does.
    fn is_up(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port below those that systems give out by themselves, so that no connection of another test
/// can have taken it when the program listens; and the socket that reserves it, of another protocol
/// so that the program can have it.
fn free_port() -> (u16, UdpSocket) {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() * 61 % u32::from(COUNT)) as u16;
    loop {
        let offset = NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
        let port = FIRST + (start + offset) % COUNT;
        let address = (Ipv4Addr::LOCALHOST, port);
        if let (Ok(reserved), Ok(_)) = (UdpSocket::bind(address), TcpListener::bind(address)) {
            return (port, reserved);
        }
    }
}

fn read(file: &Path) -> String {
    let text = std::fs::read(file).unwrap_or_default();
    String::from_utf8_lossy(&text).into_owned()
}
