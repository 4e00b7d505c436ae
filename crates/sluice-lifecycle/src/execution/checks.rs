//! The checks of a deployment: the product's jobs, the declared tables, and a second plan that has nothing left to do.

use futures::stream::{self, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use sluice_bundle::engine::Plan;
use sluice_databricks::ClientError;
use sluice_store::record::Check;
use sluice_wire::{Method, Request};

use super::candidate::Candidate;
use super::replica;
use crate::deploy::{PlanWishes, RunError, RunParameters, base_state, plan_bundle, run_job};
use crate::ports::Progress;

/// Tables that are looked at at the same time.
const PARALLEL: usize = 4;
/// Pauses between polls of a statement.
const POLL: std::time::Duration = std::time::Duration::from_millis(200);

fn check(kind: &str, subject: &str, found: Result<String, String>) -> Check {
    Check {
        kind: kind.to_owned(),
        subject: subject.to_owned(),
        passed: found.is_ok(),
        found: found.unwrap_or_else(|why| why),
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
    checks.extend(tables(candidate).await);
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
    let planned = plan_bundle(&candidate.loaded, PlanWishes::default())
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

async fn tables(candidate: &Candidate) -> Vec<Check> {
    let base = match base_state::read(&candidate.loaded).await {
        Ok(base) => base,
        Err(error) => return vec![check("table", "catalog", Err(causes(&error)))],
    };
    let warehouse = candidate
        .loaded
        .bundle
        .catalog
        .get("warehouse_id")
        .and_then(|tree| tree.as_str());
    let declared = candidate
        .loaded
        .bundle
        .catalog
        .get("tables")
        .and_then(|tree| tree.as_mapping());
    let states = &base.states;
    stream::iter(declared.into_iter().flat_map(indexmap::IndexMap::keys))
        .map(|key| async move {
            let found = match states.get(&sluice_model::ResourceKey::catalog("tables", key)) {
                Some(entry) => table(candidate, &entry.id, &entry.state, warehouse).await,
                None => Err("it is not deployed".to_owned()),
            };
            check("table", key, found)
        })
        .buffered(PARALLEL)
        .collect()
        .await
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
    let name = declared
        .get("name")
        .and_then(Value::as_str)
        .filter(|name| name.contains('.'))
        .unwrap_or(id);
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

#[derive(Deserialize)]
struct Statement {
    statement_id: String,
    status: Status,
    #[serde(default)]
    result: Option<ResultData>,
}

#[derive(Deserialize)]
struct Status {
    state: String,
    #[serde(default)]
    error: Option<StatementFailure>,
}

#[derive(Deserialize)]
struct StatementFailure {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct ResultData {
    #[serde(default)]
    data_array: Vec<Vec<Option<String>>>,
}

async fn count(candidate: &Candidate, warehouse: &str, table: &str) -> Result<u64, String> {
    let quoted: Vec<String> = table
        .split('.')
        .map(|part| format!("`{}`", part.replace('`', "``")))
        .collect();
    let request = Request::new(Method::Post, "/api/2.0/sql/statements").json(json!({
        "warehouse_id": warehouse,
        "statement": format!("SELECT count(*) FROM {}", quoted.join(".")),
        "wait_timeout": "30s",
        "format": "JSON_ARRAY",
        "disposition": "INLINE",
    }));
    let client = &candidate.loaded.client;
    let fault = |error: ClientError| causes(&error);
    let mut statement: Statement = client.fetch(&request).await.map_err(fault)?;
    while matches!(statement.status.state.as_str(), "PENDING" | "RUNNING") {
        tokio::time::sleep(POLL).await;
        let path = format!("/api/2.0/sql/statements/{}", statement.statement_id);
        statement = client.fetch(&Request::new(Method::Get, path)).await.map_err(fault)?;
    }
    if statement.status.state != "SUCCEEDED" {
        let message = statement
            .status
            .error
            .map_or_else(String::new, |error| format!(": {}", error.message));
        return Err(format!(
            "counting its rows ended with {}{message}",
            statement.status.state
        ));
    }
    let cell = statement
        .result
        .and_then(|result| result.data_array.into_iter().flatten().next().flatten());
    cell.and_then(|text| text.parse().ok())
        .ok_or_else(|| "counting its rows gave no number".to_owned())
}

#[cfg(test)]
mod tests {
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
