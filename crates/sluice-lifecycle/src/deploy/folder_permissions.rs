//! The bundle's own `permissions` on its folder in the workspace: who may see or run what is deployed may read its files too. A folder that
//! is shared with everybody stays so, as with the Databricks CLI.

use serde_json::{Value, json};
use sluice_databricks::ClientError;
use sluice_model::Tree;
use sluice_wire::{Method, Request};

use crate::bundle_files::LoadedBundle;

/// What a level of the bundle is called on a folder.
const LEVELS: [(&str, &str); 3] = [
    ("CAN_MANAGE", "CAN_MANAGE"),
    ("CAN_VIEW", "CAN_READ"),
    ("CAN_RUN", "CAN_RUN"),
];

/// Where every user of the workspace manages everything.
const SHARED: &str = "/Workspace/Shared/";

const PRINCIPALS: [&str; 3] = ["user_name", "group_name", "service_principal_name"];

/// An object of the workspace tree, as far as it is looked at.
#[derive(serde::Deserialize)]
struct Folder {
    object_id: u64,
}

/// Sets the permissions of the root folder; nothing when the bundle has none.
///
/// # Errors
/// When the workspace does not answer, or refuses: the deployer has to manage the folder.
pub(crate) async fn set(loaded: &LoadedBundle) -> Result<(), ClientError> {
    let entries: Vec<Value> = loaded
        .bundle
        .config
        .get("permissions")
        .and_then(Tree::as_sequence)
        .unwrap_or_default()
        .iter()
        .filter_map(entry)
        .collect();
    let root = &loaded.bundle.workspace.root_path;
    if entries.is_empty() || root.starts_with(SHARED) {
        return Ok(());
    }
    let status = Request::new(Method::Get, "/api/2.0/workspace/get-status").query("path", root);
    let folder: Folder = loaded.client.fetch(&status).await?;
    let path = format!("/api/2.0/permissions/directories/{}", folder.object_id);
    let request = Request::new(Method::Put, path).json(json!({ "access_control_list": entries }));
    loaded.client.send_repeatable(&request).await.map(drop)
}

fn entry(permission: &Tree) -> Option<Value> {
    let level = permission.get("level")?.as_str()?;
    let (_, level) = LEVELS.iter().find(|(of_bundle, _)| *of_bundle == level)?;
    let (field, name) = PRINCIPALS
        .iter()
        .find_map(|field| Some((*field, permission.get(field)?.as_str()?)))?;
    let mut entry = serde_json::Map::new();
    entry.insert(field.to_owned(), name.into());
    entry.insert("permission_level".to_owned(), (*level).into());
    Some(Value::Object(entry))
}
