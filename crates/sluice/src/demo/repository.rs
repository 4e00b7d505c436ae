//! The product's repository, as the people of the demo work in it: what is committed already, and commits of their own.

use std::path::{Path, PathBuf};

use crate::demo::player::{Person, Player};
use crate::error::{CommandError, ExitKind};

/// A Git repository and who runs Git in it.
#[derive(Debug)]
pub(crate) struct Repository<'a> {
    player: &'a Player<'a>,
    root: PathBuf,
}

impl<'a> Repository<'a> {
    pub(crate) fn new(player: &'a Player<'a>, root: PathBuf) -> Self {
        Self { player, root }
    }

    /// Its directory.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The abbreviated hash of the commit with this subject, when there is one.
    pub(crate) async fn commit_named(&self, person: Person, subject: &str) -> Result<Option<String>, CommandError> {
        let log = self.player.git(person, &self.root, &["log", "--format=%h %s"]).await?;
        let mut lines = log.lines().filter_map(|line| line.split_once(' '));
        Ok(lines
            .find(|(_, found)| *found == subject)
            .map(|(hash, _)| hash.to_owned()))
    }

    /// Commits everything that is not committed, under this subject; nothing when there is nothing. Gives the abbreviated hash of
    /// the commit that is checked out then.
    pub(crate) async fn commit(&self, person: Person, subject: &str) -> Result<String, CommandError> {
        self.player.git(person, &self.root, &["add", "--all"]).await?;
        let changed = self.player.git(person, &self.root, &["status", "--porcelain"]).await?;
        if !changed.trim().is_empty() {
            self.player
                .git(person, &self.root, &["commit", "--quiet", "--message", subject])
                .await?;
        }
        let head = self
            .player
            .git(person, &self.root, &["rev-parse", "--short", "HEAD"])
            .await?;
        Ok(head.trim().to_owned())
    }

    /// Puts changes of known files that are not committed aside, into Git's stash: the rest of an edit that was stopped before its
    /// commit would be found done and stay uncommitted. What another edit left half written is removed; other new files stay.
    /// Says whether there was anything.
    pub(crate) async fn set_aside(&self, person: Person) -> Result<bool, CommandError> {
        let git = async |arguments: &[&str]| self.player.git(person, &self.root, arguments).await;
        git(&["clean", "--quiet", "--force", "--", "*.sluice-metadata-*"]).await?;
        let changed = git(&["status", "--porcelain", "--untracked-files=no"]).await?;
        if changed.trim().is_empty() {
            return Ok(false);
        }
        git(&[
            "stash",
            "push",
            "--quiet",
            "--message",
            "Left by a demo that was stopped",
        ])
        .await?;
        Ok(true)
    }

    /// Writes a file.
    pub(crate) fn write(&self, file: &str, text: &str) -> Result<(), CommandError> {
        let path = self.root.join(file);
        std::fs::write(&path, text).map_err(|error| {
            CommandError::new(
                ExitKind::Internal,
                format!("cannot write `{}`: {error}", path.display()),
            )
        })
    }

    /// Replaces a text that stands in a file exactly once.
    pub(crate) fn replace(&self, file: &str, old: &str, new: &str) -> Result<(), CommandError> {
        let path = self.root.join(file);
        let failed = |error: std::io::Error| {
            CommandError::new(ExitKind::Internal, format!("cannot edit `{}`: {error}", path.display()))
        };
        let text = std::fs::read_to_string(&path).map_err(failed)?;
        if text.matches(old).count() != 1 {
            return Err(CommandError::new(
                ExitKind::Internal,
                format!("`{}` does not hold `{}` exactly once", path.display(), old.trim()),
            ));
        }
        std::fs::write(&path, text.replacen(old, new, 1)).map_err(failed)
    }
}
