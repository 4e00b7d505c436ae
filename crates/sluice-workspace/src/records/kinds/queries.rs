//! Stored queries, and alerts on them. A query is text: who runs it sends it to a warehouse. An alert is never evaluated.

use sluice_wire::Method;

use crate::permissions::{Level, ObjectKind};
use crate::records::access::Need;
use crate::records::document::{Document, Json};
use crate::records::kind::{Guard, Key, Kind, List, Verb};
use crate::records::store::Record;
use crate::records::{serve, time};
use crate::workspace::Workspace;

pub(super) static QUERY: Kind = Kind {
    name: "query",
    title: "Query",
    class: "sql.Query",
    create: "sql.QueriesAPI.create",
    update: "sql.QueriesAPI.update",
    output: &[
        "create_time",
        "id",
        "last_modifier_user_name",
        "lifecycle_state",
        "owner_user_name",
        "update_time",
    ],
    key: Key::Uuid,
    guard: Guard::List(levels(ObjectKind::Query)),
    verbs: &[
        Verb::create("/api/2.0/sql/queries").inside("query"),
        Verb::get("/api/2.0/sql/queries/{id}"),
        Verb::list("/api/2.0/sql/queries", "results", "page_size"),
        Verb::mask("/api/2.0/sql/queries/{id}").inside("query"),
        Verb::trash(Method::Delete, "/api/2.0/sql/queries/{id}"),
        Verb::own(Method::Get, "/api/2.0/sql/queries/{id}/visualizations", |call, kind| {
            Box::pin(async move {
                serve::get(&call, kind, call.parameter("id"), Need::See).await?;
                Ok(Document::from_iter([("results".to_owned(), Json::Array(Vec::new()))]))
            })
        }),
    ],
    present: |workspace, record, answer| {
        answer.insert("last_modifier_user_name".to_owned(), record.updated_by.clone().into());
        present(workspace, record, answer);
    },
    ..Kind::BASE
};

pub(super) static ALERT: Kind = Kind {
    name: "legacy_alert",
    title: "Alert",
    class: "sql.Alert",
    create: "sql.AlertsAPI.create",
    update: "sql.AlertsAPI.update",
    output: &[
        "create_time",
        "id",
        "lifecycle_state",
        "owner_user_name",
        "state",
        "trigger_time",
        "update_time",
    ],
    key: Key::Uuid,
    guard: Guard::List(levels(ObjectKind::LegacyAlert)),
    verbs: &[
        Verb::create("/api/2.0/sql/alerts").inside("alert"),
        Verb::get("/api/2.0/sql/alerts/{id}"),
        Verb::list("/api/2.0/sql/alerts", "results", "page_size"),
        Verb::mask("/api/2.0/sql/alerts/{id}").inside("alert"),
        Verb::trash(Method::Delete, "/api/2.0/sql/alerts/{id}"),
    ],
    present: |workspace, record, answer| {
        answer.insert("state".to_owned(), "UNKNOWN".into());
        present(workspace, record, answer);
    },
    ..Kind::BASE
};

const fn levels(object: ObjectKind) -> List {
    List {
        object,
        admins_create: false,
        see: Level::CanView,
        change: Level::CanEdit,
        creator: Level::CanManage,
    }
}

fn present(_: &Workspace, record: &Record, answer: &mut Document) {
    answer.insert("owner_user_name".to_owned(), record.creator.clone().into());
    answer.insert("create_time".to_owned(), time::text(record.created_at).into());
    answer.insert("update_time".to_owned(), time::text(record.updated_at).into());
    let state = if record.trashed { "TRASHED" } else { "ACTIVE" };
    answer.insert("lifecycle_state".to_owned(), state.into());
    answer
        .entry("parent_path")
        .or_insert_with(|| format!("/Workspace/Users/{}", record.creator).into());
}
