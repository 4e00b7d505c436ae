//! DESCRIBE, and the statements of the maintenance worker: history, detail, optimize, vacuum.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::columns::from_engine;
use super::command::Describe;
use super::context::Context;
use super::error::{from_api, from_compute};
use super::outcome::{Outcome, table};
use super::rewrite;
use super::show::visible;
use super::text::Text;
use crate::catalog::{Privilege, SecurableKind, TableKind, TableRecord};
use crate::compute::{Column, Maintenance, Rows, StatementError};

/// Answers a DESCRIBE statement.
pub(super) async fn describe(context: &Context, text: &Text, describe: &Describe) -> Result<Outcome, StatementError> {
    match describe {
        Describe::Query(start) => describe_query(context, text, *start).await,
        Describe::Table(name, extended) => describe_table(context, name, *extended).await,
        Describe::History(name, limit) => history(context, name, *limit).await,
        Describe::Detail(name) => detail(context, name).await,
        Describe::Function(name, extended) => super::functions::describe(context, name, *extended).await,
        Describe::Securable(kind, name) => securable(context, *kind, name).await,
    }
}

/// The columns of a query, which is not executed.
async fn describe_query(context: &Context, text: &Text, start: usize) -> Result<Outcome, StatementError> {
    let rewritten = rewrite::query(context, text, start).await?;
    let answer = context.analyse(rewritten.sql.clone()).await;
    let columns = from_engine(&answer.map_err(|error| rewritten.explain(error))?.columns)?;
    let row = |column: crate::catalog::Column| vec![Some(column.name), Some(column.type_text), None];
    Ok(table(
        &["col_name", "data_type", "comment"],
        columns.into_iter().map(row).collect(),
    ))
}

async fn describe_table(context: &Context, name: &[String], extended: bool) -> Result<Outcome, StatementError> {
    if let [single] = name
        && context.temporary_views.contains(&single.to_lowercase())
    {
        let rows = context
            .run(
                format!("DESCRIBE TABLE {}", super::text::identifier(single)),
                Vec::new(),
                false,
            )
            .await?;
        return Ok(Outcome::rows(rows));
    }
    let record = visible(context, name).await?;
    let mut rows: Vec<_> = record
        .columns
        .iter()
        .map(|column| {
            vec![
                Some(column.name.clone()),
                Some(column.type_text.clone()),
                column.comment.clone(),
            ]
        })
        .collect();
    let heading = |text: &str| vec![Some(text.to_owned()), Some(String::new()), Some(String::new())];
    let partitioning: Vec<_> = record
        .columns
        .iter()
        .filter(|column| column.partition_index.is_some())
        .collect();
    if !partitioning.is_empty() {
        rows.push(heading("# Partition Information"));
        rows.push(vec![
            Some("# col_name".to_owned()),
            Some("data_type".to_owned()),
            Some("comment".to_owned()),
        ]);
        rows.extend(partitioning.iter().map(|column| {
            vec![
                Some(column.name.clone()),
                Some(column.type_text.clone()),
                column.comment.clone(),
            ]
        }));
    }
    if extended {
        rows.push(heading(""));
        rows.push(heading("# Detailed Table Information"));
        rows.extend(
            details(&record)
                .into_iter()
                .map(|(key, value)| vec![Some(key.to_owned()), Some(value), Some(String::new())]),
        );
    }
    Ok(table(&["col_name", "data_type", "comment"], rows))
}

fn details(record: &TableRecord) -> Vec<(&'static str, String)> {
    let securable = &record.securable;
    let part = |index: usize| securable.parts().get(index).copied().unwrap_or_default().to_owned();
    let mut details = vec![
        ("Catalog", part(0)),
        ("Database", part(1)),
        ("Table", part(2)),
        ("Owner", securable.owner.clone()),
        ("Created Time", time(securable.created_at)),
        ("Type", record.kind.as_str().to_owned()),
    ];
    if let Some(comment) = &securable.comment {
        details.push(("Comment", comment.clone()));
    }
    if let Some(query) = &record.view_definition {
        details.push(("View Text", query.clone()));
    }
    if record.kind != TableKind::View {
        details.push(("Provider", "delta".to_owned()));
    }
    let properties: Vec<_> = securable
        .properties
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    details.push(("Table Properties", format!("[{}]", properties.join(","))));
    details
}

fn time(milliseconds: i64) -> String {
    sluice_model::Timestamp::from_millisecond(milliseconds)
        .map(|time| format!("{time:.3}"))
        .unwrap_or_default()
}

async fn securable(context: &Context, kind: SecurableKind, name: &[String]) -> Result<Outcome, StatementError> {
    let full_name = context.full_name(kind, name)?;
    let found = context
        .workspace
        .catalog()
        .get(&context.principal, kind, &full_name)
        .await
        .map_err(from_api)?;
    let title = |suffix: &str| Some(format!("{} {suffix}", kind.title()));
    let rows = vec![
        vec![title("Name"), Some(found.full_name)],
        vec![title("Owner"), Some(found.owner)],
        vec![title("Comment"), found.comment],
    ];
    Ok(table(&["info_name", "info_value"], rows))
}

#[derive(Deserialize)]
struct History {
    commits: Vec<Commit>,
}

#[derive(Deserialize)]
struct Commit {
    version: Option<i64>,
    timestamp: Option<i64>,
    operation: Option<String>,
    operation_parameters: BTreeMap<String, String>,
    operation_metrics: BTreeMap<String, String>,
    is_blind_append: Option<bool>,
    engine_info: Option<String>,
}

pub(super) async fn maintain<T: serde::de::DeserializeOwned>(
    context: &Context,
    name: &[String],
    privileges: &[Privilege],
    operation: &Maintenance,
) -> Result<(TableRecord, T), StatementError> {
    let (record, location) = context.delta_table(name, privileges).await?;
    let result = context
        .workspace
        .compute
        .maintain(&location.to_string_lossy(), operation)
        .await
        .map_err(from_compute)?;
    Ok((record, result))
}

async fn history(context: &Context, name: &[String], limit: Option<u32>) -> Result<Outcome, StatementError> {
    let (_, history): (_, History) =
        maintain(context, name, &[Privilege::Select], &Maintenance::History { limit }).await?;
    let json = |map: BTreeMap<String, String>| serde_json::to_string(&map).ok();
    let rows = history.commits.into_iter().map(|commit| {
        vec![
            commit.version.map(|version| version.to_string()),
            commit.timestamp.map(time),
            commit.operation,
            json(commit.operation_parameters),
            json(commit.operation_metrics),
            commit.is_blind_append.map(|blind| blind.to_string()),
            commit.engine_info,
        ]
    });
    let columns = [
        ("version", "BIGINT"),
        ("timestamp", "TIMESTAMP"),
        ("operation", "STRING"),
        ("operationParameters", "MAP<STRING, STRING>"),
        ("operationMetrics", "MAP<STRING, STRING>"),
        ("isBlindAppend", "BOOLEAN"),
        ("engineInfo", "STRING"),
    ];
    Ok(typed(&columns, rows.collect()))
}

fn typed(columns: &[(&str, &str)], rows: Vec<Vec<Option<String>>>) -> Outcome {
    let column = |(name, type_text): &(&str, &str)| {
        let mut column = Column::new(name, type_text);
        if let Some((head, _)) = type_text.split_once('<') {
            head.clone_into(&mut column.type_name);
        }
        column
    };
    Outcome::rows(Rows {
        columns: columns.iter().map(column).collect(),
        rows,
        truncated: false,
    })
}

#[derive(Deserialize)]
struct Detail {
    id: String,
    created_at: Option<i64>,
    partition_columns: Vec<String>,
    files: u64,
    bytes: u64,
    min_reader_version: u32,
    min_writer_version: u32,
    properties: BTreeMap<String, String>,
}

async fn detail(context: &Context, name: &[String]) -> Result<Outcome, StatementError> {
    let (record, detail): (_, Detail) = maintain(context, name, &[Privilege::Select], &Maintenance::Detail).await?;
    let columns = [
        ("format", "STRING"),
        ("id", "STRING"),
        ("name", "STRING"),
        ("description", "STRING"),
        ("createdAt", "TIMESTAMP"),
        ("partitionColumns", "ARRAY<STRING>"),
        ("numFiles", "BIGINT"),
        ("sizeInBytes", "BIGINT"),
        ("properties", "MAP<STRING, STRING>"),
        ("minReaderVersion", "INT"),
        ("minWriterVersion", "INT"),
    ];
    let row = vec![
        Some("delta".to_owned()),
        Some(detail.id),
        Some(record.securable.full_name),
        record.securable.comment,
        detail.created_at.map(time),
        serde_json::to_string(&detail.partition_columns).ok(),
        Some(detail.files.to_string()),
        Some(detail.bytes.to_string()),
        serde_json::to_string(&detail.properties).ok(),
        Some(detail.min_reader_version.to_string()),
        Some(detail.min_writer_version.to_string()),
    ];
    Ok(typed(&columns, vec![row]))
}

/// The numbers that the worker tells of an operation.
#[derive(Deserialize)]
pub(super) struct Metrics {
    metrics: BTreeMap<String, String>,
}

/// One row for each number.
pub(super) fn metrics(metrics: Metrics) -> Outcome {
    let rows = metrics
        .metrics
        .into_iter()
        .map(|(name, value)| vec![Some(name), Some(value)]);
    table(&["metric", "value"], rows.collect())
}

/// OPTIMIZE.
pub(super) async fn optimize(context: &Context, name: &[String]) -> Result<Outcome, StatementError> {
    let (_, location) = context
        .delta_table(name, &[Privilege::Select, Privilege::Modify])
        .await?;
    let _alone = context.workspace.sql.locks.alone(&location).await;
    let (_, result) = maintain(context, name, &[Privilege::Modify], &Maintenance::Optimize).await?;
    Ok(metrics(result))
}

#[derive(Deserialize)]
struct Vacuumed {
    files: Vec<String>,
}

/// VACUUM.
pub(super) async fn vacuum(
    context: &Context,
    name: &[String],
    retention_hours: Option<u64>,
    dry_run: bool,
) -> Result<Outcome, StatementError> {
    let operation = Maintenance::Vacuum {
        retention_hours,
        dry_run,
    };
    let (_, vacuumed): (_, Vacuumed) = maintain(context, name, &[Privilege::Modify], &operation).await?;
    Ok(table(
        &["path"],
        vacuumed.files.into_iter().map(|file| vec![Some(file)]).collect(),
    ))
}
