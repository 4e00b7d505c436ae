//! The table: the kinds of objects with an access control list, and the kinds of securables with what makes one and what contains it.

use sluice_workspace::catalog::SecurableKind as S;
use sluice_workspace::permissions::ObjectKind as O;

/// Every kind with an access control list, and whether levels come down to it from the directories that it is in.
pub(super) const OBJECTS: [(O, bool); 21] = [
    (O::Job, false),
    (O::Warehouse, false),
    (O::Directory, true),
    (O::File, true),
    (O::Notebook, true),
    (O::Dashboard, true),
    (O::GenieSpace, true),
    (O::Cluster, false),
    (O::ClusterPolicy, false),
    (O::InstancePool, false),
    (O::Pipeline, false),
    (O::Experiment, false),
    (O::RegisteredModel, false),
    (O::ServingEndpoint, false),
    (O::App, false),
    (O::Alert, false),
    (O::LegacyAlert, false),
    (O::Query, false),
    (O::DatabaseInstance, false),
    (O::DatabaseProject, false),
    (O::VectorSearchEndpoint, false),
];

/// A kind of securable: the object of the test, the route and document that make it, and the objects that contain it.
pub(super) struct Row {
    pub(super) kind: S,
    pub(super) full_name: &'static str,
    /// Route below `/api/2.1/unity-catalog/` and body; none for what is there, or is made in another way.
    pub(super) made_by: Option<(&'static str, &'static str)>,
    pub(super) inside: &'static [(S, &'static str)],
}

const IN_METASTORE: &[(S, &str)] = &[(S::Metastore, "")];
const IN_CATALOG: &[(S, &str)] = &[(S::Catalog, "c")];
const IN_SCHEMA: &[(S, &str)] = &[(S::Schema, "c.s"), (S::Catalog, "c")];

const fn row(
    kind: S,
    full_name: &'static str,
    made_by: Option<(&'static str, &'static str)>,
    inside: &'static [(S, &'static str)],
) -> Row {
    Row {
        kind,
        full_name,
        made_by,
        inside,
    }
}

/// Every kind of securable, containers first, but for vector search indexes, which need an endpoint and a table to be made from.
pub(super) const SECURABLES: [Row; 14] = [
    row(S::Metastore, "", None, &[]),
    row(S::Catalog, "c", Some(("catalogs", r#"{"name": "c"}"#)), IN_METASTORE),
    row(
        S::Schema,
        "c.s",
        Some(("schemas", r#"{"name": "s", "catalog_name": "c"}"#)),
        IN_CATALOG,
    ),
    row(S::Table, "c.s.t", None, IN_SCHEMA),
    row(
        S::Volume,
        "c.s.v",
        Some((
            "volumes",
            r#"{"name": "v", "catalog_name": "c", "schema_name": "s", "volume_type": "MANAGED"}"#,
        )),
        IN_SCHEMA,
    ),
    row(
        S::Function,
        "c.s.f",
        Some((
            "functions",
            r#"{"function_info": {"name": "f", "catalog_name": "c", "schema_name": "s", "data_type": "STRING",
                "full_data_type": "STRING", "routine_body": "SQL", "routine_definition": "'x'", "parameter_style": "S",
                "is_deterministic": true, "sql_data_access": "CONTAINS_SQL", "is_null_call": true, "security_type": "DEFINER",
                "specific_name": "f"}}"#,
        )),
        IN_SCHEMA,
    ),
    row(
        S::RegisteredModel,
        "c.s.m",
        Some(("models", r#"{"name": "m", "catalog_name": "c", "schema_name": "s"}"#)),
        IN_SCHEMA,
    ),
    row(
        S::Secret,
        "c.s.k",
        Some((
            "secrets",
            r#"{"name": "k", "catalog_name": "c", "schema_name": "s", "value": "v"}"#,
        )),
        IN_SCHEMA,
    ),
    row(
        S::StorageCredential,
        "storage",
        Some(("storage-credentials", r#"{"name": "storage"}"#)),
        IN_METASTORE,
    ),
    row(
        S::Credential,
        "service",
        Some(("credentials", r#"{"name": "service", "purpose": "SERVICE"}"#)),
        IN_METASTORE,
    ),
    row(
        S::ExternalLocation,
        "location",
        Some((
            "external-locations",
            r#"{"name": "location", "url": "s3://bucket/path", "credential_name": "storage"}"#,
        )),
        IN_METASTORE,
    ),
    row(
        S::Connection,
        "connection",
        Some(("connections", r#"{"name": "connection"}"#)),
        IN_METASTORE,
    ),
    row(
        S::Recipient,
        "recipient",
        Some(("recipients", r#"{"name": "recipient", "authentication_type": "TOKEN"}"#)),
        IN_METASTORE,
    ),
    row(
        S::Share,
        "share",
        Some(("shares", r#"{"name": "share"}"#)),
        IN_METASTORE,
    ),
];

/// Every privilege.
pub(super) const PRIVILEGES: [&str; 36] = [
    "ACCESS",
    "ALL_PRIVILEGES",
    "APPLY_TAG",
    "BROWSE",
    "CREATE_CATALOG",
    "CREATE_CONNECTION",
    "CREATE_EXTERNAL_LOCATION",
    "CREATE_EXTERNAL_TABLE",
    "CREATE_EXTERNAL_VOLUME",
    "CREATE_FOREIGN_CATALOG",
    "CREATE_FUNCTION",
    "CREATE_MANAGED_STORAGE",
    "CREATE_MATERIALIZED_VIEW",
    "CREATE_MODEL",
    "CREATE_RECIPIENT",
    "CREATE_SCHEMA",
    "CREATE_SERVICE_CREDENTIAL",
    "CREATE_SHARE",
    "CREATE_STORAGE_CREDENTIAL",
    "CREATE_TABLE",
    "CREATE_VOLUME",
    "EXECUTE",
    "EXTERNAL_USE_SCHEMA",
    "MANAGE",
    "MODIFY",
    "READ_FILES",
    "READ_VOLUME",
    "REFRESH",
    "SELECT",
    "USE_CATALOG",
    "USE_CONNECTION",
    "USE_RECIPIENT",
    "USE_SCHEMA",
    "USE_SHARE",
    "WRITE_FILES",
    "WRITE_VOLUME",
];

/// The privileges to make something in an object, which also take reaching into it.
pub(super) const MAKING: [(S, &str); 5] = [
    (S::Catalog, "CREATE_SCHEMA"),
    (S::Schema, "CREATE_FUNCTION"),
    (S::Schema, "CREATE_MODEL"),
    (S::Schema, "CREATE_TABLE"),
    (S::Schema, "CREATE_VOLUME"),
];
