//! External locations: stored. Nothing reaches the path, so nothing about it was checked.

use sluice_wire::Method;

use crate::Call;
use crate::catalog::{Privilege, SecurableKind};
use crate::error::ApiError;
use crate::records::document::{Document, text};
use crate::records::kind::{Guard, Key, Kind, Names, Verb};
use crate::records::securable;
use crate::records::store::Record;

pub(super) static KIND: Kind = Kind {
    name: "external_location",
    title: "External location",
    class: "catalog.ExternalLocationInfo",
    create: "catalog.ExternalLocationsAPI.create",
    update: "catalog.ExternalLocationsAPI.update",
    output: &["effective_enable_file_events", "effective_file_event_queue"],
    input: &["skip_validation", "force"],
    required: &["name", "url", "credential_name"],
    defaults: &[
        ("read_only", "false"),
        ("fallback", "false"),
        ("isolation_mode", r#""ISOLATION_MODE_OPEN""#),
    ],
    key: Key::Name("name"),
    id_field: "name",
    guard: Guard::Securable {
        kind: SecurableKind::ExternalLocation,
        create: Privilege::CreateExternalLocation,
    },
    verbs: &[
        Verb::create("/api/2.1/unity-catalog/external-locations"),
        Verb::get("/api/2.1/unity-catalog/external-locations/{name}").named(Names::Path("name")),
        Verb::list(
            "/api/2.1/unity-catalog/external-locations",
            "external_locations",
            "max_results",
        ),
        Verb::merge("/api/2.1/unity-catalog/external-locations/{name}").named(Names::Path("name")),
        Verb::delete(Method::Delete, "/api/2.1/unity-catalog/external-locations/{name}").named(Names::Path("name")),
    ],
    prepare: Some(|call, body, known| Box::pin(check(call, body, known))),
    present: |_, record, answer| {
        securable::in_metastore(record, answer);
        answer.remove("full_name");
        answer.insert("browse_only".to_owned(), false.into());
    },
    ..Kind::BASE
};

/// Its credential exists, and its path is neither inside nor around that of another location.
async fn check(call: &Call, body: &mut Document, known: Option<&Record>) -> Result<(), ApiError> {
    let catalog = call.workspace.catalog();
    if let Some(credential) = text(body, "credential_name") {
        let credential = catalog.find(SecurableKind::StorageCredential, credential).await?;
        catalog
            .require_bound(&call.principal, Privilege::CreateExternalLocation, &credential)
            .await?;
    }
    let Some(url) = text(body, "url").map(|url| url.trim_end_matches('/').to_owned()) else {
        return Ok(());
    };
    if !url.contains("://") {
        return Err(ApiError::invalid(format!(
            "`url` must be a path of cloud storage such as s3://bucket/path, it is `{url}`"
        )));
    }
    let inside = |one: &str, other: &str| one == other || one.starts_with(&format!("{other}/"));
    for other in catalog.all(SecurableKind::ExternalLocation).await? {
        let other = securable::record(other)?;
        let Some(taken) = text(&other.body, "url") else {
            continue;
        };
        let itself = known.is_some_and(|known| known.acl_id == other.acl_id);
        if !itself && (inside(&url, taken) || inside(taken, &url)) {
            return Err(ApiError::invalid(format!(
                "The path `{url}` overlaps with the external location '{}' (`{taken}`)",
                other.key
            )));
        }
    }
    body.insert("url".to_owned(), url.into());
    Ok(())
}
