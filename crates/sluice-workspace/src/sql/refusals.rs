//! Forms of Databricks SQL that the engine lacks or answers wrongly, refused by their names. Pure.
//!
//! What the workspace can bring to another form (`forms`) does not get here.

use sqlparser::ast::{
    Expr, FunctionArguments, GroupByExpr, OrderByExpr, OrderByKind, Query, Select, SelectFlavor, SelectItem,
    WildcardAdditionalOptions,
};
use sqlparser::tokenizer::{Token, Word};

use super::error::{parse_error, unsupported};
use crate::compute::StatementError;

/// Functions of which the engine gives other values than Databricks, and what does the same.
const WRONG_FUNCTIONS: [(&str, &str); 1] = [("bround", "use `round`, which rounds halves away from zero")];

/// Clauses on which the parser ends, and what to do instead.
const CLAUSES: [(&str, &str); 5] = [
    (
        "PIVOT",
        "use aggregates with FILTER: `sum(x) FILTER (WHERE y = 'a') AS a`",
    ),
    ("UNPIVOT", "use `stack`"),
    ("TABLESAMPLE", "use `WHERE rand() < 0.1`"),
    ("QUALIFY", "filter a subquery"),
    ("CLUSTER", "use ORDER BY"),
];

/// The error for what follows a whole statement.
pub(super) fn after_the_end(token: &Token) -> StatementError {
    let clause = match token {
        Token::Word(Word {
            value,
            quote_style: None,
            ..
        }) => CLAUSES.iter().find(|(name, _)| value.eq_ignore_ascii_case(name)),
        _ => None,
    };
    match clause {
        Some((name, instead)) => unsupported(name, instead),
        None => parse_error(format!("found `{token}` where the statement should end")),
    }
}

/// Whether a SELECT has a form that is refused.
pub(super) fn of_select(select: &Select) -> Result<(), StatementError> {
    if select.into.is_some() {
        return Err(unsupported("SELECT INTO", "use CREATE TABLE AS"));
    }
    if select.flavor != SelectFlavor::Standard {
        return Err(unsupported("FROM before SELECT", "begin with SELECT"));
    }
    if select.qualify.is_some() {
        return Err(unsupported("QUALIFY in this place", "filter a subquery"));
    }
    if matches!(select.group_by, GroupByExpr::All(_)) {
        return Err(unsupported("GROUP BY ALL in this place", "name the columns"));
    }
    for item in &select.projection {
        if let SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options) = item
            && has_clauses(options)
        {
            return Err(unsupported("this form of `*`", "name the columns"));
        }
    }
    Ok(())
}

/// More than two arguments.
fn many(arguments: &FunctionArguments) -> bool {
    matches!(arguments, FunctionArguments::List(list) if list.args.len() > 2)
}

/// Whether `*` does not stand alone.
fn has_clauses(options: &WildcardAdditionalOptions) -> bool {
    options.opt_ilike.is_some()
        || options.opt_exclude.is_some()
        || options.opt_except.is_some()
        || options.opt_replace.is_some()
        || options.opt_rename.is_some()
}

/// Whether a query has a form that is refused.
pub(super) fn of_query(query: &Query) -> Result<(), StatementError> {
    if !query.pipe_operators.is_empty()
        || query.for_clause.is_some()
        || query.settings.is_some()
        || query.format_clause.is_some()
    {
        return Err(unsupported(
            "pipe operators and clauses of other databases",
            "write the query without them",
        ));
    }
    if query.with.as_ref().is_some_and(|with| with.recursive) {
        return Err(unsupported(
            "recursive common table expressions",
            "write the levels out",
        ));
    }
    let all = |order: &OrderByExpr| matches!(&order.expr, Expr::Identifier(name) if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("all"));
    match query.order_by.as_ref().map(|order| &order.kind) {
        Some(OrderByKind::Expressions(orders)) if !orders.iter().any(all) => Ok(()),
        None => Ok(()),
        Some(_) => Err(unsupported("ORDER BY ALL", "name the columns")),
    }
}

/// Whether an expression has a form that is refused.
pub(super) fn of_expression(expression: &Expr) -> Result<(), StatementError> {
    match expression {
        Expr::Function(function) => {
            let name = function.name.to_string().to_lowercase().replace('`', "");
            match WRONG_FUNCTIONS.iter().find(|(wrong, _)| *wrong == name) {
                Some((wrong, instead)) => Err(unsupported(&format!("the function `{wrong}`"), instead)),
                None if name == "decode" && many(&function.args) => {
                    Err(unsupported("`decode` with pairs of values", "use CASE"))
                }
                None => Ok(()),
            }
        }
        Expr::JsonAccess { .. } => Err(unsupported(
            "paths into JSON (`column:field`)",
            "use `get_json_object(column, '$.field')`",
        )),
        Expr::Collate { .. } => Err(unsupported("COLLATE", "compare `lower(a)` with `lower(b)`")),
        Expr::Like { any: true, .. } | Expr::ILike { any: true, .. } => {
            Err(unsupported("LIKE ANY", "join several LIKE with OR"))
        }
        _ => Ok(()),
    }
}
