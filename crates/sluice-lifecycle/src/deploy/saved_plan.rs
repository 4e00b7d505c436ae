//! A plan in a file, to be looked at and carried out later: its effects, what it was asked for, and the content of every file.
//!
//! The form is that of `bundle plan -o json` with the engine's `effect_digest`, and `pinned` beside it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use sluice_bundle::Plan;
use sluice_bundle::engine::{Pinned, PlanFileError};
use sluice_model::Digest;

use crate::bundle_files::LocalFiles;
use crate::deploy::local_state::write_atomically;
use crate::deploy::planning::PlannedDeployment;

/// How many files a message names.
const NAMED: usize = 5;

/// A plan that was saved.
#[derive(Debug)]
pub struct SavedPlan {
    path: PathBuf,
    plan: Plan,
    pinned: Option<Pinned>,
}

/// A saved plan cannot be read, or does not hold any more.
#[derive(Debug, thiserror::Error)]
pub enum SavedPlanError {
    /// It cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is no plan, or one that was edited.
    #[error("`{}` cannot be used", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: PlanFileError,
    },
    /// The state is another one now.
    #[error("the saved plan was made for another state: serial {}, now {}", serial(*saved), serial(*now))]
    OtherState {
        /// Serial of the state that it was made for.
        saved: Option<u64>,
        /// Serial of the state now.
        now: Option<u64>,
    },
    /// A deployment would do something else.
    #[error("the saved plan does not hold any more: its effects are {saved}, a plan made now has {now}")]
    OtherEffects {
        /// Digest of the saved effects.
        saved: Digest,
        /// Digest of the effects of a plan made now.
        now: Digest,
    },
    /// It would upload something else.
    #[error(
        "the saved plan does not hold any more: the files are not those that it was made with: {}",
        some(files)
    )]
    OtherFiles {
        /// Files that changed, came or went.
        files: Vec<String>,
    },
}

fn serial(serial: Option<u64>) -> String {
    serial.map_or_else(|| "none".to_owned(), |serial| serial.to_string())
}

fn some(files: &[String]) -> String {
    let named = files.iter().take(NAMED).map(|file| format!("`{file}`"));
    let mut text = named.collect::<Vec<_>>().join(", ");
    if files.len() > NAMED {
        text.push_str(&format!(" and {} more", files.len() - NAMED));
    }
    text
}

impl SavedPlan {
    /// Writes a plan to a file, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(planned: &PlannedDeployment, path: &Path) -> io::Result<()> {
        let mut plan = planned.plan.clone();
        plan.pinned = Some(Pinned {
            select: planned.wishes.select.clone(),
            files: digests(&planned.files),
        });
        let mut text = serde_json::to_string_pretty(&plan).map_err(io::Error::other)?;
        text.push('\n');
        // A pipe or a device has no content to keep, and must not be replaced by a file.
        if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            std::fs::write(path, text)
        } else {
            write_atomically(path, text.as_bytes())
        }
    }

    /// Reads a plan. Its digest is computed again, so that an edited file is noticed.
    ///
    /// # Errors
    /// When there is no such file, or no plan of this version in it, or another than was saved.
    pub fn read(path: &Path) -> Result<Self, SavedPlanError> {
        let text = std::fs::read_to_string(path).map_err(|source| SavedPlanError::Read {
            path: path.to_owned(),
            source,
        })?;
        let unusable = |source: PlanFileError| SavedPlanError::Unusable {
            path: path.to_owned(),
            source,
        };
        let mut plan = Plan::parse(&text).map_err(unusable)?;
        Ok(Self {
            path: path.to_owned(),
            pinned: plan.pinned.take(),
            plan,
        })
    }

    /// The resources that it is about; none for all.
    #[must_use]
    pub fn select(&self) -> &[String] {
        self.pinned.as_ref().map_or(&[], |pinned| &pinned.select)
    }

    /// Whether it says which files it was made with; one that was printed, and not saved with `--out`, does not.
    #[must_use]
    pub fn names_files(&self) -> bool {
        self.pinned.is_some()
    }

    /// Whether a plan made now starts from the same state, has the same effects and uploads the same files. The file with the saved
    /// plan may stand among them: it was not there when the plan was made.
    ///
    /// # Errors
    /// What is not the same.
    pub fn holds(&self, planned: &PlannedDeployment) -> Result<(), SavedPlanError> {
        let now = &planned.plan;
        if (&self.plan.lineage, self.plan.serial) != (&now.lineage, now.serial) {
            return Err(SavedPlanError::OtherState {
                saved: self.plan.serial,
                now: now.serial,
            });
        }
        if self.plan.effect_digest != now.effect_digest {
            return Err(SavedPlanError::OtherEffects {
                saved: self.plan.effect_digest,
                now: now.effect_digest,
            });
        }
        let Some(pinned) = &self.pinned else {
            return Ok(());
        };
        let here = std::fs::canonicalize(&self.path).ok();
        let is_this = |name: &String| {
            let file = planned
                .files
                .get(name)
                .map(|file| std::fs::canonicalize(&file.absolute));
            file.and_then(Result::ok).is_some_and(|file| Some(file) == here)
        };
        let (before, after) = (&pinned.files, digests(&planned.files));
        let known = before
            .keys()
            .chain(after.keys().filter(|name| !before.contains_key(*name)));
        let mut files: Vec<String> = known
            .filter(|name| before.get(*name) != after.get(*name) && !is_this(name))
            .cloned()
            .collect();
        files.sort();
        if files.is_empty() {
            Ok(())
        } else {
            Err(SavedPlanError::OtherFiles { files })
        }
    }
}

fn digests(files: &LocalFiles) -> BTreeMap<String, Digest> {
    files.iter().map(|(name, file)| (name.clone(), file.digest)).collect()
}
