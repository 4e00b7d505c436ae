//! Runs a command of a bundle in a shell, in the environment of this process, and passes on what it writes.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, PipeReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;
use tokio::sync::mpsc;

/// Lines of a failed command that its error shows.
const LAST_LINES: usize = 20;

/// A text that a shell executes.
#[derive(Clone, Debug)]
pub(crate) struct Script<'a> {
    /// The text.
    pub(crate) text: &'a str,
    /// `bash`, `sh` or `cmd`; bash where it is installed, else sh, when nobody says.
    pub(crate) executable: Option<&'a str>,
    /// Where it runs.
    pub(crate) directory: &'a Path,
}

/// A script did not come to a good end.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The shell does not start.
    #[error("cannot start `{shell}` in `{}`", directory.display())]
    Start {
        /// The shell.
        shell: String,
        /// Where it was to run.
        directory: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The bundle asks for a shell that there is not.
    #[error("there is no shell `{0}` here: `bash` and `sh` are known")]
    Shell(String),
    /// It ended with an error.
    #[error("{status}{}", shown(lines))]
    Failed {
        /// How it ended.
        status: std::process::ExitStatus,
        /// The end of what it wrote.
        lines: Vec<String>,
    },
}

fn shown(lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = lines.iter().map(|line| format!("\n  {line}")).collect();
    format!("; the last it wrote:{}", lines.concat())
}

impl Script<'_> {
    /// Runs it to its end and hands over each line that it writes to either stream, as it comes.
    ///
    /// # Errors
    /// When it cannot be started or does not end with 0.
    pub(crate) async fn run(&self, mut line: impl FnMut(&str)) -> Result<(), ScriptError> {
        let mut command = self.command()?;
        let shell = command.as_std().get_program().to_string_lossy().into_owned();
        let start = |source| ScriptError::Start {
            shell: shell.clone(),
            directory: self.directory.to_owned(),
            source,
        };
        // One pipe for both streams keeps their lines in order.
        let (reader, writer) = std::io::pipe().map_err(start)?;
        command
            .stdin(Stdio::null())
            .stdout(writer.try_clone().map_err(start)?)
            .stderr(writer)
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(start)?;
        // The command holds the writing end; the pipe ends when the child's copy is the last and closes.
        drop(command);
        let (sender, mut lines) = mpsc::unbounded_channel();
        tokio::task::spawn_blocking(move || read(reader, &sender));
        let mut last = VecDeque::new();
        while let Some(text) = lines.recv().await {
            keep(text, &mut last, &mut line);
        }
        let status = child.wait().await.map_err(start)?;
        if status.success() {
            Ok(())
        } else {
            Err(ScriptError::Failed {
                status,
                lines: last.into(),
            })
        }
    }

    /// The shell with the text, stopping at the first command that fails.
    ///
    /// # Errors
    /// When the bundle asks for a shell that is not known here.
    pub(crate) fn command(&self) -> Result<Command, ScriptError> {
        let shell = match self.executable {
            None if installed("bash") => "bash",
            None => "sh",
            Some(named @ ("bash" | "sh")) => named,
            Some(other) => return Err(ScriptError::Shell(other.to_owned())),
        };
        let mut command = Command::new(shell);
        command.arg("-e").arg("-c").arg(self.text).current_dir(self.directory);
        Ok(command)
    }
}

fn keep(text: String, last: &mut VecDeque<String>, line: &mut impl FnMut(&str)) {
    line(&text);
    if last.len() == LAST_LINES {
        last.pop_front();
    }
    last.push_back(text);
}

fn read(reader: PipeReader, lines: &mpsc::UnboundedSender<String>) {
    let mut reader = BufReader::new(reader);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
        let text = String::from_utf8_lossy(&bytes)
            .trim_end_matches(['\n', '\r'])
            .to_owned();
        bytes.clear();
        if lines.send(text).is_err() {
            return;
        }
    }
}

/// Whether a program stands on the search path.
fn installed(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(text: &str, executable: Option<&str>) -> (Vec<String>, Option<String>) {
        let directory = tempfile::tempdir().unwrap();
        let script = Script {
            text,
            executable,
            directory: directory.path(),
        };
        let mut lines = Vec::new();
        let ended = script.run(|line| lines.push(line.to_owned())).await;
        (lines, ended.err().map(|error| error.to_string()))
    }

    #[tokio::test]
    async fn both_streams_are_passed_on_in_order() {
        let (lines, error) = run("echo a; echo b >&2; printf c", None).await;
        assert_eq!(
            (lines, error),
            (vec!["a".to_owned(), "b".to_owned(), "c".to_owned()], None)
        );
    }

    #[tokio::test]
    async fn the_first_command_that_fails_ends_it_and_the_last_lines_are_said() {
        let (lines, error) = run("echo a; false; echo b", Some("sh")).await;
        assert_eq!(lines, ["a"]);
        assert_eq!(error.as_deref(), Some("exit status: 1; the last it wrote:\n  a"));
        let (_, error) = run("true", Some("cmd")).await;
        assert_eq!(
            error.as_deref(),
            Some("there is no shell `cmd` here: `bash` and `sh` are known")
        );
    }
}
