//! Models in Unity Catalog. Their id is the full name; another name or place means another model.

use sluice_wire::Method;

use super::rest_object::{Answers, Create, Delete, Fields, Identity, PLAIN, RestObject, Update, Whole};
use crate::engine::difference::{Class, Rules, backend_default, immutable, rule};

/// The kind `registered_models`.
pub(crate) static REGISTERED_MODELS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("name", Class::CaseInsensitive, "uc_lower_cases"),
            immutable("name"),
            rule("catalog_name", Class::CaseInsensitive, "uc_lower_cases"),
            immutable("catalog_name"),
            rule("schema_name", Class::CaseInsensitive, "uc_lower_cases"),
            immutable("schema_name"),
            rule("storage_location", Class::TrailingSlash, "uc_strips_trailing_slash"),
            backend_default("storage_location"),
            immutable("storage_location"),
            rule("aliases", Class::NotReturned, "input_only"),
            rule("aliases", Class::IgnoreRemote, "input_only"),
            backend_default("owner"),
        ],
        output_only: &[
            "browse_only",
            "created_at",
            "created_by",
            "full_name",
            "metastore_id",
            "updated_at",
            "updated_by",
        ],
    },
    fields: Fields::Body("catalog.RegisteredModelsAPI.create"),
    required: &["name", "catalog_name", "schema_name"],
    identity: Identity::FullName(&["catalog_name", "schema_name", "name"]),
    create: Create {
        path: "/api/2.1/unity-catalog/models",
        query: &[],
        without: &[],
        answers: Answers::Object,
    },
    read: "/api/2.1/unity-catalog/models/{id}",
    observed: PLAIN,
    update: Update::Whole(Whole {
        method: Method::Patch,
        path: "/api/2.1/unity-catalog/models/{id}",
        id: None,
        without: &[],
        new_name: None,
        keeps: true,
    }),
    delete: Delete::Path("/api/2.1/unity-catalog/models/{id}"),
    ready: None,
};
