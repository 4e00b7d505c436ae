//! Monitors of a table's quality. Their id is the full name of the table.

use sluice_wire::Method;

use super::rest_object::{Answers, Create, Delete, Fields, Identity, PLAIN, RestObject, Update, Whole};
use crate::engine::difference::{Class, Rules, backend_default, immutable, rule};
use crate::engine::plan::Action;

/// The kind `quality_monitors`.
pub(crate) static QUALITY_MONITORS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("table_name", Class::CaseInsensitive, "uc_lower_cases"),
            rule("table_name", Class::Identity(Action::Recreate), "id_field"),
            immutable("assets_dir"),
            rule("skip_builtin_dashboard", Class::NotReturned, "input_only"),
            rule("warehouse_id", Class::NotReturned, "input_only"),
            rule("latest_monitor_failure_msg", Class::IgnoreRemote, "output_only"),
            rule(
                "schedule.pause_status",
                Class::BackendDefault(&["UNPAUSED"]),
                "backend_default",
            ),
            backend_default("custom_metrics"),
            backend_default("data_classification_config"),
        ],
        output_only: &[],
    },
    fields: Fields::Body("catalog.QualityMonitorsAPI.create"),
    required: &["table_name", "assets_dir", "output_schema_name"],
    identity: Identity::Name("table_name"),
    create: Create {
        path: "/api/2.1/unity-catalog/tables/{table_name}/monitor",
        query: &[],
        without: &["table_name"],
        answers: Answers::Object,
    },
    read: "/api/2.1/unity-catalog/tables/{id}/monitor",
    observed: PLAIN,
    update: Update::Whole(Whole {
        method: Method::Put,
        path: "/api/2.1/unity-catalog/tables/{id}/monitor",
        id: None,
        without: &["table_name", "assets_dir", "skip_builtin_dashboard", "warehouse_id"],
        new_name: None,
        keeps: false,
    }),
    delete: Delete::Path("/api/2.1/unity-catalog/tables/{id}/monitor"),
    ready: None,
};
