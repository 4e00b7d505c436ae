//! What a task needs beside the local runtime: requirements for the package index, and wheels of the workspace.

use serde::Deserialize;

use crate::error::ApiError;
use crate::jobs::settings::{Object, not_executed};

/// Something to install for a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Library {
    /// A requirement such as `humanize==4.9.0`, resolved by the package index.
    Requirement(String),
    /// A wheel: a workspace file, or a file of a volume.
    Wheel(String),
    /// A file with requirements, one a line.
    Requirements(String),
}

/// The kinds of `Library` in the API that belong to the JVM, to R or to formats that run code when they are installed.
const REFUSED: [&str; 4] = ["cran", "egg", "jar", "maven"];

#[derive(Deserialize)]
struct Package {
    package: String,
    #[serde(default)]
    repo: Option<String>,
}

impl Library {
    /// Reads a `Library` of the API; `whose` begins messages.
    ///
    /// # Errors
    /// 501 naming a kind that is not installed here, 400 for what cannot be read.
    pub(crate) fn read(whose: &str, given: &Object) -> Result<Self, ApiError> {
        if let Some(kind) = REFUSED.into_iter().find(|kind| given.contains_key(*kind)) {
            return Err(not_executed(&format!(
                "the library kind `{kind}` of {whose}: `whl`, `pypi` and `requirements` are installed"
            )));
        }
        if let Some(package) = given.get("pypi") {
            let Package { package, repo } = serde_json::from_value(package.clone())
                .map_err(|error| ApiError::invalid(format!("a library of {whose} cannot be read: {error}")))?;
            if repo.is_some() {
                return Err(not_executed(&format!(
                    "`pypi.repo` of {whose}: packages come from the index that is configured for `uv` or `pip`"
                )));
            }
            return Self::dependency(whose, &package);
        }
        let path = |name: &str| given.get(name).and_then(|path| path.as_str()).map(str::to_owned);
        match (path("whl"), path("requirements")) {
            (Some(path), None) => Self::wheel(whose, path),
            (None, Some(path)) => Ok(Self::Requirements(path)),
            _ => Err(ApiError::invalid(format!(
                "a library of {whose} has none of `whl`, `pypi` and `requirements`"
            ))),
        }
    }

    /// Reads a dependency as environments have them: a requirement, the path of a wheel, or `-r` and the path of a file.
    ///
    /// # Errors
    /// 400 for options of an installer and for what is no requirement.
    pub(crate) fn dependency(whose: &str, text: &str) -> Result<Self, ApiError> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix("-r ").or_else(|| text.strip_prefix("--requirement ")) {
            return Ok(Self::Requirements(path.trim().to_owned()));
        }
        if text.starts_with('/') {
            return Self::wheel(whose, text.to_owned());
        }
        // A requirement goes to the installer as it is: nothing but a name, extras, versions and markers, so that it names no file and no address.
        let starts = text.starts_with(|each: char| each.is_ascii_alphanumeric());
        let plain = |each: char| each.is_ascii_alphanumeric() || "._-[],<>=!~+*;'\"() ".contains(each);
        if starts && text.chars().all(plain) && !text.ends_with(".whl") {
            return Ok(Self::Requirement(text.to_owned()));
        }
        Err(ApiError::invalid(format!(
            "the dependency `{text}` of {whose} is neither a requirement such as `name==1.0` nor the path of a wheel below `/Workspace` or `/Volumes`"
        )))
    }

    fn wheel(whose: &str, path: String) -> Result<Self, ApiError> {
        if path.starts_with('/') && path.ends_with(".whl") {
            return Ok(Self::Wheel(path));
        }
        Err(ApiError::invalid(format!(
            "the library `{path}` of {whose} is no wheel below `/Workspace` or `/Volumes`"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_requirements_wheels_or_files_and_never_options() {
        let read = |text: &str| Library::dependency("the environment `e`", text);
        assert_eq!(
            read("pandas[excel]>=2,<3"),
            Ok(Library::Requirement("pandas[excel]>=2,<3".to_owned()))
        );
        assert_eq!(
            read("/Volumes/dev/a/b/x-1.0-py3-none-any.whl"),
            Ok(Library::Wheel("/Volumes/dev/a/b/x-1.0-py3-none-any.whl".to_owned()))
        );
        assert_eq!(
            read("-r /Workspace/r.txt"),
            Ok(Library::Requirements("/Workspace/r.txt".to_owned()))
        );
        for refused in [
            "--index-url http://x",
            "-e .",
            "https://x/y.whl",
            "x @ file:///etc",
            "/etc/passwd",
            "",
            "y.whl",
        ] {
            let error = read(refused).unwrap_err();
            assert_eq!(error.status.as_u16(), 400, "{refused}");
        }
    }
}
