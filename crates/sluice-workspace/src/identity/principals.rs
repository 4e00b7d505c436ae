//! Principals and groups in the store.

use std::collections::BTreeSet;

use sqlx::{Sqlite, Transaction};

use crate::error::ApiError;
use crate::principal::{ACCOUNT_USERS, ADMINS, Principal, PrincipalKind, USERS};
use crate::workspace::Workspace;

/// A principal or group that does not exist yet.
pub(crate) struct NewPrincipal<'a> {
    /// `user`, `service_principal` or `group`.
    pub(crate) kind: &'a str,
    /// The name that grants use.
    pub(crate) name: &'a str,
    /// The name for people.
    pub(crate) display_name: &'a str,
    /// SCIM fields to echo, a JSON object.
    pub(crate) attributes: &'a str,
}

/// Adds a principal or group and returns its id.
pub(crate) async fn insert_principal(
    workspace: &Workspace,
    transaction: &mut Transaction<'_, Sqlite>,
    new: &NewPrincipal<'_>,
) -> Result<i64, ApiError> {
    let id = workspace.ids.number();
    let done = sqlx::query(
        "INSERT INTO principal (id, kind, name, display_name, attributes) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(id)
    .bind(new.kind)
    .bind(new.name)
    .bind(new.display_name)
    .bind(new.attributes)
    .execute(&mut **transaction)
    .await?;
    if done.rows_affected() == 0 {
        return Err(ApiError::conflict(
            "RESOURCE_ALREADY_EXISTS",
            format!("a {} named '{}' already exists", new.kind.replace('_', " "), new.name),
        ));
    }
    Ok(id)
}

/// Puts a principal or group into a group; doing so twice changes nothing.
pub(crate) async fn add_member(
    transaction: &mut Transaction<'_, Sqlite>,
    group_id: i64,
    member_id: i64,
) -> Result<(), ApiError> {
    sqlx::query("INSERT INTO membership (group_id, member_id) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(group_id)
        .bind(member_id)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// A principal as it is read: kind, name, display name, and the names of all groups that it is in as a JSON array.
pub(super) type Row = (String, String, String, String);

/// The rest of a statement that has named the ids of principals `own`: their [`Row`]s, after what the statement selects besides.
macro_rules! principal_columns {
    () => {
        "principal.kind, principal.name, principal.display_name, \
         (WITH RECURSIVE above (id) AS (
              SELECT group_id FROM membership WHERE member_id = principal.id
              UNION SELECT group_id FROM membership JOIN above ON member_id = above.id)
          SELECT json_group_array(team.name) FROM above JOIN principal AS team USING (id))"
    };
}
pub(super) use principal_columns;

/// The principal with this id, with all groups that it is in; none when there is no such user or service principal.
pub(crate) async fn load(workspace: &Workspace, id: i64) -> Result<Option<Principal>, ApiError> {
    let row: Option<Row> = sqlx::query_as(concat!(
        "SELECT ",
        principal_columns!(),
        " FROM principal WHERE id = ? AND kind <> 'group'"
    ))
    .bind(id)
    .fetch_optional(workspace.store.reader())
    .await?;
    row.map(|row| principal(id, row)).transpose()
}

/// The principal that a row describes.
pub(super) fn principal(id: i64, (kind, name, display_name, groups): Row) -> Result<Principal, ApiError> {
    let mut groups: BTreeSet<String> = serde_json::from_str(&groups)?;
    groups.extend([USERS.to_owned(), ACCOUNT_USERS.to_owned()]);
    Ok(Principal {
        id,
        kind: if kind == "user" {
            PrincipalKind::User
        } else {
            PrincipalKind::ServicePrincipal
        },
        is_admin: groups.contains(ADMINS),
        name,
        display_name,
        groups,
    })
}

/// The user or service principal with this user name or application id, such as the `run_as` of a job.
///
/// # Errors
/// When the store fails.
pub async fn by_name(workspace: &Workspace, name: &str) -> Result<Option<Principal>, ApiError> {
    let row: Option<(i64,)> = sqlx::query_as("SELECT id FROM principal WHERE name = ? AND kind <> 'group'")
        .bind(name)
        .fetch_optional(workspace.store.reader())
        .await?;
    match row {
        Some((id,)) => load(workspace, id).await,
        None => Ok(None),
    }
}

/// Whether a user, service principal or group of this name exists.
///
/// # Errors
/// When the store fails.
pub async fn principal_exists(workspace: &Workspace, name: &str) -> Result<bool, ApiError> {
    if name == ACCOUNT_USERS {
        return Ok(true);
    }
    let row: Option<(i64,)> = sqlx::query_as("SELECT 1 FROM principal WHERE name = ?")
        .bind(name)
        .fetch_optional(workspace.store.reader())
        .await?;
    Ok(row.is_some())
}

/// What a name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedKind {
    User,
    Group,
    ServicePrincipal,
}

impl std::fmt::Display for NamedKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::User => "UserName",
            Self::Group => "GroupName",
            Self::ServicePrincipal => "ServicePrincipalName",
        })
    }
}

/// The kind and display name of the user, group or service principal with this name; none when nobody has it.
pub(crate) async fn kind_of(workspace: &Workspace, name: &str) -> Result<Option<(NamedKind, String)>, ApiError> {
    let row: Option<(String, String)> = sqlx::query_as("SELECT kind, display_name FROM principal WHERE name = ?")
        .bind(name)
        .fetch_optional(workspace.store.reader())
        .await?;
    Ok(row.map(|(kind, display_name)| {
        let kind = match kind.as_str() {
            "user" => NamedKind::User,
            "group" => NamedKind::Group,
            _ => NamedKind::ServicePrincipal,
        };
        (kind, display_name)
    }))
}
