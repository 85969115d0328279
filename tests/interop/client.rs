//! Clients: `openssl s_client` for TLS, a socket for plain HTTP.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;

use http::HeaderMap;

use crate::pki::Presented;
use crate::programs::{Folder, PATIENCE, Server, find};

/// The versions that clients are limited to.
pub const VERSIONS: [&str; 2] = ["-tls1_2", "-tls1_3"];

/// A request over TLS.
pub struct Request<'a> {
    pub version: &'a str,
    pub client: Option<&'a Presented>,
    /// Header lines that the client sends itself, each with its line end.
    pub headers: &'a str,
    pub session: Session,
}

/// What is done with the TLS session.
#[derive(Clone, Copy, PartialEq)]
pub enum Session {
    Forget,
    Keep,
    Resume,
}

/// What a client got.
#[derive(Debug)]
pub struct Answer {
    /// `None` if there was no HTTP at all.
    pub status: Option<u16>,
    pub body: String,
    /// All that was printed.
    pub printed: String,
}

impl<'a> Request<'a> {
    pub fn new(client: Option<&'a Presented>) -> Self {
        Self {
            version: VERSIONS[1],
            client,
            headers: "",
            session: Session::Forget,
        }
    }

    pub fn version(mut self, version: &'a str) -> Self {
        self.version = version;
        self
    }

    pub fn headers(mut self, headers: &'a str) -> Self {
        self.headers = headers;
        self
    }

    pub fn session(mut self, session: Session) -> Self {
        self.session = session;
        self
    }

    /// Sends it; a client that resumes must have been allowed to.
    pub fn send(self, folder: &Folder, server: &Server) -> Answer {
        let mut arguments: Vec<String> = vec![
            "s_client".into(),
            self.version.into(),
            // Also the end of the input is no reason to end.
            "-ign_eof".into(),
            "-connect".into(),
            format!("127.0.0.1:{}", server.port()),
            "-servername".into(),
            "localhost".into(),
            "-verify_hostname".into(),
            "localhost".into(),
            "-verify_return_error".into(),
            "-CAfile".into(),
            folder.path("server-ca.pem"),
        ];
        let session = match self.session {
            Session::Forget => None,
            Session::Keep => Some("-sess_out"),
            Session::Resume => Some("-sess_in"),
        };
        if let Some(option) = session {
            arguments.extend([option.into(), folder.path("session.pem")]);
        }
        if let Some(client) = self.client {
            arguments.extend(client.arguments(folder));
        }
        let request = format!(
            "GET / HTTP/1.1\r\nHost: localhost\r\n{}Connection: close\r\n\r\n",
            self.headers
        );
        let printed = run("openssl", &arguments, &request);
        if self.session != Session::Forget {
            let is_resumed = printed.contains("\nReused, ");
            assert_eq!(is_resumed, self.session == Session::Resume, "{printed}");
        }
        Answer::new(printed)
    }
}

impl Answer {
    fn new(printed: String) -> Self {
        let (status, body) = match printed.split_once("HTTP/1.1 ") {
            Some((_, answer)) => (
                answer
                    .get(..3)
                    .and_then(|status| status.parse().ok()),
                answer
                    .split_once("\r\n\r\n")
                    .map(|(_, body)| body.to_owned())
                    .unwrap_or_default(),
            ),
            None => (None, String::new()),
        };
        Self {
            status,
            body,
            printed,
        }
    }
}

/// Sends these headers in the clear, as an edge of this crate sends them to its origin.
pub fn send_plain(server: &Server, path: &str, headers: &HeaderMap) -> Answer {
    let mut request =
        format!("GET {path} HTTP/1.1\r\nHost: origin\r\nConnection: close\r\n").into_bytes();
    for (name, value) in headers {
        request.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    request.extend(b"\r\n");
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).unwrap();
    stream
        .set_read_timeout(Some(PATIENCE))
        .unwrap();
    stream.write_all(&request).unwrap();
    let mut answer = Vec::new();
    // A server that refuses before it has read all may reset the connection behind its answer.
    let _ = stream.read_to_end(&mut answer);
    Answer::new(String::from_utf8(answer).unwrap())
}

/// Runs a program to its end; what it prints.
fn run(program: &str, arguments: &[String], input: &str) -> String {
    let mut child = Command::new(find(program).unwrap())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended already, if the handshake was refused.
    let _ = child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes());
    let outputs: [Box<dyn Read + Send>; 2] = [
        Box::new(child.stdout.take().unwrap()),
        Box::new(child.stderr.take().unwrap()),
    ];
    let printed = outputs.map(|mut output| {
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let mut printed = Vec::new();
            let _ = output.read_to_end(&mut printed);
            let _ = sender.send(printed);
        });
        receiver
    });
    let [output, errors] = printed.map(|printed| printed.recv_timeout(PATIENCE).ok());
    let (Some(output), Some(errors)) = (output, errors) else {
        let _ = child.kill();
        let _ = child.wait();
        panic!("{program} {arguments:?} does not end");
    };
    child.wait().unwrap();
    // The answer last, so that nothing stands behind its body.
    [errors, output]
        .map(|printed| String::from_utf8_lossy(&printed).into_owned())
        .concat()
}
