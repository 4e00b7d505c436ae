//! The kinds of resources that a bundle can declare: which fields each has, and what the language does with it. Everything that
//! depends on the kind alone stands in one row of [`ROWS`].

use super::tables::GRANT;
use super::{Object, Type, Wire};

/// The kinds of resources that a bundle can declare.
pub(in crate::language) const KINDS: [&str; 33] = [
    "jobs",
    "schemas",
    "volumes",
    "alerts",
    "apps",
    "catalogs",
    "clusters",
    "dashboards",
    "database_catalogs",
    "database_instances",
    "experiments",
    "external_locations",
    "genie_spaces",
    "instance_pools",
    "job_runs",
    "model_serving_endpoints",
    "models",
    "pipelines",
    "postgres_branches",
    "postgres_catalogs",
    "postgres_databases",
    "postgres_endpoints",
    "postgres_projects",
    "postgres_roles",
    "postgres_synced_tables",
    "quality_monitors",
    "registered_models",
    "secret_scopes",
    "secrets",
    "sql_warehouses",
    "synced_database_tables",
    "vector_search_endpoints",
    "vector_search_indexes",
];

/// What the language knows of a kind.
#[derive(Debug)]
pub(in crate::language) struct Row {
    /// Its name.
    pub(in crate::language) name: &'static str,
    /// The fields of its configuration.
    pub(super) object: &'static Object,
    /// The class of the REST API that describes the remote object, for references.
    pub(super) remote: &'static str,
    /// What the levels `CAN_MANAGE`, `CAN_VIEW` and `CAN_RUN` of the whole bundle are called on it, where it has permissions; a level
    /// that it does not have is empty.
    pub(in crate::language) levels: Option<[&'static str; 3]>,
    /// What the name prefix of a target does.
    pub(in crate::language) prefixed: Prefixed,
    /// Whether its permissions name an owner.
    pub(in crate::language) owned: bool,
    /// Where the tags of a target go.
    pub(in crate::language) tagged: Tagged,
}

/// Where the tags of a target go on a resource.
#[derive(Clone, Copy, Debug)]
pub(in crate::language) enum Tagged {
    /// Nowhere.
    Not,
    /// Into this map.
    Map(&'static str),
    /// Into the list of keys and values at the end of these fields.
    List(&'static [&'static str]),
}

/// What the name prefix of a target does to a resource.
#[derive(Clone, Copy, Debug)]
pub(in crate::language) enum Prefixed {
    /// Nothing.
    Not,
    /// It comes before this field.
    Text(&'static str),
    /// It comes before the last part of this field, which is a path.
    LastPart(&'static str),
    /// Its letters and digits come before this field, in which others are not allowed.
    Identifier(&'static str),
}

use Prefixed::{Identifier, LastPart, Not, Text};

/// The row of a kind; none for kinds that this version does not deploy.
pub(super) fn row(kind: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == kind)
}

/// How many kinds this version deploys.
const COUNT: usize = 30;

/// The kinds that this version deploys.
pub(in crate::language) static ROWS: [Row; COUNT] = [
    with_permissions(
        "alerts",
        &ALERT,
        "sql.AlertV2",
        ["CAN_MANAGE", "CAN_READ", "CAN_RUN"],
        Text("display_name"),
    ),
    plain("catalogs", &CATALOG, "catalog.CatalogInfo", Not),
    tagged(
        with_permissions(
            "clusters",
            &CLUSTER,
            "compute.ClusterDetails",
            ["CAN_MANAGE", "CAN_ATTACH_TO", "CAN_RESTART"],
            Text("cluster_name"),
        ),
        Tagged::Map("custom_tags"),
    ),
    with_permissions(
        "dashboards",
        &DASHBOARD,
        "dashboards.Dashboard",
        ["CAN_MANAGE", "CAN_READ", ""],
        Text("display_name"),
    ),
    plain("database_catalogs", &DATABASE_CATALOG, "database.DatabaseCatalog", Not),
    with_permissions(
        "database_instances",
        &DATABASE_INSTANCE,
        "database.DatabaseInstance",
        ["CAN_MANAGE", "CAN_USE", ""],
        Not,
    ),
    tagged(
        with_permissions(
            "experiments",
            &EXPERIMENT,
            "ml.Experiment",
            ["CAN_MANAGE", "CAN_READ", ""],
            LastPart("name"),
        ),
        Tagged::List(&["tags"]),
    ),
    plain(
        "external_locations",
        &EXTERNAL_LOCATION,
        "catalog.ExternalLocationInfo",
        Not,
    ),
    with_permissions(
        "genie_spaces",
        &GENIE_SPACE,
        "dashboards.GenieSpace",
        ["CAN_MANAGE", "CAN_READ", ""],
        Text("title"),
    ),
    tagged(
        with_permissions(
            "instance_pools",
            &INSTANCE_POOL,
            "compute.GetInstancePool",
            ["CAN_MANAGE", "CAN_ATTACH_TO", ""],
            Text("instance_pool_name"),
        ),
        Tagged::Map("custom_tags"),
    ),
    tagged(
        owned(with_permissions(
            "jobs",
            &JOB,
            "jobs.Job",
            ["CAN_MANAGE", "CAN_VIEW", "CAN_MANAGE_RUN"],
            Text("name"),
        )),
        Tagged::Map("tags"),
    ),
    with_permissions(
        "model_serving_endpoints",
        &MODEL_SERVING_ENDPOINT,
        "serving.ServingEndpointDetailed",
        ["CAN_MANAGE", "CAN_VIEW", "CAN_QUERY"],
        Identifier("name"),
    ),
    tagged(
        with_permissions(
            "models",
            &MODEL,
            "ml.ModelDatabricks",
            ["CAN_MANAGE", "CAN_READ", ""],
            Text("name"),
        ),
        Tagged::List(&["tags"]),
    ),
    tagged(
        owned(with_permissions(
            "pipelines",
            &PIPELINE,
            "pipelines.GetPipelineResponse",
            ["CAN_MANAGE", "CAN_VIEW", "CAN_RUN"],
            Text("name"),
        )),
        Tagged::Map("tags"),
    ),
    plain("postgres_branches", &POSTGRES_BRANCH, "postgres.Branch", Not),
    plain("postgres_catalogs", &POSTGRES_CATALOG, "postgres.Catalog", Not),
    plain("postgres_databases", &POSTGRES_DATABASE, "postgres.Database", Not),
    plain("postgres_endpoints", &POSTGRES_ENDPOINT, "postgres.Endpoint", Not),
    with_permissions(
        "postgres_projects",
        &POSTGRES_PROJECT,
        "postgres.Project",
        ["CAN_MANAGE", "CAN_USE", ""],
        Not,
    ),
    plain("postgres_roles", &POSTGRES_ROLE, "postgres.Role", Not),
    plain(
        "postgres_synced_tables",
        &POSTGRES_SYNCED_TABLE,
        "postgres.SyncedTable",
        Not,
    ),
    plain("quality_monitors", &QUALITY_MONITOR, "catalog.MonitorInfo", Not),
    plain(
        "registered_models",
        &REGISTERED_MODEL,
        "catalog.RegisteredModelInfo",
        Identifier("name"),
    ),
    plain("schemas", &SCHEMA, "catalog.SchemaInfo", Identifier("name")),
    with_permissions(
        "secret_scopes",
        &SECRET_SCOPE,
        "workspace.SecretScope",
        ["MANAGE", "READ", ""],
        Not,
    ),
    tagged(
        owned(with_permissions(
            "sql_warehouses",
            &SQL_WAREHOUSE,
            "sql.GetWarehouseResponse",
            ["CAN_MANAGE", "CAN_VIEW", "CAN_MONITOR"],
            Text("name"),
        )),
        Tagged::List(&["tags", "custom_tags"]),
    ),
    plain(
        "synced_database_tables",
        &SYNCED_DATABASE_TABLE,
        "database.SyncedDatabaseTable",
        Not,
    ),
    with_permissions(
        "vector_search_endpoints",
        &VECTOR_SEARCH_ENDPOINT,
        "vectorsearch.EndpointInfo",
        ["CAN_MANAGE", "CAN_USE", ""],
        Not,
    ),
    plain(
        "vector_search_indexes",
        &VECTOR_SEARCH_INDEX,
        "vectorsearch.VectorIndex",
        Not,
    ),
    plain("volumes", &VOLUME, "catalog.VolumeInfo", Not),
];

const fn plain(name: &'static str, object: &'static Object, remote: &'static str, prefixed: Prefixed) -> Row {
    Row {
        name,
        object,
        remote,
        levels: None,
        prefixed,
        owned: false,
        tagged: Tagged::Not,
    }
}

const fn with_permissions(
    name: &'static str,
    object: &'static Object,
    remote: &'static str,
    levels: [&'static str; 3],
    prefixed: Prefixed,
) -> Row {
    Row {
        levels: Some(levels),
        ..plain(name, object, remote, prefixed)
    }
}

/// With permissions that name an owner.
const fn owned(row: Row) -> Row {
    Row { owned: true, ..row }
}

const fn tagged(row: Row, tagged: Tagged) -> Row {
    Row { tagged, ..row }
}

/// Their names.
pub(in crate::language) static SUPPORTED_KINDS: [&str; COUNT] = {
    let mut names = [""; COUNT];
    let mut index = 0;
    while index < COUNT {
        names[index] = ROWS[index].name;
        index += 1;
    }
    names
};

static RESOURCE_FIELDS: [(&str, Type); COUNT] = [
    ("alerts", Type::Map(&Type::Object(&ALERT))),
    ("catalogs", Type::Map(&Type::Object(&CATALOG))),
    ("clusters", Type::Map(&Type::Object(&CLUSTER))),
    ("dashboards", Type::Map(&Type::Object(&DASHBOARD))),
    ("database_catalogs", Type::Map(&Type::Object(&DATABASE_CATALOG))),
    ("database_instances", Type::Map(&Type::Object(&DATABASE_INSTANCE))),
    ("experiments", Type::Map(&Type::Object(&EXPERIMENT))),
    ("external_locations", Type::Map(&Type::Object(&EXTERNAL_LOCATION))),
    ("genie_spaces", Type::Map(&Type::Object(&GENIE_SPACE))),
    ("instance_pools", Type::Map(&Type::Object(&INSTANCE_POOL))),
    ("jobs", Type::Map(&Type::Object(&JOB))),
    (
        "model_serving_endpoints",
        Type::Map(&Type::Object(&MODEL_SERVING_ENDPOINT)),
    ),
    ("models", Type::Map(&Type::Object(&MODEL))),
    ("pipelines", Type::Map(&Type::Object(&PIPELINE))),
    ("postgres_branches", Type::Map(&Type::Object(&POSTGRES_BRANCH))),
    ("postgres_catalogs", Type::Map(&Type::Object(&POSTGRES_CATALOG))),
    ("postgres_databases", Type::Map(&Type::Object(&POSTGRES_DATABASE))),
    ("postgres_endpoints", Type::Map(&Type::Object(&POSTGRES_ENDPOINT))),
    ("postgres_projects", Type::Map(&Type::Object(&POSTGRES_PROJECT))),
    ("postgres_roles", Type::Map(&Type::Object(&POSTGRES_ROLE))),
    (
        "postgres_synced_tables",
        Type::Map(&Type::Object(&POSTGRES_SYNCED_TABLE)),
    ),
    ("quality_monitors", Type::Map(&Type::Object(&QUALITY_MONITOR))),
    ("registered_models", Type::Map(&Type::Object(&REGISTERED_MODEL))),
    ("schemas", Type::Map(&Type::Object(&SCHEMA))),
    ("secret_scopes", Type::Map(&Type::Object(&SECRET_SCOPE))),
    ("sql_warehouses", Type::Map(&Type::Object(&SQL_WAREHOUSE))),
    (
        "synced_database_tables",
        Type::Map(&Type::Object(&SYNCED_DATABASE_TABLE)),
    ),
    (
        "vector_search_endpoints",
        Type::Map(&Type::Object(&VECTOR_SEARCH_ENDPOINT)),
    ),
    ("vector_search_indexes", Type::Map(&Type::Object(&VECTOR_SEARCH_INDEX))),
    ("volumes", Type::Map(&Type::Object(&VOLUME))),
];

/// The block `resources`.
pub(in crate::language) static RESOURCES: Object = Object::of("resources", &RESOURCE_FIELDS);

const TEXT_MAP: Type = Type::Map(&Type::Text);
const LIFECYCLE_FIELD: (&str, Type) = ("lifecycle", Type::Object(&LIFECYCLE));
const GRANTS: (&str, Type) = ("grants", Type::List(&Type::Object(&GRANT)));

static LIFECYCLE: Object = Object::of("lifecycle", &[("prevent_destroy", Type::Boolean)]);

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

static ALERT: Object = Object {
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

static CATALOG: Object = Object {
    name: "catalog",
    fields: &[GRANTS, LIFECYCLE_FIELD],
    wire: Wire::Body("catalog.CatalogsAPI.create"),
    required: &["name"],
};

static CLUSTER: Object = Object {
    name: "cluster",
    fields: &[
        ("permissions", Type::List(&Type::Object(&CLUSTER_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Class("compute.ClusterSpec"),
    required: &[],
};

static DASHBOARD: Object = Object {
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

static DATABASE_CATALOG: Object = Object {
    name: "database catalog",
    fields: &[LIFECYCLE_FIELD],
    wire: Wire::ClassWithout("database.DatabaseCatalog", &["uid"]),
    required: &[],
};

static DATABASE_INSTANCE: Object = Object {
    name: "database instance",
    fields: &[
        ("permissions", Type::List(&Type::Object(&ANY_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::ClassWithout(
        "database.DatabaseInstance",
        &[
            "child_instance_refs",
            "creation_time",
            "creator",
            "effective_capacity",
            "effective_custom_tags",
            "effective_enable_pg_native_login",
            "effective_enable_readable_secondaries",
            "effective_node_count",
            "effective_retention_window_in_days",
            "effective_stopped",
            "effective_usage_policy_id",
            "pg_version",
            "read_only_dns",
            "read_write_dns",
            "state",
            "uid",
        ],
    ),
    required: &[],
};

static EXPERIMENT: Object = Object {
    name: "experiment",
    fields: &[
        ("permissions", Type::List(&Type::Object(&EXPERIMENT_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Body("ml.ExperimentsAPI.create_experiment"),
    required: &["name"],
};

static EXTERNAL_LOCATION: Object = Object {
    name: "external location",
    fields: &[GRANTS, LIFECYCLE_FIELD],
    wire: Wire::BodyWithout(
        "catalog.ExternalLocationsAPI.create",
        &["effective_enable_file_events", "effective_file_event_queue"],
    ),
    required: &["name", "url", "credential_name"],
};

static GENIE_SPACE: Object = Object {
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

static INSTANCE_POOL: Object = Object {
    name: "instance pool",
    fields: &[
        ("permissions", Type::List(&Type::Object(&POOL_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Body("compute.InstancePoolsAPI.create"),
    required: &["instance_pool_name", "node_type_id"],
};

static JOB: Object = Object {
    name: "job",
    fields: &[
        ("permissions", Type::List(&Type::Object(&JOB_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Class("jobs.JobSettings"),
    required: &[],
};

/// The name of the endpoint stands outside of its configuration.
static SERVING_CONFIG: Object = Object {
    name: "configuration of an endpoint",
    fields: &[],
    wire: Wire::ClassWithout("serving.EndpointCoreConfigInput", &["name"]),
    required: &[],
};

static MODEL_SERVING_ENDPOINT: Object = Object {
    name: "model serving endpoint",
    fields: &[
        ("config", Type::Object(&SERVING_CONFIG)),
        ("permissions", Type::List(&Type::Object(&SERVING_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Body("serving.ServingEndpointsAPI.create"),
    required: &["name"],
};

static MODEL: Object = Object {
    name: "model",
    fields: &[
        ("permissions", Type::List(&Type::Object(&MODEL_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Body("ml.ModelRegistryAPI.create_model"),
    required: &["name"],
};

static PIPELINE: Object = Object {
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

static POSTGRES_BRANCH: Object = Object {
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

static POSTGRES_CATALOG: Object = Object {
    name: "Lakebase catalog",
    fields: &[("catalog_id", Type::Text), LIFECYCLE_FIELD],
    wire: Wire::Class("postgres.CatalogCatalogSpec"),
    required: &["catalog_id"],
};

static POSTGRES_DATABASE: Object = Object {
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

static POSTGRES_ENDPOINT: Object = Object {
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

static POSTGRES_PROJECT: Object = Object {
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

static POSTGRES_ROLE: Object = Object {
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

static POSTGRES_SYNCED_TABLE: Object = Object {
    name: "synced table",
    fields: &[("synced_table_id", Type::Text), LIFECYCLE_FIELD],
    wire: Wire::Class("postgres.SyncedTableSyncedTableSpec"),
    required: &["synced_table_id"],
};

static QUALITY_MONITOR: Object = Object {
    name: "quality monitor",
    fields: &[("table_name", Type::Text), LIFECYCLE_FIELD],
    wire: Wire::Body("catalog.QualityMonitorsAPI.create"),
    required: &["table_name", "assets_dir", "output_schema_name"],
};

static REGISTERED_MODEL: Object = Object {
    name: "registered model",
    fields: &[GRANTS, LIFECYCLE_FIELD],
    wire: Wire::BodyWithout("catalog.RegisteredModelsAPI.create", &["browse_only"]),
    required: &[],
};

static SCHEMA: Object = Object {
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

static SECRET_SCOPE: Object = Object {
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

static SQL_WAREHOUSE: Object = Object {
    name: "SQL warehouse",
    fields: &[
        ("permissions", Type::List(&Type::Object(&WAREHOUSE_PERMISSION))),
        LIFECYCLE_FIELD,
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

static SYNCED_DATABASE_TABLE: Object = Object {
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

static VECTOR_SEARCH_ENDPOINT: Object = Object {
    name: "vector search endpoint",
    fields: &[
        ("permissions", Type::List(&Type::Object(&VECTOR_SEARCH_PERMISSION))),
        LIFECYCLE_FIELD,
    ],
    wire: Wire::Body("vectorsearch.VectorSearchEndpointsAPI.create_endpoint"),
    required: &["name", "endpoint_type"],
};

static VECTOR_SEARCH_INDEX: Object = Object {
    name: "vector search index",
    fields: &[GRANTS, LIFECYCLE_FIELD],
    wire: Wire::Body("vectorsearch.VectorSearchIndexesAPI.create_index"),
    required: &["name", "endpoint_name", "primary_key", "index_type"],
};

static VOLUME: Object = Object {
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
