//! Jobs (API 2.2): create, get in pages, reset, delete.
//!
//! An update is a reset, which replaces all settings but keeps `run_as` when the body leaves it out; taking `run_as` out of the
//! configuration therefore changes nothing in the workspace, as with the Databricks CLI.

use serde_json::{Map, Value, json};
use sluice_wire::types::{self, Field};
use sluice_wire::{Method, Request};

use super::{Answer, Call, Change, Facts, Kind, ProbeAnswer, text};
use crate::engine::difference::{Class, Rules, rule};

/// The kind `jobs`.
pub(crate) struct Jobs;

/// Arrays that come in pages of 100 items.
const PAGED: [&str; 4] = ["tasks", "job_clusters", "parameters", "environments"];

static RULES: Rules = Rules {
    keyed: &[
        ("tasks", &["task_key"]),
        ("**.depends_on", &["task_key"]),
        ("parameters", &["name"]),
        ("job_clusters", &["job_cluster_key"]),
        ("environments", &["environment_key"]),
        ("**.webhook_notifications.*", &["id"]),
    ],
    output_only: &[
        "job_id",
        "creator_user_name",
        "run_as_user_name",
        "created_time",
        "effective_budget_policy_id",
        "effective_usage_policy_id",
        "has_more",
        "trigger_details",
        "trigger_state",
        "next_page_token",
    ],
    fields: &[
        rule("deployment.version_id", Class::IgnoreLocal, "managed"),
        rule("deployment.version_id", Class::IgnoreRemote, "managed"),
        rule("**.new_cluster.aws_attributes", Class::IgnoreRemote, "managed"),
        rule("**.new_cluster.azure_attributes", Class::IgnoreRemote, "managed"),
        rule("**.new_cluster.gcp_attributes", Class::IgnoreRemote, "managed"),
        rule(
            "**.new_cluster.apply_policy_default_values",
            Class::NotReturned,
            "input_only",
        ),
        rule("queue", Class::BackendDefault(&[]), "backend_default"),
        rule("format", Class::BackendDefault(&[]), "backend_default"),
        rule("max_concurrent_runs", Class::BackendDefault(&["1"]), "backend_default"),
        rule("run_as", Class::BackendDefault(&[]), "backend_default"),
        rule(
            "performance_target",
            Class::BackendDefault(&["PERFORMANCE_OPTIMIZED"]),
            "backend_default",
        ),
        rule("**.run_if", Class::BackendDefault(&["ALL_SUCCESS"]), "backend_default"),
        rule(
            "**.source",
            Class::BackendDefault(&["WORKSPACE", "GIT"]),
            "backend_default",
        ),
        rule(
            "**.new_cluster.node_type_id",
            Class::BackendDefault(&[]),
            "backend_default",
        ),
        rule(
            "**.new_cluster.driver_node_type_id",
            Class::BackendDefault(&[]),
            "backend_default",
        ),
        rule(
            "**.new_cluster.enable_elastic_disk",
            Class::BackendDefault(&[]),
            "backend_default",
        ),
        rule(
            "**.new_cluster.enable_local_disk_encryption",
            Class::BackendDefault(&[]),
            "backend_default",
        ),
        rule(
            "**.new_cluster.data_security_mode",
            Class::BackendDefault(&[]),
            "backend_default",
        ),
    ],
};

impl Kind for Jobs {
    fn rules(&self) -> &Rules {
        &RULES
    }

    fn fields(&self) -> &'static [Field] {
        types::class("jobs.JobSettings").unwrap_or(&[])
    }

    fn integers(&self) -> &'static [&'static str] {
        &[
            "tasks[*].run_job_task.job_id",
            "tasks[*].for_each_task.task.run_job_task.job_id",
        ]
    }

    fn desired(&self, mut document: Value, facts: &Facts) -> Result<Value, Vec<String>> {
        let Some(fields) = document.as_object_mut() else {
            return Err(vec!["is not a map".to_owned()]);
        };
        let marker = json!({"kind": "BUNDLE", "metadata_file_path": facts.metadata_file_path});
        for (name, value) in [
            ("deployment", marker),
            ("edit_mode", json!("UI_LOCKED")),
            ("format", json!("MULTI_TASK")),
        ] {
            fields.entry(name).or_insert(value);
        }
        // Said to be there, and nothing about it: the service takes the field that it needs as false.
        if let Some(Value::Object(queue)) = fields.get_mut("queue") {
            queue.entry("enabled").or_insert(json!(false));
        }
        Ok(document)
    }

    fn read(&self, id: &str) -> Request {
        Request::new(Method::Get, "/api/2.2/jobs/get").query("job_id", id)
    }

    fn next_page(&self, request: &Request, answer: &Value) -> Option<Request> {
        super::page_after(request, answer)
    }

    fn is_absent(&self, status: u16, answer: &Value) -> bool {
        super::says_absent(status, answer)
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        let mut job = Map::new();
        for (index, page) in pages.into_iter().enumerate() {
            let Value::Object(mut page) = page else { continue };
            let Some(Value::Object(settings)) = page.shift_remove("settings") else {
                continue;
            };
            if index == 0 {
                job.extend(settings);
                job.extend(page);
                continue;
            }
            for (name, value) in settings {
                if let (true, Value::Array(more)) = (PAGED.contains(&name.as_str()), value)
                    && let Value::Array(items) = job.entry(name).or_insert_with(|| json!([]))
                {
                    items.extend(more);
                }
            }
        }
        job.shift_remove("next_page_token");
        Value::Object(job)
    }

    fn search(&self, body: &Value) -> Option<Request> {
        let name = text(body, "name").filter(|name| !name.contains("${"))?;
        let request = Request::new(Method::Get, "/api/2.2/jobs/list");
        Some(request.query("name", name).query("limit", 100))
    }

    fn found(&self, answer: &Value, mark: &str) -> Vec<String> {
        let jobs = answer.get("jobs").and_then(Value::as_array);
        jobs.into_iter()
            .flatten()
            .filter(|job| {
                job.pointer("/settings/deployment/metadata_file_path")
                    .and_then(Value::as_str)
                    == Some(mark)
            })
            .filter_map(|job| job.get("job_id").and_then(Value::as_i64))
            .map(|id| id.to_string())
            .collect()
    }

    fn create(&self, change: &Change<'_>) -> Vec<Call> {
        let mark = change
            .new
            .pointer("/deployment/metadata_file_path")
            .and_then(Value::as_str);
        let probe = self.search(change.new).zip(mark).map(|(request, mark)| {
            let mark = mark.to_owned();
            (request, ProbeAnswer::Search { mark })
        });
        vec![Call {
            description: "create".to_owned(),
            request: Request::new(Method::Post, "/api/2.2/jobs/create").json(change.new.clone()),
            answer: Answer::IdField("job_id"),
            idempotent: false,
            probe,
        }]
    }

    fn update(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(id) = change.id else { return Vec::new() };
        let body = json!({"job_id": id_number(id), "new_settings": change.new});
        vec![Call {
            description: "reset".to_owned(),
            request: Request::new(Method::Post, "/api/2.2/jobs/reset").json(body),
            answer: Answer::Id(id.to_owned()),
            idempotent: true,
            probe: None,
        }]
    }

    fn delete(&self, id: &str, _old: &Value) -> Vec<Call> {
        let body = json!({"job_id": id_number(id)});
        vec![Call {
            description: "delete".to_owned(),
            request: Request::new(Method::Post, "/api/2.2/jobs/delete").json(body),
            answer: Answer::Gone,
            idempotent: true,
            probe: None,
        }]
    }
}

/// The id as the API wants it; a text that is no number is sent as it is, for the server to refuse.
fn id_number(id: &str) -> Value {
    id.parse::<i64>().map_or_else(|_not_a_number| id.into(), Value::from)
}
