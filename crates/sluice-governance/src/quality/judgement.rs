//! What measured values must be, and whether they are.

use std::fmt;

use serde::Serialize;
use sluice_model::{Node, Tree};

use super::rule::{Rule, RuleSeverity};
use crate::contract::Expectation;

/// What a measured value must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// Equal to this text, number or truth value.
    Equal(String),
    /// Another one.
    NotEqual(String),
    /// Above.
    Greater(f64),
    /// At least.
    GreaterOrEqual(f64),
    /// Below.
    Less(f64),
    /// At most.
    LessOrEqual(f64),
    /// Between, both ends included.
    Between(f64, f64),
    /// Outside, both ends excluded.
    NotBetween(f64, f64),
}

impl Expected {
    /// The expectation of a quality rule; none when it compares with a list or a map.
    #[must_use]
    pub fn of(expectation: &Expectation) -> Option<Self> {
        Some(match expectation {
            Expectation::Equal(value) => Self::Equal(plain(value)?),
            Expectation::NotEqual(value) => Self::NotEqual(plain(value)?),
            Expectation::Greater(value) => Self::Greater(*value),
            Expectation::GreaterOrEqual(value) => Self::GreaterOrEqual(*value),
            Expectation::Less(value) => Self::Less(*value),
            Expectation::LessOrEqual(value) => Self::LessOrEqual(*value),
            Expectation::Between(low, high) => Self::Between(*low, *high),
            Expectation::NotBetween(low, high) => Self::NotBetween(*low, *high),
        })
    }

    /// Whether a value is what it must be. A value that is no number meets no comparison of size.
    #[must_use]
    pub fn holds(&self, found: &str) -> bool {
        let number = found.trim().parse::<f64>().ok().filter(|number| !number.is_nan());
        let sized = |holds: &dyn Fn(f64) -> bool| number.is_some_and(holds);
        match self {
            Self::Equal(expected) => same(expected, found),
            Self::NotEqual(expected) => !same(expected, found),
            Self::Greater(bound) => sized(&|number| number > *bound),
            Self::GreaterOrEqual(bound) => sized(&|number| number >= *bound),
            Self::Less(bound) => sized(&|number| number < *bound),
            Self::LessOrEqual(bound) => sized(&|number| number <= *bound),
            Self::Between(low, high) => sized(&|number| *low <= number && number <= *high),
            Self::NotBetween(low, high) => sized(&|number| number < *low || *high < number),
        }
    }
}

/// Numbers are the same by value (`3` and `3.0`), everything else as text without regard to case (`TRUE`, `true`).
fn same(expected: &str, found: &str) -> bool {
    match (expected.trim().parse::<f64>(), found.trim().parse::<f64>()) {
        (Ok(expected), Ok(found)) => (expected - found).abs() <= f64::EPSILON * expected.abs().max(found.abs()),
        _ => expected.eq_ignore_ascii_case(found),
    }
}

fn plain(value: &Tree) -> Option<String> {
    match &value.node {
        Node::String(text) => Some(text.clone()),
        Node::Integer(value) => Some(value.to_string()),
        Node::Float(value) => Some(value.to_string()),
        Node::Bool(value) => Some(value.to_string()),
        Node::Null | Node::Sequence(_) | Node::Mapping(_) => None,
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal(value) => write!(formatter, "{value}"),
            Self::NotEqual(value) => write!(formatter, "not {value}"),
            Self::Greater(bound) => write!(formatter, "more than {bound}"),
            Self::GreaterOrEqual(bound) => write!(formatter, "at least {bound}"),
            Self::Less(bound) => write!(formatter, "less than {bound}"),
            Self::LessOrEqual(bound) => write!(formatter, "at most {bound}"),
            Self::Between(low, high) => write!(formatter, "{low} to {high}"),
            Self::NotBetween(low, high) => write!(formatter, "not {low} to {high}"),
        }
    }
}

/// What a rule came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Id of the rule.
    pub rule: String,
    /// The measured value with its unit; none when there was none.
    pub observed: Option<String>,
    /// What it must be.
    pub expected: String,
    /// Whether it is.
    pub passed: bool,
    /// What a violation does.
    pub severity: RuleSeverity,
}

/// Judges one rule.
///
/// `found` is the text that the workspace gave for it (none for a null), `rows` the number of rows of the table. Of an empty table,
/// zero percent of the rows are anything.
#[must_use]
pub fn judge(rule: &Rule, found: Option<&str>, rows: u64) -> Outcome {
    let value = if rule.percent {
        found.and_then(|text| text.parse::<f64>().ok()).map(|count| {
            #[expect(
                clippy::cast_precision_loss,
                reason = "percent of more than 2^53 rows need no last digit"
            )]
            let share = if rows == 0 { 0.0 } else { 100.0 * count / rows as f64 };
            share.to_string()
        })
    } else {
        found.map(str::to_owned)
    };
    let with_unit = |text: String| match &rule.unit {
        Some(unit) => format!("{text} {unit}"),
        None => text,
    };
    Outcome {
        rule: rule.id.clone(),
        passed: value.as_deref().is_some_and(|value| rule.expected.holds(value)),
        observed: value.map(with_unit),
        expected: with_unit(rule.expected.to_string()),
        severity: rule.severity,
    }
}
