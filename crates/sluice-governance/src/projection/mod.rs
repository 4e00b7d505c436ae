//! Contract metadata, put onto the resolved bundle before anything is planned: what a contract says becomes part of every plan, so that a
//! deployment brings it into Unity Catalog and Genie, and the second plan is empty.
//!
//! | contract | tables and views | Genie spaces that read the table |
//! |---|---|---|
//! | `description` of object and property, `deprecated`, `limitations` | comments | descriptions |
//! | `classification`, `criticalDataElement`, `tags`, glossary term | tags | column excluded when `restricted` |
//! | `primaryKey`, `relationships` | primary and foreign keys | |
//! | `synonyms`, `enum` | | synonyms, entity matching |
//! | `purpose`, `limitations`, `usage`, `context` | | text instruction, sample questions, example SQL |
//!
//! The contract wins where it says something. What a catalog file says otherwise is reported with both places. Doing it again changes
//! nothing, also when the result was read back from a workspace: lists are merged by what they are about, and the text instruction of a
//! port stands between two marks. Start with [`project`].

mod genie;
mod table;

use sluice_model::{Diagnostic, Tree};

use crate::binding::BoundContract;
use crate::descriptor::Descriptor;

/// Puts the metadata of the contracts onto a resolved bundle: `config` as `validate` shows it, `catalog` as kind → key → body.
/// Gives what contradicts.
pub fn project(
    config: &mut Tree,
    catalog: &mut Tree,
    descriptor: &Descriptor,
    contracts: &[BoundContract],
) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for bound in contracts {
        table::metadata(catalog, descriptor, bound, &mut findings);
    }
    // Foreign keys refer to primary keys, which are all there now.
    for bound in contracts {
        table::foreign_keys(catalog, bound, contracts, &mut findings);
    }
    genie::spaces(config, catalog, descriptor, contracts);
    findings
}

#[cfg(test)]
mod tests;
