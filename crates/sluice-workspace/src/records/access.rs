//! Who may do what to a record: asked before anything is read out or written.

use super::kind::{Guard, Kind, List};
use super::store::Record;
use crate::call::Call;
use crate::catalog::{Privilege, SecurableKind};
use crate::error::ApiError;
use crate::permissions::{Level, Object};

/// What somebody wants to do to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// See it.
    See,
    /// Change it.
    Change,
    /// Delete it.
    Delete,
}

impl Need {
    fn level(self, list: &List) -> Level {
        match self {
            Self::See => list.see,
            Self::Change => list.change,
            Self::Delete => Level::CanManage,
        }
    }

    /// On the table that a record is about.
    fn privilege(self) -> Privilege {
        match self {
            Self::See => Privilege::Select,
            Self::Change | Self::Delete => Privilege::Manage,
        }
    }
}

/// Refuses whoever may not do this to the record. (Objects of Unity Catalog are asked for in `securable.rs`.)
pub(super) async fn require(call: &Call, kind: &Kind, record: &Record, need: Need) -> Result<(), ApiError> {
    if allows(call, kind, record, need).await? {
        return Ok(());
    }
    let permissions = call.workspace.permissions();
    match kind.guard {
        Guard::Table => {
            let catalog = call.workspace.catalog();
            let (table, privilege) = (SecurableKind::Table, need.privilege());
            catalog
                .require_on(&call.principal, privilege, table, &record.acl_id)
                .await
                .map(drop)
        }
        Guard::List(list) | Guard::Inside(list) => {
            let object = acl(&list, &record.acl_id);
            permissions.require(&call.principal, &object, need.level(&list)).await
        }
        Guard::Creator | Guard::Securable { .. } => Err(ApiError::denied(format!(
            "User '{}' may not do this to {} {}: only '{}', who made it, and members of the group `admins` may",
            call.principal.name,
            kind.title.to_lowercase(),
            record.key,
            record.creator
        ))),
    }
}

/// Whether the caller may do this to the record.
pub(super) async fn allows(call: &Call, kind: &Kind, record: &Record, need: Need) -> Result<bool, ApiError> {
    let made_it = call.principal.is_admin || record.creator == call.principal.name;
    let permissions = call.workspace.permissions();
    match kind.guard {
        Guard::List(list) => {
            let object = acl(&list, &record.acl_id);
            permissions.allows(&call.principal, &object, need.level(&list)).await
        }
        Guard::Inside(list) => {
            let object = acl(&list, &record.acl_id);
            Ok(made_it || permissions.allows(&call.principal, &object, need.level(&list)).await?)
        }
        Guard::Creator => Ok(made_it),
        Guard::Securable { .. } => Ok(record.securable.is_some()),
        Guard::Table => {
            let catalog = call.workspace.catalog();
            let Ok(table) = catalog.find(SecurableKind::Table, &record.acl_id).await else {
                return Ok(call.principal.is_admin);
            };
            Ok(catalog
                .authorize(&call.principal, need.privilege(), &table)
                .await?
                .is_allowed())
        }
    }
}

/// Refuses whoever may not make a record of this kind.
pub(super) async fn require_create(call: &Call, kind: &Kind, acl_id: &str) -> Result<(), ApiError> {
    match kind.guard {
        Guard::List(list) if list.admins_create => call
            .principal
            .require_admin(&format!("create a {}", kind.title.to_lowercase())),
        Guard::Inside(list) => {
            let permissions = call.workspace.permissions();
            permissions
                .require(&call.principal, &acl(&list, acl_id), list.change)
                .await
        }
        Guard::Table => {
            let catalog = call.workspace.catalog();
            let (table, privilege) = (SecurableKind::Table, Privilege::Manage);
            catalog
                .require_on(&call.principal, privilege, table, acl_id)
                .await
                .map(drop)
        }
        Guard::List(_) | Guard::Creator | Guard::Securable { .. } => Ok(()),
    }
}

/// What has the access control list.
pub(super) fn acl(list: &List, id: &str) -> Object {
    Object {
        kind: list.object,
        id: id.to_owned(),
    }
}
