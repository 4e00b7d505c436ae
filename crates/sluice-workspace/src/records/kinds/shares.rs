//! Shares: which objects, and which recipients may read them. Stored; no server shares anything from here.

use std::collections::BTreeMap;

use serde_json::json;
use sluice_wire::Method;

use crate::Call;
use crate::catalog::{Privilege, SecurableKind};
use crate::error::ApiError;
use crate::records::access::Need;
use crate::records::document::{Document, Json, required, text};
use crate::records::kind::{Answer, Guard, Key, Kind, Names, Verb, Work};
use crate::records::{securable, serve};

/// The field of the stored document in which recipients and their privileges stand; answers do not show it.
const ASSIGNMENTS: &str = "assignments";

pub(super) static KIND: Kind = Kind {
    name: "share",
    title: "Share",
    class: "sharing.ShareInfo",
    create: "sharing.SharesAPI.create",
    update: "sharing.SharesAPI.update",
    input: &["updates"],
    required: &["name"],
    key: Key::Name("name"),
    id_field: "name",
    guard: Guard::Securable {
        kind: SecurableKind::Share,
        create: Privilege::CreateShare,
    },
    verbs: &[
        Verb::create("/api/2.1/unity-catalog/shares"),
        Verb::own(Method::Get, "/api/2.1/unity-catalog/shares/{name}", get),
        Verb::list("/api/2.1/unity-catalog/shares", "shares", "max_results")
            .answers(Answer::Made(|_, _, whole| without_objects(whole))),
        Verb::own(Method::Patch, "/api/2.1/unity-catalog/shares/{name}", update),
        Verb::delete(Method::Delete, "/api/2.1/unity-catalog/shares/{name}").named(Names::Path("name")),
        Verb::own(
            Method::Get,
            "/api/2.1/unity-catalog/shares/{name}/permissions",
            permissions,
        ),
        Verb::own(
            Method::Patch,
            "/api/2.1/unity-catalog/shares/{name}/permissions",
            change_permissions,
        ),
    ],
    present: |_, record, answer| {
        securable::in_metastore(record, answer);
        answer.remove("metastore_id");
        answer.remove("full_name");
        answer.remove(ASSIGNMENTS);
    },
    ..Kind::BASE
};

fn without_objects(mut whole: Document) -> Document {
    whole.remove("objects");
    whole
}

fn get(call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let record = serve::get(&call, kind, call.parameter("name"), Need::See).await?;
        let whole = serve::describe(&call.workspace, kind, &record);
        Ok(if call.flag("include_shared_data")? {
            whole
        } else {
            without_objects(whole)
        })
    })
}

fn update(mut call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let mut given: Document = call.json().await?;
        let updates = given
            .remove("updates")
            .and_then(|updates| updates.as_array().cloned())
            .unwrap_or_default();
        let name = call.parameter("name").to_owned();
        for update in &updates {
            require_shared(&call, update).await?;
        }
        let (now, by) = (call.workspace.clock.now_ms(), call.principal.name.clone());
        let record = securable::change(&call, SecurableKind::Share, &name, given, |body, given| {
            body.extend(given.into_iter().filter(|(field, _)| field == "storage_root"));
            updates
                .iter()
                .try_for_each(|update| change_object(body, update, now, &by))
        })
        .await?;
        Ok(serve::describe(&call.workspace, kind, &record))
    })
}

/// Whoever adds a table to a share must be able to read it.
async fn require_shared(call: &Call, update: &Json) -> Result<(), ApiError> {
    let object = update
        .get("data_object")
        .and_then(Json::as_object)
        .cloned()
        .unwrap_or_default();
    let adds = update.get("action").and_then(Json::as_str) == Some("ADD");
    let catalog = call.workspace.catalog();
    match (adds, text(&object, "data_object_type")) {
        (true, Some("TABLE" | "VIEW") | None) => {
            let name = required(&object, "name")?;
            catalog
                .require_on(&call.principal, Privilege::Select, SecurableKind::Table, name)
                .await?;
        }
        (true, Some("SCHEMA")) => {
            let name = required(&object, "name")?;
            catalog
                .require_on(&call.principal, Privilege::Select, SecurableKind::Schema, name)
                .await?;
        }
        (true, Some("VOLUME")) => {
            let name = required(&object, "name")?;
            catalog
                .require_on(&call.principal, Privilege::ReadVolume, SecurableKind::Volume, name)
                .await?;
        }
        (true, Some(other)) => {
            return Err(ApiError::not_implemented(format!(
                "the local workspace adds no objects of type `{other}` to shares"
            )));
        }
        (false, _) => {}
    }
    Ok(())
}

/// Adds, replaces or removes one object of a share.
fn change_object(body: &mut Document, update: &Json, now: i64, by: &str) -> Result<(), ApiError> {
    let mut object = update
        .get("data_object")
        .and_then(Json::as_object)
        .cloned()
        .unwrap_or_default();
    crate::records::document::prune("sharing.SharedDataObject", &mut object)?;
    let name = required(&object, "name")?.to_owned();
    let objects = body.entry("objects").or_insert_with(|| Json::Array(Vec::new()));
    let Json::Array(objects) = objects else {
        return Err(ApiError::internal("the objects of a stored share are not a list"));
    };
    let at = objects
        .iter()
        .position(|each| each.get("name").and_then(Json::as_str) == Some(&name));
    object.insert("added_at".to_owned(), now.into());
    object.insert("added_by".to_owned(), by.into());
    object.insert("status".to_owned(), "ACTIVE".into());
    match (update.get("action").and_then(Json::as_str), at) {
        (Some("ADD"), None) => objects.push(Json::Object(object)),
        (Some("UPDATE"), Some(at)) => objects[at] = Json::Object(object),
        (Some("REMOVE"), Some(at)) => {
            objects.remove(at);
        }
        (Some("ADD"), Some(_)) => {
            return Err(ApiError::conflict(
                "RESOURCE_ALREADY_EXISTS",
                format!("`{name}` is in the share already"),
            ));
        }
        (Some("UPDATE" | "REMOVE"), None) => {
            return Err(ApiError::not_found(format!("`{name}` is not in the share")));
        }
        (other, _) => {
            return Err(ApiError::invalid(format!(
                "`{}` is not an action: expected ADD, UPDATE or REMOVE",
                other.unwrap_or_default()
            )));
        }
    }
    Ok(())
}

/// Recipients and their privileges.
pub(super) fn assignments(body: &Document) -> BTreeMap<String, Vec<String>> {
    body.get(ASSIGNMENTS)
        .and_then(|stored| serde_json::from_value(stored.clone()).ok())
        .unwrap_or_default()
}

/// Assignments as answers write them; none when nobody has anything.
pub(super) fn written(assignments: impl IntoIterator<Item = (String, Vec<String>)>) -> Option<Json> {
    let list: Vec<Json> = assignments
        .into_iter()
        .map(|(principal, privileges)| json!({"principal": principal, "privileges": privileges}))
        .collect();
    (!list.is_empty()).then_some(Json::Array(list))
}

fn permissions(call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let record = serve::get(&call, kind, call.parameter("name"), Need::See).await?;
        let list = written(assignments(&record.body)).unwrap_or_else(|| Json::Array(Vec::new()));
        Ok(Document::from_iter([("privilege_assignments".to_owned(), list)]))
    })
}

fn change_permissions(mut call: Call, _: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let body: Document = call.json().await?;
        let changes = body
            .get("changes")
            .and_then(Json::as_array)
            .cloned()
            .unwrap_or_default();
        for change in &changes {
            let recipient = change.get("principal").and_then(Json::as_str).unwrap_or_default();
            call.workspace
                .catalog()
                .find(SecurableKind::Recipient, recipient)
                .await?;
        }
        let name = call.parameter("name").to_owned();
        let record = securable::change(&call, SecurableKind::Share, &name, Document::new(), |stored, _| {
            let mut all = assignments(stored);
            changes.iter().try_for_each(|change| assign(&mut all, change))?;
            stored.insert(ASSIGNMENTS.to_owned(), json!(all));
            Ok(())
        })
        .await?;
        let list = written(assignments(&record.body)).unwrap_or_else(|| Json::Array(Vec::new()));
        Ok(Document::from_iter([("privilege_assignments".to_owned(), list)]))
    })
}

/// A recipient can be given one privilege on a share: to read it.
fn assign(all: &mut BTreeMap<String, Vec<String>>, change: &Json) -> Result<(), ApiError> {
    let words = |field: &str| -> Vec<String> {
        let list = change.get(field).and_then(Json::as_array).cloned().unwrap_or_default();
        list.iter().filter_map(Json::as_str).map(str::to_owned).collect()
    };
    let recipient = change
        .get("principal")
        .and_then(Json::as_str)
        .unwrap_or_default()
        .to_lowercase();
    let (add, remove) = (words("add"), words("remove"));
    if let Some(other) = add.iter().find(|privilege| *privilege != "SELECT") {
        return Err(ApiError::invalid(format!(
            "Privilege {other} is not applicable to a share: recipients have SELECT"
        )));
    }
    let held = all.entry(recipient.clone()).or_default();
    held.retain(|privilege| !remove.contains(privilege));
    for privilege in add {
        if !held.contains(&privilege) {
            held.push(privilege);
        }
    }
    if held.is_empty() {
        all.remove(&recipient);
    }
    Ok(())
}
