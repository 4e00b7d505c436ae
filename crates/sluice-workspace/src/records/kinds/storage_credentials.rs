//! Storage credentials: stored without their secrets; nothing here logs in to a cloud with one.

use sluice_wire::Method;

use crate::catalog::{Privilege, SecurableKind};
use crate::records::kind::{Guard, Key, Kind, Names, Verb};
use crate::records::securable;

/// What a cloud would let somebody in with.
pub(super) fn is_secret(field: &str) -> bool {
    matches!(field, "client_secret" | "secret_access_key")
}

pub(super) static KIND: Kind = Kind {
    name: "storage_credential",
    title: "Storage credential",
    class: "catalog.StorageCredentialInfo",
    create: "catalog.StorageCredentialsAPI.create",
    update: "catalog.StorageCredentialsAPI.update",
    input: &["skip_validation", "force"],
    secret: is_secret,
    required: &["name"],
    defaults: &[("read_only", "false"), ("isolation_mode", r#""ISOLATION_MODE_OPEN""#)],
    key: Key::Name("name"),
    id_field: "name",
    guard: Guard::Securable {
        kind: SecurableKind::StorageCredential,
        create: Privilege::CreateStorageCredential,
    },
    verbs: &[
        Verb::create("/api/2.1/unity-catalog/storage-credentials"),
        Verb::get("/api/2.1/unity-catalog/storage-credentials/{name}").named(Names::Path("name")),
        Verb::list(
            "/api/2.1/unity-catalog/storage-credentials",
            "storage_credentials",
            "max_results",
        ),
        Verb::merge("/api/2.1/unity-catalog/storage-credentials/{name}").named(Names::Path("name")),
        Verb::delete(Method::Delete, "/api/2.1/unity-catalog/storage-credentials/{name}").named(Names::Path("name")),
    ],
    before_delete: Some(|call, record| Box::pin(securable::refuse_used_credential(call, record))),
    present: |_, record, answer| {
        securable::in_metastore(record, answer);
        answer.insert("id".to_owned(), record.acl_id.clone().into());
        answer.insert("used_for_managed_storage".to_owned(), false.into());
    },
    ..Kind::BASE
};
