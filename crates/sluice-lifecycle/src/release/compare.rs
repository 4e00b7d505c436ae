//! A release beside what runs in an environment: commits, files, contracts. Looks, and changes nothing.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use sluice_model::{Digest, EnvironmentName, ProductName, ReleaseVersion};
use sluice_store::record::{Approval, ChangeRequest, Deployment, Promotion, Release, Signoff};
use sluice_store::{Store, StoreError};

use super::manifest::{Manifest, ManifestFile};
use crate::bundle_files::GitError;
use crate::contracts::{Baseline, DiffError, PortComparison, compare_ports, contracts_of, running};
use crate::git::{ask, git};

/// The most bytes of a text difference that are read; the rest is cut off and said so.
const LONGEST_PATCH: usize = 256 * 1024;
/// The most commits that are listed.
const MOST_COMMITS: usize = 200;

/// A release with where it runs and ran, and what people decided about it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReleaseOverview {
    /// The release.
    pub release: Release,
    /// Its files; none when its manifest is of a version that this program does not know.
    pub files: Option<Vec<ManifestFile>>,
    /// Its deployments, newest first.
    pub deployments: Vec<Deployment>,
    /// Its promotions, newest first.
    pub promotions: Vec<Promotion>,
    /// What people said about it, oldest first.
    pub signoffs: Vec<Signoff>,
    /// Who was asked to agree to its promotions, who decided.
    pub approvals: Vec<Approval>,
    /// The requested change that it answers.
    pub change: Option<ChangeRequest>,
}

/// Everything about one release; none when there is no such one.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn release_overview(
    store: &Store,
    product: &ProductName,
    version: &ReleaseVersion,
) -> Result<Option<ReleaseOverview>, StoreError> {
    let Some(release) = store.release(product, version).await? else {
        return Ok(None);
    };
    let mut deployments = store.deployments(Some(product)).await?;
    deployments.retain(|row| row.digest == release.digest);
    deployments.reverse();
    let mut promotions = store.promotions(Some(product)).await?;
    promotions.retain(|row| row.version == *version);
    promotions.reverse();
    let mut signoffs = store.signoffs(Some(product)).await?;
    signoffs.retain(|row| row.digest == release.digest);
    let mut approvals = store.approvals(Some(product)).await?;
    approvals.retain(|row| row.version == *version);
    let changes = store.change_requests(Some(product)).await?;
    Ok(Some(ReleaseOverview {
        files: files_of(&release),
        deployments,
        promotions,
        signoffs,
        approvals,
        change: changes.into_iter().find(|row| row.version == *version),
        release,
    }))
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
    /// It was not there before.
    Added,
    /// Its content or its mode is another one.
    Changed,
    /// It is no longer there.
    Removed,
}

/// A commit that is in the release and not in what runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommitLine {
    /// Its id.
    pub id: String,
    /// Name and address of its author.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
}

/// How a release differs from what runs in an environment.
#[derive(Clone, Debug, Serialize)]
pub struct ReleaseDifference {
    /// What runs there; none when nothing does, and everything is new.
    pub baseline: Option<Baseline>,
    /// Paths that differ. None when it cannot be said without the product's repository.
    pub files: Option<BTreeMap<String, FileChange>>,
    /// What differs in the files, as a unified difference. None without the repository.
    pub patch: Option<Patch>,
    /// What is new, newest first. None without the repository.
    pub commits: Option<Vec<CommitLine>>,
    /// The contracts, port by port; why they cannot be compared. None without the repository.
    pub contracts: Option<Result<Vec<PortComparison>, String>>,
}

/// A unified difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Patch {
    /// The text.
    pub text: String,
    /// Whether the rest was cut off.
    pub is_cut: bool,
}

/// A comparison failed.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The ledger failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Compares a release with what runs in an environment. Without the product's repository only what the ledger knows is compared.
///
/// # Errors
/// When the ledger or Git cannot be read. Contracts that cannot be read are told, not an error.
pub async fn compare_release(
    store: &Store,
    repository: Option<&Path>,
    release: &Release,
    environment: &EnvironmentName,
) -> Result<ReleaseDifference, CompareError> {
    let baseline = running(store, &release.product, environment).await?;
    let before = store.active_deployment(&release.product, environment).await?;
    let recorded = match before.as_ref().and_then(|row| row.version.as_ref()) {
        Some(version) => store.release(&release.product, version).await?,
        None => None,
    };
    let known = match (&baseline, &recorded) {
        (None, _) => Some(Vec::new()),
        (Some(_), Some(recorded)) => files_of(recorded),
        (Some(_), None) => None,
    };
    let mut difference = ReleaseDifference {
        files: known.zip(files_of(release)).map(|(before, now)| changes(&before, &now)),
        baseline,
        patch: None,
        commits: None,
        contracts: None,
    };
    let Some(repository) = repository else {
        return Ok(difference);
    };
    let commit = format!("{}^{{commit}}", release.commit);
    if ask(repository, &["cat-file", "-e", &commit]).await?.is_err() {
        return Ok(difference);
    }
    let base = difference.baseline.as_ref().map(|baseline| baseline.commit.clone());
    if let Some(base) = &base {
        if ask(repository, &["cat-file", "-e", &format!("{base}^{{commit}}")])
            .await?
            .is_err()
        {
            return Ok(difference);
        }
        difference.files = Some(changed_files(repository, base, &release.commit).await?);
        difference.patch = Some(patch(repository, base, &release.commit).await?);
    }
    difference.commits = Some(commits(repository, base.as_deref(), &release.commit).await?);
    difference.contracts = match &base {
        Some(base) => Some(contracts(repository, base, &release.commit).await),
        None => None,
    };
    Ok(difference)
}

fn files_of(release: &Release) -> Option<Vec<ManifestFile>> {
    // Another format than this version's has files that it cannot name.
    let manifest: Option<Manifest> = serde_json::from_value(release.manifest.clone()).ok();
    manifest.map(|manifest| manifest.files)
}

fn changes(before: &[ManifestFile], now: &[ManifestFile]) -> BTreeMap<String, FileChange> {
    let by_path = |files: &[ManifestFile]| -> BTreeMap<String, (Digest, String)> {
        files
            .iter()
            .map(|file| (file.path.clone(), (file.digest, file.mode.clone())))
            .collect()
    };
    let (before, now) = (by_path(before), by_path(now));
    let mut changes = BTreeMap::new();
    for (path, content) in &now {
        match before.get(path) {
            None => changes.insert(path.clone(), FileChange::Added),
            Some(old) if old != content => changes.insert(path.clone(), FileChange::Changed),
            Some(_) => None,
        };
    }
    for path in before.keys().filter(|path| !now.contains_key(*path)) {
        changes.insert(path.clone(), FileChange::Removed);
    }
    changes
}

async fn changed_files(repository: &Path, base: &str, commit: &str) -> Result<BTreeMap<String, FileChange>, GitError> {
    let arguments = [
        "diff",
        "--no-renames",
        "--no-ext-diff",
        "--name-status",
        "-z",
        base,
        commit,
        "--",
    ];
    let output = git(repository, &arguments).await?;
    let text = String::from_utf8_lossy(&output);
    let mut parts = text.split('\0');
    let mut changes = BTreeMap::new();
    while let (Some(status), Some(path)) = (parts.next(), parts.next()) {
        let change = match status {
            "A" => FileChange::Added,
            "D" => FileChange::Removed,
            _ => FileChange::Changed,
        };
        changes.insert(path.to_owned(), change);
    }
    Ok(changes)
}

async fn patch(repository: &Path, base: &str, commit: &str) -> Result<Patch, GitError> {
    let arguments = [
        "diff",
        "--no-renames",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        base,
        commit,
        "--",
    ];
    let output = git(repository, &arguments).await?;
    let is_cut = output.len() > LONGEST_PATCH;
    let text = String::from_utf8_lossy(&output[..output.len().min(LONGEST_PATCH)]).into_owned();
    Ok(Patch { text, is_cut })
}

async fn commits(repository: &Path, base: Option<&str>, commit: &str) -> Result<Vec<CommitLine>, GitError> {
    let most = format!("--max-count={MOST_COMMITS}");
    let mut arguments = vec![
        "log",
        "--no-show-signature",
        "-z",
        "--format=%H%n%an <%ae>%n%s",
        &most,
        commit,
    ];
    let without = base.map(|base| format!("^{base}"));
    arguments.extend(without.as_deref());
    arguments.push("--");
    let output = git(repository, &arguments).await?;
    let text = String::from_utf8_lossy(&output);
    let lines = text.split('\0').filter_map(|entry| {
        let mut fields = entry.trim().splitn(3, '\n').map(str::to_owned);
        Some(CommitLine {
            id: fields.next().filter(|id| !id.is_empty())?,
            author: fields.next()?,
            subject: fields.next().unwrap_or_default(),
        })
    });
    Ok(lines.collect())
}

async fn contracts(repository: &Path, base: &str, commit: &str) -> Result<Vec<PortComparison>, String> {
    let told = |error: DiffError| {
        let faults: Vec<String> = error.diagnostics().iter().map(ToString::to_string).collect();
        if faults.is_empty() {
            crate::execution::checks::causes(&error)
        } else {
            faults.join("\n")
        }
    };
    let previous = contracts_of(repository, base).await.map_err(told)?;
    let current = contracts_of(repository, commit).await.map_err(told)?;
    Ok(compare_ports(&previous, &current))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_tell_what_was_added_changed_and_removed() {
        let file = |path: &str, mode: &str, text: &str| ManifestFile {
            path: path.to_owned(),
            mode: mode.to_owned(),
            blob: String::new(),
            digest: Digest::of(text.as_bytes()),
        };
        let before = [
            file("a", "100644", "1"),
            file("b", "100644", "1"),
            file("c", "100644", "1"),
            file("d", "100644", "1"),
        ];
        let now = [
            file("a", "100644", "1"),
            file("b", "100644", "2"),
            file("c", "100755", "1"),
            file("e", "100644", "1"),
        ];
        let found: Vec<(String, FileChange)> = changes(&before, &now).into_iter().collect();
        let expected = [
            ("b", FileChange::Changed),
            ("c", FileChange::Changed),
            ("d", FileChange::Removed),
            ("e", FileChange::Added),
        ];
        assert_eq!(found, expected.map(|(path, change)| (path.to_owned(), change)));
    }
}
