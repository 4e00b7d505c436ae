//! Brings the built files of a bundle to the folder of its libraries: what changed is uploaded, what left is deleted.
//!
//! What stands there was put there by this program when its size and time are those that `libraries.json` beside the state has; only
//! then does the digest count. The Databricks CLI, which uploads everything again, thereby needs to know nothing of that file.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use sluice_databricks::{Client, ClientError};
use sluice_model::{Digest, Tree, TreePath};
use sluice_wire::request::encode_path;
use sluice_wire::{Method, Request};

use crate::artifacts::build::Library;
use crate::bundle_files::{LoadedBundle, SyncError};

/// Uploads at the same time; libraries are large.
const PARALLEL: usize = 5;

/// What was done with libraries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LibraryChanges {
    /// Files uploaded.
    pub uploaded: usize,
    /// Files deleted.
    pub deleted: usize,
    /// Files that were the same.
    pub unchanged: usize,
}

/// `libraries.json`.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Uploaded {
    version: u32,
    files: BTreeMap<String, Known>,
}

/// A file as it was after its upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    digest: Digest,
    stamp: Stamp,
}

/// What a folder says of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stamp {
    size: Option<i64>,
    modified_at: Option<i64>,
}

/// Uploads the libraries of a built bundle. Nothing happens for a bundle that has none.
///
/// # Errors
/// When a file cannot be read, was changed since the build, or the workspace does not take it.
pub(crate) async fn upload(loaded: &LoadedBundle) -> Result<Option<LibraryChanges>, SyncError> {
    let libraries = loaded.libraries.as_deref().unwrap_or_default();
    if libraries.is_empty() {
        return Ok(None);
    }
    let workspace = &loaded.bundle.workspace;
    let folder = Folder {
        client: &loaded.client,
        path: format!("{}/.internal", workspace.artifact_path),
    };
    let list = format!("{}/libraries.json", workspace.state_path);
    let known = match loaded.client.download(&list).await? {
        // A list of another version, or one that somebody broke, only costs uploads.
        Some(content) => serde_json::from_slice::<Uploaded>(&content).unwrap_or_default(),
        None => Uploaded::default(),
    };
    let there = folder.list().await?;
    let is_known = |library: &&Library| {
        let name = name(&library.remote);
        let known = known.files.get(name);
        known.is_some_and(|known| known.digest == library.digest && there.get(name) == Some(&known.stamp))
    };
    let (same, changed): (Vec<&Library>, Vec<&Library>) = libraries.iter().partition(is_known);
    let left = stale(loaded, libraries, &there);
    folder.delete(&left).await?;
    if !changed.is_empty() {
        folder.make().await?;
        stream::iter(&changed)
            .map(|library| folder.put(library))
            .buffer_unordered(PARALLEL)
            .try_collect::<Vec<()>>()
            .await?;
    }
    if !changed.is_empty() || !left.is_empty() {
        let there = folder.list().await?;
        let file = |library: &Library| {
            let name = name(&library.remote);
            let stamp = there.get(name)?.clone();
            let digest = library.digest;
            Some((name.to_owned(), Known { digest, stamp }))
        };
        let files = libraries.iter().filter_map(file).collect();
        let content = serde_json::to_vec_pretty(&Uploaded { version: 1, files }).map_err(SyncError::Render)?;
        loaded.client.upload(&list, content).await?;
    }
    Ok(Some(LibraryChanges {
        uploaded: changed.len(),
        deleted: left.len(),
        unchanged: same.len(),
    }))
}

fn name(remote: &str) -> &str {
    remote.rsplit('/').next().unwrap_or(remote)
}

/// Files that no library needs any more; none when the bundle wants to keep them.
fn stale(loaded: &LoadedBundle, libraries: &[Library], there: &BTreeMap<String, Stamp>) -> Vec<String> {
    let keep = TreePath::keys(["experimental", "skip_artifact_cleanup"]);
    if loaded.bundle.config.at_path(&keep).and_then(Tree::as_bool) == Some(true) {
        return Vec::new();
    }
    let needed = |found: &&String| libraries.iter().any(|library| name(&library.remote) == found.as_str());
    there.keys().filter(|found| !needed(found)).cloned().collect()
}

/// A folder of the workspace or of a volume.
struct Folder<'a> {
    client: &'a Client,
    path: String,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    objects: Vec<Object>,
    #[serde(default)]
    contents: Vec<Entry>,
    #[serde(default)]
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Object {
    path: String,
    #[serde(default)]
    size: Option<i64>,
    #[serde(default)]
    modified_at: Option<i64>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    #[serde(default)]
    file_size: Option<i64>,
    #[serde(default)]
    last_modified: Option<i64>,
}

impl Folder<'_> {
    fn is_volume(&self) -> bool {
        self.path.starts_with("/Volumes/")
    }

    /// What stands in it, by name; nothing when it does not exist.
    async fn list(&self) -> Result<BTreeMap<String, Stamp>, ClientError> {
        let mut found = BTreeMap::new();
        let mut token: Option<String> = None;
        loop {
            let mut request = if self.is_volume() {
                Request::new(
                    Method::Get,
                    format!("/api/2.0/fs/directories{}", encode_path(&self.path)),
                )
            } else {
                Request::new(Method::Get, "/api/2.0/workspace/list").query("path", &self.path)
            };
            if let Some(token) = token {
                request = request.query("page_token", token);
            }
            let listed: Listed = match self.client.fetch(&request).await {
                Ok(listed) => listed,
                Err(error) if error.is_missing() => return Ok(found),
                Err(error) => return Err(error),
            };
            found.extend(listed.objects.into_iter().map(|object| {
                let (size, modified_at) = (object.size, object.modified_at);
                (name(&object.path).to_owned(), Stamp { size, modified_at })
            }));
            found.extend(listed.contents.into_iter().map(|entry| {
                let (size, modified_at) = (entry.file_size, entry.last_modified);
                (entry.name, Stamp { size, modified_at })
            }));
            token = listed.next_page_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    async fn make(&self) -> Result<(), ClientError> {
        if self.is_volume() {
            let path = format!("/api/2.0/fs/directories{}", encode_path(&self.path));
            self.client
                .send_repeatable(&Request::new(Method::Put, path))
                .await
                .map(drop)
        } else {
            self.client.mkdirs(&self.path).await
        }
    }

    async fn put(&self, library: &Library) -> Result<(), SyncError> {
        let path = || library.local.clone();
        let content = std::fs::read(&library.local).map_err(|source| SyncError::Read { path: path(), source })?;
        if Digest::of(&content) != library.digest {
            return Err(SyncError::Changed { path: path() });
        }
        if self.is_volume() {
            let path = format!("/api/2.0/fs/files{}", encode_path(&library.remote));
            let request = Request::new(Method::Put, path)
                .query("overwrite", "true")
                .bytes(content);
            self.client.send_repeatable(&request).await?;
        } else {
            self.client.upload(&library.remote, content).await?;
        }
        Ok(())
    }

    async fn delete(&self, names: &[String]) -> Result<(), ClientError> {
        stream::iter(names)
            .map(|name| async move {
                let path = format!("{}/{name}", self.path);
                if !self.is_volume() {
                    return self.client.delete(&path, true).await.map(drop);
                }
                let path = format!("/api/2.0/fs/files{}", encode_path(&path));
                match self.client.send_repeatable(&Request::new(Method::Delete, path)).await {
                    Err(error) if !error.is_missing() => Err(error),
                    _ => Ok(()),
                }
            })
            .buffer_unordered(PARALLEL)
            .try_collect::<Vec<()>>()
            .await
            .map(drop)
    }
}
