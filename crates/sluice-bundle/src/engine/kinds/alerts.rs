//! SQL alerts (API 2.0, the second form of alerts). They have a place in the workspace tree; deleting one does not leave it in the trash.

use sluice_wire::Method;

use super::rest_object::{Answers, Create, Delete, Fields, Identity, Observed, PLAIN, RestObject, Update, Whole};
use super::workspace_object::Titled;
use crate::engine::difference::{Class, Rules, rule};

/// The kind `alerts`.
pub(crate) static ALERTS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("custom_template_format", Class::IgnoreRemote, "output_only"),
            rule("run_as", Class::BackendDefault(&[]), "backend_default"),
            rule("run_as_user_name", Class::IgnoreRemote, "output_only"),
        ],
        output_only: &[
            "create_time",
            "effective_run_as",
            "id",
            "lifecycle_state",
            "owner_user_name",
            "update_time",
        ],
    },
    fields: Fields::Body("sql.AlertsV2API.create_alert"),
    required: &["display_name", "query_text", "warehouse_id"],
    identity: Identity::Placed(Titled {
        path: "/api/2.0/alerts",
        list: "alerts",
        id: "id",
        title: "display_name",
    }),
    create: Create {
        path: "/api/2.0/alerts",
        query: &[],
        without: &[],
        answers: Answers::Object,
    },
    read: "/api/2.0/alerts/{id}",
    observed: Observed {
        trashed: Some(("/lifecycle_state", "DELETED")),
        ..PLAIN
    },
    update: Update::Whole(Whole {
        method: Method::Patch,
        path: "/api/2.0/alerts/{id}?update_mask=*",
        id: None,
        without: &[],
        new_name: None,
        keeps: false,
    }),
    delete: Delete::Path("/api/2.0/alerts/{id}?purge=true"),
    ready: None,
};
