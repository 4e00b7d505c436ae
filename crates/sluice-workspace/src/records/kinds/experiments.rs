//! MLflow experiments: their names, places and tags. Their runs are in [`crate::mlflow`].

use axum::http::StatusCode;
use serde_json::json;
use sluice_wire::Method;

use crate::Call;
use crate::error::ApiError;
use crate::permissions::{Level, ObjectKind};
use crate::records::access::{self, Need};
use crate::records::document::{Document, Json, required, text};
use crate::records::filter;
use crate::records::kind::{Answer, Guard, Key, Kind, List, Names, Verb, Work};
use crate::records::store::{self, Record};
use crate::records::{serve, tags};
use crate::workspace::Workspace;

pub(super) static KIND: Kind = Kind {
    name: "experiment",
    title: "Experiment",
    class: "ml.Experiment",
    create: "ml.ExperimentsAPI.create_experiment",
    update: "ml.ExperimentsAPI.create_experiment",
    required: &["name"],
    key: Key::Number,
    id_field: "experiment_id",
    unique: Some("name"),
    taken: (StatusCode::BAD_REQUEST, "RESOURCE_ALREADY_EXISTS"),
    guard: Guard::List(List {
        object: ObjectKind::Experiment,
        admins_create: false,
        see: Level::CanRead,
        change: Level::CanEdit,
        creator: Level::CanManage,
    }),
    verbs: &[
        Verb::create("/api/2.0/mlflow/experiments/create").answers(Answer::Id),
        Verb::get("/api/2.0/mlflow/experiments/get")
            .named(Names::Query("experiment_id"))
            .answers(Answer::In("experiment")),
        Verb::own(Method::Get, "/api/2.0/mlflow/experiments/get-by-name", get_by_name),
        Verb::list_only(
            "/api/2.0/mlflow/experiments/list",
            "experiments",
            "max_results",
            |call, record| in_view(call.query("view_type"), record),
        ),
        Verb::own(Method::Post, "/api/2.0/mlflow/experiments/search", search),
        Verb::own(Method::Post, "/api/2.0/mlflow/experiments/update", rename),
        Verb::own(Method::Post, "/api/2.0/mlflow/experiments/set-experiment-tag", set_tag),
        Verb::trash(Method::Post, "/api/2.0/mlflow/experiments/delete").named(Names::Body("experiment_id")),
        Verb::own(Method::Post, "/api/2.0/mlflow/experiments/restore", restore),
    ],
    prepare: Some(|_, body, _| Box::pin(async move { normalise(body) })),
    present,
    ..Kind::BASE
};

/// An experiment as its runs see it.
pub(crate) struct Experiment {
    /// Where its runs keep their files.
    pub(crate) artifact_location: String,
    /// Whether it is in the trash.
    pub(crate) deleted: bool,
}

/// The experiment with this id, when the caller may do this to it.
///
/// # Errors
/// 404 when it does not exist, 403 when the caller may not.
pub(crate) async fn experiment(call: &Call, id: &str, need: Need) -> Result<Experiment, ApiError> {
    let record = serve::get(call, &KIND, id, need).await?;
    let described = serve::describe(&call.workspace, &KIND, &record);
    Ok(Experiment {
        artifact_location: text(&described, "artifact_location").unwrap_or_default().to_owned(),
        deleted: record.trashed,
    })
}

/// An experiment is called like a path of the workspace, without its first directory `/Workspace`.
fn normalise(body: &mut Document) -> Result<(), ApiError> {
    let Some(name) = text(body, "name") else {
        return Ok(());
    };
    if !name.starts_with('/') {
        return Err(ApiError::invalid(format!(
            "Got an invalid experiment name '{name}'. An experiment name must be an absolute path within the workspace."
        )));
    }
    if let Some(short) = name.strip_prefix("/Workspace/") {
        let short = format!("/{short}");
        body.insert("name".to_owned(), short.into());
    }
    Ok(())
}

fn present(_: &Workspace, record: &Record, answer: &mut Document) {
    let place = format!("dbfs:/databricks/mlflow-tracking/{}", record.key);
    answer.entry("artifact_location").or_insert_with(|| place.into());
    answer.insert("creation_time".to_owned(), record.created_at.into());
    answer.insert("last_update_time".to_owned(), record.updated_at.into());
    let stage = if record.trashed { "deleted" } else { "active" };
    answer.insert("lifecycle_stage".to_owned(), stage.into());
}

/// Whether a record belongs to a view: those that are not deleted, unless another is asked for.
fn in_view(view: Option<&str>, record: &Record) -> Result<bool, ApiError> {
    match view {
        None | Some("" | "ACTIVE_ONLY") => Ok(!record.trashed),
        Some("DELETED_ONLY") => Ok(record.trashed),
        Some("ALL") => Ok(true),
        Some(other) => Err(ApiError::invalid(format!(
            "`{other}` is not a view: expected ACTIVE_ONLY, DELETED_ONLY or ALL"
        ))),
    }
}

fn get_by_name(call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let name = call.required_query("experiment_name")?;
        let short = name.strip_prefix("/Workspace").unwrap_or(name);
        let found = store::find_named(&call.workspace, kind, short).await?;
        let record = found.ok_or_else(|| kind.missing(name))?;
        access::require(&call, kind, &record, Need::See).await?;
        Ok(serve::answer(&call, kind, Answer::In("experiment"), &record))
    })
}

fn search(mut call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let body: Document = call.json().await?;
        for field in ["page_token", "view_type", "filter"] {
            if let Some(value) = text(&body, field) {
                call.query.push((field.to_owned(), value.to_owned()));
            }
        }
        if let Some(size) = body.get("max_results").and_then(Json::as_i64) {
            call.query.push(("max_results".to_owned(), size.to_string()));
        }
        let mut chosen = Vec::new();
        for record in serve::visible(&call, kind).await? {
            let fits = filter::by_name(call.query("filter"), "name", &record.body)?;
            if fits && in_view(call.query("view_type"), &record)? {
                chosen.push(record);
            }
        }
        serve::paged(&call, kind, Answer::Whole, ("experiments", "max_results"), chosen)
    })
}

fn rename(mut call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let body: Document = call.json().await?;
        let key = required(&body, "experiment_id")?;
        let given = match text(&body, "new_name") {
            Some(name) => Document::from_iter([("name".to_owned(), name.into())]),
            None => Document::new(),
        };
        serve::change(&call, kind, key, given, &serve::How::Merge).await?;
        Ok(Document::new())
    })
}

fn set_tag(mut call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let body: Document = call.json().await?;
        let key = required(&body, "experiment_id")?;
        let tag = json!({"key": required(&body, "key")?, "value": text(&body, "value").unwrap_or_default()});
        serve::edit(&call, kind, key, |record| {
            tags::set(&mut record.body, tag);
            Ok(())
        })
        .await?;
        Ok(Document::new())
    })
}

fn restore(mut call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let body: Document = call.json().await?;
        serve::edit(&call, kind, required(&body, "experiment_id")?, |record| {
            record.trashed = false;
            Ok(())
        })
        .await?;
        Ok(Document::new())
    })
}
