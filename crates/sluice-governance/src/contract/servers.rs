//! The kinds of servers of ODCS: which fields each of them must and may have.

use sluice_model::Tree;

use super::shape::{Field, Kind, Variant};

/// Kind of server, fields that it must have, fields that it may have. All are texts, `port` is a number or a text.
const SERVERS: &[(&str, &[&str], &[&str])] = &[
    ("api", &["location"], &[]),
    (
        "athena",
        &["schema"],
        &["stagingDir", "catalog", "regionName", "workgroup"],
    ),
    ("azure", &["location", "format"], &["encoding", "delimiter"]),
    ("bigquery", &["project", "dataset"], &[]),
    ("btrieve", &["host", "database"], &["port"]),
    ("clickhouse", &["host", "port", "database"], &[]),
    ("cloudsql", &["host", "port", "database", "schema"], &[]),
    (
        "custom",
        &[],
        &[
            "account",
            "catalog",
            "database",
            "dataset",
            "delimiter",
            "endpointUrl",
            "format",
            "encoding",
            "host",
            "location",
            "path",
            "port",
            "project",
            "region",
            "regionName",
            "schema",
            "serviceName",
            "stagingDir",
            "warehouse",
            "stream",
        ],
    ),
    ("databricks", &["catalog", "schema"], &["host"]),
    ("db2", &["host", "port", "database"], &["schema"]),
    ("denodo", &["host", "port"], &["database"]),
    ("dremio", &["host", "port"], &["schema"]),
    ("duckdb", &["database"], &["schema"]),
    ("exasol", &["host"], &["port", "schema"]),
    ("fastobjects", &["database"], &["host", "port"]),
    ("glue", &["account", "database"], &["location", "format", "encoding"]),
    ("hana", &["host"], &["port", "database", "schema"]),
    ("hive", &["host", "database"], &["port"]),
    ("iceberg", &["catalog", "catalogUrl"], &["namespace", "warehouse"]),
    ("impala", &["host", "database"], &["port"]),
    ("informix", &["host", "database"], &["port"]),
    ("ingres", &["database", "host"], &["port"]),
    ("kafka", &["host"], &["format", "encoding"]),
    ("kinesis", &[], &["region", "format", "encoding"]),
    ("local", &["path", "format"], &["encoding"]),
    ("mysql", &["host", "port", "database"], &[]),
    ("oracle", &["host", "port", "serviceName"], &[]),
    ("poet", &["database"], &["host", "port"]),
    ("postgres", &["host", "port", "database", "schema"], &[]),
    ("postgresql", &["host", "port", "database", "schema"], &[]),
    ("presto", &["host"], &["catalog", "schema"]),
    ("pubsub", &["project"], &[]),
    ("redshift", &["database", "schema"], &["host", "region", "account"]),
    ("s3", &["location"], &["endpointUrl", "format", "encoding", "delimiter"]),
    ("sftp", &["location"], &["format", "encoding", "delimiter"]),
    (
        "snowflake",
        &["account", "database", "schema"],
        &["host", "port", "warehouse"],
    ),
    ("sqlserver", &["host", "database", "schema"], &["port"]),
    ("synapse", &["host", "port", "database"], &[]),
    ("teradata", &["host"], &["port", "database"]),
    ("trino", &["host", "port", "catalog", "schema"], &[]),
    ("vectorwise", &["database", "host"], &["port"]),
    ("versant", &["database"], &["host", "port"]),
    ("vertica", &["host", "port", "database", "schema"], &[]),
    ("zen", &["host", "database"], &["port"]),
];

/// Every word that the `type` of a server may be.
pub(super) const TYPES: &[&str] = &[
    "api",
    "athena",
    "azure",
    "bigquery",
    "btrieve",
    "clickhouse",
    "cloudsql",
    "custom",
    "databricks",
    "db2",
    "denodo",
    "dremio",
    "duckdb",
    "exasol",
    "fastobjects",
    "glue",
    "hana",
    "hive",
    "iceberg",
    "impala",
    "informix",
    "ingres",
    "kafka",
    "kinesis",
    "local",
    "mysql",
    "oracle",
    "poet",
    "postgres",
    "postgresql",
    "presto",
    "pubsub",
    "redshift",
    "s3",
    "sftp",
    "snowflake",
    "sqlserver",
    "synapse",
    "teradata",
    "trino",
    "vectorwise",
    "versant",
    "vertica",
    "zen",
];

/// The fields of a server of this type: what all servers have is not among them.
pub(super) fn variant(server: &Tree) -> Variant {
    let kind = server.get("type").and_then(Tree::as_str);
    let Some((_, required, optional)) = SERVERS.iter().find(|(name, ..)| Some(*name) == kind) else {
        // Which fields are right cannot be told without a type.
        return Variant {
            fields: vec![FIELDS],
            ..Variant::default()
        };
    };
    let known = |name: &str| required.contains(&name) || optional.contains(&name);
    let fields = FIELDS.iter().filter(|(name, _)| known(name)).map(std::slice::from_ref);
    Variant {
        fields: fields.collect(),
        required: required.to_vec(),
        faults: Vec::new(),
    }
}

/// All fields that any kind of server has.
static FIELDS: &[Field] = &[
    ("account", Kind::Text),
    ("catalog", Kind::Text),
    ("catalogUrl", Kind::Text),
    ("database", Kind::Text),
    ("dataset", Kind::Text),
    ("delimiter", Kind::Text),
    ("encoding", Kind::Text),
    ("endpointUrl", Kind::Text),
    ("format", Kind::Text),
    ("host", Kind::Text),
    ("location", Kind::Text),
    ("namespace", Kind::Text),
    ("path", Kind::Text),
    ("port", Kind::Port),
    ("project", Kind::Text),
    ("region", Kind::Text),
    ("regionName", Kind::Text),
    ("schema", Kind::Text),
    ("serviceName", Kind::Text),
    ("stagingDir", Kind::Text),
    ("stream", Kind::Text),
    ("warehouse", Kind::Text),
    ("workgroup", Kind::Text),
];
