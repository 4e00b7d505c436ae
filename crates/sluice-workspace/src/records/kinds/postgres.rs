//! Projects of databases with their branches, endpoints, databases and roles, and the catalogs and tables that are synced to them: stored.
//! No database runs: no branch is `READY` and no endpoint `ACTIVE`. Each change answers with an operation that is done, since storing it is
//! all that happens.

use serde_json::json;
use sluice_wire::Method;

use crate::Call;
use crate::error::ApiError;
use crate::permissions::{Level, ObjectKind};
use crate::records::access::Need;
use crate::records::document::{self, Document, Json, text};
use crate::records::kind::{Guard, Key, Kind, List, Names, Verb, Work};
use crate::records::store::{self, Record};
use crate::records::{serve, time};
use crate::workspace::Workspace;

const BEGINNING: &str = "/api/2.0/postgres/";
const RUNS_NONE: &str = "the local workspace stores this and runs no database";

const LEVELS: List = List {
    object: ObjectKind::DatabaseProject,
    admins_create: false,
    see: Level::CanUse,
    change: Level::CanManage,
    creator: Level::CanManage,
};

/// What all of them have.
const RESOURCE: Kind = Kind {
    output: &[
        "name",
        "uid",
        "parent",
        "create_time",
        "update_time",
        "delete_time",
        "purge_time",
        "status",
    ],
    key: Key::Composed(name),
    id_field: "name",
    guard: Guard::Inside(LEVELS),
    present,
    ..Kind::BASE
};

pub(super) static PROJECT: Kind = Kind {
    name: "postgres_project",
    title: "Project",
    class: "postgres.Project",
    create: "postgres.PostgresAPI.create_project",
    update: "postgres.PostgresAPI.update_project",
    fixed: &["project_id", "initial_branch_spec", "initial_endpoint_spec"],
    guard: Guard::List(LEVELS),
    verbs: &[
        Verb::own(Method::Post, "/api/2.0/postgres/projects", create),
        Verb::get("/api/2.0/postgres/projects/{project_id}").named(BELOW),
        Verb::list("/api/2.0/postgres/projects", "projects", "page_size"),
        Verb::own(Method::Patch, "/api/2.0/postgres/projects/{project_id}", update),
        Verb::own(Method::Delete, "/api/2.0/postgres/projects/{project_id}", delete),
    ],
    ..RESOURCE
};

macro_rules! in_branch {
    ($kind:ident, $name:literal, $title:literal, $class:literal, $create:literal, $update:literal, $id:literal, $list:literal) => {
        pub(super) static $kind: Kind = Kind {
            name: $name,
            title: $title,
            class: $class,
            create: $create,
            update: $update,
            fixed: &[$id],
            verbs: &[
                Verb::own(
                    Method::Post,
                    concat!(
                        "/api/2.0/postgres/projects/{project_id}/branches/{branch_id}/",
                        $list
                    ),
                    create,
                ),
                Verb::get(concat!(
                    "/api/2.0/postgres/projects/{project_id}/branches/{branch_id}/",
                    $list,
                    "/{id}"
                ))
                .named(BELOW),
                Verb::list_only(
                    concat!(
                        "/api/2.0/postgres/projects/{project_id}/branches/{branch_id}/",
                        $list
                    ),
                    $list,
                    "page_size",
                    under_parent,
                ),
                Verb::own(
                    Method::Patch,
                    concat!(
                        "/api/2.0/postgres/projects/{project_id}/branches/{branch_id}/",
                        $list,
                        "/{id}"
                    ),
                    update,
                ),
                Verb::own(
                    Method::Delete,
                    concat!(
                        "/api/2.0/postgres/projects/{project_id}/branches/{branch_id}/",
                        $list,
                        "/{id}"
                    ),
                    delete,
                ),
            ],
            ..RESOURCE
        };
    };
}

pub(super) static BRANCH: Kind = Kind {
    name: "postgres_branch",
    title: "Branch",
    class: "postgres.Branch",
    create: "postgres.PostgresAPI.create_branch",
    update: "postgres.PostgresAPI.update_branch",
    fixed: &["branch_id"],
    verbs: &[
        Verb::own(Method::Post, "/api/2.0/postgres/projects/{project_id}/branches", create),
        Verb::get("/api/2.0/postgres/projects/{project_id}/branches/{id}").named(BELOW),
        Verb::list_only(
            "/api/2.0/postgres/projects/{project_id}/branches",
            "branches",
            "page_size",
            under_parent,
        ),
        Verb::own(
            Method::Patch,
            "/api/2.0/postgres/projects/{project_id}/branches/{id}",
            update,
        ),
        Verb::own(
            Method::Delete,
            "/api/2.0/postgres/projects/{project_id}/branches/{id}",
            delete,
        ),
    ],
    ..RESOURCE
};

in_branch!(
    ENDPOINT,
    "postgres_endpoint",
    "Endpoint",
    "postgres.Endpoint",
    "postgres.PostgresAPI.create_endpoint",
    "postgres.PostgresAPI.update_endpoint",
    "endpoint_id",
    "endpoints"
);
in_branch!(
    DATABASE,
    "postgres_database",
    "Database",
    "postgres.Database",
    "postgres.PostgresAPI.create_database",
    "postgres.PostgresAPI.update_database",
    "database_id",
    "databases"
);
in_branch!(
    ROLE,
    "postgres_role",
    "Role",
    "postgres.Role",
    "postgres.PostgresAPI.create_role",
    "postgres.PostgresAPI.update_role",
    "role_id",
    "roles"
);

pub(super) static CATALOG: Kind = Kind {
    name: "postgres_catalog",
    title: "Catalog",
    class: "postgres.Catalog",
    create: "postgres.PostgresAPI.create_catalog",
    update: "postgres.PostgresAPI.create_catalog",
    fixed: &["catalog_id", "spec"],
    verbs: &[
        Verb::own(Method::Post, "/api/2.0/postgres/catalogs", create),
        Verb::get("/api/2.0/postgres/catalogs/{id}").named(BELOW),
        Verb::own(Method::Delete, "/api/2.0/postgres/catalogs/{id}", delete),
    ],
    ..RESOURCE
};

pub(super) static SYNCED_TABLE: Kind = Kind {
    name: "postgres_synced_table",
    title: "Synced table",
    class: "postgres.SyncedTable",
    create: "postgres.PostgresAPI.create_synced_table",
    update: "postgres.PostgresAPI.create_synced_table",
    fixed: &["synced_table_id", "spec"],
    verbs: &[
        Verb::own(Method::Post, "/api/2.0/postgres/synced_tables", create),
        Verb::get("/api/2.0/postgres/synced_tables/{id}").named(BELOW),
        Verb::own(Method::Delete, "/api/2.0/postgres/synced_tables/{id}", delete),
    ],
    ..RESOURCE
};

/// What changed when: read back by clients that wait for a change.
pub(super) static OPERATION: Kind = Kind {
    name: "postgres_operation",
    title: "Operation",
    class: "postgres.Operation",
    id_field: "name",
    guard: Guard::Inside(LEVELS),
    verbs: &[Verb::own(Method::Get, "/api/2.0/postgres/{*name}", get_operation)],
    ..Kind::BASE
};

const BELOW: Names = Names::Below(BEGINNING);

/// Kinds whose resources stand below others, and what says how they changed.
static ALL: [&Kind; 8] = [
    &ENDPOINT,
    &DATABASE,
    &ROLE,
    &SYNCED_TABLE,
    &CATALOG,
    &BRANCH,
    &PROJECT,
    &OPERATION,
];

/// The query parameter and field of a new resource's own id, by the collection that it is put into.
const IDS: [(&str, &str); 7] = [
    ("projects", "project_id"),
    ("branches", "branch_id"),
    ("endpoints", "endpoint_id"),
    ("databases", "database_id"),
    ("roles", "role_id"),
    ("catalogs", "catalog_id"),
    ("synced_tables", "synced_table_id"),
];

/// `projects/p/branches/b`, from the path of the request that makes it and the id that it gives; permissions stand on the project.
fn name(call: &Call, body: &Document) -> Result<(String, String), ApiError> {
    let collection = serve::named(call, &BELOW, body)?;
    let last = collection.rsplit('/').next().unwrap_or_default();
    let field = IDS
        .iter()
        .find(|(name, _)| *name == last)
        .map_or("id", |(_, field)| *field);
    let id = match call.query(field).or(text(body, field)).filter(|id| !id.is_empty()) {
        Some(id) => id.to_owned(),
        // Clients may leave these names to the server.
        None if matches!(field, "role_id" | "database_id") => {
            format!("{}-{}", &last[..last.len() - 1], &call.workspace.ids.hex16()[..8])
        }
        None => return Err(ApiError::invalid(format!("`{field}` is required"))),
    };
    let name = format!("{collection}/{id}");
    Ok((name.clone(), project(&name, body)))
}

/// The id of the project of a resource: of a catalog or synced table, that of the branch that it names.
fn project(name: &str, body: &Document) -> String {
    let branch = document::object(body, "spec");
    let path = if name.starts_with("projects/") {
        name
    } else {
        text(&branch, "branch").unwrap_or_default()
    };
    path.split('/').nth(1).unwrap_or_default().to_owned()
}

/// The name of what contains a resource; none for what stands by itself.
fn parent(name: &str) -> Option<&str> {
    let (collection, _) = name.rsplit_once('/')?;
    collection.rsplit_once('/').map(|(parent, _)| parent)
}

fn under_parent(call: &Call, record: &Record) -> Result<bool, ApiError> {
    let collection = serve::named(call, &BELOW, &Document::new())?;
    Ok(record.key.rsplit_once('/').is_some_and(|(own, _)| own == collection))
}

fn present(_: &Workspace, record: &Record, answer: &mut Document) {
    answer.insert("uid".to_owned(), record.uid.clone().into());
    answer.insert("create_time".to_owned(), time::text(record.created_at).into());
    answer.insert("update_time".to_owned(), time::text(record.updated_at).into());
    if let Some(parent) = parent(&record.key) {
        answer.insert("parent".to_owned(), parent.into());
    }
    let mut status = document::object(answer, "spec");
    let (collection, id) = record.key.rsplit_once('/').unwrap_or_default();
    let collection = collection.rsplit('/').next().unwrap_or_default();
    if let Some((_, own)) = IDS.iter().find(|(name, _)| *name == collection) {
        // "The part of the name, chosen by the user": the classes of `databricks-sdk`.
        answer.insert((*own).to_owned(), id.into());
    }
    let mut say = |field: &str, value: &str| {
        status.insert(field.to_owned(), value.into());
    };
    match collection {
        "projects" => {
            say("project_id", id);
            say("owner", &record.creator);
        }
        "branches" => {
            say("branch_id", id);
            say("current_state", "INIT");
        }
        "endpoints" => {
            say("endpoint_id", id);
            say("current_state", "INIT");
        }
        "databases" => say("database_id", id),
        "roles" => say("role_id", id),
        "synced_tables" => {
            status.clear();
            status.insert("message".to_owned(), RUNS_NONE.into());
            status.insert("detailed_state".to_owned(), "SYNCED_TABLE_OFFLINE_FAILED".into());
            status.insert("unity_catalog_provisioning_state".to_owned(), "FAILED".into());
        }
        _ => {}
    }
    for only_asked in ["no_expiry", "no_suspension", "ttl", "create_database_if_missing"] {
        status.remove(only_asked);
    }
    answer.insert("status".to_owned(), Json::Object(status));
}

/// Every other resource that clients may ask for by its name ends up here too.
fn get_operation(call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let name = serve::named(&call, &BELOW, &Document::new())?;
        let collection = name.rsplit_once('/').map_or("", |(collection, _)| collection);
        if !collection.ends_with("operations") {
            return Err(call.not_implemented(format!("the local workspace has no `{name}`")));
        }
        let record = serve::get(&call, kind, &name, Need::See).await?;
        Ok(serve::describe(&call.workspace, kind, &record))
    })
}

/// The answer to a change that is stored, kept for those who ask for it again.
async fn operation(call: &Call, about: &Record, response: Document) -> Result<Document, ApiError> {
    let name = format!("{}/operations/{}", about.key, call.workspace.ids.uuid());
    let body = json!({"done": true, "metadata": {}, "response": response});
    let mut record = about.clone();
    record.key.clone_from(&name);
    record.uid = call.workspace.ids.uuid();
    record.creator.clone_from(&call.principal.name);
    record.created_at = call.workspace.clock.now_ms();
    record.body = body.as_object().cloned().unwrap_or_default();
    let mut transaction = call.workspace.store.begin().await?;
    store::insert(&mut transaction, &OPERATION, &record).await?;
    transaction.commit().await?;
    Ok(serve::describe(&call.workspace, &OPERATION, &record))
}

fn create(mut call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let body: Document = call.json().await?;
        let (name, _) = name(&call, &body)?;
        let stands_in = match parent(&name) {
            Some(parent) => Some(parent.to_owned()),
            None => text(&document::object(&body, "spec"), "branch").map(str::to_owned),
        };
        if let Some(parent) = stands_in {
            let parent_kind = if parent.contains("/branches/") {
                &BRANCH
            } else {
                &PROJECT
            };
            serve::get(&call, parent_kind, &parent, Need::See).await?;
        }
        let replaces = call.flag("replace_existing")?;
        let known = store::find(call.workspace.store.reader(), kind, &name).await?;
        let record = match known.filter(|_| replaces) {
            Some(_) => serve::change(&call, kind, &name, body, &serve::How::Merge).await?,
            None => serve::create(&call, kind, body).await?,
        };
        let made = serve::describe(&call.workspace, kind, &record);
        operation(&call, &record, made).await
    })
}

fn update(mut call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let body: Document = call.json().await?;
        let key = serve::named(&call, &BELOW, &body)?;
        let how = match call.query("update_mask").filter(|mask| !mask.is_empty()) {
            Some(mask) => serve::How::Mask(mask.to_owned()),
            None => serve::How::Merge,
        };
        let record = serve::change(&call, kind, &key, body, &how).await?;
        let changed = serve::describe(&call.workspace, kind, &record);
        operation(&call, &record, changed).await
    })
}

/// Deletes a resource with what stands below it.
fn delete(call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let key = serve::named(&call, &BELOW, &Document::new())?;
        let record = serve::remove(&call, kind, &key, false).await?;
        let mut transaction = call.workspace.store.begin().await?;
        for below in ALL {
            store::delete_below(&mut transaction, below, &key).await?;
        }
        transaction.commit().await?;
        operation(&call, &record, Document::new()).await
    })
}
