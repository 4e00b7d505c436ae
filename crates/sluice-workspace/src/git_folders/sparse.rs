//! Sparse checkouts in cone mode (git-sparse-checkout(1)): some directories with all that is in them, and the files directly in those above.

use serde::{Deserialize, Serialize};

use crate::error::ApiError;

/// The directories that are there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SparseCheckout {
    #[serde(default)]
    pub(super) patterns: Vec<String>,
}

impl SparseCheckout {
    /// Refuses what is no directory of a repository.
    ///
    /// # Errors
    /// 400 naming the pattern.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        for pattern in &self.patterns {
            let path = pattern.trim_matches('/');
            let odd = |part: &str| matches!(part, "" | "." | "..") || part.contains(['*', '?', '[', '\\', '!']);
            if path.split('/').any(odd) {
                return Err(ApiError::invalid(format!(
                    "`{pattern}` is not a pattern of a sparse checkout: expected a directory such as `src/ingest`"
                )));
            }
        }
        Ok(())
    }

    /// Whether a file of the repository is there.
    pub(super) fn keeps(&self, path: &str) -> bool {
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        directory.is_empty()
            || self
                .patterns
                .iter()
                .map(|pattern| pattern.trim_matches('/'))
                .any(|pattern| is_below(directory, pattern) || is_below(pattern, directory))
    }
}

/// Whether a directory is another one or below it.
fn is_below(directory: &str, above: &str) -> bool {
    directory
        .strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_with_all_that_is_in_it_and_the_files_above() {
        let sparse = SparseCheckout {
            patterns: vec!["/src/ingest/".to_owned()],
        };
        sparse.check().unwrap();
        for path in ["README.md", "src/a.py", "src/ingest/b.py", "src/ingest/deep/c.py"] {
            assert!(sparse.keeps(path), "{path}");
        }
        for path in ["docs/a.md", "src/ingest2/b.py", "src/other/c.py"] {
            assert!(!sparse.keeps(path), "{path}");
        }
        for pattern in ["", "/", "../x", "a/*", "!a", "a//b"] {
            let sparse = SparseCheckout {
                patterns: vec![pattern.to_owned()],
            };
            assert_eq!(sparse.check().unwrap_err().status.as_u16(), 400, "{pattern}");
        }
    }
}
