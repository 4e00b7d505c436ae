//! Which fields a bundle has and of what type, as data. Resource bodies come from the classes of the REST API.

use sluice_model::tree::Step;
use sluice_model::{Node, Tree, TreePath};
use sluice_wire::types::{self, Field, FieldType};

/// The type of a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Type {
    /// Anything.
    Any,
    /// A text; a number or boolean becomes one.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A list.
    List(&'static Type),
    /// Any keys.
    Map(&'static Type),
    /// These fields.
    Object(&'static Object),
    /// What the REST API says.
    Wire(&'static FieldType),
    /// The class of this name of the REST API.
    Class(&'static str),
}

/// A map with known fields.
#[derive(Debug)]
pub(super) struct Object {
    /// What messages call it.
    pub(super) name: &'static str,
    /// Its fields.
    pub(super) fields: &'static [(&'static str, Type)],
    /// The class of the REST API whose fields it has too.
    pub(super) class: Option<&'static str>,
    /// The fields that must be given, beside those that the class requires.
    pub(super) required: &'static [&'static str],
}

impl Object {
    const fn of(name: &'static str, fields: &'static [(&'static str, Type)]) -> Self {
        Self {
            name,
            fields,
            class: None,
            required: &[],
        }
    }
}

/// The fields of an object or a class.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    own: &'static [(&'static str, Type)],
    class: &'static [Field],
    pub(super) required: &'static [&'static str],
}

impl Fields {
    pub(super) fn of_object(object: &'static Object) -> Self {
        Self {
            own: object.fields,
            class: object.class.and_then(types::class).unwrap_or(&[]),
            required: object.required,
        }
    }

    /// None when the REST data has no such class.
    pub(super) fn of_class(name: &str) -> Option<Self> {
        Some(Self {
            own: &[],
            class: types::class(name)?,
            required: &[],
        })
    }

    pub(super) fn get(&self, name: &str) -> Option<Type> {
        self.own
            .iter()
            .find(|(own, _)| *own == name)
            .map(|(_, of)| *of)
            .or_else(|| {
                let field = self.class.iter().find(|field| field.name == name)?;
                Some(Type::Wire(&field.field_type))
            })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let own = self.own.iter().map(|(name, _)| *name);
        own.chain(self.class.iter().map(|field| field.name.as_str()))
    }

    pub(super) fn required(&self) -> impl Iterator<Item = &'static str> + use<> {
        let class = self.class.iter().filter(|field| field.required);
        self.required
            .iter()
            .copied()
            .chain(class.map(|field| field.name.as_str()))
    }
}

/// The fields of a variable's definition.
pub(super) const VARIABLE_FIELDS: [&str; 4] = ["default", "lookup", "type", "description"];

/// The kinds of resources that a bundle can declare; the first three are supported.
pub(super) const KINDS: [&str; 33] = [
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
pub(super) const SUPPORTED_KINDS: [&str; 3] = ["jobs", "schemas", "volumes"];

const TEXTS: Type = Type::List(&Type::Text);
const TEXT_MAP: Type = Type::Map(&Type::Text);

pub(super) static PRINCIPAL_FIELDS: [&str; 3] = ["user_name", "group_name", "service_principal_name"];

static LIFECYCLE: Object = Object::of(
    "lifecycle",
    &[("prevent_destroy", Type::Boolean), ("started", Type::Boolean)],
);

static JOB_PERMISSION: Object = Object {
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

pub(super) static GRANT: Object = Object {
    name: "grant",
    fields: &[("principal", Type::Text), ("privileges", TEXTS)],
    class: None,
    required: &["principal", "privileges"],
};

pub(super) static RUN_AS: Object = Object::of(
    "run_as",
    &[("user_name", Type::Text), ("service_principal_name", Type::Text)],
);

static JOB: Object = Object {
    name: "job",
    fields: &[
        ("permissions", Type::List(&Type::Object(&JOB_PERMISSION))),
        ("lifecycle", Type::Object(&LIFECYCLE)),
    ],
    class: Some("jobs.JobSettings"),
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
        ("grants", Type::List(&Type::Object(&GRANT))),
        ("lifecycle", Type::Object(&LIFECYCLE)),
    ],
    class: None,
    required: &["name", "catalog_name"],
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
        ("grants", Type::List(&Type::Object(&GRANT))),
        ("lifecycle", Type::Object(&LIFECYCLE)),
    ],
    class: None,
    required: &["name", "catalog_name", "schema_name"],
};

static LOOKUP: Object = Object::of(
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

static VARIABLE: Object = Object::of(
    "variable",
    &[
        ("default", Type::Any),
        ("lookup", Type::Object(&LOOKUP)),
        ("type", Type::Words(&["complex"])),
        ("description", Type::Text),
    ],
);

static GIT: Object = Object::of("git", &[("branch", Type::Text), ("origin_url", Type::Text)]);

/// `bundle.git` as it can be referred to.
static GIT_KNOWN: Object = Object::of(
    "git",
    &[
        ("branch", Type::Text),
        ("origin_url", Type::Text),
        ("commit", Type::Text),
        ("actual_branch", Type::Text),
        ("bundle_root_path", Type::Text),
    ],
);

static LOCK: Object = Object::of("lock", &[("enabled", Type::Boolean), ("force", Type::Boolean)]);

static DEPLOYMENT: Object = Object::of(
    "deployment",
    &[("fail_on_active_runs", Type::Boolean), ("lock", Type::Object(&LOCK))],
);

static BUNDLE: Object = Object {
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
static BUNDLE_KNOWN: Object = Object::of(
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
pub(super) const AUTH_FIELDS: [&str; 13] = [
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

static WORKSPACE: Object = Object::of(
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

static BUNDLE_PERMISSION: Object = Object {
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
pub(super) const BUNDLE_PERMISSIONS: Type = Type::List(&Type::Object(&BUNDLE_PERMISSION));

pub(super) static PRESETS: Object = Object::of(
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

pub(super) static SYNC: Object = Object::of("sync", &[("paths", TEXTS), ("include", TEXTS), ("exclude", TEXTS)]);

static EXPERIMENTAL: Object = Object::of(
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

pub(super) static RESOURCES: Object = Object::of(
    "resources",
    &[
        ("jobs", Type::Map(&Type::Object(&JOB))),
        ("schemas", Type::Map(&Type::Object(&SCHEMA))),
        ("volumes", Type::Map(&Type::Object(&VOLUME))),
    ],
);

static TARGET: Object = Object::of(
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
pub(super) static ROOT: Object = Object::of(
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

/// Whether a bundle file has this top-level block.
pub(super) fn is_top_level(key: &str) -> bool {
    Fields::of_object(&ROOT).get(key).is_some()
}

static CURRENT_USER: Object = Object::of(
    "current_user",
    &[
        ("userName", Type::Text),
        ("displayName", Type::Text),
        ("short_name", Type::Text),
        ("domain_friendly_name", Type::Text),
    ],
);

/// The fields of `bundle` or `workspace` that references may name; none for another block.
pub(super) fn fields_of_block(block: &str) -> Option<impl Iterator<Item = &'static str> + use<>> {
    let object = match block {
        "bundle" => &BUNDLE_KNOWN,
        "workspace" => &WORKSPACE,
        _ => return None,
    };
    Some(
        Fields::of_object(object)
            .names()
            .chain((block == "workspace").then_some("current_user")),
    )
}

/// What a reference to a field of `bundle` or `workspace` gives when the field is not set: the empty value of its type.
pub(super) fn zero(path: &TreePath) -> Option<Tree> {
    let mut steps = path.0.iter();
    let mut of = match steps.next() {
        Some(Step::Key(block)) if block == "bundle" => Type::Object(&BUNDLE_KNOWN),
        Some(Step::Key(block)) if block == "workspace" => Type::Object(&WORKSPACE),
        Some(_) | None => return None,
    };
    for step in steps {
        of = match (of, step) {
            (Type::Object(object), Step::Key(key)) if key == "current_user" && object.name == "workspace" => {
                Type::Object(&CURRENT_USER)
            }
            (Type::Object(object), Step::Key(key)) => Fields::of_object(object).get(key)?,
            _ => return None,
        };
    }
    match of {
        Type::Text | Type::Words(_) => Some(Tree::from("")),
        Type::Boolean => Some(Tree::from(false)),
        Type::Integer => Some(Tree::from(0)),
        Type::Any | Type::List(_) | Type::Map(_) | Type::Object(_) | Type::Wire(_) | Type::Class(_) => {
            Some(Node::Null.into())
        }
    }
}

/// The fields that references to a resource of this kind may name: those of its configuration and those of the remote object.
pub(super) fn referable(catalog: bool, kind: &str) -> Vec<&'static str> {
    if catalog {
        return vec!["full_name", "name", "id"];
    }
    let (object, remote) = match kind {
        "jobs" => (&JOB, "jobs.Job"),
        "schemas" => (&SCHEMA, "catalog.SchemaInfo"),
        "volumes" => (&VOLUME, "catalog.VolumeInfo"),
        _ => return Vec::new(),
    };
    let remote = Fields::of_class(remote);
    let mut names: Vec<&'static str> = Fields::of_object(object).names().collect();
    names.extend(remote.iter().flat_map(Fields::names));
    names.extend(["id", "url", "full_name", "volume_path"]);
    names
}
