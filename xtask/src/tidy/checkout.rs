//! What the rules look at: every file that Git knows or would take, Rust parsed once. Judges nothing.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use syn::visit::Visit;

use crate::repository;

/// The files of the checkout.
pub(super) struct Checkout {
    /// Text files, by path.
    pub(super) files: Vec<SourceFile>,
}

/// One text file.
pub(super) struct SourceFile {
    /// Path relative to the root, with `/`.
    pub(super) path: String,
    /// Its text.
    pub(super) text: String,
    /// Its syntax tree, when it is Rust.
    pub(super) syntax: Option<syn::File>,
    /// Lines that are test code, as ranges from 1, both ends included.
    test_lines: Vec<(usize, usize)>,
}

impl Checkout {
    /// Reads the files that Git tracks, and new ones that it does not ignore.
    pub(super) fn read() -> Result<Self> {
        let root = repository::root();
        let output = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(&root)
            .output()
            .context("start git")?;
        if !output.status.success() {
            bail!("git ls-files: {}", String::from_utf8_lossy(&output.stderr));
        }
        let listing = String::from_utf8(output.stdout).context("a path that is not UTF-8")?;
        let mut files = Vec::new();
        for path in listing.split('\0').filter(|path| !path.is_empty()) {
            // A file that was deleted and not yet committed is still listed; a binary one has nothing to read.
            if let Some(text) = read_text(&root.join(path))? {
                files.push(SourceFile::parse(path, text)?);
            }
        }
        Ok(Self { files })
    }

    /// The Rust files.
    pub(super) fn rust(&self) -> impl Iterator<Item = (&SourceFile, &syn::File)> {
        self.files
            .iter()
            .filter_map(|file| file.syntax.as_ref().map(|syntax| (file, syntax)))
    }
}

fn read_text(path: &Path) -> Result<Option<String>> {
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = fs::read(path).with_context(|| format!("read {}", path.display()))?;
    Ok(if bytes.contains(&0) {
        None
    } else {
        Some(String::from_utf8_lossy(&bytes).into_owned())
    })
}

impl SourceFile {
    fn parse(path: &str, text: String) -> Result<Self> {
        let syntax = if path.ends_with(".rs") {
            Some(syn::parse_file(&text).with_context(|| format!("parse {path}"))?)
        } else {
            None
        };
        let mut finder = TestFinder::default();
        if let Some(syntax) = &syntax {
            finder.visit_file(syntax);
        }
        Ok(Self {
            path: path.to_owned(),
            text,
            syntax,
            test_lines: finder.lines,
        })
    }

    /// A file of a test of a rule.
    #[cfg(test)]
    pub(super) fn sample(path: &str, text: &str) -> Checkout {
        Checkout {
            files: vec![Self::parse(path, text.to_owned()).expect("the sample parses")],
        }
    }

    /// The lines with their numbers from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Whether a line is test code: below `#[cfg(test)]`, or in a file that holds tests only.
    pub(super) fn is_test(&self, line: usize) -> bool {
        self.holds_tests_only()
            || self
                .test_lines
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&line))
    }

    /// Whether the whole file is for tests or measurements.
    pub(super) fn holds_tests_only(&self) -> bool {
        self.path.contains("/tests/")
            || self.path.contains("/benches/")
            || self.path.starts_with("tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("_tests.rs")
            || self.path.starts_with("crates/sluice-testkit/")
    }
}

/// Finds the items that are compiled for tests only.
#[derive(Default)]
struct TestFinder {
    lines: Vec<(usize, usize)>,
}

impl TestFinder {
    fn look(&mut self, attributes: &[syn::Attribute], item: &impl syn::spanned::Spanned) {
        let names_test = |tokens: &str| tokens.split(|c: char| !c.is_alphanumeric()).any(|word| word == "test");
        let is_test = |attribute: &syn::Attribute| match &attribute.meta {
            syn::Meta::List(list) => list.path.is_ident("cfg") && names_test(&list.tokens.to_string()),
            syn::Meta::Path(path) => path.segments.last().is_some_and(|segment| segment.ident == "test"),
            syn::Meta::NameValue(_) => false,
        };
        if attributes.iter().any(is_test) {
            let span = item.span();
            self.lines.push((span.start().line, span.end().line));
        }
    }
}

impl<'ast> Visit<'ast> for TestFinder {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.look(&item.attrs, item);
        syn::visit::visit_item_mod(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.look(&item.attrs, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.look(&item.attrs, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.look(&item.attrs, item);
        syn::visit::visit_item_impl(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.look(&item.attrs, item);
    }
}
