//! The datasets of a pipeline, wherever they are declared, and the settings that its source uses.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::failed::Failed;
use super::sources::{Source, Written};
use crate::jobs::sql_text;
use crate::sql::{DatasetKind, Declaration, Defaults, Expectation, Sentence};

/// How the rows of a dataset come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// A query.
    Sql(String),
    /// A function of the process that has read the Python sources.
    Python,
}

/// A dataset.
#[derive(Clone, Debug)]
pub(crate) struct Dataset {
    /// As it was declared.
    pub(crate) name: String,
    /// The parts of the name in the catalog, lower case.
    pub(crate) parts: [String; 3],
    pub(crate) kind: DatasetKind,
    pub(crate) columns: Vec<(String, Option<String>)>,
    pub(crate) expectations: Vec<Expectation>,
    pub(crate) comment: Option<String>,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) partitioning: Vec<String>,
    pub(crate) body: Body,
    /// The names that it reads, as written.
    pub(crate) reads: Vec<Vec<String>>,
    /// Where it is declared.
    pub(crate) source: String,
}

/// A dataset as the Python process declares it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PythonDataset {
    pub(crate) name: String,
    kind: DatasetKind,
    expectations: Vec<Expectation>,
    comment: Option<String>,
    properties: BTreeMap<String, String>,
    partitioning: Vec<String>,
    /// Tables that its function has read by name.
    reads: Vec<String>,
    /// Queries that its function has made.
    queries: Vec<String>,
    source: String,
    /// What went wrong when its function was called for the first time.
    pub(crate) error: Option<String>,
}

impl Dataset {
    /// Whether only other datasets of the pipeline see it.
    pub(crate) fn is_hidden(&self) -> bool {
        matches!(self.kind, DatasetKind::Private | DatasetKind::TemporaryView)
    }

    /// `catalog.schema.name`.
    pub(crate) fn full_name(&self) -> String {
        self.parts.join(".")
    }
}

/// The three parts of a dataset's name.
fn parts(name: &[String], kind: DatasetKind, defaults: &Defaults) -> Result<[String; 3], String> {
    let hidden = matches!(kind, DatasetKind::Private | DatasetKind::TemporaryView);
    let catalog = defaults.catalog.clone().unwrap_or_default();
    let schema = defaults.schema.clone().unwrap_or_default();
    match name {
        [name] => Ok([catalog, schema, name.to_lowercase()]),
        _ if hidden => Err("only other datasets of the pipeline see it: its name has one part".to_owned()),
        [schema, name] => Ok([catalog, schema.to_lowercase(), name.to_lowercase()]),
        [catalog, schema, name] => Ok([catalog.to_lowercase(), schema.to_lowercase(), name.to_lowercase()]),
        _ => Err("the name of a dataset has one to three parts".to_owned()),
    }
}

/// The datasets of the SQL sources. A setting of a source holds for the rest of that source.
///
/// # Errors
/// Naming the source and the statement.
pub(crate) fn of_sql(
    sources: &[Source],
    configuration: &BTreeMap<String, String>,
    defaults: &Defaults,
) -> Result<Vec<Dataset>, Failed> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| source.written == Written::Sql) {
        let mut settings = configuration.clone();
        let wrong = |message: String| Failed::new("SourceError", format!("`{}`: {message}", source.path));
        let statements =
            sql_text::statements(&source.text).map_err(|error| wrong(format!("it cannot be read as SQL: {error}")))?;
        for (number, text) in (1..).zip(&statements) {
            let wrong = |message: String| wrong(format!("statement {number}: {message}"));
            let text = fill(text, &settings).map_err(wrong)?;
            match crate::sql::read_dataset(&text).map_err(|error| wrong(error.message))? {
                Sentence::Setting(key, value) => {
                    settings.insert(key, value);
                }
                Sentence::Dataset(declared) => {
                    let name = declared.name.join(".");
                    let wrong = |message: String| wrong(format!("the dataset `{name}`: {message}"));
                    found.push(dataset(*declared, defaults, &source.path).map_err(wrong)?);
                }
            }
        }
    }
    Ok(found)
}

fn dataset(declared: Declaration, defaults: &Defaults, source: &str) -> Result<Dataset, String> {
    Ok(Dataset {
        parts: parts(&declared.name, declared.kind, defaults)?,
        name: declared.name.join("."),
        reads: crate::sql::reads(&declared.query).map_err(|error| error.message)?,
        kind: declared.kind,
        columns: declared.columns,
        expectations: declared.expectations,
        comment: declared.comment,
        properties: declared.properties,
        partitioning: declared.partitioning,
        body: Body::Sql(declared.query),
        source: source.to_owned(),
    })
}

/// A dataset of the Python process.
///
/// # Errors
/// Naming the dataset.
pub(crate) fn of_python(declared: PythonDataset, defaults: &Defaults) -> Result<Dataset, Failed> {
    let wrong = |message: String| {
        Failed::new(
            "SourceError",
            format!("`{}`: the dataset `{}`: {message}", declared.source, declared.name),
        )
    };
    let name = crate::sql::name_of(&declared.name).map_err(|error| wrong(error.message))?;
    let mut reads = Vec::new();
    for read in &declared.reads {
        reads.push(crate::sql::name_of(read).map_err(|error| wrong(error.message))?);
    }
    for query in &declared.queries {
        // What is no query is a command, which the gateway judges.
        reads.extend(crate::sql::reads(query).unwrap_or_default());
    }
    Ok(Dataset {
        parts: parts(&name, declared.kind, defaults).map_err(wrong)?,
        name: name.join("."),
        kind: declared.kind,
        columns: Vec::new(),
        expectations: declared.expectations,
        comment: declared.comment,
        properties: declared.properties,
        partitioning: declared.partitioning,
        body: Body::Python,
        reads,
        source: declared.source,
    })
}

/// Puts settings where `${name}` stands.
///
/// # Errors
/// Naming a setting that nobody gives.
fn fill(text: &str, settings: &BTreeMap<String, String>) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else {
            break;
        };
        let value = settings
            .get(name.trim())
            .ok_or_else(|| format!("`${{{name}}}` has no value: give it in `configuration` or with SET"))?;
        filled.push_str(before);
        filled.push_str(value);
        rest = behind;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(text: &str) -> Vec<Source> {
        vec![Source {
            path: "/a.sql".to_owned(),
            written: Written::Sql,
            text: text.to_owned(),
        }]
    }

    fn defaults() -> Defaults {
        Defaults {
            catalog: Some("dev".to_owned()),
            schema: Some("s".to_owned()),
        }
    }

    #[test]
    fn a_source_declares_datasets_and_settings() {
        let text = "-- Databricks notebook source\n-- MAGIC %md hello\n-- COMMAND ----------\nSET cut = 3;\n\
                    CREATE MATERIALIZED VIEW A AS SELECT * FROM ${from} WHERE n > ${cut};\n-- end";
        let settings = BTreeMap::from([("from".to_owned(), "raw".to_owned())]);
        let found = of_sql(&sources(text), &settings, &defaults()).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].full_name(), "dev.s.a");
        assert_eq!(found[0].body, Body::Sql("SELECT * FROM raw WHERE n > 3".to_owned()));
        let error = of_sql(&sources(text), &BTreeMap::new(), &defaults()).unwrap_err();
        assert_eq!(
            error.message,
            "`/a.sql`: statement 2: `${from}` has no value: give it in `configuration` or with SET"
        );
    }

    #[test]
    fn what_only_the_pipeline_sees_has_a_name_of_one_part() {
        let error = of_sql(
            &sources("CREATE TEMPORARY VIEW x.y AS SELECT 1"),
            &BTreeMap::new(),
            &defaults(),
        )
        .unwrap_err();
        assert!(
            error.message.contains("the dataset `x.y`: only other datasets"),
            "{}",
            error.message
        );
    }
}
