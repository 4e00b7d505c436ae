//! Dashboards: drafts in the tree of workspace objects, and what was published of them.
//!
//! They are stored, permitted and versioned; nothing here draws one or runs its queries. What a draft holds is brought into one form by
//! [`document`]. Schedules, subscriptions, migration and revert stay 501.

mod document;
mod publish;
mod rest;
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
            module: "dashboards",
            steps: &[include_str!("schema.sql")],
        },
        routes: rest::routes,
    }
}

/// A draft.
#[derive(Clone, Debug)]
struct Dashboard {
    record: Record,
    /// Its place in the tree; none in the trash.
    object: Option<WorkspaceObject>,
}

/// A draft as it is stored.
#[derive(Clone, Debug)]
struct Record {
    dashboard_id: String,
    object_id: Option<i64>,
    creator: String,
    display_name: String,
    warehouse_id: String,
    serialized_dashboard: String,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

impl FromRow<'_, SqliteRow> for Record {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            dashboard_id: row.try_get("dashboard_id")?,
            object_id: row.try_get("object_id")?,
            creator: row.try_get("creator")?,
            display_name: row.try_get("display_name")?,
            warehouse_id: row.try_get("warehouse_id")?,
            serialized_dashboard: row.try_get("serialized_dashboard")?,
            version: row.try_get("version")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}

impl Dashboard {
    /// Whether the principal has at least this level; one in the trash is there for who made it and for administrators.
    async fn allows(&self, workspace: &Workspace, principal: &Principal, level: Level) -> Result<bool, ApiError> {
        match &self.object {
            Some(object) => {
                let object = object.permission_object();
                workspace.permissions().allows(principal, &object, level).await
            }
            None => Ok(principal.is_admin || principal.name == self.record.creator),
        }
    }
}

/// The draft with this id, in the trash or not, when the principal may read it.
///
/// # Errors
/// 404, 403.
async fn get(workspace: &Workspace, principal: &Principal, id: &str) -> Result<Dashboard, ApiError> {
    let record: Option<Record> = sqlx::query_as("SELECT * FROM dashboard WHERE dashboard_id = ?")
        .bind(id)
        .fetch_optional(workspace.store.reader())
        .await?;
    let dashboard = with_place(workspace, record.ok_or_else(|| missing(id))?).await?;
    if dashboard.allows(workspace, principal, Level::CanRead).await? {
        return Ok(dashboard);
    }
    match &dashboard.object {
        Some(object) => Err(workspace
            .workspace_files()
            .require(principal, object, Level::CanRead)
            .await
            .err()
            .unwrap_or_else(|| missing(id))),
        None => Err(missing(id)),
    }
}

/// The draft with this id and its place, when it is not in the trash and the principal has at least this level on it.
///
/// # Errors
/// 404, 403.
async fn require(
    workspace: &Workspace,
    principal: &Principal,
    id: &str,
    level: Level,
) -> Result<(Record, WorkspaceObject), ApiError> {
    let dashboard = get(workspace, principal, id).await?;
    let Some(object) = dashboard.object else {
        return Err(ApiError::not_found(format!("Dashboard {id} is in the trash.")));
    };
    let files = workspace.workspace_files();
    files.require(principal, &object, level).await?;
    Ok((dashboard.record, object))
}

/// All drafts that the principal may see, sorted by id.
async fn list(workspace: &Workspace, principal: &Principal, trashed: bool) -> Result<Vec<Dashboard>, ApiError> {
    let records: Vec<Record> =
        sqlx::query_as("SELECT * FROM dashboard WHERE ?1 OR object_id IS NOT NULL ORDER BY dashboard_id")
            .bind(trashed)
            .fetch_all(workspace.store.reader())
            .await?;
    let mut visible = Vec::new();
    for record in records {
        let dashboard = with_place(workspace, record).await?;
        if dashboard.allows(workspace, principal, Level::CanRead).await? {
            visible.push(dashboard);
        }
    }
    Ok(visible)
}

async fn with_place(workspace: &Workspace, record: Record) -> Result<Dashboard, ApiError> {
    let object = sqlx::query_as("SELECT * FROM workspace_object WHERE id = ?")
        .bind(record.object_id)
        .fetch_optional(workspace.store.reader())
        .await?;
    Ok(Dashboard { record, object })
}

fn missing(id: &str) -> ApiError {
    ApiError::not_found(format!("Dashboard {id} does not exist."))
}
