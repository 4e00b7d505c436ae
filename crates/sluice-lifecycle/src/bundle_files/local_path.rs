//! What stands at a local path: nothing, a directory, a notebook or another file.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use sluice_bundle::language::LocalPath;

/// Source extensions that may be notebooks, with the start of their comments.
const SOURCES: [(&str, &str); 4] = [("py", "#"), ("r", "#"), ("sql", "--"), ("scala", "//")];
/// What follows the comment sign on the first line of a notebook.
const HEADER: &str = "Databricks notebook source";

/// Looks at a path.
///
/// # Errors
/// When it exists and cannot be read.
pub(crate) fn classify(path: &Path) -> io::Result<LocalPath> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(LocalPath::Missing);
        }
        Err(error) => return Err(error),
    };
    if metadata.is_dir() {
        return Ok(LocalPath::Directory);
    }
    let mut start = Vec::new();
    File::open(path)?.take(128).read_to_end(&mut start)?;
    Ok(if is_notebook(path, &start) {
        LocalPath::Notebook
    } else {
        LocalPath::File
    })
}

/// Whether a file with this name and this beginning is a notebook: the workspace then drops its extension.
pub(crate) fn is_notebook(path: &Path, content: &[u8]) -> bool {
    let Some(extension) = path.extension().and_then(|extension| extension.to_str()) else {
        return false;
    };
    let extension = extension.to_ascii_lowercase();
    if extension == "ipynb" {
        return true;
    }
    let Some((_, comment)) = SOURCES.iter().find(|(source, _)| *source == extension) else {
        return false;
    };
    let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content);
    let line = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(line)
        .strip_prefix(comment)
        .is_some_and(|rest| rest.trim() == HEADER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notebooks_are_told_by_header_and_extension() {
        let check = |name: &str, content: &str| is_notebook(Path::new(name), content.as_bytes());
        assert!(check("a.py", "# Databricks notebook source\nx"));
        assert!(check("a.PY", "\u{feff}# Databricks notebook source\r\n"));
        assert!(check("a.sql", "-- Databricks notebook source"));
        assert!(check("a.ipynb", "{}"));
        assert!(!check("a.sql", "# Databricks notebook source"));
        assert!(!check("a.txt", "# Databricks notebook source"));
        assert!(!check("a.py", "import os\n# Databricks notebook source"));
    }

    #[test]
    fn what_is_not_there_is_missing() {
        let top = tempfile::tempdir().unwrap();
        fs::write(top.path().join("f"), "").unwrap();
        assert_eq!(classify(&top.path().join("g")).unwrap(), LocalPath::Missing);
        assert_eq!(classify(&top.path().join("f/g")).unwrap(), LocalPath::Missing);
        assert_eq!(classify(top.path()).unwrap(), LocalPath::Directory);
        assert_eq!(classify(&top.path().join("f")).unwrap(), LocalPath::File);
    }
}
