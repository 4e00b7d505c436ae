//! The grammar of a pipeline's SQL source: which dataset a statement declares, and what its query reads. Pure.
//!
//! Streaming forms are refused by name: nothing here keeps the state of a stream. Start with [`read`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlparser::tokenizer::{Token, Word};

use super::cursor::Cursor;
use super::error::{parse_error, unsupported};
use super::relations::{Relations, of_query, parse_query};
use super::rewrite::alias;
use super::statement::Parameter;
use super::text::{Edit, Text};
use crate::compute::StatementError;

/// What a dataset of a pipeline becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DatasetKind {
    /// A table that every update computes anew.
    MaterializedView,
    /// The same, for other datasets of the pipeline alone.
    Private,
    /// A query for other datasets of the pipeline alone.
    TemporaryView,
    /// A view of the catalog.
    View,
}

/// What happens to records that do not meet an expectation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnViolation {
    /// They are counted.
    #[default]
    Warn,
    /// They are left out.
    Drop,
    /// The update fails.
    Fail,
}

/// A condition that every record of a dataset should meet; one that is NULL is not met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Expectation {
    /// Its name.
    pub(crate) name: String,
    /// An expression.
    pub(crate) condition: String,
    /// What happens to records that do not meet it.
    pub(crate) on_violation: OnViolation,
}

/// A dataset as a statement declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declaration {
    /// One to three parts, without `LIVE`.
    pub(crate) name: Vec<String>,
    pub(crate) kind: DatasetKind,
    /// Names and comments of its columns; empty when the query says.
    pub(crate) columns: Vec<(String, Option<String>)>,
    pub(crate) expectations: Vec<Expectation>,
    pub(crate) comment: Option<String>,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) partitioning: Vec<String>,
    /// Its query as it was written.
    pub(crate) query: String,
}

/// A statement of a pipeline's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sentence {
    /// A dataset.
    Dataset(Box<Declaration>),
    /// `SET key = value`: a setting for the statements after it.
    Setting(String, String),
}

/// Reads one statement of a pipeline's source.
///
/// # Errors
/// When it declares no dataset, or one that is not computed here: streaming tables, flows and change data capture, by name.
pub(crate) fn read(source: &str) -> Result<Sentence, StatementError> {
    let text = Text::read(source)?;
    let mut at = Cursor::new(&text);
    refuse_streaming(&at)?;
    if at.accept("SET") {
        let key = at.property_key()?;
        at.expect_token(&Token::Eq)?;
        return Ok(Sentence::Setting(
            key,
            text.source_from(at.index()).trim_matches(['\'', '"']).to_owned(),
        ));
    }
    if !at.accept("CREATE") {
        return Err(unsupported(
            "this statement in the source of a pipeline",
            "it holds CREATE MATERIALIZED VIEW, CREATE VIEW and SET",
        ));
    }
    let kind = kind(&mut at)?;
    let name = without_live(at.name()?);
    let mut declared = Declaration {
        name,
        kind,
        columns: Vec::new(),
        expectations: Vec::new(),
        comment: None,
        properties: BTreeMap::new(),
        partitioning: Vec::new(),
        query: String::new(),
    };
    if at.accept_token(&Token::LParen) {
        columns(&mut at, &mut declared)?;
    }
    clauses(&mut at, &mut declared)?;
    at.expect("AS")?;
    let query = at.index();
    refuse_streams(&text, query)?;
    declared.query = text.source_from(query).to_owned();
    if kind == DatasetKind::View && !declared.expectations.is_empty() {
        return Err(unsupported(
            "expectations on a view of the catalog",
            "declare a materialized view, or a TEMPORARY VIEW",
        ));
    }
    Ok(Sentence::Dataset(Box::new(declared)))
}

/// Statements that keep the state of a stream.
fn refuse_streaming(at: &Cursor<'_>) -> Result<(), StatementError> {
    for words in [
        "CREATE STREAMING",
        "CREATE OR REFRESH STREAMING",
        "CREATE OR REPLACE STREAMING",
        "CREATE TEMPORARY STREAMING",
        "CREATE PRIVATE STREAMING",
        "CREATE OR REFRESH PRIVATE STREAMING",
        "CREATE OR REFRESH TEMPORARY STREAMING",
        "CREATE INCREMENTAL",
        "CREATE OR REFRESH INCREMENTAL",
        "CREATE FLOW",
        "APPLY CHANGES",
        "AUTO CDC",
        "CREATE SINK",
    ] {
        if at.looks_at(words) {
            let what = match words {
                "APPLY CHANGES" | "AUTO CDC" | "CREATE FLOW" | "CREATE SINK" => words,
                _ => "CREATE STREAMING TABLE",
            };
            return Err(unsupported(
                &format!("{what} in a pipeline"),
                "no stream is processed here: declare a materialized view over the whole input",
            ));
        }
    }
    Ok(())
}

/// `[OR REFRESH] [PRIVATE] MATERIALIZED VIEW`, `[OR REPLACE] TEMPORARY VIEW`, and the older forms with LIVE.
fn kind(at: &mut Cursor<'_>) -> Result<DatasetKind, StatementError> {
    let _ = at.accept("OR REFRESH") || at.accept("OR REPLACE");
    let hidden = at.accept("PRIVATE") || at.accept("TEMPORARY") || at.accept("TEMP");
    let kind = if at.accept("MATERIALIZED VIEW") || at.accept("LIVE TABLE") {
        match hidden {
            true => DatasetKind::Private,
            false => DatasetKind::MaterializedView,
        }
    } else if at.accept("LIVE VIEW") {
        DatasetKind::TemporaryView
    } else if at.accept("VIEW") {
        match hidden {
            true => DatasetKind::TemporaryView,
            false => DatasetKind::View,
        }
    } else if at.looks_at("TABLE") || at.looks_at("FUNCTION") || at.looks_at("SCHEMA") {
        return Err(unsupported(
            "tables, functions and schemas in the source of a pipeline",
            "declare a materialized view, and make the others with statements outside the pipeline",
        ));
    } else {
        return Err(at.unexpected("MATERIALIZED VIEW or VIEW"));
    };
    if at.accept("IF NOT EXISTS") {
        return Err(unsupported(
            "IF NOT EXISTS in a pipeline",
            "leave it out: an update computes every dataset anew",
        ));
    }
    Ok(kind)
}

/// Between the parentheses behind the name: columns and expectations.
fn columns(at: &mut Cursor<'_>, declared: &mut Declaration) -> Result<(), StatementError> {
    loop {
        if at.accept("CONSTRAINT") {
            let expectation = expectation(at)?;
            if declared.expectations.iter().any(|other| other.name == expectation.name) {
                return Err(parse_error(format!(
                    "the expectation `{}` is declared twice",
                    expectation.name
                )));
            }
            declared.expectations.push(expectation);
        } else {
            let name = at.identifier()?;
            let comment = if at.accept("COMMENT") { Some(at.string()?) } else { None };
            if !at.looks_at("COMMENT") && comment.is_none() {
                let ends = [Token::Comma, Token::RParen];
                if !ends.iter().any(|end| at.clone().accept_token(end)) {
                    return Err(unsupported(
                        &format!("a type or a mask for the column `{name}` of a dataset"),
                        "give the type in the query with CAST, and masks with ALTER TABLE",
                    ));
                }
            }
            declared.columns.push((name, comment));
        }
        if !at.accept_token(&Token::Comma) {
            return at.expect_token(&Token::RParen);
        }
    }
}

/// `name EXPECT (condition) [ON VIOLATION DROP ROW | FAIL UPDATE]`.
fn expectation(at: &mut Cursor<'_>) -> Result<Expectation, StatementError> {
    let name = at.identifier()?;
    if !at.accept("EXPECT") {
        return Err(unsupported(
            &format!("the constraint `{name}` of a dataset"),
            "datasets have expectations: CONSTRAINT name EXPECT (condition)",
        ));
    }
    let condition = at.parenthesised()?;
    let on_violation = if at.accept("ON VIOLATION DROP ROW") {
        OnViolation::Drop
    } else if at.accept("ON VIOLATION FAIL UPDATE") {
        OnViolation::Fail
    } else if at.looks_at("ON VIOLATION") {
        return Err(at.unexpected("ON VIOLATION DROP ROW or ON VIOLATION FAIL UPDATE"));
    } else {
        OnViolation::Warn
    };
    Ok(Expectation {
        name,
        condition,
        on_violation,
    })
}

fn clauses(at: &mut Cursor<'_>, declared: &mut Declaration) -> Result<(), StatementError> {
    loop {
        if at.accept("COMMENT") {
            declared.comment = Some(at.string()?);
        } else if at.accept("TBLPROPERTIES") {
            declared.properties = at.properties()?;
        } else if at.accept("PARTITIONED BY") {
            declared.partitioning = at.identifiers()?;
        } else if at.accept("USING DELTA") {
            // Every table is one.
        } else if at.looks_at("CLUSTER BY") || at.looks_at("SCHEDULE") || at.looks_at("WITH ROW FILTER") {
            return Err(unsupported(
                "CLUSTER BY, SCHEDULE and ROW FILTER of a dataset",
                "leave them out; row filters are set with ALTER TABLE, schedules are those of a job",
            ));
        } else {
            return Ok(());
        }
    }
}

/// `STREAM(table)` and `STREAM table` in a query.
fn refuse_streams(text: &Text, query: usize) -> Result<(), StatementError> {
    let word = |token: &Token, words: &[&str]| matches!(token, Token::Word(Word { value, quote_style: None, .. }) if words.iter().any(|word| value.eq_ignore_ascii_case(word)));
    let mut before: Option<&Token> = None;
    for (index, token) in text.tokens().iter().enumerate().skip(query) {
        if matches!(token.token, Token::Whitespace(_)) {
            continue;
        }
        let next = text.significant(index + 1).map(|index| &text.tokens()[index].token);
        let source = before.is_some_and(|before| word(before, &["FROM", "JOIN"]) || *before == Token::Comma);
        let streams = matches!(next, Some(Token::LParen | Token::Word(_)));
        if source && streams && word(&token.token, &["STREAM"]) {
            return Err(unsupported(
                "STREAM in a query of a pipeline",
                "no stream is processed here: read the whole table",
            ));
        }
        before = Some(&token.token);
    }
    Ok(())
}

/// A name without the schema `LIVE`, which stands for the pipeline itself.
pub(crate) fn without_live(mut name: Vec<String>) -> Vec<String> {
    if name.len() == 2 && name[0].eq_ignore_ascii_case("live") {
        name.remove(0);
    }
    name
}

/// A name of one to three parts, as text.
///
/// # Errors
/// When it is no name.
pub(crate) fn name_of(text: &str) -> Result<Vec<String>, StatementError> {
    let text = Text::read(text)?;
    let mut at = Cursor::new(&text);
    let name = at.name()?;
    at.expect_end()?;
    Ok(without_live(name))
}

/// The tables and views that a query names, each once.
///
/// # Errors
/// When it is no query, or has a form that is not known here.
pub(crate) fn reads(query: &str) -> Result<Vec<Vec<String>>, StatementError> {
    let text = Text::read(query)?;
    // Which tables are read does not depend on values.
    let values: Vec<Parameter> = text
        .parameter_names()
        .map(|name| Parameter {
            name: name.to_owned(),
            type_text: "STRING".to_owned(),
            value: None,
        })
        .collect();
    let relations = relations(&text.fill(&values)?)?;
    let mut found: Vec<Vec<String>> = Vec::new();
    for table in relations.reads {
        if !found.contains(&table.parts) {
            found.push(table.parts);
        }
    }
    Ok(found)
}

/// The query with other sources: `source` says what stands for a name, none to leave it. Columns qualified by a replaced name still resolve, and
/// values stand where `:name` stood.
///
/// # Errors
/// As [`reads`], and naming a parameter without a value.
pub(crate) fn with_sources(
    query: &str,
    parameters: &[Parameter],
    source: impl Fn(&[String]) -> Option<String>,
) -> Result<String, StatementError> {
    let text = Text::read(query)?.fill(parameters)?;
    let relations = relations(&text)?;
    let mut edits = Vec::new();
    for table in &relations.reads {
        if let Some(text) = source(&table.parts) {
            let range = table.range.clone();
            edits.push(Edit { range, text });
            edits.extend(alias(table));
        }
    }
    for column in &relations.qualified {
        let known = edits.iter().any(|edit| edit.range == column.range);
        if !known && !column.range.is_empty() && source(&column.qualifier).is_some() {
            edits.push(Edit {
                range: column.range.clone(),
                text: String::new(),
            });
        }
    }
    text.write(edits)
}

fn relations(text: &Text) -> Result<Relations, StatementError> {
    of_query(text, &*parse_query(text, 0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(source: &str) -> Declaration {
        match read(source) {
            Ok(Sentence::Dataset(declared)) => *declared,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_materialized_view_has_columns_expectations_and_clauses() {
        let declared = dataset(
            "CREATE OR REFRESH MATERIALIZED VIEW LIVE.gold (\n id COMMENT 'the key', CONSTRAINT a EXPECT (id IN (1, 2)) ON VIOLATION DROP ROW, \
             CONSTRAINT b EXPECT (id > 0) ON VIOLATION FAIL UPDATE, CONSTRAINT c EXPECT (n IS NOT NULL))\n\
             COMMENT 'it''s' TBLPROPERTIES ('quality' = 'gold') PARTITIONED BY (id) AS SELECT id FROM LIVE.silver -- why",
        );
        assert_eq!(
            (declared.name, declared.kind),
            (vec!["gold".to_owned()], DatasetKind::MaterializedView)
        );
        assert_eq!(declared.columns, [("id".to_owned(), Some("the key".to_owned()))]);
        let told: Vec<_> = declared
            .expectations
            .iter()
            .map(|each| (each.name.as_str(), each.condition.as_str(), each.on_violation))
            .collect();
        assert_eq!(
            told,
            [
                ("a", "id IN (1, 2)", OnViolation::Drop),
                ("b", "id > 0", OnViolation::Fail),
                ("c", "n IS NOT NULL", OnViolation::Warn)
            ]
        );
        assert_eq!(declared.comment.as_deref(), Some("it's"));
        assert_eq!(declared.partitioning, ["id"]);
        assert_eq!(
            reads(&declared.query).unwrap(),
            [["LIVE".to_owned(), "silver".to_owned()]]
        );
    }

    #[test]
    fn the_forms_of_views_are_told_apart() {
        for (source, kind) in [
            ("CREATE TEMPORARY VIEW v AS SELECT 1", DatasetKind::TemporaryView),
            (
                "CREATE OR REPLACE TEMPORARY LIVE VIEW v AS SELECT 1",
                DatasetKind::TemporaryView,
            ),
            ("CREATE LIVE VIEW v AS SELECT 1", DatasetKind::TemporaryView),
            ("CREATE VIEW v AS SELECT 1", DatasetKind::View),
            ("CREATE PRIVATE MATERIALIZED VIEW v AS SELECT 1", DatasetKind::Private),
            (
                "CREATE OR REFRESH LIVE TABLE v AS SELECT 1",
                DatasetKind::MaterializedView,
            ),
        ] {
            assert_eq!(dataset(source).kind, kind, "{source}");
        }
    }

    #[test]
    fn streams_are_refused_by_name() {
        for (source, name) in [
            (
                "CREATE OR REFRESH STREAMING TABLE t AS SELECT 1",
                "CREATE STREAMING TABLE",
            ),
            ("CREATE STREAMING LIVE TABLE t AS SELECT 1", "CREATE STREAMING TABLE"),
            ("APPLY CHANGES INTO t FROM s KEYS (id) SEQUENCE BY n", "APPLY CHANGES"),
            ("AUTO CDC INTO t FROM s", "AUTO CDC"),
            ("CREATE FLOW f AS INSERT INTO t BY NAME SELECT 1", "CREATE FLOW"),
            (
                "CREATE MATERIALIZED VIEW t AS SELECT * FROM STREAM(LIVE.s)",
                "STREAM in a query",
            ),
            (
                "CREATE MATERIALIZED VIEW t AS SELECT * FROM a JOIN STREAM s ON true",
                "STREAM in a query",
            ),
        ] {
            let error = read(source).unwrap_err();
            assert_eq!(error.condition.as_deref(), Some("UNSUPPORTED_FEATURE"), "{source}");
            assert!(error.message.contains(name), "{source}: {}", error.message);
        }
        assert!(
            read("DROP TABLE t")
                .unwrap_err()
                .message
                .contains("CREATE MATERIALIZED VIEW")
        );
    }

    #[test]
    fn sources_are_replaced_where_they_are_tables() {
        let source =
            |parts: &[String]| (parts.last().map(String::as_str) == Some("v")).then(|| "c.s.hidden".to_owned());
        let query = "WITH w AS (SELECT v.id, 'v' AS v FROM LIVE.v) SELECT live.v.id FROM live.v JOIN t ON v.id = t.id";
        assert_eq!(
            with_sources(query, &[], source).unwrap(),
            "WITH w AS (SELECT v.id, 'v' AS v FROM c.s.hidden AS `v`) SELECT v.id FROM c.s.hidden AS `v` JOIN t ON v.id = t.id"
        );
    }
}
