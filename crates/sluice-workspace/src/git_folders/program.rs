//! The `git` program: without the configuration of whoever runs the workspace, without prompts, hooks and helpers, and with one protocol.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sluice_model::Secret;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::remote::Remote;
use crate::error::ApiError;

/// How long one command may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// How this machine reaches the network, which the remote is reached with too.
const THROUGH: [&str; 8] = [
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
];

/// What `git` signs in with.
pub(super) struct Login {
    pub(super) username: String,
    pub(super) token: Secret<String>,
}

/// A bare clone.
pub(super) struct Clone {
    pub(super) directory: PathBuf,
}

impl Clone {
    fn command(&self, protocol: &str) -> Command {
        let mut command = Command::new("git");
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", path)
            .env("LC_ALL", "C")
            .env("HOME", &self.directory)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ALLOW_PROTOCOL", protocol)
            .env("GIT_DIR", &self.directory)
            .args([
                "-c",
                "core.hooksPath=/dev/null",
                "-c",
                "credential.helper=",
                "-c",
                "http.followRedirects=false",
            ])
            .args([
                "-c",
                "transfer.fsckObjects=true",
                "-c",
                "gc.auto=0",
                "-c",
                "maintenance.auto=false",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// A command that speaks with the remote.
    fn remote_command(&self, remote: &Remote, login: Option<&Login>) -> Command {
        let mut command = self.command(remote.protocol());
        for name in THROUGH {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if let (Some(login), Remote::Https(url)) = (login, remote) {
            let pair = STANDARD.encode(format!("{}:{}", login.username, login.token.expose()));
            // In the environment, which other users cannot read, and for this address alone.
            command
                .env("GIT_CONFIG_COUNT", "1")
                .env("GIT_CONFIG_KEY_0", format!("http.{url}.extraHeader"))
                .env("GIT_CONFIG_VALUE_0", format!("Authorization: Basic {pair}"));
        }
        command
    }

    /// Makes the clone and fetches all branches and tags.
    ///
    /// # Errors
    /// 400 with what `git` says.
    pub(super) async fn make(&self, remote: &Remote, login: Option<&Login>) -> Result<(), ApiError> {
        let directory = &self.directory;
        tokio::fs::create_dir_all(directory)
            .await
            .map_err(|error| ApiError::from_io("the clone of a Git folder", &error))?;
        let mut command = self.command("");
        command.args(["init", "--quiet", "--bare", "--initial-branch=main"]);
        self.run(command, None).await?;
        self.fetch(remote, login).await
    }

    /// Brings all branches and tags up to date.
    ///
    /// # Errors
    /// 400 with what `git` says.
    pub(super) async fn fetch(&self, remote: &Remote, login: Option<&Login>) -> Result<(), ApiError> {
        let mut command = self.remote_command(remote, login);
        command.args([
            "fetch",
            "--quiet",
            "--prune",
            "--no-auto-gc",
            "--no-recurse-submodules",
            "--",
            &remote.argument(),
        ]);
        command.args(["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]);
        self.run(command, None).await?;
        Ok(())
    }

    /// The branch that the remote names as its own, else none.
    pub(super) async fn default_branch(
        &self,
        remote: &Remote,
        login: Option<&Login>,
    ) -> Result<Option<String>, ApiError> {
        let mut command = self.remote_command(remote, login);
        command.args(["ls-remote", "--symref", "--", &remote.argument(), "HEAD"]);
        let output = self.run(command, None).await?;
        let text = String::from_utf8_lossy(&output).into_owned();
        let named = text
            .lines()
            .find_map(|line| line.strip_prefix("ref: refs/heads/")?.strip_suffix("\tHEAD"));
        Ok(named.map(str::to_owned))
    }

    /// The commit of a branch or tag; none when there is none of this name.
    pub(super) async fn commit(&self, reference: &Reference) -> Result<Option<String>, ApiError> {
        let mut command = self.command("");
        command.args([
            "rev-parse",
            "--quiet",
            "--verify",
            "--end-of-options",
            &format!("{}^{{commit}}", reference.full()),
        ]);
        match self.run(command, None).await {
            Ok(output) => Ok(Some(String::from_utf8_lossy(&output).trim().to_owned())),
            Err(error) if error.status.is_client_error() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The output of `git ls-tree` for a commit: entries that end with a zero byte.
    pub(super) async fn list(&self, commit: &str) -> Result<Vec<u8>, ApiError> {
        let mut command = self.command("");
        command.args(["ls-tree", "-r", "-z", "--long", "--full-tree", commit]);
        self.run(command, None).await
    }

    /// The output of `git cat-file --batch` for these objects.
    pub(super) async fn read(&self, objects: &[String]) -> Result<Vec<u8>, ApiError> {
        let mut command = self.command("");
        command.args(["cat-file", "--batch"]);
        let mut wanted = objects.join("\n");
        wanted.push('\n');
        self.run(command, Some(wanted.into_bytes())).await
    }

    /// Runs a command to its end and gives its output.
    async fn run(&self, mut command: Command, input: Option<Vec<u8>>) -> Result<Vec<u8>, ApiError> {
        if input.is_some() {
            command.stdin(Stdio::piped());
        }
        let started = command.spawn();
        let mut child =
            started.map_err(|error| ApiError::internal(format!("the program `git` cannot be run: {error}")))?;
        if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
            // Beside the reading of the output, which would fill up otherwise. A program that ended early says why itself.
            tokio::spawn(async move { drop(pipe.write_all(&input).await) });
        }
        let ended = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
        let output = match ended {
            Ok(ended) => {
                ended.map_err(|error| ApiError::internal(format!("`git` could not be waited for: {error}")))?
            }
            Err(_elapsed) => {
                let seconds = PATIENCE.as_secs();
                return Err(ApiError::invalid(format!(
                    "`git` took longer than {seconds} seconds; nothing was changed"
                )));
            }
        };
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(ApiError::invalid(format!(
            "the Git repository cannot be used: {}",
            said(&output.stderr, &self.directory)
        )))
    }
}

/// What `git` says, in one line and without the place of the clone.
fn said(bytes: &[u8], directory: &Path) -> String {
    let text = String::from_utf8_lossy(bytes).replace(&directory.display().to_string(), "the clone");
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("fatal: ").or(line.strip_prefix("error: ")));
    let lines: Vec<&str> = lines.take(3).collect();
    match lines.is_empty() {
        true => "`git` failed".to_owned(),
        false => lines.join("; ").chars().take(500).collect(),
    }
}

/// A branch or tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    Branch(String),
    Tag(String),
}

impl Reference {
    /// Checks a name as `git check-ref-format` does, as far as it matters here.
    ///
    /// # Errors
    /// 400 naming it.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        let name = self.name();
        let odd = |character: char| character.is_control() || " ~^:?*[\\".contains(character);
        let odd_part =
            |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock") || part.ends_with('.');
        let is_odd = name.len() > 255 || name.chars().any(odd) || name.split('/').any(odd_part);
        if is_odd || name.contains("..") || name.contains("@{") || name.starts_with('-') || name == "@" {
            return Err(ApiError::invalid(format!(
                "`{name}` cannot be the name of a branch or tag"
            )));
        }
        Ok(())
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Branch(name) | Self::Tag(name) => name,
        }
    }

    fn full(&self) -> String {
        match self {
            Self::Branch(name) => format!("refs/heads/{name}"),
            Self::Tag(name) => format!("refs/tags/{name}"),
        }
    }

    /// The error when the repository has none of this name.
    pub(super) fn missing(&self) -> ApiError {
        let kind = match self {
            Self::Branch(_) => "branch",
            Self::Tag(_) => "tag",
        };
        ApiError::not_found(format!("the Git repository has no {kind} `{}`", self.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_git_would_read_otherwise_are_refused() {
        for name in ["main", "feature/a-b", "v1.0", "ünï"] {
            Reference::Branch(name.to_owned()).check().unwrap();
        }
        for name in [
            "", "-x", "a..b", "a b", "a~1", "a^", "a:b", "a@{1}", "/a", "a/", "a//b", ".a", "a.lock", "a\n", "@", "a.",
        ] {
            assert_eq!(
                Reference::Tag(name.to_owned()).check().unwrap_err().status.as_u16(),
                400,
                "{name}"
            );
        }
    }
}
