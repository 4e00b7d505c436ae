//! The type of a plain scalar, by the rules of Go's yaml.v3, which the Databricks CLI reads bundles with.
//!
//! It takes `true`/`false` alone as booleans (`yes`, `on` stay texts here; a boolean field accepts them later), reads `0777` and
//! `0o777` as octal, allows `_` between digits, and keeps timestamps, which become texts here.

use sluice_model::Node;

/// Why a scalar has no value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ScalarError {
    /// A whole number beyond 64 bits.
    IntegerRange,
    /// The tag asks for a type that the text does not have.
    Tag(&'static str),
}

/// The value of a plain (unquoted) scalar without a tag.
pub(super) fn plain(text: &str) -> Result<Node, ScalarError> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Node::Null),
        "true" | "True" | "TRUE" => return Ok(Node::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Node::Bool(false)),
        ".nan" | ".NaN" | ".NAN" => return Ok(Node::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Ok(Node::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => return Ok(Node::Float(f64::NEG_INFINITY)),
        _ => {}
    }
    if let Some(integer) = integer(text) {
        return integer.map(Node::Integer);
    }
    if let Some(float) = float(text) {
        return Ok(Node::Float(float));
    }
    Ok(Node::String(text.to_owned()))
}

/// The value of a scalar with one of the core tags (`!!str`, `!!int`, …), by the tag's suffix; none for another tag.
pub(super) fn tagged(suffix: &str, text: &str) -> Option<Result<Node, ScalarError>> {
    let parsed = || plain(text);
    let value = match suffix {
        "str" | "timestamp" | "binary" => Ok(Node::String(text.to_owned())),
        "null" => match parsed() {
            Ok(Node::Null) => Ok(Node::Null),
            _ => Err(ScalarError::Tag("null")),
        },
        "bool" => match parsed() {
            Ok(Node::Bool(value)) => Ok(Node::Bool(value)),
            _ => Err(ScalarError::Tag("boolean")),
        },
        "int" => match parsed() {
            Ok(Node::Integer(value)) => Ok(Node::Integer(value)),
            Err(error) => Err(error),
            _ => Err(ScalarError::Tag("integer")),
        },
        "float" => match parsed() {
            Ok(Node::Integer(value)) => {
                #[expect(clippy::cast_precision_loss, reason = "the author asked for a float")]
                let float = value as f64;
                Ok(Node::Float(float))
            }
            Ok(Node::Float(value)) => Ok(Node::Float(value)),
            _ => Err(ScalarError::Tag("number")),
        },
        _ => return None,
    };
    Some(value)
}

/// `None` when the text is no integer at all.
fn integer(text: &str) -> Option<Result<i64, ScalarError>> {
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-')) {
        return None;
    }
    let digits = text.replace('_', "");
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits.strip_prefix('+').unwrap_or(&digits)),
    };
    let (radix, digits) = match digits.get(..2) {
        Some("0x" | "0X") => (16, &digits[2..]),
        Some("0o" | "0O") => (8, &digits[2..]),
        Some("0b" | "0B") => (2, &digits[2..]),
        Some(_) if digits.starts_with('0') && digits[1..].bytes().all(|digit| (b'0'..b'8').contains(&digit)) => {
            (8, &digits[1..])
        }
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    // A text like `0899` is no octal and no decimal in Go either: yaml.v3 goes on to read it as a float.
    if radix == 10 && digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    let magnitude = u128::from_str_radix(digits, radix).map_err(|_source| ScalarError::IntegerRange);
    Some(magnitude.and_then(|magnitude| {
        let signed = i128::try_from(magnitude).map_err(|_source| ScalarError::IntegerRange)?;
        i64::try_from(if negative { -signed } else { signed }).map_err(|_source| ScalarError::IntegerRange)
    }))
}

/// Digits with a fraction or an exponent; not what Rust alone accepts (`inf`, `nan`, `infinity`).
fn float(text: &str) -> Option<f64> {
    let starts = |first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.');
    let allowed = |each: char| each.is_ascii_digit() || matches!(each, '+' | '-' | '.' | 'e' | 'E' | '_');
    if !text.starts_with(starts) || !text.chars().all(allowed) {
        return None;
    }
    text.replace('_', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_have_the_types_of_yaml_v3() {
        let string = |text: &str| Ok(Node::String(text.to_owned()));
        for (text, expected) in [
            ("", Ok(Node::Null)),
            ("~", Ok(Node::Null)),
            ("True", Ok(Node::Bool(true))),
            ("yes", string("yes")),
            ("on", string("on")),
            ("12", Ok(Node::Integer(12))),
            ("-7", Ok(Node::Integer(-7))),
            ("1_000", Ok(Node::Integer(1000))),
            ("0777", Ok(Node::Integer(511))),
            ("0o17", Ok(Node::Integer(15))),
            ("0x1F", Ok(Node::Integer(31))),
            ("0b101", Ok(Node::Integer(5))),
            ("0899", Ok(Node::Float(899.0))),
            ("9223372036854775807", Ok(Node::Integer(i64::MAX))),
            ("-9223372036854775808", Ok(Node::Integer(i64::MIN))),
            ("9223372036854775808", Err(ScalarError::IntegerRange)),
            ("1e3", Ok(Node::Float(1000.0))),
            (".5", Ok(Node::Float(0.5))),
            ("15.4.x-scala2.12", string("15.4.x-scala2.12")),
            ("2001-12-14", string("2001-12-14")),
            ("2001-12-14T21:59:43Z", string("2001-12-14T21:59:43Z")),
            ("infinity", string("infinity")),
            ("-", string("-")),
            ("+", string("+")),
            ("1.2.3", string("1.2.3")),
            ("é", string("é")),
            ("0é", string("0é")),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn tags_decide_the_type() {
        assert_eq!(tagged("str", "12"), Some(Ok(Node::String("12".to_owned()))));
        assert_eq!(tagged("int", "x"), Some(Err(ScalarError::Tag("integer"))));
        assert_eq!(tagged("float", "2"), Some(Ok(Node::Float(2.0))));
        assert_eq!(tagged("set", "2"), None);
    }
}
