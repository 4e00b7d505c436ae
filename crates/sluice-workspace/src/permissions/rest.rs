//! `/api/2.0/permissions/{type}/{id}`: what the list is, and changing it.

use std::collections::BTreeMap;

use axum::Json;
use serde::Serialize;

use super::{Entry, Level, Object, ObjectKind, RequestedList};
use crate::call::Call;
use crate::error::ApiError;
use crate::files;
use crate::git_folders;
use crate::identity::{self, NamedKind};
use crate::records;
use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/2.0/permissions/{type}/{id}", get),
        Route::put("/api/2.0/permissions/{type}/{id}", set),
        Route::patch("/api/2.0/permissions/{type}/{id}", update),
        Route::get("/api/2.0/permissions/{type}/{id}/permissionLevels", levels),
        Route::get("/api/2.0/permissions/sql/warehouses/{id}", get),
        Route::put("/api/2.0/permissions/sql/warehouses/{id}", set),
        Route::patch("/api/2.0/permissions/sql/warehouses/{id}", update),
        Route::get("/api/2.0/permissions/sql/warehouses/{id}/permissionLevels", levels),
        Route::get("/api/2.0/permissions/repos/{repo_id}", get),
        Route::put("/api/2.0/permissions/repos/{repo_id}", set),
        Route::patch("/api/2.0/permissions/repos/{repo_id}", update),
        Route::get("/api/2.0/permissions/repos/{repo_id}/permissionLevels", levels),
    ]
}

#[derive(Serialize)]
struct Permission {
    permission_level: &'static str,
    inherited: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inherited_from_object: Vec<String>,
}

#[derive(Default, Serialize)]
struct AccessControl {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_principal_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    all_permissions: Vec<Permission>,
}

#[derive(Serialize)]
struct ObjectPermissions {
    object_id: String,
    object_type: &'static str,
    access_control_list: Vec<AccessControl>,
}

/// The object that a request names, when the caller has at least `level` on it.
async fn object(call: &Call, level: Level) -> Result<Object, ApiError> {
    let object = named_object(call)?;
    let permissions = call.workspace.permissions();
    permissions.require(&call.principal, &object, level).await?;
    if git_folder(call).is_some() && !git_folders::is_git_folder(&call.workspace, &object.id).await? {
        return Err(ApiError::not_found(format!("Repo {} does not exist.", object.id)));
    }
    let exists = match (object.kind.record(), object.kind.has_owner()) {
        (Some(kind), _) => records::has_acl(&call.workspace, kind, &object.id).await?,
        (None, true) => permissions.owner(&object).await?.is_some(),
        (None, false) => files::kind_of(&call.workspace, &object.id).await? == Some(object.kind),
    };
    if exists {
        return Ok(object);
    }
    let kind = object.kind.object_type();
    Err(ApiError::not_found(format!("{kind} {} does not exist.", object.id)))
}

/// The number of the Git folder that a request names: a directory with a name of its own in requests and answers.
fn git_folder(call: &Call) -> Option<&str> {
    let parameter = call.parameters.iter().find(|(name, _)| *name == "repo_id");
    parameter.map(|(_, id)| id.as_str())
}

fn named_object(call: &Call) -> Result<Object, ApiError> {
    if let Some(id) = git_folder(call) {
        return Ok(Object {
            kind: ObjectKind::Directory,
            id: id.to_owned(),
        });
    }
    let request_type = call.parameters.iter().find(|(name, _)| *name == "type");
    let kind = match request_type {
        None => ObjectKind::Warehouse,
        Some((_, text)) => ObjectKind::of_request_type(text).ok_or_else(|| {
            call.not_implemented(format!(
                "the local workspace has no permissions on objects of type `{text}`"
            ))
        })?,
    };
    Ok(Object {
        kind,
        id: call.parameter("id").to_owned(),
    })
}

async fn describe(call: &Call, object: &Object) -> Result<ObjectPermissions, ApiError> {
    let mut by_principal: BTreeMap<String, Vec<Permission>> = BTreeMap::new();
    for Entry {
        principal,
        level,
        inherited_from,
    } in call.workspace.permissions().entries(object).await?
    {
        by_principal.entry(principal).or_default().push(Permission {
            permission_level: level.as_str(),
            inherited: inherited_from.is_some(),
            inherited_from_object: inherited_from.into_iter().collect(),
        });
    }
    let mut access_control_list = Vec::new();
    for (principal, all_permissions) in by_principal {
        let named = identity::kind_of(&call.workspace, &principal).await?;
        // An entry of somebody who was deleted stays in the store and is not shown.
        let Some((kind, display_name)) = named else { continue };
        let mut entry = AccessControl {
            all_permissions,
            ..AccessControl::default()
        };
        match kind {
            NamedKind::User => (entry.user_name, entry.display_name) = (Some(principal), Some(display_name)),
            NamedKind::Group => entry.group_name = Some(principal),
            NamedKind::ServicePrincipal => {
                (entry.service_principal_name, entry.display_name) = (Some(principal), Some(display_name));
            }
        }
        access_control_list.push(entry);
    }
    let (object_id, object_type) = match git_folder(call) {
        Some(id) => (format!("/repos/{id}"), "repo"),
        None => (object.path(), object.kind.object_type()),
    };
    Ok(ObjectPermissions {
        object_id,
        object_type,
        access_control_list,
    })
}

async fn get(call: Call) -> Result<Json<ObjectPermissions>, ApiError> {
    let lowest = named_object(&call)?.kind.levels()[0].0;
    let object = object(&call, lowest).await?;
    Ok(Json(describe(&call, &object).await?))
}

/// Reads the requested entries, each for an existing principal of the named kind and with a level that the object has.
async fn requested(call: &mut Call, kind: ObjectKind) -> Result<BTreeMap<String, Level>, ApiError> {
    let body: RequestedList = call.json().await?;
    let mut list = BTreeMap::new();
    for requested in body.access_control_list {
        let (principal, named) = requested.principal(&call.workspace).await?;
        let permission_level = requested.permission_level;
        let level: Level = permission_level.parse()?;
        if !kind.levels().iter().any(|(each, _)| *each == level) {
            return Err(ApiError::invalid(format!(
                "{permission_level} is not a permission level of a {}",
                kind.object_type()
            )));
        }
        if level == Level::IsOwner && named == NamedKind::Group {
            return Err(ApiError::invalid(format!(
                "the group `{principal}` cannot be the owner"
            )));
        }
        if list.insert(principal.clone(), level).is_some() {
            return Err(ApiError::invalid(format!("`{principal}` has more than one entry")));
        }
    }
    Ok(list)
}

fn check_owner(kind: ObjectKind, list: &BTreeMap<String, Level>) -> Result<(), ApiError> {
    let owners = list.values().filter(|level| **level == Level::IsOwner).count();
    if kind.has_owner() && owners != 1 {
        return Err(ApiError::invalid(format!(
            "The {} must have exactly one owner (IS_OWNER), the list has {owners}.",
            kind.object_type()
        )));
    }
    Ok(())
}

/// A job runs with the rights of its owner, so nobody but an administrator names an owner other than the present one and themselves.
async fn check_new_owner(call: &Call, object: &Object, list: &BTreeMap<String, Level>) -> Result<(), ApiError> {
    let named = list.iter().find(|(_, level)| **level == Level::IsOwner);
    let Some((owner, _)) = named.filter(|(owner, _)| !call.principal.is_admin && **owner != call.principal.name) else {
        return Ok(());
    };
    if call.workspace.permissions().owner(object).await?.as_ref() == Some(owner) {
        return Ok(());
    }
    Err(ApiError::denied(format!(
        "User '{}' may not make '{owner}' the owner of {} {}: only members of the group `admins` may",
        call.principal.name,
        object.kind.object_type(),
        object.id
    )))
}

async fn replace(call: &Call, object: &Object, list: &BTreeMap<String, Level>) -> Result<ObjectPermissions, ApiError> {
    check_owner(object.kind, list)?;
    check_new_owner(call, object, list).await?;
    call.workspace.permissions().replace(object, list).await?;
    describe(call, object).await
}

async fn set(mut call: Call) -> Result<Json<ObjectPermissions>, ApiError> {
    let object = object(&call, Level::CanManage).await?;
    let list = requested(&mut call, object.kind).await?;
    Ok(Json(replace(&call, &object, &list).await?))
}

async fn update(mut call: Call) -> Result<Json<ObjectPermissions>, ApiError> {
    let object = object(&call, Level::CanManage).await?;
    let changes = requested(&mut call, object.kind).await?;
    let permissions = call.workspace.permissions();
    let direct = permissions
        .entries(&object)
        .await?
        .into_iter()
        .filter(|entry| entry.inherited_from.is_none());
    let mut list: BTreeMap<String, Level> = direct.map(|entry| (entry.principal, entry.level)).collect();
    if changes.values().any(|level| *level == Level::IsOwner) {
        list.retain(|_, level| *level != Level::IsOwner);
    }
    list.extend(changes);
    Ok(Json(replace(&call, &object, &list).await?))
}

#[derive(Serialize)]
struct LevelDescription {
    permission_level: &'static str,
    description: &'static str,
}

#[derive(Serialize)]
struct Levels {
    permission_levels: Vec<LevelDescription>,
}

async fn levels(call: Call) -> Result<Json<Levels>, ApiError> {
    let lowest = named_object(&call)?.kind.levels()[0].0;
    let object = object(&call, lowest).await?;
    let describe = |(level, description): &(Level, &'static str)| LevelDescription {
        permission_level: level.as_str(),
        description,
    };
    Ok(Json(Levels {
        permission_levels: object.kind.levels().iter().map(describe).collect(),
    }))
}
