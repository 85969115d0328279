//! The commands of the README, run as they stand there: the PKI made by `openssl`, the examples
//! `origin` and `edge`, and real clients, `curl` and `openssl s_client`, in every mode.
//!
//! Says that it skipped where `bash`, `curl` or OpenSSL 3 is not installed.
#![cfg(unix)]

mod programs;

use edge_mtls::HeaderProfile;
use programs::{Folder, Program, is_installed};

const README: &str = include_str!("../../README.md");

#[test]
fn the_readme_does_what_it_says() {
    if !is_installed("bash") || !is_installed("curl") || !is_openssl_3() {
        println!("skipped: bash, curl or OpenSSL 3 is not installed");
        return;
    }
    let folder = Folder::new("edge-mtls-readme");
    folder.sh(&code_block("mkdir -p target/pki"));

    let mut found = Vec::new();
    for mode in ["required", "optional", "passthrough"] {
        let (origin, edge) = start(&folder, mode, &[]);
        let cells: Vec<String> = code_block("ask()")
            .lines()
            .skip(1)
            .map(|ask| told_by_curl(&folder, &edge, ask))
            .collect();
        found.push(format!("| {mode} | {} |", cells.join(" | ")));
        check_openssl(&folder, &edge, mode);
        drop((origin, edge));
    }
    let documented: Vec<&str> = README
        .lines()
        .skip_while(|line| *line != "| mode | `ask` | alice | mallory |")
        .skip(2)
        .take(3)
        .collect();
    assert_eq!(found, documented);
}

#[test]
fn the_edge_says_why_it_refused() {
    if !is_installed("bash") || !is_installed("curl") || !is_openssl_3() {
        println!("skipped: bash, curl or OpenSSL 3 is not installed");
        return;
    }
    let folder = Folder::new("edge-mtls-refusal");
    folder.sh(&code_block("mkdir -p target/pki"));
    let (_origin, edge) = start(&folder, "required", &[]);
    let ask = "ask --cert target/pki/mallory.pem --key target/pki/mallory.key";
    told_by_curl(&folder, &edge, ask);
    let line = edge.line_with("connectionStatus=Failed:");
    let documented = README
        .split_once("\nconnectionStatus=Failed:")
        .and_then(|(_, rest)| rest.split_once("\n```"))
        .map(|(sentence, _)| sentence.replace('\n', " "))
        .unwrap();
    assert!(line.contains(&documented), "{line}\n{documented}");
}

#[test]
fn revocation_is_as_documented() {
    if !is_installed("bash") || !is_installed("curl") || !is_openssl_3() {
        println!("skipped: bash, curl or OpenSSL 3 is not installed");
        return;
    }
    let folder = Folder::new("edge-mtls-revocation");
    folder.sh(&code_block("mkdir -p target/pki"));
    folder.sh(&code_block("printf '%s\\n' '[ca]'"));
    let rows: Vec<&str> = README
        .lines()
        .skip_while(|line| *line != "| options | alice |")
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert_eq!(rows.len(), 3);
    for row in rows {
        let (options, told) = row
            .trim_matches(['|', ' '])
            .split_once(" | ")
            .unwrap();
        let options: Vec<&str> = options
            .trim_matches('`')
            .split(' ')
            .collect();
        let (_origin, edge) = start(&folder, "required", &options);
        let alice = "ask --cert target/pki/alice.pem --key target/pki/alice.key";
        assert_eq!(told_by_curl(&folder, &edge, alice), told, "{row}");
    }
}

/// The mistakes, each with the beginning of what `explain` says of it, and a certificate of the tree. What
/// changes from run to run, times, digests and numbers, is left out of the comparison.
#[test]
fn mistakes_are_explained_as_documented() {
    if !is_installed("bash") || !is_openssl_3() {
        println!("skipped: bash or OpenSSL 3 is not installed");
        return;
    }
    let folder = Folder::new("edge-mtls-explain");
    let issue = code_block("mkdir -p target/pki");
    folder.sh(&format!("{issue}\n{}", code_block("issue issuing-ca")));
    let commands: Vec<&str> = README
        .lines()
        .skip_while(|line| *line != "| mistake | |")
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|row| row.split('`').nth(1))
        .collect();
    assert!(code_block("explain()").contains(commands[0]));
    let outputs: Vec<String> = commands
        .iter()
        .map(|arguments| {
            let (output, is_accepted) = programs::run_example(&folder, "explain", arguments);
            assert!(!is_accepted, "{arguments}: {output}");
            comparable(&output)
        })
        .collect();
    let documented = code_block("refused (untrusted)");
    let documented: Vec<&str> = documented.split("\n\n").collect();
    assert_eq!((outputs.len(), documented.len()), (5, 5));
    for (output, beginning) in outputs.iter().zip(documented) {
        let beginning = comparable(beginning);
        assert!(output.starts_with(&beginning), "{beginning}\n{output}");
    }
    let tree = comparable(&code_block("judged at"));
    assert!(outputs[1].contains(&tree), "{tree}\n{}", outputs[1]);

    // And what is right.
    let arguments = "--trust-store target/pki/client-ca.pem --chain target/pki/alice.pem";
    let (output, is_accepted) = programs::run_example(&folder, "explain", arguments);
    assert!(
        is_accepted && output.starts_with("accepted, until "),
        "{output}"
    );
}

/// Words with single spaces between them; those of digits, at least eight of them hexadecimal, as `#`.
fn comparable(text: &str) -> String {
    let words = text.split_whitespace().map(|word| {
        let core = word.trim_end_matches([',', ';', ':']);
        let is_hex = core.len() >= 8
            && core
                .bytes()
                .all(|octet| octet.is_ascii_hexdigit());
        let is_time = core.len() == 20 && core.parse::<edge_mtls::Time>().is_ok();
        match is_hex || is_time {
            true => word.replace(core, "#"),
            false => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Both examples, in every format that they know: the README lists them.
#[test]
fn the_examples_speak_every_format() {
    let documented: Vec<String> = README
        .split_once("| | presets |")
        .and_then(|(_, rest)| rest.split_once("\n\n"))
        .map(|(table, _)| table.split('`').skip(1).step_by(2))
        .unwrap()
        .map(|name| name.replace('_', "-"))
        .collect();
    let mut known: Vec<&str> = HeaderProfile::preset_names().collect();
    known.sort_unstable();
    let mut sorted = documented.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, known);

    if !is_installed("bash") || !is_installed("curl") || !is_openssl_3() {
        println!("skipped: bash, curl or OpenSSL 3 is not installed");
        return;
    }
    let folder = Folder::new("edge-mtls-formats");
    folder.sh(&code_block("mkdir -p target/pki"));
    for format in &documented {
        let (_origin, edge) = start(&folder, "optional", &["--format", format]);
        let alice = "ask --cert target/pki/alice.pem --key target/pki/alice.key";
        assert_eq!(
            told_by_curl(&folder, &edge, alice),
            "claimed verified, found verified",
            "{format}"
        );
        assert_eq!(
            told_by_curl(&folder, &edge, "ask"),
            "no certificate",
            "{format}"
        );
    }
}

/// The origin and the edge of the README, the mode, the ports and `options` of both aside.
fn start(folder: &Folder, mode: &str, options: &[&str]) -> (Program, Program) {
    let commands = code_block("cargo run --example origin").replace("\\\n", " ");
    let arguments = |example: &str| -> Vec<String> {
        commands
            .split_once(&format!("cargo run --example {example} -- "))
            .and_then(|(_, rest)| rest.lines().next())
            .unwrap()
            .split_whitespace()
            .chain(options.iter().copied())
            .map(str::to_owned)
            .collect()
    };
    let mut origin = Program::example(folder, "origin", &arguments("origin"));
    let origin_address = origin.address("listening on http://");

    let mut edge = arguments("edge");
    for argument in &mut edge {
        match argument.as_str() {
            "required" => mode.clone_into(argument),
            "http://127.0.0.1:8080" => *argument = format!("http://{origin_address}"),
            _ => {}
        }
    }
    if mode == "passthrough" {
        let place = edge
            .iter()
            .position(|argument| argument == "--trust-store")
            .unwrap();
        edge.drain(place..place + 2);
    }
    let mut edge = Program::example(folder, "edge", &edge);
    edge.address("listening on https://");
    (origin, edge)
}

/// What a client is told, in the words of the README's table.
fn told_by_curl(folder: &Folder, edge: &Program, ask: &str) -> String {
    let ask = ask.strip_prefix("ask").unwrap();
    let definition = code_block("ask()");
    let definition = definition
        .lines()
        .next()
        .unwrap()
        .replace("8443", &edge.port().to_string())
        .replace("curl ", "curl --silent --show-error --max-time 20 ");
    let (output, errors) = folder.try_sh(&format!("{definition}\nask{ask}"));
    if let Some((_, alert)) = errors.split_once(" alert ") {
        return format!(
            "alert {}",
            alert
                .split(',')
                .next()
                .unwrap_or(alert)
                .trim()
        );
    }
    in_words(&output).unwrap_or_else(|| panic!("{ask}: {output}{errors}"))
}

fn in_words(answer: &str) -> Option<String> {
    let value = |name: &str| {
        answer
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .map(str::trim)
    };
    let claimed = value("claimed:")?;
    if claimed == "no certificate" {
        return Some(claimed.to_owned());
    }
    let verdict = value("verdict:")?;
    let verdict = verdict.split(':').next()?;
    Some(format!("claimed {claimed}, found {verdict}"))
}

/// `openssl s_client` with alice's certificate, over both versions of TLS.
fn check_openssl(folder: &Folder, edge: &Program, mode: &str) {
    for version in ["-tls1_2", "-tls1_3"] {
        let (output, errors) = folder.try_sh(&format!(
            "printf 'GET / HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' | \
             timeout 20 openssl s_client {version} -quiet -verify_return_error \
             -connect 127.0.0.1:{} -servername localhost -CAfile target/pki/server-ca.pem \
             -cert target/pki/alice.pem -key target/pki/alice.key",
            edge.port()
        ));
        let claimed = match mode {
            "passthrough" => "claimed unverified, found verified",
            _ => "claimed verified, found verified",
        };
        assert_eq!(
            in_words(&output).as_deref(),
            Some(claimed),
            "{mode} {version}: {output}{errors}"
        );
    }
}

/// The code block of the README that begins with `start`.
fn code_block(start: &str) -> String {
    let fenced = README.split("\n```").skip(1).step_by(2);
    fenced
        .filter_map(|block| block.split_once('\n'))
        .map(|(_, code)| code.to_owned())
        .find(|code| code.starts_with(start))
        .unwrap_or_else(|| panic!("the README has no code block that begins with {start}"))
}

fn is_openssl_3() -> bool {
    programs::output_of("openssl", &["version"]).is_some_and(|version| {
        version
            .strip_prefix("OpenSSL ")
            .and_then(|version| version.split('.').next())
            .and_then(|major| major.parse::<u32>().ok())
            .is_some_and(|major| major >= 3)
    })
}
