//! Pure code touches no clock, disk, network, environment, process, randomness or async runtime, and keeps no order of chance.
//!
//! Looks at every path in the syntax tree, `use` included, outside tests.

use anyhow::Result;
use syn::spanned::Spanned as _;
use syn::visit::Visit;

use super::Violation;
use super::checkout::Checkout;

const PURE: [&str; 6] = [
    "crates/sluice-model/src/",
    "crates/sluice-wire/src/",
    "crates/sluice-bundle/src/",
    "crates/sluice-governance/src/",
    "crates/sluice-policy/src/",
    "crates/sluice-lifecycle/src/machines",
];

/// A forbidden path or its start, and what it would bring in.
const IMPURE: [(&str, &str); 17] = [
    ("std::fs", "the disk"),
    ("std::net", "the network"),
    ("std::env", "the environment"),
    ("std::process", "other processes"),
    ("std::thread", "threads"),
    ("std::time::SystemTime", "the clock"),
    ("std::time::Instant", "the clock"),
    (
        "std::collections::HashMap",
        "an order of chance (use BTreeMap or IndexMap)",
    ),
    (
        "std::collections::HashSet",
        "an order of chance (use BTreeSet or IndexSet)",
    ),
    ("jiff::Timestamp::now", "the clock"),
    ("jiff::Zoned::now", "the clock"),
    ("uuid::Uuid::new_v4", "randomness"),
    ("rand", "randomness"),
    ("getrandom", "randomness"),
    ("tokio", "an async runtime"),
    ("reqwest", "the network"),
    ("sqlx", "the disk"),
];

pub(super) fn check(checkout: &Checkout) -> Result<Vec<Violation>> {
    let mut violations = Vec::new();
    for (file, syntax) in checkout
        .rust()
        .filter(|(file, _)| PURE.iter().any(|pure| file.path.starts_with(pure)))
    {
        let mut paths = Paths::default();
        paths.visit_file(syntax);
        for (line, path) in paths.found {
            let impure = IMPURE
                .iter()
                .find(|(start, _)| path == *start || path.starts_with(&format!("{start}::")));
            if let Some((_, what)) = impure.filter(|_| !file.is_test(line)) {
                let message = format!("`{path}` brings {what} into pure code: take it as a value from outside");
                violations.push(Violation::new(&file.path, line, message));
            }
        }
    }
    violations.dedup();
    Ok(violations)
}

/// Collects every path as text, `use` trees spelled out.
#[derive(Default)]
struct Paths {
    found: Vec<(usize, String)>,
}

impl Paths {
    fn tree(&mut self, before: &str, tree: &syn::UseTree) {
        let join = |name: String| {
            if before.is_empty() {
                name
            } else {
                format!("{before}::{name}")
            }
        };
        let line = tree.span().start().line;
        match tree {
            syn::UseTree::Path(path) => {
                let before = join(path.ident.to_string());
                self.tree(&before, &path.tree);
            }
            // `use std::fs::{self}` and `use std::fs as disk` name the module before it.
            syn::UseTree::Name(name) if name.ident == "self" => self.found.push((line, before.to_owned())),
            syn::UseTree::Name(name) => self.found.push((line, join(name.ident.to_string()))),
            syn::UseTree::Rename(rename) if rename.ident == "self" => self.found.push((line, before.to_owned())),
            syn::UseTree::Rename(rename) => self.found.push((line, join(rename.ident.to_string()))),
            syn::UseTree::Glob(_) => self.found.push((line, before.to_owned())),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(before, item)),
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree("", &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.found.push((path.span().start().line, names.join("::")));
        syn::visit::visit_path(self, path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::checkout::SourceFile;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&SourceFile::sample(path, text))
            .expect("checks")
            .into_iter()
            .map(|violation| violation.line)
            .collect()
    }

    #[test]
    fn pure_code_may_not_reach_the_disk_or_the_clock() {
        let path = "crates/sluice-bundle/src/a.rs";
        assert_eq!(lines(path, "use std::fs;"), [1]);
        assert_eq!(lines(path, "use std::{\n  fmt,\n  fs::{self, File},\n};"), [3, 3]);
        assert_eq!(lines(path, "fn a() {\n  std::time::Instant::now();\n}"), [2]);
        assert_eq!(lines(path, "use tokio as t;"), [1]);
        assert_eq!(lines(path, "fn a(b: std::collections::HashMap<u8, u8>) {}"), [1]);
        assert_eq!(
            lines("crates/sluice-lifecycle/src/machines/a.rs", "use std::env::var;"),
            [1]
        );
    }

    #[test]
    fn tests_and_other_crates_may() {
        assert_eq!(
            lines(
                "crates/sluice-bundle/src/a.rs",
                "#[cfg(test)]\nmod tests {\n  use std::fs;\n}"
            ),
            [0; 0]
        );
        assert_eq!(lines("crates/sluice-bundle/src/a/tests.rs", "use std::fs;"), [0; 0]);
        assert_eq!(lines("crates/sluice-store/src/a.rs", "use std::fs;"), [0; 0]);
        assert_eq!(
            lines("crates/sluice-bundle/src/a.rs", "use std::fmt; fn a(random: u8) {}"),
            [0; 0]
        );
    }
}
