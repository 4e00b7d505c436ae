//! The statements that measure the rules of a table.

use super::literal::qualified;
use super::rule::{Measure, Rule};

/// Statements for the rules of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// One scan for every rule that counts rows.
    pub aggregate: Aggregate,
    /// Queries of rules that bring their own: index of the rule, statement with one row and one column.
    pub queries: Vec<(usize, String)>,
}

/// A query with one row. Its first column is the number of rows of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// The statement.
    pub sql: String,
    /// The indexes of the rules that the columns after the first one are for.
    pub rules: Vec<usize>,
}

/// Compiles rules to statements on a table (`catalog.schema.table`).
#[must_use]
pub fn compile(rules: &[Rule], table: &str) -> Compiled {
    let mut cells = vec!["count(*) AS c0".to_owned()];
    let mut measured = Vec::new();
    let mut queries = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let expression = match &rule.measure {
            Measure::Rows => "count(*)".to_owned(),
            Measure::Violations(condition) => format!("count_if({condition})"),
            Measure::Duplicates(columns) => duplicates(columns),
            Measure::Age { column, unit_seconds } => format!(
                "round((unix_timestamp(current_timestamp()) - unix_timestamp(max(CAST({column} AS TIMESTAMP)))) / {unit_seconds}.0, 2)"
            ),
            Measure::Query(query) => {
                queries.push((index, query.clone()));
                continue;
            }
        };
        cells.push(format!("{expression} AS c{}", cells.len()));
        measured.push(index);
    }
    Compiled {
        aggregate: Aggregate {
            sql: format!("SELECT {} FROM {}", cells.join(", "), qualified(table.split('.'))),
            rules: measured,
        },
        queries,
    }
}

/// `count(DISTINCT a, b)` leaves out rows with a null, so the rows with one are left out on the other side as well.
fn duplicates(columns: &[String]) -> String {
    let complete: Vec<String> = columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
    format!(
        "count_if({}) - count(DISTINCT {})",
        complete.join(" AND "),
        columns.join(", ")
    )
}
