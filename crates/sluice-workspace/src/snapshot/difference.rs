//! What differs between two states of the workspaces: objects in their stores, and versions of Delta tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Row as _};

use super::{SnapshotError, file_error, store_error};

/// What happened to the rows of one table of the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Name of the workspace.
    pub workspace: String,
    /// Table of the store: `securable`, `job`, `workspace_object`.
    pub table: String,
    /// Names of objects that are new.
    pub added: Vec<String>,
    /// Names of objects that are gone.
    pub removed: Vec<String>,
    /// Names of objects that are others.
    pub changed: Vec<String>,
}

/// A Delta table whose version is another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableChange {
    /// Name of the workspace.
    pub workspace: String,
    /// `catalog.schema.table`, or the id of a table that is in no catalog.
    pub table: String,
    /// Version before; none when there was no such table.
    pub before: Option<u64>,
    /// Version after; none when it is gone.
    pub after: Option<u64>,
}

/// What is different in `after`: two directories that each hold these workspaces.
///
/// # Errors
/// When a store or a table's log cannot be read.
pub async fn difference(
    before: &Path,
    after: &Path,
    workspaces: &[String],
) -> Result<(Vec<Change>, Vec<TableChange>), SnapshotError> {
    let (mut changes, mut tables) = (Vec::new(), Vec::new());
    for workspace in workspaces {
        let (one, other) = (
            State::read(&before.join(workspace)).await?,
            State::read(&after.join(workspace)).await?,
        );
        changes.extend(one.changes(&other, workspace));
        tables.extend(one.table_changes(&other, workspace));
    }
    Ok((changes, tables))
}

/// Rows by table and key: a name for people and the whole row.
type Rows = BTreeMap<String, BTreeMap<String, (String, String)>>;

struct State {
    rows: Rows,
    /// Delta versions of managed tables by id.
    versions: BTreeMap<String, u64>,
}

/// The column that names an object for people, where the key does not.
const NAMES: [&str; 5] = ["full_name", "path", "name", "title", "display_name"];

impl State {
    /// A workspace that is not there holds nothing.
    async fn read(directory: &Path) -> Result<Self, SnapshotError> {
        let store = directory.join("store.sqlite");
        let rows = if store.is_file() {
            let failed = store_error(&store);
            let options = SqliteConnectOptions::new().filename(&store).read_only(true);
            let mut connection = options.connect().await.map_err(&failed)?;
            rows(&mut connection).await.map_err(&failed)?
        } else {
            Rows::new()
        };
        Ok(Self {
            rows,
            versions: versions(&directory.join("managed/tables"))?,
        })
    }

    fn changes(&self, other: &Self, workspace: &str) -> Vec<Change> {
        let tables: BTreeSet<&String> = self.rows.keys().chain(other.rows.keys()).collect();
        let nothing = BTreeMap::new();
        let compare = |table: &String| {
            let before = self.rows.get(table).unwrap_or(&nothing);
            let after = other.rows.get(table).unwrap_or(&nothing);
            let mut change = Change {
                workspace: workspace.to_owned(),
                table: table.clone(),
                ..Change::default()
            };
            for (key, (name, row)) in after {
                match before.get(key) {
                    None => change.added.push(name.clone()),
                    Some((_, former)) if former != row => change.changed.push(name.clone()),
                    Some(_) => {}
                }
            }
            let gone = before.iter().filter(|(key, _)| !after.contains_key(*key));
            change.removed.extend(gone.map(|(_, (name, _))| name.clone()));
            change
        };
        tables
            .into_iter()
            .map(compare)
            .filter(|change| !(change.added.is_empty() && change.removed.is_empty() && change.changed.is_empty()))
            .collect()
    }

    fn table_changes(&self, other: &Self, workspace: &str) -> Vec<TableChange> {
        let ids: BTreeSet<&String> = self.versions.keys().chain(other.versions.keys()).collect();
        let name = |id: &String| {
            let securables = |state: &Self| state.rows.get("securable").and_then(|rows| rows.get(id)).cloned();
            let found = securables(other).or_else(|| securables(self));
            found.map_or_else(|| id.clone(), |(name, _)| name)
        };
        let pair = |id: &String| (self.versions.get(id).copied(), other.versions.get(id).copied());
        ids.into_iter()
            .map(|id| (name(id), pair(id)))
            .filter(|(_, (before, after))| before != after)
            .map(|(table, (before, after))| TableChange {
                workspace: workspace.to_owned(),
                table,
                before,
                after,
            })
            .collect()
    }
}

/// The rows of every table. That somebody asked (decisions, uses of tokens) makes no object another.
async fn rows(connection: &mut SqliteConnection) -> Result<Rows, sqlx::Error> {
    let names: Vec<(String,)> = sqlx::query_as(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
         AND name NOT IN ('module_version', 'audit_decision') ORDER BY name",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut all = Rows::new();
    for (table,) in names {
        let columns: Vec<(String, i64)> =
            sqlx::query_as("SELECT name, pk FROM pragma_table_info(?) WHERE name <> 'last_used_day' ORDER BY cid")
                .bind(&table)
                .fetch_all(&mut *connection)
                .await?;
        let quoted = |names: &[&String]| {
            let each = names.iter().map(|name| format!("quote(\"{name}\")"));
            each.collect::<Vec<_>>().join(" || ',' || ")
        };
        let mut keys: Vec<&(String, i64)> = columns.iter().filter(|(_, pk)| *pk > 0).collect();
        keys.sort_by_key(|(_, pk)| *pk);
        let names: Vec<&String> = columns.iter().map(|(name, _)| name).collect();
        let keys: Vec<&String> = keys.into_iter().map(|(name, _)| name).collect();
        let label = NAMES.iter().find(|name| names.iter().any(|column| column == *name));
        let key = if keys.is_empty() {
            "CAST(rowid AS TEXT)".to_owned()
        } else if let [one] = keys.as_slice() {
            format!("CAST(\"{one}\" AS TEXT)")
        } else {
            quoted(&keys)
        };
        let label = label.map_or_else(|| key.clone(), |name| format!("coalesce(\"{name}\", {key})"));
        let sql = format!("SELECT {key}, {label}, {} FROM \"{table}\"", quoted(&names));
        let found = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&mut *connection)
            .await?;
        let mut by_key = BTreeMap::new();
        for row in found {
            by_key.insert(row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?));
        }
        all.insert(table, by_key);
    }
    Ok(all)
}

/// The last version in each table's log (`_delta_log/00000000000000000007.json`; Delta protocol, "Delta Log Entries").
fn versions(tables: &Path) -> Result<BTreeMap<String, u64>, SnapshotError> {
    let failed = |source| file_error(tables, source);
    let entries = match std::fs::read_dir(tables) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(source) => return Err(failed(source)),
    };
    let mut versions = BTreeMap::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let Ok(log) = std::fs::read_dir(entry.path().join("_delta_log")) else {
            continue;
        };
        let last = log
            .filter_map(|file| file.ok()?.file_name().into_string().ok())
            .filter_map(|name| name.strip_suffix(".json")?.parse::<u64>().ok())
            .max();
        if let (Some(last), Ok(id)) = (last, entry.file_name().into_string()) {
            versions.insert(id, last);
        }
    }
    Ok(versions)
}
