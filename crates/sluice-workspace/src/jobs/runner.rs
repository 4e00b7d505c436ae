//! The runs that this process works on: beginning, queueing, stopping, and what becomes of those that an earlier process left.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::{AcquireError, Semaphore, SemaphorePermit, watch};
use tokio::task::JoinHandle;

use crate::error::ApiError;
use crate::jobs::process;
use crate::jobs::run::{self, Run};
use crate::jobs::settings::JobPlan;
use crate::jobs::state::{LifeCycle, State};
use crate::jobs::stop::{self, LEFT_BEHIND, Stop, StopSender};
use crate::jobs::work;
use crate::log;
use crate::workspace::Workspace;

/// How many tasks of a workspace work at the same time.
const PARALLEL_TASKS: usize = 2;
/// A run that this process works on.
struct Active {
    stop: StopSender,
    work: JoinHandle<()>,
}

/// What the runner keeps in memory for one workspace.
pub(crate) struct Runner {
    /// The command that starts a sandbox.
    launcher: Vec<OsString>,
    active: Mutex<BTreeMap<i64, Active>>,
    slots: Semaphore,
    /// Told whenever a run has ended.
    ends: watch::Sender<()>,
}

impl Runner {
    pub(crate) fn new(launcher: Vec<OsString>) -> Self {
        Self {
            launcher,
            active: Mutex::default(),
            slots: Semaphore::new(PARALLEL_TASKS),
            ends: watch::Sender::new(()),
        }
    }

    /// Starts to work on a stored run.
    pub(crate) fn begin(&self, workspace: &Arc<Workspace>, run: Run) {
        let (stop, stopped) = stop::channel();
        let (id, job_id) = (run.id, run.job_id);
        let workspace = workspace.clone();
        // Held until the entry is there, so that a run that ends at once finds it.
        let mut active = self.active();
        let work = tokio::spawn(async move {
            let stopping = work::work_off(&workspace, run, stopped).await;
            let runner = workspace.jobs.runner();
            runner.active().remove(&id);
            runner.announce();
            if stopping != Some(Stop::Shutdown)
                && let Err(error) = start_queued(&workspace, job_id).await
            {
                log::line(&format!(
                    "{}: queued runs of job {job_id} could not be started: {error}",
                    workspace.name
                ));
            }
        });
        active.insert(id, Active { stop, work });
    }

    /// Tells a run to end; false when this process does not work on it.
    pub(crate) fn stop_run(&self, id: i64, reason: Stop) -> bool {
        let active = self.active();
        let found = active.get(&id);
        if let Some(run) = found {
            run.stop.stop(reason);
        }
        found.is_some()
    }

    /// Ends all runs and waits for them.
    pub(crate) async fn stop_all(&self) {
        let all: Vec<_> = std::mem::take(&mut *self.active()).into_values().collect();
        for run in &all {
            run.stop.stop(Stop::Shutdown);
        }
        for run in all {
            if let Err(error) = run.work.await {
                log::line(&format!("a run ended with a panic: {error}"));
            }
        }
    }

    /// Tells whoever waits for the end of a run to look again.
    pub(crate) fn announce(&self) {
        self.ends.send_replace(());
    }

    fn active(&self) -> MutexGuard<'_, BTreeMap<i64, Active>> {
        self.active.lock().expect("invariant: nobody panics with this lock")
    }

    /// Waits until one more task may work.
    pub(crate) async fn slot(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.slots.acquire().await
    }

    pub(crate) fn launcher(&self) -> &[OsString] {
        &self.launcher
    }
}

/// Waits until a run has ended.
pub(crate) async fn ended(workspace: &Workspace, run_id: i64) -> Result<Run, ApiError> {
    let mut ends = workspace.jobs.runner().ends.subscribe();
    loop {
        ends.mark_unchanged();
        match run::find(workspace, run_id).await? {
            Some(run) if run.state.is_final() => return Ok(run),
            Some(_) => {}
            None => return Err(ApiError::invalid(format!("Run {run_id} does not exist."))),
        }
        // The sender lives as long as the workspace.
        drop(ends.changed().await);
    }
}

/// Takes up what an earlier process left: runs in flight have failed, queued ones may start.
pub(crate) async fn recover(workspace: &Arc<Workspace>) -> Result<(), ApiError> {
    let tasks = process::directory_of_tasks(workspace);
    match std::fs::remove_dir_all(&tasks) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(ApiError::from_io(format!("`{}`", tasks.display()), &error));
        }
        Ok(()) | Err(_) => {}
    }
    let mut queued = BTreeSet::new();
    for mut run in run::unfinished(workspace).await? {
        if run.state.life_cycle == LifeCycle::Queued {
            queued.insert(run.job_id);
            continue;
        }
        finish_tasks(workspace, run.id, &State::internal_error(LEFT_BEHIND)).await?;
        run.end(State::internal_error(LEFT_BEHIND), workspace.clock.now_ms());
        run::save(workspace, &run).await?;
    }
    for job_id in queued {
        start_queued(workspace, job_id).await?;
    }
    Ok(())
}

/// Starts queued runs of a job, the oldest first, as many as may run.
async fn start_queued(workspace: &Arc<Workspace>, job_id: i64) -> Result<(), ApiError> {
    let runs: Vec<Run> = run::unfinished(workspace)
        .await?
        .into_iter()
        .filter(|run| run.job_id == job_id)
        .collect();
    let working = runs
        .iter()
        .filter(|run| run.state.life_cycle != LifeCycle::Queued)
        .count();
    let queued = runs.into_iter().filter(|run| run.state.life_cycle == LifeCycle::Queued);
    for (working, mut run) in (working..).zip(queued) {
        let plan = JobPlan::read(&run.settings)?;
        if working >= usize::try_from(plan.max_concurrent_runs).unwrap_or(usize::MAX) {
            break;
        }
        run.state = State::active(LifeCycle::Pending);
        run::save(workspace, &run).await?;
        workspace.jobs.runner().begin(workspace, run);
    }
    Ok(())
}

/// Gives every task run that has not ended this state, iterations too.
pub(crate) async fn finish_tasks(workspace: &Workspace, run_id: i64, state: &State) -> Result<(), ApiError> {
    for mut task in run::all_attempts(workspace, run_id).await? {
        if !task.state.is_final() {
            task.state = state.clone();
            task.end_time = Some(workspace.clock.now_ms());
            run::save_task(workspace, &task).await?;
        }
    }
    Ok(())
}
