//! One task process: its directory, its confinement, its log and its end.
//!
//! The process is the sandbox around the task (see [`crate::jobs::sandbox`]); closing its standard input ends it with
//! everything that it has started.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::sync::Notify;

use crate::compute::{ComputeError, TaskIdentity};
use crate::error::ApiError;
use crate::jobs::driver;
use crate::jobs::packages::PackagesError;
use crate::jobs::resolved::{ProcessKind, ProcessWork};
use crate::jobs::run::Output;
use crate::jobs::sandbox::{Confinement, Limits, REFUSED};
use crate::jobs::settings::Object;
use crate::jobs::sources;
use crate::jobs::stop::{Stop, StopSignal};
use crate::principal::Principal;
use crate::secrets::disclosure::{Redactor, Watch};
use crate::sql::Defaults;
use crate::workspace::Workspace;

/// What each process of a task may use.
const LIMITS: Limits = Limits {
    memory_bytes: 4 << 30,
    cpu_seconds: 3600,
    open_files: 512,
    file_bytes: 1 << 30,
};
/// How much of a log is kept.
const LOG_LIMIT: usize = 1 << 20;
/// A task that prints more than this is ended.
const OUTPUT_LIMIT: usize = 64 << 20;
/// The largest outcome file: a notebook's result of 5 MiB as JSON, and task values.
const OUTCOME_LIMIT: u64 = 32 << 20;
/// How long the sandbox may take to clean up.
const END_LIMIT: Duration = Duration::from_secs(10);
/// Files of the system that Python and its libraries read.
const SYSTEM: [&str; 27] = [
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/usr/share/locale",
    "/bin",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    // Debian keeps `sitecustomize.py` of its Pythons here.
    "/etc/python3.10",
    "/etc/python3.11",
    "/etc/python3.12",
    "/etc/python3.13",
    "/etc/python3.14",
    "/etc/python3.15",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
    "/dev/urandom",
    "/dev/random",
];

/// A task to run in a process.
pub(crate) struct Task<'a> {
    pub(crate) workspace: &'a Arc<Workspace>,
    pub(crate) principal: &'a Principal,
    pub(crate) task_run_id: i64,
    /// What it runs.
    pub(crate) work: &'a ProcessWork,
    /// What is made available of the workspace's files: this directory and all below it.
    pub(crate) root: Option<String>,
    /// What is installed for the task beside the local runtime.
    pub(crate) packages: Option<&'a Path>,
    /// Knows the secrets that the run has read.
    pub(crate) watch: &'a Watch,
    /// Where names without a catalog and without a schema are looked up.
    pub(crate) defaults: &'a Defaults,
}

/// How a task process ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// By itself: without an error in its output when it was successful.
    Finished,
    /// It was told to end.
    Stopped(Stop),
    /// It lasted too long.
    TimedOut,
}

/// How a task process ended and what it left.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) ended: Ended,
    pub(crate) output: Output,
    pub(crate) task_values: Object,
}

/// A task could not be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProcessError {
    /// The engine or the Python environment.
    #[error(transparent)]
    Compute(#[from] ComputeError),
    /// The workspace's own state.
    #[error(transparent)]
    Workspace(#[from] ApiError),
    /// What the task needs installed.
    #[error(transparent)]
    Packages(#[from] PackagesError),
    /// A file of the task's directory.
    #[error("could not prepare `{path}` for the task: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The sandbox could not be started.
    #[error("could not start `{program}`: {source}")]
    Start {
        /// Which program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// The sandbox refused.
    #[error("the task was not run: {reason}")]
    Refused {
        /// The sandbox's last line.
        reason: String,
    },
}

/// The directory of one task; removed when the value is dropped.
struct Directory(PathBuf);

impl Directory {
    fn create(workspace: &Workspace, task_run_id: i64) -> Result<Self, ProcessError> {
        let path = directory_of_tasks(workspace).join(task_run_id.to_string());
        for part in [path.join("work"), path.join("source")] {
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&part);
            made.map_err(|source| ProcessError::File { path: part, source })?;
        }
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            crate::log::line(&format!(
                "the directory `{}` of a task could not be removed: {error}",
                self.0.display()
            ));
        }
    }
}

/// Where tasks have their directories; emptied when a workspace starts.
pub(crate) fn directory_of_tasks(workspace: &Workspace) -> PathBuf {
    workspace.directory.join("tasks")
}

/// Runs a task until it ends, is told to stop, or its time is over.
pub(crate) async fn run(
    task: &Task<'_>,
    launcher: &[OsString],
    limit: Option<Duration>,
    stop: StopSignal,
) -> Result<Outcome, ProcessError> {
    let workspace = task.workspace;
    if let Some(path) = &task.work.path {
        let is_notebook = task.work.kind == ProcessKind::Notebook;
        sources::require(workspace, task.principal, path, is_notebook).await?;
    }
    let directory = Directory::create(workspace, task.task_run_id)?;
    if let Some(root) = &task.root {
        sources::materialize(workspace, task.principal, root, &directory.0.join("source")).await?;
    }
    let gateway = workspace.compute.gateway().await?;
    let session = workspace.compute.open_session(TaskIdentity {
        principal: task.principal.clone(),
        run: task.task_run_id.to_string(),
        catalog: task.defaults.catalog.clone(),
        schema: task.defaults.schema.clone(),
    });
    let comment = format!("task run {}", task.task_run_id);
    let expires_at = workspace.clock.now_ms() + 24 * 60 * 60 * 1000;
    let token = crate::identity::mint_token(workspace, task.principal.id, &comment, Some(expires_at)).await?;
    let remote = gateway.remote(&session);
    let confinement = confinement(task, &directory.0, gateway.port, remote.expose(), token.expose()).await?;
    let result = supervise(&confinement, launcher, limit, stop).await;
    let secrets = [token.expose().as_str(), session.token.expose().as_str()];
    let redactor = task.watch.redactor(&secrets);
    let outcome = result.map(|(ended, log)| conclude(&directory.0, ended, log, &redactor));
    crate::identity::revoke_token(workspace, &token).await?;
    outcome?
}

async fn confinement(
    task: &Task<'_>,
    directory: &Path,
    gateway_port: u16,
    remote: &str,
    token: &str,
) -> Result<Confinement, ProcessError> {
    let workspace = task.workspace;
    let environment = workspace.compute.environment().await?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ProcessError::File { path, source }
    };
    let driver = driver::unpack(&workspace.cache_directory).map_err(failed(&workspace.cache_directory))?;
    let work = directory.join("work");
    let source = directory.join("source");
    let description = describe(task, &source, &work.join(OUTCOME))?;
    let host = workspace.host();
    let port = host.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let mut read_only: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
    read_only.extend(interpreter_files(&environment.python).map_err(failed(&environment.python))?);
    read_only.extend([environment.directory.clone(), driver.clone(), source]);
    read_only.extend(task.packages.map(Path::to_owned));
    let text = |path: &Path| path.to_string_lossy().into_owned();
    Ok(Confinement {
        program: environment.python.clone(),
        arguments: ["-I", "-B", &text(&driver.join("main.py"))].map(str::to_owned).to_vec(),
        environment: [
            ("HOME", text(&work)),
            ("TMPDIR", text(&work)),
            ("PATH", "/usr/bin:/bin".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TZ", "UTC".to_owned()),
            ("SPARK_REMOTE", remote.to_owned()),
            ("DATABRICKS_HOST", host.clone()),
            ("DATABRICKS_TOKEN", token.to_owned()),
            ("OMP_NUM_THREADS", "1".to_owned()),
            ("OPENBLAS_NUM_THREADS", "1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into(),
        directory: work.clone(),
        input: description.to_string(),
        read_only,
        read_write: vec![work, PathBuf::from("/dev/null"), PathBuf::from("/dev/zero")],
        connect_ports: port.into_iter().chain([gateway_port]).collect(),
        limits: LIMITS,
    })
}

/// The task as the driver reads it.
fn describe(task: &Task<'_>, source: &Path, result: &Path) -> Result<Value, ProcessError> {
    let work = task.work;
    let (kind, package, entry_point) = match &work.kind {
        ProcessKind::Notebook => ("notebook", None, None),
        ProcessKind::PythonFile => ("python_file", None, None),
        ProcessKind::Pipeline => ("pipeline", None, None),
        ProcessKind::PythonWheel { package, entry_point } => ("python_wheel", Some(package), Some(entry_point)),
    };
    Ok(serde_json::json!({
        "kind": kind,
        "path": work.path.as_deref().map(sources::plain).transpose()?,
        "package": package,
        "entry_point": entry_point,
        "parameters": work.parameters,
        "task_values": work.task_values,
        "packages": task.packages,
        "source": source,
        "result": result,
    }))
}

/// The installation that a virtual environment's interpreter belongs to.
fn interpreter_files(python: &Path) -> io::Result<Vec<PathBuf>> {
    let program = python.canonicalize()?;
    let installation = program.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
    Ok(vec![installation.join("bin"), installation.join("lib")])
}

/// The name of the file in which the driver writes down how the task ended.
const OUTCOME: &str = ".outcome.json";

async fn supervise(
    confinement: &Confinement,
    launcher: &[OsString],
    limit: Option<Duration>,
    mut stop: StopSignal,
) -> Result<(Exit, Log), ProcessError> {
    let program = launcher
        .first()
        .map(|each| each.to_string_lossy().into_owned())
        .unwrap_or_default();
    let started = |source| ProcessError::Start {
        program: program.clone(),
        source,
    };
    let (reader, mut child) = spawn(launcher).map_err(started)?;
    let mut leash = child.stdin.take().expect("invariant: standard input is piped");
    let mut line = serde_json::to_string(confinement).expect("invariant: a confinement has string keys only");
    line.push('\n');
    let too_much = Arc::new(Notify::new());
    let log = tokio::spawn(read_log(reader, too_much.clone()));
    // A sandbox that ends before it has read everything says why in its log.
    drop(leash.write_all(line.as_bytes()).await);
    let time_over = async {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    let told = tokio::select! {
        status = child.wait() => {
            let status = status.map_err(started)?;
            let log = log.await.unwrap_or_default();
            return Ok((Exit::Own(status.code()), log));
        }
        reason = stop.told() => Exit::Stopped(reason),
        () = time_over => Exit::TimedOut,
        () = too_much.notified() => Exit::TooMuchOutput,
    };
    // Letting go of the leash: the sandbox kills what the task has started.
    drop(leash);
    end(&mut child).await.map_err(started)?;
    Ok((told, log.await.unwrap_or_default()))
}

/// How the sandbox process ended.
enum Exit {
    Own(Option<i32>),
    Stopped(Stop),
    TimedOut,
    TooMuchOutput,
}

fn spawn(launcher: &[OsString]) -> io::Result<(pipe::Receiver, Child)> {
    let (reader, writer) = io::pipe()?;
    // The receiver below reads without blocking and says so when the descriptor is another kind.
    rustix::io::ioctl_fionbio(&reader, true)?;
    let program = launcher
        .first()
        .ok_or_else(|| io::Error::other("no program starts task processes"))?;
    let child = Command::new(program)
        .args(&launcher[1..])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .kill_on_drop(true)
        .spawn()?;
    Ok((pipe::Receiver::from_owned_fd(reader.into())?, child))
}

async fn end(child: &mut Child) -> io::Result<()> {
    match tokio::time::timeout(END_LIMIT, child.wait()).await {
        Ok(status) => status.map(|_| ()),
        // The sandbox itself hangs: what shares its session goes with it.
        Err(_elapsed) => {
            let group = child
                .id()
                .and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?));
            if let Some(group) = group {
                rustix::process::kill_process_group(group, rustix::process::Signal::KILL)?;
            }
            child.kill().await
        }
    }
}

/// What a task printed.
#[derive(Debug, Default)]
struct Log {
    bytes: Vec<u8>,
    truncated: bool,
}

async fn read_log(mut reader: pipe::Receiver, too_much: Arc<Notify>) -> Log {
    let mut log = Log::default();
    let mut total = 0;
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = reader.read(&mut chunk).await {
        total += length;
        let room = LOG_LIMIT.saturating_sub(log.bytes.len());
        log.truncated |= length > room;
        log.bytes.extend_from_slice(&chunk[..length.min(room)]);
        if total > OUTPUT_LIMIT {
            too_much.notify_one();
        }
    }
    log
}

/// What the driver writes down.
#[derive(Debug, Default, Serialize, Deserialize)]
struct DriverOutcome {
    result: Option<String>,
    #[serde(default)]
    truncated: bool,
    error: Option<String>,
    error_trace: Option<String>,
    #[serde(default)]
    task_values: Object,
}

fn conclude(directory: &Path, exit: Exit, log: Log, redactor: &Redactor) -> Result<Outcome, ProcessError> {
    let redact = |text: String, truncated: bool| {
        if truncated {
            redactor.cut_text(text)
        } else {
            redactor.text(text)
        }
    };
    let logs = redact(String::from_utf8_lossy(&log.bytes).into_owned(), log.truncated);
    let mut output = Output {
        logs,
        logs_truncated: log.truncated,
        ..Output::default()
    };
    let mut task_values = Object::new();
    let ended = match exit {
        Exit::Stopped(reason) => Ended::Stopped(reason),
        Exit::TimedOut => Ended::TimedOut,
        Exit::TooMuchOutput => {
            output.error = Some(format!(
                "the task printed more than {} MiB and was ended",
                OUTPUT_LIMIT >> 20
            ));
            Ended::Finished
        }
        Exit::Own(code) if code == Some(i32::from(REFUSED)) => {
            let reason = output
                .logs
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("sandbox: ")
                .to_owned();
            return Err(ProcessError::Refused { reason });
        }
        Exit::Own(code) => {
            match read_outcome(&directory.join("work").join(OUTCOME)) {
                Ok(told) => {
                    output.result = told.result.map(|text| redact(text, told.truncated));
                    output.truncated = told.truncated;
                    output.error = told.error.map(|text| redactor.text(text));
                    output.error_trace = told.error_trace.map(|text| redactor.text(text));
                    task_values = redactor.fields(told.task_values);
                }
                Err(reason) => output.error = Some(format!("{}; {reason}", describe_exit(code))),
            }
            if code != Some(0) && output.error.is_none() {
                output.error = Some(describe_exit(code));
            }
            Ended::Finished
        }
    };
    Ok(Outcome {
        ended,
        output,
        task_values,
    })
}

fn describe_exit(code: Option<i32>) -> String {
    match code {
        Some(signal @ 129..) => {
            let why = match signal - 128 {
                9 => " (killed)",
                11 => " (invalid memory access)",
                24 => " (processor time limit)",
                25 => " (file size limit)",
                _ => "",
            };
            format!("the task's process was ended by signal {}{why}", signal - 128)
        }
        Some(code) => format!("the task's process ended with exit code {code}"),
        None => "the sandbox of the task was ended by a signal".to_owned(),
    }
}

/// Reads the outcome as untrusted: a regular file of limited size, no link to something that the task may not read.
fn read_outcome(path: &Path) -> Result<DriverOutcome, String> {
    let none = |_| "it left no outcome".to_owned();
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file: File = rustix::fs::open(path, flags, Mode::empty()).map_err(none)?.into();
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() || metadata.len() > OUTCOME_LIMIT {
        return Err("its outcome is no file of an acceptable size".to_owned());
    }
    let mut text = String::new();
    file.take(OUTCOME_LIMIT)
        .read_to_string(&mut text)
        .map_err(|error| format!("its outcome is not text: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("its outcome cannot be read: {error}"))
}
