//! Takes a deployment away: every resource of its state, then its files, state and lock.

use sluice_bundle::engine::Plan;

use crate::bundle_files::LoadedBundle;
use crate::deploy::apply::{Apply, ApplyReport, open_tokens};
use crate::deploy::base_state;
use crate::deploy::deployment::{
    DeployError, DeployOptions, Incomplete, WRITER, header, lock, still_valid, with_causes,
};
use crate::deploy::finish;
use crate::deploy::local_journal::LocalJournal;
use crate::deploy::local_state::LocalState;
use crate::deploy::planning::PlannedDeployment;
use crate::ports::{DeploymentJournal, Progress};

/// Deletes everything that a plan with [`crate::deploy::PlanWishes::destroy`] names, then the deployment's directory.
///
/// # Errors
/// As [`crate::deploy::deploy`]; after [`DeployError::Incomplete`] the state still names what is left.
pub async fn destroy<J: DeploymentJournal>(
    loaded: &LoadedBundle,
    planned: PlannedDeployment,
    options: DeployOptions,
    journal: &mut J,
    progress: &dyn Progress,
) -> Result<(Plan, ApplyReport), DeployError> {
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

async fn locked<J: DeploymentJournal>(
    loaded: &LoadedBundle,
    planned: PlannedDeployment,
    local: &LocalState,
    journal: &mut J,
    progress: &dyn Progress,
) -> Result<(Plan, ApplyReport), DeployError> {
    let planned = still_valid(loaded, planned).await?;
    let deployment = uuid::Uuid::new_v4().to_string();
    let mut local_journal = LocalJournal::new(local.directory());
    let tokens = open_tokens(&local_journal)?;
    let header = header(loaded, &deployment, &planned.plan);
    local_journal.begin(&header).await?;
    journal.begin(&header).await?;
    let mut states = planned.base.states.clone();
    states.begin(&uuid::Uuid::new_v4().to_string(), WRITER);
    let log = local.begin(
        &base_state::place(loaded),
        &planned.base.states,
        planned.base.remote.as_ref(),
        &states,
    )?;
    let mut report = ApplyReport::default();
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
    let halted = apply.run(&mut report).await.err();
    if !report.is_complete() || halted.is_some() {
        let not_pushed = finish::save(loaded, local, &planned.base, &states, &report).await.err();
        return Err(DeployError::Incomplete(Box::new(Incomplete {
            deployment,
            report,
            halted: halted.map(|halt| with_causes(&halt)),
            not_pushed: not_pushed.map(|error| with_causes(&error)),
        })));
    }
    // The lock stands in this directory and goes with it.
    loaded.client.delete(&loaded.bundle.workspace.root_path, true).await?;
    local.forget()?;
    local_journal.finish().await?;
    journal.finish().await?;
    Ok((planned.plan, report))
}
