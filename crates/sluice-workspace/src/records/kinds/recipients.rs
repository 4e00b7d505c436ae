//! Recipients of shares: stored. No server shares anything from here, so that a recipient has neither a token nor an activation link.

use serde_json::json;
use sluice_wire::Method;

use super::shares;
use crate::Call;
use crate::catalog::{Privilege, SecurableKind};
use crate::records::access::Need;
use crate::records::document::{Document, Json};
use crate::records::kind::{Guard, Key, Kind, Names, Verb, Work};
use crate::records::{securable, serve};

pub(super) static KIND: Kind = Kind {
    name: "recipient",
    title: "Recipient",
    class: "sharing.RecipientInfo",
    create: "sharing.RecipientsAPI.create",
    update: "sharing.RecipientsAPI.update",
    output: &["id"],
    input: &["sharing_code"],
    required: &["name", "authentication_type"],
    key: Key::Name("name"),
    id_field: "name",
    guard: Guard::Securable {
        kind: SecurableKind::Recipient,
        create: Privilege::CreateRecipient,
    },
    verbs: &[
        Verb::create("/api/2.1/unity-catalog/recipients"),
        Verb::get("/api/2.1/unity-catalog/recipients/{name}").named(Names::Path("name")),
        Verb::list("/api/2.1/unity-catalog/recipients", "recipients", "max_results"),
        Verb::merge("/api/2.1/unity-catalog/recipients/{name}").named(Names::Path("name")),
        Verb::delete(Method::Delete, "/api/2.1/unity-catalog/recipients/{name}").named(Names::Path("name")),
        Verb::own(
            Method::Get,
            "/api/2.1/unity-catalog/recipients/{name}/share-permissions",
            share_permissions,
        ),
        Verb::refuse(
            Method::Post,
            "/api/2.1/unity-catalog/recipients/{name}/rotate-token",
            "the local workspace shares nothing, so that a recipient has no token",
        ),
    ],
    present: |_, record, answer| {
        securable::in_metastore(record, answer);
        answer.remove("full_name");
        answer.insert("id".to_owned(), record.acl_id.clone().into());
        answer.insert("activated".to_owned(), false.into());
    },
    ..Kind::BASE
};

/// What a recipient was given, of the shares that the caller may see.
fn share_permissions(call: Call, kind: &'static Kind) -> Work<'static, Document> {
    Box::pin(async move {
        let name = serve::get(&call, kind, call.parameter("name"), Need::See).await?.key;
        let mut given = Vec::new();
        for share in serve::visible(&call, &shares::KIND).await? {
            let assignments = shares::assignments(&share.body);
            let own: Vec<_> = assignments
                .into_iter()
                .filter(|(recipient, _)| *recipient == name)
                .collect();
            if let Some(own) = shares::written(own) {
                given.push(json!({"share_name": share.key, "privilege_assignments": own}));
            }
        }
        Ok(Document::from_iter([(
            "permissions_out".to_owned(),
            Json::Array(given),
        )]))
    })
}
