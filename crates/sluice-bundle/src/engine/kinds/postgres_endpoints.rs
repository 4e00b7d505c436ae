//! Endpoints of a branch of Lakebase. The type is given once.

use super::rest_object::{Answers, Create, Delete, Fields, Identity, Observed, PLAIN, RestObject, Update};
use crate::engine::difference::{Class, Rules, rule};
use crate::engine::plan::Action;

/// The kind `postgres_endpoints`.
pub(crate) static POSTGRES_ENDPOINTS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("endpoint_id", Class::Identity(Action::Recreate), "id_field"),
            rule("parent", Class::Identity(Action::Recreate), "id_field"),
            rule("replace_existing", Class::IgnoreLocal, "input_only"),
            rule("endpoint_type", Class::NotReturned, "spec:input_only"),
            rule("autoscaling_limit_max_cu", Class::NotReturned, "spec:input_only"),
            rule("autoscaling_limit_min_cu", Class::NotReturned, "spec:input_only"),
            rule("disabled", Class::NotReturned, "spec:input_only"),
            rule("group", Class::NotReturned, "spec:input_only"),
            rule("no_suspension", Class::NotReturned, "spec:input_only"),
            rule("settings", Class::NotReturned, "spec:input_only"),
            rule("suspend_timeout_duration", Class::NotReturned, "spec:input_only"),
            rule("endpoint_type", Class::Recreate, "spec:immutable"),
        ],
        output_only: &[],
    },
    fields: Fields::Class("postgres.EndpointSpec"),
    required: &["endpoint_id", "parent", "endpoint_type"],
    identity: Identity::Path("endpoints", "endpoint_id"),
    create: Create {
        path: "/api/2.0/postgres/{+parent}/endpoints",
        query: &["endpoint_id"],
        without: &["endpoint_id", "parent", "replace_existing"],
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
