//! One pass of [`resolve`](super::resolve): what it may look at, what it found missing and what it has to say.

use std::collections::BTreeSet;

use sluice_model::{Diagnostic, Severity, Tree, TreePath};

use super::{CurrentUser, GitCheckout, Inputs, LocalPath, Need, PythonAnswer, PythonCall, Resolution};

/// Resolution cannot go on: there are errors, or something has to be asked for first.
#[derive(Debug)]
pub(super) struct Stopped;

/// What the stages of one pass share.
pub(super) struct Session<'inputs> {
    pub(super) inputs: &'inputs Inputs,
    needs: BTreeSet<Need>,
    diagnostics: Vec<Diagnostic>,
}

impl<'inputs> Session<'inputs> {
    pub(super) fn new(inputs: &'inputs Inputs) -> Self {
        Self {
            inputs,
            needs: BTreeSet::new(),
            diagnostics: Vec::new(),
        }
    }

    /// Adds a finding, once: a value that came to several places through references or aliases is wrong in one place.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        let same = |other: &Diagnostic| {
            other.summary == diagnostic.summary
                && other.locations == diagnostic.locations
                && (!other.locations.is_empty() || other.paths == diagnostic.paths)
        };
        if !self.diagnostics.iter().any(same) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Adds a finding that the CLI only warns about; it is an error when the session is strict.
    pub(super) fn report_lenient(&mut self, mut diagnostic: Diagnostic) {
        diagnostic.severity = if self.inputs.strict {
            Severity::Error
        } else {
            Severity::Warning
        };
        self.report(diagnostic);
    }

    pub(super) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Whether nothing is missing so far.
    pub(super) fn is_answered(&self) -> bool {
        self.needs.is_empty()
    }

    /// Everything said so far.
    pub(super) fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Begins with what an earlier round said.
    pub(super) fn take_over(&mut self, diagnostics: Vec<Diagnostic>) {
        self.diagnostics = diagnostics;
    }

    /// Ends the stage: goes on only without errors and with everything known that was asked for.
    pub(super) fn proceed(&self) -> Result<(), Stopped> {
        if self.has_errors() || !self.needs.is_empty() {
            Err(Stopped)
        } else {
            Ok(())
        }
    }

    /// How many errors there are.
    pub(super) fn errors(&self) -> usize {
        self.diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error())
            .count()
    }

    /// Ends the stage like [`Session::proceed`], but lets as many errors pass as were there before it.
    pub(super) fn proceed_beyond(&self, errors: usize) -> Result<(), Stopped> {
        if self.errors() > errors || !self.needs.is_empty() {
            Err(Stopped)
        } else {
            Ok(())
        }
    }

    /// The text of a file: `None` when it has to be asked for, `Some(None)` when there is no such file.
    pub(super) fn file(&mut self, path: &str) -> Option<Option<&'inputs str>> {
        let known = self.inputs.files.get(path).map(Option::as_deref);
        if known.is_none() {
            self.needs.insert(Need::File(path.to_owned()));
        }
        known
    }

    pub(super) fn glob(&mut self, pattern: &str) -> Option<&'inputs [String]> {
        let known = self.inputs.globs.get(pattern).map(Vec::as_slice);
        if known.is_none() {
            self.needs.insert(Need::Glob(pattern.to_owned()));
        }
        known
    }

    pub(super) fn local_path(&mut self, path: &str) -> Option<&'inputs LocalPath> {
        let known = self.inputs.local_paths.get(path);
        if known.is_none() {
            self.needs.insert(Need::LocalPath(path.to_owned()));
        }
        known
    }

    pub(super) fn current_user(&mut self, host: Option<&str>, profile: Option<&str>) -> Option<&'inputs CurrentUser> {
        let known = self.inputs.current_user.as_ref();
        if known.is_none() {
            self.needs.insert(Need::CurrentUser {
                host: host.map(str::to_owned),
                profile: profile.map(str::to_owned),
            });
        }
        known
    }

    pub(super) fn git(&mut self) -> Option<Option<&'inputs GitCheckout>> {
        let known = self.inputs.git.as_ref().map(Option::as_ref);
        if known.is_none() {
            self.needs.insert(Need::Git);
        }
        known
    }

    pub(super) fn python(&mut self, call: PythonCall) -> Option<&'inputs PythonAnswer> {
        let known = self.inputs.python.get(&call);
        if known.is_none() {
            self.needs.insert(Need::Python(call));
        }
        known
    }

    pub(super) fn lookup(&mut self, kind: &str, name: &str) -> Option<&'inputs Result<String, String>> {
        let key = (kind.to_owned(), name.to_owned());
        let known = self.inputs.lookups.get(&key);
        if known.is_none() {
            let (kind, name) = key;
            self.needs.insert(Need::Lookup { kind, name });
        }
        known
    }

    /// Whether a document of Sluice's own says that it has version 1, the one that this program reads.
    pub(super) fn check_version(&mut self, tree: &Tree, file: &str) -> bool {
        if tree.get("version").and_then(Tree::as_integer) == Some(1) {
            return true;
        }
        let refused = match tree.get("version") {
            _ if tree.as_mapping().is_none() => Diagnostic::error(format!("`{file}` holds no map"))
                .location(tree.location.clone())
                .help("start it with `version: 1`"),
            None => Diagnostic::error(format!("`{file}` has no version"))
                .location(tree.location.clone())
                .help("start it with `version: 1`"),
            Some(version) => Diagnostic::error(format!("`{file}` has a version that this Sluice does not read"))
                .path(TreePath::keys(["version"]))
                .location(version.location.clone())
                .help("it reads `version: 1`"),
        };
        self.report(refused);
        false
    }

    /// What a pass without a bundle came to. Errors are held back while something on this disk is still unknown, so that all
    /// of them come together; the workspace is not asked when there are errors.
    pub(super) fn into_resolution(self) -> Resolution {
        let errors = self.has_errors();
        let needs: BTreeSet<Need> = self
            .needs
            .into_iter()
            .filter(|need| !errors || need.is_local())
            .collect();
        if needs.is_empty() {
            Resolution::Refused(self.diagnostics)
        } else {
            Resolution::Needs(needs)
        }
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }
}
