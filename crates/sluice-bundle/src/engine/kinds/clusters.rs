//! All-purpose clusters. A running cluster whose size alone changes is resized and goes on running; every other change restarts it.
//!
//! Deleting is for good, as with the Databricks CLI: a terminated cluster would stay in the list.

use serde_json::Value;
use sluice_wire::{Method, Request};

use super::rest_object::{
    Answers, Create, Delete, Fields, Identity, Observed, PLAIN, Ready, RestObject, Search, Update, changing,
};
use super::started::{LIFECYCLE, Started, nothing};
use super::{Call, Change, changed_fields, pick, text};
use crate::engine::difference::{Class, Rules, backend_default, rule};
use crate::engine::plan::Action;

/// The kind `clusters`.
pub(crate) static CLUSTERS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("aws_attributes", Class::IgnoreRemote, "managed"),
            rule("azure_attributes", Class::IgnoreRemote, "managed"),
            rule("gcp_attributes", Class::IgnoreRemote, "managed"),
            rule("apply_policy_default_values", Class::NotReturned, "input_only"),
            backend_default("node_type_id"),
            backend_default("driver_node_type_id"),
            backend_default("driver_instance_pool_id"),
            backend_default("enable_elastic_disk"),
            backend_default("enable_local_disk_encryption"),
            backend_default("data_security_mode"),
            backend_default("single_user_name"),
            backend_default("runtime_engine"),
            backend_default("dependency_mode"),
        ],
        output_only: &["clone_from"],
    },
    fields: Fields::Class("compute.ClusterSpec"),
    required: &[],
    identity: Identity::Given(
        "cluster_id",
        Search {
            path: "/api/2.1/clusters/list",
            list: "clusters",
            id: "cluster_id",
            agrees: &["/cluster_name", "/spark_version", "/node_type_id"],
        },
    ),
    create: Create {
        path: "/api/2.1/clusters/create",
        query: &[],
        without: &[],
        answers: Answers::Object,
    },
    read: "/api/2.1/clusters/get?cluster_id={id}",
    observed: Observed {
        started: Some(&STARTED),
        ..PLAIN
    },
    update: Update::CallsOrResize(update, is_resized),
    delete: Delete::Post("/api/2.1/clusters/permanent-delete", "cluster_id"),
    ready: Some(Ready {
        state: "/state",
        good: &["RUNNING"],
        bad: &["TERMINATED", "ERROR"],
        message: "/state_message",
        after_update: false,
    }),
};

static STARTED: Started = Started {
    state: "/state",
    message: "/state_message",
    running: &["RUNNING"],
    coming_up: &["PENDING", "RESTARTING", "RESIZING"],
    broken: &["TERMINATED", "ERROR"],
    stopped: &["TERMINATED", "TERMINATING"],
    start: "/api/2.1/clusters/start",
    stop: "/api/2.1/clusters/delete",
    id: Some("cluster_id"),
    comes_up: true,
    unless_started: &[],
    then: nothing,
};

/// The fields that say how large a cluster is.
const SIZE: [&str; 2] = ["num_workers", "autoscale"];

/// Whether a change of these fields is made while the cluster goes on running.
fn is_resized(changed: &[&str], remote: &Value) -> bool {
    text(remote, "state") == Some("RUNNING") && changed.iter().all(|field| SIZE.contains(field))
}

fn update(id: &str, change: &Change<'_>) -> Vec<Call> {
    let mut changed = changed_fields(change);
    changed.retain(|field| field != LIFECYCLE);
    let resizes = change.entry.action == Action::Resize;
    let (path, mut body) = if resizes {
        ("/api/2.1/clusters/resize", Value::Object(pick(change.new, &SIZE)))
    } else {
        ("/api/2.1/clusters/edit", change.new.clone())
    };
    if let Value::Object(fields) = &mut body {
        fields.shift_remove(LIFECYCLE);
    }
    body["cluster_id"] = id.into();
    let description = if resizes {
        "resize".to_owned()
    } else {
        format!("change {}", changed.join(", "))
    };
    vec![changing(description, id, Request::new(Method::Post, path).json(body))]
}
