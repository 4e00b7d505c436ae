//! Markdown files stand where a reader looks for them, and nowhere else: no notes, plans or summaries that are stale next week.

use anyhow::Result;

use super::Violation;
use super::checkout::Checkout;

/// At the top.
const TOP: [&str; 6] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "LICENSE.md",
];
/// Folders that may hold any.
const FOLDERS: [&str; 4] = ["docs/", "changes/", "blueprints/", "demo/"];
const ARCHITECTURE_LINES: usize = 250;

pub(super) fn check(checkout: &Checkout) -> Result<Vec<Violation>> {
    let mut violations = Vec::new();
    for file in checkout.files.iter().filter(|file| file.path.ends_with(".md")) {
        if !TOP.contains(&file.path.as_str()) && !FOLDERS.iter().any(|folder| file.path.starts_with(folder)) {
            violations.push(Violation::new(
                &file.path,
                0,
                "Markdown belongs into docs/, or at the top when xtask/src/tidy/documents.rs names it",
            ));
        }
        let lines = file.text.lines().count();
        if file.path == "ARCHITECTURE.md" && lines > ARCHITECTURE_LINES {
            violations.push(Violation::new(
                &file.path,
                0,
                format!("{lines} lines, more than {ARCHITECTURE_LINES}: it is a map"),
            ));
        }
    }
    Ok(violations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::checkout::SourceFile;

    #[test]
    fn a_stray_document_and_a_long_map_are_found() {
        let count = |path: &str, text: &str| check(&SourceFile::sample(path, text)).expect("checks").len();
        assert_eq!(count("SUMMARY.md", ""), 1);
        assert_eq!(count("crates/sluice/NOTES.md", ""), 1);
        assert_eq!(count("docs/glossary.md", ""), 0);
        assert_eq!(count("ARCHITECTURE.md", &"x\n".repeat(251)), 1);
    }
}
