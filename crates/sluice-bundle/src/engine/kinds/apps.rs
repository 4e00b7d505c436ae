//! Apps. A deployment makes and changes the app; its source code reaches it by a deployment of its own, which running the app makes, or
//! `lifecycle.started`.

use serde_json::{Map, Value, json};
use sluice_wire::request::encode_segment;
use sluice_wire::{Method, Request};

use super::rest_object::{
    Answers, Create, Delete, Fields, Identity, Observed, PLAIN, Ready, RestObject, Update, changing,
};
use super::started::{LIFECYCLE, Started};
use super::{Answer, Call, Change, NEW_ID, changed_fields, pick, text};
use crate::engine::difference::{Class, Rules, backend_default, rule};
use crate::engine::plan::Action;
use crate::output_only;

/// The kind `apps`.
pub(crate) static APPS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("name", Class::Identity(Action::Recreate), "id_field"),
            backend_default("compute_size"),
            backend_default("space"),
            backend_default("forward_user_access_token"),
            backend_default("user_api_scopes"),
        ],
        output_only: output_only::APP,
    },
    fields: Fields::Class("apps.App"),
    required: &["name"],
    identity: Identity::Name("name"),
    create: Create {
        path: "/api/2.0/apps",
        query: &[],
        without: &CODE,
        answers: Answers::Object,
    },
    read: "/api/2.0/apps/{id}",
    observed: Observed {
        trashed: Some(("/compute_status/state", "DELETING")),
        started: Some(&STARTED),
        completed: Some(code_of_deployment),
        ..PLAIN
    },
    update: Update::Calls(update),
    delete: Delete::Path("/api/2.0/apps/{id}"),
    ready: None,
};

/// The fields that a deployment of an app takes, and not the app.
const CODE: [&str; 3] = ["source_code_path", "config", "git_source"];

/// What an update may change.
const CHANGEABLE: &str = "description,budget_policy_id,usage_policy_id,resources,user_api_scopes,compute_size,compute_min_instances,\
                          compute_max_instances,git_repository,telemetry_export_destinations";

static STARTED: Started = Started {
    state: "/compute_status/state",
    message: "/compute_status/message",
    running: &["ACTIVE"],
    coming_up: &["STARTING", "UPDATING"],
    broken: &["ERROR", "DELETING"],
    stopped: &["STOPPED"],
    start: "/api/2.0/apps/{id}/start",
    stop: "/api/2.0/apps/{id}/stop",
    id: None,
    comes_up: false,
    unless_started: &[("no_compute", "true")],
    then: deployed,
};

/// What was deployed is compared with what is to be; before there was a deployment, there is nothing to compare.
fn code_of_deployment(comparable: &mut Value, remote: &Value, new: &Value) {
    let Value::Object(fields) = comparable else { return };
    fields.extend(match remote.get("active_deployment") {
        Some(deployment) => code_of(remote, deployment),
        None => pick(new, &CODE),
    });
}

fn code_of(remote: &Value, deployment: &Value) -> Map<String, Value> {
    let mut code = Map::new();
    let path = remote
        .get("default_source_code_path")
        .or_else(|| deployment.get("source_code_path"));
    if let Some(path) = path {
        code.insert("source_code_path".to_owned(), path.clone());
    }
    if let Some(source) = deployment.get("git_source") {
        code.insert("git_source".to_owned(), source.clone());
    }
    let mut config = pick(deployment, &["command"]);
    if let Some(variables) = deployment.get("env_vars") {
        config.insert("env".to_owned(), variables.clone());
    }
    if !config.is_empty() {
        code.insert("config".to_owned(), config.into());
    }
    code
}

fn update(id: &str, change: &Change<'_>) -> Vec<Call> {
    let path = format!("/api/2.0/apps/{}/update", encode_segment(id));
    let mut app = change.new.clone();
    if let Value::Object(fields) = &mut app {
        fields.retain(|name, _| !CODE.contains(&name.as_str()) && name != LIFECYCLE);
    }
    let body = json!({"app": app, "update_mask": CHANGEABLE});
    let mut fields = changed_fields(change);
    fields.retain(|field| field != LIFECYCLE);
    let description = format!("change {}", fields.join(", "));
    let done = Ready {
        state: "/status/state",
        good: &["SUCCEEDED"],
        bad: &["FAILED"],
        message: "/status/message",
        after_update: false,
    };
    vec![
        changing(description, id, Request::new(Method::Post, path.clone()).json(body)),
        Call {
            answer: Answer::Ready(id.to_owned(), done),
            ..changing("wait".to_owned(), id, Request::new(Method::Get, path))
        },
    ]
}

/// Deploys the source code of a running app.
fn deployed(id: &str, body: &Value) -> Vec<Call> {
    let path = format!("/api/2.0/apps/{}/deployments", encode_segment(id));
    let done = Ready {
        state: "/status/state",
        good: &["SUCCEEDED"],
        bad: &["FAILED", "CANCELLED"],
        message: "/status/message",
        after_update: false,
    };
    vec![
        Call {
            answer: Answer::Part("deployment_id"),
            idempotent: false,
            ..changing(
                "deploy the code".to_owned(),
                id,
                Request::new(Method::Post, path.clone()).json(deployment(body)),
            )
        },
        Call {
            answer: Answer::Ready(id.to_owned(), done),
            ..changing(
                "wait".to_owned(),
                id,
                Request::new(Method::Get, format!("{path}/{NEW_ID}")),
            )
        },
    ]
}

/// The deployment of an app with this body, as `POST /api/2.0/apps/{name}/deployments` takes it.
pub(crate) fn deployment(body: &Value) -> Value {
    let mut deployment = pick(body, &["source_code_path", "git_source"]);
    if let Some(config) = body.get("config") {
        deployment.extend(pick(config, &["command"]));
        if let Some(variables) = config.get("env") {
            deployment.insert("env_vars".to_owned(), variables.clone());
        }
    }
    if text(body, "source_code_path").is_some() {
        deployment.insert("mode".to_owned(), "SNAPSHOT".into());
    }
    deployment.into()
}
