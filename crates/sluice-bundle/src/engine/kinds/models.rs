//! Models of the workspace's own registry, the one before Unity Catalog. Tags are given once, when they are made.

use sluice_wire::Method;

use super::rest_object::{Answers, Create, Delete, Fields, Identity, Observed, PLAIN, RestObject, Update, Whole};
use crate::engine::difference::{Class, Rules, rule};
use crate::engine::plan::Action;

/// The kind `models`.
pub(crate) static MODELS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("name", Class::Identity(Action::Recreate), "id_field"),
            rule("tags", Class::IgnoreLocal, "set at creation"),
            rule("tags", Class::IgnoreRemote, "set at creation"),
        ],
        output_only: &[],
    },
    fields: Fields::Body("ml.ModelRegistryAPI.create_model"),
    required: &["name"],
    identity: Identity::Name("name"),
    create: Create {
        path: "/api/2.0/mlflow/registered-models/create",
        query: &[],
        without: &[],
        answers: Answers::Object,
    },
    read: "/api/2.0/mlflow/databricks/registered-models/get?name={id}",
    observed: Observed {
        at: &["/registered_model_databricks"],
        renamed: &[("id", "model_id")],
        ..PLAIN
    },
    update: Update::Whole(Whole {
        method: Method::Patch,
        path: "/api/2.0/mlflow/registered-models/update",
        id: None,
        without: &["tags"],
        new_name: None,
        keeps: true,
    }),
    delete: Delete::Path("/api/2.0/mlflow/registered-models/delete?name={id}"),
    ready: None,
};
