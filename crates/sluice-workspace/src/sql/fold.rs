//! Works out what an expression comes to as far as literals decide it. Pure; when in doubt the answer is [`Folded::Unknown`].
//!
//! It answers one question: does a mask change anything for this reader? Functions about the session are literals by then, so that
//! `CASE WHEN false THEN '***' ELSE tailnum END` is the column `tailnum`.

use sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, UnaryOperator, Value,
};

use super::relations::part_text;
use super::text::decode;
use super::types::SqlType;

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Folded {
    /// The column itself, unchanged.
    Column,
    True,
    False,
    Null,
    Text(String),
    /// It depends on the row, or on what is not worked out here.
    Unknown,
}

/// Folds an expression over one column, given by name and type.
pub(super) fn fold(expression: &Expr, column: Option<(&str, &SqlType)>) -> Folded {
    let of = |expression: &Expr| fold(expression, column);
    match expression {
        Expr::Nested(inner) => of(inner),
        Expr::Value(value) => literal(&value.value),
        Expr::Identifier(ident) => match column {
            Some((name, _)) if part_text(ident).eq_ignore_ascii_case(name) => Folded::Column,
            _ => Folded::Unknown,
        },
        Expr::Cast {
            kind: CastKind::Cast,
            expr,
            data_type,
            format: None,
            ..
        } => cast(of(expr), &data_type.to_string(), column.map(|(_, kind)| kind)),
        Expr::UnaryOp {
            op: UnaryOperator::Not,
            expr,
        } => match of(expr) {
            Folded::True => Folded::False,
            Folded::False => Folded::True,
            _ => Folded::Unknown,
        },
        Expr::BinaryOp { left, op, right } => binary(of(left), op, of(right)),
        Expr::InList { expr, list, negated } => {
            let listed: Vec<_> = list.iter().map(of).collect();
            in_list(&of(expr), &listed, *negated)
        }
        Expr::Case {
            operand: None,
            conditions,
            else_result,
            ..
        } => case(conditions, else_result.as_deref(), column),
        Expr::Function(function) if function.name.to_string().eq_ignore_ascii_case("if") => {
            match arguments(&function.args).as_deref() {
                Some([condition, yes, no]) => match of(condition) {
                    Folded::True => of(yes),
                    Folded::False | Folded::Null => of(no),
                    _ => agreed(of(yes), of(no)),
                },
                _ => Folded::Unknown,
            }
        }
        _ => Folded::Unknown,
    }
}

fn literal(value: &Value) -> Folded {
    match value {
        Value::Boolean(true) => Folded::True,
        Value::Boolean(false) => Folded::False,
        Value::Null => Folded::Null,
        Value::SingleQuotedString(raw) | Value::DoubleQuotedString(raw) => Folded::Text(decode(raw)),
        _ => Folded::Unknown,
    }
}

/// A cast that changes nothing is left out; any other is not worked out.
fn cast(inner: Folded, to: &str, column: Option<&SqlType>) -> Folded {
    let to = SqlType::parse(to).map(|kind| kind.text()).unwrap_or_default();
    let same = match &inner {
        Folded::Column => column.is_some_and(|kind| kind.text() == to),
        Folded::True | Folded::False => to == "boolean",
        Folded::Text(_) => to == "string",
        Folded::Null => true,
        Folded::Unknown => false,
    };
    if same { inner } else { Folded::Unknown }
}

fn binary(left: Folded, op: &BinaryOperator, right: Folded) -> Folded {
    match (op, left, right) {
        (BinaryOperator::And, Folded::False, _) | (BinaryOperator::And, _, Folded::False) => Folded::False,
        (BinaryOperator::And, Folded::True, Folded::True) => Folded::True,
        (BinaryOperator::Or, Folded::True, _) | (BinaryOperator::Or, _, Folded::True) => Folded::True,
        (BinaryOperator::Or, Folded::False, Folded::False) => Folded::False,
        (BinaryOperator::Eq, Folded::Text(left), Folded::Text(right)) => truth(left == right),
        (BinaryOperator::NotEq, Folded::Text(left), Folded::Text(right)) => truth(left != right),
        _ => Folded::Unknown,
    }
}

fn truth(value: bool) -> Folded {
    if value { Folded::True } else { Folded::False }
}

fn in_list(value: &Folded, listed: &[Folded], negated: bool) -> Folded {
    let Folded::Text(value) = value else {
        return Folded::Unknown;
    };
    let mut found = false;
    for each in listed {
        match each {
            Folded::Text(text) => found |= text == value,
            _ => return Folded::Unknown,
        }
    }
    truth(found != negated)
}

fn case(conditions: &[CaseWhen], otherwise: Option<&Expr>, column: Option<(&str, &SqlType)>) -> Folded {
    // Results of the branches that a row could choose.
    let mut possible = Vec::new();
    for CaseWhen { condition, result } in conditions {
        match fold(condition, column) {
            Folded::False | Folded::Null => {}
            Folded::True => {
                possible.push(fold(result, column));
                return possible.into_iter().reduce(agreed).unwrap_or(Folded::Unknown);
            }
            _ => possible.push(fold(result, column)),
        }
    }
    possible.push(otherwise.map_or(Folded::Null, |otherwise| fold(otherwise, column)));
    possible.into_iter().reduce(agreed).unwrap_or(Folded::Unknown)
}

fn agreed(one: Folded, other: Folded) -> Folded {
    if one == other { one } else { Folded::Unknown }
}

fn arguments(arguments: &FunctionArguments) -> Option<Vec<&Expr>> {
    let FunctionArguments::List(list) = arguments else {
        return None;
    };
    list.args
        .iter()
        .map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => Some(expression),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::relations::parse_expression;
    use crate::sql::text::Text;

    fn folded(source: &str) -> Folded {
        let text = Text::read(source).unwrap();
        let kind = SqlType::parse("string").unwrap();
        fold(&parse_expression(&text).unwrap(), Some(("c", &kind)))
    }

    #[test]
    fn a_mask_that_changes_nothing_is_the_column() {
        for source in [
            "c",
            "CAST(((`c`)) AS STRING)",
            "CAST((CASE WHEN false THEN '***' ELSE CAST((`c`) AS string) END) AS string)",
            "CASE WHEN 'a' = 'b' OR NOT true THEN NULL WHEN 'x' IN ('x', 'y') THEN c ELSE '*' END",
            "IF('a' <> 'a', '***', C)",
            "CASE WHEN length(c) > 3 THEN c ELSE c END",
        ] {
            assert_eq!(folded(source), Folded::Column, "{source}");
        }
    }

    #[test]
    fn what_may_change_a_value_is_unknown_or_the_value() {
        for source in [
            "upper(c)",
            "CAST(c AS INT)",
            "CAST(CAST(c AS INT) AS STRING)",
            "try_cast(c AS STRING)",
            "CASE WHEN d THEN c ELSE '*' END",
            "CASE c WHEN 'a' THEN c ELSE c END",
            "coalesce(c, 'x')",
            "CASE WHEN true AND d THEN c END",
            "d",
            "'a' IN ('b', c)",
        ] {
            assert_eq!(folded(source), Folded::Unknown, "{source}");
        }
        assert_eq!(
            folded("CASE WHEN true THEN '*' ELSE c END"),
            Folded::Text("*".to_owned())
        );
        assert_eq!(folded("CASE WHEN false THEN c END"), Folded::Null);
        assert_eq!(folded("false AND c"), Folded::False);
    }
}
