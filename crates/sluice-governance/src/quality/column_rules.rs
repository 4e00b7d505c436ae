//! What the schema of a column implies about its values.

use sluice_model::{Location, Node, Tree};

use super::extraction::{Column, Draft, Extraction};
use super::judgement::Expected;
use super::literal::{scalar, text};
use super::rule::Measure;
use crate::contract::{Located, LogicalType};

/// No row may be so.
fn none(condition: String, location: Option<Location>) -> Draft {
    Draft {
        measure: Measure::Violations(condition),
        expected: Expected::Equal("0".to_owned()),
        location,
    }
}

/// Adds a rule for each thing that the schema says about a column.
pub(super) fn implied(extraction: &mut Extraction<'_>, column: &Column<'_>) {
    let property = column.property;
    let is = |flag: &Option<Located<bool>>| {
        flag.as_ref()
            .filter(|flag| flag.value)
            .map(|flag| flag.place.location.clone())
    };
    if let Some(location) = is(&property.required).or_else(|| is(&property.primary_key)) {
        let condition = format!("{} IS NULL", column.sql);
        extraction.implied(Some(column), "required", "completeness", none(condition, location));
    }
    if let Some(location) = is(&property.unique) {
        let draft = Draft {
            measure: Measure::Duplicates(vec![column.sql.clone()]),
            expected: Expected::Equal("0".to_owned()),
            location,
        };
        extraction.implied(Some(column), "unique", "uniqueness", draft);
    }
    if let Some(first) = property.allowed_values.first() {
        let values = property.allowed_values.iter().map(|one| &one.value.value);
        let condition = outside(&column.sql, values);
        extraction.implied(
            Some(column),
            "enum",
            "conformity",
            none(condition, first.place.location.clone()),
        );
    }
    for (option, value) in &property.options {
        if let Some(condition) = option_violated(column, option, &value.value) {
            let draft = none(condition, value.place.location.clone());
            extraction.implied(Some(column), option, "conformity", draft);
        }
    }
}

/// The condition that a value is none of these. A null is none, and no violation.
pub(super) fn outside<'values>(column: &str, values: impl Iterator<Item = &'values Tree>) -> String {
    let values: Vec<String> = values.filter_map(scalar).collect();
    if values.is_empty() {
        return format!("{column} IS NOT NULL");
    }
    format!("NOT ({column} IN ({}))", values.join(", "))
}

/// The condition that a value is not as an option of its logical type says; none for options that say nothing about rows.
pub(super) fn option_violated(column: &Column<'_>, option: &str, value: &Tree) -> Option<String> {
    let name = &column.sql;
    let bound = || bound(column.property.logical_type.as_ref().map(|kind| kind.value), value);
    match option {
        "minimum" => Some(format!("{name} < {}", bound()?)),
        "exclusiveMinimum" => Some(format!("{name} <= {}", bound()?)),
        "maximum" => Some(format!("{name} > {}", bound()?)),
        "exclusiveMaximum" => Some(format!("{name} >= {}", bound()?)),
        "multipleOf" => Some(format!("{name} % {} <> 0", scalar(value)?)),
        "minLength" => Some(format!("length({name}) < {}", value.as_integer()?)),
        "maxLength" => Some(format!("length({name}) > {}", value.as_integer()?)),
        "pattern" => Some(format!("NOT ({name} RLIKE {})", text(value.as_str()?))),
        "minItems" => Some(format!("size({name}) < {}", value.as_integer()?)),
        "maxItems" => Some(format!("size({name}) > {}", value.as_integer()?)),
        _ => None,
    }
}

/// A limit as a value of the column's type: those of moments are texts.
fn bound(kind: Option<LogicalType>, value: &Tree) -> Option<String> {
    let written = scalar(value)?;
    Some(match (&value.node, kind) {
        (Node::String(_), Some(LogicalType::Date)) => format!("CAST({written} AS DATE)"),
        (Node::String(_), Some(LogicalType::Timestamp)) => format!("CAST({written} AS TIMESTAMP)"),
        _ => written,
    })
}
