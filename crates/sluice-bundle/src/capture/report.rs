//! What a capture found and did.

use std::collections::BTreeMap;

use serde::Serialize;
use sluice_model::{Diagnostic, ResourceKey};

/// What a capture found and did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CaptureReport {
    /// Objects in scope, in order of kind and name.
    pub found: Vec<FoundObject>,
    /// Where the workspace holds something that the files do not.
    pub differences: Vec<CaptureDifference>,
    /// Files, by path from the bundle root.
    pub files: Vec<CapturedFile>,
    /// References that were put in for literal values, with how often.
    pub lifted: BTreeMap<String, usize>,
    /// What is in scope and was not captured.
    pub left_out: Vec<LeftOut>,
    /// What keeps the result from being the same in every environment, and what is only declared.
    pub findings: Vec<Diagnostic>,
}

/// An object in scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FoundObject {
    /// Its kind, for people.
    pub kind: String,
    /// Its name in the workspace.
    pub name: String,
    /// Its key in the files.
    pub key: ResourceKey,
}

/// Something that the workspace holds and the files do not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "difference")]
pub enum CaptureDifference {
    /// An object that is not declared.
    Undeclared {
        /// The object's kind, for people.
        kind: String,
        /// The object.
        name: String,
        /// The key that it gets.
        key: ResourceKey,
        /// The file that it goes to.
        file: String,
    },
    /// An object that is declared otherwise.
    Changed {
        /// The object's kind, for people.
        kind: String,
        /// The object.
        name: String,
        /// Its key.
        key: ResourceKey,
        /// Its file.
        file: String,
        /// The fields that differ.
        fields: Vec<String>,
    },
    /// A file of code that is new or other than here.
    File {
        /// Its path in the workspace.
        remote: String,
        /// Its path from the bundle root.
        file: String,
        /// Whether there is no such file here.
        new: bool,
    },
}

/// A file that a capture writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CapturedFile {
    /// Its path from the bundle root.
    pub path: String,
    /// Whether it did not exist.
    pub new: bool,
}

/// Something in scope that was not captured.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LeftOut {
    /// What: kind and name.
    pub object: String,
    /// Why.
    pub reason: String,
}
