//! Changes of a table with rules (CHECK, NOT NULL) happen in a copy of its directory first, and come into the table only when every row of the result keeps them.
//!
//! The copy costs no data: files of Delta tables never change, so they are linked. What the change adds to it is moved over, data before commits; a commit that
//! somebody else has made meanwhile makes this one fail, and nothing of it is seen.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::text::identifier;
use crate::catalog::TableRecord;
use crate::compute::StatementError;

/// Properties that hold the CHECK constraints of a table; the name of the constraint follows. Delta's own name for them.
pub(super) const CHECK_PREFIX: &str = "delta.constraints.";

/// The names and expressions of a table's CHECK constraints.
pub(super) fn checks(table: &TableRecord) -> impl Iterator<Item = (&str, &str)> {
    let properties = table.securable.properties.iter();
    properties.filter_map(|(key, expression)| Some((key.strip_prefix(CHECK_PREFIX)?, expression.as_str())))
}

/// A change that is not in the table yet.
#[derive(Debug)]
pub(super) struct Rehearsal {
    directory: PathBuf,
    original: PathBuf,
    known: BTreeSet<PathBuf>,
}

impl Rehearsal {
    /// A copy of the table to change, when it has rules.
    pub(super) fn begin(
        context: &Context,
        table: &TableRecord,
        location: &Path,
    ) -> Result<Option<Self>, StatementError> {
        let ruled = checks(table).next().is_some() || table.columns.iter().any(|column| !column.nullable);
        if !ruled {
            return Ok(None);
        }
        let mut rehearsal = Self {
            directory: context.workspace.catalog().new_table_location().directory,
            original: location.to_owned(),
            known: BTreeSet::new(),
        };
        rehearsal.copy().map_err(|error| rehearsal.failed(&error))?;
        Ok(Some(rehearsal))
    }

    /// Where the change is to happen.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    fn failed(&self, error: &io::Error) -> StatementError {
        if error.kind() == io::ErrorKind::AlreadyExists {
            let message = "the table was changed by somebody else meanwhile: try the statement once more";
            return StatementError::new("DELTA_CONCURRENT_WRITE", "2D521", message);
        }
        let message = format!("could not prepare a change of `{}`: {error}", self.original.display());
        StatementError::new("FILE_ERROR", "58030", message)
    }

    fn copy(&mut self) -> io::Result<()> {
        for file in files(&self.original)? {
            let target = self.directory.join(&file);
            make_parent(&target)?;
            // The one file of a log that is written over.
            if file.ends_with("_last_checkpoint") || std::fs::hard_link(self.original.join(&file), &target).is_err() {
                std::fs::copy(self.original.join(&file), &target)?;
            }
            self.known.insert(file);
        }
        Ok(())
    }

    /// Checks every row of the copy, then moves the change into the table.
    pub(super) async fn publish(self, context: &Context, table: &TableRecord) -> Result<(), StatementError> {
        check(context, table, &self.directory).await?;
        self.move_over().map_err(|error| self.failed(&error))
    }

    fn move_over(&self) -> io::Result<()> {
        let (commits, data): (Vec<_>, Vec<_>) = files(&self.directory)?
            .into_iter()
            .filter(|file| !self.known.contains(file))
            .partition(|file| file.starts_with("_delta_log"));
        for file in data {
            let target = self.original.join(&file);
            make_parent(&target)?;
            if std::fs::rename(self.directory.join(&file), &target).is_err() {
                std::fs::copy(self.directory.join(&file), &target)?;
            }
        }
        let is_commit = |file: &&PathBuf| {
            let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            file.extension().is_some_and(|extension| extension == "json") && stem.len() == 20
        };
        let mut commits: Vec<_> = commits.iter().filter(is_commit).collect();
        commits.sort();
        for file in commits {
            let target = self.original.join(file);
            // Fails when somebody else has made this version; complete when it appears.
            match std::fs::hard_link(self.directory.join(file), &target) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    let building = target.with_extension("building");
                    std::fs::copy(self.directory.join(file), &building)?;
                    let linked = std::fs::hard_link(&building, &target);
                    std::fs::remove_file(&building)?;
                    linked?;
                }
                linked => linked?,
            }
        }
        Ok(())
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.directory)
            && error.kind() != io::ErrorKind::NotFound
        {
            // The next start of the workspace removes it.
            crate::log::line(&format!("could not remove `{}`: {error}", self.directory.display()));
        }
    }
}

fn make_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), std::fs::create_dir_all)
}

/// All files below a directory, by their path in it.
fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(next) = waiting.pop() {
        for entry in std::fs::read_dir(directory.join(&next))? {
            let entry = entry?;
            let path = next.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                waiting.push(path);
            } else {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// Refuses rows in a directory that break a rule of the table; what gives NULL breaks a CHECK, as in Delta.
pub(super) async fn check(context: &Context, table: &TableRecord, directory: &Path) -> Result<(), StatementError> {
    let mut rules = Vec::new();
    for (name, expression) in checks(table) {
        let broken = format!("NOT coalesce(({expression}), false)");
        let message = format!(
            "CHECK constraint {name} ({expression}) of '{}' is violated by a row",
            table.securable.full_name
        );
        rules.push((broken, "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES", "23001", message));
    }
    for column in table.columns.iter().filter(|column| !column.nullable) {
        let broken = format!("{} IS NULL", identifier(&column.name));
        let message = format!(
            "NOT NULL constraint violated for column `{}` of '{}'",
            column.name, table.securable.full_name
        );
        rules.push((broken, "DELTA_NOT_NULL_CONSTRAINT_VIOLATED", "23502", message));
    }
    if rules.is_empty() {
        return Ok(());
    }
    let numbered: Vec<_> = rules
        .iter()
        .enumerate()
        .map(|(number, (broken, ..))| format!("WHEN {broken} THEN {number}"))
        .collect();
    let any: Vec<_> = rules.iter().map(|(broken, ..)| format!("({broken})")).collect();
    let sql = format!(
        "SELECT CAST(CASE {} END AS STRING) FROM delta.{} WHERE {} LIMIT 1",
        numbered.join(" "),
        identifier(&directory.to_string_lossy()),
        any.join(" OR ")
    );
    let found = context.run(sql, Vec::new(), true).await?;
    let Some(Some(number)) = found.rows.first().and_then(|row| row.first()) else {
        return Ok(());
    };
    let rule = number
        .parse::<usize>()
        .ok()
        .and_then(|number| rules.into_iter().nth(number));
    Err(match rule {
        Some((_, condition, state, message)) => StatementError::new(condition, state, message),
        None => StatementError::new("INTERNAL_ERROR", "XX000", "a rule of a table could not be checked"),
    })
}
