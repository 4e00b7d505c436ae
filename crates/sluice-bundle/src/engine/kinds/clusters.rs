//! All-purpose clusters. A running cluster whose size alone changes is resized and goes on running; every other change restarts it.
//!
//! Deleting is for good, as with the Databricks CLI: a terminated cluster would stay in the list.

use serde_json::Value;
use sluice_wire::{Method, Request};

use super::rest_object::{
    Answers, Create, Delete, Fields, Identity, PLAIN, Ready, RestObject, Search, Update, changing,
};
use super::{Call, Change, changed_fields, pick, text};
use crate::engine::difference::{Class, Rules, backend_default, rule};

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
    observed: PLAIN,
    update: Update::Calls(update),
    delete: Delete::Post("/api/2.1/clusters/permanent-delete", "cluster_id"),
    ready: Some(Ready {
        state: "/state",
        good: &["RUNNING"],
        bad: &["TERMINATED", "ERROR"],
        message: "/state_message",
        after_update: false,
    }),
};

/// The fields that say how large a cluster is.
const SIZE: [&str; 2] = ["num_workers", "autoscale"];

fn update(id: &str, change: &Change<'_>) -> Vec<Call> {
    let changed = changed_fields(change);
    let state = change
        .entry
        .remote_state
        .as_ref()
        .and_then(|remote| text(remote, "state"));
    let resizes = state == Some("RUNNING") && changed.iter().all(|field| SIZE.contains(&field.as_str()));
    let (path, mut body) = if resizes {
        ("/api/2.1/clusters/resize", Value::Object(pick(change.new, &SIZE)))
    } else {
        ("/api/2.1/clusters/edit", change.new.clone())
    };
    body["cluster_id"] = id.into();
    let description = if resizes {
        "resize".to_owned()
    } else {
        format!("change {}", changed.join(", "))
    };
    vec![changing(description, id, Request::new(Method::Post, path).json(body))]
}
