//! Files of at most 800 lines, functions of at most 120. `size-exceptions.toml` names the others, each with its reason and its size, and
//! may only shrink: an entry that is not needed, or allows more than there is, is a violation too.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use syn::spanned::Spanned as _;
use syn::visit::Visit;

use super::Violation;
use super::checkout::Checkout;
use crate::repository;

const FILE_LINES: usize = 800;
const FUNCTION_LINES: usize = 120;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exceptions {
    /// Path to what it may have.
    #[serde(default)]
    file: BTreeMap<String, Exception>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    lines: usize,
    reason: String,
}

pub(super) fn check(checkout: &Checkout) -> Result<Vec<Violation>> {
    let path = repository::root().join("xtask/size-exceptions.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    Ok(judge(checkout, &toml::from_str(&text).context("size-exceptions.toml")?))
}

fn judge(checkout: &Checkout, exceptions: &Exceptions) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut unused: BTreeMap<&str, &Exception> = exceptions
        .file
        .iter()
        .map(|(path, entry)| (path.as_str(), entry))
        .collect();
    for file in checkout.files.iter().filter(|file| is_code(&file.path)) {
        let lines = file.text.lines().count();
        let exception = if lines > FILE_LINES {
            unused.remove(file.path.as_str())
        } else {
            None
        };
        match exception {
            Some(exception) if exception.reason.trim().is_empty() => {
                violations.push(Violation::new(
                    &file.path,
                    0,
                    "its entry in size-exceptions.toml has no reason",
                ));
            }
            Some(exception) if exception.lines == lines => {}
            Some(exception) => {
                let message = format!(
                    "{lines} lines, and size-exceptions.toml says {}: split it, or write what it is when it shrank",
                    exception.lines
                );
                violations.push(Violation::new(&file.path, 0, message));
            }
            None if lines > FILE_LINES => {
                violations.push(Violation::new(
                    &file.path,
                    0,
                    format!("{lines} lines, more than {FILE_LINES}: split it by concept"),
                ));
            }
            None => {}
        }
    }
    for path in unused.keys() {
        violations.push(Violation::new(
            "xtask/size-exceptions.toml",
            0,
            format!("`{path}` needs no exception: remove its entry"),
        ));
    }
    for (file, syntax) in checkout.rust() {
        let mut finder = LongFunctions::default();
        finder.visit_file(syntax);
        for (line, name, lines) in finder.found {
            violations.push(Violation::new(
                &file.path,
                line,
                format!("`{name}` has {lines} lines, more than {FUNCTION_LINES}"),
            ));
        }
    }
    violations
}

fn is_code(path: &str) -> bool {
    (path.ends_with(".rs") || path.ends_with(".py") || path.ends_with(".sql")) && !path.contains("/generated/")
}

#[derive(Default)]
struct LongFunctions {
    found: Vec<(usize, String, usize)>,
}

impl LongFunctions {
    fn look(&mut self, name: &syn::Ident, block: &syn::Block) {
        let span = block.span();
        let lines = span.end().line - span.start().line + 1;
        if lines > FUNCTION_LINES {
            self.found.push((span.start().line, name.to_string(), lines));
        }
    }
}

impl<'ast> Visit<'ast> for LongFunctions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.look(&item.sig.ident, &item.block);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.look(&item.sig.ident, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::checkout::SourceFile;

    fn messages(text: &str, exceptions: &str) -> Vec<String> {
        let exceptions = toml::from_str(exceptions).expect("exceptions");
        judge(&SourceFile::sample("crates/a/src/b.rs", text), &exceptions)
            .into_iter()
            .map(|violation| violation.message)
            .collect()
    }

    #[test]
    fn a_long_file_wants_an_exact_exception_with_a_reason() {
        let long = "// x\n".repeat(801);
        assert_eq!(messages(&long, ""), ["801 lines, more than 800: split it by concept"]);
        assert_eq!(
            messages(
                &long,
                "[file.\"crates/a/src/b.rs\"]\nlines = 801\nreason = \"one table\""
            ),
            [""; 0]
        );
        assert_eq!(
            messages(
                &long,
                "[file.\"crates/a/src/b.rs\"]\nlines = 900\nreason = \"one table\""
            )
            .len(),
            1
        );
        assert_eq!(
            messages(&long, "[file.\"crates/a/src/b.rs\"]\nlines = 801\nreason = \" \"").len(),
            1
        );
    }

    #[test]
    fn an_exception_that_is_not_needed_goes() {
        let found = messages("", "[file.\"crates/a/src/b.rs\"]\nlines = 801\nreason = \"one table\"");
        assert_eq!(found, ["`crates/a/src/b.rs` needs no exception: remove its entry"]);
    }

    #[test]
    fn a_long_function_is_named() {
        let text = format!("impl A {{ fn long() {{ {} }} }}", "a();\n".repeat(121));
        assert_eq!(messages(&text, ""), ["`long` has 122 lines, more than 120"]);
    }
}
