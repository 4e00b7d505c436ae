//! The task graph of a job: which tasks may start now, and which never will. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::error::ApiError;
use crate::jobs::state::ResultState;
use crate::jobs::task_plan::{Dependency, TaskPlan};

/// When a task runs, given how the tasks it depends on ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum RunIf {
    /// All were successful.
    #[default]
    AllSuccess,
    /// All ended, however.
    AllDone,
    /// None failed and at least one ran.
    NoneFailed,
    /// One or more were successful.
    AtLeastOneSuccess,
    /// All failed.
    AllFailed,
    /// One or more failed.
    AtLeastOneFailed,
}

/// How a task ended, as far as others depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) result: ResultState,
    /// What a condition came to.
    pub(crate) outcome: Option<bool>,
}

impl From<ResultState> for End {
    fn from(result: ResultState) -> Self {
        Self { result, outcome: None }
    }
}

/// Refuses dependencies on unknown tasks, on outcomes that a task does not have, and cycles.
pub(crate) fn check(tasks: &[TaskPlan]) -> Result<(), ApiError> {
    let keys: BTreeSet<_> = tasks.iter().map(|task| task.task_key.as_str()).collect();
    for task in tasks {
        if let Some(unknown) = task
            .depends_on
            .iter()
            .find(|each| !keys.contains(each.task_key.as_str()))
        {
            return Err(ApiError::invalid(format!(
                "the task `{}` depends on `{}`, which is no task of this job",
                task.task_key, unknown.task_key
            )));
        }
    }
    check_outcomes(tasks)?;
    let mut done: BTreeSet<&str> = BTreeSet::new();
    loop {
        let before = done.len();
        for task in tasks {
            if task.depends_on.iter().all(|each| done.contains(each.task_key.as_str())) {
                done.insert(&task.task_key);
            }
        }
        if done.len() == tasks.len() {
            return Ok(());
        }
        if done.len() == before {
            let cycle: Vec<_> = keys.difference(&done).map(|key| format!("`{key}`")).collect();
            return Err(ApiError::invalid(format!(
                "the tasks {} depend on each other in a circle",
                cycle.join(", ")
            )));
        }
    }
}

fn check_outcomes(tasks: &[TaskPlan]) -> Result<(), ApiError> {
    for task in tasks {
        for Dependency { task_key, outcome } in &task.depends_on {
            let Some(outcome) = outcome else { continue };
            let condition = tasks
                .iter()
                .any(|each| each.task_key == *task_key && each.condition_task.is_some());
            if !condition || !matches!(outcome.as_str(), "true" | "false") {
                return Err(ApiError::invalid(format!(
                    "the task `{}` depends on the outcome `{outcome}` of `{task_key}`: only a `condition_task` has an outcome, `true` or `false`",
                    task.task_key
                )));
            }
        }
    }
    Ok(())
}

/// What to do with a task that has not started yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Start it.
    Start,
    /// It will not run; this is its result.
    Skip(ResultState),
}

/// The tasks that can be decided now, given how others ended; a task that is not in `begun` has not been decided.
pub(crate) fn next<'a>(
    tasks: &'a [TaskPlan],
    begun: &BTreeSet<String>,
    ended: &BTreeMap<String, End>,
) -> Vec<(&'a TaskPlan, Step)> {
    let decidable = |task: &&TaskPlan| {
        !begun.contains(&task.task_key) && task.depends_on.iter().all(|each| ended.contains_key(&each.task_key))
    };
    tasks
        .iter()
        .filter(decidable)
        .map(|task| (task, decide(task, ended)))
        .collect()
}

fn decide(task: &TaskPlan, ended: &BTreeMap<String, End>) -> Step {
    use ResultState as R;
    if task.disabled {
        return Step::Skip(R::Disabled);
    }
    let upstream: Vec<R> = task
        .depends_on
        .iter()
        .filter_map(|each| ended.get(&each.task_key).map(|end| seen(each, end)))
        .collect();
    if upstream.is_empty() {
        return Step::Start;
    }
    // Whatever `run_if` says: a task that stands on branches alone which were not taken is no part of this run.
    let on_branches = task.depends_on.iter().all(|each| each.outcome.is_some());
    if on_branches && upstream.iter().all(|each| *each == R::Excluded) {
        return Step::Skip(R::Excluded);
    }
    let good = |each: &R| matches!(each, R::Success);
    let left_out = |each: &R| matches!(each, R::Excluded | R::Disabled);
    let bad = |each: &R| !good(each) && !left_out(each);
    let met = match task.run_if {
        RunIf::AllSuccess => upstream.iter().all(|each| good(each) || matches!(each, R::Disabled)),
        RunIf::AllDone => true,
        RunIf::NoneFailed => !upstream.iter().any(bad) && upstream.iter().any(good),
        RunIf::AtLeastOneSuccess => upstream.iter().any(good),
        RunIf::AllFailed => upstream.iter().all(bad),
        RunIf::AtLeastOneFailed => upstream.iter().any(bad),
    };
    if met {
        return Step::Start;
    }
    let canceled = |each: &R| matches!(each, R::Canceled | R::UpstreamCanceled);
    Step::Skip(match task.run_if {
        RunIf::AllFailed | RunIf::AtLeastOneFailed => R::Excluded,
        _ if upstream.iter().any(|each| bad(each) && !canceled(each)) => R::UpstreamFailed,
        _ if upstream.iter().any(canceled) => R::UpstreamCanceled,
        _ => R::Excluded,
    })
}

/// How a task sees the end of one that it depends on: a branch that was not taken is excluded.
fn seen(dependency: &Dependency, end: &End) -> ResultState {
    let wanted = dependency.outcome.as_deref().map(|outcome| outcome == "true");
    match (end.result, wanted) {
        (ResultState::Success, Some(wanted)) if end.outcome != Some(wanted) => ResultState::Excluded,
        (result, _) => result,
    }
}

/// The result of a run whose tasks have all ended: its leaves decide.
pub(crate) fn result(tasks: &[TaskPlan], ended: &BTreeMap<String, End>) -> ResultState {
    use ResultState as R;
    let needed: BTreeSet<&str> = tasks
        .iter()
        .flat_map(|task| &task.depends_on)
        .map(|each| each.task_key.as_str())
        .collect();
    let fine = |result: &R| matches!(result, R::Success | R::Excluded | R::Disabled);
    let leaf_failed = ended
        .iter()
        .any(|(key, end)| !needed.contains(key.as_str()) && !fine(&end.result));
    if leaf_failed {
        R::Failed
    } else if ended.values().all(|end| fine(&end.result)) {
        R::Success
    } else {
        R::SuccessWithFailures
    }
}

#[cfg(test)]
#[path = "graph_tests.rs"]
mod tests;
