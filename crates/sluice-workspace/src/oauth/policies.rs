//! Federation policies of service principals: which tokens of which issuer stand for them.

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _};

use super::federation::OidcPolicy;
use super::{ACCOUNT_ID, administered, written};
use crate::call::Call;
use crate::error::ApiError;
use crate::paging::page;
use crate::route::Route;
use crate::workspace::Workspace;

const ALL: &str = "/api/2.0/accounts/{account_id}/servicePrincipals/{service_principal_id}/federationPolicies";
const ONE: &str =
    "/api/2.0/accounts/{account_id}/servicePrincipals/{service_principal_id}/federationPolicies/{policy_id}";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(ALL, create),
        Route::get(ALL, list),
        Route::get(ONE, get),
        Route::patch(ONE, update),
        Route::delete(ONE, delete),
    ]
}

struct Row {
    uid: String,
    principal_id: i64,
    policy_id: String,
    description: Option<String>,
    policy: String,
    created_at: i64,
    updated_at: i64,
}

impl FromRow<'_, SqliteRow> for Row {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            uid: row.try_get("uid")?,
            principal_id: row.try_get("principal_id")?,
            policy_id: row.try_get("policy_id")?,
            description: row.try_get("description")?,
            policy: row.try_get("policy")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}

#[derive(Serialize)]
struct FederationPolicy {
    name: String,
    uid: String,
    policy_id: String,
    service_principal_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    oidc_policy: OidcPolicy,
    create_time: String,
    update_time: String,
}

impl TryFrom<Row> for FederationPolicy {
    type Error = ApiError;

    fn try_from(row: Row) -> Result<Self, ApiError> {
        Ok(Self {
            name: format!(
                "accounts/{ACCOUNT_ID}/servicePrincipals/{}/federationPolicies/{}",
                row.principal_id, row.policy_id
            ),
            uid: row.uid,
            policy_id: row.policy_id,
            service_principal_id: row.principal_id,
            description: row.description,
            oidc_policy: serde_json::from_str(&row.policy)?,
            create_time: written(row.created_at)?,
            update_time: written(row.updated_at)?,
        })
    }
}

/// The policies of the active service principal with this application id, by their ids.
pub(super) async fn of_application(
    workspace: &Workspace,
    application_id: &str,
) -> Result<Vec<(String, OidcPolicy)>, ApiError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT policy_id, policy FROM federation_policy JOIN principal ON principal.id = principal_id \
         WHERE name = ? AND active = 1 ORDER BY policy_id",
    )
    .bind(application_id)
    .fetch_all(workspace.store.reader())
    .await?;
    rows.into_iter()
        .map(|(policy_id, policy)| Ok((policy_id, serde_json::from_str(&policy)?)))
        .collect()
}

async fn rows(workspace: &Workspace, principal_id: i64) -> Result<Vec<Row>, ApiError> {
    let rows = sqlx::query_as("SELECT * FROM federation_policy WHERE principal_id = ? ORDER BY policy_id")
        .bind(principal_id)
        .fetch_all(workspace.store.reader())
        .await?;
    Ok(rows)
}

async fn named(call: &Call, principal_id: i64) -> Result<Row, ApiError> {
    let policy_id = call.parameter("policy_id");
    let found = rows(&call.workspace, principal_id).await?;
    found
        .into_iter()
        .find(|row| row.policy_id == policy_id)
        .ok_or_else(|| ApiError::not_found(format!("Federation policy {policy_id} does not exist.")))
}

#[derive(Deserialize)]
struct Given {
    description: Option<String>,
    oidc_policy: Option<OidcPolicy>,
}

/// The id of a policy, which becomes part of its name.
fn check_id(text: &str) -> Result<(), ApiError> {
    let fits = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-';
    if !text.is_empty() && text.len() <= 63 && text.chars().all(fits) {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "`{text}` is not a `policy_id`: expected up to 63 lower-case letters, digits and `-`"
    )))
}

async fn create(mut call: Call) -> Result<Json<FederationPolicy>, ApiError> {
    let principal_id = administered(&call, "make federation policies").await?;
    let given: Given = call.json().await?;
    let policy = given
        .oidc_policy
        .ok_or_else(|| ApiError::invalid("`oidc_policy` is required"))?;
    policy.check()?;
    let workspace = &call.workspace;
    let uid = workspace.ids.uuid();
    let policy_id = call.query("policy_id").unwrap_or(&uid).to_owned();
    check_id(&policy_id)?;
    let now = workspace.clock.now_ms();
    let row = Row {
        uid,
        principal_id,
        policy_id,
        description: given.description,
        policy: serde_json::to_string(&policy)?,
        created_at: now,
        updated_at: now,
    };
    let mut transaction = workspace.store.begin().await?;
    let made = sqlx::query(
        "INSERT INTO federation_policy (uid, principal_id, policy_id, description, policy, created_at, updated_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(&row.uid)
    .bind(row.principal_id)
    .bind(&row.policy_id)
    .bind(&row.description)
    .bind(&row.policy)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    if made.rows_affected() == 0 {
        return Err(ApiError::conflict(
            "RESOURCE_ALREADY_EXISTS",
            format!(
                "the service principal has a federation policy `{}` already",
                row.policy_id
            ),
        ));
    }
    Ok(Json(row.try_into()?))
}

#[derive(Serialize)]
struct Listed {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policies: Vec<FederationPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn list(call: Call) -> Result<Json<Listed>, ApiError> {
    let principal_id = administered(&call, "list federation policies").await?;
    let rows = rows(&call.workspace, principal_id).await?;
    let page = page(&call, "page_size", rows, |row| &row.policy_id)?;
    let policies: Result<_, _> = page.items.into_iter().map(FederationPolicy::try_from).collect();
    Ok(Json(Listed {
        policies: policies?,
        next_page_token: page.next_page_token,
    }))
}

async fn get(call: Call) -> Result<Json<FederationPolicy>, ApiError> {
    let principal_id = administered(&call, "see federation policies").await?;
    Ok(Json(named(&call, principal_id).await?.try_into()?))
}

async fn update(mut call: Call) -> Result<Json<FederationPolicy>, ApiError> {
    let principal_id = administered(&call, "change federation policies").await?;
    let before = named(&call, principal_id).await?;
    let given: Given = call.json().await?;
    let mut policy: OidcPolicy = serde_json::from_str(&before.policy)?;
    let mut description = before.description.clone();
    let mask = call.query("update_mask").unwrap_or("*").to_owned();
    for field in mask.split(',') {
        let new = || given.oidc_policy.clone().unwrap_or_default();
        match field {
            "*" => {
                description = given.description.clone().or(description);
                policy = given.oidc_policy.clone().unwrap_or(policy);
            }
            "description" => description.clone_from(&given.description),
            "oidc_policy" => policy = new(),
            "oidc_policy.issuer" => policy.issuer = new().issuer,
            "oidc_policy.subject" => policy.subject = new().subject,
            "oidc_policy.audiences" => policy.audiences = new().audiences,
            "oidc_policy.subject_claim" => policy.subject_claim = new().subject_claim,
            "oidc_policy.jwks_json" => policy.jwks_json = new().jwks_json,
            "oidc_policy.jwks_uri" => policy.jwks_uri = new().jwks_uri,
            other => {
                return Err(ApiError::invalid(format!(
                    "`update_mask` names `{other}`, which cannot be changed"
                )));
            }
        }
    }
    policy.check()?;
    let mut transaction = call.workspace.store.begin().await?;
    sqlx::query("UPDATE federation_policy SET description = ?, policy = ?, updated_at = ? WHERE uid = ?")
        .bind(description)
        .bind(serde_json::to_string(&policy)?)
        .bind(call.workspace.clock.now_ms())
        .bind(&before.uid)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Json(named(&call, principal_id).await?.try_into()?))
}

async fn delete(call: Call) -> Result<StatusCode, ApiError> {
    let principal_id = administered(&call, "delete federation policies").await?;
    let row = named(&call, principal_id).await?;
    let mut transaction = call.workspace.store.begin().await?;
    sqlx::query("DELETE FROM federation_policy WHERE uid = ?")
        .bind(&row.uid)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
