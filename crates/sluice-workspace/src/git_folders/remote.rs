//! What may be cloned: `https://` addresses, and repositories in directories that whoever started the workspace allowed.

use std::path::{Path, PathBuf};

use crate::error::ApiError;

/// The providers that the REST API names.
const PROVIDERS: [&str; 9] = [
    "gitHub",
    "gitHubOAuth",
    "gitHubEnterprise",
    "gitLab",
    "gitLabEnterpriseEdition",
    "bitbucketCloud",
    "bitbucketServer",
    "azureDevOpsServices",
    "awsCodeCommit",
];

/// Where a repository is fetched from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Remote {
    /// An address.
    Https(String),
    /// A directory of this machine below an allowed one.
    Directory(PathBuf),
}

impl Remote {
    /// Reads the `url` of a request.
    ///
    /// # Errors
    /// 400 for anything but an `https://` address without a user in it; 403 for a path that nobody allowed.
    pub(super) fn parse(url: &str, allowed: &[PathBuf]) -> Result<Self, ApiError> {
        if let Some(path) = url
            .strip_prefix("file://")
            .or_else(|| url.starts_with('/').then_some(url))
        {
            return directory(url, Path::new(path), allowed);
        }
        let refused = |why: &str| {
            ApiError::invalid(format!(
                "`{}` is not the address of a Git repository here: {why}",
                shown(url)
            ))
        };
        let Some(rest) = url.strip_prefix("https://") else {
            return Err(refused("expected `https://host/path`"));
        };
        let (host, path) = rest.split_once('/').ok_or_else(|| refused("it has no path"))?;
        if host.contains('@') {
            return Err(refused("a user or token in it would be kept: make a Git credential"));
        }
        let of_a_host =
            |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | ':' | '[' | ']');
        if host.is_empty() || host.starts_with('-') || !host.chars().all(of_a_host) {
            return Err(refused("its host cannot be one"));
        }
        let plain =
            |character: char| character.is_ascii_graphic() && !matches!(character, '?' | '#' | '\\' | '"' | '\'' | '`');
        let climbs = path.split('/').any(|part| matches!(part, "." | ".."));
        if path.trim_matches('/').is_empty() || !path.chars().all(plain) || climbs {
            return Err(refused("its path cannot be one"));
        }
        Ok(Self::Https(url.to_owned()))
    }

    /// As `git` takes it. A directory is reached through the transport, as another machine would, and not by links to its files.
    pub(super) fn argument(&self) -> String {
        match self {
            Self::Https(url) => url.clone(),
            Self::Directory(path) => format!("file://{}", path.display()),
        }
    }

    /// The only protocol that `git` may use for it.
    pub(super) fn protocol(&self) -> &'static str {
        match self {
            Self::Https(_) => "https",
            Self::Directory(_) => "file",
        }
    }
}

fn directory(url: &str, path: &Path, allowed: &[PathBuf]) -> Result<Remote, ApiError> {
    // Links are followed first, so that none leads out of an allowed directory. What is elsewhere is refused alike, whether it is there
    // or not.
    let found = std::fs::canonicalize(path).ok().filter(|path| path.to_str().is_some());
    let inside = |path: &PathBuf| {
        let mut directories = allowed
            .iter()
            .filter_map(|directory| std::fs::canonicalize(directory).ok());
        directories.any(|directory| path.starts_with(directory))
    };
    found.filter(inside).map(Remote::Directory).ok_or_else(|| {
        ApiError::denied(format!(
            "`{}` is no repository that the local workspace may clone: it clones `https://` addresses, and directories of this machine \
             that it was started with (`sluice workspace up --allow-git-directory`)",
            shown(url)
        ))
    })
}

/// An address without what could be a secret in it.
fn shown(url: &str) -> String {
    match url
        .split_once("://")
        .and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?.1)))
    {
        Some((scheme, rest)) => format!("{scheme}://…@{rest}"),
        None => url.to_owned(),
    }
}

/// Checks the name of a provider.
///
/// # Errors
/// 400 naming the known ones.
pub(super) fn check_provider(text: &str) -> Result<(), ApiError> {
    if PROVIDERS.iter().any(|provider| provider.eq_ignore_ascii_case(text)) {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "`{text}` is not a Git provider: expected one of {}",
        PROVIDERS.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_https_addresses_are_cloned() {
        for url in [
            "https://github.test/a/b.git",
            "https://git.test:8443/a",
            "https://[::1]/a/b",
        ] {
            assert_eq!(Remote::parse(url, &[]).unwrap().argument(), url);
        }
        for url in [
            "",
            "http://github.test/a/b",
            "ssh://git@github.test/a",
            "git@github.test:a/b.git",
            "ext::sh -c touch% /tmp/x",
            "ext::sh",
            "fd::3",
            "git://github.test/a",
            "https://github.test",
            "https://github.test/",
            "https:///a",
            "https://-oProxyCommand=x/a",
            "https://u:secret@github.test/a",
            "https://github.test/../a",
            "https://github.test/a b",
            "https://github.test/a\n--upload-pack=x",
            "https://github.test/a?x=y",
            "--upload-pack=touch /tmp/x",
            "../repository",
        ] {
            let error = Remote::parse(url, &[]).unwrap_err();
            assert_eq!(error.status.as_u16(), 400, "{url}");
            assert!(!error.message.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_path_is_cloned_below_an_allowed_directory_alone() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let (allowed, other) = (root.join("allowed"), root.join("other"));
        std::fs::create_dir_all(allowed.join("r")).unwrap();
        std::fs::create_dir_all(other.join("r")).unwrap();
        std::os::unix::fs::symlink(&other, allowed.join("link")).unwrap();
        let parse = |path: &Path, scheme: &str| {
            let parsed = Remote::parse(&format!("{scheme}{}", path.display()), std::slice::from_ref(&allowed));
            parsed.map_err(|error| error.status.as_u16())
        };
        for scheme in ["", "file://"] {
            assert_eq!(
                parse(&allowed.join("r"), scheme),
                Ok(Remote::Directory(allowed.join("r")))
            );
            for outside in [
                "other/r",
                "allowed/../other/r",
                "allowed/link/r",
                "allowed/none",
                "none",
            ] {
                assert_eq!(parse(&root.join(outside), scheme), Err(403), "{outside}");
            }
        }
        assert_eq!(Remote::parse("/", &[]).unwrap_err().status.as_u16(), 403);
    }
}
