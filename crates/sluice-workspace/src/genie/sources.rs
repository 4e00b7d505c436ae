//! The objects of Unity Catalog that a space names: each must be there and readable by who names it.

use crate::catalog::{Decision, Privilege, SecurableKind};
use crate::error::ApiError;
use crate::genie::serialized::Serialized;
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
        let name = &table.identifier;
        let securable = match catalog.find(SecurableKind::Table, name).await {
            Ok(securable) => securable,
            Err(error) if error.status.is_client_error() => {
                missing.push(format!("{}: {}", table.place, error.message));
                continue;
            }
            Err(error) => return Err(error),
        };
        match catalog.authorize(principal, Privilege::Select, &securable).await? {
            Decision::Allowed { .. } => {}
            Decision::Denied { privilege, on } => {
                denied.push(format!(
                    "{}: User '{}' does not have {} on {on}.",
                    table.place,
                    principal.name,
                    privilege.words()
                ));
                continue;
            }
        }
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
        missing.push(format!(
            "{}: Function '{}' does not exist.",
            function.place, function.identifier
        ));
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
