//! Database instances with their catalogs and synced tables: stored. No database runs: an instance is `STOPPED`, a synced table has failed.

use serde_json::json;
use sluice_wire::Method;

use crate::Call;
use crate::error::ApiError;
use crate::permissions::{Level, ObjectKind};
use crate::records::access::Need;
use crate::records::document::{Document, Json, text};
use crate::records::kind::{Answer, Guard, Key, Kind, List, Names, Verb, Work};
use crate::records::store::{self, Record};
use crate::records::{serve, time};
use crate::workspace::Workspace;

const RUNS_NONE: &str = "the local workspace stores database instances and runs no database";

const LEVELS: List = List {
    object: ObjectKind::DatabaseInstance,
    admins_create: false,
    see: Level::CanUse,
    change: Level::CanManage,
    creator: Level::CanManage,
};

pub(super) static INSTANCE: Kind = Kind {
    name: "database_instance",
    title: "Database instance",
    class: "database.DatabaseInstance",
    create: "database.DatabaseAPI.create_database_instance",
    update: "database.DatabaseAPI.update_database_instance",
    output: &[
        "child_instance_refs",
        "creation_time",
        "creator",
        "effective_capacity",
        "effective_custom_tags",
        "effective_enable_pg_native_login",
        "effective_enable_readable_secondaries",
        "effective_node_count",
        "effective_retention_window_in_days",
        "effective_stopped",
        "effective_usage_policy_id",
        "pg_version",
        "read_only_dns",
        "read_write_dns",
        "state",
        "uid",
    ],
    fixed: &["parent_instance_ref"],
    required: &["name"],
    key: Key::Name("name"),
    id_field: "name",
    guard: Guard::List(LEVELS),
    verbs: &[
        Verb::create("/api/2.0/database/instances"),
        Verb::get("/api/2.0/database/instances/{name}").named(NAMED),
        Verb::list("/api/2.0/database/instances", "database_instances", "page_size"),
        Verb::own(Method::Get, "/api/2.0/database/instances:findByUid", find_by_uid),
        Verb::mask("/api/2.0/database/instances/{name}").named(NAMED),
        Verb::delete(Method::Delete, "/api/2.0/database/instances/{name}").named(NAMED),
    ],
    prepare: Some(|call, body, known| Box::pin(async move { refuse_running(call, body, known) })),
    before_delete: Some(|call, record| Box::pin(refuse_used(call, record))),
    present: |_, record, answer| {
        for field in [
            "capacity",
            "custom_tags",
            "enable_pg_native_login",
            "enable_readable_secondaries",
            "node_count",
            "retention_window_in_days",
            "usage_policy_id",
        ] {
            if let Some(value) = answer.get(field).cloned() {
                answer.insert(format!("effective_{field}"), value);
            }
        }
        answer.insert("effective_stopped".to_owned(), true.into());
        answer.insert("state".to_owned(), "STOPPED".into());
        answer.insert("uid".to_owned(), record.uid.clone().into());
        answer.insert("creator".to_owned(), record.creator.clone().into());
        answer.insert("creation_time".to_owned(), time::text(record.created_at).into());
    },
    ..Kind::BASE
};

pub(super) static CATALOG: Kind = Kind {
    name: "database_catalog",
    title: "Database catalog",
    class: "database.DatabaseCatalog",
    create: "database.DatabaseAPI.create_database_catalog",
    update: "database.DatabaseAPI.update_database_catalog",
    output: &["uid"],
    fixed: &["database_instance_name", "database_name"],
    required: &["name", "database_instance_name", "database_name"],
    key: Key::Composed(in_instance),
    id_field: "name",
    guard: Guard::Inside(LEVELS),
    verbs: &[
        Verb::create("/api/2.0/database/catalogs"),
        Verb::get("/api/2.0/database/catalogs/{name}").named(NAMED),
        Verb::list_only(
            "/api/2.0/database/instances/{instance_name}/catalogs",
            "database_catalogs",
            "page_size",
            of_instance,
        ),
        Verb::mask("/api/2.0/database/catalogs/{name}").named(NAMED),
        Verb::delete(Method::Delete, "/api/2.0/database/catalogs/{name}").named(NAMED),
    ],
    prepare: Some(|call, body, known| Box::pin(require_instance(call, body, known))),
    present: |_, record, answer| {
        answer.insert("uid".to_owned(), record.uid.clone().into());
    },
    ..Kind::BASE
};

pub(super) static SYNCED_TABLE: Kind = Kind {
    name: "synced_database_table",
    title: "Synced database table",
    class: "database.SyncedDatabaseTable",
    create: "database.DatabaseAPI.create_synced_database_table",
    update: "database.DatabaseAPI.update_synced_database_table",
    output: &[
        "data_synchronization_status",
        "effective_database_instance_name",
        "effective_logical_database_name",
        "unity_catalog_provisioning_state",
    ],
    fixed: &["database_instance_name", "logical_database_name"],
    required: &["name"],
    key: Key::Composed(in_instance),
    id_field: "name",
    guard: Guard::Inside(LEVELS),
    verbs: &[
        Verb::create("/api/2.0/database/synced_tables"),
        Verb::get("/api/2.0/database/synced_tables/{name}").named(NAMED),
        Verb::list_only(
            "/api/2.0/database/instances/{instance_name}/synced_tables",
            "synced_tables",
            "page_size",
            of_instance,
        ),
        Verb::mask("/api/2.0/database/synced_tables/{name}").named(NAMED),
        Verb::delete(Method::Delete, "/api/2.0/database/synced_tables/{name}").named(NAMED),
    ],
    prepare: Some(|call, body, known| Box::pin(require_instance(call, body, known))),
    present: |_: &Workspace, _: &Record, answer: &mut Document| {
        for (given, effective) in [
            ("database_instance_name", "effective_database_instance_name"),
            ("logical_database_name", "effective_logical_database_name"),
        ] {
            if let Some(value) = answer.get(given).cloned() {
                answer.insert(effective.to_owned(), value);
            }
        }
        answer.insert("unity_catalog_provisioning_state".to_owned(), "FAILED".into());
        answer.insert(
            "data_synchronization_status".to_owned(),
            json!({"detailed_state": "SYNCED_TABLE_OFFLINE_FAILED", "message": RUNS_NONE}),
        );
    },
    ..Kind::BASE
};

const NAMED: Names = Names::Path("name");

/// Named as it says, with the permissions of its instance.
fn in_instance(call: &Call, body: &Document) -> Result<(String, String), ApiError> {
    let name = crate::records::document::required(body, "name")?.to_owned();
    let instance = text(body, "database_instance_name").or(call.query("database_instance_name"));
    Ok((name, instance.unwrap_or_default().to_owned()))
}

fn of_instance(call: &Call, record: &Record) -> Result<bool, ApiError> {
    Ok(record.acl_id == call.parameter("instance_name"))
}

/// An instance that is to run is refused at once: the waiters of official clients know no state that means failure, and would wait their whole
/// time for `AVAILABLE`. One that is to be stopped is what it says.
fn refuse_running(call: &Call, body: &Document, known: Option<&Record>) -> Result<(), ApiError> {
    let stopped = body.get("stopped").and_then(Json::as_bool);
    if stopped.unwrap_or(known.is_some()) {
        return Ok(());
    }
    Err(call.not_implemented(format!(
        "{RUNS_NONE}: say `\"stopped\": true` to store the definition of one that does not run"
    )))
}

/// The instance that a new catalog or table names exists.
async fn require_instance(call: &Call, body: &mut Document, known: Option<&Record>) -> Result<(), ApiError> {
    let named = text(body, "database_instance_name").filter(|_| known.is_none());
    let Some(name) = named else { return Ok(()) };
    serve::get(call, &INSTANCE, name, Need::See).await.map(drop)
}

/// Databricks deletes an instance only when the request says `purge`, and not while something stands in it.
async fn refuse_used(call: &Call, instance: &Record) -> Result<(), ApiError> {
    if !call.flag("purge")? {
        return Err(ApiError::invalid(format!(
            "the database instance {} is only deleted for good: say `purge=true`",
            instance.key
        )));
    }
    for kind in [&CATALOG, &SYNCED_TABLE] {
        let all = store::all(&call.workspace, kind).await?;
        if let Some(used) = all.iter().find(|record| record.acl_id == instance.key)
            && !call.flag("force")?
        {
            return Err(ApiError::invalid(format!(
                "the database instance {} holds the {} {}: delete that first, or use force",
                instance.key,
                kind.title.to_lowercase(),
                used.key
            )));
        }
    }
    Ok(())
}

fn find_by_uid(call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let uid = call.required_query("uid")?;
        let visible = serve::visible(&call, kind).await?;
        let found = visible.into_iter().find(|record| record.uid == uid);
        let record = found.ok_or_else(|| kind.missing(uid))?;
        Ok(serve::answer(&call, kind, Answer::Whole, &record))
    })
}
