//! One engine process: starting it, speaking with it, noticing its end.
//!
//! The process is Python (`python/engine/engine.py`) with Sail inside; one JSON object per line on its standard input and output. It ends when its
//! standard input ends, so it never outlives this process.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures::future::BoxFuture;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::ComputeError;
use super::environment::Environment;
use super::messages::{Column, Decision, EngineStatement, FromEngine, Rows, StatementError, ToEngine};
use crate::workspace::Workspace;

/// Starting takes two seconds on an idle machine; a busy one may need much longer.
const START_LIMIT: Duration = Duration::from_secs(120);

/// What the process answers a request with.
enum Reply {
    Rows(Rows),
    /// Bytes in base64.
    Encoded(String),
}

type Waiting = Mutex<Option<BTreeMap<u64, oneshot::Sender<Result<Reply, StatementError>>>>>;

/// A running engine.
pub(crate) struct Engine {
    lines: mpsc::UnboundedSender<String>,
    /// None once the process has ended.
    waiting: Arc<Waiting>,
    numbers: AtomicU64,
    running: AtomicUsize,
    last_used: Mutex<Instant>,
    child: Mutex<Option<Child>>,
    /// The port of the gateway.
    pub(crate) gateway_port: u16,
    /// Sail's own port, which tasks must not reach.
    pub(crate) engine_port: u16,
}

impl Engine {
    /// Starts the process and waits until it answers. The future has a named type, because the engine's questions may lead to another start.
    pub(crate) fn start<'a>(
        environment: &'a Environment,
        workspace: &'a Arc<Workspace>,
    ) -> BoxFuture<'a, Result<Arc<Self>, ComputeError>> {
        Box::pin(Self::start_process(environment, workspace))
    }

    async fn start_process(environment: &Environment, workspace: &Arc<Workspace>) -> Result<Arc<Self>, ComputeError> {
        let log_path = workspace.directory.join("engine.log");
        let mut child = spawn(environment, &workspace.directory, &log_path)?;
        let mut input = child.stdin.take().expect("invariant: standard input was piped");
        let output = child.stdout.take().expect("invariant: standard output was piped");
        let (lines, mut outgoing) = mpsc::unbounded_channel::<String>();
        tokio::spawn(async move {
            while let Some(line) = outgoing.recv().await {
                // A broken pipe means that the process has ended, which the reader notices.
                if input.write_all(line.as_bytes()).await.is_err() || input.flush().await.is_err() {
                    return;
                }
            }
        });
        let mut reader = BufReader::new(output).lines();
        let first = tokio::time::timeout(START_LIMIT, reader.next_line()).await;
        let ready = match first {
            Ok(Ok(Some(line))) => serde_json::from_str::<FromEngine>(&line).ok(),
            Ok(Ok(None) | Err(_)) | Err(_) => None,
        };
        let Some(FromEngine::Ready {
            gateway_port,
            engine_port,
        }) = ready
        else {
            return Err(ComputeError::NotStarted { log: log_path });
        };
        let waiting: Arc<Waiting> = Arc::new(Mutex::new(Some(BTreeMap::new())));
        tokio::spawn(listen(
            reader,
            waiting.clone(),
            lines.clone(),
            Arc::downgrade(workspace),
        ));
        Ok(Arc::new(Self {
            lines,
            waiting,
            numbers: AtomicU64::new(1),
            running: AtomicUsize::new(0),
            last_used: Mutex::new(Instant::now()),
            child: Mutex::new(Some(child)),
            gateway_port,
            engine_port,
        }))
    }

    /// Whether the process still runs.
    pub(crate) fn is_alive(&self) -> bool {
        self.waiting
            .lock()
            .expect("invariant: nobody panics with this lock")
            .is_some()
    }

    /// How long nothing has been executed; none while something is.
    pub(crate) fn idle(&self) -> Option<Duration> {
        let last = *self.last_used.lock().expect("invariant: nobody panics with this lock");
        (self.running.load(Ordering::SeqCst) == 0).then(|| last.elapsed())
    }

    /// Marks the engine as in use.
    pub(crate) fn touch(&self) {
        *self.last_used.lock().expect("invariant: nobody panics with this lock") = Instant::now();
    }

    /// Executes a statement. Dropping the future cancels it.
    pub(crate) async fn execute(&self, statement: &EngineStatement) -> Result<Rows, ComputeError> {
        match self.request(|id| ToEngine::Execute { id, statement }).await? {
            Reply::Rows(rows) => Ok(rows),
            Reply::Encoded(_) => Err(unexpected("bytes for a statement")),
        }
    }

    /// Writes rows as an Arrow stream.
    pub(crate) async fn encode(
        &self,
        columns: &[Column],
        rows: &[Vec<Option<String>>],
    ) -> Result<Vec<u8>, ComputeError> {
        match self.request(|id| ToEngine::Encode { id, columns, rows }).await? {
            Reply::Encoded(data) => BASE64
                .decode(data)
                .map_err(|error| unexpected(&format!("bytes that are not base64: {error}"))),
            Reply::Rows(_) => Err(unexpected("rows for bytes")),
        }
    }

    async fn request<'a>(&self, message: impl FnOnce(u64) -> ToEngine<'a>) -> Result<Reply, ComputeError> {
        let id = self.numbers.fetch_add(1, Ordering::SeqCst);
        let (sender, receiver) = oneshot::channel();
        {
            let mut waiting = self.waiting.lock().expect("invariant: nobody panics with this lock");
            let waiting = waiting.as_mut().ok_or(ComputeError::Ended)?;
            waiting.insert(id, sender);
        }
        let guard = Running::begin(self, id);
        self.send(&message(id));
        let outcome = receiver.await;
        guard.finish();
        match outcome {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => Err(ComputeError::Statement(error)),
            Err(_closed) => Err(ComputeError::Ended),
        }
    }

    fn send(&self, message: &ToEngine<'_>) {
        send(&self.lines, message);
    }

    /// Ends the process and waits for its end.
    pub(crate) async fn stop(&self) {
        let child = self
            .child
            .lock()
            .expect("invariant: nobody panics with this lock")
            .take();
        if let Some(mut child) = child {
            // The process may have ended by itself in the meantime; both are what is wanted.
            drop(child.kill().await);
        }
    }
}

fn unexpected(what: &str) -> ComputeError {
    ComputeError::Unreadable {
        reason: format!("it sent {what}"),
    }
}

/// Cancels a statement whose caller went away.
struct Running<'a> {
    engine: &'a Engine,
    id: u64,
    finished: bool,
}

impl<'a> Running<'a> {
    fn begin(engine: &'a Engine, id: u64) -> Self {
        engine.running.fetch_add(1, Ordering::SeqCst);
        Self {
            engine,
            id,
            finished: false,
        }
    }

    fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.engine.touch();
        self.engine.running.fetch_sub(1, Ordering::SeqCst);
        if !self.finished {
            self.engine.send(&ToEngine::Cancel { id: self.id });
            if let Some(waiting) = self
                .engine
                .waiting
                .lock()
                .expect("invariant: nobody panics with this lock")
                .as_mut()
            {
                waiting.remove(&self.id);
            }
        }
    }
}

fn spawn(environment: &Environment, directory: &Path, log_path: &Path) -> Result<Child, ComputeError> {
    let failed = |source| ComputeError::Spawn {
        log: log_path.to_owned(),
        source,
    };
    let log = std::fs::File::create(log_path).map_err(failed)?;
    let scratch = directory.join("engine-scratch");
    std::fs::create_dir_all(&scratch).map_err(failed)?;
    Command::new(&environment.python)
        .arg("-B")
        .arg(environment.sources.join("engine.py"))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", &scratch)
        .env("TMPDIR", &scratch)
        .env("TZ", "UTC")
        .env("LANG", "C.UTF-8")
        // Two arenas instead of one per thread: half the resident memory under load.
        .env("MALLOC_ARENA_MAX", "2")
        .current_dir(&scratch)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::from(log))
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)
}

async fn listen(
    mut reader: tokio::io::Lines<BufReader<ChildStdout>>,
    waiting: Arc<Waiting>,
    lines: mpsc::UnboundedSender<String>,
    workspace: Weak<Workspace>,
) {
    while let Ok(Some(line)) = reader.next_line().await {
        let (id, outcome) = match serde_json::from_str::<FromEngine>(&line) {
            Ok(FromEngine::Result { id, rows }) => (id, Ok(Reply::Rows(rows))),
            Ok(FromEngine::Encoded { id, data }) => (id, Ok(Reply::Encoded(data))),
            Ok(FromEngine::Failed { id, error }) => (id, Err(error)),
            Ok(FromEngine::Ask { id, token, request }) => {
                tokio::spawn(answer(workspace.clone(), lines.clone(), id, token, request));
                continue;
            }
            Ok(FromEngine::Ready { .. }) => continue,
            Err(error) => {
                crate::log::line(&format!("the engine sent a line that cannot be read: {error}"));
                continue;
            }
        };
        let sender = match waiting
            .lock()
            .expect("invariant: nobody panics with this lock")
            .as_mut()
        {
            Some(waiting) => waiting.remove(&id),
            None => None,
        };
        if let Some(sender) = sender {
            // The caller may be gone already.
            drop(sender.send(outcome));
        }
    }
    // Whoever still waits gets `Ended` from the closed channel.
    *waiting.lock().expect("invariant: nobody panics with this lock") = None;
}

async fn answer(
    workspace: Weak<Workspace>,
    lines: mpsc::UnboundedSender<String>,
    id: u64,
    token: String,
    request: serde_json::Value,
) {
    let Some(workspace) = workspace.upgrade() else { return };
    let outcome = match crate::sql::decide(&workspace, &token, request).await {
        Ok(result) => Decision::Result(result),
        Err(error) => Decision::Error(error),
    };
    send(&lines, &ToEngine::Decision { id, outcome });
}

fn send(lines: &mpsc::UnboundedSender<String>, message: &ToEngine<'_>) {
    let mut line = serde_json::to_string(message).expect("invariant: messages have string keys only");
    line.push('\n');
    // A closed channel means that the process has ended, which the reader notices.
    drop(lines.send(line));
}
