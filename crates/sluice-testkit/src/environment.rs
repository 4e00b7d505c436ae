//! One test's own machine: directories, environment variables, the program, its local workspaces.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::finished::Finished;

/// What a child process may see of the environment that the tests run in.
const INHERITED: [&str; 4] = ["PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "RUSTUP_HOME"];

/// A hermetic environment; its directories are removed with it.
#[derive(Debug)]
pub struct Environment {
    program: PathBuf,
    directory: TempDir,
}

/// The local workspaces did not start.
#[derive(Debug, thiserror::Error)]
#[error("`sluice workspace up` exited with {code:?}: {stderr}")]
pub struct StartError {
    code: Option<i32>,
    stderr: String,
}

/// Running local workspaces; stopped when dropped.
#[derive(Debug)]
pub struct Workspaces<'environment> {
    environment: &'environment Environment,
}

impl Environment {
    /// A new environment for a program: `Environment::new(env!("CARGO_BIN_EXE_sluice"))`.
    ///
    /// # Panics
    /// When the temporary directory cannot be made.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for name in ["home", "data", "work"] {
            fs::create_dir(directory.path().join(name)).expect("a directory in the temporary directory");
        }
        Self {
            program: program.into(),
            directory,
        }
    }

    /// The directory that commands run in.
    #[must_use]
    pub fn work(&self) -> PathBuf {
        self.directory.path().join("work")
    }

    /// The data directory (`$SLUICE_DATA_DIR`).
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Writes a file below [`Self::work`], with its folders.
    ///
    /// # Panics
    /// When the disk refuses.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.work().join(path);
        fs::create_dir_all(path.parent().expect("invariant: the path is below work")).expect("create the folder");
        fs::write(&path, text).unwrap_or_else(|error| panic!("write {}: {error}", path.display()));
    }

    /// Runs the program to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn sluice<I, S>(&self, arguments: I) -> Finished
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.finish(self.command(&self.program).args(arguments))
    }

    /// Runs the program in a folder below [`Self::work`] to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn sluice_in<I, S>(&self, folder: &str, arguments: I) -> Finished
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.finish(
            self.command(&self.program)
                .current_dir(self.work().join(folder))
                .args(arguments),
        )
    }

    /// Runs git in a folder below [`Self::work`].
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn git<I, S>(&self, folder: &str, arguments: I) -> Finished
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.finish(
            self.command(Path::new("git"))
                .current_dir(self.work().join(folder))
                .args(arguments),
        )
    }

    /// Starts the local workspaces on free ports and waits until they answer.
    ///
    /// # Errors
    /// When `sluice workspace up` fails.
    pub fn workspaces(&self) -> Result<Workspaces<'_>, StartError> {
        self.start(&["workspace", "up", "--base-port", "0"])
    }

    /// As [`Self::workspaces`], with faults allowed: `sluice workspace fault add` injects them.
    ///
    /// # Errors
    /// As [`Self::workspaces`].
    pub fn workspaces_with_faults(&self) -> Result<Workspaces<'_>, StartError> {
        self.start(&["workspace", "up", "--base-port", "0", "--allow-faults"])
    }

    fn start(&self, arguments: &[&str]) -> Result<Workspaces<'_>, StartError> {
        let finished = self.sluice(arguments);
        match finished.code {
            Some(0) => Ok(Workspaces { environment: self }),
            code => Err(StartError {
                code,
                stderr: finished.stderr,
            }),
        }
    }

    /// A command in this environment, not yet run.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(
                INHERITED
                    .iter()
                    .filter_map(|name| Some((name, std::env::var_os(name)?))),
            )
            .env("HOME", self.directory.path().join("home"))
            .env("SLUICE_DATA_DIR", self.data())
            .env("SLUICE_CACHE_DIR", shared_cache())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "Test")
            .env("GIT_AUTHOR_EMAIL", "test@sluice.test")
            .env("GIT_COMMITTER_NAME", "Test")
            .env("GIT_COMMITTER_EMAIL", "test@sluice.test")
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .env("COLUMNS", "120")
            .env("NO_COLOR", "1")
            .current_dir(self.work());
        command
    }

    fn finish(&self, command: &mut Command) -> Finished {
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("start {command:?}: {error}"));
        let masks = [
            (self.work().display().to_string(), "[WORK]"),
            (self.data().display().to_string(), "[DATA]"),
            (self.directory.path().join("home").display().to_string(), "[HOME]"),
        ];
        Finished::new(&output, &masks)
    }
}

impl Drop for Workspaces<'_> {
    fn drop(&mut self) {
        let finished = self.environment.sluice(["workspace", "down"]);
        if !std::thread::panicking() {
            assert_eq!(finished.code, Some(0), "workspace down: {}", finished.stderr);
        }
    }
}

/// The cache of the person who runs the tests: Python environments are keyed by their lock, so that sharing them changes nothing.
#[must_use]
pub fn shared_cache() -> PathBuf {
    let named = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    named("SLUICE_CACHE_DIR")
        .or_else(|| Some(named("XDG_CACHE_HOME")?.join("sluice")))
        .or_else(|| Some(named("HOME")?.join(".cache/sluice")))
        .unwrap_or_else(|| std::env::temp_dir().join("sluice-cache"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_sees_its_own_home_and_nothing_else() {
        let environment = Environment::new("env");
        let finished = environment.sluice::<_, &str>([]);
        let text = finished.success();
        assert!(
            text.contains(&format!(
                "HOME={}\n",
                environment.directory.path().join("home").display()
            )),
            "{text}"
        );
        assert!(!text.contains("CARGO_"), "{text}");
    }

    #[test]
    fn paths_of_the_environment_are_masked_and_failures_carry_their_text() {
        let environment = Environment::new("ls");
        let finished = environment.sluice([environment.work().join("absent")]);
        assert!(finished.failure(2).contains("[WORK]/absent"), "{finished:?}");
    }
}
