//! Asking and telling `git`. Nothing of the caller's environment that could bend an answer reaches it: no `GIT_*` variables, no system
//! configuration, no hooks, no line-end conversion, no prompt.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::bundle_files::GitError;

/// Settings that keep hooks, signing and conversion away.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.autocrlf=false",
    "core.quotePath=false",
    "commit.gpgSign=false",
    "tag.gpgSign=false",
];

/// Runs git and gives what it prints.
///
/// # Errors
/// When it cannot be started or exits with an error status.
pub(crate) async fn git(directory: &Path, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
    match ask(directory, arguments).await? {
        Ok(output) => Ok(output),
        Err(message) => Err(GitError::Failed {
            arguments: arguments.join(" "),
            directory: directory.to_owned(),
            message,
        }),
    }
}

/// As [`git`], as text without the line end.
///
/// # Errors
/// As [`git`].
pub(crate) async fn git_line(directory: &Path, arguments: &[&str]) -> Result<String, GitError> {
    Ok(line(&git(directory, arguments).await?))
}

/// Runs git; an error status is an answer: what it said on standard error.
///
/// # Errors
/// When it cannot be started.
pub(crate) async fn ask(directory: &Path, arguments: &[&str]) -> Result<Result<Vec<u8>, String>, GitError> {
    let mut command = Command::new("git");
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    let output = command
        .args(arguments)
        .current_dir(directory)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(GitError::Start)?;
    Ok(if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(line(&output.stderr))
    })
}

/// Bytes as text without the line end.
fn line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches(['\n', '\r']).to_owned()
}

/// Who a commit or tag is by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
}

impl Signature {
    /// The signature of the process environment (`GIT_AUTHOR_NAME` and `GIT_AUTHOR_EMAIL`, as for Git itself), else the one that Git
    /// is set up with in a directory; that of Sluice when it has none.
    ///
    /// # Errors
    /// When git cannot be started.
    pub(crate) async fn of_directory(directory: &Path) -> Result<Self, GitError> {
        let variable = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
        if let (Some(name), Some(email)) = (variable("GIT_AUTHOR_NAME"), variable("GIT_AUTHOR_EMAIL")) {
            return Ok(Self { name, email });
        }
        let setting = async |name| -> Result<Option<String>, GitError> {
            let answer = ask(directory, &["config", "--get", name]).await?;
            Ok(answer.ok().map(|text| line(&text)).filter(|text| !text.is_empty()))
        };
        Ok(match (setting("user.name").await?, setting("user.email").await?) {
            (Some(name), Some(email)) => Self { name, email },
            (_, Some(email)) => Self {
                name: email.clone(),
                email,
            },
            (_, None) => Self {
                name: "Sluice".to_owned(),
                email: "sluice@localhost".to_owned(),
            },
        })
    }

    /// The two settings for the command line.
    pub(crate) fn settings(&self) -> [String; 2] {
        [format!("user.name={}", self.name), format!("user.email={}", self.email)]
    }
}
