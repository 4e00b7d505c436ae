//! The process that has read the Python sources of a pipeline: it declares their datasets and computes them when told to.
//!
//! It runs in the sandbox of tasks under the principal of the pipeline, and asks the workspace over REST what to do next: each request brings what was
//! done and is answered with the next command. The channel's name is a secret of the process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{Mutex as Turn, mpsc};
use tokio::task::JoinHandle;

use super::dataset::PythonDataset;
use super::failed::Failed;
use super::sources::{Source, Written};
use super::update::Update;
use crate::call::Call;
use crate::error::ApiError;
use crate::jobs::process::{self, Ended, Outcome, ProcessError};
use crate::jobs::stop::{self, StopSender};
use crate::jobs::{ProcessKind, ProcessWork};
use crate::principal::Principal;
use crate::secrets::disclosure::Watch;
use crate::sql::Defaults;
use crate::workspace::Workspace;

/// Why nothing comes from a process any more, when it does not say itself.
const ENDED: &str = "the process of the pipeline's Python sources ended before its time";

/// What the process tells.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Message {
    /// The sources were read.
    Declared { datasets: Vec<PythonDataset> },
    /// The rows of a dataset were written.
    Computed,
    /// A dataset reads others that have to be computed first.
    Needs { names: Vec<String> },
    /// Computing it failed.
    Failed {
        class: String,
        message: String,
        trace: String,
    },
}

/// What the process is told to do.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Command {
    /// Compute a dataset into a new table. `hidden` has the tables of what only the pipeline sees; `waiting` the datasets that are not computed yet.
    Compute {
        dataset: String,
        table: String,
        hidden: BTreeMap<String, String>,
        waiting: Vec<String>,
    },
}

/// The end of a channel that belongs to requests.
#[derive(Clone)]
struct Line {
    principal: String,
    messages: mpsc::Sender<Message>,
    commands: Arc<Turn<mpsc::Receiver<Command>>>,
}

/// The channels of all processes.
#[derive(Clone, Default)]
pub(super) struct Channels(Arc<Mutex<BTreeMap<String, Line>>>);

impl Channels {
    fn lines(&self) -> MutexGuard<'_, BTreeMap<String, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request of a process.
#[derive(Deserialize)]
struct Report {
    channel: String,
    message: Message,
}

/// `POST /_sluice/pipelines/commands`: takes what a process tells, and answers when there is something to do.
pub(super) async fn next_command(mut call: Call) -> Result<Json<Command>, ApiError> {
    let Report { channel, message } = call.json().await?;
    let line = call.workspace.pipelines.channels.lines().get(&channel).cloned();
    let gone = || ApiError::not_found("no update of a pipeline waits for this process");
    let line = line
        .filter(|line| line.principal == call.principal.name)
        .ok_or_else(gone)?;
    line.messages.send(message).await.map_err(|_update_is_gone| gone())?;
    let command = line.commands.lock().await.recv().await;
    command.map(Json).ok_or_else(gone)
}

/// A running process.
pub(super) struct Python {
    channels: Channels,
    channel: String,
    messages: mpsc::Receiver<Message>,
    commands: mpsc::Sender<Command>,
    end: StopSender,
    /// None once its end was seen.
    process: Option<JoinHandle<Result<Outcome, ProcessError>>>,
    /// Knows the secrets that the process has read.
    watch: Arc<Watch>,
}

impl Drop for Python {
    fn drop(&mut self) {
        self.channels.lines().remove(&self.channel);
        self.end.stop(stop::Stop::Canceled);
    }
}

impl Python {
    /// Starts a process that reads the Python sources.
    pub(super) fn start(
        workspace: &Arc<Workspace>,
        principal: &Principal,
        update: &Update,
        sources: &[Source],
        defaults: &Defaults,
    ) -> Self {
        let channels = workspace.pipelines.channels.clone();
        let channel = workspace.ids.token();
        let (messages_in, messages) = mpsc::channel(1);
        let (commands, commands_out) = mpsc::channel(1);
        let line = Line {
            principal: principal.name.clone(),
            messages: messages_in,
            commands: Arc::new(Turn::new(commands_out)),
        };
        channels.lines().insert(channel.clone(), line);
        let (end, ended) = stop::channel();
        let work = work(&channel, update, sources);
        let root = root(update, sources);
        let (shared, principal, defaults) = (workspace.clone(), principal.clone(), defaults.clone());
        let watch = Arc::new(workspace.disclosures.watch(principal.id));
        let kept = watch.clone();
        let process = tokio::spawn(async move {
            let task = process::Task {
                workspace: &shared,
                principal: &principal,
                task_run_id: shared.ids.number(),
                work: &work,
                root,
                packages: None,
                watch: &watch,
                defaults: &defaults,
            };
            process::run(&task, shared.jobs.runner().launcher(), None, ended).await
        });
        Self {
            channels,
            channel,
            messages,
            commands,
            end,
            process: Some(process),
            watch: kept,
        }
    }

    /// Waits for the datasets that the sources declare.
    pub(super) async fn declared(&mut self) -> Result<Vec<PythonDataset>, Failed> {
        match self.message().await? {
            Message::Declared { mut datasets } => {
                let redactor = self.watch.redactor(&[]);
                for dataset in &mut datasets {
                    dataset.error = dataset.error.take().map(|text| redactor.text(text));
                }
                Ok(datasets)
            }
            other => Err(unexpected(&other)),
        }
    }

    /// Lets the process compute a dataset.
    pub(super) async fn compute(&mut self, command: Command) -> Result<Message, Failed> {
        // A process that is gone says so below.
        drop(self.commands.send(command).await);
        Ok(match self.message().await? {
            Message::Failed { class, message, trace } => {
                let redactor = self.watch.redactor(&[]);
                let (message, trace) = (redactor.text(message), redactor.text(trace));
                Message::Failed { class, message, trace }
            }
            other => other,
        })
    }

    /// What the process tells next, or why it ended.
    async fn message(&mut self) -> Result<Message, Failed> {
        let Some(process) = &mut self.process else {
            return Err(Failed::new("PythonError", ENDED));
        };
        let outcome = tokio::select! {
            biased;
            Some(message) = self.messages.recv() => return Ok(message),
            outcome = process => outcome,
        };
        self.process = None;
        Err(ending(outcome))
    }

    /// Ends the process and waits until it is gone.
    pub(super) async fn end(mut self) {
        self.end.stop(stop::Stop::Canceled);
        let Some(process) = self.process.take() else { return };
        if let Err(error) = process.await {
            crate::log::line(&format!("the process of a pipeline ended with a panic: {error}"));
        }
    }
}

fn unexpected(message: &Message) -> Failed {
    Failed::new(
        "INTERNAL_ERROR",
        format!("the process of the pipeline told something unexpected: {message:?}"),
    )
}

/// Why a process ended before it was told to.
fn ending(outcome: Result<Result<Outcome, ProcessError>, tokio::task::JoinError>) -> Failed {
    let outcome = match outcome {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => return Failed::new("ProcessError", error.to_string()),
        Err(error) => return Failed::new("INTERNAL_ERROR", error.to_string()),
    };
    let why = match outcome.ended {
        Ended::Finished => outcome.output.error_trace.or(outcome.output.error),
        Ended::Stopped(_) | Ended::TimedOut => None,
    };
    Failed::new("PythonError", why.unwrap_or_else(|| ENDED.to_owned()))
}

fn work(channel: &str, update: &Update, sources: &[Source]) -> ProcessWork {
    let python = sources.iter().filter(|source| source.written != Written::Sql);
    let listed: Vec<_> = python
        .map(|source| json!({ "path": source.path, "notebook": source.written == Written::PythonNotebook }))
        .collect();
    ProcessWork {
        kind: ProcessKind::Pipeline,
        path: None,
        parameters: json!({
            "channel": channel,
            "sources": listed,
            "configuration": update.asked.configuration(),
            "analyse": update.asked.validate_only,
            "root": update.asked.spec.root_path,
        }),
        task_values: BTreeMap::new(),
    }
}

/// The directory of which the process finds the files: the pipeline's root, else what all its Python files stand in.
fn root(update: &Update, sources: &[Source]) -> Option<String> {
    if let Some(root) = update.asked.spec.root_path.clone().filter(|root| !root.is_empty()) {
        return Some(root);
    }
    let files = sources.iter().filter(|source| source.written == Written::PythonFile);
    let mut directories = files.map(|source| source.path.rsplit_once('/').map_or("", |(directory, _)| directory));
    let first = directories.next()?.split('/').collect::<Vec<_>>();
    let shared = directories.fold(first, |shared, next| {
        let same = shared
            .iter()
            .zip(next.split('/'))
            .take_while(|(one, other)| *one == other);
        same.map(|(part, _)| *part).collect()
    });
    Some(match shared.join("/") {
        root if root.is_empty() => "/".to_owned(),
        root => root,
    })
}
