//! Where the bundle is.

use std::path::{Path, PathBuf};

/// The names that the root file may have, in the order of preference in messages.
pub(crate) const ROOT_FILES: [&str; 4] = ["databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml"];

/// There is no bundle, or it is not clear which.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RootError {
    /// No directory upwards has a root file.
    #[error("no bundle here: neither `{}` nor a directory above it has a `databricks.yml`", start.display())]
    NotFound {
        /// Where the search began.
        start: PathBuf,
    },
    /// The named directory has no root file.
    #[error("DATABRICKS_BUNDLE_ROOT names `{}`, which has no `databricks.yml`", directory.display())]
    NamedWithoutBundle {
        /// The directory.
        directory: PathBuf,
    },
}

/// The bundle's directory: the one that `named` (`DATABRICKS_BUNDLE_ROOT`) says, else the nearest one upwards from `start` that has
/// a root file. Whether there are several root files is for the language to say.
///
/// # Errors
/// When there is none.
pub fn find_root(start: &Path, named: Option<&str>) -> Result<PathBuf, RootError> {
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        let directory = start.join(named);
        return if has_root_file(&directory) {
            Ok(directory)
        } else {
            Err(RootError::NamedWithoutBundle { directory })
        };
    }
    start
        .ancestors()
        .find(|directory| has_root_file(directory))
        .map(Path::to_path_buf)
        .ok_or_else(|| RootError::NotFound {
            start: start.to_owned(),
        })
}

fn has_root_file(directory: &Path) -> bool {
    ROOT_FILES.iter().any(|name| directory.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_bundle_upwards_is_found() {
        let top = tempfile::tempdir().unwrap();
        let deep = top.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(find_root(&deep, None), Err(RootError::NotFound { start: deep.clone() }));
        std::fs::write(top.path().join("bundle.yaml"), "").unwrap();
        assert_eq!(find_root(&deep, None), Ok(top.path().to_owned()));
        assert_eq!(find_root(&deep, Some("../..")), Ok(deep.join("../..")));
        assert_eq!(
            find_root(&deep, Some("/nonexistent")),
            Err(RootError::NamedWithoutBundle {
                directory: PathBuf::from("/nonexistent")
            })
        );
    }
}
