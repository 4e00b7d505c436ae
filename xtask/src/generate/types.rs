//! Renders classes and enumerations in the compact form that `sluice_wire::types` reads.
//!
//! `class NAME`, then one line `  FIELD TYPE` per field (`FIELD!` when required); `body OPERATION` with such lines; `enum NAME VALUE VALUE …`.
//! Types: `s i f b ?`, `[T]`, `{T}`, `enum:module.Name`, `module.Name`.

use std::fmt::Write as _;

use super::facts::Facts;

/// The text of `generated/types.txt`.
pub(super) fn render(facts: &Facts) -> String {
    let mut text = format!(
        "# Made by `cargo xtask generate` from databricks-sdk {} (Apache-2.0); do not edit. Form: see sluice_wire::types.\n",
        facts.version
    );
    for (name, fields) in &facts.classes {
        push(&mut text, format_args!("class {name}"));
        for (field, field_type, required) in fields {
            push(
                &mut text,
                format_args!("  {field}{} {field_type}", if *required { "!" } else { "" }),
            );
        }
    }
    for operation in facts.operations.iter().filter(|operation| !operation.body.is_empty()) {
        push(&mut text, format_args!("body {}", operation.id));
        for (field, field_type) in operation.body.iter().zip(&operation.body_types) {
            push(&mut text, format_args!("  {field} {field_type}"));
        }
    }
    for (name, values) in &facts.enums {
        push(&mut text, format_args!("enum {name} {}", values.join(" ")));
    }
    text
}

fn push(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("invariant: writing to a text does not fail");
}
