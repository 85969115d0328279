//! Counting instructions: the bench runs itself once more under valgrind's callgrind, which is asked for
//! its count after every call that is measured. With `EDGE_MTLS_KEEP_CALLGRIND=1` what callgrind wrote is kept,
//! one file a call, for `callgrind_annotate`.

use std::hint::black_box;
use std::path::PathBuf;
use std::process::Command;

/// Where callgrind writes, in the process that it runs.
const OUTPUT: &str = "EDGE_MTLS_CALLGRIND_OUTPUT";

/// The counter of a process that callgrind runs.
pub struct Instructions {
    output: PathBuf,
    dumps: usize,
}

impl Instructions {
    /// The counter, in the process that is counted. In any other this runs that process to its end, and
    /// returns `None`: its lines are on standard output then. Without valgrind it says so.
    pub fn of_this_process() -> Option<Self> {
        if let Some(output) = std::env::var_os(OUTPUT) {
            return Some(Self {
                output: output.into(),
                dumps: 0,
            });
        }
        let directory = std::env::temp_dir().join(format!("edge-mtls-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let output = directory.join("out");
        let status = Command::new("valgrind")
            .args(["--tool=callgrind", "--quiet", "--compress-strings=yes"])
            .arg(concat!("--toggle-collect=", module_path!(), "::measured"))
            .arg(concat!("--dump-after=", module_path!(), "::measured"))
            .arg(format!("--callgrind-out-file={}", output.display()))
            .arg(std::env::current_exe().unwrap())
            .args(std::env::args_os().skip(1))
            .env(OUTPUT, &output)
            .status();
        match status {
            Ok(status) => assert!(status.success(), "{status}"),
            Err(error) => println!("skipped: no instructions are counted: valgrind: {error}"),
        }
        match std::env::var_os("EDGE_MTLS_KEEP_CALLGRIND") {
            Some(_) => println!("kept: {}", directory.display()),
            None => std::fs::remove_dir_all(&directory).unwrap(),
        }
        None
    }

    /// How many instructions one call takes.
    pub fn count<T>(&mut self, work: impl FnOnce() -> T) -> u64 {
        let mut work = Some(work);
        measured(&mut || {
            if let Some(work) = work.take() {
                black_box(work());
            }
        });
        self.dumps += 1;
        let mut dump = self.output.clone().into_os_string();
        dump.push(format!(".{}", self.dumps));
        let text = std::fs::read_to_string(&dump).unwrap();
        if std::env::var_os("EDGE_MTLS_KEEP_CALLGRIND").is_none() {
            std::fs::remove_file(&dump).unwrap();
        }
        text.lines()
            .find_map(|line| {
                line.strip_prefix("totals: ")?
                    .trim()
                    .parse()
                    .ok()
            })
            .unwrap()
    }
}

/// What callgrind knows by its name.
#[inline(never)]
fn measured(work: &mut dyn FnMut()) {
    work();
}
