//! The objects of Unity Catalog that a space names: each must be there and readable by who names it.

use crate::catalog::{Decision, Privilege, SecurableKind};
use crate::error::ApiError;
use crate::genie::serialized::{Serialized, Source};
use crate::principal::Principal;
use crate::workspace::Workspace;

/// Refuses a space that names a table which is not there or which the principal may not read, or a column that a table does not have;
/// all of them in one message.
pub(super) async fn check(
    workspace: &Workspace,
    principal: &Principal,
    serialized: &Serialized,
) -> Result<(), ApiError> {
    let catalog = workspace.catalog();
    let (mut missing, mut denied) = (Vec::new(), Vec::new());
    for table in &serialized.tables {
        let kind = (SecurableKind::Table, Privilege::Select);
        if !named(workspace, principal, table, kind, &mut missing, &mut denied).await? {
            continue;
        }
        let name = &table.identifier;
        let columns = catalog.resolve_table(name).await?.columns;
        for (place, column) in &table.columns {
            if !columns.iter().any(|each| each.name.eq_ignore_ascii_case(column)) {
                missing.push(format!("{place}: `{name}` has no column `{column}`"));
            }
        }
    }
    for view in &serialized.metric_views {
        missing.push(format!(
            "{}: Metric view '{}' does not exist (the local workspace has none).",
            view.place, view.identifier
        ));
    }
    for function in &serialized.functions {
        let kind = (SecurableKind::Function, Privilege::Execute);
        named(workspace, principal, function, kind, &mut missing, &mut denied).await?;
    }
    if !missing.is_empty() {
        return Err(ApiError::invalid(format!(
            "serialized_space names what is not there: {}",
            missing.join("; ")
        )));
    }
    if !denied.is_empty() {
        return Err(ApiError::denied(denied.join(" ")));
    }
    Ok(())
}

/// Whether what a space names is there and the principal has the privilege on it; else the reason is noted.
async fn named(
    workspace: &Workspace,
    principal: &Principal,
    source: &Source,
    (kind, privilege): (SecurableKind, Privilege),
    missing: &mut Vec<String>,
    denied: &mut Vec<String>,
) -> Result<bool, ApiError> {
    let catalog = workspace.catalog();
    let securable = match catalog.find(kind, &source.identifier).await {
        Ok(securable) => securable,
        Err(error) if error.status.is_client_error() => {
            missing.push(format!("{}: {}", source.place, error.message));
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    match catalog.authorize(principal, privilege, &securable).await? {
        Decision::Allowed { .. } => Ok(true),
        decision @ (Decision::Denied { .. } | Decision::Unbound { .. }) => {
            let refusal = decision.or_refuse(principal).err();
            denied.extend(refusal.map(|refusal| format!("{}: {}", source.place, refusal.message)));
            Ok(false)
        }
    }
}
