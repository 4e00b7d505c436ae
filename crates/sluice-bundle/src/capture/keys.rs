//! Keys of objects that are not declared yet.

use std::collections::BTreeSet;

/// A key made of a name: letters, digits and `_`; when it is taken, with the schema before it, else with the kind (such as
/// `genie_spaces`, in the singular) behind it, then with a number.
pub(super) fn key_for(name: &str, schema: Option<&str>, kind: &str, taken: &BTreeSet<String>) -> String {
    let plain = normal(name);
    let longer = match schema {
        Some(schema) => format!("{}_{plain}", normal(schema)),
        None => format!("{plain}_{}", kind.trim_end_matches('s')),
    };
    let numbered = (2..).map(|number| format!("{plain}_{number}"));
    [Some(plain.clone()), Some(longer)]
        .into_iter()
        .flatten()
        .chain(numbered)
        .find(|key| !taken.contains(key))
        .expect("invariant: numbers do not end")
}

fn normal(name: &str) -> String {
    let mut key = String::new();
    for sign in name.to_lowercase().chars() {
        if sign.is_ascii_alphanumeric() {
            key.push(sign);
        } else if !key.is_empty() && !key.ends_with('_') {
            key.push('_');
        }
    }
    let key = key.trim_end_matches('_');
    if key.starts_with(|first: char| first.is_ascii_alphabetic()) {
        key.to_owned()
    } else {
        format!("x_{key}").trim_end_matches('_').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_plain_and_unique() {
        let taken: BTreeSet<String> = ["flights".to_owned(), "gold_flights".to_owned()].into();
        let check = |name: &str, schema: Option<&str>, expected: &str| {
            assert_eq!(key_for(name, schema, "genie_spaces", &taken), expected);
        };
        check("Flight punctuality (v2)", None, "flight_punctuality_v2");
        check("flights", Some("silver"), "silver_flights");
        check("flights", Some("gold"), "flights_2");
        check("flights", None, "flights_genie_space");
        check("2024", None, "x_2024");
        check("Ü", None, "x");
    }
}
