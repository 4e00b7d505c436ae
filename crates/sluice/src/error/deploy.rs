//! Errors of loading, planning, deploying and running a bundle.

use sluice_lifecycle::artifacts::BuildError;
use sluice_lifecycle::bundle_files::{ListingError, LoadError, PythonError, RootError, SyncError};
use sluice_lifecycle::deploy::{
    BaseStateError, DeployError, Incomplete, LocalStateError, LockError, PlanError, RemoteStateError, RunError,
    SavedPlanError, ScriptRunError,
};
use sluice_lifecycle::hooks::HookError;

use super::databricks::client_kind;
use super::{CommandError, ExitKind};

impl From<RootError> for CommandError {
    fn from(error: RootError) -> Self {
        Self::from_error(ExitKind::Config, &error)
            .hint("change to the directory of a bundle, or make one with `sluice new`")
    }
}

impl From<LoadError> for CommandError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Refused(diagnostics) => Self::config(diagnostics),
            LoadError::HalfCaptured { .. } => {
                Self::from_error(ExitKind::Refused, &error).hint("`sluice capture` completes it")
            }
            LoadError::Configuration(error) => error.into(),
            LoadError::Client(error) => error.into(),
            LoadError::Read { .. } | LoadError::Git(_) => Self::from_error(ExitKind::Config, &error),
            LoadError::Hook(error) => error.into(),
            LoadError::Python(ref cause) => {
                let shown = Self::from_error(ExitKind::Config, &error);
                match **cause {
                    PythonError::NoEnvironment { .. } | PythonError::Failed { .. } => shown.hint(
                        "install `databricks-bundles` into the virtual environment that `python.venv_path` names",
                    ),
                    PythonError::Run { .. } | PythonError::Unreadable { .. } => shown,
                }
            }
            LoadError::Build(error) => (*error).into(),
            LoadError::Stuck(_) => Self::from_error(ExitKind::Internal, &error),
        }
    }
}

impl From<HookError> for CommandError {
    fn from(error: HookError) -> Self {
        Self::from_error(ExitKind::Config, &error).hint(format!(
            "`experimental.scripts.{}` in the bundle is the script",
            error.key
        ))
    }
}

impl From<BuildError> for CommandError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Hook(error) => error.into(),
            BuildError::Libraries(diagnostics) => Self::config(diagnostics),
            BuildError::Command { .. } | BuildError::Read { .. } => Self::from_error(ExitKind::Config, &error),
        }
    }
}

impl From<ScriptRunError> for CommandError {
    fn from(error: ScriptRunError) -> Self {
        match error {
            ScriptRunError::Shell(_) => Self::from_error(ExitKind::Config, &error),
            ScriptRunError::Failed { .. } => Self::from_error(ExitKind::Remote, &error),
        }
    }
}

impl From<ListingError> for CommandError {
    fn from(error: ListingError) -> Self {
        Self::from_error(ExitKind::Config, &error)
    }
}

impl From<SavedPlanError> for CommandError {
    fn from(error: SavedPlanError) -> Self {
        let kind = match error {
            SavedPlanError::Read { .. } | SavedPlanError::Unusable { .. } => ExitKind::Config,
            SavedPlanError::OtherState { .. }
            | SavedPlanError::OtherEffects { .. }
            | SavedPlanError::OtherFiles { .. } => ExitKind::Refused,
        };
        Self::from_error(kind, &error).hint("look at a new plan: `sluice plan --out FILE`")
    }
}

impl From<PlanError> for CommandError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Refused(diagnostics) => Self {
                kind: ExitKind::Refused,
                ..Self::config(diagnostics)
            },
            PlanError::Uncaptured(ref uncaptured) => {
                let mut shown = Self::new(
                    ExitKind::Refused,
                    "the deployment would overwrite work that was not captured; nothing was changed",
                );
                for work in uncaptured {
                    shown.message.push_str(&format!("\n  {work}"));
                }
                shown
                    .hint("`sluice capture` brings it into the files")
                    .hint("`--overwrite-uncaptured` replaces it")
            }
            PlanError::ActiveRuns(_) => Self::from_error(ExitKind::Refused, &error)
                .hint("wait for their end, or deploy without `fail_on_active_runs`"),
            PlanError::Unbuilt => Self::from_error(ExitKind::Internal, &error),
            PlanError::Capture(error) => (*error).into(),
            PlanError::Base(error) => error.into(),
            PlanError::Files(error) => error.into(),
            PlanError::Journal(_) => Self::from_error(ExitKind::Config, &error),
            PlanError::Read(_) => Self::from_error(ExitKind::Remote, &error),
            PlanError::Client(error) => error.into(),
        }
    }
}

impl From<BaseStateError> for CommandError {
    fn from(error: BaseStateError) -> Self {
        match error {
            BaseStateError::Local(error) => error.into(),
            BaseStateError::Remote(RemoteStateError::Client { state_path: _, source }) => source.into(),
            BaseStateError::Remote(
                RemoteStateError::State(_)
                | RemoteStateError::NotText { .. }
                | RemoteStateError::Terraform { .. }
                | RemoteStateError::Render(_),
            ) => Self::from_error(ExitKind::Refused, &error),
            BaseStateError::Diverged { ref local, .. } => {
                let hint = format!(
                    "look into both; to go on from the workspace's state, move the directory `{local}` away: objects that only \
                     it knows are then no longer known"
                );
                Self::from_error(ExitKind::Refused, &error).hint(hint)
            }
        }
    }
}

impl From<LocalStateError> for CommandError {
    fn from(error: LocalStateError) -> Self {
        let kind = match error {
            LocalStateError::Busy { .. }
            | LocalStateError::OtherPlace { .. }
            | LocalStateError::ForeignLog { .. }
            | LocalStateError::State(_) => ExitKind::Refused,
            LocalStateError::Read { .. } | LocalStateError::Write { .. } => ExitKind::Config,
        };
        Self::from_error(kind, &error)
    }
}

impl From<LockError> for CommandError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Held { .. } | LockError::Malformed { .. } => Self::from_error(ExitKind::Refused, &error)
                .hint("wait for that deployment; `--force-lock` takes the lock from one that does not run any more"),
            LockError::Record { .. } => Self::from_error(ExitKind::Config, &error),
            LockError::Client(error) => error.into(),
        }
    }
}

impl From<DeployError> for CommandError {
    fn from(error: DeployError) -> Self {
        match error {
            DeployError::Plan(error) => error.into(),
            DeployError::Base(error) => error.into(),
            DeployError::PlanMoved { .. } => {
                Self::from_error(ExitKind::Refused, &error).hint("look at a new plan: `sluice plan`")
            }
            DeployError::Lock(error) => error.into(),
            DeployError::Local(error) => error.into(),
            DeployError::Journal(_) => Self::from_error(ExitKind::Config, &error),
            DeployError::Client(error) => error.into(),
            DeployError::Files(SyncError::Client(error)) if client_kind(&error) == ExitKind::Refused => error.into(),
            DeployError::Files(_) => Self::from_error(ExitKind::HalfWay, &error)
                .hint("deploy again: only the files that are missing are uploaded"),
            DeployError::FolderPermissions(_) => Self::from_error(ExitKind::HalfWay, &error)
                .hint("whoever deploys has to manage the folder: add them to `permissions`, then deploy again"),
            DeployError::NotRecorded(_) => {
                Self::from_error(ExitKind::HalfWay, &error).hint("deploy again: nothing but the record is missing")
            }
            DeployError::Incomplete(incomplete) => unfinished(ExitKind::HalfWay, &incomplete),
            DeployError::Stopped(incomplete) => unfinished(ExitKind::Interrupted, &incomplete),
        }
    }
}

/// What is done and what is not, of a deployment that did not do all it had to.
fn unfinished(kind: ExitKind, incomplete: &Incomplete) -> CommandError {
    let report = &incomplete.report;
    let open = report.failed.len() + report.skipped.len() + report.remaining.len();
    let mut message = match kind {
        ExitKind::Interrupted => format!("interrupted between two steps: {} done, {open} open", report.done.len()),
        _ => format!(
            "the deployment is not complete: {} done, {open} open",
            report.done.len()
        ),
    };
    for failed in &report.failed {
        message.push_str(&format!("\n  failed {}: {}", failed.key, failed.message));
        if failed.outcome_unknown {
            message.push_str("; whether it took effect is looked up by the next deployment");
        }
    }
    for skipped in &report.skipped {
        message.push_str(&format!(
            "\n  not begun {}: it depends on {}",
            skipped.key, skipped.because
        ));
    }
    for key in &report.remaining {
        message.push_str(&format!("\n  not begun {key}"));
    }
    if let Some(halted) = &incomplete.halted {
        message.push_str(&format!("\n  stopped: {halted}"));
    }
    if let Some(cause) = &incomplete.not_pushed {
        message.push_str(&format!("\n  the deployment state is on this machine alone: {cause}"));
    }
    CommandError::new(kind, message).hint("what is done is recorded; run the same command again to do the rest")
}

impl From<RunError> for CommandError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::NotDeployed { .. } => {
                Self::from_error(ExitKind::Config, &error).hint("deploy the bundle first: `sluice deploy`")
            }
            RunError::Base(error) => error.into(),
            RunError::Client(error) => error.into(),
            RunError::App(_) => Self::from_error(ExitKind::Remote, &error),
            RunError::JobId(_) => Self::from_error(ExitKind::Refused, &error),
            RunError::Stopped { .. } => Self::from_error(ExitKind::Interrupted, &error),
            RunError::Failed(ref failure) => {
                let mut shown = Self::from_error(ExitKind::Remote, &error);
                if !failure.message.is_empty() {
                    shown.message.push_str(&format!(": {}", failure.message));
                }
                if let Some(task) = &failure.task {
                    let cause = failure.error.as_deref().unwrap_or("no message");
                    shown.message.push_str(&format!("\n  task {task}: {cause}"));
                }
                for line in &failure.output {
                    shown.message.push_str(&format!("\n  | {line}"));
                }
                shown.hint(format!("look at the run: {}", failure.outcome.url))
            }
        }
    }
}
