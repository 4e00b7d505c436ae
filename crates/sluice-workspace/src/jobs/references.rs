//! Dynamic value references such as `{{job.parameters.x}}` in the parameters of tasks. Pure.
//!
//! Text in double braces that does not start with `job.`, `task.`, `tasks.` or `workspace.` is no reference and stays.

use std::collections::BTreeMap;

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

/// What the tasks of a run can refer to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    pub(crate) job_id: i64,
    pub(crate) job_name: String,
    pub(crate) run_id: i64,
    pub(crate) start_time: i64,
    pub(crate) task_name: String,
    pub(crate) task_run_id: i64,
    pub(crate) attempt: i64,
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
        Ok(match reference {
            "job.id" => self.job_id.to_string(),
            "job.name" => self.job_name.clone(),
            "job.run_id" => self.run_id.to_string(),
            "job.repair_count" => "0".to_owned(),
            "job.start_time.timestamp_ms" => self.start_time.to_string(),
            "job.start_time.iso_date" => self.start_text(10),
            "job.start_time.iso_datetime" => self.start_text(19),
            "task.name" => self.task_name.clone(),
            "task.run_id" => self.task_run_id.to_string(),
            "task.execution_count" => (self.attempt + 1).to_string(),
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
                Some(serde_json::Value::String(text)) => Ok(text.clone()),
                Some(other) => Ok(other.to_string()),
                None => Err(ReferenceError::TaskValue {
                    reference: reference.to_owned(),
                    task: task.to_owned(),
                    key: key.to_owned(),
                }),
            };
        }
        match (what, ended.result) {
            ("run_id", _) => Ok(ended.run_id.to_string()),
            ("result_state", Some(result)) => Ok(result.reference_name().to_owned()),
            _ => Err(unknown()),
        }
    }

    fn start_text(&self, length: usize) -> String {
        let text = sluice_model::Timestamp::from_millisecond(self.start_time).map(|moment| moment.to_string());
        text.unwrap_or_default().chars().take(length).collect()
    }
}

fn is_reference(text: &str) -> bool {
    let known = ["job.", "task.", "tasks.", "workspace."]
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
            values: values.as_object().unwrap().clone(),
        };
        Values {
            job_id: 1,
            run_id: 2,
            task_name: "me".to_owned(),
            start_time: 1_700_000_000_000,
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
                "{{job.trigger.type}}",
                "`{{job.trigger.type}}` is no value reference that the local workspace offers",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(values().resolve(text).unwrap_err().to_string(), expected);
        }
    }
}
