//! Pipelines: their definitions. What their updates do with them stands in [`crate::pipelines`].

use axum::http::StatusCode;
use sluice_wire::Method;

use crate::Call;
use crate::error::ApiError;
use crate::permissions::{Level, ObjectKind};
use crate::pipelines::{self, Definition};
use crate::records::access::Need;
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
        Verb::own(Method::Get, "/api/2.0/pipelines/{id}", get),
        Verb::own(Method::Get, "/api/2.0/pipelines", list),
        Verb::replace(Method::Put, "/api/2.0/pipelines/{id}"),
        Verb::delete(Method::Delete, "/api/2.0/pipelines/{id}"),
    ],
    prepare: Some(|call, body, known| Box::pin(check(call, body, known))),
    before_delete: Some(|call, record| Box::pin(clear(call, record))),
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
    check_run_as(call, body, known).await?;
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

/// Whoever changes as whom a pipeline runs must be that principal, or an administrator.
async fn check_run_as(call: &Call, body: &Document, known: Option<&Record>) -> Result<(), ApiError> {
    let before = match known {
        Some(known) => definition(known).run_as(&call.workspace).await?,
        None => call.principal.name.clone(),
    };
    let after = match (pipelines::run_as_of(body), known) {
        (Some(named), _) => named,
        // A definition that loses its `run_as` runs as its owner from then on.
        (None, Some(known)) => {
            let mut without = known.clone();
            without.body.remove("run_as");
            definition(&without).run_as(&call.workspace).await?
        }
        (None, None) => before.clone(),
    };
    match before == after {
        true => Ok(()),
        false => crate::jobs::check_run_as(&call.workspace, &call.principal, &after).await,
    }
}

fn definition(record: &Record) -> Definition {
    Definition {
        id: record.key.clone(),
        body: record.body.clone(),
        creator: record.creator.clone(),
    }
}

/// The definition of a pipeline, whoever asks.
///
/// # Errors
/// 404.
pub(crate) async fn pipeline(workspace: &Workspace, id: &str) -> Result<Definition, ApiError> {
    let found = store::find(workspace.store.reader(), &KIND, id).await?;
    found.map(|record| definition(&record)).ok_or_else(|| KIND.missing(id))
}

/// Removes what a pipeline has made, before it goes itself.
async fn clear(call: &Call, record: &Record) -> Result<(), ApiError> {
    let cascade = call.query("cascade").is_none_or(str::is_empty) || call.flag("cascade")?;
    pipelines::clear(&call.workspace, &definition(record), cascade, call.flag("force")?).await
}

fn get(call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let record = serve::get(&call, kind, call.parameter("id"), Need::See).await?;
        let mut answer = serve::describe(&call.workspace, kind, &record);
        stand(&call.workspace, &record, &mut answer).await?;
        Ok(answer)
    })
}

fn list(call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let mut chosen = Vec::new();
        for record in serve::visible(&call, kind).await? {
            if filter::by_name(call.query("filter"), "name", &record.body)? {
                chosen.push(record);
            }
        }
        let known = chosen.clone();
        let item = Answer::Made(|_, _, whole| summary(whole));
        let mut answer = serve::paged(&call, kind, item, ("statuses", "max_results"), chosen)?;
        let statuses = answer
            .get_mut("statuses")
            .and_then(Json::as_array_mut)
            .into_iter()
            .flatten();
        for status in statuses.filter_map(Json::as_object_mut) {
            let id = text(status, "pipeline_id").unwrap_or_default().to_owned();
            if let Some(record) = known.iter().find(|record| record.key == id) {
                stand(&call.workspace, record, status).await?;
            }
        }
        Ok(answer)
    })
}

/// Adds how a pipeline stands.
async fn stand(workspace: &Workspace, record: &Record, answer: &mut Document) -> Result<(), ApiError> {
    let standing = pipelines::standing(workspace, &definition(record)).await?;
    if let Json::Object(standing) = serde_json::to_value(standing)? {
        answer.extend(standing);
    }
    Ok(())
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
    answer.clear();
    answer.insert("pipeline_id".to_owned(), record.key.clone().into());
    answer.insert("name".to_owned(), spec.get("name").cloned().unwrap_or_default());
    answer.insert("creator_user_name".to_owned(), record.creator.clone().into());
    answer.insert("last_modified".to_owned(), record.updated_at.into());
    answer.insert("spec".to_owned(), Json::Object(spec));
    for (field, value) in [("parameters", parameters), ("run_as", run_as)] {
        if let Some(value) = value {
            answer.insert(field.to_owned(), value);
        }
    }
}

fn summary(whole: Document) -> Document {
    let shown = ["pipeline_id", "name", "creator_user_name"];
    whole
        .into_iter()
        .filter(|(field, _)| shown.contains(&field.as_str()))
        .collect()
}
