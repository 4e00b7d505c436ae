//! `/api/2.0/preview/scim/v2`: everybody reads, administrators change.

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{Sqlite, Transaction};

use super::principals::{NewPrincipal, add_member, insert_principal};
use super::scim::{Document, Family, Filter, Given, MemberValue, documents};
use crate::call::Call;
use crate::error::ApiError;
use crate::files;
use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![Route::get("/api/2.0/preview/scim/v2/Me", me)];
    macro_rules! family {
        ($family:expr, $list:literal, $one:literal) => {
            routes.extend([
                Route::get($list, |call| list(call, $family)),
                Route::post($list, |call| create(call, $family)),
                Route::get($one, |call| get(call, $family)),
                Route::put($one, |call| replace(call, $family)),
                Route::patch($one, |call| patch(call, $family)),
                Route::delete($one, |call| delete(call, $family)),
            ]);
        };
    }
    family!(
        Family::Users,
        "/api/2.0/preview/scim/v2/Users",
        "/api/2.0/preview/scim/v2/Users/{id}"
    );
    family!(
        Family::Groups,
        "/api/2.0/preview/scim/v2/Groups",
        "/api/2.0/preview/scim/v2/Groups/{id}"
    );
    family!(
        Family::ServicePrincipals,
        "/api/2.0/preview/scim/v2/ServicePrincipals",
        "/api/2.0/preview/scim/v2/ServicePrincipals/{id}"
    );
    routes
}

async fn me(call: Call) -> Result<Json<Document>, ApiError> {
    let found = documents(&call.workspace, None, Some(call.principal.id)).await?;
    let document = found
        .into_iter()
        .next()
        .ok_or_else(|| ApiError::unauthenticated("Invalid access token."))?;
    Ok(Json(document.into_me()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List {
    schemas: [&'static str; 1],
    total_results: usize,
    start_index: usize,
    items_per_page: usize,
    #[serde(rename = "Resources")]
    resources: Vec<Document>,
}

async fn list(call: Call, family: Family) -> Result<Json<List>, ApiError> {
    let filter = call
        .query("filter")
        .filter(|text| !text.is_empty())
        .map(Filter::parse)
        .transpose()?;
    let start_index = call.parse_query::<usize>("startIndex")?.unwrap_or(1).max(1);
    let count = call.parse_query::<usize>("count")?.unwrap_or(usize::MAX);
    let mut found = documents(&call.workspace, Some(family), None).await?;
    found.retain(|document| filter.as_ref().is_none_or(|filter| filter.keeps(document)));
    let total_results = found.len();
    let resources: Vec<Document> = found.into_iter().skip(start_index - 1).take(count).collect();
    Ok(Json(List {
        schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        total_results,
        start_index,
        items_per_page: resources.len(),
        resources,
    }))
}

/// The document that a request names; of another family it does not exist.
async fn named(call: &Call, family: Family) -> Result<(i64, Document), ApiError> {
    let text = call.parameter("id");
    let missing = || family.missing(text);
    let id: i64 = text.parse().map_err(|_not_a_number| missing())?;
    let found = documents(&call.workspace, Some(family), Some(id)).await?;
    Ok((id, found.into_iter().next().ok_or_else(missing)?))
}

async fn get(call: Call, family: Family) -> Result<Json<Document>, ApiError> {
    Ok(Json(named(&call, family).await?.1))
}

async fn create(mut call: Call, family: Family) -> Result<(StatusCode, Json<Document>), ApiError> {
    call.principal.require_admin(&format!("create {}", family.as_str()))?;
    let mut given: Given = call.json().await?;
    let attributes = given.attributes(family);
    let required = |field: &str, value: Option<String>| {
        value
            .filter(|value| !value.is_empty())
            .ok_or_else(|| ApiError::invalid(format!("`{field}` is required")))
    };
    let name = match family {
        Family::Users => required("userName", given.user_name)?,
        Family::Groups => required("displayName", given.display_name.clone())?,
        Family::ServicePrincipals => given.application_id.unwrap_or_else(|| call.workspace.ids.uuid()),
    };
    let new = NewPrincipal {
        kind: family.stored(),
        display_name: given.display_name.as_deref().unwrap_or(&name),
        name: &name,
        attributes: &serde_json::to_string(&attributes)?,
    };
    let mut transaction = call.workspace.store.begin().await?;
    let id = insert_principal(&call.workspace, &mut transaction, &new).await?;
    set_active(&mut transaction, id, given.active).await?;
    if let Some(members) = &given.members {
        add_members(&mut transaction, id, members).await?;
    }
    if family != Family::Groups {
        files::make_home(&call.workspace, &mut transaction, &name).await?;
    }
    transaction.commit().await?;
    let made = documents(&call.workspace, None, Some(id)).await?;
    let made = made.into_iter().next().ok_or_else(|| family.missing(&id.to_string()))?;
    Ok((StatusCode::CREATED, Json(made)))
}

async fn set_active(transaction: &mut Transaction<'_, Sqlite>, id: i64, active: Option<bool>) -> Result<(), ApiError> {
    if let Some(active) = active {
        let update = sqlx::query("UPDATE principal SET active = ? WHERE id = ?")
            .bind(active)
            .bind(id);
        update.execute(&mut **transaction).await?;
    }
    Ok(())
}

async fn set_display_name(
    transaction: &mut Transaction<'_, Sqlite>,
    family: Family,
    id: i64,
    display_name: &str,
) -> Result<(), ApiError> {
    // Grants and ACLs name a group by its display name, which therefore stays what it was made with.
    if family == Family::Groups {
        let same: Option<(i64,)> = sqlx::query_as("SELECT 1 FROM principal WHERE id = ? AND name = ?")
            .bind(id)
            .bind(display_name)
            .fetch_optional(&mut **transaction)
            .await?;
        return match same {
            Some(_) => Ok(()),
            None => Err(ApiError::not_implemented(
                "the local workspace does not rename groups: make another one",
            )),
        };
    }
    sqlx::query("UPDATE principal SET display_name = ? WHERE id = ?")
        .bind(display_name)
        .bind(id)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn add_members(
    transaction: &mut Transaction<'_, Sqlite>,
    group_id: i64,
    members: &[MemberValue],
) -> Result<(), ApiError> {
    for MemberValue { value } in members {
        let member: Option<(i64,)> = sqlx::query_as("SELECT id FROM principal WHERE CAST(id AS TEXT) = ?")
            .bind(value)
            .fetch_optional(&mut **transaction)
            .await?;
        let Some((member,)) = member else {
            return Err(ApiError::invalid(format!(
                "there is no principal with id {value} to add to the group"
            )));
        };
        add_member(transaction, group_id, member).await?;
    }
    Ok(())
}

async fn remove_members(
    transaction: &mut Transaction<'_, Sqlite>,
    group_id: i64,
    only: Option<&str>,
) -> Result<(), ApiError> {
    sqlx::query("DELETE FROM membership WHERE group_id = ?1 AND coalesce(CAST(member_id AS TEXT) = ?2, 1)")
        .bind(group_id)
        .bind(only)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn replace(mut call: Call, family: Family) -> Result<Json<Document>, ApiError> {
    call.principal.require_admin(&format!("change {}", family.as_str()))?;
    let (id, before) = named(&call, family).await?;
    let mut given: Given = call.json().await?;
    let attributes = given.attributes(family);
    for (field, value) in [("userName", &given.user_name), ("applicationId", &given.application_id)] {
        if value.is_some() && value.as_deref() != before.filter_value(field) {
            return Err(ApiError::invalid(format!("`{field}` cannot be changed")));
        }
    }
    let mut transaction = call.workspace.store.begin().await?;
    if let Some(display_name) = &given.display_name {
        set_display_name(&mut transaction, family, id, display_name).await?;
    }
    set_active(&mut transaction, id, given.active).await?;
    if family == Family::Groups {
        remove_members(&mut transaction, id, None).await?;
        add_members(&mut transaction, id, given.members.as_deref().unwrap_or_default()).await?;
    }
    sqlx::query("UPDATE principal SET attributes = ? WHERE id = ?")
        .bind(serde_json::to_string(&attributes)?)
        .bind(id)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Json(named(&call, family).await?.1))
}

#[derive(Deserialize)]
struct Patch {
    #[serde(rename = "Operations", alias = "operations")]
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
struct Operation {
    op: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    value: Value,
}

async fn patch(mut call: Call, family: Family) -> Result<Json<Document>, ApiError> {
    call.principal.require_admin(&format!("change {}", family.as_str()))?;
    let (id, _) = named(&call, family).await?;
    let body: Patch = call.json().await?;
    let mut transaction = call.workspace.store.begin().await?;
    for operation in &body.operations {
        apply(&mut transaction, family, id, operation).await?;
    }
    transaction.commit().await?;
    Ok(Json(named(&call, family).await?.1))
}

/// Applies one operation of a patch: display name, activity, members. Anything else is refused by name.
async fn apply(
    transaction: &mut Transaction<'_, Sqlite>,
    family: Family,
    id: i64,
    operation: &Operation,
) -> Result<(), ApiError> {
    let op = operation.op.to_ascii_lowercase();
    let refused = || {
        ApiError::not_implemented(format!(
            "the local workspace does not {op} `{}` of {}: it changes displayName, active and members",
            operation.path,
            family.as_str()
        ))
    };
    let value = &operation.value;
    let one_member = operation
        .path
        .strip_prefix("members[value eq \"")
        .and_then(|rest| rest.strip_suffix("\"]"));
    match (op.as_str(), operation.path.as_str()) {
        ("add" | "replace", "displayName") => {
            set_display_name(transaction, family, id, value.as_str().ok_or_else(refused)?).await
        }
        ("add" | "replace", "active") => set_active(transaction, id, Some(value.as_bool().ok_or_else(refused)?)).await,
        ("add" | "replace", "members") if family == Family::Groups => {
            let members = serde_json::from_value(value.clone());
            let members: Vec<MemberValue> =
                members.map_err(|error| ApiError::invalid(format!("`members`: {error}")))?;
            if op == "replace" {
                remove_members(transaction, id, None).await?;
            }
            add_members(transaction, id, &members).await
        }
        ("remove", "members") if family == Family::Groups && value.is_null() => {
            remove_members(transaction, id, None).await
        }
        ("remove", _) if family == Family::Groups && one_member.is_some() => {
            remove_members(transaction, id, one_member).await
        }
        ("add" | "replace", "") => {
            let given: Given = serde_json::from_value(value.clone())
                .map_err(|error| ApiError::invalid(format!("the value of a patch without `path`: {error}")))?;
            if given.rest.keys().next().is_some() || given.user_name.is_some() {
                return Err(refused());
            }
            if let Some(display_name) = &given.display_name {
                set_display_name(transaction, family, id, display_name).await?;
            }
            set_active(transaction, id, given.active).await?;
            add_members(transaction, id, given.members.as_deref().unwrap_or_default()).await
        }
        _ => Err(refused()),
    }
}

async fn delete(call: Call, family: Family) -> Result<StatusCode, ApiError> {
    call.principal.require_admin(&format!("delete {}", family.as_str()))?;
    let (id, document) = named(&call, family).await?;
    let built_in = [crate::principal::ADMINS, crate::principal::USERS];
    if family == Family::Groups && built_in.contains(&document.display_name.as_str()) {
        return Err(ApiError::invalid(format!(
            "the group `{}` cannot be deleted",
            document.display_name
        )));
    }
    if id == call.principal.id {
        return Err(ApiError::invalid("you cannot delete yourself"));
    }
    let mut transaction = call.workspace.store.begin().await?;
    sqlx::query("DELETE FROM principal WHERE id = ?")
        .bind(id)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
