//! Roles of a branch of Lakebase. Name, way to sign in and kind of identity are given once.

use super::rest_object::{Answers, Create, Delete, Fields, Identity, Observed, PLAIN, RestObject, Update};
use crate::engine::difference::{Class, Rules, rule};
use crate::engine::plan::Action;

/// The kind `postgres_roles`.
pub(crate) static POSTGRES_ROLES: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("role_id", Class::Identity(Action::Recreate), "id_field"),
            rule("parent", Class::Identity(Action::Recreate), "id_field"),
            rule("replace_existing", Class::IgnoreLocal, "input_only"),
            rule("attributes", Class::NotReturned, "spec:input_only"),
            rule("auth_method", Class::NotReturned, "spec:input_only"),
            rule("identity_type", Class::NotReturned, "spec:input_only"),
            rule("membership_roles", Class::NotReturned, "spec:input_only"),
            rule("postgres_role", Class::NotReturned, "spec:input_only"),
            rule("postgres_role", Class::Recreate, "spec:immutable"),
            rule("auth_method", Class::Recreate, "spec:immutable"),
            rule("identity_type", Class::Recreate, "spec:immutable"),
        ],
        output_only: &[],
    },
    fields: Fields::Class("postgres.RoleRoleSpec"),
    required: &["role_id", "parent"],
    identity: Identity::Path("roles", "role_id"),
    create: Create {
        path: "/api/2.0/postgres/{+parent}/roles",
        query: &["role_id"],
        without: &["role_id", "parent", "replace_existing"],
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
