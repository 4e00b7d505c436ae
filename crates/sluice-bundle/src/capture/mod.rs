//! From what lives in a workspace to the files of a product. Pure: the shell reads, and writes the files.
//!
//! 1. [`Scope::of`] a bundle says what belongs to the product; the shell reads it into [`Reading`]s.
//! 2. [`observe`] makes a document of each; `normal` brings the declared ones into the same form.
//! 3. [`capture`] pairs both, and puts what differs into the files, `lift`ed, keeping what people wrote (`merge`).
//! 4. [`CaptureLock`] remembers what was read, for [`uncaptured`] to tell whether a deployment would overwrite other work.

mod applied;
mod files;
mod guard;
mod keys;
mod lift;
mod literals;
mod lock;
mod merge;
mod normal;
mod pairing;
mod reading;
mod report;
mod resolved;
mod scope;
mod settings;
mod sql;
mod surroundings;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use sluice_model::{Diagnostic, Digest, ResourceKey};

use crate::editing::EditError;
use crate::engine::States;
use crate::language::Bundle;

pub use guard::{Uncaptured, captured_as_is, drifted, uncaptured};
pub use lock::{CaptureLock, CaptureLockError, CapturedObject, CapturedTarget, LOCK_FILE, digest};
pub use reading::{CapturedKind, Observed, Reading, observe};
pub use report::{CaptureDifference, CaptureReport, CapturedFile, FoundObject, LeftOut};
pub use scope::{SchemaName, Scope, code_paths};

/// Everything that a capture decides from.
#[derive(Clone, Copy, Debug)]
pub struct CaptureInput<'a> {
    /// The bundle, resolved for the target.
    pub bundle: &'a Bundle,
    /// Texts of the bundle's YAML files and catalog files, by path from the bundle root.
    pub documents: &'a BTreeMap<String, String>,
    /// What was read.
    pub readings: &'a [Reading],
    /// Files of the workspace folders in scope.
    pub files: &'a [WorkspaceFile],
    /// What was applied last: what is still so in the workspace and differs from the files was changed in the files.
    pub states: &'a States,
    /// What was captured before.
    pub lock: &'a CaptureLock,
}

/// A file of the workspace that is in scope.
#[derive(Clone, Debug)]
pub struct WorkspaceFile {
    /// Its path in the workspace.
    pub remote: String,
    /// Where it goes, from the bundle root, with its extension.
    pub local: String,
    /// Its content; notebooks in source format.
    pub content: Vec<u8>,
    /// Digest of what a deployment put there; none when none did.
    pub deployed: Option<Digest>,
    /// Digest of the local file; none when there is none.
    pub here: Option<Digest>,
}

/// What a capture comes to. Nothing is written yet.
#[derive(Clone, Debug, Default)]
pub struct Captured {
    /// Contents of files to write, by path from the bundle root.
    pub writes: BTreeMap<String, Vec<u8>>,
    /// What was found and done.
    pub report: CaptureReport,
}

/// A capture cannot be made of what was read. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum CaptureFault {
    /// A document cannot be edited.
    #[error(transparent)]
    Edit(#[from] EditError),
}

/// Compares the workspace with the files and makes the files hold it.
///
/// # Errors
/// When a document that has to change cannot be edited in place.
pub fn capture(input: CaptureInput<'_>) -> Result<Captured, CaptureFault> {
    let surroundings = surroundings::Surroundings::of(input);
    let mut left_out = Vec::new();
    let observed = observe_all(input, &mut left_out);
    let pairing = pairing::pair(&surroundings, observed);
    let mut work = files::Work::new(input, &surroundings, &pairing)?;
    work.objects();
    work.loose_tags();
    work.code();
    let mut captured = work.finish()?;
    captured.report.left_out.extend(left_out);
    captured.report.left_out.sort();
    Ok(captured)
}

fn observe_all(input: CaptureInput<'_>, left_out: &mut Vec<LeftOut>) -> Vec<Observed> {
    let user = &input.bundle.current_user.user_name;
    let mut observed: Vec<Observed> = Vec::new();
    for reading in input.readings {
        match observe(reading, user) {
            Ok(object) => observed.push(object),
            Err(reason) => left_out.push(LeftOut {
                object: format!("{} `{}`", reading.kind.noun(), reading.id),
                reason,
            }),
        }
    }
    observed.sort_by(|one, two| (one.kind, &one.name, &one.id).cmp(&(two.kind, &two.name, &two.id)));
    observed
}

/// What a capture says about an object that is declared and gone.
pub(crate) fn gone(key: &ResourceKey, location: Option<sluice_model::Location>) -> Diagnostic {
    Diagnostic::warning(format!(
        "`{key}` is declared, and its object does not exist in the workspace any more"
    ))
    .location(location)
    .help("remove the declaration, or let the next deployment make the object again")
}
