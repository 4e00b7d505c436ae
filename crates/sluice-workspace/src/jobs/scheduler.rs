//! Starts the runs of jobs with a schedule or a periodic trigger, by the workspace's clock.
//!
//! A job counts from the moment when its schedule was written, or the workspace started, or it last started a run. Starts that fall into one look at the
//! clock, or into the time when no process served the workspace, are one run or none: nothing is made up for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::error::ApiError;
use crate::jobs::access;
use crate::jobs::job::{self, Job};
use crate::jobs::run::{Overriding, RunType, Trigger};
use crate::jobs::settings::JobPlan;
use crate::jobs::start::{self, Start};
use crate::log;
use crate::workspace::Workspace;

/// What the scheduler keeps in memory for one workspace.
#[derive(Default)]
pub(crate) struct Scheduler {
    /// From when each job with a schedule or a periodic trigger counts.
    armed: Mutex<BTreeMap<i64, i64>>,
    changed: Notify,
    work: Mutex<Option<AbortHandle>>,
}

impl Scheduler {
    /// Lets a job count from this moment on, when time starts it at all.
    pub(crate) fn arm(&self, job_id: i64, plan: &JobPlan, now: i64) {
        if plan.timer().is_none() {
            self.disarm(job_id);
            return;
        }
        self.armed().insert(job_id, now);
        self.changed.notify_one();
    }

    /// Forgets a job.
    pub(crate) fn disarm(&self, job_id: i64) {
        self.armed().remove(&job_id);
    }

    fn armed(&self) -> MutexGuard<'_, BTreeMap<i64, i64>> {
        self.armed.lock().expect("invariant: nobody panics with this lock")
    }

    /// Starts no further run.
    pub(crate) fn stop(&self) {
        let work = self
            .work
            .lock()
            .expect("invariant: nobody panics with this lock")
            .take();
        if let Some(work) = work {
            work.abort();
        }
    }
}

/// Arms the jobs that time starts and begins to watch the clock.
pub(crate) async fn begin(workspace: &Arc<Workspace>) -> Result<(), ApiError> {
    let scheduler = workspace.jobs.scheduler();
    let now = workspace.clock.now_ms();
    for job in job::timed(workspace).await? {
        match job.plan() {
            Ok(plan) => scheduler.arm(job.id, &plan, now),
            Err(error) => log::line(&format!(
                "{}: the schedule of the job `{}` could not be read: {error}",
                workspace.name,
                job.name()
            )),
        }
    }
    let work = tokio::spawn(watch(Arc::downgrade(workspace)));
    *scheduler.work.lock().expect("invariant: nobody panics with this lock") = Some(work.abort_handle());
    Ok(())
}

async fn watch(workspace: Weak<Workspace>) {
    loop {
        let Some(workspace) = workspace.upgrade() else { return };
        let next = match start_due(&workspace).await {
            Ok(next) => next,
            Err(error) => {
                log::line(&format!("{}: schedules could not be read: {error}", workspace.name));
                None
            }
        };
        let next_start = async {
            match next {
                Some(moment) => workspace.clock.reach(moment).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = next_start => {}
            () = workspace.jobs.scheduler().changed.notified() => {}
        }
    }
}

/// Starts what is due; gives the moment of the next start.
async fn start_due(workspace: &Arc<Workspace>) -> Result<Option<i64>, ApiError> {
    let scheduler = workspace.jobs.scheduler();
    let now = workspace.clock.now_ms();
    let mut earliest: Option<i64> = None;
    let armed = scheduler.armed().clone();
    for (id, since) in armed {
        let Some(job) = job::find(workspace, id).await? else {
            continue;
        };
        let plan = job.plan()?;
        let Some(timer) = plan.timer() else { continue };
        let mut next = timer.next(since);
        if next.is_some_and(|next| next <= now) {
            scheduler.armed().insert(job.id, now);
            next = timer.next(now);
            let name = job.name().to_owned();
            if let Err(error) = start_job(workspace, job, &plan).await {
                log::line(&format!(
                    "{}: the job `{name}` was due and could not be started: {error}",
                    workspace.name
                ));
            }
        }
        earliest = [earliest, next].into_iter().flatten().min();
    }
    Ok(earliest)
}

async fn start_job(workspace: &Arc<Workspace>, job: Job, plan: &JobPlan) -> Result<(), ApiError> {
    let run_as = access::run_as(workspace, &job).await?;
    let overriding = Overriding::default();
    let parameters = start::job_parameters(plan, None, &overriding)?;
    let start = Start {
        job_id: job.id,
        creator: job.creator,
        run_as,
        settings: job.settings,
        parameters,
        overriding,
        idempotency_token: None,
        queued: None,
        run_type: RunType::JobRun,
        trigger: Trigger::Periodic,
        parent_task_run: None,
    };
    start::start(workspace, start).await?;
    Ok(())
}
