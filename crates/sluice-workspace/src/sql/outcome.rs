//! What a statement returns, and what it changes about the session that sent it.

use super::settings::Settings;
use crate::compute::{Column, Rows};

/// The result of a statement.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) rows: Rows,
    /// New defaults of the session: catalog and schema.
    pub(super) used: Option<(String, String)>,
    /// New settings of the session.
    pub(super) set: Option<Settings>,
    /// A temporary view that exists from now on.
    pub(super) created_view: Option<String>,
    /// A temporary view that exists no longer.
    pub(super) dropped_view: Option<String>,
}

impl Outcome {
    /// Rows of the engine.
    pub(super) fn rows(rows: Rows) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }

    /// Nothing to return.
    pub(super) fn done() -> Self {
        Self::default()
    }
}

/// One row of numbers.
pub(super) fn counts(numbers: &[(&str, u64)]) -> Outcome {
    Outcome::rows(Rows {
        columns: numbers.iter().map(|(name, _)| Column::new(name, "BIGINT")).collect(),
        rows: vec![numbers.iter().map(|(_, number)| Some(number.to_string())).collect()],
        truncated: false,
    })
}

/// Rows of text.
pub(super) fn table(columns: &[&str], rows: Vec<Vec<Option<String>>>) -> Outcome {
    Outcome::rows(Rows {
        columns: columns.iter().map(|name| Column::new(name, "STRING")).collect(),
        rows,
        truncated: false,
    })
}
