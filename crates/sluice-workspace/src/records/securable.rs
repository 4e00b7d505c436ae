//! Records that are objects of Unity Catalog: their name, owner and grants are its matter, the rest is the document beside them.

use super::document::{Document, text};
use super::kind::Kind;
use super::store::Record;
use crate::call::Call;
use crate::catalog::{Change, Described, Privilege, Securable, SecurableKind};
use crate::error::ApiError;

/// The fields that Unity Catalog keeps itself.
const KEPT_BY_CATALOG: [&str; 4] = ["name", "comment", "owner", "new_name"];

pub(super) fn record(securable: Securable) -> Result<Record, ApiError> {
    Ok(Record {
        key: securable.full_name.clone(),
        acl_id: securable.id.clone(),
        uid: securable.id.clone(),
        body: serde_json::from_str(&securable.details)?,
        trashed: false,
        version: 1,
        creator: securable.created_by.clone(),
        created_at: securable.created_at,
        updated_by: securable.updated_by.clone(),
        updated_at: securable.updated_at,
        securable: Some(Box::new(securable)),
    })
}

/// The record with this full name, when the caller may see it.
pub(super) async fn get(call: &Call, kind: SecurableKind, full_name: &str) -> Result<Record, ApiError> {
    record(call.workspace.catalog().get(&call.principal, kind, full_name).await?)
}

/// All records of this kind that the caller may see: of one schema for what schemas contain.
pub(super) async fn all(call: &Call, kind: SecurableKind) -> Result<Vec<Record>, ApiError> {
    let catalog = call.workspace.catalog();
    let schema = match (call.query("catalog_name"), call.query("schema_name")) {
        (Some(catalog_name), Some(schema_name)) if kind.levels() == 3 => Some(format!("{catalog_name}.{schema_name}")),
        _ => None,
    };
    let found = match (kind.levels(), &schema) {
        (1, None) if call.flag("include_unbound")? => catalog.list_unbound_too(&call.principal, kind).await?,
        (3, None) => catalog.all_visible(&call.principal, kind).await?,
        _ => catalog.list(&call.principal, kind, schema.as_deref()).await?,
    };
    found.into_iter().map(record).collect()
}

/// Makes one.
pub(super) async fn create(
    call: &Call,
    kind: &Kind,
    (securable, privilege): (SecurableKind, Privilege),
    mut body: Document,
) -> Result<Record, ApiError> {
    let (schema, name) = place(kind, securable, &body)?;
    let comment = text(&body, "comment").map(str::to_owned);
    let owner = text(&body, "owner").map(str::to_owned);
    for field in KEPT_BY_CATALOG {
        body.remove(field);
    }
    body.remove("catalog_name");
    body.remove("schema_name");
    let described = Described {
        kind: securable,
        create: privilege,
        schema,
        name,
        comment,
        details: serde_json::to_string(&body)?,
    };
    let catalog = call.workspace.catalog();
    let made = catalog.describe(&call.principal, described).await?;
    let made = match owner.filter(|owner| *owner != made.owner) {
        Some(owner) => {
            let change = Change {
                owner: Some(owner),
                ..Change::default()
            };
            catalog
                .change(&call.principal, securable, &made.full_name, change)
                .await?
        }
        None => made,
    };
    record(made)
}

/// The schema of a new object, and its name without it. Some APIs have both in the name, others in fields of their own.
fn place(kind: &Kind, securable: SecurableKind, body: &Document) -> Result<(Option<String>, String), ApiError> {
    let name = super::document::required(body, "name")?;
    if securable.levels() == 1 {
        return Ok((None, name.to_owned()));
    }
    let schema = match (text(body, "catalog_name"), text(body, "schema_name")) {
        (Some(catalog), Some(schema)) => Some((format!("{catalog}.{schema}"), name)),
        _ => name.rsplit_once('.').map(|(schema, name)| (schema.to_owned(), name)),
    };
    let (schema, name) = schema.ok_or_else(|| {
        ApiError::invalid(format!(
            "the name of a {} has a catalog, a schema and a name",
            kind.title.to_lowercase()
        ))
    })?;
    Ok((Some(schema), name.to_owned()))
}

/// Changes one: `edit` gets the document as it is stored, and the fields that are not Unity Catalog's.
pub(super) async fn change(
    call: &Call,
    securable: SecurableKind,
    full_name: &str,
    mut given: Document,
    edit: impl FnOnce(&mut Document, Document) -> Result<(), ApiError> + Send,
) -> Result<Record, ApiError> {
    let field = |name: &str| {
        given
            .get(name)
            .and_then(super::document::Json::as_str)
            .map(str::to_owned)
    };
    let change = Change {
        new_name: field("new_name").filter(|name| !name.is_empty()),
        owner: field("owner").filter(|owner| !owner.is_empty()),
        comment: field("comment"),
        properties: None,
    };
    for name in KEPT_BY_CATALOG {
        given.remove(name);
    }
    let edit = |stored: &str| {
        let mut body: Document = serde_json::from_str(stored)?;
        edit(&mut body, given)?;
        Ok(serde_json::to_string(&body)?)
    };
    let catalog = call.workspace.catalog();
    let changed = catalog
        .change_described(&call.principal, securable, full_name, change, edit)
        .await?;
    record(changed)
}

/// Deletes one.
pub(super) async fn delete(call: &Call, kind: SecurableKind, full_name: &str) -> Result<(), ApiError> {
    let catalog = call.workspace.catalog();
    catalog.delete(&call.principal, kind, full_name, false).await
}

/// What Unity Catalog says about a record, as its answers write it.
pub(super) fn describe(securable: &Securable, answer: &mut Document) {
    let mut say = |field: &str, value: &str| {
        answer.insert(field.to_owned(), value.into());
    };
    say("name", &securable.name);
    say("full_name", &securable.full_name);
    say("owner", &securable.owner);
    say("created_by", &securable.created_by);
    say("updated_by", &securable.updated_by);
    if let Some(comment) = &securable.comment {
        say("comment", comment);
    }
    if let [catalog, schema, _] = securable.parts()[..] {
        say("catalog_name", catalog);
        say("schema_name", schema);
    }
    answer.insert("created_at".to_owned(), securable.created_at.into());
    answer.insert("updated_at".to_owned(), securable.updated_at.into());
}

/// What answers about an object of the metastore say besides.
pub(super) fn in_metastore(record: &Record, answer: &mut Document) {
    let metastore = record
        .securable
        .as_ref()
        .and_then(|securable| securable.parent_id.clone());
    answer.insert("metastore_id".to_owned(), metastore.unwrap_or_default().into());
}

/// Refuses to delete a storage credential that an external location names, unless the request says `force`.
pub(super) async fn refuse_used_credential(call: &Call, credential: &Record) -> Result<(), ApiError> {
    if call.flag("force")? {
        return Ok(());
    }
    for location in call.workspace.catalog().all(SecurableKind::ExternalLocation).await? {
        let location = record(location)?;
        if text(&location.body, "credential_name") == Some(&credential.key) {
            return Err(ApiError::invalid(format!(
                "Storage credential '{}' is used by the external location '{}': delete that first, or use force",
                credential.key, location.key
            )));
        }
    }
    Ok(())
}
