//! A test asserts something, and every test runs: no `#[ignore]`, no skip in Python without a reason.

use anyhow::Result;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::visit::Visit;

use super::Violation;
use super::checkout::{Checkout, SourceFile};

pub(super) fn check(checkout: &Checkout) -> Result<Vec<Violation>> {
    let mut violations = Vec::new();
    for (file, syntax) in checkout.rust() {
        let mut finder = Tests {
            file,
            violations: &mut violations,
        };
        finder.visit_file(syntax);
    }
    for file in checkout.files.iter().filter(|file| file.path.ends_with(".py")) {
        python(file, &mut violations);
    }
    Ok(violations)
}

struct Tests<'file> {
    file: &'file SourceFile,
    violations: &'file mut Vec<Violation>,
}

impl<'ast> Visit<'ast> for Tests<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let has = |name: &str| {
            item.attrs.iter().any(|attribute| {
                attribute
                    .path()
                    .segments
                    .last()
                    .is_some_and(|segment| segment.ident == name)
            })
        };
        let line = item.sig.ident.span().start().line;
        if has("ignore") {
            self.violations.push(Violation::new(
                &self.file.path,
                line,
                format!("`{}` is ignored: make it run or remove it", item.sig.ident),
            ));
        }
        if has("test") && !asserts(item.block.to_token_stream()) {
            self.violations.push(Violation::new(
                &self.file.path,
                line,
                format!("`{}` asserts nothing", item.sig.ident),
            ));
        }
        syn::visit::visit_item_fn(self, item);
    }
}

/// Whether the tokens call something that can fail a test: an assertion, a `check…`, a snapshot, `expect`/`unwrap_err`-like, or `panic!`.
fn asserts(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(name) => {
            let name = name.to_string();
            ["assert", "check", "expect", "verify", "prop_"]
                .iter()
                .any(|start| name.starts_with(start))
                || name.contains("assert")
                || name == "panic"
        }
        TokenTree::Group(group) => asserts(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// The same for pytest: a function `test_…` has an `assert`, a `raises` or a call of a `check_…`.
fn python(file: &SourceFile, violations: &mut Vec<Violation>) {
    let lines: Vec<&str> = file.text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let Some(rest) = line.trim_start().strip_prefix("def test_") else {
            continue;
        };
        // A text in triple quotes may stand at the margin, so that the body ends at the next definition and not at the next short indent.
        let is_definition = |line: &&&str| ["def ", "class ", "@"].iter().any(|word| line.starts_with(word));
        let mut body = lines[index + 1..].iter().take_while(|line| !is_definition(line));
        if !body.any(|line| ["assert", "raises(", "check_"].iter().any(|word| line.contains(word))) {
            let name = rest.split('(').next().unwrap_or(rest);
            violations.push(Violation::new(
                &file.path,
                index + 1,
                format!("`test_{name}` asserts nothing"),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        check(&SourceFile::sample(path, text))
            .expect("checks")
            .into_iter()
            .map(|violation| violation.message)
            .collect()
    }

    #[test]
    fn a_test_without_assertion_is_named() {
        assert_eq!(
            messages("a.rs", "#[test] fn runs() { let _x = work(); }"),
            ["`runs` asserts nothing"]
        );
        assert_eq!(
            messages("a.rs", "#[tokio::test] async fn runs() { work().await; }"),
            ["`runs` asserts nothing"]
        );
        assert_eq!(
            messages("a.rs", "#[test] fn runs() { for x in y { assert_eq!(x, 1); } }"),
            [""; 0]
        );
        assert_eq!(messages("a.rs", "fn work() {}"), [""; 0]);
    }

    #[test]
    fn an_ignored_test_is_named() {
        let text = "#[test] #[ignore] fn slow() { assert!(true); }";
        assert_eq!(messages("a.rs", text), ["`slow` is ignored: make it run or remove it"]);
    }

    #[test]
    fn the_same_holds_in_python() {
        assert_eq!(
            messages(
                "test_a.py",
                "def test_one():\n    work()\n\ndef test_two():\n    assert work()\n"
            ),
            ["`test_one` asserts nothing"]
        );
        assert_eq!(
            messages(
                "test_a.py",
                "def test_one():\n    text = \"\"\"\nx\n\"\"\"\n    assert text\n"
            ),
            [""; 0]
        );
    }
}
