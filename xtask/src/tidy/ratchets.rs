//! Two numbers per crate that may only fall: `unwrap()` outside tests, and mentions of `serde_json::Value` (bodies that nobody parsed).
//!
//! `ratchets.toml` holds them; a number above fails. When a change brings one down, write the lower number.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::Violation;
use super::checkout::Checkout;
use crate::repository;

const FILE: &str = "xtask/ratchets.toml";

/// Crate to its number; a crate that is not named has 0.
type Numbers = BTreeMap<String, usize>;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ratchets {
    /// Calls of `unwrap()` outside tests.
    unwrap: Numbers,
    /// Lines outside tests that name `serde_json::Value`, or `Value` where it is imported.
    json_value: Numbers,
}

pub(super) fn check(checkout: &Checkout) -> Result<Vec<Violation>> {
    let path = repository::root().join(FILE);
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    Ok(judge(checkout, &toml::from_str(&text).context(FILE)?))
}

fn judge(checkout: &Checkout, ratchets: &Ratchets) -> Vec<Violation> {
    let unwraps = count(checkout, |_, line| line.contains(".unwrap()"));
    let json = count(checkout, |imported, line| {
        line.contains("serde_json::Value") || imported && words(line).any(|word| word == "Value")
    });
    let mut violations = compare(
        "unwrap",
        "calls of `unwrap()` outside tests",
        &ratchets.unwrap,
        &unwraps,
    );
    violations.extend(compare(
        "json_value",
        "lines with `serde_json::Value` outside tests",
        &ratchets.json_value,
        &json,
    ));
    violations
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// Counts lines per crate; `counts` is told whether the file imports `serde_json::Value` by its short name.
fn count(checkout: &Checkout, counts: impl Fn(bool, &str) -> bool) -> Numbers {
    let mut numbers = Numbers::new();
    for (file, _) in checkout.rust() {
        let Some((crate_name, _)) = file.path.strip_prefix("crates/").and_then(|rest| rest.split_once('/')) else {
            continue;
        };
        let imports =
            |line: &str| line.trim_start().starts_with("use serde_json::") && words(line).any(|word| word == "Value");
        let imported = file.text.lines().any(imports);
        let lines = file
            .lines()
            .filter(|(number, line)| !line.trim_start().starts_with("//") && !file.is_test(*number));
        let found = lines.filter(|(_, line)| counts(imported, line)).count();
        if found > 0 {
            *numbers.entry(crate_name.to_owned()).or_default() += found;
        }
    }
    numbers
}

fn compare(section: &str, what: &str, allowed: &Numbers, found: &Numbers) -> Vec<Violation> {
    let allowed = |name: &str| allowed.get(name).copied().unwrap_or_default();
    let above = found.iter().filter(|(name, number)| **number > allowed(name));
    above
        .map(|(name, number)| {
            let message = format!(
                "[{section}] {name}: {number} {what}, {} allowed: do without the new ones",
                allowed(name)
            );
            Violation::new(FILE, 0, message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::checkout::SourceFile;

    fn messages(text: &str, ratchets: &str) -> Vec<String> {
        let ratchets = toml::from_str(ratchets).expect("ratchets");
        judge(&SourceFile::sample("crates/a/src/b.rs", text), &ratchets)
            .into_iter()
            .map(|violation| violation.message)
            .collect()
    }

    #[test]
    fn a_number_may_fall_and_not_rise() {
        let text = "fn b() { c().unwrap(); }";
        assert_eq!(
            messages(text, "[unwrap]\n[json_value]"),
            ["[unwrap] a: 1 calls of `unwrap()` outside tests, 0 allowed: do without the new ones"]
        );
        assert_eq!(messages(text, "[unwrap]\na = 1\n[json_value]"), [""; 0]);
        assert_eq!(
            messages(
                "#[cfg(test)]\nmod tests { fn b() { c().unwrap(); } }",
                "[unwrap]\n[json_value]"
            ),
            [""; 0]
        );
    }

    #[test]
    fn an_imported_value_counts_wherever_it_is_named() {
        let text = "use serde_json::{Map, Value};\nfn b(v: &Value) {}\nenum Other { ValueOf }";
        assert_eq!(
            messages(text, "[unwrap]\n[json_value]\na = 1"),
            ["[json_value] a: 2 lines with `serde_json::Value` outside tests, 1 allowed: do without the new ones"]
        );
        assert_eq!(
            messages("enum Value {}\nfn b(v: Value) {}", "[unwrap]\n[json_value]"),
            [""; 0]
        );
    }
}
