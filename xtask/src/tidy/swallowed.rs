//! An error is handled or passed on, never dropped with `.ok();`. Test code may call what it likes `ok()`.

use anyhow::Result;

use super::Violation;
use super::checkout::Checkout;

/// Spelled in two parts, so that this file does not break its own rule.
const DROPPED: &str = concat!(".ok()", ";");

pub(super) fn check(checkout: &Checkout) -> Result<Vec<Violation>> {
    let mut violations = Vec::new();
    for (file, _) in checkout.rust() {
        for (number, line) in file.lines() {
            let statement = line.trim_end().ends_with(DROPPED) && !line.contains("= ") && !line.contains("return ");
            if statement && !file.is_test(number) && !is_bound(&file.text, number) {
                violations.push(Violation::new(
                    &file.path,
                    number,
                    "an error is dropped: handle it, or say why it does not matter in a `match`",
                ));
            }
        }
    }
    Ok(violations)
}

/// Whether the chained call that ends in this line began with a binding (`let x = a\n  .b()\n  .ok();`).
fn is_bound(text: &str, number: usize) -> bool {
    let before: Vec<&str> = text.lines().take(number).collect();
    let start = before.iter().rev().find(|line| !line.trim_start().starts_with('.'));
    start.is_some_and(|line| line.contains(" = ") || line.trim_start().starts_with("return "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::checkout::SourceFile;

    #[test]
    fn a_dropped_error_is_found_and_a_used_one_is_not() {
        let lines = |body: &str| {
            let sample = SourceFile::sample("a.rs", &format!("fn a() {{\n{body}\n}}"));
            check(&sample)
                .expect("checks")
                .into_iter()
                .map(|violation| violation.line)
                .collect::<Vec<_>>()
        };
        assert_eq!(lines(concat!("write(x).ok()", ";")), [2]);
        assert_eq!(lines(concat!("file\n  .write(x)\n  .ok()", ";")), [4]);
        assert_eq!(lines(concat!("let y = read(x).ok()", ";")), [0; 0]);
        assert_eq!(lines(concat!("let y = file\n  .read(x)\n  .ok()", ";")), [0; 0]);
    }
}
