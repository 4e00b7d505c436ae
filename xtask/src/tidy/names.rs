//! Files are named after their one concept, never after being a drawer.

use anyhow::Result;

use super::Violation;
use super::checkout::Checkout;

const DRAWERS: [&str; 10] = [
    "util", "utils", "common", "helper", "helpers", "manager", "misc", "imp", "stuff", "base",
];

pub(super) fn check(checkout: &Checkout) -> Result<Vec<Violation>> {
    let mut violations = Vec::new();
    for file in &checkout.files {
        let drawer = file
            .path
            .split('/')
            .map(|part| part.split('.').next().unwrap_or(part))
            .find(|part| DRAWERS.contains(part));
        if let Some(drawer) = drawer {
            violations.push(Violation::new(
                &file.path,
                0,
                format!("`{drawer}` names no concept: call it what it holds"),
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
    fn a_drawer_is_refused_as_file_and_as_folder() {
        let count = |path| check(&SourceFile::sample(path, "")).expect("checks").len();
        assert_eq!(count("crates/a/src/utils.rs"), 1);
        assert_eq!(count("crates/a/src/common/paging.rs"), 1);
        assert_eq!(count("crates/a/src/paging.rs"), 0);
    }
}
