//! Test data: a model of how a workspace answers, in memory, with the defaults and output-only fields that it adds.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sluice_wire::{Body, Method, Request, Response};

/// A workspace that holds what was sent to it.
#[derive(Default)]
pub(super) struct Workspace {
    pub(super) jobs: BTreeMap<i64, Value>,
    pub(super) permissions: BTreeMap<String, Vec<Value>>,
    /// Every request that changed something: method, path.
    pub(super) changes: Vec<(Method, String)>,
    next_id: i64,
}

pub(super) fn answer(status: u16, body: Value) -> Response {
    Response {
        status,
        headers: Vec::new(),
        body: body.to_string().into_bytes(),
    }
}

pub(super) fn error(status: u16, code: &str, message: &str) -> Response {
    answer(status, json!({"error_code": code, "message": message}))
}

impl Workspace {
    pub(super) fn send(&mut self, request: &Request) -> Response {
        if request.method != Method::Get {
            self.changes.push((request.method, request.path.clone()));
        }
        let query = |name: &str| {
            request
                .query
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        };
        let body = match &request.body {
            Body::Json(body) => body.clone(),
            Body::None | Body::Bytes(_) => Value::Null,
        };
        let path = request.path.as_str();
        match (request.method, path) {
            (Method::Get, "/api/2.2/jobs/get") => self.get_job(&query("job_id").unwrap(), query("page_token")),
            (Method::Get, "/api/2.2/jobs/list") => self.list_jobs(&query("name").unwrap()),
            (Method::Post, "/api/2.2/jobs/create") => {
                self.next_id += 1;
                self.jobs.insert(self.next_id, body);
                answer(200, json!({"job_id": self.next_id}))
            }
            (Method::Post, "/api/2.2/jobs/reset") => {
                let id = body["job_id"].as_i64().unwrap();
                self.jobs.insert(id, body["new_settings"].clone());
                answer(200, json!({}))
            }
            (Method::Post, "/api/2.2/jobs/delete") => match self.jobs.remove(&body["job_id"].as_i64().unwrap()) {
                Some(_) => answer(200, json!({})),
                None => error(400, "INVALID_PARAMETER_VALUE", "Job 1 does not exist."),
            },
            (_, path) if path.starts_with("/api/2.0/permissions/") => self.permissions(request.method, path, &body),
            other => panic!("the model does not answer {other:?}"),
        }
    }

    fn get_job(&self, id: &str, page: Option<String>) -> Response {
        let Some(settings) = id.parse().ok().and_then(|id: i64| self.jobs.get(&id)) else {
            return error(400, "INVALID_PARAMETER_VALUE", &format!("Job {id} does not exist."));
        };
        let mut settings = with_job_defaults(settings.clone());
        let first: usize = page.map_or(0, |page| page.parse().unwrap());
        let tasks = settings["tasks"].as_array().cloned().unwrap_or_default();
        let mut job = json!({"job_id": id.parse::<i64>().unwrap(), "creator_user_name": "deployer", "created_time": 1});
        if tasks.len() > first + 100 {
            job["next_page_token"] = json!((first + 100).to_string());
        }
        settings["tasks"] = tasks.into_iter().skip(first).take(100).collect();
        job["settings"] = settings;
        answer(200, job)
    }

    fn list_jobs(&self, name: &str) -> Response {
        let jobs: Vec<Value> = self
            .jobs
            .iter()
            .filter(|(_, job)| job["name"] == name)
            .map(|(id, job)| json!({"job_id": id, "settings": {"name": name, "deployment": job["deployment"]}}))
            .collect();
        answer(200, json!({"jobs": jobs, "has_more": false}))
    }

    fn permissions(&mut self, method: Method, path: &str, body: &Value) -> Response {
        let object = path.strip_prefix("/api/2.0/permissions").unwrap().to_owned();
        let direct = self.permissions.entry(object.clone()).or_default();
        if method == Method::Put {
            let list = body["access_control_list"].as_array().unwrap();
            let owners = list
                .iter()
                .filter(|entry| entry["permission_level"] == "IS_OWNER")
                .count();
            if owners != 1 {
                return error(400, "INVALID_PARAMETER_VALUE", "a job needs exactly one owner");
            }
            *direct = list.clone();
        }
        let mut list: Vec<Value> = direct
            .iter()
            .map(|entry| {
                let mut shown = entry.clone();
                let level = shown.as_object_mut().unwrap().shift_remove("permission_level");
                shown["display_name"] = json!("shown");
                shown["all_permissions"] = json!([{"permission_level": level, "inherited": false}]);
                shown
            })
            .collect();
        list.push(json!({"group_name": "admins", "all_permissions": [
            {"permission_level": "CAN_MANAGE", "inherited": true, "inherited_from_object": ["/jobs/"]}]}));
        answer(
            200,
            json!({"object_id": object, "object_type": "job", "access_control_list": list}),
        )
    }
}

/// What the Jobs API adds to settings when it shows them.
fn with_job_defaults(mut settings: Value) -> Value {
    let fields = settings.as_object_mut().unwrap();
    for (name, value) in [
        ("email_notifications", json!({})),
        ("webhook_notifications", json!({})),
        ("timeout_seconds", json!(0)),
        ("run_as", json!({"user_name": "deployer"})),
        ("max_concurrent_runs", json!(1)),
    ] {
        fields.entry(name).or_insert(value);
    }
    for task in fields
        .get_mut("tasks")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        add_task_defaults(task.as_object_mut().unwrap());
    }
    settings
}

fn add_task_defaults(task: &mut Map<String, Value>) {
    task.entry("run_if").or_insert(json!("ALL_SUCCESS"));
    task.entry("timeout_seconds").or_insert(json!(0));
    task.entry("email_notifications").or_insert(json!({}));
    if let Some(Value::Object(notebook)) = task.get_mut("notebook_task") {
        notebook.entry("source").or_insert(json!("WORKSPACE"));
    }
    if let Some(Value::Object(cluster)) = task.get_mut("new_cluster") {
        cluster.entry("aws_attributes").or_insert(json!({"zone_id": "auto"}));
        cluster.entry("enable_elastic_disk").or_insert(json!(true));
        cluster.shift_remove("apply_policy_default_values");
    }
}
