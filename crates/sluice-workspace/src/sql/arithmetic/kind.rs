//! Types of numbers and times, and what Databricks makes of an operator between two of them. Pure.
//!
//! Facts: the SQL language reference of Databricks (ANSI mode), "decimal precision and scale", "least common type".

use super::tree::{Function, Operator};
use crate::compute::StatementError;
use crate::sql::error::unsupported;

/// Digits of a decimal, at most.
const MOST: i32 = 38;
/// Digits after the point that stay when a decimal would need more than 38 digits.
const KEPT_SCALE: i32 = 6;
/// A quotient of the engine has so many digits after the point more than the dividend.
const QUOTIENT_DIGITS: i32 = 4;
/// Sums of 10^10 values of a decimal with more digits than this may need more than 38.
const SAFE_SUM: i32 = 28;

/// Digits that leave room for those before the point.
const ROOMY: i32 = 26;

/// The type of an operand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whole numbers: the name in SQL, and the digits that they need.
    Whole(&'static str, i32),
    /// Digits, and digits after the point.
    Decimal(i32, i32),
    Float,
    Date,
    Timestamp,
    /// For which the engine does as Databricks does.
    Other,
}

impl Kind {
    /// Reads a type as `typeof` names it.
    pub(super) fn read(text: &str) -> Self {
        let whole = [
            ("tinyint", "TINYINT", 3),
            ("smallint", "SMALLINT", 5),
            ("int", "INT", 10),
            ("bigint", "BIGINT", 19),
        ];
        if let Some((_, name, digits)) = whole.into_iter().find(|(known, ..)| *known == text) {
            return Self::Whole(name, digits);
        }
        let digits = text.strip_prefix("decimal(").and_then(|rest| rest.strip_suffix(')'));
        if let Some((precision, scale)) = digits.and_then(|digits| digits.split_once(','))
            && let (Ok(precision), Ok(scale)) = (precision.trim().parse(), scale.trim().parse())
        {
            return Self::Decimal(precision, scale);
        }
        match text {
            "float" => Self::Float,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            _ => Self::Other,
        }
    }
}

/// A type, and the digits of a whole number that is written as a literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Operand {
    pub(super) kind: Kind,
    pub(super) literal_digits: Option<i32>,
}

impl Operand {
    /// As a decimal: a literal has the digits that it is written with.
    fn decimal(&self) -> Option<(i32, i32)> {
        match (&self.kind, self.literal_digits) {
            (Kind::Decimal(precision, scale), _) => Some((*precision, *scale)),
            (Kind::Whole(..), Some(digits)) => Some((digits, 0)),
            (Kind::Whole("BIGINT", _), None) => Some((20, 0)),
            (Kind::Whole(_, digits), None) => Some((*digits, 0)),
            _ => None,
        }
    }
}

/// How an operation is written for the engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    /// What the operands are cast to first.
    pub(super) left: Option<String>,
    pub(super) right: Option<String>,
    /// The digits after the point of a divisor that is written without its point, so that the quotient has to be multiplied.
    pub(super) pointless: Option<i32>,
    /// What the result is cast to, one after the other.
    pub(super) results: Vec<String>,
    /// Whether a sum is asked for with a check that it has not wrapped.
    pub(super) guarded: bool,
    /// Whether the result has another type than the engine's own would have, which what stands around it has to be told.
    pub(super) retyped: bool,
}

impl Form {
    /// Whether the engine does right by itself.
    pub(super) fn is_native(&self) -> bool {
        *self == Self::default()
    }
}

/// The form of an operator between two operands.
pub(super) fn of_operator(operator: Operator, left: &Operand, right: &Operand) -> Result<Form, StatementError> {
    use Operator::{Divide, Minus, Multiply, Plus};
    Ok(match (operator, &left.kind, &right.kind) {
        (Plus | Minus | Multiply, Kind::Whole(one, first), Kind::Whole(other, second)) => Form {
            left: Some(format!("DECIMAL({first},0)")),
            right: Some(format!("DECIMAL({second},0)")),
            results: vec![(if first >= second { *one } else { *other }).to_owned()],
            ..Form::default()
        },
        (Minus, Kind::Date, Kind::Date) => Form {
            results: vec!["INTERVAL DAY".to_owned()],
            retyped: true,
            ..Form::default()
        },
        (Minus, Kind::Date, Kind::Timestamp) => Form {
            left: Some("TIMESTAMP".to_owned()),
            retyped: true,
            ..Form::default()
        },
        (Minus, Kind::Timestamp, Kind::Date) => Form {
            right: Some("TIMESTAMP".to_owned()),
            retyped: true,
            ..Form::default()
        },
        _ if is_double(operator, &left.kind, &right.kind) => Form {
            left: Some("DOUBLE".to_owned()),
            right: Some("DOUBLE".to_owned()),
            retyped: true,
            ..Form::default()
        },
        (_, Kind::Decimal(..), _) | (_, _, Kind::Decimal(..)) => match (left.decimal(), right.decimal()) {
            (Some(first), Some(second)) => {
                let mut form = if operator == Divide {
                    quotient(first, second)?
                } else {
                    of_decimals(operator, first, second)?
                };
                if let Some(cast) = whole_as_decimal(left, first) {
                    form.retyped |= left.literal_digits.is_some();
                    form.left.get_or_insert(cast);
                }
                if let Some(cast) = whole_as_decimal(right, second) {
                    form.retyped |= right.literal_digits.is_some();
                    form.right.get_or_insert(cast);
                }
                form
            }
            _ => Form::default(),
        },
        _ => Form::default(),
    })
}

/// Whether an operator with a FLOAT gives a DOUBLE, where the engine stays with FLOAT.
fn is_double(operator: Operator, left: &Kind, right: &Kind) -> bool {
    let wide = |kind: &Kind| matches!(kind, Kind::Whole("INT" | "BIGINT", _) | Kind::Decimal(..));
    let narrow = |kind: &Kind| matches!(kind, Kind::Whole(..) | Kind::Float);
    match (left, right) {
        (Kind::Float, other) | (other, Kind::Float) => wide(other) || (operator == Operator::Divide && narrow(other)),
        _ => false,
    }
}

fn whole_as_decimal(operand: &Operand, (precision, _): (i32, i32)) -> Option<String> {
    matches!(operand.kind, Kind::Whole(..)).then(|| format!("DECIMAL({precision},0)"))
}

/// Type of a result that would need so many digits, within 38 of them.
fn bounded(precision: i32, scale: i32) -> (i32, i32) {
    if precision <= MOST {
        return (precision, scale);
    }
    let before_point = precision - scale;
    (MOST, (MOST - before_point).max(scale.min(KEPT_SCALE)))
}

fn of_decimals(operator: Operator, (p1, s1): (i32, i32), (p2, s2): (i32, i32)) -> Result<Form, StatementError> {
    let (precision, scale) = match operator {
        Operator::Plus | Operator::Minus => (s1.max(s2) + (p1 - s1).max(p2 - s2) + 1, s1.max(s2)),
        Operator::Multiply => (p1 + p2 + 1, s1 + s2),
        Operator::Divide | Operator::Remainder | Operator::Div => return Ok(Form::default()),
    };
    if precision <= MOST {
        return Ok(Form::default());
    }
    if scale > MOST {
        return Err(unsupported(
            &format!(
                "multiplying DECIMAL({p1},{s1}) and DECIMAL({p2},{s2}), whose product has {scale} digits after the point"
            ),
            "cast one of them to a DECIMAL with fewer digits after the point",
        ));
    }
    let (precision, kept) = bounded(precision, scale);
    // The engine does not look whether a result has more than 38 digits; a cast to another scale does.
    let mut results = Vec::new();
    if kept == scale {
        results.push(format!("DECIMAL({MOST},{})", scale + 1));
    }
    results.push(format!("DECIMAL({precision},{kept})"));
    Ok(Form {
        results,
        retyped: kept != scale,
        ..Form::default()
    })
}

/// The engine cuts a quotient off; with one digit more than wanted, the cast to the type that it is to have rounds it.
fn quotient((p1, s1): (i32, i32), (p2, s2): (i32, i32)) -> Result<Form, StatementError> {
    let scale = (s1 + p2 + 1).max(6);
    let (precision, scale) = bounded(p1 - s1 + s2 + scale, scale);
    // So many digits the engine writes behind those of the dividend before it divides; without the point in the divisor they are fewer.
    if s2 > 0 && s1 > scale + 1 - QUOTIENT_DIGITS && s1 + QUOTIENT_DIGITS + s2 > ROOMY {
        let needed = s1.max(scale + 1 + s2 - QUOTIENT_DIGITS);
        if needed + QUOTIENT_DIGITS <= MOST && s2 < MOST {
            return Ok(Form {
                left: Some(format!("DECIMAL({},{needed})", (p1 - s1 + needed).min(MOST))),
                pointless: Some(s2),
                results: vec![format!("DECIMAL({precision},{scale})")],
                retyped: true,
                ..Form::default()
            });
        }
    }
    let needed = s1.max(scale + 1 - QUOTIENT_DIGITS);
    if needed + QUOTIENT_DIGITS > MOST {
        return Err(unsupported(
            &format!(
                "dividing DECIMAL({p1},{s1}) by DECIMAL({p2},{s2}), whose quotient has {scale} digits after the point"
            ),
            "cast the dividend to a DECIMAL with fewer digits after the point",
        ));
    }
    Ok(Form {
        left: Some(format!("DECIMAL({},{needed})", (p1 - s1 + needed).min(MOST))),
        results: vec![format!("DECIMAL({precision},{scale})")],
        retyped: true,
        ..Form::default()
    })
}

/// The form of an aggregate over an argument; `left` is what the argument is cast to.
pub(super) fn of_aggregate(function: Function, argument: &Kind) -> Result<Form, StatementError> {
    Ok(match (function, argument) {
        (Function::Sum, Kind::Whole("BIGINT", digits)) => Form {
            left: Some(format!("DECIMAL({digits},0)")),
            results: vec!["BIGINT".to_owned()],
            ..Form::default()
        },
        (Function::Sum, Kind::Decimal(precision, _)) if *precision > SAFE_SUM => Form {
            guarded: true,
            ..Form::default()
        },
        (Function::Average, Kind::Decimal(precision, scale)) => {
            if scale + 1 + QUOTIENT_DIGITS > MOST {
                return Err(unsupported(
                    &format!("the average of DECIMAL({precision},{scale})"),
                    "cast it to a DECIMAL with fewer digits after the point",
                ));
            }
            Form {
                left: Some(format!("DECIMAL({},{})", (precision + 1).min(MOST), scale + 1)),
                results: vec![format!(
                    "DECIMAL({},{})",
                    (precision + QUOTIENT_DIGITS).min(MOST),
                    scale + QUOTIENT_DIGITS
                )],
                ..Form::default()
            }
        }
        _ => Form::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operand(text: &str) -> Operand {
        match text.strip_prefix("literal ") {
            Some(digits) => Operand {
                kind: Kind::read("int"),
                literal_digits: digits.parse().ok(),
            },
            None => Operand {
                kind: Kind::read(text),
                literal_digits: None,
            },
        }
    }

    fn result(operator: Operator, left: &str, right: &str) -> String {
        of_operator(operator, &operand(left), &operand(right))
            .unwrap()
            .results
            .join(" then ")
    }

    #[test]
    fn whole_numbers_keep_the_wider_type() {
        assert_eq!(result(Operator::Plus, "tinyint", "tinyint"), "TINYINT");
        assert_eq!(result(Operator::Multiply, "smallint", "bigint"), "BIGINT");
        assert_eq!(result(Operator::Minus, "int", "smallint"), "INT");
        assert_eq!(result(Operator::Divide, "int", "int"), "");
        assert_eq!(result(Operator::Plus, "date", "int"), "");
        assert_eq!(result(Operator::Minus, "date", "date"), "INTERVAL DAY");
    }

    #[test]
    fn quotients_have_the_digits_of_the_language_reference() {
        for (left, right, expected) in [
            ("literal 1", "decimal(2,1)", "DECIMAL(8,6)"),
            ("decimal(10,2)", "literal 1", "DECIMAL(14,6)"),
            ("decimal(10,2)", "int", "DECIMAL(21,13)"),
            ("decimal(20,2)", "bigint", "DECIMAL(38,20)"),
            ("decimal(38,10)", "decimal(38,10)", "DECIMAL(38,6)"),
        ] {
            assert_eq!(result(Operator::Divide, left, right), expected, "{left} / {right}");
        }
    }

    #[test]
    fn what_does_not_fit_in_38_digits_loses_digits_after_the_point() {
        assert_eq!(
            result(Operator::Plus, "decimal(38,10)", "decimal(38,10)"),
            "DECIMAL(38,9)"
        );
        assert_eq!(
            result(Operator::Plus, "decimal(38,0)", "literal 1"),
            "DECIMAL(38,1) then DECIMAL(38,0)"
        );
        assert_eq!(
            result(Operator::Multiply, "decimal(38,10)", "decimal(38,10)"),
            "DECIMAL(38,6)"
        );
        assert_eq!(result(Operator::Multiply, "decimal(10,2)", "int"), "");
        let wide = of_operator(
            Operator::Multiply,
            &operand("decimal(38,20)"),
            &operand("decimal(38,20)"),
        );
        assert!(wide.unwrap_err().message.contains("40 digits after the point"));
    }

    #[test]
    fn sums_and_averages_have_room() {
        let sum = |text: &str| of_aggregate(Function::Sum, &Kind::read(text)).unwrap();
        assert!(sum("int").is_native() && sum("decimal(28,2)").is_native() && sum("double").is_native());
        assert!(sum("decimal(29,2)").guarded);
        assert_eq!(sum("bigint").results, ["BIGINT"]);
        let average = of_aggregate(Function::Average, &Kind::read("decimal(10,2)")).unwrap();
        assert_eq!(
            (average.left.as_deref(), average.results.concat().as_str()),
            (Some("DECIMAL(11,3)"), "DECIMAL(14,6)")
        );
    }
}
