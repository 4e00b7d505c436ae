//! The credentials of principals for Git providers: sealed, never shown.

use sluice_model::Secret;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _};

use super::program::Login;
use crate::error::ApiError;
use crate::secrets::vault::Place;
use crate::workspace::Workspace;

/// A credential without its token.
#[derive(Clone, Debug)]
pub(super) struct Credential {
    pub(super) id: i64,
    pub(super) principal_id: i64,
    pub(super) provider: String,
    pub(super) username: Option<String>,
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
    pub(super) is_default: bool,
}

impl FromRow<'_, SqliteRow> for Credential {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            principal_id: row.try_get("principal_id")?,
            provider: row.try_get("provider")?,
            username: row.try_get("username")?,
            email: row.try_get("email")?,
            name: row.try_get("name")?,
            is_default: row.try_get("is_default")?,
        })
    }
}

/// The credentials of a principal, in the order of their numbers.
pub(super) async fn of(workspace: &Workspace, principal_id: i64) -> Result<Vec<Credential>, ApiError> {
    let found = sqlx::query_as("SELECT * FROM git_credential WHERE principal_id = ? ORDER BY id")
        .bind(principal_id)
        .fetch_all(workspace.store.reader())
        .await?;
    Ok(found)
}

fn place(key: &str) -> Place<'_> {
    // No secret scope can have this name.
    Place {
        scope: "(Git credentials)",
        key,
    }
}

/// Seals a token for the credential with this number.
pub(super) fn seal(workspace: &Workspace, id: i64, token: &Secret<String>) -> Result<Vec<u8>, ApiError> {
    let value = Secret::new(token.expose().clone().into_bytes());
    workspace.vault.seal(&place(&id.to_string()), &value)
}

/// The credential that a principal fetches from a provider with: the named one, else its default, else any; and what `git` signs in with.
///
/// # Errors
/// 404 when the principal has no credential with the number that it names.
pub(super) async fn login(
    workspace: &Workspace,
    principal_id: i64,
    provider: &str,
    named: Option<i64>,
) -> Result<Option<(i64, Login)>, ApiError> {
    let own = of(workspace, principal_id).await?;
    let chosen = match named {
        Some(id) => {
            let found = own.into_iter().find(|credential| credential.id == id);
            Some(found.ok_or_else(|| missing(&id.to_string()))?)
        }
        None => {
            let mut fitting: Vec<_> = own
                .into_iter()
                .filter(|credential| credential.provider.eq_ignore_ascii_case(provider))
                .collect();
            let default = fitting.iter().position(|credential| credential.is_default).unwrap_or(0);
            (default < fitting.len()).then(|| fitting.swap_remove(default))
        }
    };
    let Some(credential) = chosen else {
        return Ok(None);
    };
    let (sealed,): (Vec<u8>,) = sqlx::query_as("SELECT sealed FROM git_credential WHERE id = ?")
        .bind(credential.id)
        .fetch_one(workspace.store.reader())
        .await?;
    let opened = workspace
        .vault
        .open_sealed(&place(&credential.id.to_string()), &sealed)?;
    let token = String::from_utf8(opened.expose().clone())
        .map_err(|_not_text| ApiError::internal("a Git credential is no text"))?;
    let provider = credential.provider.to_ascii_lowercase();
    let usual = match provider.as_str() {
        _ if provider.starts_with("gitlab") => "oauth2",
        _ if provider.starts_with("bitbucket") => "x-token-auth",
        _ => "x-access-token",
    };
    let username = credential.username.unwrap_or_else(|| usual.to_owned());
    let token = Secret::new(token);
    Ok(Some((credential.id, Login { username, token })))
}

/// The error for a credential that the principal does not have.
pub(super) fn missing(id: &str) -> ApiError {
    ApiError::not_found(format!("Git credential {id} does not exist."))
}
