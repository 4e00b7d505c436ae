//! Dynamic value references such as `{{job.parameters.x}}` in the parameters of tasks. Pure.
//!
//! Text in double braces that is not `input` and does not start with `input.`, `job.`, `task.`, `tasks.` or `workspace.` is no reference and stays.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_model::Timestamp;

use crate::jobs::settings::Object;
use crate::jobs::state::ResultState;

/// A reference that has no value; the task that uses it fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReferenceError {
    /// Nothing has this name.
    #[error("`{{{{{reference}}}}}` is no value reference that the local workspace offers")]
    Unknown {
        /// What stands between the braces.
        reference: String,
    },
    /// The job has no such parameter.
    #[error("`{{{{{reference}}}}}`: the run has no job parameter `{name}`")]
    Parameter {
        /// What stands between the braces.
        reference: String,
        /// The parameter.
        name: String,
    },
    /// No task of this name has ended before.
    #[error("`{{{{{reference}}}}}`: no task `{task}` has ended before this task")]
    Task {
        /// What stands between the braces.
        reference: String,
        /// The task.
        task: String,
    },
    /// The task is no iteration, or its input has no such part.
    #[error("`{{{{{reference}}}}}`: {why}")]
    Input {
        /// What stands between the braces.
        reference: String,
        /// What is missing.
        why: String,
    },
    /// The task has not set the value.
    #[error("`{{{{{reference}}}}}`: the task `{task}` has set no value `{key}`")]
    TaskValue {
        /// What stands between the braces.
        reference: String,
        /// The task.
        task: String,
        /// The value's key.
        key: String,
    },
}

/// The input of an iteration: any JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Input(Value);

/// What the tasks of a run can refer to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    pub(crate) job_id: i64,
    pub(crate) job_name: String,
    pub(crate) run_id: i64,
    pub(crate) repair_count: usize,
    pub(crate) start_time: i64,
    pub(crate) trigger: &'static str,
    pub(crate) task_name: String,
    pub(crate) task_run_id: i64,
    pub(crate) attempt: i64,
    pub(crate) notebook_path: Option<String>,
    /// Of an iteration.
    pub(crate) input: Option<Input>,
    pub(crate) workspace_id: u64,
    pub(crate) workspace_url: String,
    pub(crate) job_parameters: BTreeMap<String, String>,
    pub(crate) tasks: BTreeMap<String, EndedTask>,
}

/// A task that has ended, as other tasks see it.
#[derive(Clone, Debug)]
pub(crate) struct EndedTask {
    pub(crate) run_id: i64,
    pub(crate) result: Option<ResultState>,
    pub(crate) executions: i64,
    pub(crate) values: Object,
}

impl Values {
    /// The text with all references replaced.
    ///
    /// # Errors
    /// For a reference without a value.
    pub(crate) fn resolve(&self, text: &str) -> Result<String, ReferenceError> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            out.push_str(before);
            let reference = after.split_once("}}").filter(|(inside, _)| is_reference(inside.trim()));
            match reference {
                Some((inside, behind)) => {
                    out.push_str(&self.value(inside.trim())?);
                    rest = behind;
                }
                None => {
                    out.push_str("{{");
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn value(&self, reference: &str) -> Result<String, ReferenceError> {
        if let Some(name) = reference.strip_prefix("job.parameters.") {
            let found = self.job_parameters.get(name).cloned();
            return found.ok_or_else(|| ReferenceError::Parameter {
                reference: reference.to_owned(),
                name: name.to_owned(),
            });
        }
        if let Some(rest) = reference.strip_prefix("tasks.") {
            return self.task_value(reference, rest);
        }
        if reference == "input" || reference.starts_with("input.") {
            return self.input_value(reference);
        }
        if let Some(part) = reference.strip_prefix("job.start_time.") {
            return self.start_part(part).ok_or_else(|| ReferenceError::Unknown {
                reference: reference.to_owned(),
            });
        }
        Ok(match reference {
            "job.id" => self.job_id.to_string(),
            "job.name" => self.job_name.clone(),
            "job.run_id" => self.run_id.to_string(),
            "job.repair_count" => self.repair_count.to_string(),
            "job.trigger.type" => self.trigger.to_owned(),
            "task.name" => self.task_name.clone(),
            "task.run_id" => self.task_run_id.to_string(),
            "task.execution_count" => (self.attempt + 1).to_string(),
            "task.notebook_path" if self.notebook_path.is_some() => self.notebook_path.clone().unwrap_or_default(),
            "workspace.id" => self.workspace_id.to_string(),
            "workspace.url" => self.workspace_url.clone(),
            _ => {
                return Err(ReferenceError::Unknown {
                    reference: reference.to_owned(),
                });
            }
        })
    }

    fn task_value(&self, reference: &str, rest: &str) -> Result<String, ReferenceError> {
        let unknown = || ReferenceError::Unknown {
            reference: reference.to_owned(),
        };
        let (task, what) = rest.split_once('.').ok_or_else(unknown)?;
        let ended = self.tasks.get(task).ok_or_else(|| ReferenceError::Task {
            reference: reference.to_owned(),
            task: task.to_owned(),
        })?;
        if let Some(key) = what.strip_prefix("values.") {
            return match ended.values.get(key) {
                Some(value) => Ok(text(value)),
                None => Err(ReferenceError::TaskValue {
                    reference: reference.to_owned(),
                    task: task.to_owned(),
                    key: key.to_owned(),
                }),
            };
        }
        match (what, ended.result) {
            ("run_id", _) => Ok(ended.run_id.to_string()),
            ("execution_count", _) => Ok(ended.executions.to_string()),
            ("result_state", Some(result)) => Ok(result.reference_name().to_owned()),
            _ => Err(unknown()),
        }
    }

    /// The input of an iteration, or what its dotted path leads to.
    fn input_value(&self, reference: &str) -> Result<String, ReferenceError> {
        let missing = |why: String| ReferenceError::Input {
            reference: reference.to_owned(),
            why,
        };
        let input = self.input.as_ref();
        let input = input.ok_or_else(|| missing("the task is no iteration of a `for_each_task`".to_owned()))?;
        let mut found = &input.0;
        for part in reference.split('.').skip(1) {
            let inner = match found {
                Value::Array(elements) => part.parse::<usize>().ok().and_then(|index| elements.get(index)),
                other => other.get(part),
            };
            found = inner.ok_or_else(|| missing(format!("the input `{found}` has no `{part}`")))?;
        }
        Ok(text(found))
    }

    fn start_part(&self, part: &str) -> Option<String> {
        let start = Timestamp::from_millisecond(self.start_time).ok()?;
        let text = start.to_string();
        let weekday = start.as_millisecond().div_euclid(24 * 60 * 60 * 1000).rem_euclid(7);
        // 1970-01-01 was a Thursday, day 4 of an ISO week.
        let weekday = (weekday + 3) % 7 + 1;
        Some(match part {
            "timestamp_ms" => self.start_time.to_string(),
            "iso_date" => text.get(..10)?.to_owned(),
            "iso_datetime" => text.get(..19)?.to_owned(),
            "year" => text.get(..4)?.to_owned(),
            "month" => plain(text.get(5..7)?),
            "day" => plain(text.get(8..10)?),
            "hour" => plain(text.get(11..13)?),
            "minute" => plain(text.get(14..16)?),
            "second" => plain(text.get(17..19)?),
            "iso_weekday" => weekday.to_string(),
            "is_weekday" => (weekday <= 5).to_string(),
            _ => return None,
        })
    }
}

/// A text as it is, anything else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A number of two digits without a leading zero.
fn plain(digits: &str) -> String {
    digits.strip_prefix('0').unwrap_or(digits).to_owned()
}

fn is_reference(text: &str) -> bool {
    let known = text == "input"
        || ["input.", "job.", "task.", "tasks.", "workspace."]
            .iter()
            .any(|prefix| text.starts_with(prefix));
    known
        && text
            .chars()
            .all(|each| each.is_alphanumeric() || matches!(each, '.' | '_' | '-'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values() -> Values {
        let values = json!({"n": 7, "s": "text", "l": [1, "a"]});
        let ended = EndedTask {
            run_id: 33,
            result: Some(ResultState::Success),
            executions: 1,
            values: values.as_object().unwrap().clone(),
        };
        Values {
            job_id: 1,
            run_id: 2,
            task_name: "me".to_owned(),
            start_time: 1_700_000_000_000,
            trigger: "one_time",
            input: Some(Input(json!({"name": "x", "list": [1, {"deep": true}]}))),
            job_parameters: [("day".to_owned(), "2013-01-01".to_owned())].into(),
            tasks: [("up".to_owned(), ended)].into(),
            ..Values::default()
        }
    }

    #[test]
    fn references_become_values_and_other_text_stays() {
        let cases = [
            (
                "a {{job.parameters.day}} {{ job.id }}-{{job.run_id}} z",
                "a 2013-01-01 1-2 z",
            ),
            (
                "{{task.name}} {{tasks.up.values.n}} {{tasks.up.values.s}} {{tasks.up.values.l}}",
                "me 7 text [1,\"a\"]",
            ),
            ("{{tasks.up.result_state}} {{tasks.up.run_id}}", "success 33"),
            (
                "{{job.start_time.iso_date}} {{job.start_time.iso_datetime}}",
                "2023-11-14 2023-11-14T22:13:20",
            ),
            (
                "{{job.start_time.month}}/{{job.start_time.iso_weekday}}/{{job.start_time.is_weekday}} {{job.trigger.type}}",
                "11/2/true one_time",
            ),
            (
                "{{input.name}} {{input.list.1.deep}} {{input}} {{inputs}}",
                "x true {\"name\":\"x\",\"list\":[1,{\"deep\":true}]} {{inputs}}",
            ),
            ("{{ jinja }} {{ {{job.id}} }} {{", "{{ jinja }} {{ 1 }} {{"),
        ];
        for (text, expected) in cases {
            assert_eq!(values().resolve(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_reference_without_value_is_named() {
        let cases = [
            (
                "{{job.parameters.x}}",
                "`{{job.parameters.x}}`: the run has no job parameter `x`",
            ),
            (
                "{{tasks.down.values.n}}",
                "`{{tasks.down.values.n}}`: no task `down` has ended before this task",
            ),
            (
                "{{tasks.up.values.x}}",
                "`{{tasks.up.values.x}}`: the task `up` has set no value `x`",
            ),
            (
                "{{input.list.2}}",
                "`{{input.list.2}}`: the input `[1,{\"deep\":true}]` has no `2`",
            ),
            (
                "{{job.trigger.time}}",
                "`{{job.trigger.time}}` is no value reference that the local workspace offers",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(values().resolve(text).unwrap_err().to_string(), expected);
        }
    }
}
