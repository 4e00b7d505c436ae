//! Brings the files of a deployment to the workspace: uploads what changed, deletes what left.

use std::collections::BTreeSet;
use std::path::PathBuf;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use sluice_databricks::{Client, ClientError};
use sluice_model::Timestamp;

use crate::bundle_files::file_list::{FileChanges, FileList, FileListError, UploadedFile, compare};
use crate::bundle_files::listing::{LocalFiles, remote_name};

/// Uploads at the same time. The workspace admits about 20 to 30 per second.
const PARALLEL: usize = 16;

/// What was done with files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct SyncChanges {
    /// Files uploaded.
    pub uploaded: usize,
    /// Files deleted.
    pub deleted: usize,
    /// Files that were the same.
    pub unchanged: usize,
}

/// The files could not be brought to the workspace; those of the last deployment may be replaced in part, and the next deployment
/// uploads the rest.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// A local file cannot be read any more.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file changed between the plan and the upload.
    #[error("`{}` was changed while it was being deployed; deploy again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The list of uploaded files cannot be used.
    #[error(transparent)]
    List(#[from] FileListError),
    /// The list of uploaded files cannot be written as JSON.
    #[error("cannot write the list of deployed files")]
    Render(#[source] serde_json::Error),
    /// The workspace refused or did not answer.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Where a deployment's files go.
#[derive(Clone, Copy, Debug)]
pub struct FilePlaces<'a> {
    /// Directory of the files in the workspace.
    pub file_path: &'a str,
    /// Directory of the state in the workspace.
    pub state_path: &'a str,
}

/// Uploads what changed since the last deployment and deletes what left.
///
/// The list of files is written before and after: before, it knows of every file that may be there but vouches for no content that
/// is being replaced, so that a deployment that dies in between is completed by the next one.
///
/// # Errors
/// When a file cannot be read or the workspace does not take it.
pub async fn synchronise(
    client: &Client,
    places: FilePlaces<'_>,
    local: &LocalFiles,
) -> Result<SyncChanges, SyncError> {
    let list_path = format!("{}/deployment.json", places.state_path);
    let previous = match client.download(&list_path).await? {
        Some(content) => Some(FileList::parse(&list_path, &content)?),
        None => None,
    };
    let uploaded = previous.as_ref().map_or(&[][..], |list| &list.files);
    let changes = compare(uploaded, local);
    let result = SyncChanges {
        uploaded: changes.upload.len(),
        deleted: changes.delete.len(),
        unchanged: changes.unchanged,
    };
    if changes.upload.is_empty() && changes.delete.is_empty() && previous.is_some() {
        return Ok(result);
    }
    let write_list = async |files: Vec<UploadedFile>| {
        let list = FileList {
            version: 1,
            seq: previous.as_ref().map_or(1, |list| list.seq + 1),
            cli_version: concat!("sluice-", env!("CARGO_PKG_VERSION")).to_owned(),
            timestamp: Timestamp::now(),
            files,
            id: previous
                .as_ref()
                .map(|list| list.id.clone())
                .filter(|id| !id.is_empty())
                .unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
        };
        let content = serde_json::to_vec_pretty(&list).map_err(SyncError::Render)?;
        Ok::<(), SyncError>(client.upload(&list_path, content).await?)
    };
    write_list(under_way(uploaded, local, &changes)).await?;
    delete(client, places.file_path, &changes, local).await?;
    make_directories(client, places.file_path, &changes, local).await?;
    upload(client, places.file_path, &changes, local).await?;
    write_list(finished(local)).await?;
    Ok(result)
}

/// Every file that may be in the workspace while the changes are being made; those in change without a digest.
fn under_way(uploaded: &[UploadedFile], local: &LocalFiles, changes: &FileChanges) -> Vec<UploadedFile> {
    let mut files: Vec<UploadedFile> = uploaded.to_vec();
    for file in &mut files {
        if changes.upload.contains(&file.local_path) {
            file.digest = None;
        }
    }
    for name in &changes.upload {
        let is_notebook = local[name].notebook;
        if !files
            .iter()
            .any(|file| file.local_path == *name && file.is_notebook == is_notebook)
        {
            files.push(UploadedFile {
                local_path: name.clone(),
                is_notebook,
                digest: None,
            });
        }
    }
    files
}

fn finished(local: &LocalFiles) -> Vec<UploadedFile> {
    local
        .iter()
        .map(|(name, file)| UploadedFile {
            local_path: name.clone(),
            is_notebook: file.notebook,
            digest: Some(file.digest),
        })
        .collect()
}

fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(end, _)| &name[..end])
}

/// Deletes files that left, then the directories that they leave empty, the deepest first.
async fn delete(client: &Client, top: &str, changes: &FileChanges, local: &LocalFiles) -> Result<(), ClientError> {
    stream::iter(&changes.delete)
        .map(|name| async move { client.delete(&format!("{top}/{name}"), false).await })
        .buffer_unordered(PARALLEL)
        .try_collect::<Vec<bool>>()
        .await?;
    let kept: BTreeSet<&str> = local.keys().flat_map(|name| parents(name)).collect();
    let left: BTreeSet<&str> = changes.delete.iter().flat_map(|name| parents(name)).collect();
    // In reverse order a directory comes after everything below it.
    for directory in left.iter().rev().filter(|directory| !kept.contains(*directory)) {
        match client.delete(&format!("{top}/{directory}"), false).await {
            Ok(_) => {}
            // Somebody else's files are in it: it stays.
            Err(error)
                if error
                    .api()
                    .is_some_and(|error| error.error_code == "DIRECTORY_NOT_EMPTY") => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn make_directories(
    client: &Client,
    top: &str,
    changes: &FileChanges,
    local: &LocalFiles,
) -> Result<(), ClientError> {
    let places: BTreeSet<String> = changes
        .upload
        .iter()
        .map(|name| match remote_name(name, local[name].notebook).rsplit_once('/') {
            Some((directory, _)) => format!("{top}/{directory}"),
            None => top.to_owned(),
        })
        .collect();
    stream::iter(&places)
        .map(|directory| async move { client.mkdirs(directory).await })
        .buffer_unordered(PARALLEL)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(())
}

async fn upload(client: &Client, top: &str, changes: &FileChanges, local: &LocalFiles) -> Result<(), SyncError> {
    stream::iter(&changes.upload)
        .map(|name| async move {
            let file = &local[name];
            let content = std::fs::read(&file.absolute).map_err(|source| SyncError::Read {
                path: file.absolute.clone(),
                source,
            })?;
            if sluice_model::Digest::of(&content) != file.digest {
                return Err(SyncError::Changed {
                    path: file.absolute.clone(),
                });
            }
            client.upload(&format!("{top}/{name}"), content).await?;
            Ok::<(), SyncError>(())
        })
        .buffer_unordered(PARALLEL)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(())
}
