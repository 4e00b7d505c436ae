//! The Delta log of our tables: the first commit, and commits that change the description of a table.
//!
//! Rows are never touched here; the engine and the maintenance worker write them. A commit is a new file that must not exist: it is written under another name and then linked
//! to its place, so that of two writers one loses and tries again. Format: the public Delta transaction protocol, actions `commitInfo`, `protocol`, `metaData`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::columns::ColumnSource as _;
use super::types::{SqlType, field};
use crate::catalog::Column;
use crate::clock::Ids;
use crate::compute::StatementError;

/// How often a commit is tried again when other writers were faster.
const ATTEMPTS: usize = 50;

/// The description of a table in its log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    format: Value,
    schema_string: String,
    partition_columns: Vec<String>,
    pub(super) configuration: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_time: Option<i64>,
}

impl Metadata {
    /// Puts these columns in the place of the present ones.
    pub(super) fn set_columns(&mut self, columns: &[Column]) -> Result<(), StatementError> {
        self.schema_string = schema_string(columns)?;
        self.partition_columns = partition_columns(columns);
        Ok(())
    }

    /// The columns; none when the log says what no table here has.
    pub(super) fn columns(&self) -> Option<Vec<Column>> {
        let schema: Value = serde_json::from_str(&self.schema_string).ok()?;
        let mut columns = Vec::new();
        for (position, field) in schema["fields"].as_array()?.iter().enumerate() {
            let name = field["name"].as_str()?;
            let partition = self.partition_columns.iter().position(|partition| partition == name);
            let mut column = Column {
                name: name.to_owned(),
                nullable: field["nullable"].as_bool().unwrap_or(true),
                comment: field["metadata"]["comment"].as_str().map(str::to_owned),
                position: u32::try_from(position).ok()?,
                partition_index: partition.and_then(|index| u32::try_from(index).ok()),
                ..Column::default()
            };
            column.set_type(&SqlType::from_delta(&field["type"])?);
            column.refresh_json().ok()?;
            columns.push(column);
        }
        Some(columns)
    }
}

/// What one commit says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    meta_data: Option<Metadata>,
    commit_info: Option<CommitInfo>,
}

/// The part of `commitInfo` that is read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommitInfo {
    /// Such as `UPDATE`.
    #[serde(default)]
    pub(super) operation: String,
    /// Numbers, which some writers write as text.
    #[serde(default)]
    operation_metrics: BTreeMap<String, Value>,
}

impl CommitInfo {
    /// A number of the operation; 0 when it is absent.
    pub(super) fn metric(&self, name: &str) -> u64 {
        match self.operation_metrics.get(name) {
            Some(Value::Number(number)) => number.as_u64().unwrap_or(0),
            Some(Value::String(text)) => text.parse().unwrap_or(0),
            _ => 0,
        }
    }
}

/// Writes version 0 of a table in a directory that does not exist yet.
pub(super) fn create(
    directory: &Path,
    table_id: &str,
    columns: &[Column],
    properties: &BTreeMap<String, String>,
    now: i64,
) -> Result<(), StatementError> {
    let log = directory.join("_delta_log");
    std::fs::create_dir_all(&log).map_err(|error| file_error(&log, &error))?;
    let metadata = Metadata {
        id: table_id.to_owned(),
        name: None,
        description: None,
        format: json!({"provider": "parquet", "options": {}}),
        schema_string: schema_string(columns)?,
        partition_columns: partition_columns(columns),
        configuration: properties.clone(),
        created_time: Some(now),
    };
    let actions = [
        commit_info("CREATE TABLE", now),
        json!({"protocol": protocol(columns)?}),
        json!({"metaData": metadata}),
    ];
    commit(&log, 0, &actions).map_err(|error| file_error(&log, &error))
}

/// Changes the description of a table in a new commit.
pub(super) fn change_metadata(
    directory: &Path,
    operation: &str,
    now: i64,
    change: impl Fn(&mut Metadata) -> Result<(), StatementError>,
) -> Result<(), StatementError> {
    let log = directory.join("_delta_log");
    for _ in 0..ATTEMPTS {
        let (version, mut metadata) = latest_metadata(&log)?;
        change(&mut metadata)?;
        match commit(
            &log,
            version + 1,
            &[commit_info(operation, now), json!({"metaData": metadata})],
        ) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(file_error(&log, &error)),
        }
    }
    Err(StatementError::new(
        "DELTA_CONCURRENT_WRITE",
        "2D521",
        "other writers were faster again and again: try the statement once more",
    ))
}

/// The newest version of a table.
pub(super) fn version(directory: &Path) -> Result<i64, StatementError> {
    let log = directory.join("_delta_log");
    let versions = versions(&log)?;
    versions.last().copied().ok_or_else(|| missing_log(&log))
}

/// What the commits after a version say about themselves, oldest first.
pub(super) fn commits_after(directory: &Path, version: i64) -> Result<Vec<CommitInfo>, StatementError> {
    let log = directory.join("_delta_log");
    let mut found = Vec::new();
    for newer in versions(&log)?.into_iter().filter(|candidate| *candidate > version) {
        found.extend(read(&log, newer)?.into_iter().filter_map(|action| action.commit_info));
    }
    Ok(found)
}

/// The description that a table had at a version.
pub(super) fn metadata_at(directory: &Path, version: i64) -> Result<Metadata, StatementError> {
    let log = directory.join("_delta_log");
    let versions = versions(&log)?;
    let known = if versions.contains(&version) {
        versions
    } else {
        Vec::new()
    };
    for older in known.into_iter().rev().filter(|candidate| *candidate <= version) {
        if let Some(metadata) = read(&log, older)?.into_iter().find_map(|action| action.meta_data) {
            return Ok(metadata);
        }
    }
    Err(StatementError::new(
        "DELTA_VERSION_NOT_FOUND",
        "22003",
        format!("the table has no version {version}: `DESCRIBE HISTORY` shows those that it has"),
    ))
}

fn latest_metadata(log: &Path) -> Result<(i64, Metadata), StatementError> {
    let versions = versions(log)?;
    let newest = *versions.last().ok_or_else(|| missing_log(log))?;
    for version in versions.into_iter().rev() {
        if let Some(metadata) = read(log, version)?.into_iter().find_map(|action| action.meta_data) {
            return Ok((newest, metadata));
        }
    }
    Err(missing_log(log))
}

fn versions(log: &Path) -> Result<Vec<i64>, StatementError> {
    let failed = |error| file_error(log, &error);
    let mut versions = Vec::new();
    for entry in std::fs::read_dir(log).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_suffix(".json"))
            .filter(|stem| stem.len() == 20);
        versions.extend(number.and_then(|stem| stem.parse::<i64>().ok()));
    }
    versions.sort_unstable();
    Ok(versions)
}

fn read(log: &Path, version: i64) -> Result<Vec<Action>, StatementError> {
    let path = log.join(format!("{version:020}.json"));
    let text = std::fs::read_to_string(&path).map_err(|error| file_error(&path, &error))?;
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            serde_json::from_str(line).map_err(|error| {
                StatementError::new(
                    "DELTA_LOG_UNREADABLE",
                    "XXKDS",
                    format!("version {version} of the Delta log cannot be read: {error}"),
                )
            })
        })
        .collect()
}

/// Fails with `AlreadyExists` when somebody else wrote this version.
fn commit(log: &Path, version: i64, actions: &[Value]) -> io::Result<()> {
    let text: String = actions.iter().map(|action| format!("{action}\n")).collect();
    let building = log.join(format!(".{}.tmp", Ids.uuid()));
    let target: PathBuf = log.join(format!("{version:020}.json"));
    let file = std::fs::File::create(&building)?;
    let written = io::Write::write_all(&mut &file, text.as_bytes()).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| std::fs::hard_link(&building, &target));
    std::fs::remove_file(&building)?;
    linked
}

fn commit_info(operation: &str, now: i64) -> Value {
    json!({"commitInfo": {
        "timestamp": now, "operation": operation, "operationParameters": {}, "isBlindAppend": false,
        "engineInfo": concat!("sluice/", env!("CARGO_PKG_VERSION")),
    }})
}

fn protocol(columns: &[Column]) -> Result<Value, StatementError> {
    for column in columns {
        if SqlType::parse(&column.type_text)?.needs_timestamp_ntz() {
            return Ok(json!({
                "minReaderVersion": 3, "minWriterVersion": 7,
                "readerFeatures": ["timestampNtz"], "writerFeatures": ["timestampNtz", "appendOnly", "invariants"],
            }));
        }
    }
    Ok(json!({"minReaderVersion": 1, "minWriterVersion": 2}))
}

fn partition_columns(columns: &[Column]) -> Vec<String> {
    let mut partitioned: Vec<_> = columns
        .iter()
        .filter_map(|column| column.partition_index.map(|index| (index, column)))
        .collect();
    partitioned.sort_by_key(|(index, _)| *index);
    partitioned.into_iter().map(|(_, column)| column.name.clone()).collect()
}

fn schema_string(columns: &[Column]) -> Result<String, StatementError> {
    let mut fields = Vec::new();
    for column in columns {
        fields.push(column_field(column)?);
    }
    Ok(json!({"type": "struct", "fields": fields}).to_string())
}

/// A column as a field of a Spark schema.
pub(super) fn column_field(column: &Column) -> Result<Value, StatementError> {
    let metadata: BTreeMap<String, Value> = column
        .comment
        .iter()
        .map(|comment| ("comment".to_owned(), Value::from(comment.as_str())))
        .collect();
    Ok(field(
        &column.name,
        &SqlType::parse(&column.type_text)?,
        column.nullable,
        &metadata,
    ))
}

fn missing_log(log: &Path) -> StatementError {
    StatementError::new(
        "DELTA_TABLE_NOT_FOUND",
        "42P01",
        format!("there is no Delta log in `{}`", log.display()),
    )
}

fn file_error(path: &Path, error: &io::Error) -> StatementError {
    StatementError::new(
        "FILE_ERROR",
        "58030",
        format!("could not access `{}`: {error}", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, type_text: &str) -> Column {
        Column {
            name: name.to_owned(),
            type_text: type_text.to_owned(),
            nullable: true,
            ..Column::default()
        }
    }

    #[test]
    fn of_many_writers_each_gets_a_version_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        create(directory.path(), "id", &[column("a", "int")], &BTreeMap::new(), 1).unwrap();
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let path = directory.path();
                scope.spawn(move || {
                    change_metadata(path, "SET TBLPROPERTIES", 2, |metadata| {
                        metadata.configuration.insert(format!("k{writer}"), "v".to_owned());
                        Ok(())
                    })
                    .unwrap();
                });
            }
        });
        assert_eq!(version(directory.path()).unwrap(), 8);
        let (_, metadata) = latest_metadata(&directory.path().join("_delta_log")).unwrap();
        assert_eq!(metadata.configuration.len(), 8, "no change was lost");
        assert_eq!(commits_after(directory.path(), 5).unwrap().len(), 3);
    }

    #[test]
    fn a_second_table_in_the_same_directory_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        create(directory.path(), "id", &[column("a", "int")], &BTreeMap::new(), 1).unwrap();
        assert!(create(directory.path(), "id", &[column("b", "int")], &BTreeMap::new(), 1).is_err());
    }
}
