//! The files of a product as policies look through them: what Git knows or would take, as texts.

use std::path::Path;

use sluice_model::Tree;
use sluice_policy::input::DocumentFile;
use sluice_policy::scan::{EnvironmentWords, SourceFile, scan};

use crate::bundle_files::GitError;
use crate::documents::{DocumentError, read_document};
use crate::git::git;
use crate::platform::Platform;

/// Larger files are data.
const MAXIMUM_BYTES: u64 = 1 << 20;

/// What was found in the files of a checkout.
pub(super) async fn scanned(root: &Path, platform: &Platform) -> Result<Tree, GitError> {
    let listed = git(root, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).await?;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let mut paths: Vec<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
    paths.sort_unstable();
    paths.dedup();
    let texts: Vec<(&str, String)> = paths
        .into_iter()
        .filter_map(|path| Some((path, text(&root.join(path))?)))
        .collect();
    let files: Vec<SourceFile<'_>> = texts.iter().map(|(path, text)| SourceFile { path, text }).collect();
    Ok(scan(&files, &words(platform)))
}

/// The text of a file; none for what is no text, too large, a link, or deleted from the working tree.
fn text(path: &Path) -> Option<String> {
    let metadata = std::fs::symlink_metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > MAXIMUM_BYTES {
        return None;
    }
    std::fs::read_to_string(path).ok()
}

fn words(platform: &Platform) -> EnvironmentWords {
    let mut words = EnvironmentWords::default();
    for environment in &platform.environments {
        let host = environment.host.to_string();
        words.exact.push(
            host.trim_start_matches("https://")
                .trim_start_matches("http://")
                .to_owned(),
        );
        if let Some(catalog) = environment.values.get("catalog").and_then(Tree::as_str) {
            words.catalogs.push(catalog.to_owned());
        }
    }
    for list in [&mut words.exact, &mut words.catalogs] {
        list.sort();
        list.dedup();
    }
    words
}

/// The contracts that the ports of a product name, each once. One that is missing is the finding of another check.
pub(super) fn contracts(root: &Path, product: &Tree) -> Result<Vec<DocumentFile>, DocumentError> {
    let mut files: Vec<DocumentFile> = Vec::new();
    for path in contract_paths(product) {
        if files.iter().all(|file| file.path != path) && root.join(&path).is_file() {
            let tree = read_document(&root.join(&path), &path)?;
            files.push(DocumentFile { path, tree });
        }
    }
    Ok(files)
}

/// Paths of the contracts of the output ports.
pub(super) fn contract_paths(product: &Tree) -> Vec<String> {
    let ports = product.get("ports").and_then(Tree::as_sequence).unwrap_or_default();
    let text = |port: &Tree, key: &str| port.get(key).and_then(Tree::as_str).map(str::to_owned);
    ports
        .iter()
        .filter(|port| text(port, "kind").as_deref() == Some("output"))
        .filter_map(|port| text(port, "contract"))
        .collect()
}
