//! The Git checkout around a bundle, as the `git` command sees it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use sluice_bundle::language::GitCheckout;
use tokio::process::Command;

/// `git` could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// It cannot be started.
    #[error("cannot start `git`; it has to be installed")]
    Start(#[source] std::io::Error),
    /// It answered something unexpected.
    #[error("`git {arguments}` failed in `{}`: {message}", directory.display())]
    Failed {
        /// Its arguments.
        arguments: String,
        /// Where it ran.
        directory: PathBuf,
        /// What it said.
        message: String,
    },
}

/// The checkout that the directory stands in; none when it stands in none.
///
/// # Errors
/// When `git` cannot be started or fails for another reason than that there is no checkout.
pub async fn checkout(directory: &Path) -> Result<Option<GitCheckout>, GitError> {
    let Some(top) = ask(directory, &["rev-parse", "--show-toplevel"]).await? else {
        return Ok(None);
    };
    let prefix = ask(directory, &["rev-parse", "--show-prefix"])
        .await?
        .unwrap_or_default();
    let prefix = prefix.trim_end_matches('/');
    let branch = ask(Path::new(&top), &["symbolic-ref", "--quiet", "--short", "HEAD"]).await?;
    let commit = ask(Path::new(&top), &["rev-parse", "--verify", "--quiet", "HEAD"]).await?;
    let origin = ask(Path::new(&top), &["config", "--get", "remote.origin.url"]).await?;
    Ok(Some(GitCheckout {
        origin_url: origin.map(|url| without_credentials(&url)),
        branch,
        commit,
        bundle_root_path: if prefix.is_empty() { "." } else { prefix }.to_owned(),
    }))
}

/// The first line that git prints; none when it exits with an error status, which is how these questions are answered with no.
async fn ask(directory: &Path, arguments: &[&str]) -> Result<Option<String>, GitError> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(directory)
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(GitError::Start)?;
    match output.status.code() {
        Some(0) => {
            let text = String::from_utf8_lossy(&output.stdout);
            Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
        }
        Some(1 | 128) => Ok(None),
        _ => Err(GitError::Failed {
            arguments: arguments.join(" "),
            directory: directory.to_owned(),
            message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        }),
    }
}

/// A remote URL without `user:password@`.
fn without_credentials(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let host = rest[..end].rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{}", &rest[end..])
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lose_their_credentials() {
        assert_eq!(without_credentials("https://u:p@h.test/a@b"), "https://h.test/a@b");
        assert_eq!(without_credentials("git@h.test:a"), "git@h.test:a");
    }

    #[tokio::test]
    async fn a_checkout_is_described() {
        let top = tempfile::tempdir().unwrap();
        let bundle = top.path().join("p");
        std::fs::create_dir(&bundle).unwrap();
        assert_eq!(checkout(&bundle).await.unwrap(), None);
        for arguments in [
            &["init", "--quiet", "--initial-branch", "main"][..],
            &["config", "remote.origin.url", "https://u:p@h.test/a"],
        ] {
            ask(top.path(), arguments).await.unwrap().unwrap();
        }
        assert_eq!(
            checkout(&bundle).await.unwrap(),
            Some(GitCheckout {
                origin_url: Some("https://h.test/a".to_owned()),
                branch: Some("main".to_owned()),
                commit: None,
                bundle_root_path: "p".to_owned(),
            })
        );
    }
}
