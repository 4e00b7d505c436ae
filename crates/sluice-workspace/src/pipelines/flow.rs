//! Computing one dataset: its rows into a table of its own, its expectations counted there, and then what is left into the materialized view.
//!
//! A dataset that has no expectations and whose query is SQL is written at once. Either way the old rows stay until the new ones are complete.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::dataset::{Body, Dataset};
use super::event::{Counted, DataQuality};
use super::failed::Failed;
use super::graph::Graph;
use super::python::{Command, Message, Python};
use crate::catalog::{PIPELINE_PROPERTY, Privilege, TableChange, TableKind};
use crate::compute::Rows;
use crate::principal::Principal;
use crate::sql::{
    self, DatasetKind, Defaults, OnViolation, Parameter, STAGE, Statement, identifier, qualified, string_literal,
};
use crate::workspace::Workspace;

/// In whose name and for which update datasets are computed.
pub(super) struct Flows<'a> {
    pub(super) workspace: &'a Arc<Workspace>,
    pub(super) principal: &'a Principal,
    pub(super) pipeline_id: &'a str,
    pub(super) update_id: &'a str,
    pub(super) defaults: &'a Defaults,
    /// What stands for `:name` in queries.
    pub(super) parameters: Vec<Parameter>,
}

/// A dataset that was computed.
#[derive(Debug, Default)]
pub(super) struct Computed {
    pub(super) rows: u64,
    /// None without expectations.
    pub(super) quality: Option<DataQuality>,
}

/// How the computation of a dataset ended.
#[derive(Debug)]
pub(super) enum Flowed {
    /// Its rows are there.
    Done(Computed),
    /// Records did not meet expectations that make the update fail.
    Violated(Failed, DataQuality),
    /// Others have to be computed first.
    Needs(Vec<String>),
}

impl Flows<'_> {
    /// Computes a dataset whose inputs are there. `waiting` has the names of those that are not computed yet.
    pub(super) async fn compute(
        &self,
        graph: &Graph,
        index: usize,
        python: Option<&mut Python>,
        waiting: Vec<String>,
    ) -> Result<Flowed, Failed> {
        let dataset = &graph.datasets[index];
        let direct = !dataset.is_hidden() && dataset.expectations.is_empty();
        let source = match &dataset.body {
            Body::Sql(query) => {
                let query = self.query(graph, dataset, query)?;
                if dataset.kind == DatasetKind::View {
                    self.publish_view(dataset, &query).await?;
                    return Ok(Flowed::Done(Computed::default()));
                }
                if direct {
                    let rows = self.publish(dataset, &query).await?;
                    return Ok(Flowed::Done(Computed { rows, quality: None }));
                }
                let stage = self.stage(dataset);
                let text = format!("CREATE TABLE {stage} AS {query}");
                self.run(&text).await?;
                stage
            }
            Body::Python => {
                let stage = self.stage(dataset);
                if let Some(needs) = self.ask(graph, dataset, python, &stage, waiting).await? {
                    return Ok(Flowed::Needs(needs));
                }
                stage
            }
        };
        self.judge(dataset, &source).await
    }

    /// Counts expectations, and publishes what they leave.
    async fn judge(&self, dataset: &Dataset, stage: &str) -> Result<Flowed, Failed> {
        let (total, quality) = self.count(dataset, stage).await?;
        if let Some(failed) = violated(dataset, &quality) {
            return Ok(Flowed::Violated(failed, quality));
        }
        let dropping = dataset
            .expectations
            .iter()
            .filter(|each| each.on_violation == OnViolation::Drop);
        let kept: Vec<String> = dropping.map(|each| met(&each.condition)).collect();
        let filter = match kept.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", kept.join(" AND ")),
        };
        let quality = (!dataset.expectations.is_empty()).then_some(quality);
        let left = total - quality.as_ref().map_or(0, |quality| quality.dropped_records);
        if !dataset.is_hidden() {
            self.publish(dataset, &format!("SELECT * FROM {stage}{filter}")).await?;
            self.run(&format!("DROP TABLE {stage}")).await?;
        } else if !kept.is_empty() {
            self.run(&format!(
                "CREATE OR REPLACE TABLE {stage} AS SELECT * FROM {stage}{filter}"
            ))
            .await?;
        }
        Ok(Flowed::Done(Computed { rows: left, quality }))
    }

    /// All records of a stage, and what its expectations find.
    async fn count(&self, dataset: &Dataset, stage: &str) -> Result<(u64, DataQuality), Failed> {
        let mut sums = vec!["count(*)".to_owned(), sum("true", &dropped(dataset))];
        sums.extend(
            dataset
                .expectations
                .iter()
                .map(|each| sum(&met(&each.condition), "true")),
        );
        let rows = self.run(&format!("SELECT {} FROM {stage}", sums.join(", "))).await?;
        let number = |place: usize| -> u64 {
            let cell = rows.rows.first().and_then(|row| row.get(place)).cloned().flatten();
            cell.and_then(|text| text.parse().ok()).unwrap_or(0)
        };
        let total = number(0);
        let counted = dataset.expectations.iter().zip(2..).map(|(each, place)| Counted {
            name: each.name.clone(),
            dataset: dataset.name.clone(),
            passed_records: number(place),
            failed_records: total - number(place),
        });
        let quality = DataQuality {
            dropped_records: number(1),
            expectations: counted.collect(),
        };
        Ok((total, quality))
    }

    /// Lets the process write the rows; the names of datasets that it reads and that are not computed yet.
    async fn ask(
        &self,
        graph: &Graph,
        dataset: &Dataset,
        python: Option<&mut Python>,
        stage: &str,
        waiting: Vec<String>,
    ) -> Result<Option<Vec<String>>, Failed> {
        let missing = || Failed::new("INTERNAL_ERROR", "no process has read the Python sources");
        let hidden = graph.datasets.iter().filter(|other| other.is_hidden());
        let command = Command::Compute {
            dataset: dataset.name.clone(),
            table: stage.to_owned(),
            hidden: hidden
                .map(|other| (other.parts[2].clone(), self.stage(other)))
                .collect(),
            waiting,
        };
        match python.ok_or_else(missing)?.compute(command).await? {
            Message::Computed => Ok(None),
            Message::Needs { names } => Ok(Some(names)),
            Message::Failed { class, message, trace } => {
                Err(Failed::new(&class, if trace.is_empty() { message } else { trace }))
            }
            Message::Declared { .. } => Err(Failed::new("INTERNAL_ERROR", "the process declared its datasets twice")),
        }
    }

    /// A query with the tables of this update in the place of what only the pipeline sees, and the columns named as declared.
    fn query(&self, graph: &Graph, dataset: &Dataset, query: &str) -> Result<String, Failed> {
        let in_view = dataset.kind == DatasetKind::View;
        if let Some(hidden) = graph.hidden_input(&dataset.reads).filter(|_| in_view) {
            let message = format!(
                "the view `{}` would outlive `{hidden}`, which it reads and which only the pipeline sees",
                dataset.name
            );
            return Err(Failed::new("INVALID_TEMPORARY_OBJECT_REFERENCE", message));
        }
        let source = |name: &[String]| {
            let found = &graph.datasets[graph.find(name)?];
            Some(match found.is_hidden() {
                true => self.stage(found),
                false => qualified(&found.parts),
            })
        };
        let query = sql::with_sources(query, &self.parameters, source)?;
        if dataset.columns.is_empty() || in_view {
            return Ok(query);
        }
        let names: Vec<_> = dataset.columns.iter().map(|(name, _)| identifier(name)).collect();
        Ok(format!("SELECT * FROM ({query}) AS `dataset`({})", names.join(", ")))
    }

    /// The table that holds the rows of a dataset while the update runs.
    pub(super) fn stage(&self, dataset: &Dataset) -> String {
        let catalog = self.defaults.catalog.clone().unwrap_or_default();
        let schema = self.defaults.schema.clone().unwrap_or_default();
        let name = format!("{}_{}", prefix(self.update_id), dataset.parts.join("_"));
        qualified(&[catalog, schema, name])
    }

    /// Writes the materialized view; the number of its rows.
    async fn publish(&self, dataset: &Dataset, query: &str) -> Result<u64, Failed> {
        let name = qualified(&dataset.parts);
        let partitioning = match dataset.partitioning.as_slice() {
            [] => String::new(),
            columns => {
                let columns: Vec<_> = columns.iter().map(|column| identifier(column)).collect();
                format!(" PARTITIONED BY ({})", columns.join(", "))
            }
        };
        let text = format!(
            "CREATE OR REPLACE TABLE {name}{partitioning}{}{} AS {query}",
            comment(dataset),
            properties(&dataset.properties)
        );
        let statement = self.statement(&text);
        let rows = sql::execute_for_pipeline(self.workspace, &statement, self.pipeline_id).await?;
        for (column, comment) in &dataset.columns {
            if let Some(comment) = comment {
                let column = identifier(column);
                self.run(&format!(
                    "ALTER TABLE {name} ALTER COLUMN {column} COMMENT {}",
                    string_literal(comment)
                ))
                .await?;
            }
        }
        if let Body::Sql(definition) = &dataset.body {
            let change = TableChange {
                view_definition: Some(definition.clone()),
                ..TableChange::default()
            };
            let catalog = self.workspace.catalog();
            catalog
                .alter_table(self.principal, Privilege::Manage, &dataset.full_name(), change)
                .await?;
        }
        let written = rows.rows.first().and_then(|row| row.first()).cloned().flatten();
        Ok(written.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Makes or replaces a view of the catalog.
    async fn publish_view(&self, dataset: &Dataset, query: &str) -> Result<(), Failed> {
        let name = dataset.full_name();
        if let Ok(old) = self.workspace.catalog().resolve_table(&name).await {
            let owner = old.securable.properties.get(PIPELINE_PROPERTY);
            if old.kind != TableKind::View || owner.map(String::as_str) != Some(self.pipeline_id) {
                let message =
                    format!("'{name}' exists already and is no view of this pipeline: use another name, or drop it");
                return Err(Failed::new("TABLE_OR_VIEW_ALREADY_EXISTS", message));
            }
        }
        let columns: Vec<_> = dataset
            .columns
            .iter()
            .map(|(name, comment)| match comment {
                Some(comment) => format!("{} COMMENT {}", identifier(name), string_literal(comment)),
                None => identifier(name),
            })
            .collect();
        let columns = match columns.is_empty() {
            true => String::new(),
            false => format!(" ({})", columns.join(", ")),
        };
        let mut with_owner = dataset.properties.clone();
        with_owner.insert(PIPELINE_PROPERTY.to_owned(), self.pipeline_id.to_owned());
        self.run(&format!(
            "CREATE OR REPLACE VIEW {}{columns}{}{} AS {query}",
            qualified(&dataset.parts),
            comment(dataset),
            properties(&with_owner)
        ))
        .await?;
        Ok(())
    }

    fn statement(&self, text: &str) -> Statement {
        let mut statement = Statement::new(self.principal.clone(), text);
        statement.defaults.clone_from(self.defaults);
        statement
    }

    async fn run(&self, text: &str) -> Result<Rows, Failed> {
        Ok(sql::execute(self.workspace, &self.statement(text)).await?)
    }
}

/// How the tables of an update begin.
fn prefix(update_id: &str) -> String {
    format!("{STAGE}{}", update_id.replace('-', ""))
}

/// Removes the tables that an update has left; they are of no use to anybody, whoever runs the pipeline now.
pub(super) async fn sweep(workspace: &Workspace, defaults: &Defaults, update_id: &str) -> Result<(), Failed> {
    let (Some(catalog), Some(schema)) = (&defaults.catalog, &defaults.schema) else {
        return Ok(());
    };
    for table in workspace
        .catalog()
        .stray_tables(&format!("{catalog}.{schema}"), &prefix(update_id))
        .await?
    {
        let owner = crate::identity::by_name(workspace, &table.owner).await?;
        let Some(owner) = owner else { continue };
        workspace.catalog().drop_table(&owner, &table.full_name).await?;
    }
    Ok(())
}

/// A condition that NULL does not meet.
fn met(condition: &str) -> String {
    format!("coalesce(({condition}), false)")
}

fn sum(condition: &str, also: &str) -> String {
    format!("sum(CASE WHEN {condition} AND {also} THEN 1 ELSE 0 END)")
}

/// Whether a record is left out.
fn dropped(dataset: &Dataset) -> String {
    let dropping = dataset
        .expectations
        .iter()
        .filter(|each| each.on_violation == OnViolation::Drop);
    let conditions: Vec<_> = dropping.map(|each| met(&each.condition)).collect();
    match conditions.is_empty() {
        true => "false".to_owned(),
        false => format!("NOT ({})", conditions.join(" AND ")),
    }
}

/// The failure of an update whose records do not meet what they must.
fn violated(dataset: &Dataset, quality: &DataQuality) -> Option<Failed> {
    let strict = dataset.expectations.iter().zip(&quality.expectations);
    let broken: Vec<String> = strict
        .filter(|(each, counted)| each.on_violation == OnViolation::Fail && counted.failed_records > 0)
        .map(|(each, counted)| {
            format!(
                "`{}` ({}): {} records",
                each.name, each.condition, counted.failed_records
            )
        })
        .collect();
    (!broken.is_empty()).then(|| {
        Failed::new(
            "EXPECTATION_VIOLATION",
            format!(
                "records of the dataset `{}` do not meet expectations that make the update fail: {}",
                dataset.name,
                broken.join(", ")
            ),
        )
    })
}

fn comment(dataset: &Dataset) -> String {
    let text = dataset.comment.as_ref();
    text.map_or_else(String::new, |text| format!(" COMMENT {}", string_literal(text)))
}

fn properties(properties: &BTreeMap<String, String>) -> String {
    if properties.is_empty() {
        return String::new();
    }
    let listed: Vec<_> = properties
        .iter()
        .map(|(key, value)| format!("{} = {}", string_literal(key), string_literal(value)))
        .collect();
    format!(" TBLPROPERTIES ({})", listed.join(", "))
}
