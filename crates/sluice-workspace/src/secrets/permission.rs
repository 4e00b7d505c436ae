//! Who may do what with a scope.

use std::str::FromStr;

use crate::audit::{Rule, RuleKind};
use crate::error::ApiError;
use crate::principal::Principal;
use crate::workspace::Workspace;

/// A permission on a scope; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Permission {
    /// Read values and list keys.
    Read,
    /// Write and delete secrets.
    Write,
    /// Change permissions, delete the scope.
    Manage,
}

impl Permission {
    /// As the REST API writes it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Write => "WRITE",
            Self::Manage => "MANAGE",
        }
    }
}

impl FromStr for Permission {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Self, ApiError> {
        [Self::Read, Self::Write, Self::Manage]
            .into_iter()
            .find(|permission| permission.as_str() == text)
            .ok_or_else(|| {
                ApiError::invalid(format!(
                    "`{text}` is not a permission on a secret scope: expected READ, WRITE or MANAGE"
                ))
            })
    }
}

/// The entries of a scope's list, sorted by principal.
pub(super) async fn entries(workspace: &Workspace, scope: &str) -> Result<Vec<(String, Permission)>, ApiError> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT principal, permission FROM secret_acl WHERE scope = ? ORDER BY principal")
            .bind(scope)
            .fetch_all(workspace.store.reader())
            .await?;
    rows.into_iter()
        .map(|(principal, permission)| Ok((principal, permission.parse()?)))
        .collect()
}

/// What a principal may do with a scope; administrators may do everything.
pub(super) async fn of(
    workspace: &Workspace,
    principal: &Principal,
    scope: &str,
) -> Result<Option<Permission>, ApiError> {
    if principal.is_admin {
        return Ok(Some(Permission::Manage));
    }
    let entries = entries(workspace, scope).await?;
    let own = entries.into_iter().filter(|(name, _)| principal.answers_to(name));
    Ok(own.map(|(_, permission)| permission).max())
}

fn object(scope: &str) -> String {
    format!("secret scope '{scope}'")
}

/// The rule by which a principal has at least this permission on a scope, or has not.
async fn rule(workspace: &Workspace, principal: &Principal, scope: &str, needed: Permission) -> Result<Rule, ApiError> {
    if principal.is_admin {
        return Ok(Rule::administrator());
    }
    let entries = entries(workspace, scope).await?;
    let mut own = entries
        .into_iter()
        .filter(|(name, permission)| principal.answers_to(name) && *permission >= needed);
    Ok(match own.next() {
        Some((name, permission)) => Rule::entry(permission.as_str(), &name, &object(scope)),
        None => Rule::none(needed.as_str(), &object(scope)),
    })
}

/// Refuses who has less than this permission on the scope.
///
/// # Errors
/// 404 without the scope, 403 without the permission.
pub(super) async fn require(
    workspace: &Workspace,
    principal: &Principal,
    scope: &str,
    needed: Permission,
) -> Result<(), ApiError> {
    let found: Option<(i64,)> = sqlx::query_as("SELECT created_at FROM secret_scope WHERE name = ?")
        .bind(scope)
        .fetch_optional(workspace.store.reader())
        .await?;
    if found.is_none() {
        return Err(ApiError::not_found(format!("Scope {scope} does not exist!")));
    }
    let rule = rule(workspace, principal, scope, needed).await?;
    let allowed = rule.kind != RuleKind::None;
    workspace.decided(principal, needed.as_str(), &object(scope), rule);
    if allowed {
        return Ok(());
    }
    Err(ApiError::denied(format!(
        "User '{}' does not have {} permission on the secret scope {scope}.",
        principal.name,
        needed.as_str()
    )))
}
