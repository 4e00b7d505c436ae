//! Projects of Lakebase. The version of PostgreSQL is given once.

use super::rest_object::{Answers, Create, Delete, Fields, Identity, Observed, PLAIN, RestObject, Update};
use crate::engine::difference::{Class, Rules, rule};
use crate::engine::plan::Action;

/// The kind `postgres_projects`.
pub(crate) static POSTGRES_PROJECTS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("project_id", Class::Identity(Action::Recreate), "id_field"),
            rule("purge_on_delete", Class::IgnoreLocal, "input_only"),
            rule("budget_policy_id", Class::NotReturned, "spec:input_only"),
            rule("custom_tags", Class::NotReturned, "spec:input_only"),
            rule("default_branch", Class::NotReturned, "spec:input_only"),
            rule("default_endpoint_settings", Class::NotReturned, "spec:input_only"),
            rule("display_name", Class::NotReturned, "spec:input_only"),
            rule("enable_pg_native_login", Class::NotReturned, "spec:input_only"),
            rule("history_retention_duration", Class::NotReturned, "spec:input_only"),
            rule("pg_version", Class::NotReturned, "spec:input_only"),
            rule("pg_version", Class::Recreate, "spec:immutable"),
        ],
        output_only: &[],
    },
    fields: Fields::Class("postgres.ProjectSpec"),
    required: &["project_id"],
    identity: Identity::Path("projects", "project_id"),
    create: Create {
        path: "/api/2.0/postgres/projects",
        query: &["project_id"],
        without: &["project_id", "purge_on_delete"],
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
