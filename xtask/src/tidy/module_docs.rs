//! Every Rust file begins with `//!`: its purpose, what it does not do, where to start.

use anyhow::Result;

use super::Violation;
use super::checkout::Checkout;

pub(super) fn check(checkout: &Checkout) -> Result<Vec<Violation>> {
    let missing = checkout.rust().filter(|(file, _)| !file.text.starts_with("//!"));
    Ok(missing
        .map(|(file, _)| Violation::new(&file.path, 1, "does not begin with `//!`: say what it is for"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::checkout::SourceFile;

    #[test]
    fn a_file_without_a_beginning_is_found() {
        assert_eq!(
            check(&SourceFile::sample("a.rs", "fn a() {}")).expect("checks").len(),
            1
        );
        assert_eq!(
            check(&SourceFile::sample("a.rs", "//! Does a.\nfn a() {}")).expect("checks"),
            []
        );
    }
}
