//! A condition of a task graph: two texts that are compared. Pure.

use serde::Deserialize;

/// What a `condition_task` compares.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Condition {
    pub(crate) op: Operator,
    pub(crate) left: String,
    pub(crate) right: String,
}

/// How it compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Operator {
    EqualTo,
    NotEqual,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
}

impl Operator {
    /// Compares: equality as texts, order as numbers.
    ///
    /// # Errors
    /// Naming a text that is no number where numbers are compared.
    pub(crate) fn compare(self, left: &str, right: &str) -> Result<bool, String> {
        match self {
            Self::EqualTo => return Ok(left == right),
            Self::NotEqual => return Ok(left != right),
            Self::GreaterThan | Self::GreaterThanOrEqual | Self::LessThan | Self::LessThanOrEqual => {}
        }
        let (left, right) = (number(left)?, number(right)?);
        Ok(match self {
            Self::GreaterThan => left > right,
            Self::GreaterThanOrEqual => left >= right,
            Self::LessThan => left < right,
            Self::LessThanOrEqual | Self::EqualTo | Self::NotEqual => left <= right,
        })
    }
}

fn number(text: &str) -> Result<f64, String> {
    let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| format!("the condition compares numbers, and `{text}` is none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_of_texts_and_order_of_numbers() {
        use Operator as O;
        let cases = [
            (O::EqualTo, "12.0", "12", Ok(false)),
            (O::NotEqual, "12.0", "12", Ok(true)),
            (O::GreaterThanOrEqual, "12.0", "12", Ok(true)),
            (O::GreaterThan, "10", "9", Ok(true)),
            (O::LessThan, "10", "9", Ok(false)),
            (O::LessThanOrEqual, "-1", "-1.0", Ok(true)),
        ];
        for (operator, left, right, expected) in cases {
            assert_eq!(operator.compare(left, right), expected, "{operator:?} {left} {right}");
        }
        assert_eq!(
            O::LessThan.compare("1", "many"),
            Err("the condition compares numbers, and `many` is none".to_owned())
        );
    }
}
