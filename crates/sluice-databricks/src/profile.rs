//! The configuration file of Databricks clients (`.databrickscfg`): sections of `key = value` lines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sluice_model::Secret;

/// One section of the file. Only what this client needs is read; other keys belong to other clients.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// `host`.
    pub host: Option<String>,
    /// `token`.
    pub token: Option<Secret<String>>,
    /// `retry_timeout_seconds`, the official clients' attribute: how long one request is repeated.
    pub retry_timeout: Option<Duration>,
}

/// The file and its sections.
#[derive(Clone, Debug)]
pub struct ProfileFile {
    /// Where it was read.
    pub path: PathBuf,
    /// Sections by name; lines before the first section belong to `DEFAULT`.
    pub profiles: BTreeMap<String, Profile>,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileFileError {
    /// It cannot be read.
    #[error("cannot read the configuration file `{}`", path.display())]
    Read {
        /// Its path.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A line is neither a section, nor a key with a value, nor a comment. The line is not shown: it may hold a token.
    #[error("{}:{line}: expected `[profile]` or `key = value`", path.display())]
    Line {
        /// The file's path.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
    },
    /// `retry_timeout_seconds` is no whole number.
    #[error("{}:{line}: `retry_timeout_seconds` is a whole number of seconds, as 300", path.display())]
    Seconds {
        /// The file's path.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
    },
}

impl ProfileFile {
    /// Reads the file; none when it does not exist.
    ///
    /// # Errors
    /// When it exists and cannot be read or has a broken line.
    pub fn read(path: &Path) -> Result<Option<Self>, ProfileFileError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(ProfileFileError::Read {
                path: path.to_owned(),
                source,
            }),
        }
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ProfileFileError> {
        let mut profiles = BTreeMap::<String, Profile>::new();
        let mut section = "DEFAULT".to_owned();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                name.trim().clone_into(&mut section);
                profiles.entry(section.clone()).or_default();
                continue;
            }
            let Some((key, value)) = line.split_once('=') else {
                return Err(ProfileFileError::Line {
                    path: path.to_owned(),
                    line: index + 1,
                });
            };
            let profile = profiles.entry(section.clone()).or_default();
            let value = value.trim().to_owned();
            match key.trim() {
                "host" => profile.host = Some(value),
                "token" => profile.token = Some(Secret::new(value)),
                "retry_timeout_seconds" => {
                    let seconds = value.parse().map_err(|_not_a_number| ProfileFileError::Seconds {
                        path: path.to_owned(),
                        line: index + 1,
                    })?;
                    profile.retry_timeout = Some(Duration::from_secs(seconds));
                }
                _of_other_clients => {}
            }
        }
        Ok(Self {
            path: path.to_owned(),
            profiles,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_comments_and_foreign_keys_are_read() {
        let text = "; mine\nhost = a\n[dev]\n# local\nhost=http://127.0.0.1:1\ntoken = t=1\ncluster_id = x\n";
        let file = ProfileFile::parse(Path::new("cfg"), text).unwrap();
        let seen: Vec<_> = file
            .profiles
            .iter()
            .map(|(name, profile)| {
                (
                    name.as_str(),
                    profile.host.as_deref(),
                    profile.token.as_ref().map(|token| token.expose().as_str()),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("DEFAULT", Some("a"), None),
                ("dev", Some("http://127.0.0.1:1"), Some("t=1"))
            ]
        );
    }

    #[test]
    fn a_broken_line_is_named_without_its_content() {
        let error = ProfileFile::parse(Path::new("cfg"), "[dev]\ndapi-canary\n").unwrap_err();
        assert_eq!(error.to_string(), "cfg:2: expected `[profile]` or `key = value`");
    }

    #[test]
    fn the_time_for_one_request_is_a_whole_number_of_seconds() {
        let parsed = |value: &str| {
            ProfileFile::parse(
                Path::new("cfg"),
                &format!("[dev]\nhost = a\nretry_timeout_seconds = {value}\n"),
            )
        };
        assert_eq!(
            parsed("7").unwrap().profiles["dev"].retry_timeout,
            Some(Duration::from_secs(7))
        );
        for wrong in ["-1", "soon", "1.5"] {
            assert_eq!(
                parsed(wrong).unwrap_err().to_string(),
                "cfg:3: `retry_timeout_seconds` is a whole number of seconds, as 300"
            );
        }
    }
}
