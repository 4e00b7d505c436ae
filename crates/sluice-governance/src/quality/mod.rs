//! Quality rules of a contract as SQL, and what the answers mean.
//!
//! [`rules`] reads what a contract promises about the rows of one table: its quality rules, what its schema implies (keys, required
//! columns, allowed values, limits) and how fresh it must be. [`compile`] makes ONE aggregate query of all rules that count rows, so that
//! the table is scanned once; a rule with a query of its own stays a statement of its own, so that a fault in it spoils no other rule.
//! [`judge`] compares what came back. Nothing is left out silently: what no query can check is a [`Gap`].

mod column_rules;
mod extraction;
mod judgement;
mod literal;
mod object_rules;
mod rule;
mod select;
mod statement;

pub use extraction::rules;
pub use judgement::{Expected, Outcome, judge};
pub use literal::{identifier, qualified};
pub(crate) use object_rules::seconds;
pub use rule::{Gap, Measure, Rule, RuleSeverity, TableRules};
pub(crate) use select::normal_form;
pub use select::{SelectFault, read_only_select};
pub use statement::{Aggregate, Compiled, compile};

#[cfg(test)]
mod tests;
