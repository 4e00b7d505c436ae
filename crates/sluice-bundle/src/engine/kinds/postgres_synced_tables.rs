//! Tables that Lakebase keeps in step with a table of Unity Catalog. None can be changed, only made anew.

use super::rest_object::{Answers, Create, Delete, Fields, Identity, Observed, PLAIN, RestObject, Update};
use crate::engine::difference::{Class, Rules, rule};
use crate::engine::plan::Action;

/// The kind `postgres_synced_tables`.
pub(crate) static POSTGRES_SYNCED_TABLES: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("synced_table_id", Class::Identity(Action::Recreate), "id_field"),
            rule("accelerated_sync", Class::NotReturned, "spec:input_only"),
            rule("branch", Class::NotReturned, "spec:input_only"),
            rule(
                "create_database_objects_if_missing",
                Class::NotReturned,
                "spec:input_only",
            ),
            rule("existing_pipeline_id", Class::NotReturned, "spec:input_only"),
            rule("extra_columns", Class::NotReturned, "spec:input_only"),
            rule("new_pipeline_spec", Class::NotReturned, "spec:input_only"),
            rule("postgres_database", Class::NotReturned, "spec:input_only"),
            rule("primary_key_columns", Class::NotReturned, "spec:input_only"),
            rule("scheduling_policy", Class::NotReturned, "spec:input_only"),
            rule("source_table_full_name", Class::NotReturned, "spec:input_only"),
            rule("timeseries_key", Class::NotReturned, "spec:input_only"),
            rule("type_overrides", Class::NotReturned, "spec:input_only"),
            rule("accelerated_sync", Class::Recreate, "spec:immutable"),
            rule("branch", Class::Recreate, "spec:immutable"),
            rule("create_database_objects_if_missing", Class::Recreate, "spec:immutable"),
            rule("existing_pipeline_id", Class::Recreate, "spec:immutable"),
            rule("extra_columns", Class::Recreate, "spec:immutable"),
            rule("new_pipeline_spec", Class::Recreate, "spec:immutable"),
            rule("postgres_database", Class::Recreate, "spec:immutable"),
            rule("primary_key_columns", Class::Recreate, "spec:immutable"),
            rule("scheduling_policy", Class::Recreate, "spec:immutable"),
            rule("source_table_full_name", Class::Recreate, "spec:immutable"),
            rule("timeseries_key", Class::Recreate, "spec:immutable"),
            rule("type_overrides", Class::Recreate, "spec:immutable"),
        ],
        output_only: &[],
    },
    fields: Fields::Class("postgres.SyncedTableSyncedTableSpec"),
    required: &["synced_table_id"],
    identity: Identity::Path("synced_tables", "synced_table_id"),
    create: Create {
        path: "/api/2.0/postgres/synced_tables",
        query: &["synced_table_id"],
        without: &["synced_table_id"],
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
