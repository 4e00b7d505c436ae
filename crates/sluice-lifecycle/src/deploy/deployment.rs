//! One deployment: lock, check that nothing moved, upload files, apply the plan, push the state.

use sluice_bundle::engine::{self, Plan, States};
use sluice_bundle::language::Mode;
use sluice_databricks::ClientError;
use sluice_model::{Digest, Timestamp, TreePath};

use crate::artifacts::{self, LibraryChanges};
use crate::bundle_files::upload::{FilePlaces, synchronise};
use crate::bundle_files::{LoadedBundle, SyncChanges, SyncError};
use crate::capture::guard;
use crate::deploy::apply::{Apply, ApplyReport, Halt, open_tokens};
use crate::deploy::base_state::{self, BaseState, BaseStateError};
use crate::deploy::identities;
use crate::deploy::local_journal::LocalJournal;
use crate::deploy::local_state::{LocalState, LocalStateError};
use crate::deploy::lock::{Acquisition, DeploymentLock, LockError};
use crate::deploy::planning::{PlanError, PlannedDeployment, plan_bundle};
use crate::deploy::remote_state::RemoteStateError;
use crate::deploy::{finish, folder_permissions};
use crate::ports::{DeploymentHeader, DeploymentJournal, Intent, JournalError, Progress, StepOutcome};

/// How this program signs state files and locks.
pub(crate) const WRITER: &str = concat!("sluice-", env!("CARGO_PKG_VERSION"));

/// How a deployment is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeployOptions {
    /// Takes the lock from whoever holds it.
    pub force_lock: bool,
}

/// What a deployment did.
#[derive(Clone, Debug)]
pub struct DeploymentOutcome {
    /// UUID of the deployment.
    pub deployment: String,
    /// The plan that was applied.
    pub plan: Plan,
    /// What was done to files.
    pub files: SyncChanges,
    /// What was done to libraries; none when the bundle has none.
    pub libraries: Option<LibraryChanges>,
    /// What was done to resources.
    pub report: ApplyReport,
    /// The state afterwards, as it was pushed.
    pub states: States,
}

/// A deployment that did not do all it had to. What is done is recorded; the same deployment again does the rest.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Incomplete {
    /// UUID of the deployment.
    pub deployment: String,
    /// What was done and what was not.
    pub report: ApplyReport,
    /// Why it ended before all entries were tried.
    pub halted: Option<String>,
    /// Why the state is on this machine alone.
    pub not_pushed: Option<String>,
}

/// A deployment failed.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// It had to be planned again under the lock, and that failed. Nothing was changed.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The state cannot be read. Nothing was changed.
    #[error(transparent)]
    Base(#[from] BaseStateError),
    /// What the deployment would do is not what was planned. Nothing was changed.
    #[error(
        "the workspace or its deployment state moved since the plan was made: planned effects {planned}, now {now}"
    )]
    PlanMoved {
        /// Digest of the planned effects.
        planned: Digest,
        /// Digest of what a deployment would do now.
        now: Digest,
    },
    /// The lock could not be taken. Nothing was changed.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The local state cannot be written. Nothing was changed in the workspace.
    #[error(transparent)]
    Local(#[from] LocalStateError),
    /// The journal cannot be written. No resource was changed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The workspace refused or did not answer before anything was changed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The files could not be brought to the workspace. No resource was changed.
    #[error("the bundle's files are not all in the workspace")]
    Files(#[source] SyncError),
    /// The bundle's permissions could not be set on its folder. No resource was changed.
    #[error("the `permissions` of the bundle could not be set on its folder in the workspace")]
    FolderPermissions(#[source] Box<ClientError>),
    /// Everything is deployed, and what that is could not be written beside the state.
    #[error("everything is deployed, but which objects that are could not be recorded in the workspace")]
    NotRecorded(#[source] Box<PlanError>),
    /// Some entries are done and others are not.
    #[error("the deployment is not complete")]
    Incomplete(Box<Incomplete>),
    /// It was stopped between two steps on request.
    #[error("the deployment was stopped")]
    Stopped(Box<Incomplete>),
}

impl DeployError {
    /// Whether files or resources may have been changed.
    #[must_use]
    pub fn may_have_changed(&self) -> bool {
        match self {
            Self::Plan(_)
            | Self::Base(_)
            | Self::PlanMoved { .. }
            | Self::Lock(_)
            | Self::Local(_)
            | Self::Journal(_)
            | Self::Client(_) => false,
            Self::Files(_)
            | Self::FolderPermissions(_)
            | Self::NotRecorded(_)
            | Self::Incomplete(_)
            | Self::Stopped(_) => true,
        }
    }
}

/// Keeps no record beside the local one that every deployment has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unrecorded;

impl DeploymentJournal for Unrecorded {
    async fn begin(&mut self, _header: &DeploymentHeader) -> Result<(), JournalError> {
        Ok(())
    }

    async fn intent(&mut self, _intent: &Intent) -> Result<(), JournalError> {
        Ok(())
    }

    async fn outcome(&mut self, _step: u32, _outcome: &StepOutcome) -> Result<(), JournalError> {
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), JournalError> {
        Ok(())
    }
}

/// Carries out a plan: takes the lock, checks that the state is the planned one (else plans again and refuses other effects),
/// uploads the files, applies entry by entry, pushes the state, also after a failure.
///
/// # Errors
/// See [`DeployError`]; every variant before [`DeployError::Files`] means that nothing was changed.
pub async fn deploy<J: DeploymentJournal>(
    loaded: &LoadedBundle,
    planned: PlannedDeployment,
    options: DeployOptions,
    journal: &mut J,
    progress: &dyn Progress,
) -> Result<DeploymentOutcome, DeployError> {
    let local = LocalState::new(&loaded.local_state);
    let _guard = local.guard()?;
    let lock = lock(loaded, &local, options, progress).await?;
    let result = locked(loaded, planned, &local, journal, progress).await;
    if let Some(lock) = lock
        && let Err(error) = lock.release(&loaded.client).await
    {
        progress.warn(&format!("the deployment lock could not be given back: {error}"));
    }
    result
}

/// Takes the lock, unless it is switched off: it is off by default in development mode.
pub(crate) async fn lock(
    loaded: &LoadedBundle,
    local: &LocalState,
    options: DeployOptions,
    progress: &dyn Progress,
) -> Result<Option<DeploymentLock>, DeployError> {
    let bundle = &loaded.bundle;
    loaded.client.mkdirs(&bundle.workspace.state_path).await?;
    let configured = |key: &str| {
        let path = TreePath::keys(["bundle", "deployment", "lock", key]);
        bundle.config.at_path(&path).and_then(sluice_model::Tree::as_bool)
    };
    if !configured("enabled").unwrap_or(bundle.mode != Some(Mode::Development)) {
        return Ok(None);
    }
    let (lock, acquisition) = DeploymentLock::acquire(
        &loaded.client,
        &bundle.workspace.state_path,
        local.directory(),
        &bundle.current_user.user_name,
        options.force_lock || configured("force") == Some(true),
    )
    .await?;
    match acquisition {
        Acquisition::Free => {}
        Acquisition::TakenOver => {
            progress.warn("took over the deployment lock of a `sluice` process of this machine that has died");
        }
        Acquisition::Forced => progress.warn("took the deployment lock by force"),
    }
    Ok(Some(lock))
}

async fn locked<J: DeploymentJournal>(
    loaded: &LoadedBundle,
    planned: PlannedDeployment,
    local: &LocalState,
    journal: &mut J,
    progress: &dyn Progress,
) -> Result<DeploymentOutcome, DeployError> {
    let planned = still_valid(loaded, planned).await?;
    refuse_to_overwrite(loaded, &planned).await?;
    let deployment = uuid::Uuid::new_v4().to_string();
    let mut local_journal = LocalJournal::new(local.directory());
    let tokens = open_tokens(&local_journal)?;
    let header = header(loaded, &deployment, &planned.plan);
    local_journal.begin(&header).await?;
    journal.begin(&header).await?;
    let mut states = planned.base.states.clone();
    let protects = engine::protected(&loaded.bundle, &states) != states.protected();
    let log = if planned.plan.is_empty() && !protects {
        None
    } else {
        states.begin(&uuid::Uuid::new_v4().to_string(), WRITER);
        Some(local.begin(
            &base_state::place(loaded),
            &planned.base.states,
            planned.base.remote.as_ref(),
            &states,
        )?)
    };
    let libraries = upload_libraries(loaded, progress).await?;
    let files = upload(loaded, &planned, progress).await?;
    folder_permissions::set(loaded)
        .await
        .map_err(|error| DeployError::FolderPermissions(Box::new(error)))?;
    let mut report = ApplyReport::default();
    let mut halted = None;
    if let Some(log) = log {
        let mut apply = Apply {
            client: &loaded.client,
            plan: &planned.plan,
            secrets: &loaded.bundle.secrets,
            states: &mut states,
            log,
            local_journal: &mut local_journal,
            journal: &mut *journal,
            progress,
            next_step: 0,
            tokens,
        };
        halted = apply.run(&mut report).await.err();
        states.protect(&engine::protected(&loaded.bundle, &states));
    }
    let not_pushed = finish::save(loaded, local, &planned.base, &states, &report)
        .await
        .err()
        .map(|error| with_causes(&error));
    if !report.is_complete() || halted.is_some() || not_pushed.is_some() {
        return Err(incomplete(deployment, report, halted, not_pushed, progress));
    }
    record(loaded, &planned.plan, &states)
        .await
        .map_err(|error| DeployError::NotRecorded(Box::new(error)))?;
    local_journal.finish().await?;
    journal.finish().await?;
    Ok(DeploymentOutcome {
        deployment,
        plan: planned.plan,
        files,
        libraries,
        report,
        states,
    })
}

/// Writes beside the state which objects belong to the deployment, and which ones they are.
async fn record(loaded: &LoadedBundle, plan: &Plan, states: &States) -> Result<(), PlanError> {
    finish::write_metadata(loaded, states).await?;
    identities::write(loaded, plan, states).await
}

/// Work that people did in the workspace and nobody captured is not replaced, unless that is wished for.
async fn refuse_to_overwrite(loaded: &LoadedBundle, planned: &PlannedDeployment) -> Result<(), DeployError> {
    if planned.wishes.overwrite_uncaptured || planned.wishes.destroy {
        return Ok(());
    }
    let mut uncaptured = planned.uncaptured.clone();
    let files = guard::overwritten_files(loaded, &planned.files).await;
    uncaptured.extend(files.map_err(PlanError::from)?);
    if uncaptured.is_empty() {
        Ok(())
    } else {
        Err(PlanError::Uncaptured(uncaptured).into())
    }
}

fn incomplete(
    deployment: String,
    report: ApplyReport,
    halted: Option<Halt>,
    not_pushed: Option<String>,
    progress: &dyn Progress,
) -> DeployError {
    let only_stopped =
        progress.stop_requested() && halted.is_none() && not_pushed.is_none() && report.failed.is_empty();
    let incomplete = Box::new(Incomplete {
        deployment,
        report,
        halted: halted.map(|halt| with_causes(&halt)),
        not_pushed,
    });
    if only_stopped {
        DeployError::Stopped(incomplete)
    } else {
        DeployError::Incomplete(incomplete)
    }
}

/// The plan, when the state is still the one it was made from; else a new plan with the same effects.
pub(crate) async fn still_valid(
    loaded: &LoadedBundle,
    planned: PlannedDeployment,
) -> Result<PlannedDeployment, DeployError> {
    let base: BaseState = base_state::read(loaded).await?;
    if base == planned.base {
        return Ok(planned);
    }
    let again = plan_bundle(loaded, &planned.wishes).await?;
    if again.plan.effect_digest != planned.plan.effect_digest {
        return Err(DeployError::PlanMoved {
            planned: planned.plan.effect_digest,
            now: again.plan.effect_digest,
        });
    }
    Ok(again)
}

pub(crate) fn header(loaded: &LoadedBundle, deployment: &str, plan: &Plan) -> DeploymentHeader {
    DeploymentHeader {
        deployment: deployment.to_owned(),
        bundle: loaded.bundle.name.clone(),
        target: loaded.bundle.target.clone(),
        host: loaded.client.host().to_string(),
        actor: loaded.bundle.current_user.user_name.clone(),
        effect_digest: plan.effect_digest,
        started_at: Timestamp::now(),
    }
}

async fn upload_libraries(
    loaded: &LoadedBundle,
    progress: &dyn Progress,
) -> Result<Option<LibraryChanges>, DeployError> {
    let changes = artifacts::upload::upload(loaded).await.map_err(DeployError::Files)?;
    if let Some(changes) = changes {
        progress.say(&format!(
            "libraries in {}: {} uploaded, {} deleted, {} unchanged",
            loaded.bundle.workspace.artifact_path, changes.uploaded, changes.deleted, changes.unchanged
        ));
    }
    Ok(changes)
}

async fn upload(
    loaded: &LoadedBundle,
    planned: &PlannedDeployment,
    progress: &dyn Progress,
) -> Result<SyncChanges, DeployError> {
    let workspace = &loaded.bundle.workspace;
    let places = FilePlaces {
        file_path: &workspace.file_path,
        state_path: &workspace.state_path,
    };
    let changes = synchronise(&loaded.client, places, &planned.files)
        .await
        .map_err(DeployError::Files)?;
    progress.say(&format!(
        "files in {}: {} uploaded, {} deleted, {} unchanged",
        workspace.file_path, changes.uploaded, changes.deleted, changes.unchanged
    ));
    Ok(changes)
}

/// An error and its causes on one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl From<RemoteStateError> for DeployError {
    fn from(error: RemoteStateError) -> Self {
        Self::Base(error.into())
    }
}
