//! Registered models of Unity Catalog. No version of one can be made here, so that the list of versions is empty.

use sluice_wire::Method;

use crate::catalog::{Privilege, SecurableKind};
use crate::records::access::Need;
use crate::records::document::{Document, Json};
use crate::records::kind::{Guard, Key, Kind, Names, Verb};
use crate::records::serve;

pub(super) static KIND: Kind = Kind {
    name: "catalog_model",
    title: "Registered model",
    class: "catalog.RegisteredModelInfo",
    create: "catalog.RegisteredModelsAPI.create",
    update: "catalog.RegisteredModelsAPI.update",
    output: &[
        "aliases",
        "browse_only",
        "created_at",
        "created_by",
        "full_name",
        "metastore_id",
        "updated_at",
        "updated_by",
    ],
    fixed: &["catalog_name", "schema_name", "storage_location"],
    required: &["name", "catalog_name", "schema_name"],
    key: Key::Name("name"),
    id_field: "full_name",
    guard: Guard::Securable {
        kind: SecurableKind::RegisteredModel,
        create: Privilege::CreateModel,
    },
    verbs: &[
        Verb::create("/api/2.1/unity-catalog/models"),
        Verb::get("/api/2.1/unity-catalog/models/{full_name}").named(NAMED),
        Verb::list("/api/2.1/unity-catalog/models", "registered_models", "max_results"),
        Verb::merge("/api/2.1/unity-catalog/models/{full_name}").named(NAMED),
        Verb::delete(Method::Delete, "/api/2.1/unity-catalog/models/{full_name}").named(NAMED),
        Verb::own(
            Method::Get,
            "/api/2.1/unity-catalog/models/{full_name}/versions",
            |call, kind| {
                Box::pin(async move {
                    serve::get(&call, kind, call.parameter("full_name"), Need::See).await?;
                    Ok(Document::from_iter([(
                        "model_versions".to_owned(),
                        Json::Array(Vec::new()),
                    )]))
                })
            },
        ),
    ],
    present: |_, _, answer| {
        answer.insert("browse_only".to_owned(), false.into());
    },
    ..Kind::BASE
};

const NAMED: Names = Names::Path("full_name");
