//! Values of one environment that are still in a document, with their places.

use sluice_model::{Diagnostic, Location, Node, Tree, TreePath};

/// What must not stand literally in files that go to every environment.
#[derive(Clone, Debug, Default)]
pub(super) struct Literals {
    /// Names of catalogs that variables stand for.
    pub(super) catalogs: Vec<String>,
    /// The host, without its scheme.
    pub(super) host: String,
    /// Ids of warehouses, jobs, spaces.
    pub(super) ids: Vec<String>,
}

impl Literals {
    /// The literal in a text; none when there is none.
    pub(super) fn find(&self, text: &str) -> Option<String> {
        if !self.host.is_empty() && text.contains(&self.host) {
            return Some(format!("the host `{}`", self.host));
        }
        if let Some(start) = text.find("/Users/") {
            let end = text[start..]
                .find(['\'', '"', ' ', '\n', ')'])
                .map_or(text.len(), |end| start + end);
            return Some(format!("the personal path `{}`", &text[start..end]));
        }
        if let Some(id) = self.ids.iter().find(|id| has_word(text, id, |_, _| true)) {
            return Some(format!("the id `{id}`"));
        }
        let qualifies = |before: Option<char>, after: Option<char>| {
            let dotted = after == Some('.') || after == Some('`');
            (dotted && before != Some('.')) || (before == Some('/') && after == Some('/') && text.contains("/Volumes/"))
        };
        let catalog = self.catalogs.iter().find(|name| {
            has_word(text, name, qualifies)
                && !text.contains(&format!("{name}. "))
                && !text.ends_with(&format!("{name}."))
        });
        catalog.map(|name| format!("the catalog `{name}`"))
    }

    /// A finding for each text in a tree that holds one; `what` says what the document is about.
    pub(super) fn in_tree(&self, tree: &Tree, path: &TreePath, what: &str, findings: &mut Vec<Diagnostic>) {
        match &tree.node {
            Node::String(text) => {
                if let Some(literal) = self.find(text) {
                    findings.push(finding(what, &literal, tree.location.clone()).path(path.clone()));
                }
            }
            Node::Integer(number) => {
                if self.ids.contains(&number.to_string()) {
                    findings
                        .push(finding(what, &format!("the id `{number}`"), tree.location.clone()).path(path.clone()));
                }
            }
            Node::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.in_tree(item, &path.index(index), what, findings);
                }
            }
            Node::Mapping(fields) => {
                for (key, value) in fields {
                    self.in_tree(value, &path.key(key.as_str()), what, findings);
                }
            }
            Node::Null | Node::Bool(_) | Node::Float(_) => {}
        }
    }

    /// A finding for each line of a code file that holds one.
    pub(super) fn in_code(&self, file: &str, text: &str, findings: &mut Vec<Diagnostic>) {
        for (index, line) in text.lines().enumerate() {
            if let Some(literal) = self.find(line) {
                let location = Location {
                    file: file.into(),
                    line: u32::try_from(index + 1).unwrap_or(u32::MAX),
                    column: 1,
                };
                findings.push(finding(file, &literal, Some(location)).help(
                    "code is captured as it is: pass the value as a parameter of the job, which can refer to variables",
                ));
            }
        }
    }
}

fn finding(what: &str, literal: &str, location: Option<Location>) -> Diagnostic {
    Diagnostic::warning(format!("{what} holds {literal}, which is of one environment")).location(location)
}

/// Whether a word stands in a text, with what stands before and after it as wanted.
fn has_word(text: &str, word: &str, wanted: impl Fn(Option<char>, Option<char>) -> bool) -> bool {
    let is_part = |sign: Option<char>| sign.is_some_and(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '-'));
    !word.is_empty()
        && text.match_indices(word).any(|(start, _)| {
            let before = text[..start].chars().next_back();
            let after = text[start + word.len()..].chars().next();
            !is_part(before) && !is_part(after) && before != Some('{') && wanted(before, after)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_found_as_words() {
        let literals = Literals {
            catalogs: vec!["dev".to_owned()],
            host: "dbc-1.example.test".to_owned(),
            ids: vec!["8f".to_owned()],
        };
        let check = |text: &str, expected: Option<&str>| assert_eq!(literals.find(text).as_deref(), expected, "{text}");
        check("spark.table('dev.gold.t')", Some("the catalog `dev`"));
        check("/Volumes/dev/gold/v", Some("the catalog `dev`"));
        check("spark.table(f'{catalog}.gold.t')", None);
        check("a dev. And more", None);
        check("devices.gold, x.dev.y", None);
        check("https://dbc-1.example.test/x", Some("the host `dbc-1.example.test`"));
        check(
            "open('/Workspace/Users/a@b/x.txt')",
            Some("the personal path `/Users/a@b/x.txt`"),
        );
        check("on 8f", Some("the id `8f`"));
        check("0x8fa", None);
    }
}
