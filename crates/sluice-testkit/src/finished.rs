//! What a finished command said and did.

use std::process::Output;

/// A command that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Finished {
    /// Exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error, with the paths of the environment replaced by `[HOME]` and the like.
    pub stderr: String,
}

impl Finished {
    pub(crate) fn new(output: &Output, masks: &[(String, &str)]) -> Self {
        let mask = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            masks
                .iter()
                .fold(text, |text, (path, name)| text.replace(path.as_str(), name))
        };
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: mask(&output.stderr),
        }
    }

    /// Standard output, of a command that must have succeeded.
    ///
    /// # Panics
    /// When it did not exit with 0.
    #[must_use]
    pub fn success(&self) -> &str {
        assert_eq!(self.code, Some(0), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        &self.stdout
    }

    /// Standard error, of a command that must have failed with this exit code and must not have panicked.
    ///
    /// # Panics
    /// When it ended in another way.
    #[must_use]
    pub fn failure(&self, code: i32) -> &str {
        assert_eq!(
            self.code,
            Some(code),
            "stdout: {}\nstderr: {}",
            self.stdout,
            self.stderr
        );
        assert!(!self.stderr.contains("panicked at"), "{}", self.stderr);
        &self.stderr
    }

    /// Standard output as JSON, of a command that must have succeeded.
    ///
    /// # Panics
    /// When it did not exit with 0, or did not write JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let text = self.success();
        serde_json::from_str(text).unwrap_or_else(|error| panic!("not JSON ({error}): {text}"))
    }
}
