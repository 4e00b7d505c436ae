//! Works one run off: starts tasks whose turn it is, stops them when it must, and concludes how the run ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::error::ApiError;
use crate::jobs::attempt;
use crate::jobs::graph::{self, End, Step};
use crate::jobs::run::{self, Run};
use crate::jobs::runner::finish_tasks;
use crate::jobs::settings::JobPlan;
use crate::jobs::state::{LifeCycle, ResultState, State};
use crate::jobs::stop::{self, Stop, StopSignal};
use crate::jobs::task_plan::TaskPlan;
use crate::log;
use crate::principal::Principal;
use crate::secrets::disclosure::Watch;
use crate::workspace::Workspace;

/// Works on a run until it has ended; a fault of the workspace becomes the state of the run.
pub(crate) async fn work_off(workspace: &Arc<Workspace>, run: Run, stop: StopSignal) -> Option<Stop> {
    let mut ending = run.clone();
    let (state, stopped) = match work(workspace, run, stop).await {
        Ok(end) => end,
        Err(error) => (State::internal_error(error.to_string()), None),
    };
    let left = match stopped {
        Some(stop) => stop.state("the run"),
        None => State::internal_error("the run ended before this task"),
    };
    let saved = async {
        finish_tasks(workspace, ending.id, &left).await?;
        if let Some(current) = run::find(workspace, ending.id).await? {
            ending = current;
        }
        ending.end(state, workspace.clock.now_ms());
        run::save(workspace, &ending).await
    };
    if let Err(error) = saved.await {
        log::line(&format!(
            "{}: the end of run {} could not be stored: {error}",
            workspace.name, ending.id
        ));
    }
    stopped
}

/// What the tasks of a run share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) workspace: Arc<Workspace>,
    pub(crate) run: Run,
    pub(crate) job_name: String,
    pub(crate) deployment_root: Option<String>,
    pub(crate) principal: Principal,
    pub(crate) stop: StopSignal,
    /// Knows the secrets that the run has read.
    pub(crate) watch: Arc<Watch>,
    /// The settings of the job as far as running depends on them.
    pub(crate) plan: Arc<JobPlan>,
}

impl Shared {
    /// The same for tasks that somebody else tells to end.
    pub(crate) fn with_stop(&self, stop: StopSignal) -> Self {
        Self { stop, ..self.clone() }
    }
}

async fn work(
    workspace: &Arc<Workspace>,
    mut run: Run,
    mut stop: StopSignal,
) -> Result<(State, Option<Stop>), ApiError> {
    let plan = Arc::new(JobPlan::read(&run.settings)?);
    let Some(principal) = crate::identity::by_name(workspace, &run.run_as).await? else {
        let text = format!(
            "the job runs as '{}', which is no principal of this workspace",
            run.run_as
        );
        return Ok((State::ended(ResultState::Failed, text), None));
    };
    run.state = State::active(LifeCycle::Running);
    run.start_time = run.start_time.or(Some(workspace.clock.now_ms()));
    run::save(workspace, &run).await?;
    let deadline = (plan.timeout_seconds > 0).then(|| Instant::now() + Duration::from_secs(plan.timeout_seconds));
    let (tell, told) = stop::channel();
    let shared = Arc::new(Shared {
        workspace: workspace.clone(),
        job_name: plan.name.clone(),
        deployment_root: deployment_root(&plan),
        watch: Arc::new(workspace.disclosures.watch(principal.id)),
        plan: plan.clone(),
        principal,
        stop: told,
        run,
    });
    let mut stopped = None;
    let (mut begun, mut ended) = kept(workspace, &shared.run).await?;
    let mut working = JoinSet::new();
    loop {
        if stopped.is_none() {
            begin_tasks(&shared, &plan, &mut begun, &mut ended, &mut working).await?;
        }
        if working.is_empty() {
            break;
        }
        let time_over = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let reason = tokio::select! {
            joined = working.join_next() => {
                if let Some(end) = joined.transpose().map_err(panicked)? {
                    let (key, end) = end?;
                    ended.insert(key, end);
                }
                continue;
            }
            reason = stop.told(), if stopped.is_none() => reason,
            () = time_over, if stopped.is_none() => Stop::TimedOut,
        };
        stopped = Some(reason);
        tell.stop(reason);
        let mut ending = shared.run.clone();
        ending.state = State::active(LifeCycle::Terminating);
        run::save(workspace, &ending).await?;
    }
    let state = match stopped {
        Some(stop) => stop.state("the run"),
        None => summary(workspace, &shared.run, graph::result(&plan.tasks, &ended)).await?,
    };
    Ok((state, stopped))
}

fn panicked(error: tokio::task::JoinError) -> ApiError {
    ApiError::internal(format!("a task ended with a panic: {error}"))
}

type Working = JoinSet<Result<(String, End), ApiError>>;

/// The tasks that have ended before: all but those of a repair.
async fn kept(workspace: &Workspace, run: &Run) -> Result<(BTreeSet<String>, BTreeMap<String, End>), ApiError> {
    let tasks = run::tasks(workspace, run.id).await?;
    let ended: BTreeMap<String, End> = tasks
        .into_iter()
        .filter(|task| task.state.is_final())
        .map(|task| (task.task_key.clone(), task.end()))
        .collect();
    Ok((ended.keys().cloned().collect(), ended))
}

/// Starts every task whose turn it is and writes down which never will have one.
async fn begin_tasks(
    shared: &Arc<Shared>,
    plan: &JobPlan,
    begun: &mut BTreeSet<String>,
    ended: &mut BTreeMap<String, End>,
    working: &mut Working,
) -> Result<(), ApiError> {
    loop {
        let decided = graph::next(&plan.tasks, begun, ended);
        if decided.is_empty() {
            return Ok(());
        }
        let known = run::tasks(&shared.workspace, shared.run.id).await?;
        let steps: Vec<(TaskPlan, Step)> = decided.into_iter().map(|(task, step)| (task.clone(), step)).collect();
        for (task, step) in steps {
            begun.insert(task.task_key.clone());
            let stored = known.iter().find(|each| each.task_key == task.task_key);
            let mut stored = stored
                .cloned()
                .ok_or_else(|| ApiError::internal(format!("run {} has no task `{}`", shared.run.id, task.task_key)))?;
            match step {
                Step::Start => {
                    working.spawn(attempt::attempts(shared.clone(), task, stored));
                }
                Step::Skip(result) => {
                    stored.state = State::ended(result, "the tasks that it depends on did not end as it needs");
                    stored.end_time = Some(shared.workspace.clock.now_ms());
                    run::save_task(&shared.workspace, &stored).await?;
                    ended.insert(task.task_key, result.into());
                }
            }
        }
    }
}

/// The state of a run whose tasks have all ended.
async fn summary(workspace: &Workspace, run: &Run, result: ResultState) -> Result<State, ApiError> {
    let tasks = run::tasks(workspace, run.id).await?;
    let first = tasks
        .iter()
        .find(|task| matches!(task.state.result, Some(ResultState::Failed | ResultState::TimedOut)));
    let message = match first {
        Some(task) if result != ResultState::Success => {
            format!("Task {} failed with message: {}", task.task_key, task.state.message)
        }
        _ => String::new(),
    };
    let broken = tasks
        .iter()
        .find(|task| task.state.life_cycle == LifeCycle::InternalError);
    Ok(match broken {
        Some(_) if result == ResultState::Failed => State::internal_error(message),
        _ => State::ended(result, message),
    })
}

/// The directory that a bundle keeps its files in, beside the state that `metadata_file_path` names.
fn deployment_root(plan: &JobPlan) -> Option<String> {
    let metadata = plan.deployment.as_ref()?.metadata_file_path.as_deref()?;
    let root = metadata.strip_suffix("/state/metadata.json")?;
    Some(format!("{root}/files"))
}
