//! Renders the table of operations as Rust.

use std::fmt::Write as _;

use super::facts::{Facts, OperationFact};

/// The text of `generated/operations.rs`.
pub(super) fn render(facts: &Facts) -> String {
    let mut text = format!(
        "//! Every workspace-level operation, sorted by path, method and id.\n\
         //! Made by `cargo xtask generate` from databricks-sdk {} (Apache-2.0); do not edit.\n\n\
         use crate::operation::Operation;\n\
         use crate::request::Method;\n\n\
         #[rustfmt::skip]\n\
         pub(crate) static OPERATIONS: &[Operation] = &[\n",
        facts.version
    );
    for operation in &facts.operations {
        text.push_str(&line(operation));
    }
    text.push_str("];\n");
    text
}

fn line(operation: &OperationFact) -> String {
    let mut method = operation.method.to_lowercase();
    method[..1].make_ascii_uppercase();
    let mut line = String::new();
    writeln!(
        line,
        "    Operation {{ id: {:?}, method: Method::{method}, path: {:?}, query: &{:?}, body: &{:?}, paged: {}, long_running: {} }},",
        operation.id, operation.path, operation.query, operation.body, operation.paged, operation.long_running
    )
    .expect("invariant: writing to a text does not fail");
    line
}
