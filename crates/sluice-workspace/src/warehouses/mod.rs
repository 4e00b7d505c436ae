//! SQL warehouses: their names, states and permissions. Statements are in [`crate::sql`]; the engine behind all warehouses of a
//! workspace is one process, so sizes are stored and echoed but change nothing.

mod rest;

use serde_json::{Map, Value};
use sqlx::{Sqlite, Transaction};

use crate::error::ApiError;
use crate::module::Module;
use crate::permissions::{Level, Object};
use crate::principal::Principal;
use crate::store::Migrations;
use crate::workspace::Workspace;

/// The name of the warehouse that every workspace begins with.
pub const STARTER_WAREHOUSE: &str = "Sluice Starter Warehouse";

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "warehouses",
            steps: &[include_str!("schema.sql")],
        },
        routes: rest::routes,
    }
}

/// Sizes and options, by name.
type Settings = Map<String, Value>;

/// A warehouse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warehouse {
    /// Sixteen hexadecimal digits.
    pub id: String,
    /// Name, unique in the workspace.
    pub name: String,
    /// Whether it runs; a statement starts it.
    pub running: bool,
    /// Who made it.
    pub creator: String,
    settings: Settings,
}

type Row = (String, String, String, String, String);

fn read((id, name, state, creator, settings): Row) -> Result<Warehouse, ApiError> {
    let settings = serde_json::from_str(&settings)?;
    Ok(Warehouse {
        id,
        name,
        running: state == "RUNNING",
        creator,
        settings,
    })
}

/// The warehouse with this id, when the principal has at least this level on it: `CAN_USE` to run a statement.
///
/// # Errors
/// 404 when it does not exist, 403 without the permission.
pub async fn require(
    workspace: &Workspace,
    principal: &Principal,
    id: &str,
    level: Level,
) -> Result<Warehouse, ApiError> {
    let row: Option<Row> = sqlx::query_as("SELECT id, name, state, creator, settings FROM warehouse WHERE id = ?")
        .bind(id)
        .fetch_optional(workspace.store.reader())
        .await?;
    let Some(row) = row else {
        return Err(ApiError::not_found(format!("SQL warehouse {id} does not exist.")));
    };
    workspace
        .permissions()
        .require(principal, &Object::warehouse(id), level)
        .await?;
    read(row)
}

/// All warehouses that the principal may see, sorted by name.
///
/// # Errors
/// When the store fails.
pub async fn list(workspace: &Workspace, principal: &Principal) -> Result<Vec<Warehouse>, ApiError> {
    let rows: Vec<Row> = sqlx::query_as("SELECT id, name, state, creator, settings FROM warehouse ORDER BY name")
        .fetch_all(workspace.store.reader())
        .await?;
    let mut visible = Vec::new();
    for row in rows {
        let warehouse = read(row)?;
        if workspace
            .permissions()
            .allows(principal, &Object::warehouse(&warehouse.id), Level::CanView)
            .await?
        {
            visible.push(warehouse);
        }
    }
    Ok(visible)
}

/// Notes that a warehouse runs or not. Call it for a statement on a stopped warehouse, which starts it.
///
/// # Errors
/// When the store fails.
pub async fn set_running(workspace: &Workspace, id: &str, running: bool) -> Result<(), ApiError> {
    let mut transaction = workspace.store.begin().await?;
    sqlx::query("UPDATE warehouse SET state = ? WHERE id = ?")
        .bind(if running { "RUNNING" } else { "STOPPED" })
        .bind(id)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// Adds a warehouse with its owner.
pub(crate) async fn insert(
    workspace: &Workspace,
    transaction: &mut Transaction<'_, Sqlite>,
    owner: &str,
    name: &str,
    settings: &Settings,
) -> Result<String, ApiError> {
    let id = workspace.ids.hex16();
    let done = sqlx::query(
        "INSERT INTO warehouse (id, name, state, creator, settings) VALUES (?, ?, 'RUNNING', ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(&id)
    .bind(name)
    .bind(owner)
    .bind(serde_json::to_string(settings)?)
    .execute(&mut **transaction)
    .await?;
    if done.rows_affected() == 0 {
        return Err(taken(name));
    }
    let object = Object::warehouse(&id);
    workspace
        .permissions()
        .put(transaction, &object, owner, Level::IsOwner)
        .await?;
    Ok(id)
}

/// Gives a warehouse this name and these settings.
async fn change(workspace: &Workspace, id: &str, name: &str, settings: &Settings) -> Result<(), ApiError> {
    let mut transaction = workspace.store.begin().await?;
    let done = sqlx::query("UPDATE OR IGNORE warehouse SET name = ?, settings = ? WHERE id = ?")
        .bind(name)
        .bind(serde_json::to_string(settings)?)
        .bind(id)
        .execute(&mut *transaction)
        .await?;
    if done.rows_affected() == 0 {
        return Err(taken(name));
    }
    Ok(transaction.commit().await?)
}

fn taken(name: &str) -> ApiError {
    ApiError::conflict(
        "RESOURCE_ALREADY_EXISTS",
        format!("SQL warehouse with name `{name}` already exists"),
    )
}

/// The settings of a warehouse that was made without any.
pub(crate) fn default_settings() -> Result<Settings, ApiError> {
    rest::settings(&mut Map::new())
}
