//! Catalogs of Unity Catalog that show a database of Lakebase's first generation. None can be changed, only made anew.

use super::rest_object::{Answers, Create, Delete, Fields, Identity, PLAIN, RestObject, Update};
use crate::engine::difference::{Class, Rules, immutable, rule};
use crate::engine::plan::Action;

/// The kind `database_catalogs`.
pub(crate) static DATABASE_CATALOGS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("name", Class::CaseInsensitive, "uc_lower_cases"),
            rule("name", Class::Identity(Action::Recreate), "id_field"),
            rule("create_database_if_not_exists", Class::NotReturned, "input_only"),
            immutable("database_instance_name"),
            immutable("database_name"),
            immutable("create_database_if_not_exists"),
        ],
        output_only: &["uid"],
    },
    fields: Fields::Class("database.DatabaseCatalog"),
    required: &["name", "database_instance_name", "database_name"],
    identity: Identity::Name("name"),
    create: Create {
        path: "/api/2.0/database/catalogs",
        query: &[],
        without: &[],
        answers: Answers::Object,
    },
    read: "/api/2.0/database/catalogs/{id}",
    observed: PLAIN,
    update: Update::Never,
    delete: Delete::Path("/api/2.0/database/catalogs/{id}"),
    ready: None,
};
