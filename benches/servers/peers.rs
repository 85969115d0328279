//! Server processes, and the CPU time that each has spent.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::ours::Kind;
use crate::pki::Folder;

pub struct Server {
    pub name: String,
    pub port: u16,
    process: Child,
}

impl Server {
    /// A bare loop, in a process of its own.
    pub fn ours(kind: Kind, folder: &Folder) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--serve", kind.name()])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            name: kind.name().into(),
            port: line.trim().parse().unwrap(),
            process,
        }
    }

    /// nginx, with client certificates off and required; none where it is not installed.
    pub fn nginx(folder: &Folder) -> Vec<Self> {
        let Some(version) = version("nginx", "-v") else {
            println!("skipped: nginx is not installed");
            return Vec::new();
        };
        println!("peer: {version}");
        ["off", "required"]
            .into_iter()
            .map(|mode| {
                let port = free_port();
                let folder_path = folder.path().display();
                let verify = match mode {
                    "off" => String::new(),
                    _ => format!(
                        "ssl_verify_client on; ssl_verify_depth 3; \
                         ssl_client_certificate {folder_path}/client-root.pem;"
                    ),
                };
                let file = format!("nginx-{mode}.conf");
                folder.write(
                    &file,
                    &format!(
                        "daemon off; master_process off; pid {folder_path}/nginx-{mode}.pid;\n\
                         error_log {folder_path}/nginx-{mode}.log;\n\
                         events {{ worker_connections 64; }}\n\
                         http {{ access_log off; server {{ listen 127.0.0.1:{port} ssl;\n\
                         ssl_certificate {folder_path}/server.pem;\n\
                         ssl_certificate_key {folder_path}/server.key;\n\
                         ssl_protocols TLSv1.3; ssl_session_tickets off; ssl_session_cache off;\n\
                         {verify} location / {{ return 200 ok; }} }} }}\n"
                    ),
                );
                let mut command = Command::new("nginx");
                command
                    .arg("-c")
                    .arg(folder.file(&file));
                Self::start(&format!("nginx, {mode}"), port, command)
            })
            .collect()
    }

    /// Envoy, likewise.
    pub fn envoy(folder: &Folder) -> Vec<Self> {
        let program = std::env::var("EDGE_MTLS_ENVOY").unwrap_or_else(|_| "envoy".into());
        let Some(version) = version(&program, "--version") else {
            println!("skipped: envoy is not installed");
            return Vec::new();
        };
        println!("peer: {version}");
        ["off", "required"]
            .into_iter()
            .enumerate()
            .map(|(id, mode)| {
                let port = free_port();
                let file = format!("envoy-{mode}.yaml");
                folder.write(&file, &envoy_config(folder, port, mode == "required"));
                let mut command = Command::new(&program);
                command
                    .arg("-c")
                    .arg(folder.file(&file))
                    .args(["--concurrency", "1", "--log-level", "error"])
                    .args(["--base-id", &(4_711 + id).to_string()]);
                Self::start(&format!("envoy, {mode}"), port, command)
            })
            .collect()
    }

    /// The time that all threads of the process have run.
    pub fn cpu_nanoseconds(&self) -> f64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        tasks
            .filter_map(|task| fs::read_to_string(task.ok()?.path().join("schedstat")).ok())
            .filter_map(|text| {
                text.split(' ')
                    .next()?
                    .parse::<f64>()
                    .ok()
            })
            .sum()
    }

    fn start(name: &str, port: u16, mut command: Command) -> Self {
        let process = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self {
            name: name.into(),
            port,
            process,
        };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{name} does not listen");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn version(program: &str, option: &str) -> Option<String> {
    let output = Command::new(program)
        .arg(option)
        .output()
        .ok()?;
    let text = [output.stdout, output.stderr].concat();
    Some(
        String::from_utf8_lossy(&text)
            .trim()
            .to_owned(),
    )
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn envoy_config(folder: &Folder, port: u16, is_required: bool) -> String {
    let path = folder.path().display();
    let validation = match is_required {
        true => format!(
            "
          validation_context: {{ trusted_ca: {{ filename: {path}/client-root.pem }} }}"
        ),
        false => String::new(),
    };
    format!(
        "
static_resources:
  listeners:
  - address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }}
    filter_chains:
    - transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
          require_client_certificate: {is_required}
          disable_stateless_session_resumption: true
          common_tls_context:
            tls_params: {{ tls_minimum_protocol_version: TLSv1_3, tls_maximum_protocol_version: TLSv1_3 }}
            tls_certificates:
            - certificate_chain: {{ filename: {path}/server.pem }}
              private_key: {{ filename: {path}/server.key }}{validation}
      filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          \"@type\": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: bench
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{ \"@type\": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }}
          route_config:
            virtual_hosts:
            - name: all
              domains: [\"*\"]
              routes:
              - match: {{ prefix: / }}
                direct_response: {{ status: 200, body: {{ inline_string: ok }} }}
"
    )
    .replace("\n          validation_context", "\n            validation_context")
}
