//! Unity Catalog catalogs. Their id is their name; a new name renames, a new place or origin means another catalog.
//!
//! Deleting uses `force`, as the Databricks CLI does: what the catalog holds goes with it.

use sluice_wire::Method;

use super::rest_object::{Answers, Create, Delete, Fields, Identity, PLAIN, RestObject, Update, Whole};
use crate::engine::difference::{Class, Rules, immutable, rule};
use crate::engine::plan::Action;

/// The kind `catalogs`.
pub(crate) static CATALOGS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("name", Class::CaseInsensitive, "uc_lower_cases"),
            rule("name", Class::Identity(Action::UpdateId), "id_changes"),
            rule("storage_root", Class::TrailingSlash, "uc_strips_trailing_slash"),
            immutable("storage_root"),
            immutable("connection_name"),
            immutable("provider_name"),
            immutable("share_name"),
        ],
        output_only: &[],
    },
    fields: Fields::Body("catalog.CatalogsAPI.create"),
    required: &["name"],
    identity: Identity::FullName(&["name"]),
    create: Create {
        path: "/api/2.1/unity-catalog/catalogs",
        query: &[],
        without: &[],
        answers: Answers::Object,
    },
    read: "/api/2.1/unity-catalog/catalogs/{id}",
    observed: PLAIN,
    update: Update::Whole(Whole {
        method: Method::Patch,
        path: "/api/2.1/unity-catalog/catalogs/{id}",
        id: None,
        without: &["name", "storage_root", "connection_name", "provider_name", "share_name"],
        new_name: Some("new_name"),
        keeps: true,
    }),
    delete: Delete::Path("/api/2.1/unity-catalog/catalogs/{id}?force=true"),
    ready: None,
};
