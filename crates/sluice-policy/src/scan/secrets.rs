//! Secrets: values in the form of a provider, and random values of keys that are named like a secret.

use std::sync::OnceLock;

use regex::Regex;

use super::{Sighting, column, redacted};

/// Forms that providers document for their tokens.
const FORMS: [(&str, &str); 12] = [
    ("a Databricks token", r"\bdapi[0-9a-f]{32}(-[0-9])?\b"),
    ("a Databricks OAuth secret", r"\bdose[0-9a-f]{32}\b"),
    ("an AWS access key", r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    (
        "a GitHub token",
        r"\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})",
    ),
    ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("a Slack token", r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    ("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}\b"),
    ("an Azure storage key", r"AccountKey=[A-Za-z0-9+/]{60,}={0,2}"),
    ("a PyPI token", r"\bpypi-[A-Za-z0-9_-]{50,}"),
    ("a private key", r"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----"),
    (
        "a JSON web token",
        r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    ),
    (
        "a password in an address",
        r"[a-z][a-z0-9+]*://[^/\s:@'\x22]+:[^/\s:@'\x22{}$]{4,}@",
    ),
];

/// A key that is named like a secret, and its value.
const NAMED: &str = r#"(?i)\b[\w.-]*(password|passwd|secret|token|api_?key|access_?key|private_?key|client_?secret)\b["']?\s*[:=]\s*["']?([^\s"',;}\])]{8,})"#;

/// Bits per character above which a value looks random. English words lie below, tokens above.
const RANDOM: f64 = 3.2;

fn forms() -> &'static [(&'static str, Regex)] {
    static COMPILED: OnceLock<Vec<(&'static str, Regex)>> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let compile =
            |(kind, form): &(&'static str, &str)| (*kind, Regex::new(form).expect("invariant: a constant expression"));
        FORMS.iter().map(compile).collect()
    })
}

fn named() -> &'static Regex {
    static COMPILED: OnceLock<Regex> = OnceLock::new();
    COMPILED.get_or_init(|| Regex::new(NAMED).expect("invariant: a constant expression"))
}

pub(super) fn find(line: &str) -> Vec<Sighting> {
    let mut found: Vec<Sighting> = forms()
        .iter()
        .flat_map(|(kind, form)| form.find_iter(line).map(move |hit| (*kind, hit)))
        .map(|(kind, hit)| sighting(line, kind, hit.as_str(), hit.start()))
        .collect();
    if found.is_empty() {
        let values = named().captures_iter(line).filter_map(|hit| hit.get(2));
        let values = values.filter(|value| is_random(value.as_str()));
        found.extend(values.map(|value| sighting(line, "a value named like a secret", value.as_str(), value.start())));
    }
    found
}

fn sighting(line: &str, kind: &str, text: &str, at: usize) -> Sighting {
    Sighting {
        kind: kind.to_owned(),
        shown: redacted(text),
        column: column(line, at),
    }
}

/// Whether a value could be a secret: no reference, no call, no name, no number, and of many different characters.
fn is_random(value: &str) -> bool {
    let reference = ["$", "{", "<", "sha256:", "/", "%"];
    if reference.iter().any(|start| value.starts_with(start)) || value.contains('(') || value.contains("://") {
        return false;
    }
    let has = |test: fn(char) -> bool| value.chars().any(test);
    let classes = [
        has(|one| one.is_ascii_lowercase()),
        has(|one| one.is_ascii_uppercase()),
        has(|one| one.is_ascii_digit()),
    ];
    classes.iter().filter(|class| **class).count() >= 2 && has(char::is_alphabetic) && entropy(value) >= RANDOM
}

/// Shannon entropy in bits per character.
#[expect(clippy::cast_precision_loss, reason = "the length of a line is far below 2^52")]
fn entropy(text: &str) -> f64 {
    let mut counts: std::collections::BTreeMap<char, usize> = std::collections::BTreeMap::new();
    for one in text.chars() {
        *counts.entry(one).or_default() += 1;
    }
    let length = text.chars().count() as f64;
    counts
        .values()
        .map(|count| *count as f64 / length)
        .map(|share| -share * share.log2())
        .sum()
}
