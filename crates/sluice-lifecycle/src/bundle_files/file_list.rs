//! `deployment.json`: which files the last deployment uploaded, in the format of the Databricks CLI.
//!
//! We add the digest of each file's content. The CLI drops it when it writes the list; such files are uploaded again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluice_model::{Digest, Timestamp};

use crate::bundle_files::listing::{LocalFiles, remote_name};

/// The newest version of the format that we read.
const VERSION: u64 = 1;

/// The list of uploaded files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileList {
    /// Version of the format: 1.
    pub version: u64,
    /// Rises with each deployment of files.
    pub seq: u64,
    /// Which program wrote it.
    pub cli_version: String,
    /// When it was written.
    pub timestamp: Timestamp,
    /// The files.
    pub files: Vec<UploadedFile>,
    /// UUID of this deployment's files; stays the same.
    #[serde(default)]
    pub id: String,
}

/// One uploaded file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadedFile {
    /// Path relative to the sync root.
    pub local_path: String,
    /// Whether it became a notebook.
    pub is_notebook: bool,
    /// Digest of what was uploaded; absent while an upload is under way, and when the CLI wrote the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

/// The list cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileListError {
    /// It is not JSON of the known shape.
    #[error("`{path}` is not a list of deployed files")]
    Malformed {
        /// Its path in the workspace.
        path: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A newer program wrote it.
    #[error("`{path}` has version {version}, which this version of sluice cannot read; use a newer one")]
    TooNew {
        /// Its path in the workspace.
        path: String,
        /// Its version.
        version: u64,
    },
}

impl FileList {
    /// Reads a list.
    ///
    /// # Errors
    /// When it has another shape or a newer version.
    pub fn parse(path: &str, content: &[u8]) -> Result<Self, FileListError> {
        let list: Self = serde_json::from_slice(content).map_err(|source| FileListError::Malformed {
            path: path.to_owned(),
            source,
        })?;
        if list.version > VERSION {
            return Err(FileListError::TooNew {
                path: path.to_owned(),
                version: list.version,
            });
        }
        Ok(list)
    }
}

/// What has to happen so that the workspace has exactly the local files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileChanges {
    /// Local names to upload.
    pub upload: Vec<String>,
    /// Remote names to delete.
    pub delete: Vec<String>,
    /// How many files stay as they are.
    pub unchanged: usize,
}

/// Compares by content what is uploaded with what is there locally.
#[must_use]
pub fn compare(uploaded: &[UploadedFile], local: &LocalFiles) -> FileChanges {
    let before: BTreeMap<&str, &UploadedFile> = uploaded.iter().map(|file| (file.local_path.as_str(), file)).collect();
    let mut changes = FileChanges::default();
    for (name, file) in local {
        match before.get(name.as_str()) {
            Some(old) if old.digest == Some(file.digest) && old.is_notebook == file.notebook => changes.unchanged += 1,
            _ => changes.upload.push(name.clone()),
        }
    }
    let wanted: std::collections::BTreeSet<&str> = local
        .iter()
        .map(|(name, file)| remote_name(name, file.notebook))
        .collect();
    for file in uploaded {
        let place = remote_name(&file.local_path, file.is_notebook);
        if !wanted.contains(place) {
            changes.delete.push(place.to_owned());
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::bundle_files::listing::LocalFile;

    fn local(name: &str, content: &str, notebook: bool) -> (String, LocalFile) {
        let file = LocalFile {
            absolute: PathBuf::from(name),
            digest: Digest::of(content.as_bytes()),
            notebook,
        };
        (name.to_owned(), file)
    }

    fn uploaded(name: &str, content: Option<&str>, is_notebook: bool) -> UploadedFile {
        UploadedFile {
            local_path: name.to_owned(),
            is_notebook,
            digest: content.map(|content| Digest::of(content.as_bytes())),
        }
    }

    #[test]
    fn only_what_changed_is_uploaded_and_what_left_is_deleted() {
        let local: LocalFiles = [
            local("same.py", "1", false),
            local("other.py", "2", false),
            local("interrupted.py", "3", false),
            local("became.py", "4", true),
            local("new.py", "5", false),
        ]
        .into();
        let before = [
            uploaded("same.py", Some("1"), false),
            uploaded("other.py", Some("1"), false),
            uploaded("interrupted.py", None, false),
            uploaded("became.py", Some("4"), false),
            uploaded("old.py", Some("6"), true),
        ];
        assert_eq!(
            compare(&before, &local),
            FileChanges {
                upload: ["became.py", "interrupted.py", "new.py", "other.py"]
                    .map(str::to_owned)
                    .to_vec(),
                delete: ["became.py", "old"].map(str::to_owned).to_vec(),
                unchanged: 1,
            }
        );
    }

    #[test]
    fn lists_of_the_databricks_cli_are_read_and_newer_ones_refused() {
        let text = r#"{"version": 1, "seq": 3, "cli_version": "1.13.0", "timestamp": "2026-01-02T03:04:05.6Z",
            "files": [{"local_path": "a.py", "is_notebook": false}], "id": "x"}"#;
        let list = FileList::parse("p", text.as_bytes()).unwrap();
        assert_eq!((list.seq, list.files), (3, vec![uploaded("a.py", None, false)]));
        let error = FileList::parse("p", text.replace("\"version\": 1", "\"version\": 2").as_bytes()).unwrap_err();
        assert!(matches!(error, FileListError::TooNew { version: 2, .. }), "{error}");
    }
}
