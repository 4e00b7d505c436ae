//! Statements that are built out of texts: what is put in may end the statement and begin another.

use std::sync::OnceLock;

use regex::Regex;

use super::{Sighting, column};

/// What is done and looks unsafe. Whether a value comes from outside is not known here, so this tells and does not prove.
const FORMS: [(&str, &str); 4] = [
    (
        "a statement is built out of texts",
        r#"\b(spark\.sql|execute|executemany)\(\s*(f["']|["'][^"']*["']\s*(\+|%|\.format))"#,
    ),
    (
        "a statement is built out of texts",
        r"(?i)\bEXECUTE\s+IMMEDIATE\s+[^'\s]*\s*(\|\||concat)",
    ),
    (
        "a command is run by a shell",
        r"\b(os\.system\(|subprocess\.\w+\([^)]*shell\s*=\s*True)",
    ),
    ("code is made out of a text", r"(^|[^.\w])(eval|exec)\("),
];

fn forms() -> &'static [(&'static str, Regex)] {
    static COMPILED: OnceLock<Vec<(&'static str, Regex)>> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let compile =
            |(kind, form): &(&'static str, &str)| (*kind, Regex::new(form).expect("invariant: a constant expression"));
        FORMS.iter().map(compile).collect()
    })
}

pub(super) fn find(path: &str, line: &str) -> Vec<Sighting> {
    let code = [".py", ".sql", ".scala"].iter().any(|end| path.ends_with(end));
    let comment = line.trim_start().starts_with(['#', '-']);
    if !code || comment {
        return Vec::new();
    }
    forms()
        .iter()
        .flat_map(|(kind, form)| form.find_iter(line).map(move |hit| (*kind, hit)))
        .map(|(kind, hit)| Sighting {
            kind: kind.to_owned(),
            shown: format!("{}…", hit.as_str().trim()),
            column: column(line, hit.start()),
        })
        .collect()
}
