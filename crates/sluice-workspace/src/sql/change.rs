//! INSERT, UPDATE, DELETE, MERGE and TRUNCATE: checked, rewritten, executed, counted.
//!
//! Rows are counted with the metrics of the Delta commit, because the engine's own counts of changes are wrong. Statements that change the same table run one after
//! the other, so that the commit found is the statement's own.

use std::path::Path;

use super::command::Insert;
use super::context::{Context, bind};
use super::delta_log;
use super::error::{parse_error, unsupported};
use super::outcome::{Outcome, counts};
use super::rehearsal::Rehearsal;
use super::relations::{of_change, of_expression, parse_expression, parse_statement};
use super::rewrite::{self, Rewritten, alias, query_to_insert, rewrite};
use super::routine::{self, Shape};
use super::secured;
use super::text::{Edit, Text, identifier, string_literal};
use crate::catalog::{Privilege, TableRecord};
use crate::compute::{Binding, Rows, StatementError};

/// INSERT INTO, INSERT OVERWRITE and REPLACE WHERE.
pub(super) async fn insert(context: &Context, text: &Text, insert: &Insert) -> Result<Outcome, StatementError> {
    let (table, location) = context.delta_table(&insert.name, &[Privilege::Modify]).await?;
    let mut source = query_to_insert(context, text, insert.query).await?;
    let _alone = context.workspace.sql.locks.alone(&location).await;
    let rehearsal = Rehearsal::begin(context, &table, &location)?;
    let binding = bind(rehearsal.as_ref().map_or(&location, Rehearsal::directory));
    for written in [&binding.name, &binding.location] {
        source.tables.insert(written.clone(), table.securable.full_name.clone());
    }
    let selected = if insert.by_name {
        let names = context.analyse(source.sql.clone()).await;
        let names = names.map_err(|error| source.explain(error))?.columns;
        aligned(
            &table,
            Some(names.into_iter().map(|column| column.name).collect()),
            &source.sql,
        )?
    } else {
        aligned(&table, insert.columns.clone(), &source.sql)?
    };
    let mut replaced = None;
    let sql = match &insert.replace_where {
        Some(range) => {
            if insert.overwrite || insert.by_name || insert.columns.is_some() {
                return Err(unsupported(
                    "REPLACE WHERE together with OVERWRITE, BY NAME or columns",
                    "use `INSERT INTO t REPLACE WHERE condition query`",
                ));
            }
            secured::refuse_change(context, &table, "REPLACE WHERE").await?;
            // Of rows for which it is NULL the engine would think that they are to be replaced.
            let condition = format!("(({}) <=> true)", condition(text, range)?);
            let selected = only_matching(&table, &condition, &selected);
            let sql = format!("INSERT INTO {} REPLACE WHERE {condition} {selected}", binding.name);
            replaced = Some(condition);
            sql
        }
        None if insert.overwrite => format!("INSERT OVERWRITE {} {selected}", binding.name),
        None => format!("INSERT INTO {} {selected}", binding.name),
    };
    let before = delta_log::version(&location)?;
    execute(context, &source, sql, vec![binding]).await?;
    if let Some(rehearsal) = rehearsal {
        rehearsal.publish(context, &table).await?;
    }
    let inserted = match replaced {
        Some(condition) => match matching(context, &location, &condition).await {
            Some(inserted) => inserted,
            // The rows are there; only how many is not known.
            None => return Ok(Outcome::done()),
        },
        None => delta_log::commits_after(&location, before)?
            .iter()
            .map(|commit| commit.metric("numOutputRows"))
            .sum(),
    };
    Ok(counts(&[
        ("num_affected_rows", inserted),
        ("num_inserted_rows", inserted),
    ]))
}

/// How many rows the condition of REPLACE WHERE holds for now: those that were inserted. The metrics of the commit also count rows that were only written again.
async fn matching(context: &Context, location: &Path, condition: &str) -> Option<u64> {
    let table = identifier(&location.to_string_lossy());
    let sql = format!("SELECT count(*) FROM delta.{table} WHERE {condition}");
    let found = context.run(sql, Vec::new(), true).await.ok()?;
    found.rows.first()?.first()?.as_ref()?.parse().ok()
}

/// The query, failing at a row that the condition of REPLACE WHERE does not hold for: the engine would write it beside the rows that it replaces.
fn only_matching(table: &TableRecord, condition: &str, query: &str) -> String {
    let names: Vec<_> = table.columns.iter().map(|column| identifier(&column.name)).collect();
    let message = format!(
        "[DELTA_REPLACE_WHERE_MISMATCH] a row does not match the condition of REPLACE WHERE; '{}' is as it was",
        table.securable.full_name
    );
    format!(
        "SELECT * FROM ({query}) AS `source`({}) WHERE CASE WHEN {condition} THEN true ELSE CAST(raise_error({}) AS BOOLEAN) END",
        names.join(", "),
        string_literal(&message)
    )
}

/// The condition of REPLACE WHERE, without queries in it.
fn condition(text: &Text, range: &std::ops::Range<usize>) -> Result<String, StatementError> {
    let written = text.write_tokens(range.clone())?;
    let condition = Text::read(&written)?;
    let relations = of_expression(&condition, &parse_expression(&condition)?)?;
    if !relations.reads.is_empty() || !relations.qualified.is_empty() {
        return Err(unsupported(
            "queries in the condition of REPLACE WHERE",
            "compare columns with literals",
        ));
    }
    Ok(written)
}

/// The query with the table's columns in the table's order; columns that are not given are NULL.
fn aligned(table: &TableRecord, given: Option<Vec<String>>, query: &str) -> Result<String, StatementError> {
    let Some(given) = given else {
        return Ok(query.to_owned());
    };
    for (index, name) in given.iter().enumerate() {
        if !table
            .columns
            .iter()
            .any(|column| column.name.eq_ignore_ascii_case(name))
        {
            return Err(StatementError::new(
                "UNRESOLVED_COLUMN",
                "42703",
                format!("the table '{}' has no column `{name}`", table.securable.full_name),
            ));
        }
        if given[..index].iter().any(|other| other.eq_ignore_ascii_case(name)) {
            return Err(parse_error(format!("the column `{name}` is given twice")));
        }
    }
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|column| {
            let name = identifier(&column.name);
            if given.iter().any(|name| column.name.eq_ignore_ascii_case(name)) {
                name
            } else {
                format!("CAST(NULL AS {}) AS {name}", column.type_text)
            }
        })
        .collect();
    let names: Vec<_> = given.iter().map(|name| identifier(name)).collect();
    Ok(format!(
        "SELECT {} FROM ({query}) AS `source`({})",
        columns.join(", "),
        names.join(", ")
    ))
}

/// UPDATE, DELETE and MERGE.
pub(super) async fn change(context: &Context, text: &Text, operation: &'static str) -> Result<Outcome, StatementError> {
    let text = &routine::expand(context, text.clone(), Shape::Statement, false).await?;
    let statement = parse_statement(text)?;
    let relations = of_change(text, &statement)?;
    drop(statement);
    let Some(target) = relations.target.clone() else {
        return Err(parse_error("the statement names no table"));
    };
    let (table, location) = context
        .delta_table(&target.parts, &[Privilege::Select, Privilege::Modify])
        .await?;
    secured::refuse_change(context, &table, operation).await?;
    let _alone = context.workspace.sql.locks.alone(&location).await;
    let rehearsal = Rehearsal::begin(context, &table, &location)?;
    let target_directory = rehearsal.as_ref().map_or(location.as_path(), Rehearsal::directory);
    let path = target_directory.to_string_lossy().into_owned();
    let mut edits = vec![Edit {
        range: target.range.clone(),
        text: format!("delta.{}", identifier(&path)),
    }];
    edits.extend(alias(&target));
    let mut rewritten = rewrite(context, text, relations, edits, 0).await?;
    rewritten.tables.insert(path, table.securable.full_name.clone());
    let sql = rewritten.sql.clone();
    let before = delta_log::version(&location)?;
    execute(context, &rewritten, sql, Vec::new()).await?;
    if let Some(rehearsal) = rehearsal {
        rehearsal.publish(context, &table).await?;
    }
    count(&location, before, operation)
}

/// TRUNCATE TABLE, which the engine lacks.
pub(super) async fn truncate(context: &Context, name: &[String]) -> Result<Outcome, StatementError> {
    let (table, location) = context
        .delta_table(name, &[Privilege::Select, Privilege::Modify])
        .await?;
    let path = location.to_string_lossy().into_owned();
    let sql = format!("DELETE FROM delta.{}", identifier(&path));
    let mut rewritten = Rewritten {
        sql: sql.clone(),
        ..Rewritten::default()
    };
    rewritten.tables.insert(path, table.securable.full_name);
    let _alone = context.workspace.sql.locks.alone(&location).await;
    execute(context, &rewritten, sql, Vec::new()).await?;
    Ok(Outcome::done())
}

/// The counts of what was committed after a version.
fn count(location: &Path, before: i64, operation: &'static str) -> Result<Outcome, StatementError> {
    let commits = delta_log::commits_after(location, before)?;
    let total = |metric: &str| {
        commits
            .iter()
            .filter(|commit| commit.operation == operation)
            .map(|commit| commit.metric(metric))
            .sum::<u64>()
    };
    Ok(match operation {
        "UPDATE" => counts(&[("num_affected_rows", total("numUpdatedRows"))]),
        "DELETE" => counts(&[("num_affected_rows", total("numDeletedRows"))]),
        _ => {
            let (updated, deleted, inserted) = (
                total("numTargetRowsUpdated"),
                total("numTargetRowsDeleted"),
                total("numTargetRowsInserted"),
            );
            counts(&[
                ("num_affected_rows", updated + deleted + inserted),
                ("num_updated_rows", updated),
                ("num_deleted_rows", deleted),
                ("num_inserted_rows", inserted),
            ])
        }
    })
}

/// Runs a rewritten statement; errors name tables instead of directories.
pub(super) async fn execute(
    context: &Context,
    rewritten: &Rewritten,
    sql: String,
    bindings: Vec<Binding>,
) -> Result<Rows, StatementError> {
    context
        .run(sql, bindings, false)
        .await
        .map_err(|error| rewritten.explain(error))
}

/// A query of the principal.
pub(super) async fn query(context: &Context, text: &Text) -> Result<Outcome, StatementError> {
    let rewritten = rewrite::query(context, text, 0).await?;
    let rows = context.run(rewritten.sql.clone(), Vec::new(), true).await;
    rows.map(Outcome::rows).map_err(|error| rewritten.explain(error))
}
