//! Git folders (`/api/2.0/repos`): real clones whose files stand in the workspace tree, and the credentials that they are fetched with.
//!
//! A bare clone stands beside the database; the `git` program fetches into it and reads from it (`program.rs`), never from a working tree,
//! so that no file of a repository gets a path of this machine. `remote.rs` says what may be cloned, `contents.rs` what a commit becomes,
//! `checkout.rs` brings it into the tree, `folder.rs` keeps the rows. As `git` does without symbolic links, a link becomes a small file
//! with its target in it; a submodule stays an empty directory.

mod checkout;
mod contents;
mod credential;
mod credential_rest;
mod folder;
mod program;
mod remote;
mod rest;
mod sparse;

use std::collections::BTreeSet;
use std::path::PathBuf;

pub(crate) use folder::{is_git_folder, numbers};

use crate::error::ApiError;
use crate::module::Module;
use crate::store::Migrations;
use crate::workspace::Workspace;

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "git_folders",
            steps: &[include_str!("schema.sql")],
        },
        routes: || [rest::routes(), credential_rest::routes()].concat(),
    }
}

/// Where the bare clones stand.
fn clones(workspace: &Workspace) -> PathBuf {
    workspace.directory.join("git")
}

/// Removes clones that no folder has any more. Runs before the first request, when nothing is being cloned.
pub(crate) async fn sweep(workspace: &Workspace) -> Result<(), ApiError> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT clone FROM git_folder")
        .fetch_all(workspace.store.reader())
        .await?;
    let named: BTreeSet<String> = rows.into_iter().map(|row| row.0).collect();
    let directory = clones(workspace);
    let failed = |error: &std::io::Error| ApiError::from_io("the clones of Git folders", error);
    let mut found = match tokio::fs::read_dir(&directory).await {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(&error)),
    };
    while let Some(entry) = found.next_entry().await.map_err(|error| failed(&error))? {
        if !entry.file_name().to_str().is_some_and(|name| named.contains(name)) {
            let removed = tokio::fs::remove_dir_all(entry.path()).await;
            removed.map_err(|error| failed(&error))?;
        }
    }
    Ok(())
}
