//! Names that belong to one environment: its host, its warehouse, its catalog, addresses of people in code.
//!
//! Files that bind a product to its environments (`databricks.yml`, lock files) may name them; text for people is not looked at.

use std::sync::OnceLock;

use regex::Regex;

use super::{EnvironmentWords, Sighting, column};

const CODE: [&str; 6] = [".py", ".sql", ".scala", ".r", ".ipynb", ".yml"];

fn host() -> &'static Regex {
    static COMPILED: OnceLock<Regex> = OnceLock::new();
    COMPILED.get_or_init(|| {
        Regex::new(r"\b(adb-\d+\.\d+\.azuredatabricks\.net|dbc-[0-9a-f-]+\.cloud\.databricks\.com)\b|\b\d{4}-\d{6}-[a-z0-9]{8}\b|/Workspace/Users/[^\s$'\x22{}]+@[^\s/'\x22]+")
            .expect("invariant: a constant expression")
    })
}

pub(super) fn find(path: &str, line: &str, words: &EnvironmentWords) -> Vec<Sighting> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if !CODE.iter().any(|end| path.ends_with(end)) || name.starts_with("databricks.") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut tell = |kind: &str, shown: &str, at: usize| {
        found.push(Sighting {
            kind: kind.to_owned(),
            shown: shown.to_owned(),
            column: column(line, at),
        });
    };
    for word in &words.exact {
        if let Some(at) = line.find(word.as_str()) {
            tell("the name", word, at);
        }
    }
    for hit in host().find_iter(line) {
        tell("the address", hit.as_str(), hit.start());
    }
    for catalog in &words.catalogs {
        if let Some(at) = names_catalog(line, catalog) {
            tell("the catalog", catalog, at);
        }
    }
    found
}

/// Where a line names a catalog: as the first of three parts, in `USE CATALOG`, or as a volume's path.
fn names_catalog(line: &str, catalog: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(offset) = line.get(from..)?.find(catalog) {
        let at = from + offset;
        let (before, after) = (&line[..at], &line[at + catalog.len()..]);
        let starts = !before.ends_with(|one: char| is_word(one) || matches!(one, '.' | '-' | '/' | '{' | '$'));
        let dotted = {
            let rest = after.trim_start_matches('`').strip_prefix('.');
            rest.is_some_and(|rest| {
                let middle = rest.trim_start_matches(|one| is_word(one) || one == '`');
                middle.len() < rest.len() && middle.starts_with('.')
            })
        };
        let used = before.trim_end().to_ascii_uppercase().ends_with("CATALOG") && !after.starts_with(is_word);
        let volume = before.ends_with("/Volumes/") && after.starts_with('/');
        if (starts && (dotted || used)) || volume {
            return Some(at);
        }
        from = at + catalog.len();
    }
    None
}

fn is_word(one: char) -> bool {
    one.is_alphanumeric() || one == '_'
}
