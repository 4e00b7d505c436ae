//! Instance pools. Their names are unique in a workspace.

use sluice_wire::Method;

use super::rest_object::{Answers, Create, Delete, Fields, Identity, PLAIN, RestObject, Search, Update, Whole};
use crate::engine::difference::{Class, Rules, backend_default, immutable, rule};

/// The kind `instance_pools`.
pub(crate) static INSTANCE_POOLS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("aws_attributes", Class::IgnoreRemote, "managed"),
            rule("azure_attributes", Class::IgnoreRemote, "managed"),
            rule("gcp_attributes", Class::IgnoreRemote, "managed"),
            backend_default("idle_instance_autotermination_minutes"),
            backend_default("max_capacity"),
            backend_default("enable_elastic_disk"),
            backend_default("disk_spec"),
            immutable("disk_spec"),
            immutable("node_type_flexibility"),
            immutable("preloaded_spark_versions"),
            immutable("preloaded_docker_images"),
        ],
        output_only: &[],
    },
    fields: Fields::Body("compute.InstancePoolsAPI.create"),
    required: &["instance_pool_name", "node_type_id"],
    identity: Identity::Given(
        "instance_pool_id",
        Search {
            path: "/api/2.0/instance-pools/list",
            list: "instance_pools",
            id: "instance_pool_id",
            agrees: &["/instance_pool_name"],
        },
    ),
    create: Create {
        path: "/api/2.0/instance-pools/create",
        query: &[],
        without: &[],
        answers: Answers::Object,
    },
    read: "/api/2.0/instance-pools/get?instance_pool_id={id}",
    observed: PLAIN,
    update: Update::Whole(Whole {
        method: Method::Post,
        path: "/api/2.0/instance-pools/edit",
        id: Some("instance_pool_id"),
        without: &[
            "disk_spec",
            "node_type_flexibility",
            "preloaded_spark_versions",
            "preloaded_docker_images",
            "aws_attributes",
            "azure_attributes",
            "gcp_attributes",
            "enable_elastic_disk",
        ],
        new_name: None,
        keeps: false,
    }),
    delete: Delete::Post("/api/2.0/instance-pools/delete", "instance_pool_id"),
    ready: None,
};
