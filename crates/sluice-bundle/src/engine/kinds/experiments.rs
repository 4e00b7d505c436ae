//! MLflow experiments. Only their name can be changed; tags are given once, when they are made, as the Databricks CLI does.

use sluice_wire::Method;

use super::rest_object::{Answers, Create, Delete, Fields, Identity, Observed, PLAIN, RestObject, Search, Update};
use crate::engine::difference::{Class, Rules, backend_default, immutable, rule};

/// The kind `experiments`.
pub(crate) static EXPERIMENTS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("tags", Class::IgnoreLocal, "set at creation"),
            rule("tags", Class::IgnoreRemote, "set at creation"),
            backend_default("artifact_location"),
            backend_default("trace_location"),
            immutable("artifact_location"),
            immutable("trace_location"),
        ],
        output_only: &[],
    },
    fields: Fields::Body("ml.ExperimentsAPI.create_experiment"),
    required: &["name"],
    identity: Identity::Given(
        "experiment_id",
        Search {
            path: "/api/2.0/mlflow/experiments/list?max_results=1000",
            list: "experiments",
            id: "experiment_id",
            agrees: &["/name"],
        },
    ),
    create: Create {
        path: "/api/2.0/mlflow/experiments/create",
        query: &[],
        without: &[],
        answers: Answers::Object,
    },
    read: "/api/2.0/mlflow/experiments/get?experiment_id={id}",
    observed: Observed {
        at: &["/experiment"],
        trashed: Some(("/lifecycle_stage", "deleted")),
        ..PLAIN
    },
    update: Update::Changed {
        method: Method::Post,
        path: "/api/2.0/mlflow/experiments/update",
        id: "experiment_id",
        renamed: &[("name", "new_name")],
    },
    delete: Delete::Post("/api/2.0/mlflow/experiments/delete", "experiment_id"),
    ready: None,
};
