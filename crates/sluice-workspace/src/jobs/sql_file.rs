//! A SQL task: the statements of a workspace file, executed one after the other with the grants of the job's principal.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::jobs::process::{Ended, Outcome, ProcessError};
use crate::jobs::run::Output;
use crate::jobs::settings::Object;
use crate::jobs::sources;
use crate::jobs::sql_text;
use crate::jobs::stop::StopSignal;
use crate::permissions::Level;
use crate::principal::Principal;
use crate::sql::{Parameter, Statement};
use crate::warehouses;
use crate::workspace::Workspace;

/// How many rows of the last statement are kept.
const ROW_LIMIT: usize = 1000;

/// A SQL file to execute.
pub(crate) struct Task<'a> {
    pub(crate) workspace: &'a Arc<Workspace>,
    pub(crate) principal: &'a Principal,
    /// The warehouse to use; here it only has to be one that the principal may use.
    pub(crate) warehouse_id: &'a str,
    /// The file in the workspace.
    pub(crate) path: &'a str,
    /// The values of parameter markers.
    pub(crate) values: &'a BTreeMap<String, String>,
}

/// Executes the file until it ends, is told to stop, or its time is over; a statement that fails ends it.
pub(crate) async fn run(
    task: &Task<'_>,
    limit: Option<Duration>,
    mut stop: StopSignal,
) -> Result<Outcome, ProcessError> {
    let &Task {
        workspace,
        principal,
        warehouse_id,
        path,
        values,
    } = task;
    let warehouse = warehouses::require(workspace, principal, warehouse_id, Level::CanUse).await?;
    if !warehouse.running {
        warehouses::set_running(workspace, warehouse_id, true).await?;
    }
    let text = sources::read_text(workspace, principal, path).await?;
    let time_over = async {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    // Dropping the execution cancels the statement that is under way.
    let (ended, output) = tokio::select! {
        output = execute(workspace, principal, &text, values) => (Ended::Finished, output),
        reason = stop.told() => (Ended::Stopped(reason), Output::default()),
        () = time_over => (Ended::TimedOut, Output::default()),
    };
    Ok(Outcome {
        ended,
        output,
        task_values: Object::new(),
    })
}

async fn execute(
    workspace: &Arc<Workspace>,
    principal: &Principal,
    text: &str,
    values: &BTreeMap<String, String>,
) -> Output {
    let failed = |error: String| Output {
        error: Some(error),
        ..Output::default()
    };
    let statements = match sql_text::statements(text) {
        Ok(statements) if statements.is_empty() => return failed("the file holds no SQL statement".to_owned()),
        Ok(statements) => statements,
        Err(error) => return failed(format!("the file cannot be read as SQL: {error}")),
    };
    let parameters: Vec<_> = values
        .iter()
        .map(|(name, value)| Parameter {
            name: name.clone(),
            type_text: "STRING".to_owned(),
            value: Some(value.clone()),
        })
        .collect();
    let mut done = Vec::new();
    let count = statements.len();
    for (number, text) in (1..).zip(statements) {
        let mut statement = Statement::new(principal.clone(), text.clone());
        statement.parameters.clone_from(&parameters);
        statement.row_limit = Some(ROW_LIMIT);
        match crate::sql::execute(workspace, &statement).await {
            Ok(rows) => {
                let rows = (number == count)
                    .then(|| json!({ "columns": rows.columns, "rows": rows.rows, "truncated": rows.truncated }));
                done.push(json!({ "query_text": text, "result": rows }));
            }
            Err(error) => return failed(format!("statement {number} of {count} failed: {error}")),
        }
    }
    let sql = json!({ "query_output": { "query_text": done.last().and_then(|last| last.get("query_text")), "sql_statements": done } });
    Output {
        sql: Some(sql),
        ..Output::default()
    }
}
