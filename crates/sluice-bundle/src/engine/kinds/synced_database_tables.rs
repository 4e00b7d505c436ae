//! Tables that Lakebase's first generation keeps in step with a table of Unity Catalog. None can be changed, only made anew.

use super::rest_object::{Answers, Create, Delete, Fields, Identity, PLAIN, RestObject, Update};
use crate::engine::difference::{Class, Rules, immutable, rule};
use crate::engine::plan::Action;

/// The kind `synced_database_tables`.
pub(crate) static SYNCED_DATABASE_TABLES: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("name", Class::CaseInsensitive, "uc_lower_cases"),
            rule("name", Class::Identity(Action::Recreate), "id_field"),
            rule("spec", Class::NotReturned, "input_only"),
            rule("database_instance_name", Class::NotReturned, "input_only"),
            rule("logical_database_name", Class::NotReturned, "input_only"),
            immutable("database_instance_name"),
            immutable("logical_database_name"),
            immutable("spec"),
        ],
        output_only: &[
            "data_synchronization_status",
            "effective_database_instance_name",
            "effective_logical_database_name",
            "unity_catalog_provisioning_state",
        ],
    },
    fields: Fields::Class("database.SyncedDatabaseTable"),
    required: &["name"],
    identity: Identity::Name("name"),
    create: Create {
        path: "/api/2.0/database/synced_tables",
        query: &[],
        without: &[],
        answers: Answers::Object,
    },
    read: "/api/2.0/database/synced_tables/{id}",
    observed: PLAIN,
    update: Update::Never,
    delete: Delete::Path("/api/2.0/database/synced_tables/{id}"),
    ready: None,
};
