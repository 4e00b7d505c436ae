//! Databases of a branch of Lakebase.

use super::rest_object::{Answers, Create, Delete, Fields, Identity, Observed, PLAIN, RestObject, Update};
use crate::engine::difference::{Class, Rules, rule};
use crate::engine::plan::Action;

/// The kind `postgres_databases`.
pub(crate) static POSTGRES_DATABASES: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("database_id", Class::Identity(Action::Recreate), "id_field"),
            rule("parent", Class::Identity(Action::Recreate), "id_field"),
            rule("replace_existing", Class::IgnoreLocal, "input_only"),
            rule("role", Class::NotReturned, "spec:input_only"),
            rule("postgres_database", Class::NotReturned, "spec:input_only"),
        ],
        output_only: &[],
    },
    fields: Fields::Class("postgres.DatabaseDatabaseSpec"),
    required: &["database_id", "parent"],
    identity: Identity::Path("databases", "database_id"),
    create: Create {
        path: "/api/2.0/postgres/{+parent}/databases",
        query: &["database_id"],
        without: &["database_id", "parent", "replace_existing"],
        answers: Answers::OperationOnSpec,
    },
    read: "/api/2.0/postgres/{+id}",
    observed: Observed {
        at: &["/spec"],
        ..PLAIN
    },
    update: Update::MaskedSpec,
    delete: Delete::Operation,
    ready: None,
};
