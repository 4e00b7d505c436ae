//! The kinds of resources that a bundle can declare: which fields each has, and what the language does with it. Everything that
//! depends on the kind alone stands in one row of [`ROWS`].

use super::objects::{
    ALERT, APP, CATALOG, CLUSTER, DASHBOARD, DATABASE_CATALOG, DATABASE_INSTANCE, EXPERIMENT, EXTERNAL_LOCATION,
    GENIE_SPACE, INSTANCE_POOL, JOB, JOB_RUN, MODEL, MODEL_SERVING_ENDPOINT, PIPELINE, POSTGRES_BRANCH,
    POSTGRES_CATALOG, POSTGRES_DATABASE, POSTGRES_ENDPOINT, POSTGRES_PROJECT, POSTGRES_ROLE, POSTGRES_SYNCED_TABLE,
    QUALITY_MONITOR, REGISTERED_MODEL, SCHEMA, SECRET, SECRET_SCOPE, SQL_WAREHOUSE, SYNCED_DATABASE_TABLE,
    VECTOR_SEARCH_ENDPOINT, VECTOR_SEARCH_INDEX, VOLUME,
};
use super::{Object, Type};

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

/// The row of a kind.
pub(super) fn row(kind: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == kind)
}

/// How many kinds a bundle can declare.
const COUNT: usize = 33;

/// The kinds that a bundle can declare.
pub(in crate::language) static ROWS: [Row; COUNT] = [
    with_permissions(
        "alerts",
        &ALERT,
        "sql.AlertV2",
        ["CAN_MANAGE", "CAN_READ", "CAN_RUN"],
        Text("display_name"),
    ),
    with_permissions("apps", &APP, "apps.App", ["CAN_MANAGE", "CAN_USE", ""], Not),
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
    plain("job_runs", &JOB_RUN, "jobs.Run", Not),
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
    plain("secrets", &SECRET, "catalog.Secret", Not),
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
pub(in crate::language) static KINDS: [&str; COUNT] = {
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
    ("apps", Type::Map(&Type::Object(&APP))),
    ("catalogs", Type::Map(&Type::Object(&CATALOG))),
    ("clusters", Type::Map(&Type::Object(&CLUSTER))),
    ("dashboards", Type::Map(&Type::Object(&DASHBOARD))),
    ("database_catalogs", Type::Map(&Type::Object(&DATABASE_CATALOG))),
    ("database_instances", Type::Map(&Type::Object(&DATABASE_INSTANCE))),
    ("experiments", Type::Map(&Type::Object(&EXPERIMENT))),
    ("external_locations", Type::Map(&Type::Object(&EXTERNAL_LOCATION))),
    ("genie_spaces", Type::Map(&Type::Object(&GENIE_SPACE))),
    ("instance_pools", Type::Map(&Type::Object(&INSTANCE_POOL))),
    ("job_runs", Type::Map(&Type::Object(&JOB_RUN))),
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
    ("secrets", Type::Map(&Type::Object(&SECRET))),
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
