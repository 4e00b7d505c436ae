//! The tables of fields and words.

use super::{Object, Type};

/// The fields of a variable's definition.
pub(in crate::language) const VARIABLE_FIELDS: [&str; 4] = ["default", "lookup", "type", "description"];

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

/// The kinds that this version deploys.
pub(in crate::language) const SUPPORTED_KINDS: [&str; 6] = [
    "jobs",
    "schemas",
    "volumes",
    "genie_spaces",
    "dashboards",
    "secret_scopes",
];

const TEXTS: Type = Type::List(&Type::Text);
const TEXT_MAP: Type = Type::Map(&Type::Text);

pub(in crate::language) static PRINCIPAL_FIELDS: [&str; 3] = ["user_name", "group_name", "service_principal_name"];

pub(super) static LIFECYCLE: Object = Object::of("lifecycle", &[("prevent_destroy", Type::Boolean)]);

pub(super) static JOB_PERMISSION: Object = Object {
    name: "permission",
    fields: &[
        (
            "level",
            Type::Words(&["CAN_MANAGE", "CAN_MANAGE_RUN", "CAN_VIEW", "IS_OWNER"]),
        ),
        ("user_name", Type::Text),
        ("group_name", Type::Text),
        ("service_principal_name", Type::Text),
    ],
    class: None,
    required: &["level"],
};

pub(in crate::language) static GRANT: Object = Object {
    name: "grant",
    fields: &[
        ("principal", Type::Text),
        ("privileges", Type::List(&Type::Enumeration("catalog.Privilege"))),
    ],
    class: None,
    required: &["principal", "privileges"],
};

pub(in crate::language) static RUN_AS: Object = Object::of(
    "run_as",
    &[("user_name", Type::Text), ("service_principal_name", Type::Text)],
);

pub(super) static JOB: Object = Object {
    name: "job",
    fields: &[
        ("permissions", Type::List(&Type::Object(&JOB_PERMISSION))),
        ("lifecycle", Type::Object(&LIFECYCLE)),
    ],
    class: Some("jobs.JobSettings"),
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
        ("grants", Type::List(&Type::Object(&GRANT))),
        ("lifecycle", Type::Object(&LIFECYCLE)),
    ],
    class: None,
    required: &["name", "catalog_name"],
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
        ("grants", Type::List(&Type::Object(&GRANT))),
        ("lifecycle", Type::Object(&LIFECYCLE)),
    ],
    class: None,
    required: &["name", "catalog_name", "schema_name"],
};

/// Levels on objects with a place in the workspace tree.
pub(super) static OBJECT_PERMISSION: Object = Object {
    name: "permission",
    fields: &[
        ("level", Type::Words(&["CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE"])),
        ("user_name", Type::Text),
        ("group_name", Type::Text),
        ("service_principal_name", Type::Text),
    ],
    class: None,
    required: &["level"],
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
        ("lifecycle", Type::Object(&LIFECYCLE)),
    ],
    class: None,
    required: &["title", "warehouse_id"],
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
        ("lifecycle", Type::Object(&LIFECYCLE)),
    ],
    class: None,
    required: &["display_name"],
};

static KEY_VAULT: Object = Object {
    name: "key vault",
    fields: &[("dns_name", Type::Text), ("resource_id", Type::Text)],
    class: None,
    required: &["dns_name", "resource_id"],
};

static SECRET_PERMISSION: Object = Object {
    name: "permission",
    fields: &[
        ("level", Type::Words(&["READ", "WRITE", "MANAGE"])),
        ("user_name", Type::Text),
        ("group_name", Type::Text),
        ("service_principal_name", Type::Text),
    ],
    class: None,
    required: &["level"],
};

pub(super) static SECRET_SCOPE: Object = Object {
    name: "secret scope",
    fields: &[
        ("name", Type::Text),
        ("backend_type", Type::Words(&["DATABRICKS", "AZURE_KEYVAULT"])),
        ("keyvault_metadata", Type::Object(&KEY_VAULT)),
        ("permissions", Type::List(&Type::Object(&SECRET_PERMISSION))),
        ("lifecycle", Type::Object(&LIFECYCLE)),
    ],
    class: None,
    required: &["name"],
};

pub(super) static LOOKUP: Object = Object::of(
    "lookup",
    &[
        ("alert", Type::Text),
        ("cluster_policy", Type::Text),
        ("cluster", Type::Text),
        ("dashboard", Type::Text),
        ("instance_pool", Type::Text),
        ("job", Type::Text),
        ("metastore", Type::Text),
        ("notification_destination", Type::Text),
        ("pipeline", Type::Text),
        ("query", Type::Text),
        ("service_principal", Type::Text),
        ("warehouse", Type::Text),
    ],
);

pub(super) static VARIABLE: Object = Object::of(
    "variable",
    &[
        ("default", Type::Any),
        ("lookup", Type::Object(&LOOKUP)),
        ("type", Type::Words(&["complex"])),
        ("description", Type::Text),
    ],
);

pub(super) static GIT: Object = Object::of("git", &[("branch", Type::Text), ("origin_url", Type::Text)]);

/// `bundle.git` as it can be referred to.
pub(super) static GIT_KNOWN: Object = Object::of(
    "git",
    &[
        ("branch", Type::Text),
        ("origin_url", Type::Text),
        ("commit", Type::Text),
        ("actual_branch", Type::Text),
        ("bundle_root_path", Type::Text),
    ],
);

pub(super) static LOCK: Object = Object::of("lock", &[("enabled", Type::Boolean), ("force", Type::Boolean)]);

pub(super) static DEPLOYMENT: Object = Object::of(
    "deployment",
    &[("fail_on_active_runs", Type::Boolean), ("lock", Type::Object(&LOCK))],
);

pub(super) static BUNDLE: Object = Object {
    name: "bundle",
    fields: &[
        ("name", Type::Text),
        ("uuid", Type::Text),
        ("databricks_cli_version", Type::Text),
        ("cluster_id", Type::Text),
        ("compute_id", Type::Text),
        ("engine", Type::Words(&["direct", "terraform"])),
        ("git", Type::Object(&GIT)),
        ("deployment", Type::Object(&DEPLOYMENT)),
    ],
    class: None,
    required: &[],
};

/// `bundle` as it can be referred to.
pub(super) static BUNDLE_KNOWN: Object = Object::of(
    "bundle",
    &[
        ("name", Type::Text),
        ("target", Type::Text),
        ("environment", Type::Text),
        ("mode", Type::Text),
        ("uuid", Type::Text),
        ("cluster_id", Type::Text),
        ("databricks_cli_version", Type::Text),
        ("git", Type::Object(&GIT_KNOWN)),
        ("deployment", Type::Object(&DEPLOYMENT)),
    ],
);

/// The fields of `workspace` that say where and as whom to sign in; they take no references.
pub(in crate::language) const AUTH_FIELDS: [&str; 13] = [
    "host",
    "profile",
    "auth_type",
    "client_id",
    "account_id",
    "workspace_id",
    "google_service_account",
    "azure_workspace_resource_id",
    "azure_use_msi",
    "azure_client_id",
    "azure_tenant_id",
    "azure_environment",
    "azure_login_app_id",
];

pub(super) static WORKSPACE: Object = Object::of(
    "workspace",
    &[
        ("host", Type::Text),
        ("profile", Type::Text),
        ("auth_type", Type::Text),
        ("client_id", Type::Text),
        ("account_id", Type::Text),
        ("workspace_id", Type::Text),
        ("google_service_account", Type::Text),
        ("azure_workspace_resource_id", Type::Text),
        ("azure_use_msi", Type::Boolean),
        ("azure_client_id", Type::Text),
        ("azure_tenant_id", Type::Text),
        ("azure_environment", Type::Text),
        ("azure_login_app_id", Type::Text),
        ("root_path", Type::Text),
        ("file_path", Type::Text),
        ("artifact_path", Type::Text),
        ("state_path", Type::Text),
        ("resource_path", Type::Text),
    ],
);

pub(super) static BUNDLE_PERMISSION: Object = Object {
    name: "permission",
    fields: &[
        ("level", Type::Words(&["CAN_MANAGE", "CAN_VIEW", "CAN_RUN"])),
        ("user_name", Type::Text),
        ("group_name", Type::Text),
        ("service_principal_name", Type::Text),
    ],
    class: None,
    required: &["level"],
};

/// Permissions of the whole bundle.
pub(in crate::language) const BUNDLE_PERMISSIONS: Type = Type::List(&Type::Object(&BUNDLE_PERMISSION));

pub(in crate::language) static PRESETS: Object = Object::of(
    "presets",
    &[
        ("name_prefix", Type::Text),
        ("pipelines_development", Type::Boolean),
        ("trigger_pause_status", Type::Words(&["PAUSED", "UNPAUSED"])),
        ("jobs_max_concurrent_runs", Type::Integer),
        ("source_linked_deployment", Type::Boolean),
        ("artifacts_dynamic_version", Type::Boolean),
        ("tags", TEXT_MAP),
    ],
);

pub(in crate::language) static SYNC: Object =
    Object::of("sync", &[("paths", TEXTS), ("include", TEXTS), ("exclude", TEXTS)]);

pub(super) static EXPERIMENTAL: Object = Object::of(
    "experimental",
    &[
        ("scripts", Type::Any),
        ("immutable_folder", Type::Boolean),
        ("python_wheel_wrapper", Type::Boolean),
        ("use_legacy_run_as", Type::Boolean),
        ("pydabs", Type::Any),
        ("python", Type::Any),
        ("skip_artifact_cleanup", Type::Boolean),
        ("skip_name_prefix_for_schema", Type::Boolean),
        ("record_deployment_history", Type::Boolean),
    ],
);

pub(in crate::language) static RESOURCES: Object = Object::of(
    "resources",
    &[
        ("jobs", Type::Map(&Type::Object(&JOB))),
        ("schemas", Type::Map(&Type::Object(&SCHEMA))),
        ("volumes", Type::Map(&Type::Object(&VOLUME))),
        ("genie_spaces", Type::Map(&Type::Object(&GENIE_SPACE))),
        ("dashboards", Type::Map(&Type::Object(&DASHBOARD))),
        ("secret_scopes", Type::Map(&Type::Object(&SECRET_SCOPE))),
    ],
);

pub(super) static TARGET: Object = Object::of(
    "target",
    &[
        ("default", Type::Boolean),
        ("mode", Type::Text),
        ("presets", Type::Object(&PRESETS)),
        ("cluster_id", Type::Text),
        ("compute_id", Type::Text),
        ("bundle", Type::Object(&BUNDLE)),
        ("workspace", Type::Object(&WORKSPACE)),
        ("artifacts", Type::Any),
        ("resources", Type::Object(&RESOURCES)),
        ("variables", Type::Any),
        ("git", Type::Object(&GIT)),
        ("run_as", Type::Object(&RUN_AS)),
        ("sync", Type::Object(&SYNC)),
        ("permissions", BUNDLE_PERMISSIONS),
    ],
);

/// A bundle file.
pub(in crate::language) static ROOT: Object = Object::of(
    "bundle file",
    &[
        ("artifacts", Type::Any),
        ("bundle", Type::Object(&BUNDLE)),
        ("environments", Type::Map(&Type::Object(&TARGET))),
        ("experimental", Type::Object(&EXPERIMENTAL)),
        ("include", TEXTS),
        ("permissions", BUNDLE_PERMISSIONS),
        ("presets", Type::Object(&PRESETS)),
        ("python", Type::Any),
        ("resources", Type::Object(&RESOURCES)),
        ("run_as", Type::Object(&RUN_AS)),
        ("scripts", Type::Any),
        ("sync", Type::Object(&SYNC)),
        ("targets", Type::Map(&Type::Object(&TARGET))),
        ("variables", Type::Map(&Type::Object(&VARIABLE))),
        ("workspace", Type::Object(&WORKSPACE)),
    ],
);

pub(super) static CURRENT_USER: Object = Object::of(
    "current_user",
    &[
        ("userName", Type::Text),
        ("displayName", Type::Text),
        ("short_name", Type::Text),
        ("domain_friendly_name", Type::Text),
    ],
);
