//! The fields of the configuration of each kind, beside those that the REST API describes.

use super::tables::GRANT;
use super::{Object, Type, Wire};
use crate::output_only;

const TEXT_MAP: Type = Type::Map(&Type::Text);
const LIFECYCLE_FIELD: (&str, Type) = ("lifecycle", Type::Object(&LIFECYCLE));
const GRANTS: (&str, Type) = ("grants", Type::List(&Type::Object(&GRANT)));

static LIFECYCLE: Object = Object::of("lifecycle", &[("prevent_destroy", Type::Boolean)]);

/// Of what can be started and stopped.
static LIFECYCLE_STARTED: Object = Object::of(
    "lifecycle",
    &[("prevent_destroy", Type::Boolean), ("started", Type::Boolean)],
);
const LIFECYCLE_STARTED_FIELD: (&str, Type) = ("lifecycle", Type::Object(&LIFECYCLE_STARTED));

/// Of what happens.
static LIFECYCLE_TRIGGERS: Object = Object::of(
    "lifecycle",
    &[
        ("prevent_destroy", Type::Boolean),
        (
            "triggers",
            Type::Object(&Object::of("triggers", &[("on_bundle_deploy", Type::Boolean)])),
        ),
    ],
);

/// An entry of permissions whose levels are these.
macro_rules! permission {
    ($name:ident, $levels:expr) => {
        static $name: Object = Object {
            name: "permission",
            fields: &[
                ("level", $levels),
                ("user_name", Type::Text),
                ("group_name", Type::Text),
                ("service_principal_name", Type::Text),
            ],
            wire: Wire::Nowhere,
            required: &["level"],
        };
    };
}

permission!(
    JOB_PERMISSION,
    Type::Words(&["CAN_MANAGE", "CAN_MANAGE_RUN", "CAN_VIEW", "IS_OWNER"])
);
permission!(
    OBJECT_PERMISSION,
    Type::Words(&["CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE"])
);
permission!(SECRET_PERMISSION, Type::Words(&["READ", "WRITE", "MANAGE"]));
permission!(ANY_PERMISSION, Type::Enumeration("iam.PermissionLevel"));
permission!(APP_PERMISSION, Type::Enumeration("apps.AppPermissionLevel"));
permission!(CLUSTER_PERMISSION, Type::Enumeration("compute.ClusterPermissionLevel"));
permission!(
    POOL_PERMISSION,
    Type::Enumeration("compute.InstancePoolPermissionLevel")
);
permission!(EXPERIMENT_PERMISSION, Type::Enumeration("ml.ExperimentPermissionLevel"));
permission!(MODEL_PERMISSION, Type::Enumeration("ml.RegisteredModelPermissionLevel"));
permission!(
    PIPELINE_PERMISSION,
    Type::Enumeration("pipelines.PipelinePermissionLevel")
);
permission!(
    SERVING_PERMISSION,
    Type::Enumeration("serving.ServingEndpointPermissionLevel")
);
permission!(WAREHOUSE_PERMISSION, Type::Enumeration("sql.WarehousePermissionLevel"));
permission!(
    VECTOR_SEARCH_PERMISSION,
    Type::Enumeration("vectorsearch.VectorSearchEndpointPermissionLevel")
);

pub(super) static ALERT: Object = Object {
    name: "alert",
    fields: &[
        ("file_path", Type::Text),
        ("permissions", Type::List(&Type::Object(&ANY_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::BodyWithout(
        "sql.AlertsV2API.create_alert",
        &[
            "create_time",
            "custom_template_format",
            "effective_run_as",
            "id",
            "lifecycle_state",
            "owner_user_name",
            "update_time",
        ],
    ),
    required: &["display_name", "query_text", "warehouse_id", "evaluation", "schedule"],
};

static APP_CONFIG: Object = Object {
    name: "configuration of an app",
    fields: &[
        ("command", Type::List(&Type::Text)),
        ("env", Type::List(&Type::Class("apps.EnvVar"))),
    ],
    wire: Wire::Nowhere,
    required: &[],
};

pub(super) static APP: Object = Object {
    name: "app",
    fields: &[
        ("source_code_path", Type::Text),
        ("config", Type::Object(&APP_CONFIG)),
        ("git_source", Type::Class("apps.GitSource")),
        ("permissions", Type::List(&Type::Object(&APP_PERMISSION))),
        LIFECYCLE_STARTED_FIELD,
    ],
    wire: Wire::ClassWithout("apps.App", output_only::APP),
    required: &["name"],
};

pub(super) static CATALOG: Object = Object {
    name: "catalog",
    fields: &[GRANTS, LIFECYCLE_FIELD],
    wire: Wire::Body("catalog.CatalogsAPI.create"),
    required: &["name"],
};

pub(super) static CLUSTER: Object = Object {
    name: "cluster",
    fields: &[
        ("permissions", Type::List(&Type::Object(&CLUSTER_PERMISSION))),
        LIFECYCLE_STARTED_FIELD,
    ],
    wire: Wire::Class("compute.ClusterSpec"),
    required: &[],
};

pub(super) static DASHBOARD: Object = Object {
    name: "dashboard",
    fields: &[
        ("display_name", Type::Text),
        ("warehouse_id", Type::Text),
        ("parent_path", Type::Text),
        ("serialized_dashboard", Type::Any),
        ("file_path", Type::Text),
        ("embed_credentials", Type::Boolean),
        ("dataset_catalog", Type::Text),
        ("dataset_schema", Type::Text),
        ("permissions", Type::List(&Type::Object(&OBJECT_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Nowhere,
    required: &["display_name"],
};

pub(super) static DATABASE_CATALOG: Object = Object {
    name: "database catalog",
    fields: &[LIFECYCLE_FIELD],
    wire: Wire::ClassWithout("database.DatabaseCatalog", &["uid"]),
    required: &[],
};

pub(super) static DATABASE_INSTANCE: Object = Object {
    name: "database instance",
    fields: &[
        ("permissions", Type::List(&Type::Object(&ANY_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::ClassWithout("database.DatabaseInstance", output_only::DATABASE_INSTANCE),
    required: &[],
};

pub(super) static EXPERIMENT: Object = Object {
    name: "experiment",
    fields: &[
        ("permissions", Type::List(&Type::Object(&EXPERIMENT_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Body("ml.ExperimentsAPI.create_experiment"),
    required: &["name"],
};

pub(super) static EXTERNAL_LOCATION: Object = Object {
    name: "external location",
    fields: &[GRANTS, LIFECYCLE_FIELD],
    wire: Wire::BodyWithout(
        "catalog.ExternalLocationsAPI.create",
        &["effective_enable_file_events", "effective_file_event_queue"],
    ),
    required: &["name", "url", "credential_name"],
};

pub(super) static GENIE_SPACE: Object = Object {
    name: "Genie space",
    fields: &[
        ("title", Type::Text),
        ("description", Type::Text),
        ("warehouse_id", Type::Text),
        ("parent_path", Type::Text),
        ("serialized_space", Type::Any),
        ("file_path", Type::Text),
        ("permissions", Type::List(&Type::Object(&OBJECT_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Nowhere,
    required: &["title", "warehouse_id"],
};

pub(super) static INSTANCE_POOL: Object = Object {
    name: "instance pool",
    fields: &[
        ("permissions", Type::List(&Type::Object(&POOL_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Body("compute.InstancePoolsAPI.create"),
    required: &["instance_pool_name", "node_type_id"],
};

pub(super) static JOB: Object = Object {
    name: "job",
    fields: &[
        ("permissions", Type::List(&Type::Object(&JOB_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Class("jobs.JobSettings"),
    required: &[],
};

pub(super) static JOB_RUN: Object = Object {
    name: "run of a job",
    fields: &[("lifecycle", Type::Object(&LIFECYCLE_TRIGGERS))],
    wire: Wire::BodyWithout("jobs.JobsAPI.run_now", &["idempotency_token"]),
    required: &["job_id"],
};

/// The name of the endpoint stands outside of its configuration.
static SERVING_CONFIG: Object = Object {
    name: "configuration of an endpoint",
    fields: &[],
    wire: Wire::ClassWithout("serving.EndpointCoreConfigInput", &["name"]),
    required: &[],
};

pub(super) static MODEL_SERVING_ENDPOINT: Object = Object {
    name: "model serving endpoint",
    fields: &[
        ("config", Type::Object(&SERVING_CONFIG)),
        ("permissions", Type::List(&Type::Object(&SERVING_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Body("serving.ServingEndpointsAPI.create"),
    required: &["name"],
};

pub(super) static MODEL: Object = Object {
    name: "model",
    fields: &[
        ("permissions", Type::List(&Type::Object(&MODEL_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Body("ml.ModelRegistryAPI.create_model"),
    required: &["name"],
};

pub(super) static PIPELINE: Object = Object {
    name: "pipeline",
    fields: &[
        ("cascade_on_destroy", Type::Boolean),
        ("permissions", Type::List(&Type::Object(&PIPELINE_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::BodyWithout(
        "pipelines.PipelinesAPI.create",
        &["deployment", "dry_run", "parent_path"],
    ),
    required: &[],
};

pub(super) static POSTGRES_BRANCH: Object = Object {
    name: "branch",
    fields: &[
        ("branch_id", Type::Text),
        ("parent", Type::Text),
        ("purge_on_delete", Type::Boolean),
        ("replace_existing", Type::Boolean),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::ClassWithout("postgres.BranchSpec", &["source_snapshot"]),
    required: &["branch_id", "parent"],
};

pub(super) static POSTGRES_CATALOG: Object = Object {
    name: "Lakebase catalog",
    fields: &[("catalog_id", Type::Text), LIFECYCLE_FIELD],
    wire: Wire::Class("postgres.CatalogCatalogSpec"),
    required: &["catalog_id"],
};

pub(super) static POSTGRES_DATABASE: Object = Object {
    name: "database",
    fields: &[
        ("database_id", Type::Text),
        ("parent", Type::Text),
        ("replace_existing", Type::Boolean),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Class("postgres.DatabaseDatabaseSpec"),
    required: &["database_id", "parent"],
};

pub(super) static POSTGRES_ENDPOINT: Object = Object {
    name: "endpoint",
    fields: &[
        ("endpoint_id", Type::Text),
        ("parent", Type::Text),
        ("replace_existing", Type::Boolean),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Class("postgres.EndpointSpec"),
    required: &["endpoint_id", "parent"],
};

pub(super) static POSTGRES_PROJECT: Object = Object {
    name: "project",
    fields: &[
        ("project_id", Type::Text),
        ("purge_on_delete", Type::Boolean),
        ("permissions", Type::List(&Type::Object(&ANY_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Class("postgres.ProjectSpec"),
    required: &["project_id"],
};

pub(super) static POSTGRES_ROLE: Object = Object {
    name: "role",
    fields: &[
        ("role_id", Type::Text),
        ("parent", Type::Text),
        ("replace_existing", Type::Boolean),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Class("postgres.RoleRoleSpec"),
    required: &["role_id", "parent"],
};

pub(super) static POSTGRES_SYNCED_TABLE: Object = Object {
    name: "synced table",
    fields: &[("synced_table_id", Type::Text), LIFECYCLE_FIELD],
    wire: Wire::Class("postgres.SyncedTableSyncedTableSpec"),
    required: &["synced_table_id"],
};

pub(super) static QUALITY_MONITOR: Object = Object {
    name: "quality monitor",
    fields: &[("table_name", Type::Text), LIFECYCLE_FIELD],
    wire: Wire::Body("catalog.QualityMonitorsAPI.create"),
    required: &["table_name", "assets_dir", "output_schema_name"],
};

pub(super) static REGISTERED_MODEL: Object = Object {
    name: "registered model",
    fields: &[GRANTS, LIFECYCLE_FIELD],
    wire: Wire::BodyWithout("catalog.RegisteredModelsAPI.create", &["browse_only"]),
    required: &[],
};

pub(super) static SCHEMA: Object = Object {
    name: "schema",
    fields: &[
        ("name", Type::Text),
        ("catalog_name", Type::Text),
        ("comment", Type::Text),
        ("properties", TEXT_MAP),
        ("storage_root", Type::Text),
        GRANTS,
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Nowhere,
    required: &["name", "catalog_name"],
};

static KEY_VAULT: Object = Object {
    name: "key vault",
    fields: &[("dns_name", Type::Text), ("resource_id", Type::Text)],
    wire: Wire::Nowhere,
    required: &["dns_name", "resource_id"],
};

pub(super) static SECRET: Object = Object {
    name: "secret",
    fields: &[GRANTS, LIFECYCLE_FIELD],
    wire: Wire::BodyWithout("catalog.SecretsUcAPI.create_secret", output_only::SECRET),
    required: &["name", "catalog_name", "schema_name", "value"],
};

pub(super) static SECRET_SCOPE: Object = Object {
    name: "secret scope",
    fields: &[
        ("name", Type::Text),
        ("backend_type", Type::Words(&["DATABRICKS", "AZURE_KEYVAULT"])),
        ("keyvault_metadata", Type::Object(&KEY_VAULT)),
        ("permissions", Type::List(&Type::Object(&SECRET_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Nowhere,
    required: &["name"],
};

pub(super) static SQL_WAREHOUSE: Object = Object {
    name: "SQL warehouse",
    fields: &[
        ("permissions", Type::List(&Type::Object(&WAREHOUSE_PERMISSION))),
        LIFECYCLE_STARTED_FIELD,
    ],
    wire: Wire::BodyWithout(
        "sql.WarehousesAPI.create",
        &[
            "customer_version_label",
            "max_dbu",
            "reyden_cluster_size_multiplier",
            "statement_timeout",
        ],
    ),
    required: &[],
};

pub(super) static SYNCED_DATABASE_TABLE: Object = Object {
    name: "synced table",
    fields: &[LIFECYCLE_FIELD],
    wire: Wire::ClassWithout(
        "database.SyncedDatabaseTable",
        &[
            "data_synchronization_status",
            "effective_database_instance_name",
            "effective_logical_database_name",
            "unity_catalog_provisioning_state",
        ],
    ),
    required: &[],
};

pub(super) static VECTOR_SEARCH_ENDPOINT: Object = Object {
    name: "vector search endpoint",
    fields: &[
        ("permissions", Type::List(&Type::Object(&VECTOR_SEARCH_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Body("vectorsearch.VectorSearchEndpointsAPI.create_endpoint"),
    required: &["name", "endpoint_type"],
};

pub(super) static VECTOR_SEARCH_INDEX: Object = Object {
    name: "vector search index",
    fields: &[GRANTS, LIFECYCLE_FIELD],
    wire: Wire::Body("vectorsearch.VectorSearchIndexesAPI.create_index"),
    required: &["name", "endpoint_name", "primary_key", "index_type"],
};

pub(super) static VOLUME: Object = Object {
    name: "volume",
    fields: &[
        ("name", Type::Text),
        ("catalog_name", Type::Text),
        ("schema_name", Type::Text),
        ("volume_type", Type::Words(&["MANAGED", "EXTERNAL"])),
        ("comment", Type::Text),
        ("storage_location", Type::Text),
        GRANTS,
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Nowhere,
    required: &["name", "catalog_name", "schema_name"],
};
