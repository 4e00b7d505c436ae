//! SQL warehouses.

use sluice_wire::Method;

use super::rest_object::{
    Answers, Create, Delete, Fields, Identity, Observed, PLAIN, RestObject, Search, Update, Whole,
};
use super::started::{Started, nothing};
use crate::engine::difference::{Class, Rules, backend_default, rule};

/// The kind `sql_warehouses`.
pub(crate) static SQL_WAREHOUSES: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("channel", Class::IgnoreRemote, "managed"),
            rule("tags", Class::IgnoreRemote, "managed"),
            rule("warehouse_type", Class::IgnoreRemote, "managed"),
            rule("min_num_clusters", Class::IgnoreRemote, "managed"),
            rule("creator_name", Class::IgnoreRemote, "output_only"),
            backend_default("enable_serverless_compute"),
            backend_default("statement_timeout"),
        ],
        output_only: &["customer_version_label", "max_dbu", "reyden_cluster_size_multiplier"],
    },
    fields: Fields::Body("sql.WarehousesAPI.create"),
    required: &[],
    identity: Identity::Given(
        "id",
        Search {
            path: "/api/2.0/sql/warehouses",
            list: "warehouses",
            id: "id",
            agrees: &["/name"],
        },
    ),
    create: Create {
        path: "/api/2.0/sql/warehouses",
        query: &[],
        without: &[],
        answers: Answers::Object,
    },
    read: "/api/2.0/sql/warehouses/{id}",
    observed: Observed {
        trashed: Some(("/state", "DELETED")),
        started: Some(&STARTED),
        ..PLAIN
    },
    update: Update::Whole(Whole {
        method: Method::Post,
        path: "/api/2.0/sql/warehouses/{id}/edit",
        id: None,
        without: &[],
        new_name: None,
        keeps: false,
    }),
    delete: Delete::Path("/api/2.0/sql/warehouses/{id}"),
    ready: None,
};

static STARTED: Started = Started {
    state: "/state",
    message: "/health/summary",
    running: &["RUNNING"],
    coming_up: &["STARTING"],
    broken: &["STOPPED", "DELETING", "DELETED"],
    stopped: &["STOPPED"],
    start: "/api/2.0/sql/warehouses/{id}/start",
    stop: "/api/2.0/sql/warehouses/{id}/stop",
    id: None,
    comes_up: true,
    unless_started: &[],
    then: nothing,
};
