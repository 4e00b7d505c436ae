//! Branches of a project of Lakebase. What a branch came from is given once.

use super::rest_object::{Answers, Create, Delete, Fields, Identity, Observed, PLAIN, RestObject, Update};
use crate::engine::difference::{Class, Rules, rule};
use crate::engine::plan::Action;

/// The kind `postgres_branches`.
pub(crate) static POSTGRES_BRANCHES: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("branch_id", Class::Identity(Action::Recreate), "id_field"),
            rule("parent", Class::Identity(Action::Recreate), "id_field"),
            rule("purge_on_delete", Class::IgnoreLocal, "input_only"),
            rule("replace_existing", Class::IgnoreLocal, "input_only"),
            rule("expire_time", Class::NotReturned, "spec:input_only"),
            rule("is_protected", Class::NotReturned, "spec:input_only"),
            rule("no_expiry", Class::NotReturned, "spec:input_only"),
            rule("source_branch", Class::NotReturned, "spec:input_only"),
            rule("source_branch_lsn", Class::NotReturned, "spec:input_only"),
            rule("source_branch_time", Class::NotReturned, "spec:input_only"),
            rule("source_snapshot", Class::NotReturned, "spec:input_only"),
            rule("ttl", Class::NotReturned, "spec:input_only"),
            rule("source_branch", Class::Recreate, "spec:immutable"),
            rule("source_branch_lsn", Class::Recreate, "spec:immutable"),
            rule("source_branch_time", Class::Recreate, "spec:immutable"),
        ],
        output_only: &[],
    },
    fields: Fields::Class("postgres.BranchSpec"),
    required: &["branch_id", "parent"],
    identity: Identity::Path("branches", "branch_id"),
    create: Create {
        path: "/api/2.0/postgres/{+parent}/branches",
        query: &["branch_id"],
        without: &["branch_id", "parent", "purge_on_delete", "replace_existing"],
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
