//! Catalogs of Unity Catalog that show a database of Lakebase. None can be changed, only made anew.

use super::rest_object::{Answers, Create, Delete, Fields, Identity, Observed, PLAIN, RestObject, Update};
use crate::engine::difference::{Class, Rules, rule};
use crate::engine::plan::Action;

/// The kind `postgres_catalogs`.
pub(crate) static POSTGRES_CATALOGS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("catalog_id", Class::Identity(Action::Recreate), "id_field"),
            rule("postgres_database", Class::NotReturned, "spec:input_only"),
            rule("branch", Class::NotReturned, "spec:input_only"),
            rule("create_database_if_missing", Class::NotReturned, "spec:input_only"),
            rule("postgres_database", Class::Recreate, "spec:immutable"),
            rule("branch", Class::Recreate, "spec:immutable"),
            rule("create_database_if_missing", Class::Recreate, "spec:immutable"),
        ],
        output_only: &[],
    },
    fields: Fields::Class("postgres.CatalogCatalogSpec"),
    required: &["catalog_id", "postgres_database"],
    identity: Identity::Path("catalogs", "catalog_id"),
    create: Create {
        path: "/api/2.0/postgres/catalogs",
        query: &["catalog_id"],
        without: &["catalog_id"],
        answers: Answers::OperationOnSpec,
    },
    read: "/api/2.0/postgres/{+id}",
    observed: Observed {
        at: &["/spec"],
        ..PLAIN
    },
    update: Update::Never,
    delete: Delete::Operation,
    ready: None,
};
