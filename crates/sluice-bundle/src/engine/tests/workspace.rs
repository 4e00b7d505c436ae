//! Test data: a model of how a workspace answers, in memory, with the defaults and output-only fields that it adds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use sluice_wire::{Body, Method, Request, Response};

/// A workspace that holds what was sent to it.
#[derive(Clone, Default)]
pub(super) struct Workspace {
    pub(super) jobs: BTreeMap<i64, Value>,
    pub(super) permissions: BTreeMap<String, Vec<Value>>,
    /// Schemas and volumes by full name.
    pub(super) securables: BTreeMap<String, Value>,
    /// Tables and views by full name, as Unity Catalog shows them.
    pub(super) tables: BTreeMap<String, Value>,
    /// SQL functions by full name, as Unity Catalog shows them.
    pub(super) functions: BTreeMap<String, Value>,
    /// Genie spaces and dashboards by id, and who has published dashboards.
    pub(super) objects: BTreeMap<String, Value>,
    /// Access control lists of secret scopes.
    pub(super) scopes: BTreeMap<String, BTreeMap<String, String>>,
    /// Values of tags by `entity type/entity name` and key.
    pub(super) tags: BTreeMap<String, BTreeMap<String, String>>,
    /// Policies by the key of the tag.
    pub(super) tag_policies: BTreeMap<String, Value>,
    /// Every statement that was executed.
    pub(super) statements: Vec<String>,
    /// Outcomes of statements that were asked for, by statement id.
    outcomes: Vec<Value>,
    /// Privileges by `securable/full name` and principal.
    pub(super) grants: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// Every request that changed something: method, path.
    pub(super) changes: Vec<(Method, String)>,
    pub(super) next_id: i64,
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
            (_, path) if path.starts_with("/api/2.0/secrets/") => self.secrets(path, query("scope"), &body),
            (_, path)
                if super::workspace_objects::KINDS
                    .iter()
                    .any(|kind| path.starts_with(kind.path)) =>
            {
                self.object(request, body)
            }
            (Method::Post, "/api/2.0/workspace/mkdirs") => answer(200, json!({})),
            (_, path) if path.starts_with("/api/2.0/permissions/") => self.permissions(request.method, path, &body),
            (_, path) if path.starts_with("/api/2.1/unity-catalog/permissions/") => {
                self.grants(request.method, path, &body)
            }
            (Method::Post, "/api/2.0/sql/statements") => self.statement(&body),
            (Method::Get, path) if path.starts_with("/api/2.0/sql/statements/") => {
                let id: usize = path.rsplit_once('/').unwrap().1.parse().unwrap();
                answer(
                    200,
                    json!({"statement_id": id.to_string(), "status": self.outcomes[id]}),
                )
            }
            (Method::Get, path) if path.starts_with("/api/2.1/unity-catalog/tables/") => {
                let name = path.rsplit_once('/').unwrap().1;
                match self.tables.get(name) {
                    Some(table) => answer(200, table.clone()),
                    None => error(404, "TABLE_DOES_NOT_EXIST", &format!("Table '{name}' does not exist.")),
                }
            }
            (Method::Get, path) if path.starts_with("/api/2.1/unity-catalog/functions/") => {
                let name = path.rsplit_once('/').unwrap().1;
                match self.functions.get(name) {
                    Some(function) => answer(200, function.clone()),
                    None => error(
                        404,
                        "FUNCTION_DOES_NOT_EXIST",
                        &format!("Function '{name}' does not exist."),
                    ),
                }
            }
            (_, path) if path.starts_with("/api/2.1/unity-catalog/entity-tag-assignments") => {
                self.tag(request.method, path, &body)
            }
            (Method::Get, path) if path.starts_with("/api/2.1/tag-policies/") => {
                match self.tag_policies.get(path.rsplit_once('/').unwrap().1) {
                    Some(policy) => answer(200, policy.clone()),
                    None => error(404, "RESOURCE_DOES_NOT_EXIST", "the tag has no policy"),
                }
            }
            (_, path) if path.starts_with("/api/2.1/unity-catalog/") => self.securable(request.method, path, body),
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
            if owners != usize::from(object.starts_with("/jobs/")) {
                return error(
                    400,
                    "INVALID_PARAMETER_VALUE",
                    "a job needs exactly one owner, nothing else has one",
                );
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

impl Workspace {
    /// The first answer is that the statement runs; its outcome is there when it is asked for.
    fn statement(&mut self, body: &Value) -> Response {
        assert_eq!(body["warehouse_id"], "w1");
        let sql = body["statement"].as_str().unwrap();
        self.statements.push(sql.to_owned());
        let outcome = match self.execute(sql) {
            Ok(()) => json!({"state": "SUCCEEDED"}),
            Err(message) => json!({"state": "FAILED", "error": {"error_code": "BAD_REQUEST", "message": message}}),
        };
        self.outcomes.push(outcome);
        let id = (self.outcomes.len() - 1).to_string();
        answer(200, json!({"statement_id": id, "status": {"state": "PENDING"}}))
    }

    fn securable(&mut self, method: Method, path: &str, mut body: Value) -> Response {
        let rest = path.strip_prefix("/api/2.1/unity-catalog/").unwrap();
        let (kind, name) = rest.split_once('/').unwrap_or((rest, ""));
        if method == Method::Post {
            return self.create_securable(kind, body);
        }
        let Some(held) = self.securables.get_mut(name) else {
            return error(404, "SCHEMA_DOES_NOT_EXIST", &format!("`{name}` does not exist."));
        };
        match method {
            Method::Patch => {
                let fields = body.as_object_mut().unwrap();
                assert!(!fields.is_empty(), "nothing to update");
                let new_name = fields.shift_remove("new_name");
                held.as_object_mut().unwrap().extend(fields.clone());
                let mut held = held.clone();
                if let Some(new_name) = new_name {
                    let mut parts: Vec<&str> = name.split('.').collect();
                    let last = new_name.as_str().unwrap().to_owned();
                    *parts.last_mut().unwrap() = &last;
                    held["full_name"] = json!(parts.join("."));
                    held["name"] = new_name;
                    let old = format!("volume/{name}");
                    if let Some(grants) = self.grants.remove(&old) {
                        let new = format!("volume/{}", parts.join("."));
                        self.grants.insert(new, grants);
                    }
                    self.securables.remove(name);
                    self.securables
                        .insert(held["full_name"].as_str().unwrap().to_owned(), held.clone());
                }
                answer(200, held)
            }
            Method::Delete => {
                let inside = format!("{name}.");
                self.securables
                    .retain(|other, _| other != name && !other.starts_with(&inside));
                self.tables.retain(|other, _| !other.starts_with(&inside));
                self.functions.retain(|other, _| !other.starts_with(&inside));
                self.tags.retain(|entity, _| {
                    let (_, other) = entity.split_once('/').unwrap();
                    other != name && !other.starts_with(&inside)
                });
                self.grants.retain(|securable, _| {
                    let (_, other) = securable.split_once('/').unwrap();
                    other != name && !other.starts_with(&inside)
                });
                answer(200, json!({}))
            }
            _ => answer(200, held.clone()),
        }
    }

    /// Names come back in lower case, without a slash at the end of locations, with what only the server knows.
    fn create_securable(&mut self, kind: &str, mut body: Value) -> Response {
        let name = body["name"].as_str().unwrap().to_lowercase();
        body["name"] = json!(name);
        let catalog = body["catalog_name"].as_str().unwrap().to_owned();
        if let Some(schema) = body.get("schema_name").and_then(Value::as_str) {
            body["schema_name"] = json!(schema.to_lowercase());
        }
        let full_name = match kind {
            "schemas" => format!("{catalog}.{name}"),
            _ => format!("{catalog}.{}.{name}", body["schema_name"].as_str().unwrap()),
        };
        if self.securables.contains_key(&full_name) {
            return error(400, "ALREADY_EXISTS", &format!("`{full_name}` already exists"));
        }
        for field in ["storage_root", "storage_location"] {
            if let Some(place) = body.get(field).and_then(Value::as_str) {
                body[field] = json!(place.trim_end_matches('/'));
            }
        }
        if kind == "volumes" && body.get("storage_location").is_none() {
            body["storage_location"] = json!("s3://metastore/volumes/1");
        }
        if kind == "schemas" {
            let mut properties = body.get("properties").cloned().unwrap_or(json!({}));
            properties["unity.catalog.managed.delta.defaults.clustering"] = json!("auto");
            body["properties"] = properties;
        }
        body["full_name"] = json!(full_name);
        body["owner"] = json!("deployer");
        body["created_at"] = json!(1_700_000_000_000_i64);
        body["browse_only"] = json!(false);
        body["securable_kind"] = json!("SOMETHING_NEW");
        self.securables.insert(full_name, body.clone());
        answer(200, body)
    }

    fn grants(&mut self, method: Method, path: &str, body: &Value) -> Response {
        let securable = path
            .strip_prefix("/api/2.1/unity-catalog/permissions/")
            .unwrap()
            .to_owned();
        let held = self.grants.entry(securable).or_default();
        if method == Method::Patch {
            for change in body["changes"].as_array().unwrap() {
                let names = |field: &str| -> BTreeSet<String> {
                    let list = change.get(field).and_then(Value::as_array).into_iter().flatten();
                    list.map(|name| name.as_str().unwrap().to_owned()).collect()
                };
                let (add, remove) = (names("add"), names("remove"));
                assert!(add.is_disjoint(&remove) && !(add.is_empty() && remove.is_empty()));
                let principal = held
                    .entry(change["principal"].as_str().unwrap().to_owned())
                    .or_default();
                principal.retain(|name| !remove.contains(name));
                principal.extend(add);
            }
            held.retain(|_, privileges| !privileges.is_empty());
        }
        let list: Vec<Value> = held
            .iter()
            .rev()
            .map(|(principal, privileges)| json!({"principal": principal, "privileges": privileges}))
            .collect();
        self.grants.retain(|_, held| !held.is_empty());
        answer(200, json!({"privilege_assignments": list}))
    }
}

impl Workspace {
    /// Entity tag assignments: each key once per entity, pages of two.
    fn tag(&mut self, method: Method, path: &str, body: &Value) -> Response {
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        if method == Method::Post {
            let entity = format!("{}/{}", text("entity_type"), text("entity_name"));
            if !self.has_entity(&entity) {
                return error(404, "RESOURCE_DOES_NOT_EXIST", &format!("`{entity}` does not exist"));
            }
            let tags = self.tags.entry(entity).or_default();
            if tags.contains_key(&text("tag_key")) {
                return error(409, "RESOURCE_ALREADY_EXISTS", "the tag is assigned already");
            }
            tags.insert(text("tag_key"), text("tag_value"));
            return answer(200, body.clone());
        }
        let rest = path.rsplit_once("/entity-tag-assignments/").unwrap().1;
        let (entity, key) = rest.split_once("/tags").unwrap();
        if !self.has_entity(entity) {
            return error(404, "RESOURCE_DOES_NOT_EXIST", &format!("`{entity}` does not exist"));
        }
        let (kind, name) = entity.split_once('/').unwrap();
        let shown = |key: &str, value: &str| json!({"entity_type": kind, "entity_name": name, "tag_key": key, "tag_value": value});
        let mut tags = self.tags.get(entity).cloned().unwrap_or_default();
        let Some(key) = key.strip_prefix('/') else {
            let list: Vec<Value> = tags.iter().map(|(key, value)| shown(key, value)).collect();
            return answer(200, json!({"tag_assignments": list}));
        };
        if !tags.contains_key(key) {
            return error(404, "RESOURCE_DOES_NOT_EXIST", "the tag is not assigned");
        }
        match method {
            Method::Patch => {
                tags.insert(key.to_owned(), text("tag_value"));
                self.tags.insert(entity.to_owned(), tags);
            }
            Method::Delete => {
                tags.remove(key);
                self.tags.insert(entity.to_owned(), tags);
                self.tags.retain(|_, tags| !tags.is_empty());
                return answer(200, json!({}));
            }
            _ => {}
        }
        answer(200, shown(key, &self.tags[entity][key]))
    }

    fn has_entity(&self, entity: &str) -> bool {
        let (kind, name) = entity.split_once('/').unwrap();
        match kind {
            "columns" => {
                let (table, column) = name.rsplit_once('.').unwrap();
                let table = self.tables.get(table);
                let columns = table.and_then(|table| table["columns"].as_array());
                columns.is_some_and(|columns| columns.iter().any(|other| other["name"] == column))
            }
            "tables" => self.tables.contains_key(name),
            _ => self.securables.contains_key(name),
        }
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
