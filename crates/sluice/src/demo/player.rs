//! Plays the people of the demo: runs this same program, and Git, the way each of them would.
//!
//! Every step goes through the command line that users have, so that the demo proves the commands and not a path of its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;

use crate::context::Context;
use crate::error::{CommandError, ExitKind};
use crate::interrupt::Interrupt;
use crate::render::Terminal;

/// Runs programs for the demo.
#[derive(Debug)]
pub(crate) struct Player<'a> {
    executable: PathBuf,
    platform: PathBuf,
    profile_file: Option<PathBuf>,
    terminal: &'a Terminal,
    interrupt: &'a Interrupt,
}

/// A name and an address for Git, so that the demo's commits do not depend on the configuration of the machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    /// Name.
    pub(crate) name: &'static str,
    /// E-mail address.
    pub(crate) email: &'static str,
}

/// The engineer who builds the product.
pub(crate) const ENGINEER: Person = Person {
    name: "Demo Engineer",
    email: "engineer@sluice.test",
};

impl<'a> Player<'a> {
    /// A player for the platform that this file describes.
    pub(crate) fn new(platform: PathBuf, context: &'a Context) -> Result<Self, CommandError> {
        let executable = std::env::current_exe()
            .map_err(|error| CommandError::new(ExitKind::Internal, format!("cannot find this program: {error}")))?;
        Ok(Self {
            executable,
            platform,
            profile_file: None,
            terminal: &context.terminal,
            interrupt: &context.interrupt,
        })
    }

    /// Gives the commands the file in which their credentials stand.
    pub(crate) fn sign_in(&mut self, profile_file: PathBuf) {
        self.profile_file = Some(profile_file);
    }

    /// Runs a command of this program in a directory and reads its JSON answer. Its messages appear below the step, its failure
    /// becomes ours with the same exit code.
    pub(crate) async fn sluice<T: DeserializeOwned>(
        &self,
        directory: &Path,
        arguments: &[&str],
    ) -> Result<T, CommandError> {
        self.command(None, directory, arguments, &[0]).await
    }

    /// As [`Player::sluice`], for a question whose answer may be no (exit code 1).
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        directory: &Path,
        arguments: &[&str],
    ) -> Result<T, CommandError> {
        self.command(None, directory, arguments, &[0, 1]).await
    }

    /// As [`Player::sluice`], under a profile of the local workspaces.
    pub(crate) async fn sluice_as<T: DeserializeOwned>(
        &self,
        profile: &str,
        directory: &Path,
        arguments: &[&str],
    ) -> Result<T, CommandError> {
        self.command(Some(profile), directory, arguments, &[0]).await
    }

    async fn command<T: DeserializeOwned>(
        &self,
        profile: Option<&str>,
        directory: &Path,
        arguments: &[&str],
        accepted: &[i32],
    ) -> Result<T, CommandError> {
        let shown = format!("sluice {}", arguments.join(" "));
        self.terminal.progress(&format!("  $ {shown}"));
        let mut command = Command::new(&self.executable);
        command
            .args(arguments)
            .args(["--output", "json", "--platform"])
            .arg(&self.platform)
            .args(["--end-with-parent", &std::process::id().to_string()])
            // The demo's people use the demo's credentials, whatever the person who runs it is signed in to.
            .env_remove("DATABRICKS_HOST")
            .env_remove("DATABRICKS_TOKEN")
            .env_remove("DATABRICKS_CONFIG_PROFILE")
            .envs(self.profile_file.as_ref().map(|file| ("DATABRICKS_CONFIG_FILE", file)))
            .envs(profile.map(|profile| ("DATABRICKS_CONFIG_PROFILE", profile)));
        let answer = self.run(command, directory, &shown, accepted).await?;
        serde_json::from_str(&answer).map_err(|error| {
            CommandError::new(
                ExitKind::Internal,
                format!("the answer of `{shown}` has another shape than expected: {error}"),
            )
        })
    }

    /// Runs Git in a directory as a person and returns what it prints.
    pub(crate) async fn git(
        &self,
        person: Person,
        directory: &Path,
        arguments: &[&str],
    ) -> Result<String, CommandError> {
        let mut command = Command::new("git");
        command
            .args(arguments)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs([("GIT_AUTHOR_NAME", person.name), ("GIT_COMMITTER_NAME", person.name)])
            .envs([
                ("GIT_AUTHOR_EMAIL", person.email),
                ("GIT_COMMITTER_EMAIL", person.email),
            ]);
        self.run(command, directory, &format!("git {}", arguments.join(" ")), &[0])
            .await
    }

    /// Runs a program of the Python environment.
    pub(crate) async fn program(
        &self,
        program: &Path,
        directory: &Path,
        arguments: &[OsString],
    ) -> Result<String, CommandError> {
        let mut command = Command::new(program);
        command.args(arguments);
        self.run(command, directory, &program.display().to_string(), &[0]).await
    }

    async fn run(
        &self,
        mut command: Command,
        directory: &Path,
        shown: &str,
        accepted: &[i32],
    ) -> Result<String, CommandError> {
        let failed =
            |error: std::io::Error| CommandError::new(ExitKind::Internal, format!("cannot run `{shown}`: {error}"));
        // The program ends by itself on Ctrl-C, which its whole process group gets; until then ours waits.
        let _held = self.interrupt.hold();
        let mut child = command
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let mut stdout = child.stdout.take().expect("invariant: standard output is piped");
        let stderr = child.stderr.take().expect("invariant: standard error is piped");
        let mut answer = String::new();
        let messages = async {
            let mut lines = BufReader::new(stderr).lines();
            while let Some(line) = lines.next_line().await? {
                self.terminal.progress(&format!("    {line}"));
            }
            std::io::Result::Ok(())
        };
        let (read, said) = tokio::join!(stdout.read_to_string(&mut answer), messages);
        read.and(said.map(|()| 0)).map_err(failed)?;
        let status = child.wait().await.map_err(failed)?;
        if status.code().is_some_and(|code| accepted.contains(&code)) {
            Ok(answer)
        } else {
            Err(failure(status, shown))
        }
    }
}

/// The failure of a command as ours: the kind that its exit code stands for.
fn failure(status: ExitStatus, shown: &str) -> CommandError {
    let kind = match status.code() {
        Some(2) => ExitKind::Config,
        Some(3) => ExitKind::Refused,
        Some(4) => ExitKind::Remote,
        Some(5) => ExitKind::HalfWay,
        Some(130) => ExitKind::Interrupted,
        Some(_) | None => ExitKind::Internal,
    };
    CommandError::new(kind, format!("`{shown}` ended with {status}"))
        .hint("its own message stands above; `sluice demo` goes on where it stopped")
}
