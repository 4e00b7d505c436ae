//! Repairing a run: some of its tasks are tried again within the same run, with the job's settings of now.

use std::collections::BTreeSet;

use axum::Json;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::error::ApiError;
use crate::jobs::job;
use crate::jobs::operations::{Found, find};
use crate::jobs::run::{self, Overriding, Repair, Run, TaskRun};
use crate::jobs::run_now::refuse;
use crate::jobs::settings::{JobPlan, Object};
use crate::jobs::start::{self, first_attempt, first_state};
use crate::jobs::state::{LifeCycle, ResultState, State};
use crate::jobs::task_plan::TaskPlan;
use crate::permissions::Level;

#[derive(Deserialize)]
struct Asked {
    run_id: i64,
    #[serde(default)]
    latest_repair_id: Option<i64>,
    #[serde(default)]
    rerun_tasks: Vec<String>,
    #[serde(default)]
    rerun_all_failed_tasks: bool,
    #[serde(default)]
    rerun_dependent_tasks: bool,
    #[serde(default)]
    job_parameters: Option<IndexMap<String, String>>,
    #[serde(flatten)]
    overriding: Overriding,
    #[serde(flatten)]
    rest: Object,
}

#[derive(Serialize)]
pub(crate) struct Repaired {
    repair_id: i64,
}

/// `POST jobs/runs/repair`
pub(crate) async fn repair(mut call: Call) -> Result<Json<Repaired>, ApiError> {
    let asked: Asked = call.json().await?;
    refuse("runs/repair", &asked.rest)?;
    let workspace = call.workspace.clone();
    let Found::Run(mut run) = find(&workspace, &call.principal, asked.run_id, Level::CanManageRun).await? else {
        return Err(ApiError::invalid(format!(
            "{} is a task run: repair its run",
            asked.run_id
        )));
    };
    check_state(&run, asked.latest_repair_id)?;
    if let Some(job) = job::find(&workspace, run.job_id).await? {
        run.settings = job.settings;
    }
    let plan = JobPlan::read(&run.settings)?;
    let tasks = run::tasks(&workspace, run.id).await?;
    let again = tasks_to_repeat(&plan.tasks, &tasks, &asked)?;
    set_parameters(&mut run, &plan, asked)?;

    let id = workspace.ids.number();
    let mut transaction = workspace.store.begin().await?;
    let (active, _) = run::counts(&mut transaction, run.job_id).await?;
    let state = first_state(active, i64::from(plan.max_concurrent_runs), plan.queue.enabled)?;
    if state.is_final() {
        return Err(ApiError::invalid_state(format!(
            "Run {} cannot be repaired now: {}",
            run.id, state.message
        )));
    }
    run.begin_repair(id, state, workspace.clock.now_ms());
    run::update(&mut transaction, &run).await?;
    for (position, task) in (0..).zip(&plan.tasks) {
        let last = tasks.iter().find(|each| each.task_key == task.task_key);
        if last.is_some() && !again.contains(&task.task_key) {
            continue;
        }
        let mut attempt = first_attempt(&workspace, &run, position, &task.task_key);
        attempt.attempt_number = last.map_or(0, |last| last.attempt_number + 1);
        attempt.repair_id = Some(id);
        run::insert_task(&mut transaction, &attempt).await?;
    }
    transaction.commit().await?;
    if run.state.life_cycle == LifeCycle::Pending {
        workspace.jobs.runner().begin(&workspace, run);
    }
    Ok(Json(Repaired { repair_id: id }))
}

/// Only a run that has ended is repaired, by somebody who knows its last repair.
fn check_state(run: &Run, latest: Option<i64>) -> Result<(), ApiError> {
    if !run.state.is_final() {
        return Err(ApiError::invalid_state(format!(
            "Run {} is active: it can be repaired once it has ended",
            run.id
        )));
    }
    let last = run.repairs.last().map(|repair| repair.id);
    if last != latest {
        return Err(ApiError::invalid(match last {
            Some(last) => format!(
                "`latest_repair_id` must be {last}, the last repair of the run {}",
                run.id
            ),
            None => format!("the run {} has not been repaired: leave out `latest_repair_id`", run.id),
        }));
    }
    Ok(())
}

fn tasks_to_repeat(plan: &[TaskPlan], tasks: &[TaskRun], asked: &Asked) -> Result<BTreeSet<String>, ApiError> {
    if asked.rerun_all_failed_tasks != asked.rerun_tasks.is_empty() {
        return Err(ApiError::invalid(
            "give either `rerun_tasks` or `rerun_all_failed_tasks` to repair a run",
        ));
    }
    let known: BTreeSet<&str> = plan.iter().map(|task| task.task_key.as_str()).collect();
    if let Some(unknown) = asked.rerun_tasks.iter().find(|key| !known.contains(key.as_str())) {
        return Err(ApiError::invalid(format!(
            "`rerun_tasks` names `{unknown}`, which is no task of the job"
        )));
    }
    let mut again: BTreeSet<String> = asked.rerun_tasks.iter().cloned().collect();
    if asked.rerun_all_failed_tasks {
        let failed = tasks.iter().filter(|task| !is_fine(&task.state));
        again.extend(failed.map(|task| task.task_key.clone()));
        if again.is_empty() {
            return Err(ApiError::invalid("the run has no failed task to repair"));
        }
    }
    if asked.rerun_all_failed_tasks || asked.rerun_dependent_tasks {
        let left_out = |key: &str| {
            let of = tasks.iter().find(|task| task.task_key == key);
            of.is_some_and(|task| task.state.result == Some(ResultState::Excluded))
        };
        loop {
            let before = again.len();
            for task in plan {
                // What failed is repeated with what was left out because of it; what ran stays, unless it was asked for.
                let wanted = asked.rerun_dependent_tasks || left_out(&task.task_key);
                if wanted && task.depends_on.iter().any(|each| again.contains(&each.task_key)) {
                    again.insert(task.task_key.clone());
                }
            }
            if again.len() == before {
                break;
            }
        }
    }
    Ok(again)
}

fn is_fine(state: &State) -> bool {
    use ResultState as R;
    matches!(
        state.result,
        Some(R::Success | R::SuccessWithFailures | R::Excluded | R::Disabled)
    )
}

/// Parameters that are given replace those of the run.
fn set_parameters(run: &mut Run, plan: &JobPlan, asked: Asked) -> Result<(), ApiError> {
    let overriding = asked.overriding;
    if let Some(given) = asked.job_parameters {
        let mut all: IndexMap<String, String> = run
            .parameters
            .iter()
            .map(|each| (each.name.clone(), each.value.clone()))
            .collect();
        all.extend(given);
        run.parameters = start::job_parameters(plan, Some(all), &overriding)?;
    } else if !overriding.is_empty() {
        run.parameters = start::job_parameters(plan, None, &overriding)?;
        run.overriding = overriding;
    }
    Ok(())
}

impl Run {
    /// Puts the run back to its beginning, and remembers how it ended before.
    fn begin_repair(&mut self, id: i64, state: State, now: i64) {
        if self.repairs.is_empty() {
            self.original = Some(Box::new(Repair {
                id: self.id,
                start_time: self.start_time.unwrap_or(self.requested_at),
                end_time: self.end_time,
                state: self.state.clone(),
            }));
        }
        self.repairs.push(Repair {
            id,
            start_time: now,
            end_time: None,
            state: state.clone(),
        });
        self.state = state;
        self.end_time = None;
    }

    /// Ends the run, and the repair that was under way.
    pub(crate) fn end(&mut self, state: State, now: i64) {
        if let Some(repair) = self.repairs.last_mut() {
            repair.state = state.clone();
            repair.end_time = Some(now);
        }
        self.state = state;
        self.end_time = Some(now);
    }
}
