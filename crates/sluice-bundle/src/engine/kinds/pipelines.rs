//! Pipelines. A change replaces the whole definition; another storage or origin means another pipeline.

use sluice_wire::Method;

use super::rest_object::{
    Answers, Create, Delete, Fields, Identity, Observed, PLAIN, RestObject, Search, Update, Whole,
};
use crate::engine::difference::{Class, Rules, backend_default, immutable, rule};

/// The kind `pipelines`.
pub(crate) static PIPELINES: RestObject = RestObject {
    rules: Rules {
        keyed: &[("clusters", &["label"])],
        fields: &[
            rule("id", Class::IgnoreRemote, "managed"),
            rule("run_as", Class::IgnoreRemote, "managed"),
            rule("allow_duplicate_names", Class::NotReturned, "input_only"),
            rule("allow_duplicate_names", Class::IgnoreRemote, "input_only"),
            rule("deployment.version_id", Class::IgnoreLocal, "managed"),
            rule("deployment.version_id", Class::IgnoreRemote, "managed"),
            rule("cascade_on_destroy", Class::IgnoreLocal, "kept in the state"),
            rule("clusters[*].aws_attributes", Class::IgnoreRemote, "managed"),
            rule("clusters[*].azure_attributes", Class::IgnoreRemote, "managed"),
            rule("clusters[*].gcp_attributes", Class::IgnoreRemote, "managed"),
            backend_default("clusters[*].node_type_id"),
            backend_default("clusters[*].driver_node_type_id"),
            backend_default("storage"),
            backend_default("event_log"),
            backend_default("continuous"),
            immutable("storage"),
            immutable("ingestion_definition.connection_name"),
            immutable("ingestion_definition.ingestion_gateway_id"),
            immutable("ingestion_definition.ingest_from_uc_foreign_catalog"),
            immutable("gateway_definition.connection_id"),
            immutable("gateway_definition.connection_name"),
            immutable("gateway_definition.gateway_storage_catalog"),
            immutable("gateway_definition.gateway_storage_schema"),
        ],
        output_only: &["dry_run", "parent_path"],
    },
    fields: Fields::Body("pipelines.PipelinesAPI.create"),
    required: &[],
    identity: Identity::Given(
        "pipeline_id",
        Search {
            path: "/api/2.0/pipelines?max_results=100",
            list: "statuses",
            id: "pipeline_id",
            agrees: &["/name"],
        },
    ),
    create: Create {
        path: "/api/2.0/pipelines",
        query: &[],
        without: &["cascade_on_destroy"],
        answers: Answers::Object,
    },
    read: "/api/2.0/pipelines/{id}",
    observed: Observed {
        at: &["/spec"],
        ..PLAIN
    },
    update: Update::Whole(Whole {
        method: Method::Put,
        path: "/api/2.0/pipelines/{id}",
        id: None,
        without: &["cascade_on_destroy"],
        new_name: None,
        keeps: false,
    }),
    delete: Delete::Path("/api/2.0/pipelines/{id}"),
    ready: None,
};
