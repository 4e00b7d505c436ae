//! Monitors of tables: stored. Nothing is computed, and each says so.

use sluice_wire::Method;

use crate::Call;
use crate::error::ApiError;
use crate::records::document::{Document, text};
use crate::records::kind::{Guard, Key, Kind, Names, Verb};

const COMPUTES_NONE: &str = "the local workspace stores monitors and computes no metrics";

pub(super) static KIND: Kind = Kind {
    name: "quality_monitor",
    title: "Monitor of the table",
    class: "catalog.MonitorInfo",
    create: "catalog.QualityMonitorsAPI.create",
    update: "catalog.QualityMonitorsAPI.update",
    output: &["latest_monitor_failure_msg"],
    input: &["skip_builtin_dashboard", "warehouse_id"],
    required: &["output_schema_name"],
    key: Key::Composed(table),
    id_field: "table_name",
    guard: Guard::Table,
    verbs: &[
        Verb::create("/api/2.1/unity-catalog/tables/{table_name}/monitor"),
        Verb::get("/api/2.1/unity-catalog/tables/{table_name}/monitor").named(NAMED),
        Verb::replace_whole("/api/2.1/unity-catalog/tables/{table_name}/monitor").named(NAMED),
        Verb::delete(Method::Delete, "/api/2.1/unity-catalog/tables/{table_name}/monitor").named(NAMED),
        Verb::refuse(
            Method::Post,
            "/api/2.1/unity-catalog/tables/{table_name}/monitor/refreshes",
            COMPUTES_NONE,
        ),
    ],
    present: |_, record, answer| {
        let schema = text(&record.body, "output_schema_name").unwrap_or_default();
        let table = record.key.rsplit('.').next().unwrap_or_default();
        let metrics = |what: &str| format!("{schema}.{table}_{what}_metrics");
        answer.insert("profile_metrics_table_name".to_owned(), metrics("profile").into());
        answer.insert("drift_metrics_table_name".to_owned(), metrics("drift").into());
        answer.insert("monitor_version".to_owned(), record.version.into());
        // Without a message: the Databricks CLI takes one for a change to undo. Whoever asks for a refresh is told.
        answer.insert("status".to_owned(), "MONITOR_STATUS_FAILED".into());
    },
    ..Kind::BASE
};

const NAMED: Names = Names::Path("table_name");

fn table(call: &Call, _: &Document) -> Result<(String, String), ApiError> {
    let name = call.parameter("table_name").to_lowercase();
    Ok((name.clone(), name))
}
