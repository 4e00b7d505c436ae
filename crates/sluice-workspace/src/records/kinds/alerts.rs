//! Alerts with a query of their own: stored and never evaluated.

use serde_json::json;
use sluice_wire::Method;

use crate::permissions::{Level, ObjectKind};
use crate::records::document::{Document, Json, text};
use crate::records::kind::{Guard, Key, Kind, List, Verb};
use crate::records::store::Record;
use crate::records::time;
use crate::workspace::Workspace;

pub(super) static KIND: Kind = Kind {
    name: "alert",
    title: "Alert",
    class: "sql.AlertV2",
    create: "sql.AlertsV2API.create_alert",
    update: "sql.AlertsV2API.update_alert",
    output: &[
        "create_time",
        "effective_run_as",
        "id",
        "lifecycle_state",
        "owner_user_name",
        "update_time",
    ],
    required: &["display_name", "query_text", "warehouse_id", "evaluation", "schedule"],
    key: Key::Uuid,
    guard: Guard::List(List {
        object: ObjectKind::Alert,
        admins_create: false,
        see: Level::CanRead,
        change: Level::CanEdit,
        creator: Level::CanManage,
    }),
    verbs: &[
        Verb::create("/api/2.0/alerts"),
        Verb::get("/api/2.0/alerts/{id}"),
        Verb::list("/api/2.0/alerts", "alerts", "page_size"),
        Verb::mask("/api/2.0/alerts/{id}"),
        Verb::trash(Method::Delete, "/api/2.0/alerts/{id}"),
    ],
    prepare: Some(|_, body, _| {
        Box::pin(async move {
            // What an evaluation found is not for a client to say.
            if let Some(Json::Object(evaluation)) = body.get_mut("evaluation") {
                evaluation.remove("state");
                evaluation.remove("last_evaluated_at");
            }
            Ok(())
        })
    }),
    present,
    ..Kind::BASE
};

fn present(_: &Workspace, record: &Record, answer: &mut Document) {
    // `run_as_user_name` is the older form of `run_as`; it is answered where it was written, since clients compare it with what they wrote.
    let older = text(answer, "run_as_user_name").map(|name| match name.contains('@') {
        true => json!({"user_name": name}),
        false => json!({"service_principal_name": name}),
    });
    let runs_as = answer.get("run_as").cloned().or(older);
    let runs_as = runs_as.unwrap_or_else(|| json!({"user_name": record.creator}));
    answer.insert("effective_run_as".to_owned(), runs_as);
    answer.insert("owner_user_name".to_owned(), record.creator.clone().into());
    answer.insert("create_time".to_owned(), time::text(record.created_at).into());
    answer.insert("update_time".to_owned(), time::text(record.updated_at).into());
    let state = if record.trashed { "DELETED" } else { "ACTIVE" };
    answer.insert("lifecycle_state".to_owned(), state.into());
    answer
        .entry("parent_path")
        .or_insert_with(|| format!("/Workspace/Users/{}", record.creator).into());
}
