//! Jupyter notebooks: an `.ipynb` document as the text of a notebook in source format. Pure.
//!
//! Cells keep their order and text; outputs and metadata of cells are not kept, as no client asks for them back in that format.

use serde::Deserialize;

use super::content::Language;
use crate::error::ApiError;

#[derive(Deserialize)]
struct Document {
    cells: Vec<Cell>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default, rename = "application/vnd.databricks.v1+notebook")]
    databricks: Named,
    #[serde(default)]
    kernelspec: Named,
    #[serde(default)]
    language_info: Named,
}

#[derive(Default, Deserialize)]
struct Named {
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Cell {
    cell_type: String,
    source: Source,
}

/// Both forms are in the format's description.
#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Text(String),
    Lines(Vec<String>),
}

/// The language of a document and its text in source format.
///
/// # Errors
/// 400 when it is no Jupyter notebook or its language is none of a notebook.
pub(super) fn source(content: &[u8]) -> Result<(Language, String), ApiError> {
    let document: Document = serde_json::from_slice(content)
        .map_err(|error| ApiError::invalid(format!("the content is no Jupyter notebook of version 4: {error}")))?;
    let language = language(&document.metadata)?;
    let comment = match language {
        Language::Python | Language::R => "#",
        Language::Sql => "--",
        Language::Scala => "//",
    };
    let cells: Vec<String> = document.cells.iter().filter_map(|cell| write(cell, comment)).collect();
    let separator = format!("\n\n{comment} COMMAND ----------\n\n");
    Ok((language, format!("{}\n{}\n", language.marker(), cells.join(&separator))))
}

fn language(metadata: &Metadata) -> Result<Language, ApiError> {
    let named = [
        &metadata.databricks.language,
        &metadata.language_info.name,
        &metadata.kernelspec.language,
    ];
    let name = named.into_iter().flatten().next().map_or("python", String::as_str);
    name.to_ascii_uppercase().parse()
}

/// A cell as source format has it; none for an empty one.
fn write(cell: &Cell, comment: &str) -> Option<String> {
    let text = match &cell.source {
        Source::Text(text) => text.clone(),
        Source::Lines(lines) => lines.concat(),
    };
    let text = text.trim_matches('\n');
    if text.trim().is_empty() {
        return None;
    }
    let magic = |line: &str| format!("{comment} MAGIC {line}").trim_end().to_owned();
    let is_magic = |line: &str| line.trim_start().starts_with(['%', '!']);
    if cell.cell_type != "code" {
        return Some(
            [magic("%md")]
                .into_iter()
                .chain(text.lines().map(magic))
                .collect::<Vec<_>>()
                .join("\n"),
        );
    }
    let whole = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| line.starts_with('%'));
    let line = |line: &str| {
        if whole || is_magic(line) {
            magic(line)
        } else {
            line.to_owned()
        }
    };
    Some(text.lines().map(line).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_become_cells_and_magics_stay_magics() {
        let document = json!({
            "nbformat": 4, "metadata": {"language_info": {"name": "python"}},
            "cells": [
                {"cell_type": "markdown", "source": ["# Title\n", "text"]},
                {"cell_type": "code", "source": "x = 1\nprint(x)", "outputs": [{}], "execution_count": 3},
                {"cell_type": "code", "source": ["%sql\n", "SELECT 1"]},
                {"cell_type": "code", "source": []},
            ],
        });
        let (language, text) = source(document.to_string().as_bytes()).unwrap();
        assert_eq!(language, Language::Python);
        let expected = "# Databricks notebook source\n# MAGIC %md\n# MAGIC # Title\n# MAGIC text\n\n# COMMAND ----------\n\nx = 1\nprint(x)\n\n\
                        # COMMAND ----------\n\n# MAGIC %sql\n# MAGIC SELECT 1\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn the_language_is_what_the_document_says_and_other_documents_are_refused() {
        let of = |metadata: serde_json::Value| {
            source(json!({"cells": [], "metadata": metadata}).to_string().as_bytes()).map(|found| found.0)
        };
        assert_eq!(
            of(json!({"application/vnd.databricks.v1+notebook": {"language": "sql"}})),
            Ok(Language::Sql)
        );
        assert_eq!(
            of(json!({"kernelspec": {"language": "scala", "name": "x"}})),
            Ok(Language::Scala)
        );
        assert_eq!(of(json!({})), Ok(Language::Python));
        assert_eq!(
            of(json!({"language_info": {"name": "julia"}}))
                .unwrap_err()
                .status
                .as_u16(),
            400
        );
        assert_eq!(
            source(b"# Databricks notebook source").unwrap_err().status.as_u16(),
            400
        );
    }
}
