//! The order of found runs: `metrics.rmse ASC`, `start_time DESC`. Pure.

use std::cmp::Ordering;

use super::condition::{Candidate, Subject};
use crate::error::ApiError;

/// One column of an order.
#[derive(Clone, Debug)]
pub(super) struct Order {
    subject: Subject,
    descending: bool,
}

impl Order {
    /// Reads `metrics.rmse DESC`.
    ///
    /// # Errors
    /// 400 for what runs are not ordered by.
    pub(super) fn read(text: &str) -> Result<Self, ApiError> {
        let text = text.trim();
        let (key, descending) = match text.rsplit_once(char::is_whitespace) {
            Some((key, word)) if word.eq_ignore_ascii_case("DESC") => (key, true),
            Some((key, word)) if word.eq_ignore_ascii_case("ASC") => (key, false),
            _ => (text, false),
        };
        Ok(Self {
            subject: Subject::read(key.trim())?,
            descending,
        })
    }

    /// Runs without the value come last, whichever the direction.
    fn compare(&self, one: &Candidate<'_>, other: &Candidate<'_>) -> Ordering {
        let turned = |order: Ordering| if self.descending { order.reverse() } else { order };
        let numbers = (one.number(&self.subject), other.number(&self.subject));
        let texts = (one.text(&self.subject), other.text(&self.subject));
        match (numbers, texts) {
            ((Some(one), Some(other)), _) => turned(one.total_cmp(&other)),
            (_, (Some(one), Some(other))) => turned(one.cmp(other)),
            ((Some(_), None), _) | (_, (Some(_), None)) => Ordering::Less,
            ((None, Some(_)), _) | (_, (None, Some(_))) => Ordering::Greater,
            ((None, None), (None, None)) => Ordering::Equal,
        }
    }
}

/// By each order in turn.
pub(super) fn compare(orders: &[Order], one: &Candidate<'_>, other: &Candidate<'_>) -> Ordering {
    orders
        .iter()
        .map(|order| order.compare(one, other))
        .find(|order| *order != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}
