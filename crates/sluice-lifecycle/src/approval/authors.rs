//! Who wrote the commits that would go to an environment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::bundle_files::GitError;
use crate::git::{ask, git};

/// The people behind some commits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authors {
    /// Subjects, in lower case.
    pub subjects: BTreeSet<String>,
    /// E-mail addresses, in lower case, that `principals` of the platform does not know.
    pub unmapped: BTreeSet<String>,
}

/// Authors and co-authors of the commits that are in `commit` and not in `base`; of its whole history when there is no base, or when
/// this repository does not have it.
///
/// # Errors
/// When git fails.
pub(crate) async fn since(
    repository: &Path,
    base: Option<&str>,
    commit: &str,
    principals: &BTreeMap<String, String>,
) -> Result<Authors, GitError> {
    let mut range = vec![commit.to_owned()];
    if let Some(base) = base
        && ask(repository, &["cat-file", "-e", &format!("{base}^{{commit}}")])
            .await?
            .is_ok()
    {
        range.push(format!("^{base}"));
    }
    // Replacements and `.mailmap` are content that an author can change; the addresses are those in the commits themselves.
    let mut arguments = vec![
        "--no-replace-objects",
        "log",
        "--no-show-signature",
        "-z",
        "--format=%ae%n%B",
    ];
    arguments.extend(range.iter().map(String::as_str));
    arguments.push("--");
    let output = git(repository, &arguments).await?;
    Ok(Authors::of(&String::from_utf8_lossy(&output), principals))
}

impl Authors {
    /// Reads commits, each an author's address on the first line and its message below, separated by NUL.
    fn of(log: &str, principals: &BTreeMap<String, String>) -> Self {
        let known: BTreeMap<String, &str> = principals
            .iter()
            .map(|(email, subject)| (email.to_lowercase(), subject.as_str()))
            .collect();
        let mut authors = Self::default();
        for commit in log.split('\0').filter(|commit| !commit.trim().is_empty()) {
            let (author, message) = commit.split_once('\n').unwrap_or((commit, ""));
            let co_authors = message.lines().filter_map(co_author);
            for email in std::iter::once(author.trim().to_lowercase()).chain(co_authors) {
                match known.get(&email) {
                    Some(subject) => authors.subjects.insert(subject.to_lowercase()),
                    None => authors.unmapped.insert(email),
                };
            }
        }
        authors
    }
}

/// The address in a line `Co-authored-by: Name <address>`; the whole value when there is none in it.
fn co_author(line: &str) -> Option<String> {
    const KEY: &str = "co-authored-by:";
    let line = line.trim();
    let value = line
        .get(..KEY.len())
        .filter(|key| key.eq_ignore_ascii_case(KEY))
        .map(|_| line[KEY.len()..].trim())?;
    let address = value
        .rsplit_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map(|(address, _)| address);
    Some(address.unwrap_or(value).trim().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authors_and_co_authors_are_mapped_and_the_others_named() {
        let principals = [
            ("Jane@home.test".to_owned(), "jane@corp.test".to_owned()),
            ("joe@home.test".to_owned(), "Joe@corp.test".to_owned()),
        ];
        let log = "jane@HOME.test\nfirst\n\0jo@x.test\nsecond\n\nCo-Authored-By: Joe <joe@home.test>\nmore\nco-authored-by: nobody\n\0";
        let authors = Authors::of(log, &principals.into());
        let texts = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
        assert_eq!(texts(&authors.subjects), ["jane@corp.test", "joe@corp.test"]);
        assert_eq!(texts(&authors.unmapped), ["jo@x.test", "nobody"]);
    }
}
