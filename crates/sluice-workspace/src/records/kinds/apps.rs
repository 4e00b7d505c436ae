//! Apps: stored; they have no compute here, and nothing is deployed.

use axum::http::StatusCode;
use serde_json::json;
use sluice_wire::Method;

use crate::Call;
use crate::error::ApiError;
use crate::permissions::{Level, ObjectKind};
use crate::records::access::Need;
use crate::records::document::{self, Document, Json, text};
use crate::records::kind::{Answer, Guard, Key, Kind, List, Names, Verb, Work};
use crate::records::store::Record;
use crate::records::{serve, time};
use crate::workspace::Workspace;

const RUNS_NONE: &str = "the local workspace stores apps and runs none";

pub(super) static KIND: Kind = Kind {
    name: "app",
    title: "App",
    class: "apps.App",
    create: "apps.AppsAPI.create",
    update: "apps.AppsAPI.update",
    output: &[
        "active_deployment",
        "app_status",
        "compute_status",
        "create_time",
        "creator",
        "default_git_source",
        "default_source_code_path",
        "effective_budget_policy_id",
        "effective_usage_policy_id",
        "effective_user_api_scopes",
        "id",
        "oauth2_app_client_id",
        "oauth2_app_integration_id",
        "pending_deployment",
        "service_principal_client_id",
        "service_principal_id",
        "service_principal_name",
        "thumbnail_url",
        "update_time",
        "updater",
        "url",
    ],
    required: &["name"],
    defaults: &[("compute_size", r#""MEDIUM""#), ("description", r#""""#)],
    key: Key::Name("name"),
    id_field: "name",
    taken: (StatusCode::CONFLICT, "RESOURCE_ALREADY_EXISTS"),
    guard: Guard::List(List {
        object: ObjectKind::App,
        admins_create: false,
        see: Level::CanUse,
        change: Level::CanManage,
        creator: Level::CanManage,
    }),
    verbs: &[
        Verb::create("/api/2.0/apps"),
        Verb::get("/api/2.0/apps/{name}").named(NAMED),
        Verb::list_only("/api/2.0/apps", "apps", "page_size", |call, record| {
            Ok(call
                .query("space")
                .is_none_or(|space| text(&record.body, "space") == Some(space)))
        }),
        Verb::merge("/api/2.0/apps/{name}").named(NAMED),
        Verb::own(Method::Post, "/api/2.0/apps/{name}/update", update),
        Verb::own(Method::Get, "/api/2.0/apps/{name}/update", last_update),
        Verb::delete(Method::Delete, "/api/2.0/apps/{name}")
            .named(NAMED)
            .answers(Answer::Whole),
        Verb::own(Method::Post, "/api/2.0/apps/{name}/stop", stop),
        Verb::refuse(Method::Post, "/api/2.0/apps/{name}/start", RUNS_NONE),
        Verb::own(Method::Get, "/api/2.0/apps/{name}/deployments", deployments),
        Verb::refuse(Method::Post, "/api/2.0/apps/{name}/deployments", RUNS_NONE),
    ],
    prepare: Some(|_, body, _| Box::pin(async move { check_name(body) })),
    present,
    ..Kind::BASE
};

const NAMED: Names = Names::Path("name");

fn check_name(body: &Document) -> Result<(), ApiError> {
    let Some(name) = text(body, "name") else { return Ok(()) };
    let fits = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-';
    if name.len() < 2 || name.len() > 30 || !name.chars().all(fits) {
        return Err(ApiError::invalid(format!(
            "'{name}' is not a name of an app: 2 to 30 lower-case letters, digits and hyphens"
        )));
    }
    Ok(())
}

fn present(_: &Workspace, record: &Record, answer: &mut Document) {
    answer.insert("id".to_owned(), record.uid.clone().into());
    answer.insert(
        "compute_status".to_owned(),
        json!({"state": "STOPPED", "message": RUNS_NONE, "active_instances": 0}),
    );
    answer.insert(
        "app_status".to_owned(),
        json!({"state": "UNAVAILABLE", "message": RUNS_NONE}),
    );
    answer.insert("creator".to_owned(), record.creator.clone().into());
    answer.insert("create_time".to_owned(), time::text(record.created_at).into());
    answer.insert("updater".to_owned(), record.updated_by.clone().into());
    answer.insert("update_time".to_owned(), time::text(record.updated_at).into());
    for field in ["budget_policy_id", "usage_policy_id", "user_api_scopes"] {
        if let Some(value) = answer.get(field).cloned() {
            answer.insert(format!("effective_{field}"), value);
        }
    }
}

/// What an update changed is stored at once: the next question for it finds it done.
fn update(mut call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let body: Document = call.json().await?;
        let how = match text(&body, "update_mask") {
            Some(mask) => serve::How::Mask(mask.to_owned()),
            None => serve::How::Merge,
        };
        let record = serve::change(
            &call,
            kind,
            call.parameter("name"),
            document::object(&body, "app"),
            &how,
        )
        .await?;
        Ok(as_update(&record))
    })
}

fn last_update(call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let record = serve::get(&call, kind, call.parameter("name"), Need::See).await?;
        if record.version == 1 {
            return Err(ApiError::not_found(format!(
                "the app {} has not been updated",
                record.key
            )));
        }
        Ok(as_update(&record))
    })
}

fn as_update(record: &Record) -> Document {
    let fields = sluice_wire::types::class("apps.AppUpdate").unwrap_or_default();
    let known = |name: &str| fields.iter().any(|field| field.name == name);
    let mut update: Document = record
        .body
        .clone()
        .into_iter()
        .filter(|(name, _)| known(name))
        .collect();
    let message = "stored; the local workspace runs no apps";
    update.insert("status".to_owned(), json!({"state": "SUCCEEDED", "message": message}));
    update
}

/// Stopping what is stopped changes nothing.
fn stop(call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let record = serve::get(&call, kind, call.parameter("name"), Need::Change).await?;
        Ok(serve::describe(&call.workspace, kind, &record))
    })
}

fn deployments(call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        serve::get(&call, kind, call.parameter("name"), Need::See).await?;
        Ok(Document::from_iter([(
            "app_deployments".to_owned(),
            Json::Array(Vec::new()),
        )]))
    })
}
