//! The sandbox process by itself, around programs of the system: its limits, its leash, and what it refuses.
#![expect(clippy::unwrap_used, reason = "a step of a test that fails is a failing test")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use sluice_workspace::jobs::sandbox::{Confinement, Limits, REFUSED};

fn shell(directory: &Path, script: &str) -> Confinement {
    let system = [
        "/bin",
        "/usr/bin",
        "/lib",
        "/lib64",
        "/usr/lib",
        "/usr/lib64",
        "/etc/ld.so.cache",
    ];
    Confinement {
        program: PathBuf::from("/bin/sh"),
        arguments: vec!["-c".to_owned(), script.to_owned()],
        environment: [("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into(),
        directory: directory.to_owned(),
        input: "what it reads".to_owned(),
        read_only: system.iter().map(PathBuf::from).collect(),
        read_write: vec![directory.to_owned(), PathBuf::from("/dev/null")],
        connect_ports: Vec::new(),
        limits: Limits {
            memory_bytes: 1 << 30,
            cpu_seconds: 1,
            open_files: 64,
            file_bytes: 1 << 20,
        },
    }
}

/// Starts the sandbox and keeps hold of the leash.
fn start(confinement: &Confinement) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sluice-sandbox"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = serde_json::to_string(confinement).unwrap();
    line.push('\n');
    child.stdin.as_mut().unwrap().write_all(line.as_bytes()).unwrap();
    child
}

/// Exit code, standard output and standard error of a task that ends by itself.
fn run(confinement: &Confinement) -> (i32, String, String) {
    let mut child = start(confinement);
    let leash = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(leash);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_task_gets_its_input_its_environment_and_its_exit_code_is_passed_on() {
    let directory = tempfile::tempdir().unwrap();
    let script = "cat; echo; pwd; env | grep -c HOME; echo kept > own; exit 3";
    let (code, output, _) = run(&shell(directory.path(), script));
    assert_eq!(code, 3);
    assert_eq!(output, format!("what it reads\n{}\n0\n", directory.path().display()));
    assert_eq!(std::fs::read_to_string(directory.path().join("own")).unwrap(), "kept\n");
    assert_eq!(
        run(&shell(directory.path(), "exit 125")).0,
        1,
        "125 is the sandbox's own word"
    );
}

#[test]
fn processor_time_and_file_size_are_limited() {
    let directory = tempfile::tempdir().unwrap();
    let signal = |number: i32| 128 + number;
    let (code, _, _) = run(&shell(directory.path(), "while :; do :; done"));
    assert!(
        [signal(24), signal(9)].contains(&code),
        "ended by SIGXCPU or SIGKILL, not {code}"
    );
    let (code, _, _) = run(&shell(
        directory.path(),
        "exec dd if=/bin/sh of=big bs=1024 count=1 seek=2000",
    ));
    assert_ne!(code, 0);
    assert!(std::fs::metadata(directory.path().join("big")).is_ok_and(|file| file.len() <= 1 << 20));
}

#[test]
fn letting_go_of_the_leash_ends_everything() {
    let directory = tempfile::tempdir().unwrap();
    let script = "setsid sh -c 'echo $$ > a; exec sleep 1000' & sh -c 'setsid sleep 1000 & echo $! > b' ; while [ ! -s a ]; do :; done; echo ready; wait";
    let mut confinement = shell(directory.path(), script);
    confinement.limits.cpu_seconds = 60;
    let mut child = start(&confinement);
    let mut ready = [0; 6];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut ready).unwrap();
    let pids: Vec<String> = ["a", "b"]
        .map(|name| {
            std::fs::read_to_string(directory.path().join(name))
                .unwrap()
                .trim()
                .to_owned()
        })
        .into();
    let alive = |pid: &String| Path::new("/proc").join(pid).exists();
    assert!(pids.iter().all(alive), "both sleep in sessions of their own");
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(128 + 9));
    assert!(!pids.iter().any(alive), "nothing is left when the sandbox has ended");
}

#[test]
fn a_thousand_processes_are_gone_when_the_sandbox_ends() {
    let directory = tempfile::tempdir().unwrap();
    let script = "i=0; while [ $i -lt 1000 ]; do setsid sleep 1000 & i=$((i+1)); done; echo $! > last; exit 0";
    let mut confinement = shell(directory.path(), script);
    confinement.limits.cpu_seconds = 60;
    let mut child = start(&confinement);
    let leash = child.stdin.take();
    let ended = directory.path().join("last");
    while !ended.exists() {
        assert!(child.try_wait().unwrap().is_none(), "the task starts its processes");
        std::thread::yield_now();
    }
    let begun = std::time::Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(
        begun.elapsed().as_secs() < 8,
        "within the time after which the workspace gives the sandbox up: {:?}",
        begun.elapsed()
    );
    let last = std::fs::read_to_string(ended).unwrap();
    assert!(!Path::new("/proc").join(last.trim()).exists());
    drop(leash);
}

#[test]
fn what_cannot_be_confined_is_not_run() {
    let directory = tempfile::tempdir().unwrap();
    let mut confinement = shell(directory.path(), "echo ran > ran");
    confinement.read_write.push(directory.path().join("missing"));
    let (code, output, error) = run(&confinement);
    assert_eq!((code, output.as_str()), (i32::from(REFUSED), ""));
    assert!(
        error.starts_with("sandbox: `") && error.contains("missing` cannot be offered to the task"),
        "{error}"
    );
    assert!(!directory.path().join("ran").exists());
}
