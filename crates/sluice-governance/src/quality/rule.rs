//! One promise about the rows of a table, ready to be measured.

use serde::Serialize;
use sluice_model::Location;

use super::judgement::Expected;

/// What a violation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleSeverity {
    /// The verification fails.
    Error,
    /// It is reported.
    Warning,
}

impl RuleSeverity {
    /// The severity of a rule as ODCS writes it: a free text. What is not called less than an error is one.
    #[must_use]
    pub fn of(text: Option<&str>) -> Self {
        match text.unwrap_or_default().to_lowercase().as_str() {
            "warning" | "warn" | "info" | "informational" | "low" | "minor" => Self::Warning,
            _ => Self::Error,
        }
    }
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The number of rows.
    Rows,
    /// The number of rows for which a condition holds; an SQL expression with quoted names.
    Violations(String),
    /// The number of rows that repeat the values of an earlier one in these columns (quoted). Rows with a null in one of them do not count.
    Duplicates(Vec<String>),
    /// The age of the youngest value of a column (quoted).
    Age {
        /// The column.
        column: String,
        /// Seconds of one unit of the result.
        unit_seconds: u32,
    },
    /// The single value of a query that was checked to only read.
    Query(String),
}

/// A promise that a query can check.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its id in the contract; one made of object, column and kind where it has none.
    pub id: String,
    /// The column that it is about.
    pub column: Option<String>,
    /// Dimension of quality, when the contract names it.
    pub dimension: Option<String>,
    /// What a violation does.
    pub severity: RuleSeverity,
    /// What is measured.
    pub measure: Measure,
    /// Whether the measured rows are taken as percent of all rows.
    pub percent: bool,
    /// What the value must be.
    pub expected: Expected,
    /// Unit of the value, for people: `%`, `h`.
    pub unit: Option<String>,
    /// Where the contract says so.
    pub location: Option<Location>,
}

/// A promise that no query of ours can check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Id, as of a rule.
    pub rule: String,
    /// The column that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Why it cannot be checked.
    pub reason: String,
    /// Whether the rule could be checked if it were written otherwise: a fault of the contract, no limit of checking.
    pub fault: bool,
    /// Where the contract says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// Everything that a contract promises about the rows of one table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableRules {
    /// What can be checked.
    pub rules: Vec<Rule>,
    /// What cannot.
    pub gaps: Vec<Gap>,
}
