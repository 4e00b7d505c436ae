//! The tables of fields and words.

use super::kinds::RESOURCES;
use super::{Object, Type, Wire};

/// The fields of a variable's definition.
pub(in crate::language) const VARIABLE_FIELDS: [&str; 4] = ["default", "lookup", "type", "description"];

const TEXTS: Type = Type::List(&Type::Text);
const TEXT_MAP: Type = Type::Map(&Type::Text);

pub(in crate::language) static PRINCIPAL_FIELDS: [&str; 3] = ["user_name", "group_name", "service_principal_name"];

pub(in crate::language) static GRANT: Object = Object {
    name: "grant",
    fields: &[
        ("principal", Type::Text),
        ("privileges", Type::List(&Type::Enumeration("catalog.Privilege"))),
    ],
    wire: Wire::Nowhere,
    required: &["principal", "privileges"],
};

pub(in crate::language) static RUN_AS: Object = Object::of(
    "run_as",
    &[("user_name", Type::Text), ("service_principal_name", Type::Text)],
);

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
    wire: Wire::Nowhere,
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
    wire: Wire::Nowhere,
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

/// Where resources in Python come from.
static PYTHON: Object = Object::of(
    "python",
    &[("venv_path", Type::Text), ("resources", TEXTS), ("mutators", TEXTS)],
);

static ARTIFACT_FILE: Object = Object::of("file of an artifact", &[("source", Type::Text)]);

static ARTIFACT: Object = Object::of(
    "artifact",
    &[
        ("type", Type::Words(&["whl", "jar"])),
        ("path", Type::Text),
        ("build", Type::Text),
        ("executable", Type::Words(&["bash", "sh", "cmd"])),
        ("files", Type::List(&Type::Object(&ARTIFACT_FILE))),
        ("dynamic_version", Type::Boolean),
    ],
);

/// What a bundle builds.
pub(in crate::language) const ARTIFACTS: Type = Type::Map(&Type::Object(&ARTIFACT));

static SCRIPT: Object = Object::of("script", &[("content", Type::Text), ("env", TEXT_MAP)]);

/// Scripts to run by name.
pub(in crate::language) const SCRIPTS: Type = Type::Map(&Type::Object(&SCRIPT));

/// Scripts that run at certain moments of a command.
static HOOKS: Object = Object::of(
    "scripts",
    &[
        ("preinit", Type::Text),
        ("postinit", Type::Text),
        ("prebuild", Type::Text),
        ("postbuild", Type::Text),
        ("predeploy", Type::Text),
        ("postdeploy", Type::Text),
    ],
);

pub(super) static EXPERIMENTAL: Object = Object::of(
    "experimental",
    &[
        ("scripts", Type::Object(&HOOKS)),
        ("immutable_folder", Type::Boolean),
        ("python_wheel_wrapper", Type::Boolean),
        ("use_legacy_run_as", Type::Boolean),
        ("pydabs", Type::Any),
        ("python", Type::Object(&PYTHON)),
        ("skip_artifact_cleanup", Type::Boolean),
        ("skip_name_prefix_for_schema", Type::Boolean),
        ("record_deployment_history", Type::Boolean),
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
        ("artifacts", ARTIFACTS),
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
        ("artifacts", ARTIFACTS),
        ("bundle", Type::Object(&BUNDLE)),
        ("definitions", Type::Any),
        ("environments", Type::Map(&Type::Object(&TARGET))),
        ("experimental", Type::Object(&EXPERIMENTAL)),
        ("include", TEXTS),
        ("permissions", BUNDLE_PERMISSIONS),
        ("presets", Type::Object(&PRESETS)),
        ("python", Type::Object(&PYTHON)),
        ("resources", Type::Object(&RESOURCES)),
        ("run_as", Type::Object(&RUN_AS)),
        ("scripts", SCRIPTS),
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
