//! Card numbers: 13 to 19 digits of a known issuer whose check digit is right (ISO/IEC 7812).

use std::sync::OnceLock;

use regex::Regex;

use super::{Sighting, column, redacted};

fn form() -> &'static Regex {
    static COMPILED: OnceLock<Regex> = OnceLock::new();
    COMPILED.get_or_init(|| {
        // Visa, Mastercard, American Express, Discover; in groups or not.
        Regex::new(r"\b(4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|3[47]\d{2}|6(011|5\d{2}))([ -]?\d){9,15}\b")
            .expect("invariant: a constant expression")
    })
}

pub(super) fn find(line: &str) -> Vec<Sighting> {
    let cards = form().find_iter(line).filter(|hit| is_card(hit.as_str()));
    cards
        .map(|hit| Sighting {
            kind: "a card number".to_owned(),
            shown: redacted(hit.as_str()),
            column: column(line, hit.start()),
        })
        .collect()
}

fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|one| one.to_digit(10)).collect();
    let several = digits.iter().any(|digit| *digit != digits[0]);
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| match (index % 2, digit * 2) {
            (1, double) if double > 9 => double - 9,
            (1, double) => double,
            _ => *digit,
        })
        .sum();
    (13..=19).contains(&digits.len()) && several && sum.is_multiple_of(10)
}
