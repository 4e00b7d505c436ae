//! Service credentials: stored without their secrets; nothing here logs in to a cloud with one.

use sluice_wire::Method;

use crate::catalog::{Privilege, SecurableKind};
use crate::records::document::text;
use crate::records::kind::{Guard, Key, Kind, Names, Verb};
use crate::records::securable;

pub(super) static KIND: Kind = Kind {
    name: "credential",
    title: "Credential",
    class: "catalog.CredentialInfo",
    create: "catalog.CredentialsAPI.create_credential",
    update: "catalog.CredentialsAPI.update_credential",
    input: &["skip_validation", "force"],
    secret: super::storage_credentials::is_secret,
    required: &["name"],
    defaults: &[
        ("purpose", r#""SERVICE""#),
        ("isolation_mode", r#""ISOLATION_MODE_OPEN""#),
    ],
    key: Key::Name("name"),
    id_field: "name",
    guard: Guard::Securable {
        kind: SecurableKind::Credential,
        create: Privilege::CreateServiceCredential,
    },
    verbs: &[
        Verb::create("/api/2.1/unity-catalog/credentials"),
        Verb::get("/api/2.1/unity-catalog/credentials/{name}").named(Names::Path("name")),
        Verb::list("/api/2.1/unity-catalog/credentials", "credentials", "max_results"),
        Verb::merge("/api/2.1/unity-catalog/credentials/{name}").named(Names::Path("name")),
        Verb::delete(Method::Delete, "/api/2.1/unity-catalog/credentials/{name}").named(Names::Path("name")),
    ],
    prepare: Some(|call, body, _| {
        Box::pin(async move {
            match text(body, "purpose") {
                Some("STORAGE") => Err(call.not_implemented(
                    "the local workspace has credentials for storage at `/api/2.1/unity-catalog/storage-credentials` alone",
                )),
                _ => Ok(()),
            }
        })
    }),
    present: |_, record, answer| {
        securable::in_metastore(record, answer);
        answer.insert("id".to_owned(), record.acl_id.clone().into());
    },
    ..Kind::BASE
};
