//! Pipelines: their definitions. An update of one is not run here.

use axum::http::StatusCode;
use sluice_wire::Method;

use crate::Call;
use crate::error::ApiError;
use crate::permissions::{Level, ObjectKind};
use crate::records::document::{Document, Json, text};
use crate::records::filter;
use crate::records::kind::{Answer, Guard, Key, Kind, List, Verb, Work};
use crate::records::serve;
use crate::records::store::{self, Record};
use crate::workspace::Workspace;

pub(super) static KIND: Kind = Kind {
    name: "pipeline",
    title: "Pipeline",
    class: "pipelines.PipelineSpec",
    also: &["pipelines.GetPipelineResponse"],
    create: "pipelines.PipelinesAPI.create",
    update: "pipelines.PipelinesAPI.update",
    output: &["id"],
    input: &["allow_duplicate_names", "dry_run", "expected_last_modified"],
    defaults: &[("channel", r#""CURRENT""#), ("edition", r#""ADVANCED""#)],
    key: Key::Uuid,
    id_field: "pipeline_id",
    guard: Guard::List(List {
        object: ObjectKind::Pipeline,
        admins_create: false,
        see: Level::CanView,
        change: Level::CanManage,
        creator: Level::IsOwner,
    }),
    verbs: &[
        Verb::own(Method::Post, "/api/2.0/pipelines", create),
        Verb::get("/api/2.0/pipelines/{id}"),
        Verb::list_only("/api/2.0/pipelines", "statuses", "max_results", |call, record| {
            filter::by_name(call.query("filter"), "name", &record.body)
        })
        .answers(Answer::Made(|_, _, whole| summary(whole))),
        Verb::replace(Method::Put, "/api/2.0/pipelines/{id}"),
        Verb::delete(Method::Delete, "/api/2.0/pipelines/{id}"),
        Verb::refuse(
            Method::Post,
            "/api/2.0/pipelines/{id}/updates",
            "the local workspace stores pipelines and does not run them",
        ),
    ],
    prepare: Some(|call, body, known| Box::pin(check(call, body, known))),
    present,
    ..Kind::BASE
};

/// A name is used once, unless the client says otherwise; a target is one name.
async fn check(call: &Call, body: &mut Document, known: Option<&Record>) -> Result<(), ApiError> {
    if text(body, "target").is_some_and(|target| target.contains('.')) {
        return Err(ApiError::invalid(
            "`target` is the name of a schema, without a catalog: use `catalog` and `schema`",
        ));
    }
    let expected = body.get("expected_last_modified").and_then(Json::as_i64);
    if let (Some(expected), Some(known)) = (expected, known)
        && expected != known.updated_at
    {
        return Err(ApiError::conflict(
            "RESOURCE_CONFLICT",
            format!(
                "the pipeline {} was changed meanwhile: read it again and repeat the change",
                known.key
            ),
        ));
    }
    let duplicates = body.get("allow_duplicate_names").and_then(Json::as_bool) == Some(true);
    let Some(name) = text(body, "name").filter(|_| !duplicates) else {
        return Ok(());
    };
    let all = store::all(&call.workspace, &KIND).await?;
    let mut others = all
        .iter()
        .filter(|other| known.is_none_or(|known| known.key != other.key));
    match others.find(|other| text(&other.body, "name") == Some(name)) {
        Some(_) => Err(ApiError::new(
            StatusCode::CONFLICT,
            "RESOURCE_CONFLICT",
            format!(
                "The pipeline name '{name}' is already used by another pipeline: use another, or `allow_duplicate_names`"
            ),
        )),
        None => Ok(()),
    }
}

fn create(mut call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let mut body: Document = call.json().await?;
        if body.get("dry_run").and_then(Json::as_bool) == Some(true) {
            check(&call, &mut body, None).await?;
            body.retain(|name, _| kind.creatable().contains(&name.as_str()));
            return Ok(Document::from_iter([(
                "effective_settings".to_owned(),
                Json::Object(body),
            )]));
        }
        let record = serve::create(&call, kind, body).await?;
        Ok(serve::answer(&call, kind, Answer::Id, &record))
    })
}

/// The settings stand in `spec`, beside what the workspace says.
fn present(_: &Workspace, record: &Record, answer: &mut Document) {
    let mut spec = record.body.clone();
    let parameters = spec.remove("parameters");
    let run_as = spec.remove("run_as");
    spec.insert("id".to_owned(), record.key.clone().into());
    if !spec.contains_key("catalog") {
        let storage = format!("dbfs:/pipelines/{}", record.key);
        spec.entry("storage").or_insert_with(|| storage.into());
    }
    let named = |field: &str| {
        run_as
            .as_ref()
            .and_then(|run_as| run_as.get(field))
            .and_then(Json::as_str)
    };
    let runs_as = named("user_name").or_else(|| named("service_principal_name"));
    let runs_as = runs_as.unwrap_or(&record.creator).to_owned();
    answer.clear();
    answer.insert("pipeline_id".to_owned(), record.key.clone().into());
    answer.insert("name".to_owned(), spec.get("name").cloned().unwrap_or_default());
    answer.insert("state".to_owned(), "IDLE".into());
    answer.insert("creator_user_name".to_owned(), record.creator.clone().into());
    answer.insert("run_as_user_name".to_owned(), runs_as.into());
    answer.insert("last_modified".to_owned(), record.updated_at.into());
    answer.insert("spec".to_owned(), Json::Object(spec));
    for (field, value) in [("parameters", parameters), ("run_as", run_as)] {
        if let Some(value) = value {
            answer.insert(field.to_owned(), value);
        }
    }
}

fn summary(whole: Document) -> Document {
    let shown = ["pipeline_id", "name", "state", "creator_user_name", "run_as_user_name"];
    whole
        .into_iter()
        .filter(|(field, _)| shown.contains(&field.as_str()))
        .collect()
}
