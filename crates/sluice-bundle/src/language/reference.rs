//! The syntax of references: `${var.name}`, `${resources.jobs.load.tasks[0].task_key}`.
//!
//! What does not match stays literal text; there is no escape.

use std::sync::LazyLock;

use regex::Regex;
use sluice_model::TreePath;
use sluice_model::tree::Step;

static SYNTAX: LazyLock<Regex> = LazyLock::new(|| {
    let segment = r"\p{L}+(?:[-_]*[\p{L}\p{Nd}]+)*(?:\[[0-9]+\])*";
    Regex::new(&format!(r"\$\{{({segment}(?:\.{segment})*)\}}")).expect("invariant: the pattern is a constant")
});

/// One reference inside a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// As written, with `${` and `}`.
    pub(crate) text: String,
    /// The path between the braces; `var.x` stays as written.
    pub(crate) path: TreePath,
    /// Where it starts and ends in the text, in bytes.
    pub(crate) range: std::ops::Range<usize>,
}

/// All references of a text, in order.
pub(crate) fn references(text: &str) -> Vec<Reference> {
    if !text.contains("${") {
        return Vec::new();
    }
    SYNTAX
        .captures_iter(text)
        .filter_map(|found| {
            let whole = found.get(0)?;
            Some(Reference {
                text: whole.as_str().to_owned(),
                path: path(found.get(1)?.as_str()),
                range: whole.range(),
            })
        })
        .collect()
}

/// The reference that a text consists of, when it is exactly one.
pub(crate) fn whole(text: &str) -> Option<Reference> {
    let mut found = references(text);
    match found.pop() {
        Some(reference) if found.is_empty() && reference.range == (0..text.len()) => Some(reference),
        _ => None,
    }
}

/// Reads `a.b[0].c`, which has been matched already.
fn path(text: &str) -> TreePath {
    let mut steps = Vec::new();
    for segment in text.split('.') {
        let mut parts = segment.split('[');
        steps.extend(parts.next().map(|key| Step::Key(key.to_owned())));
        // An index beyond any list stands for one that is not there.
        steps.extend(parts.map(|index| Step::Index(index.trim_end_matches(']').parse().unwrap_or(usize::MAX))));
    }
    TreePath(steps)
}

/// The first key of a path, such as `var`.
pub(crate) fn root(path: &TreePath) -> &str {
    match path.0.first() {
        Some(Step::Key(key)) => key,
        Some(Step::Index(_)) | None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_is_that_of_the_bundle_language() {
        for (text, expected) in [
            ("${var.a}", vec!["var.a"]),
            ("x-${var.a_b-c}-${bundle.name}", vec!["var.a_b-c", "bundle.name"]),
            (
                "${resources.jobs.j.tasks[0].a[1][2]}",
                vec!["resources.jobs.j.tasks[0].a[1][2]"],
            ),
            ("${var.größe2}", vec!["var.größe2"]),
            ("${foo}", vec!["foo"]),
            ("$${var.a}", vec!["var.a"]),
            ("${var.a_}", vec![]),
            ("${var._a}", vec![]),
            ("${var.1a}", vec![]),
            ("${ var.a }", vec![]),
            ("${var..a}", vec![]),
            ("${var.a", vec![]),
            ("${}", vec![]),
            ("{{job.id}}", vec![]),
        ] {
            let found: Vec<String> = references(text).iter().map(|each| each.path.to_string()).collect();
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(whole("${var.a}").map(|each| each.text).as_deref(), Some("${var.a}"));
        assert_eq!(whole("${var.a} "), None);
        assert_eq!(whole("${var.a}${var.b}"), None);
    }
}
