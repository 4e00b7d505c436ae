//! Calculates as Databricks does where the engine does not: it wraps whole numbers, cuts quotients of decimals off, gives decimals other digits, and
//! days for the difference of two dates.
//!
//! What an operator does depends on the types of its operands, which the engine alone knows. So a statement that calculates is first explained, with
//! `typeof` beside each operation, which the engine answers while it plans; then each operation is written in the form that `kind` gives for its types.
//! A form that changes a type may change others around it, so the question is repeated until nothing changes. This is done to the text that goes to
//! the engine, where views, functions, masks and constraints have been written out. Starts at [`checked`].

mod calls;
mod columns;
mod kind;
mod names;
mod operations;
mod reader;
mod tree;
mod words;
mod writer;

use super::context::Context;
use super::error::unsupported;
use crate::compute::{Binding, EngineStatement, StatementError};
use operations::Operations;

/// How often types may change what other types are.
const ROUNDS: usize = 8;

/// A statement for the engine.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) sql: String,
    /// Whether a whole number that is too large is the result of a calculation.
    overflows: bool,
}

impl Checked {
    /// Says of a result that does not fit what it is: the cast that noticed it is none of the statement's.
    pub(super) fn explain(&self, mut error: StatementError) -> StatementError {
        if self.overflows
            && let Some((value, bits)) = out_of_range(&error.message)
        {
            let name = match bits {
                "8" => "TINYINT",
                "16" => "SMALLINT",
                "32" => "INT",
                _ => "BIGINT",
            };
            error.condition = Some("ARITHMETIC_OVERFLOW".to_owned());
            error.sql_state = Some("22003".to_owned());
            error.message = format!(
                "{name} overflow: the result is {value}; cast the operands to a wider type, or use `try_add`, `try_multiply`, `try_sum` and the like to get NULL instead"
            );
        }
        error
    }
}

/// The value and the bits in the engine's words about a decimal that is to become a whole number.
fn out_of_range(message: &str) -> Option<(&str, &str)> {
    let (_, rest) = message.split_once("value of ")?;
    let (value, rest) = rest.split_once(" is out of range Int")?;
    Some((value, rest.trim_end_matches(|c: char| !c.is_ascii_digit())))
}

/// The statement in a form in which the engine calculates as Databricks does.
///
/// # Errors
/// When a calculation cannot be made right.
pub(super) async fn checked(context: &Context, sql: String, bindings: &[Binding]) -> Result<Checked, StatementError> {
    let unchanged = |sql| Checked { sql, overflows: false };
    let Some(mut operations) = Operations::read(&sql)? else {
        return Ok(unchanged(sql));
    };
    for _round in 0..ROUNDS {
        let Some(question) = operations.question() else {
            let sql = operations.write().unwrap_or(sql);
            return Ok(unchanged(sql));
        };
        let plan = match explain(context, question, bindings).await {
            Ok(plan) => plan,
            Err(error) => {
                // Of a statement that is wrong the engine itself says best what is wrong.
                if explain(context, operations.original(), bindings).await.is_err() {
                    return Ok(unchanged(sql));
                }
                return Err(unsupported(
                    &format!(
                        "this calculation, whose types the engine does not tell ({})",
                        error.message
                    ),
                    "put it in a subquery",
                ));
            }
        };
        if operations.learn(&plan)? {
            return Ok(match operations.write() {
                Some(written) => Checked {
                    overflows: operations.overflows(),
                    sql: written,
                },
                None => unchanged(sql),
            });
        }
    }
    Err(unsupported("so many decimals in each other", "make views of its parts"))
}

async fn explain(context: &Context, query: String, bindings: &[Binding]) -> Result<String, StatementError> {
    let statement = EngineStatement {
        sql: format!("EXPLAIN EXTENDED {query}"),
        bindings: bindings.to_vec(),
        session_id: context.session_id.clone(),
        ..EngineStatement::default()
    };
    let answer = context.workspace.compute.execute(&statement).await;
    let rows = answer.map_err(super::error::from_compute)?.rows;
    Ok(rows.into_iter().flatten().flatten().collect())
}
