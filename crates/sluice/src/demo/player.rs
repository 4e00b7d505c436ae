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

/// A person of the demo: who they are for Git, so that commits do not depend on the configuration of the machine, and for the
/// workspaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// Name.
    pub(crate) name: &'static str,
    /// E-mail address, which is the name in the workspaces too.
    pub(crate) email: &'static str,
    /// The principal's part of the names of their profiles, such as `qa-business`.
    principal: &'static str,
}

/// Builds the product.
pub(crate) const ENGINEER: Person = Person {
    name: "Demo Engineer",
    email: "engineer@sluice.test",
    principal: "engineer",
};
/// Looks after its meaning and quality.
pub(crate) const STEWARD: Person = Person {
    name: "Demo Steward",
    email: "steward@sluice.test",
    principal: "steward",
};
/// Decides what goes to production.
pub(crate) const DOMAIN_OWNER: Person = Person {
    name: "Demo Domain Owner",
    email: "domain-owner@sluice.test",
    principal: "domain-owner",
};
/// Accepts releases for the business.
pub(crate) const BUSINESS: Person = Person {
    name: "Demo Business Reviewer",
    email: "business@sluice.test",
    principal: "business",
};
/// Accepts releases for the lawyers.
pub(crate) const LEGAL: Person = Person {
    name: "Demo Legal Reviewer",
    email: "legal@sluice.test",
    principal: "legal",
};
/// Accepts releases for security.
pub(crate) const SECURITY: Person = Person {
    name: "Demo Security Reviewer",
    email: "security@sluice.test",
    principal: "security",
};

impl Person {
    /// The person, signed in at an environment's workspace.
    pub(crate) fn at(self, environment: &str) -> SignedIn {
        SignedIn {
            person: self,
            profile: Some(format!("{environment}-{}", self.principal)),
        }
    }
}

/// Who runs a command, with which profile. Without one the command finds its credentials in `platform.yaml`.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    person: Person,
    profile: Option<String>,
}

impl From<Person> for SignedIn {
    fn from(person: Person) -> Self {
        Self { person, profile: None }
    }
}

impl<'a> Player<'a> {
    /// A player for the platform that this file describes.
    pub(crate) fn new(platform: PathBuf, context: &'a Context) -> Result<Self, CommandError> {
        let executable = context.program()?;
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
        who: impl Into<SignedIn>,
        directory: &Path,
        arguments: &[&str],
    ) -> Result<T, CommandError> {
        let (shown, command) = self.command(&who.into(), arguments);
        let ended = self.run(command, directory, &shown, &[0]).await?;
        read(&ended.answer, &shown)
    }

    /// As [`Player::sluice`], for a question whose answer may be no (exit code 1). Says whether it was yes.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        who: impl Into<SignedIn>,
        directory: &Path,
        arguments: &[&str],
    ) -> Result<(bool, T), CommandError> {
        let (shown, command) = self.command(&who.into(), arguments);
        let ended = self.run(command, directory, &shown, &[0, 1]).await?;
        Ok((ended.code == 0, read(&ended.answer, &shown)?))
    }

    /// Runs a command that has to be refused (exit code 3), and gives the reason that it states.
    pub(crate) async fn refused(
        &self,
        who: impl Into<SignedIn>,
        directory: &Path,
        arguments: &[&str],
    ) -> Result<String, CommandError> {
        let (shown, command) = self.command(&who.into(), arguments);
        let ended = self.run(command, directory, &shown, &[3]).await?;
        let reason = ended.messages.iter().find_map(|line| line.strip_prefix("error: "));
        Ok(reason.unwrap_or(&shown).to_owned())
    }

    fn command(&self, who: &SignedIn, arguments: &[&str]) -> (String, Command) {
        let shown = format!("sluice {}", arguments.join(" "));
        match &who.profile {
            Some(profile) => self.terminal.progress(&format!("  $ {shown}   # as {profile}")),
            None => self.terminal.progress(&format!("  $ {shown}")),
        }
        let mut command = Command::new(&self.executable);
        command
            .args(arguments)
            .args(["--output", "json", "--platform"])
            .arg(&self.platform)
            .args(["--end-with-parent", &std::process::id().to_string()])
            .envs(git_settings(who.person));
        self.isolate(&mut command, who.profile.as_deref());
        (shown, command)
    }

    /// The demo's people use the demo's credentials, whatever the person who runs it is signed in to.
    fn isolate(&self, command: &mut Command, profile: Option<&str>) {
        command
            .env_remove("DATABRICKS_HOST")
            .env_remove("DATABRICKS_TOKEN")
            .env_remove("DATABRICKS_CONFIG_PROFILE")
            .envs(self.profile_file.as_ref().map(|file| ("DATABRICKS_CONFIG_FILE", file)))
            .envs(profile.map(|profile| ("DATABRICKS_CONFIG_PROFILE", profile)));
    }

    /// Runs Git in a directory as a person and returns what it prints.
    pub(crate) async fn git(
        &self,
        person: Person,
        directory: &Path,
        arguments: &[&str],
    ) -> Result<String, CommandError> {
        let mut command = Command::new("git");
        command.args(arguments).envs(git_settings(person));
        let shown = format!("git {}", arguments.join(" "));
        Ok(self.run(command, directory, &shown, &[0]).await?.answer)
    }

    /// Runs a Python program with the credentials of a person and these packages, and returns what it prints.
    pub(crate) async fn python(
        &self,
        who: SignedIn,
        python: &Path,
        packages: &Path,
        directory: &Path,
        arguments: &[OsString],
    ) -> Result<String, CommandError> {
        let mut command = Command::new(python);
        command.args(arguments).env("PYTHONPATH", packages);
        self.isolate(&mut command, who.profile.as_deref());
        let shown = format!("python {}", arguments.first().unwrap_or(&OsString::new()).display());
        self.terminal.progress(&format!("  $ {shown}"));
        Ok(self.run(command, directory, &shown, &[0]).await?.answer)
    }

    /// Runs a program and returns what it prints.
    pub(crate) async fn program(
        &self,
        program: &Path,
        directory: &Path,
        arguments: &[OsString],
    ) -> Result<String, CommandError> {
        let mut command = Command::new(program);
        command.args(arguments);
        let shown = program.display().to_string();
        Ok(self.run(command, directory, &shown, &[0]).await?.answer)
    }

    async fn run(
        &self,
        mut command: Command,
        directory: &Path,
        shown: &str,
        accepted: &[i32],
    ) -> Result<Ended, CommandError> {
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
            let mut said = Vec::new();
            while let Some(line) = lines.next_line().await? {
                self.terminal.progress(&format!("    {line}"));
                said.push(line);
            }
            std::io::Result::Ok(said)
        };
        let (read, said) = tokio::join!(stdout.read_to_string(&mut answer), messages);
        read.map_err(failed)?;
        let messages = said.map_err(failed)?;
        let status = child.wait().await.map_err(failed)?;
        match status.code().filter(|code| accepted.contains(code)) {
            Some(code) => Ok(Ended { code, answer, messages }),
            None => Err(failure(status, shown)),
        }
    }
}

/// How a program ended: its exit code, what it printed, and the lines of its messages.
struct Ended {
    code: i32,
    answer: String,
    messages: Vec<String>,
}

fn read<T: DeserializeOwned>(answer: &str, shown: &str) -> Result<T, CommandError> {
    serde_json::from_str(answer).map_err(|error| {
        CommandError::new(
            ExitKind::Internal,
            format!("the answer of `{shown}` has another shape than expected: {error}"),
        )
    })
}

/// Makes Git, and programs that commit, use this person and nothing of the machine's configuration.
fn git_settings(person: Person) -> [(&'static str, &'static str); 6] {
    [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_AUTHOR_NAME", person.name),
        ("GIT_AUTHOR_EMAIL", person.email),
        ("GIT_COMMITTER_NAME", person.name),
        ("GIT_COMMITTER_EMAIL", person.email),
    ]
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
