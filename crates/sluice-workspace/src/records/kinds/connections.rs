//! Connections to other systems: stored without their secrets; nothing connects.

use sluice_wire::Method;

use crate::catalog::{Privilege, SecurableKind};
use crate::records::kind::{Guard, Key, Kind, Names, Verb};
use crate::records::securable;

/// The options that let somebody in, whatever the system: they are not given back.
fn is_secret(field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    let words = [
        "password",
        "secret",
        "token",
        "private_key",
        "pem",
        "serviceaccountkey",
        "authorization_code",
    ];
    words.iter().any(|word| field.contains(word)) && field != "token_endpoint"
}

pub(super) static KIND: Kind = Kind {
    name: "connection",
    title: "Connection",
    class: "catalog.ConnectionInfo",
    create: "catalog.ConnectionsAPI.create",
    update: "catalog.ConnectionsAPI.update",
    input: &["parent", "secrets"],
    secret: is_secret,
    required: &["name"],
    defaults: &[("read_only", "true")],
    key: Key::Name("name"),
    id_field: "name",
    guard: Guard::Securable {
        kind: SecurableKind::Connection,
        create: Privilege::CreateConnection,
    },
    verbs: &[
        Verb::create("/api/2.1/unity-catalog/connections"),
        Verb::get("/api/2.1/unity-catalog/connections/{name}").named(Names::Path("name")),
        Verb::list("/api/2.1/unity-catalog/connections", "connections", "max_results"),
        Verb::merge("/api/2.1/unity-catalog/connections/{name}").named(Names::Path("name")),
        Verb::delete(Method::Delete, "/api/2.1/unity-catalog/connections/{name}").named(Names::Path("name")),
    ],
    present: |_, record, answer| {
        securable::in_metastore(record, answer);
        answer.insert("connection_id".to_owned(), record.acl_id.clone().into());
        answer.insert("securable_type".to_owned(), "CONNECTION".into());
    },
    ..Kind::BASE
};
