//! Data contracts: files of the Open Data Contract Standard (ODCS), version 3.2.0.
//!
//! [`read`] checks a document against what the standard allows and gives it typed, each part with its place. What the types do not hold
//! (a field that no rule of ours needs) stays in the document: contracts are never written from these types, only edited as text.

use sluice_model::{Diagnostic, Tree};

use crate::document::{Reader, Value};

mod agreement;
mod annotation;
mod conformity;
mod context;
mod entry;
mod quality;
mod schema;
mod servers;
mod shape;
mod skeleton;
mod vocabulary;

pub use agreement::{Contract, Description, Role, Server, ServiceLevel, SupportChannel, TeamMember};
pub use annotation::{Annotations, AuthoritativeDefinition, CustomProperty, GLOSSARY_SCHEME, VENDOR};
pub use context::{Context, ContextConstraint, VerifiedStatement};
pub use entry::{Located, Place};
pub use quality::{Expectation, QualityCheck, QualityRule};
pub use schema::{Element, EnumValue, LogicalType, Property, Relationship, SchemaObject, Synonym};
pub use skeleton::skeleton;

/// Version of the standard that new contracts are written in.
pub const API_VERSION: &str = "v3.2.0";

/// Reads a contract. Everything that is wrong is reported together, in the order of the file.
///
/// # Errors
/// When the document is not what ODCS 3.2.0 allows: unknown and missing fields, wrong types and words.
pub fn read(tree: &Tree) -> Result<Contract, Vec<Diagnostic>> {
    let mut reader = Reader::default();
    let document = Value {
        tree,
        path: sluice_model::TreePath::default(),
    };
    conformity::check(&mut reader, &document, &vocabulary::CONTRACT);
    let mut diagnostics = reader.finish();
    diagnostics.sort_by(|one, other| one.locations.cmp(&other.locations));
    if diagnostics.is_empty() {
        Ok(Contract::read(&entry::Entry::document(tree)))
    } else {
        Err(diagnostics)
    }
}

#[cfg(test)]
mod tests;
