//! Genie spaces: what they are, where they stand and who may touch them. A question put to a space stays 501: nothing here would answer it
//! honestly.
//!
//! What a space says is checked in [`serialized`]; the tables that it names must exist and be readable by who names them (`sources.rs`).

mod rest;
mod serialized;
mod sources;
mod write;

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _};

use crate::error::ApiError;
use crate::files::WorkspaceObject;
use crate::module::Module;
use crate::permissions::Level;
use crate::principal::Principal;
use crate::store::Migrations;
use crate::workspace::Workspace;

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "genie",
            steps: &[include_str!("schema.sql")],
        },
        routes: rest::routes,
    }
}

/// A Genie space that is not in the trash.
#[derive(Clone, Debug)]
struct Space {
    record: Record,
    /// Its place in the tree.
    object: WorkspaceObject,
}

/// A space as it is stored.
#[derive(Clone, Debug)]
struct Record {
    space_id: String,
    object_id: i64,
    title: String,
    description: String,
    warehouse_id: String,
    serialized_space: String,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

impl FromRow<'_, SqliteRow> for Record {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            space_id: row.try_get("space_id")?,
            object_id: row.try_get("object_id")?,
            title: row.try_get("title")?,
            description: row.try_get("description")?,
            warehouse_id: row.try_get("warehouse_id")?,
            serialized_space: row.try_get("serialized_space")?,
            version: row.try_get("version")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}

impl Record {
    fn etag(&self) -> String {
        self.version.to_string()
    }
}

/// The space with this id, when the principal has at least this level on it.
async fn require(workspace: &Workspace, principal: &Principal, id: &str, level: Level) -> Result<Space, ApiError> {
    let record: Option<Record> =
        sqlx::query_as("SELECT * FROM genie_space WHERE space_id = ? AND object_id IS NOT NULL")
            .bind(id)
            .fetch_optional(workspace.store.reader())
            .await?;
    let Some(record) = record else {
        return Err(ApiError::not_found(format!("Genie space {id} does not exist.")));
    };
    let space = with_place(workspace, record).await?;
    let permissions = workspace.permissions();
    permissions
        .require(principal, &space.object.permission_object(), level)
        .await?;
    Ok(space)
}

/// All spaces that the principal may see, sorted by id.
async fn list(workspace: &Workspace, principal: &Principal) -> Result<Vec<Space>, ApiError> {
    let records: Vec<Record> =
        sqlx::query_as("SELECT * FROM genie_space WHERE object_id IS NOT NULL ORDER BY space_id")
            .fetch_all(workspace.store.reader())
            .await?;
    let mut visible = Vec::new();
    for record in records {
        let space = with_place(workspace, record).await?;
        let object = space.object.permission_object();
        if workspace
            .permissions()
            .allows(principal, &object, Level::CanRead)
            .await?
        {
            visible.push(space);
        }
    }
    Ok(visible)
}

async fn with_place(workspace: &Workspace, record: Record) -> Result<Space, ApiError> {
    let object = sqlx::query_as("SELECT * FROM workspace_object WHERE id = ?")
        .bind(record.object_id)
        .fetch_one(workspace.store.reader())
        .await?;
    Ok(Space { record, object })
}
