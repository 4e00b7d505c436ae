//! What an imported content is: a notebook in source format, or a plain file.

use std::str::FromStr;

use bytes::Bytes;

use crate::error::ApiError;

/// The language of a notebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `.py`
    Python,
    /// `.sql`
    Sql,
    /// `.scala`
    Scala,
    /// `.r`
    R,
}

impl Language {
    const ALL: [Self; 4] = [Self::Python, Self::Sql, Self::Scala, Self::R];

    /// As the REST API writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Python => "PYTHON",
            Self::Sql => "SQL",
            Self::Scala => "SCALA",
            Self::R => "R",
        }
    }

    /// The extension of source files, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Python => "py",
            Self::Sql => "sql",
            Self::Scala => "scala",
            Self::R => "r",
        }
    }

    /// The first line of a notebook in source format.
    #[must_use]
    pub fn marker(self) -> &'static str {
        match self {
            Self::Python | Self::R => "# Databricks notebook source",
            Self::Sql => "-- Databricks notebook source",
            Self::Scala => "// Databricks notebook source",
        }
    }
}

impl FromStr for Language {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Self, ApiError> {
        let found = Self::ALL.into_iter().find(|language| language.as_str() == text);
        found.ok_or_else(|| ApiError::invalid(format!("`{text}` is not a language: expected PYTHON, SQL, SCALA or R")))
    }
}

/// How a content comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ImportFormat {
    /// The content decides.
    Auto,
    /// A notebook in this language.
    Source(Language),
    /// A file, whatever is in it.
    Raw,
}

impl ImportFormat {
    pub(super) fn parse(format: &str, language: Option<&str>) -> Result<Self, ApiError> {
        match (format, language.filter(|language| !language.is_empty())) {
            ("AUTO", _) => Ok(Self::Auto),
            ("RAW", _) => Ok(Self::Raw),
            ("" | "SOURCE", Some(language)) => Ok(Self::Source(language.parse()?)),
            ("" | "SOURCE", None) => Err(ApiError::invalid("`language` is required for the format SOURCE")),
            ("HTML" | "DBC" | "R_MARKDOWN", _) => Err(ApiError::not_implemented(format!(
                "the local workspace imports notebooks in source format and from Jupyter, not in the format {format}"
            ))),
            (other, _) => Err(ApiError::invalid(format!("`{other}` is not an import format"))),
        }
    }
}

/// What a content becomes under a name: the language of a notebook (none for a file), the name it gets, and the stored bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Recognised {
    pub(super) language: Option<Language>,
    pub(super) name: String,
    pub(super) content: Bytes,
}

/// Recognises a notebook: by the format that the client names, or by extension and first line.
pub(super) fn recognise(format: ImportFormat, name: &str, content: Bytes) -> Recognised {
    let file = |content| Recognised {
        language: None,
        name: name.to_owned(),
        content,
    };
    match format {
        ImportFormat::Raw => file(content),
        ImportFormat::Auto => {
            let extension = name
                .rsplit_once('.')
                .map(|(_, extension)| extension.to_ascii_lowercase());
            let language = Language::ALL
                .into_iter()
                .find(|each| extension.as_deref() == Some(each.extension()));
            match language.filter(|language| first_line(&content) == language.marker().as_bytes()) {
                Some(language) => notebook(language, name, content),
                None => file(content),
            }
        }
        ImportFormat::Source(language) => {
            let content = if first_line(&content) == language.marker().as_bytes() {
                content
            } else {
                [language.marker().as_bytes(), b"\n", &content].concat().into()
            };
            notebook(language, name, content)
        }
    }
}

fn notebook(language: Language, name: &str, content: Bytes) -> Recognised {
    let stem = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.eq_ignore_ascii_case(language.extension()) && !stem.is_empty() => stem,
        _ => name,
    };
    Recognised {
        language: Some(language),
        name: stem.to_owned(),
        content,
    }
}

fn first_line(content: &[u8]) -> &[u8] {
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
    let line = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.trim_ascii_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(name: &str, content: &'static str) -> (Option<Language>, String) {
        let recognised = recognise(ImportFormat::Auto, name, Bytes::from_static(content.as_bytes()));
        (recognised.language, recognised.name)
    }

    #[test]
    fn extension_and_first_line_make_a_notebook() {
        assert_eq!(
            auto("a.py", "# Databricks notebook source\r\nx"),
            (Some(Language::Python), "a".to_owned())
        );
        assert_eq!(
            auto("a.sql", "-- Databricks notebook source"),
            (Some(Language::Sql), "a".to_owned())
        );
        assert_eq!(
            auto("a.py", "x = 1\n# Databricks notebook source"),
            (None, "a.py".to_owned())
        );
        assert_eq!(auto("a.py", "-- Databricks notebook source"), (None, "a.py".to_owned()));
        assert_eq!(
            auto("a.txt", "# Databricks notebook source"),
            (None, "a.txt".to_owned())
        );
    }

    #[test]
    fn source_without_its_marker_gets_it() {
        let recognised = recognise(
            ImportFormat::Source(Language::Sql),
            "q",
            Bytes::from_static(b"select 1"),
        );
        assert_eq!(recognised.content, "-- Databricks notebook source\nselect 1");
    }
}
