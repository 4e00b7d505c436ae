//! Secrets of Unity Catalog: their values are sealed like those of scopes, and come back to who may manage the secret and asks for them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sluice_model::Secret;
use sluice_wire::Method;

use crate::Call;
use crate::catalog::{Privilege, SecurableKind};
use crate::error::ApiError;
use crate::records::access::Need;
use crate::records::document::{Document, Json, required, text};
use crate::records::kind::{Guard, Key, Kind, Names, Verb, Work};
use crate::records::store::Record;
use crate::records::{serve, time};
use crate::secrets::vault::Place;

pub(super) static KIND: Kind = Kind {
    name: "catalog_secret",
    title: "Secret",
    class: "catalog.Secret",
    create: "catalog.SecretsUcAPI.create_secret",
    update: "catalog.SecretsUcAPI.update_secret",
    output: &[
        "create_time",
        "created_by",
        "effective_owner",
        "effective_value",
        "full_name",
        "metastore_id",
        "update_time",
        "updated_by",
    ],
    input: &["value"],
    fixed: &["catalog_name", "schema_name"],
    required: &["name", "catalog_name", "schema_name", "value"],
    key: Key::Name("name"),
    id_field: "name",
    // No privilege to make one is documented: who may manage the schema may.
    guard: Guard::Securable {
        kind: SecurableKind::Secret,
        create: Privilege::Manage,
    },
    verbs: &[
        Verb::create("/api/2.1/unity-catalog/secrets"),
        Verb::own(Method::Get, "/api/2.1/unity-catalog/secrets/{full_name}", get),
        Verb::list("/api/2.1/unity-catalog/secrets", "secrets", "page_size"),
        Verb::own(Method::Patch, "/api/2.1/unity-catalog/secrets/{full_name}", update),
        Verb::delete(Method::Delete, "/api/2.1/unity-catalog/secrets/{full_name}").named(Names::Path("full_name")),
    ],
    prepare: Some(|call, body, _| Box::pin(async move { seal(call, body) })),
    present: |_, record, answer| {
        for hidden in [SEALED, PLACE, "created_at", "updated_at"] {
            answer.remove(hidden);
        }
        if let Some(owner) = answer.get("owner").cloned() {
            answer.insert("effective_owner".to_owned(), owner);
        }
        answer.insert("create_time".to_owned(), time::text(record.created_at).into());
        answer.insert("update_time".to_owned(), time::text(record.updated_at).into());
    },
    ..Kind::BASE
};

/// Fields of the stored document: the sealed value in base64, and what it was sealed for.
const SEALED: &str = "sealed_value";
const PLACE: &str = "sealed_for";

/// What the values of Unity Catalog are sealed for, beside an id that stays when the secret gets another name.
const SCOPE: &str = "unity catalog";

/// Seals a value that is given.
fn seal(call: &Call, body: &mut Document) -> Result<(), ApiError> {
    let Some(value) = body.remove("value") else {
        return Ok(());
    };
    let Json::String(value) = value else {
        return Err(ApiError::malformed("the field `value` must be a text"));
    };
    let key = call.workspace.ids.uuid();
    let place = Place {
        scope: SCOPE,
        key: &key,
    };
    let sealed = call.workspace.vault.seal(&place, &Secret::new(value.into_bytes()))?;
    body.insert(SEALED.to_owned(), STANDARD.encode(sealed).into());
    body.insert(PLACE.to_owned(), key.into());
    Ok(())
}

fn open(call: &Call, record: &Record) -> Result<Secret<Vec<u8>>, ApiError> {
    let sealed = STANDARD
        .decode(required(&record.body, SEALED)?)
        .map_err(|error| ApiError::internal(format!("a sealed value is not base64: {error}")))?;
    let key = required(&record.body, PLACE)?;
    call.workspace.vault.open_sealed(&Place { scope: SCOPE, key }, &sealed)
}

fn get(call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let record = serve::get(&call, kind, call.parameter("full_name"), Need::See).await?;
        let mut answer = serve::describe(&call.workspace, kind, &record);
        if call.flag("include_value")? {
            let catalog = call.workspace.catalog();
            let secret = SecurableKind::Secret;
            catalog
                .require_on(&call.principal, Privilege::Manage, secret, &record.key)
                .await?;
            let value = open(&call, &record)?;
            // A task that reads it must not show it in what it leaves behind.
            call.workspace.disclosures.note(call.principal.id, &value);
            let value = String::from_utf8_lossy(value.expose()).into_owned();
            answer.insert("effective_value".to_owned(), value.into());
        }
        Ok(answer)
    })
}

/// A client sends the whole secret, and says in the mask what of it is meant.
fn update(mut call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let mut given: Document = call.json().await?;
        let mask = call.query("update_mask").filter(|mask| !mask.is_empty());
        let mut how = serve::How::Merge;
        if mask == Some("*") {
            given.entry("comment").or_insert_with(|| "".into());
            how = serve::How::Replace;
        } else if let Some(mask) = mask {
            let meant: Vec<String> = mask.split(',').map(crate::records::document::snake_case).collect();
            given.retain(|field, _| meant.contains(field));
        }
        if text(&given, "value").is_none() {
            given.remove("value");
        }
        let name = call.parameter("full_name").to_owned();
        let record = serve::change(&call, kind, &name, given, &how).await?;
        Ok(serve::describe(&call.workspace, kind, &record))
    })
}
