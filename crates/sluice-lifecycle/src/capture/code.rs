//! Files of code: which folders of the workspace hold them, and where they go.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use sluice_bundle::capture::{LeftOut, WorkspaceFile};
use sluice_model::{Digest, Tree};

use super::live::{Live, LiveError, text};
use crate::bundle_files::LoadedBundle;
use crate::bundle_files::file_list::FileList;

/// Files read at the same time.
const PARALLEL: usize = 10;

/// Extensions of notebooks by language.
const LANGUAGES: [(&str, &str); 4] = [("PYTHON", "py"), ("SQL", "sql"), ("SCALA", "scala"), ("R", "r")];

/// Where captured code goes that stands in none of the deployment's own folders.
const SOURCES: &str = "src";

/// A file or notebook of the workspace.
pub(crate) struct Found {
    pub(crate) remote: String,
    extension: &'static str,
}

/// Everything in a folder and below it.
pub(crate) async fn walk(live: Live<'_>, top: &str) -> Result<Vec<Found>, LiveError> {
    let mut found = Vec::new();
    let mut folders = vec![top.to_owned()];
    while let Some(folder) = folders.pop() {
        for object in live.folder(&folder).await? {
            let Some(path) = text(&object, "path") else { continue };
            if text(&object, "object_type").as_deref() == Some("DIRECTORY") {
                folders.push(path);
            } else {
                found.extend(file(&object));
            }
        }
    }
    Ok(found)
}

fn file(object: &Tree) -> Option<Found> {
    let remote = text(object, "path")?;
    let extension = match text(object, "object_type").as_deref() {
        Some("FILE") => "",
        Some("NOTEBOOK") => {
            let language = text(object, "language").unwrap_or_default();
            LANGUAGES.iter().find(|(name, _)| *name == language)?.1
        }
        _ => return None,
    };
    Some(Found { remote, extension })
}

/// The files in scope: of the deployment's folder and the folders that were asked for, and what tasks run from elsewhere.
pub(super) async fn files(
    live: Live<'_>,
    loaded: &LoadedBundle,
    folders: &BTreeSet<String>,
    tasks: &BTreeSet<String>,
    left_out: &mut Vec<LeftOut>,
) -> Result<Vec<WorkspaceFile>, LiveError> {
    let deployed = deployed(live, loaded).await?;
    let own = plain(&loaded.bundle.workspace.file_path);
    let mut places: BTreeMap<String, String> = BTreeMap::new();
    let mut found = Vec::new();
    for folder in folders {
        let below = if folder == own {
            String::new()
        } else {
            format!("{SOURCES}/")
        };
        for file in walk(live, folder).await? {
            let relative = plain(&file.remote)[folder.len()..].trim_start_matches('/').to_owned();
            found.push((file, format!("{below}{relative}")));
        }
    }
    let known = |path: &str| folders.iter().any(|folder| path.starts_with(&format!("{folder}/")));
    let elsewhere: Vec<&String> = tasks.iter().filter(|path| !known(path)).collect();
    let top = common_folder(&elsewhere);
    for path in elsewhere {
        let Some(status) = live.status(path).await? else {
            left_out.push(LeftOut {
                object: format!("file `{path}`"),
                reason: "a task runs it, and it does not exist".to_owned(),
            });
            continue;
        };
        if let Some(file) = file(&status) {
            let relative = path[top.len()..].trim_start_matches('/').to_owned();
            found.push((file, format!("{SOURCES}/{relative}")));
        }
    }
    let mut wanted = Vec::new();
    for (file, local) in found {
        let local = with_extension(&local, file.extension);
        match places.get(&local) {
            Some(first) => left_out.push(LeftOut {
                object: format!("file `{}`", file.remote),
                reason: format!("`{first}` goes to `{local}` as well; rename one of them"),
            }),
            None => {
                places.insert(local.clone(), file.remote.clone());
                wanted.push((file.remote, local));
            }
        }
    }
    let root = loaded.root.clone();
    stream::iter(wanted)
        .map(|(remote, local)| {
            let (deployed, root) = (&deployed, &root);
            async move {
                let content = live.content(&remote).await?;
                Ok(WorkspaceFile {
                    deployed: deployed
                        .get(&local)
                        .copied()
                        .filter(|_| plain(&remote).starts_with(plain(&loaded.bundle.workspace.file_path))),
                    here: here(&root.join(&local)),
                    remote,
                    local,
                    content,
                })
            }
        })
        .buffered(PARALLEL)
        .try_collect()
        .await
}

/// Digests of what the last deployment uploaded, by local path.
async fn deployed(live: Live<'_>, loaded: &LoadedBundle) -> Result<BTreeMap<String, Digest>, LiveError> {
    let path = format!("{}/deployment.json", loaded.bundle.workspace.state_path);
    let content = live.client.download(&path).await.map_err(|source| LiveError::Client {
        object: format!("`{path}`"),
        source,
    })?;
    // A list that cannot be read vouches for nothing.
    let list = content.and_then(|content| FileList::parse(&path, &content).ok());
    let files = list.into_iter().flat_map(|list| list.files);
    Ok(files.filter_map(|file| Some((file.local_path, file.digest?))).collect())
}

fn here(path: &Path) -> Option<Digest> {
    std::fs::read(path).ok().map(|content| Digest::of(&content))
}

fn plain(path: &str) -> &str {
    path.strip_prefix("/Workspace").unwrap_or(path)
}

fn with_extension(local: &str, extension: &str) -> String {
    let suffix = format!(".{extension}");
    if extension.is_empty() || local.ends_with(&suffix) {
        local.to_owned()
    } else {
        format!("{local}{suffix}")
    }
}

/// The deepest folder that holds all of these.
fn common_folder(paths: &[&String]) -> String {
    let folders = paths
        .iter()
        .map(|path| path.rsplit_once('/').map_or("", |(folder, _)| folder));
    let mut common: Option<Vec<&str>> = None;
    for folder in folders {
        let parts: Vec<&str> = folder.split('/').collect();
        common = Some(match common {
            None => parts,
            Some(known) => known
                .iter()
                .zip(&parts)
                .take_while(|(one, two)| one == two)
                .map(|(one, _)| *one)
                .collect(),
        });
    }
    common.unwrap_or_default().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_from_elsewhere_keeps_its_tree() {
        let paths = ["/Users/a/work/bronze/load".to_owned(), "/Users/a/work/gold".to_owned()];
        assert_eq!(common_folder(&paths.iter().collect::<Vec<_>>()), "/Users/a/work");
        assert_eq!(common_folder(&[&paths[0]]), "/Users/a/work/bronze");
        assert_eq!(common_folder(&[]), "");
        assert_eq!(with_extension("src/load", "py"), "src/load.py");
        assert_eq!(with_extension("src/load.py", "py"), "src/load.py");
    }
}
