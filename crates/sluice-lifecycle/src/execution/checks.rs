//! The checks of a deployment: the product's jobs, the declared tables, the quality rules of its contracts, metadata, Genie spaces and
//! access, each read back from the workspace, and a second plan that has nothing left to do.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt as _};
use serde::Deserialize;
use serde_json::Value;
use sluice_bundle::engine::{Plan, States};
use sluice_governance::quality::qualified;
use sluice_model::{ResourceKey, Tree};
use sluice_store::record::Check;
use sluice_wire::{Method, Request};

use super::candidate::Candidate;
use super::readback::Readback;
use super::statement::first_row;
use super::{access, genie, metadata, quality, replica};
use crate::deploy::{PlanWishes, RunError, RunParameters, base_state, plan_bundle, run_job};
use crate::ports::Progress;

/// Tables that are looked at at the same time.
const PARALLEL: usize = 4;

/// A check with what it found, or why it failed.
pub(super) fn check(kind: &str, subject: &str, found: Result<String, String>) -> Check {
    Check {
        kind: kind.to_owned(),
        subject: subject.to_owned(),
        passed: found.is_ok(),
        found: found.unwrap_or_else(|why| why),
        quality: None,
    }
}

/// An error and its causes on one line.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    crate::deploy::deployment::with_causes(error)
}

/// Runs every check, in the order in which they make sense. A check that cannot be made has failed.
pub(crate) async fn all(candidate: &Candidate, progress: &dyn Progress) -> Vec<Check> {
    let mut checks = Vec::new();
    for job in &candidate.descriptor.verify {
        progress.say(&format!("running job `{job}`"));
        checks.push(check("job", job, job_run(candidate, job, progress).await));
    }
    checks.extend(deployed(candidate).await);
    checks.push(check(
        "second plan",
        candidate.environment.name.as_str(),
        second_plan(candidate).await,
    ));
    for side in &candidate.upstream {
        checks.push(check("replica", &side.name, replica_of(side, &candidate.here)));
    }
    checks
}

fn replica_of(upstream: &replica::Side, here: &replica::Side) -> Result<String, String> {
    let comparison = replica::compare(upstream, here);
    if comparison.unexplained.is_empty() {
        return Ok(format!(
            "{} differences, all from declared values",
            comparison.explained
        ));
    }
    Err(comparison
        .unexplained
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; "))
}

async fn job_run(candidate: &Candidate, job: &str, progress: &dyn Progress) -> Result<String, String> {
    match run_job(&candidate.loaded, job, &RunParameters::new(), progress).await {
        Ok(outcome) => Ok(format!(
            "run {} of job {} ended with {}",
            outcome.run_id, outcome.job_id, outcome.result
        )),
        Err(RunError::Failed(failure)) => {
            let task = failure.task.map_or_else(String::new, |task| format!(", task `{task}`"));
            let error = failure.error.unwrap_or(failure.message);
            Err(format!(
                "run {} ended with {}{task}: {error}",
                failure.outcome.run_id, failure.outcome.result
            ))
        }
        Err(error) => Err(causes(&error)),
    }
}

async fn second_plan(candidate: &Candidate) -> Result<String, String> {
    let planned = plan_bundle(&candidate.loaded, &PlanWishes::default())
        .await
        .map_err(|error| causes(&error))?;
    if planned.plan.is_empty() {
        return Ok("nothing left to do".to_owned());
    }
    Err(format!("still to do: {}", changes(&planned.plan).join(", ")))
}

/// What a plan does, one text for each entry that is not skipped.
pub(crate) fn changes(plan: &Plan) -> Vec<String> {
    super::saga::effects(plan)
        .into_iter()
        .map(|(key, action)| format!("{action} {key}"))
        .collect()
}

/// Full names of the deployed tables and views.
pub(super) type TableNames = BTreeMap<ResourceKey, String>;

/// The checks of what is deployed: tables, quality rules, metadata, access, Genie.
async fn deployed(candidate: &Candidate) -> Vec<Check> {
    let base = match base_state::read(&candidate.loaded).await {
        Ok(base) => base,
        Err(error) => return vec![check("table", "catalog", Err(causes(&error)))],
    };
    let catalog = &candidate.loaded.bundle.catalog;
    let warehouse = catalog.get("warehouse_id").and_then(Tree::as_str);
    let keys = ["tables", "views"].into_iter().flat_map(|kind| {
        let declared = catalog.get(kind).and_then(Tree::as_mapping);
        let keys = declared.into_iter().flat_map(indexmap::IndexMap::keys);
        keys.map(move |key| ResourceKey::catalog(kind, key))
    });
    let names: TableNames = keys
        .filter_map(|key| {
            let entry = base.states.get(&key)?;
            let name = full_name(&entry.state, &entry.id).to_owned();
            Some((key, name))
        })
        .collect();
    let tables = catalog.get("tables").and_then(Tree::as_mapping);
    let states = &base.states;
    let mut checks: Vec<Check> = stream::iter(tables.into_iter().flat_map(indexmap::IndexMap::keys))
        .map(|key| async move {
            let found = match states.get(&ResourceKey::catalog("tables", key)) {
                Some(entry) => table(candidate, &entry.id, &entry.state, warehouse).await,
                None => Err("it is not deployed".to_owned()),
            };
            check("table", key, found)
        })
        .buffered(PARALLEL)
        .collect()
        .await;
    checks.extend(quality::all(candidate, &names, warehouse).await);
    checks.extend(governed(candidate, states).await);
    checks
}

/// Metadata, Genie spaces and access, as far as the product declares any. What cannot be read fails each of them.
async fn governed(candidate: &Candidate, states: &States) -> Vec<Check> {
    let product = candidate.descriptor.name.as_str();
    let readback = match Readback::read(candidate, states).await {
        Ok(readback) => readback,
        Err(why) => {
            let kinds = ["metadata", "genie", "access"];
            return kinds.map(|kind| check(kind, product, Err(why.clone()))).into();
        }
    };
    let declared = |kind: &str, found: Result<Option<String>, String>| {
        let found = found.transpose()?;
        Some(check(kind, product, found))
    };
    let mut checks: Vec<Check> = declared("metadata", metadata::find(&readback)).into_iter().collect();
    checks.extend(genie::all(candidate, &readback).await);
    let access = access::find(&candidate.loaded.client, &readback).await;
    checks.extend(declared("access", access));
    checks
}

/// The full name of a table: its state has it, or its id is it.
fn full_name<'state>(declared: &'state Value, id: &'state str) -> &'state str {
    let name = declared.get("name").and_then(Value::as_str);
    name.filter(|name| name.contains('.')).unwrap_or(id)
}

#[derive(Deserialize)]
struct Table {
    full_name: String,
    #[serde(default)]
    columns: Vec<Column>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    #[serde(default)]
    type_text: String,
}

async fn table(candidate: &Candidate, id: &str, declared: &Value, warehouse: Option<&str>) -> Result<String, String> {
    let client = &candidate.loaded.client;
    let name = full_name(declared, id);
    let path = format!(
        "/api/2.1/unity-catalog/tables/{}",
        sluice_wire::request::encode_segment(name)
    );
    let found: Table = client
        .fetch(&Request::new(Method::Get, path))
        .await
        .map_err(|error| causes(&error))?;
    columns(declared, &found.columns)?;
    let Some(warehouse) = warehouse else {
        return Err("the catalog files name no `warehouse_id` to count its rows with".to_owned());
    };
    let rows = count(candidate, warehouse, &found.full_name).await?;
    if rows == 0 {
        return Err("it is empty".to_owned());
    }
    Ok(format!("{} columns, {rows} rows", found.columns.len()))
}

/// The declared columns must be there, in order, with their types; a table may not have others.
fn columns(declared: &Value, found: &[Column]) -> Result<(), String> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(declared) = declared.get("columns").and_then(Value::as_array) else {
        return Ok(());
    };
    let wanted: Vec<String> = declared
        .iter()
        .map(|column| {
            format!(
                "{} {}",
                text(column, "name").to_lowercase(),
                type_name(&text(column, "type"))
            )
        })
        .collect();
    let there: Vec<String> = found
        .iter()
        .map(|column| format!("{} {}", column.name.to_lowercase(), type_name(&column.type_text)))
        .collect();
    if wanted == there {
        return Ok(());
    }
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|column| !there.contains(column))
        .map(String::as_str)
        .collect();
    let other: Vec<&str> = there
        .iter()
        .filter(|column| !wanted.contains(column))
        .map(String::as_str)
        .collect();
    if missing.is_empty() && other.is_empty() {
        return Err("its columns are in another order than declared".to_owned());
    }
    Err(format!(
        "its columns are not the declared ones: missing [{}], others [{}]",
        missing.join(", "),
        other.join(", ")
    ))
}

/// One spelling of a type: Databricks knows several for some.
fn type_name(text: &str) -> String {
    let compact: String = text
        .to_lowercase()
        .chars()
        .filter(|each| !each.is_whitespace())
        .collect();
    match compact.as_str() {
        "integer" => "int".to_owned(),
        "long" => "bigint".to_owned(),
        "short" => "smallint".to_owned(),
        "byte" => "tinyint".to_owned(),
        "real" => "float".to_owned(),
        _ => compact.replace("numeric(", "decimal(").replace("dec(", "decimal("),
    }
}

async fn count(candidate: &Candidate, warehouse: &str, table: &str) -> Result<u64, String> {
    let sql = format!("SELECT count(*) FROM {}", qualified(table.split('.')));
    let row = first_row(&candidate.loaded.client, warehouse, &sql)
        .await
        .map_err(|why| format!("counting its rows {why}"))?;
    let cell = row.into_iter().next().flatten();
    cell.and_then(|text| text.parse().ok())
        .ok_or_else(|| "counting its rows gave no number".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(columns: &[(&str, &str)]) -> Vec<Column> {
        let column = |(name, type_text): &(&str, &str)| Column {
            name: (*name).to_owned(),
            type_text: (*type_text).to_owned(),
        };
        columns.iter().map(column).collect()
    }

    #[test]
    fn columns_are_compared_by_name_type_and_order() {
        let declared = json!({"columns": [{"name": "a", "type": "BIGINT"}, {"name": "b", "type": "decimal(10, 2)"}]});
        let check = |there: &[(&str, &str)]| columns(&declared, &found(there));
        assert_eq!(check(&[("A", "long"), ("b", "decimal(10,2)")]), Ok(()));
        assert_eq!(
            check(&[("a", "int"), ("b", "decimal(10,2)")]).unwrap_err(),
            "its columns are not the declared ones: missing [a bigint], others [a int]"
        );
        assert_eq!(
            check(&[("b", "decimal(10,2)"), ("a", "bigint")]).unwrap_err(),
            "its columns are in another order than declared"
        );
        assert!(check(&[("a", "bigint"), ("b", "decimal(10,2)"), ("c", "string")]).is_err());
    }
}
