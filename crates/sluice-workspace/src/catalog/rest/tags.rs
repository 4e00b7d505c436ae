//! Tag assignments of Unity Catalog objects, and the policies of their keys.

use axum::Json;
use serde::{Deserialize, Serialize};
use sluice_model::Timestamp;

use super::{Empty, Rest};
use crate::call::Call;
use crate::catalog::tag::{Tag, TagTarget, WhenTagged, entity_type};
use crate::catalog::tag_policy::{TagPolicy, TagPolicyChange};
use crate::error::ApiError;
use crate::paging::page;
use crate::route::Route;

const TAGS: &str = "/api/2.1/unity-catalog/entity-tag-assignments/{entity_type}/{entity_name}/tags";
const TAG: &str = "/api/2.1/unity-catalog/entity-tag-assignments/{entity_type}/{entity_name}/tags/{tag_key}";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/2.1/unity-catalog/entity-tag-assignments", create),
        Route::get(TAGS, list),
        Route::get(TAG, get),
        Route::patch(TAG, update),
        Route::delete(TAG, delete),
        Route::get("/api/2.1/tag-policies", list_policies),
        Route::post("/api/2.1/tag-policies", create_policy),
        Route::get("/api/2.1/tag-policies/{tag_key}", get_policy),
        Route::patch("/api/2.1/tag-policies/{tag_key}", update_policy),
        Route::delete("/api/2.1/tag-policies/{tag_key}", delete_policy),
    ]
}

fn time(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds)
        .map(|time| format!("{time:.3}"))
        .unwrap_or_default()
}

#[derive(Serialize)]
struct Assignment {
    entity_type: String,
    entity_name: String,
    tag_key: String,
    tag_value: String,
    update_time: String,
    updated_by: String,
}

impl Assignment {
    fn of(entity_type: &str, entity_name: &str, tag: Tag) -> Self {
        Self {
            entity_type: entity_type.to_owned(),
            entity_name: entity_name.to_owned(),
            tag_key: tag.key,
            tag_value: tag.value,
            update_time: time(tag.updated_at),
            updated_by: tag.updated_by,
        }
    }
}

async fn target(call: &Call, entity: &str, name: &str) -> Result<TagTarget, ApiError> {
    let (kind, of_column) = entity_type(entity)?;
    let mut parts = name.splitn(4, '.');
    let (object, column) = if of_column {
        let table: Vec<&str> = parts.by_ref().take(3).collect();
        let column = parts.next().ok_or_else(|| {
            ApiError::invalid(format!(
                "`{name}` is not a name of a column: expected catalog.schema.table.column"
            ))
        })?;
        (table.join("."), Some(column))
    } else {
        (name.to_owned(), None)
    };
    let catalog = call.workspace.catalog();
    let found = catalog.get(&call.principal, kind, &object).await?;
    catalog.tag_target(found, column).await
}

#[derive(Deserialize)]
struct Given {
    entity_type: String,
    entity_name: String,
    tag_key: String,
    #[serde(default)]
    tag_value: String,
    #[serde(flatten)]
    rest: Rest,
}

async fn create(mut call: Call) -> Result<Json<Assignment>, ApiError> {
    let given: Given = call.json().await?;
    given.rest.refuse(&call)?;
    let target = target(&call, &given.entity_type, &given.entity_name).await?;
    let tags = [(given.tag_key.clone(), given.tag_value)].into();
    let catalog = call.workspace.catalog();
    catalog
        .set_tags(&call.principal, &target, &tags, WhenTagged::Fail)
        .await?;
    let tag = catalog.tag(&call.principal, &target, &given.tag_key).await?;
    Ok(Json(Assignment::of(&given.entity_type, &given.entity_name, tag)))
}

#[derive(Serialize)]
struct Assignments {
    tag_assignments: Vec<Assignment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn list(call: Call) -> Result<Json<Assignments>, ApiError> {
    let (entity, name) = (call.parameter("entity_type"), call.parameter("entity_name"));
    let target = target(&call, entity, name).await?;
    let found = call.workspace.catalog().tags(&call.principal, &target).await?;
    let page = page(&call, "max_results", found, |each| &each.key)?;
    Ok(Json(Assignments {
        tag_assignments: page
            .items
            .into_iter()
            .map(|tag| Assignment::of(entity, name, tag))
            .collect(),
        next_page_token: page.next_page_token,
    }))
}

async fn get(call: Call) -> Result<Json<Assignment>, ApiError> {
    let (entity, name) = (call.parameter("entity_type"), call.parameter("entity_name"));
    let target = target(&call, entity, name).await?;
    let tag = call
        .workspace
        .catalog()
        .tag(&call.principal, &target, call.parameter("tag_key"))
        .await?;
    Ok(Json(Assignment::of(entity, name, tag)))
}

#[derive(Deserialize)]
struct Changed {
    #[serde(default)]
    tag_value: String,
}

async fn update(mut call: Call) -> Result<Json<Assignment>, ApiError> {
    let Changed { tag_value } = call.json().await?;
    for field in call.required_query("update_mask")?.split(',') {
        if !matches!(field, "tag_value" | "*") {
            return Err(ApiError::invalid(format!(
                "`{field}` of a tag assignment does not change: `update_mask` is `tag_value`"
            )));
        }
    }
    let (entity, name) = (call.parameter("entity_type"), call.parameter("entity_name"));
    let target = target(&call, entity, name).await?;
    let key = call.parameter("tag_key");
    let catalog = call.workspace.catalog();
    catalog.change_tag(&call.principal, &target, key, &tag_value).await?;
    let tag = catalog.tag(&call.principal, &target, key).await?;
    Ok(Json(Assignment::of(entity, name, tag)))
}

async fn delete(call: Call) -> Result<Json<Empty>, ApiError> {
    let target = target(&call, call.parameter("entity_type"), call.parameter("entity_name")).await?;
    call.workspace
        .catalog()
        .remove_tag(&call.principal, &target, call.parameter("tag_key"))
        .await?;
    Ok(Json(Empty {}))
}

#[derive(Deserialize, Serialize)]
struct AllowedValue {
    name: String,
}

#[derive(Serialize)]
struct Policy {
    tag_key: String,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<AllowedValue>,
    create_time: String,
    update_time: String,
}

impl From<TagPolicy> for Policy {
    fn from(policy: TagPolicy) -> Self {
        Self {
            tag_key: policy.tag_key,
            id: policy.id,
            description: policy.description,
            values: policy.allowed.into_iter().map(|name| AllowedValue { name }).collect(),
            create_time: time(policy.created_at),
            update_time: time(policy.updated_at),
        }
    }
}

#[derive(Serialize)]
struct Policies {
    tag_policies: Vec<Policy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn list_policies(call: Call) -> Result<Json<Policies>, ApiError> {
    let found = call.workspace.catalog().tag_policies().await?;
    let page = page(&call, "page_size", found, |each| &each.tag_key)?;
    Ok(Json(Policies {
        tag_policies: page.items.into_iter().map(Policy::from).collect(),
        next_page_token: page.next_page_token,
    }))
}

#[derive(Deserialize)]
struct GivenPolicy {
    #[serde(default)]
    tag_key: String,
    description: Option<String>,
    #[serde(default)]
    values: Vec<AllowedValue>,
}

impl GivenPolicy {
    fn names(self) -> Vec<String> {
        self.values.into_iter().map(|value| value.name).collect()
    }
}

async fn create_policy(mut call: Call) -> Result<Json<Policy>, ApiError> {
    let mut given: GivenPolicy = call.json().await?;
    let (key, description) = (std::mem::take(&mut given.tag_key), given.description.take());
    let names = given.names();
    let catalog = call.workspace.catalog();
    let made = catalog.create_tag_policy(&call.principal, &key, description.as_deref(), &names);
    Ok(Json(made.await?.into()))
}

async fn get_policy(call: Call) -> Result<Json<Policy>, ApiError> {
    let found = call.workspace.catalog().tag_policy(call.parameter("tag_key")).await?;
    Ok(Json(found.into()))
}

async fn update_policy(mut call: Call) -> Result<Json<Policy>, ApiError> {
    let mut given: GivenPolicy = call.json().await?;
    let mut change = TagPolicyChange::default();
    for field in call.required_query("update_mask")?.split(',') {
        match field {
            "description" => change.description = Some(given.description.take()),
            "values" => change.allowed = Some(given.values.drain(..).map(|value| value.name).collect()),
            other => {
                return Err(ApiError::invalid(format!(
                    "`{other}` of a tag policy does not change: `update_mask` names `description` and `values`"
                )));
            }
        }
    }
    let changed = call
        .workspace
        .catalog()
        .change_tag_policy(&call.principal, call.parameter("tag_key"), change)
        .await?;
    Ok(Json(changed.into()))
}

async fn delete_policy(call: Call) -> Result<Json<Empty>, ApiError> {
    call.workspace
        .catalog()
        .delete_tag_policy(&call.principal, call.parameter("tag_key"))
        .await?;
    Ok(Json(Empty {}))
}
