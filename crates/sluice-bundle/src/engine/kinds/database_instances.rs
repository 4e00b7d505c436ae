//! Instances of Lakebase's first generation. The capacity and the like are changed in place; an instance is waited for.

use sluice_wire::Method;

use super::rest_object::{Answers, Create, Delete, Fields, Identity, PLAIN, Ready, RestObject, Update, Whole};
use crate::engine::difference::{Class, Rules, immutable, rule};
use crate::engine::plan::Action;
use crate::output_only;

/// The kind `database_instances`.
pub(crate) static DATABASE_INSTANCES: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("name", Class::Identity(Action::Recreate), "id_field"),
            immutable("parent_instance_ref"),
            rule("capacity", Class::BackendDefault(&[]), "backend_default"),
            rule("custom_tags", Class::NotReturned, "input_only"),
            rule("enable_pg_native_login", Class::NotReturned, "input_only"),
            rule("enable_readable_secondaries", Class::NotReturned, "input_only"),
            rule("node_count", Class::NotReturned, "input_only"),
            rule("retention_window_in_days", Class::NotReturned, "input_only"),
            rule("stopped", Class::NotReturned, "input_only"),
            rule("usage_policy_id", Class::NotReturned, "input_only"),
            rule("parent_instance_ref", Class::NotReturned, "input_only"),
        ],
        output_only: output_only::DATABASE_INSTANCE,
    },
    fields: Fields::Class("database.DatabaseInstance"),
    required: &["name"],
    identity: Identity::Name("name"),
    create: Create {
        path: "/api/2.0/database/instances",
        query: &[],
        without: &[],
        answers: Answers::Object,
    },
    read: "/api/2.0/database/instances/{id}",
    observed: PLAIN,
    update: Update::Whole(Whole {
        method: Method::Patch,
        path: "/api/2.0/database/instances/{id}?update_mask=*",
        id: None,
        without: &[],
        new_name: None,
        keeps: false,
    }),
    delete: Delete::Path("/api/2.0/database/instances/{id}?purge=true"),
    ready: Some(Ready {
        state: "/state",
        good: &["AVAILABLE", "STOPPED"],
        bad: &["DELETING"],
        message: "/message",
        after_update: false,
    }),
};
