//! The annotated tag of a release. Its message holds the manifest's head and digest, so that the release can be proved from Git alone.

use std::path::Path;

use sluice_model::{Digest, ProductName, ReleaseVersion};

use super::manifest::ManifestHead;
use crate::bundle_files::GitError;
use crate::git::{Signature, ask, git, git_line};

/// The name of a release's tag.
#[must_use]
pub fn tag_name(product: &ProductName, version: &ReleaseVersion) -> String {
    format!("sluice/{product}/v{version}")
}

/// A tag as it stands in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagState {
    /// There is none.
    Absent,
    /// It exists, but is not what `sluice freeze` makes.
    Foreign {
        /// What is wrong with it.
        reason: String,
    },
    /// A tag of a release.
    Release(Box<ReleaseTag>),
}

/// What the tag of a release says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseTag {
    /// The commit that it names.
    pub commit: String,
    /// The head in its message.
    pub head: ManifestHead,
    /// The digest in its message.
    pub digest: Digest,
}

/// Reads a tag.
///
/// # Errors
/// When git fails.
pub async fn read_tag(repository: &Path, name: &str) -> Result<TagState, GitError> {
    let reference = format!("refs/tags/{name}");
    let Ok(_object) = ask(repository, &["rev-parse", "--verify", "--quiet", &reference]).await? else {
        return Ok(TagState::Absent);
    };
    let kind = git_line(repository, &["cat-file", "-t", &reference]).await?;
    if kind != "tag" {
        let reason = format!("it names a {kind} directly and carries no message");
        return Ok(TagState::Foreign { reason });
    }
    let Ok(commit) = ask(
        repository,
        &["rev-parse", "--verify", "--quiet", &format!("{reference}^{{commit}}")],
    )
    .await?
    else {
        let reason = "it names no commit".to_owned();
        return Ok(TagState::Foreign { reason });
    };
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let message = git_line(repository, &["for-each-ref", "--format=%(contents)", &reference]).await?;
    Ok(match parse_message(&message) {
        Ok((digest, head)) => TagState::Release(Box::new(ReleaseTag { commit, head, digest })),
        Err(reason) => TagState::Foreign { reason },
    })
}

fn parse_message(message: &str) -> Result<(Digest, ManifestHead), String> {
    let field = |name: &str| {
        message
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .map(str::trim)
            .ok_or_else(|| format!("its message has no line `{name}`"))
    };
    let digest = field("digest:")?
        .parse()
        .map_err(|error| format!("its message holds no digest: {error}"))?;
    let head = serde_json::from_str(field("manifest:")?)
        .map_err(|error| format!("the manifest in its message cannot be read: {error}"))?;
    Ok((digest, head))
}

/// Makes the tag of a release. Never moves one: git refuses an existing name.
///
/// # Errors
/// When git fails.
pub async fn make_tag(
    repository: &Path,
    commit: &str,
    head: &ManifestHead,
    signature: &Signature,
) -> Result<String, GitError> {
    let name = tag_name(&head.product, &head.version);
    let manifest = serde_json::to_string(head).expect("invariant: a manifest has a JSON form");
    let message = format!(
        "{} {}\n\ndigest: {}\nmanifest: {manifest}\n",
        head.product,
        head.version,
        head.digest()
    );
    let [user, email] = signature.settings();
    let arguments = [
        "-c",
        &user,
        "-c",
        &email,
        "tag",
        "--annotate",
        "--cleanup=verbatim",
        "--message",
        &message,
        &name,
        commit,
    ];
    git(repository, &arguments).await?;
    Ok(name)
}
