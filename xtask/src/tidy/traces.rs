//! Nothing in the repository depends on the machine that it was written on: no home directories, no package registry by name.

use anyhow::Result;

use super::Violation;
use super::checkout::Checkout;

/// A text that may not occur, and what to write in its place. Spelled in parts, so that this file does not break its own rule.
const TRACES: [(&str, &str); 6] = [
    (concat!("/root", "/"), "a path below HOME or the checkout"),
    (concat!("/home", "/runner"), "a path below HOME or the checkout"),
    (concat!("/work", "/main"), "a path below the checkout"),
    (
        concat!("pypi", ".org"),
        "nothing: the client's own setting says where packages come from",
    ),
    (
        concat!("files.python", "hosted.org"),
        "nothing: the client's own setting says where packages come from",
    ),
    (
        concat!("index.crates", ".io"),
        "nothing: the client's own setting says where packages come from",
    ),
];

pub(super) fn check(checkout: &Checkout) -> Result<Vec<Violation>> {
    let mut violations = Vec::new();
    for file in checkout.files.iter().filter(|file| file.path != "Cargo.lock") {
        for (number, line) in file.lines() {
            if let Some((trace, instead)) = TRACES.iter().find(|(trace, _)| line.contains(trace)) {
                violations.push(Violation::new(
                    &file.path,
                    number,
                    format!("`{trace}` holds on one machine only; write {instead}"),
                ));
            }
        }
    }
    Ok(violations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::checkout::SourceFile;

    #[test]
    fn a_home_directory_and_a_registry_are_found() {
        let count = |text: &str| check(&SourceFile::sample("a.toml", text)).expect("checks").len();
        assert_eq!(count(concat!("cache = '/root", "/.cache'")), 1);
        assert_eq!(count(concat!("--index-url https://pypi", ".org/simple")), 1);
        assert_eq!(count("cache = '~/.cache'"), 0);
    }
}
