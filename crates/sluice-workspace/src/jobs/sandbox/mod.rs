//! The process around one task: confines itself, starts the task, and leaves nothing of it behind.
//!
//! It runs as a process of its own (`sluice workspace sandbox`). Its standard input is the leash: the first line is a
//! [`Confinement`] as JSON; when the pipe closes, because the run was cancelled or the workspace died, everything that
//! the task has started is killed. Resource limits apply to this process itself, Landlock and the filter of system calls to the
//! thread that starts the task; the task inherits all of them and cannot take them off. Start at [`run`].

mod system_calls;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, NetPort, PathBeneath, PathFd, PathFdError, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use rustix::process::{Pid, Resource, Rlimit, Signal, WaitOptions};
use rustix::thread::{CapabilitySet, CapabilitySets};
use serde::{Deserialize, Serialize};

/// Exit code of a sandbox that could not confine or start the task; the reason is the last line on standard error.
pub const REFUSED: u8 = 125;

/// What one task process gets and what it may touch. Everything that is not named here is denied.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confinement {
    /// The program to start.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The only environment variables that it gets.
    pub environment: BTreeMap<String, String>,
    /// Its working directory.
    pub directory: PathBuf,
    /// What it reads on standard input.
    pub input: String,
    /// Files and directories that it may read and execute; ones that do not exist are left out.
    pub read_only: Vec<PathBuf>,
    /// Files and directories that it may read and write; each must exist.
    pub read_write: Vec<PathBuf>,
    /// The TCP ports that it may connect to; it may bind none.
    pub connect_ports: Vec<u16>,
    /// Resource limits.
    pub limits: Limits,
}

/// Limits of each process of a task.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Address space in bytes.
    pub memory_bytes: u64,
    /// Processor time in seconds.
    pub cpu_seconds: u64,
    /// Open files.
    pub open_files: u64,
    /// Size of one written file in bytes.
    pub file_bytes: u64,
}

/// Why a task was not started.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The description on standard input is missing or malformed.
    #[error("the description of the task cannot be read: {0}")]
    Description(String),
    /// The kernel does not offer what the confinement needs.
    #[error(
        "this machine cannot confine tasks, so none is run: {reason}; needed is Linux 6.7 or newer with Landlock enabled"
    )]
    NotConfinable {
        /// What is missing.
        reason: String,
    },
    /// The filter of system calls cannot be made.
    #[error("this machine cannot confine tasks, so none is run: no filter of system calls for its processor: {0}")]
    Filter(seccompiler::BackendError),
    /// The kernel refuses the filter of system calls.
    #[error("this machine cannot confine tasks, so none is run: the kernel refuses the filter of system calls: {0}")]
    FilterRefused(seccompiler::Error),
    /// A path that the task must be able to use is not there.
    #[error("`{path}` cannot be offered to the task: {source}")]
    Path {
        /// The path.
        path: PathBuf,
        /// Why.
        source: PathFdError,
    },
    /// A system call of the confinement failed.
    #[error("{operation} failed: {source}")]
    System {
        /// What was tried.
        operation: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// The program could not be started.
    #[error("`{program}` cannot be started: {source}")]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Runs the task that standard input describes and returns the exit code to end with.
///
/// The task's own exit code is passed on (128 + signal when a signal ended it); [`REFUSED`] means that it never ran.
pub fn run() -> u8 {
    match supervise() {
        Ok(code) => code,
        Err(error) => {
            // The one place of this crate that writes to standard error: it is the task's log here.
            let line = format!("sandbox: {error}\n");
            io::stderr().write_all(line.as_bytes()).map_or(REFUSED, |()| REFUSED)
        }
    }
}

fn supervise() -> Result<u8, SandboxError> {
    let mut leash = io::stdin().lock();
    let mut line = String::new();
    leash
        .read_line(&mut line)
        .map_err(|error| SandboxError::Description(error.to_string()))?;
    drop(leash);
    let confinement: Confinement =
        serde_json::from_str(&line).map_err(|error| SandboxError::Description(error.to_string()))?;
    let mut descendants = Descendants::adopt()?;
    limit(confinement.limits)?;
    let task = start_confined(confinement)?;
    let pid = Pid::from_child(&task);
    std::thread::spawn(move || watch_leash(pid));
    let code = wait_for(pid)?;
    descendants.kill_all()?;
    Ok(code)
}

/// Ends the task when the workspace lets go; the main thread then cleans up after it.
fn watch_leash(task: Pid) {
    let mut rest = Vec::new();
    // An error on the pipe means the same as its end: nobody holds the leash any more.
    match io::stdin().lock().read_to_end(&mut rest) {
        Ok(_) | Err(_) => kill(task),
    }
}

/// Kills one process; one that has ended by itself in the meantime is fine.
fn kill(process: Pid) {
    match rustix::process::kill_process(process, Signal::KILL) {
        Ok(()) | Err(_) => {}
    }
}

/// All processes that the task has started, whatever session or group they moved to.
struct Descendants {
    children: File,
}

impl Descendants {
    /// Makes this process the parent of every orphan among its descendants.
    fn adopt() -> Result<Self, SandboxError> {
        let own = rustix::process::getpid();
        rustix::process::set_child_subreaper(Some(own)).map_err(system("becoming the parent of orphans"))?;
        rustix::process::setsid().map_err(system("starting a session"))?;
        let path = format!("/proc/self/task/{}/children", own.as_raw_nonzero());
        // Opened before Landlock closes /proc.
        let children = File::open(path).map_err(|source| SandboxError::System {
            operation: "listing child processes",
            source,
        })?;
        Ok(Self { children })
    }

    /// Kills children until none is left; a killed child's own children become ours, so this reaches all of them.
    fn kill_all(&mut self) -> Result<(), SandboxError> {
        loop {
            for pid in self.list()? {
                kill(pid);
            }
            // Waits for one and takes all others that have ended by then: thousands would take minutes one by one.
            let mut waiting = WaitOptions::empty();
            loop {
                match rustix::process::wait(waiting) {
                    Ok(Some(_)) => waiting = WaitOptions::NOHANG,
                    Ok(None) => break,
                    Err(rustix::io::Errno::INTR) => {}
                    Err(rustix::io::Errno::CHILD) => return Ok(()),
                    Err(error) => return Err(system("waiting for leftover processes")(error)),
                }
            }
        }
    }

    fn list(&mut self) -> Result<Vec<Pid>, SandboxError> {
        let mut text = String::new();
        self.children
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.children.read_to_string(&mut text))
            .map_err(|source| SandboxError::System {
                operation: "listing child processes",
                source,
            })?;
        Ok(text
            .split_whitespace()
            .filter_map(|word| Pid::from_raw(word.parse().ok()?))
            .collect())
    }
}

fn system(operation: &'static str) -> impl Fn(rustix::io::Errno) -> SandboxError {
    move |errno| SandboxError::System {
        operation,
        source: errno.into(),
    }
}

/// Confines a thread that starts the task and ends: what a thread takes on itself, its children keep.
///
/// The other threads stay outside, so that the task may not signal this process, whose death would leave it without a guard.
fn start_confined(confinement: Confinement) -> Result<Child, SandboxError> {
    let starter = std::thread::spawn(move || {
        restrict(&confinement)?;
        start(&confinement)
    });
    match starter.join() {
        Ok(started) => started,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Applies the resource limits to this process and with that to all that it starts.
fn limit(limits: Limits) -> Result<(), SandboxError> {
    for (resource, value) in [
        (Resource::Core, 0),
        (Resource::As, limits.memory_bytes),
        (Resource::Cpu, limits.cpu_seconds),
        (Resource::Nofile, limits.open_files),
        (Resource::Fsize, limits.file_bytes),
    ] {
        let highest = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
        let value = Some(value.min(highest));
        rustix::process::setrlimit(
            resource,
            Rlimit {
                current: value,
                maximum: value,
            },
        )
        .map_err(system("limiting a resource"))?;
    }
    Ok(())
}

fn restrict(confinement: &Confinement) -> Result<(), SandboxError> {
    let ruleset = ruleset(confinement)?;
    let status = ruleset.restrict_self().map_err(not_confinable)?;
    if status.ruleset == RulesetStatus::NotEnforced || !status.no_new_privs {
        return Err(SandboxError::NotConfinable {
            reason: "Landlock is not enforced".to_owned(),
        });
    }
    // Where the workspace runs as root, its tasks must not have root's powers; they cannot gain any later (`no_new_privs`).
    let none = CapabilitySet::empty();
    let nothing = CapabilitySets {
        effective: none,
        permitted: none,
        inheritable: none,
    };
    rustix::thread::set_capabilities(None, nothing).map_err(system("giving up capabilities"))?;
    let filter = system_calls::filter().map_err(SandboxError::Filter)?;
    seccompiler::apply_filter(&filter).map_err(SandboxError::FilterRefused)
}

fn not_confinable(error: RulesetError) -> SandboxError {
    SandboxError::NotConfinable {
        reason: error.to_string(),
    }
}

fn ruleset(confinement: &Confinement) -> Result<landlock::RulesetCreated, SandboxError> {
    // File access of Linux 6.2 and TCP of 6.7 are required; ioctl, signal and socket scopes are used where they exist.
    let mut created = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V3))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(ABI::V4)))
        .map_err(not_confinable)?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V5))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(ABI::V6)))
        .and_then(Ruleset::create)
        .map_err(not_confinable)?;
    for path in &confinement.read_only {
        if path.exists() {
            created = beneath(created, path, AccessFs::from_read(ABI::V5))?;
        }
    }
    for path in &confinement.read_write {
        created = beneath(created, path, AccessFs::from_all(ABI::V5))?;
    }
    for port in &confinement.connect_ports {
        created = created
            .add_rule(NetPort::new(*port, AccessNet::ConnectTcp))
            .map_err(not_confinable)?;
    }
    Ok(created)
}

fn beneath(
    created: landlock::RulesetCreated,
    path: &Path,
    access: landlock::BitFlags<AccessFs>,
) -> Result<landlock::RulesetCreated, SandboxError> {
    let opened = PathFd::new(path).map_err(|source| SandboxError::Path {
        path: path.to_owned(),
        source,
    })?;
    let access = if path.is_dir() {
        access
    } else {
        access & AccessFs::from_file(ABI::V5)
    };
    created
        .add_rule(PathBeneath::new(opened, access))
        .map_err(not_confinable)
}

fn start(confinement: &Confinement) -> Result<Child, SandboxError> {
    let failed = |source| SandboxError::Start {
        program: confinement.program.clone(),
        source,
    };
    let mut task = Command::new(&confinement.program)
        .args(&confinement.arguments)
        .current_dir(&confinement.directory)
        .env_clear()
        .envs(&confinement.environment)
        .stdin(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut input = task
        .stdin
        .take()
        .expect("invariant: standard input is piped just above");
    match input.write_all(confinement.input.as_bytes()) {
        // A task that ends without reading its description says why in its log.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        written => written.map_err(failed)?,
    }
    Ok(task)
}

/// Reaps children until the task itself has ended and returns its exit code.
fn wait_for(task: Pid) -> Result<u8, SandboxError> {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == task => {
                let code = status
                    .exit_status()
                    .or(status.terminating_signal().map(|signal| 128 + signal));
                let code = code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
                // 125 is this process's own word.
                return Ok(if code == REFUSED { 1 } else { code });
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(system("waiting for the task")(error)),
        }
    }
}
