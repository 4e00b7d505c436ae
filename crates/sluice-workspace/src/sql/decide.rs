//! Answers the gateway: may this plan of a task pass, and in which form.
//!
//! The gateway (`python/engine/gateway.py`) asks about everything in a plan that touches data; the answers are what it writes into the plan instead.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::command::{self, Command};
use super::context::Context;
use super::error::{parse_error, unsupported};
use super::outcome::Outcome;
use super::statement::Parameter;
use super::text::Text;
use super::{dataframe, rewrite, run};
use crate::compute::{StatementError, TaskIdentity};
use crate::workspace::Workspace;

/// What the gateway knows of a session.
#[derive(Debug, Default, Deserialize)]
struct SessionState {
    session_id: Option<String>,
    catalog: Option<String>,
    schema: Option<String>,
    #[serde(default)]
    temporary_views: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Request {
    #[serde(default)]
    session: SessionState,
    #[serde(flatten)]
    question: Question,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Question {
    OpenSession,
    Plan { items: Vec<Item> },
    Statement { text: String, arguments: Arguments },
    WriteTable(dataframe::Write),
    WroteTable { name: String, staging: Option<String> },
    AbandonTable { name: String, staging: Option<String> },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Item {
    Sql {
        text: String,
        arguments: Arguments,
    },
    ReadTable {
        name: String,
        options: BTreeMap<String, String>,
    },
    Path {
        path: String,
        write: bool,
    },
    Expression {
        text: String,
    },
    Catalog {
        call: String,
        arguments: BTreeMap<String, Value>,
    },
    CurrentUser,
    CurrentCatalog,
    CurrentDatabase,
    CurrentSchema,
}

/// Values of `:name` in a text.
type Arguments = BTreeMap<String, Argument>;

#[derive(Debug, Deserialize)]
struct Argument {
    r#type: String,
    text: Option<String>,
}

/// Decides about one question of the gateway, which presents the token of the task that asked.
pub(crate) async fn decide(workspace: &Arc<Workspace>, token: &str, request: Value) -> Result<Value, StatementError> {
    let Some(identity) = workspace.compute.session(token) else {
        return Err(StatementError::new(
            "UNAUTHENTICATED",
            "28000",
            "the token is not one of a running task",
        ));
    };
    let request: Request = serde_json::from_value(request).map_err(|error| {
        StatementError::new(
            "INTERNAL_ERROR",
            "XX000",
            format!("the gateway asked something unknown: {error}"),
        )
    })?;
    let context = context(workspace, &identity, &request.session);
    match request.question {
        Question::OpenSession => Ok(json!({"catalog": context.catalog, "schema": context.schema})),
        Question::Plan { items } => {
            let mut answers = Vec::new();
            for item in items {
                answers.push(Box::pin(decide_item(&context, item)).await?);
            }
            Ok(json!({"items": answers}))
        }
        Question::Statement { text, arguments } => statement(&context, &text, arguments).await,
        Question::WriteTable(write) => dataframe::prepare(&context, write).await,
        Question::WroteTable { name, staging } => dataframe::finish(&context, &name, staging.as_deref()).await,
        Question::AbandonTable { name, staging } => dataframe::abandon(&context, &name, staging.as_deref()).await,
    }
}

fn context(workspace: &Arc<Workspace>, identity: &TaskIdentity, session: &SessionState) -> Context {
    let catalog = session.catalog.as_deref().or(identity.catalog.as_deref());
    let schema = session.schema.as_deref().or(identity.schema.as_deref());
    let mut context = Context::new(workspace, &identity.principal, catalog, schema);
    context.task = true;
    context.session_id.clone_from(&session.session_id);
    context.temporary_views = session.temporary_views.iter().map(|view| view.to_lowercase()).collect();
    context
}

async fn statement(context: &Context, text: &str, arguments: Arguments) -> Result<Value, StatementError> {
    let text = Text::read(text)?;
    if matches!(command::read(&text)?, Command::Query) {
        return Ok(json!({"query": true}));
    }
    let filled = text.fill(&parameters(arguments))?;
    answer(run::run(context, &filled).await?)
}

fn parameters(arguments: Arguments) -> Vec<Parameter> {
    let parameter = |(name, argument): (String, Argument)| Parameter {
        name,
        type_text: argument.r#type,
        value: argument.text,
    };
    arguments.into_iter().map(parameter).collect()
}

/// Rows for the gateway: numbers and truth values keep their types, everything else is text.
fn answer(outcome: Outcome) -> Result<Value, StatementError> {
    let kinds: Vec<_> = outcome
        .rows
        .columns
        .iter()
        .map(|column| kind(&column.type_name))
        .collect();
    let columns: Vec<_> = outcome
        .rows
        .columns
        .iter()
        .zip(&kinds)
        .map(|(column, kind)| json!({"name": column.name, "type": kind}))
        .collect();
    let mut rows = Vec::new();
    for row in outcome.rows.rows {
        let mut cells = Vec::new();
        for (cell, kind) in row.into_iter().zip(&kinds) {
            cells.push(match (cell, *kind) {
                (None, _) => Value::Null,
                (Some(text), "string") => Value::String(text),
                (Some(text), _) => serde_json::from_str(&text).map_err(|error| parse_error(error.to_string()))?,
            });
        }
        rows.push(cells);
    }
    let mut answer = json!({"columns": columns, "rows": rows});
    if let Some((catalog, schema)) = outcome.used {
        answer["catalog"] = catalog.into();
        answer["schema"] = schema.into();
    }
    if let Some(view) = outcome.created_view {
        answer["created_view"] = view.into();
    }
    if let Some(view) = outcome.dropped_view {
        answer["dropped_views"] = json!([view]);
    }
    Ok(answer)
}

fn kind(type_name: &str) -> &'static str {
    match type_name {
        "LONG" | "INT" => "bigint",
        "BOOLEAN" => "boolean",
        _ => "string",
    }
}

async fn decide_item(context: &Context, item: Item) -> Result<Value, StatementError> {
    Ok(match item {
        Item::Sql { text, arguments } => {
            let text = Text::read(&text)?.fill(&parameters(arguments))?;
            if !matches!(command::read(&text)?, Command::Query) {
                return Err(unsupported(
                    "this statement inside a data frame",
                    "send it with `spark.sql` alone",
                ));
            }
            let rewritten = rewrite::query(context, &text, 0).await?;
            json!({"sql": rewritten.sql, "tables": rewritten.tables})
        }
        Item::ReadTable { name, options } => read_table(context, &name, &options).await?,
        Item::Path { path, write } => json!({"path": rewrite::volume_path(context, &path, write).await?}),
        Item::Expression { text } => json!({"sql": rewrite::expression(context, &text).await?}),
        Item::Catalog { call, arguments } => catalog_call(context, &call, &arguments).await?,
        Item::CurrentUser => json!({"text": context.caller.name}),
        Item::CurrentCatalog => json!({"text": context.catalog}),
        Item::CurrentDatabase | Item::CurrentSchema => json!({"text": context.schema}),
    })
}

async fn read_table(
    context: &Context,
    name: &str,
    options: &BTreeMap<String, String>,
) -> Result<Value, StatementError> {
    let parts = parts(name)?;
    let mut version = String::new();
    for (key, value) in options {
        match key.to_ascii_lowercase().as_str() {
            "versionasof" => {
                let number: u64 = value
                    .parse()
                    .map_err(|_no_number| parse_error(format!("`{value}` is not a version")))?;
                version = format!(" VERSION AS OF {number}");
            }
            "timestampasof" => version = format!(" TIMESTAMP AS OF {}", super::text::string_literal(value)),
            other => {
                return Err(unsupported(
                    &format!("the option `{other}` of a table"),
                    "use `versionAsOf` or `timestampAsOf`",
                ));
            }
        }
    }
    let alias = parts.last().cloned().unwrap_or_default();
    let Some(read) = rewrite::table_read(context, parts.clone(), &version).await? else {
        return Ok(json!({}));
    };
    let full_name = context.table_name(&parts)?;
    let qualifier: Vec<_> = full_name.split('.').take(2).collect();
    Ok(json!({"sql": read.sql, "alias": alias, "qualifier": qualifier, "tables": read.tables}))
}

/// The parts of a name as a data frame gives it.
pub(super) fn parts(name: &str) -> Result<Vec<String>, StatementError> {
    let text = Text::read(name)?;
    let mut cursor = super::cursor::Cursor::new(&text);
    let parts = cursor.name()?;
    cursor.expect_end()?;
    if parts.iter().any(|part| part.contains('/')) {
        return Err(unsupported(
            &format!("the name `{name}`"),
            "read files with `spark.read.load` from `/Volumes/...`",
        ));
    }
    Ok(parts)
}

/// `spark.catalog`: what it lists is what SHOW lists.
async fn catalog_call(
    context: &Context,
    call: &str,
    arguments: &BTreeMap<String, Value>,
) -> Result<Value, StatementError> {
    let text = |name: &str| {
        arguments
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let one =
        |name: &str, kind: &str, value: Value| json!({"columns": [{"name": name, "type": kind}], "rows": [[value]]});
    match call {
        "current_catalog" => Ok(one("current_catalog", "string", context.catalog.clone().into())),
        "current_database" => Ok(one("current_database", "string", context.schema.clone().into())),
        "set_current_catalog" | "set_current_database" => {
            let name = text("catalog_name").or_else(|| text("db_name")).unwrap_or_default();
            let statement = if call == "set_current_catalog" {
                "USE CATALOG"
            } else {
                "USE SCHEMA"
            };
            let name = super::text::qualified(&parts(&name)?);
            let used = Box::pin(run::run(context, &Text::read(&format!("{statement} {name}"))?)).await?;
            let mut answer = json!({"columns": [], "rows": []});
            if let Some((catalog, schema)) = used.used {
                answer["catalog"] = catalog.into();
                answer["schema"] = schema.into();
            }
            Ok(answer)
        }
        "table_exists" => {
            let mut name = parts(&text("table_name").unwrap_or_default())?;
            if let Some(schema) = text("db_name") {
                name.splice(0..0, parts(&schema)?);
            }
            let temporary = name.len() == 1 && context.temporary_views.contains(&name[0].to_lowercase());
            let full_name = context.table_name(&name)?;
            let found = context.workspace.catalog().table(&context.principal, &full_name).await;
            Ok(one("table_exists", "boolean", (temporary || exists(found)?).into()))
        }
        "database_exists" => {
            let full_name = context.schema_name(&parts(&text("db_name").unwrap_or_default())?)?;
            let kind = crate::catalog::SecurableKind::Schema;
            let found = context
                .workspace
                .catalog()
                .get(&context.principal, kind, &full_name)
                .await;
            Ok(one("database_exists", "boolean", exists(found)?.into()))
        }
        "refresh_table" => Ok(json!({"columns": [], "rows": []})),
        "drop_temp_view" => {
            let name = text("view_name").unwrap_or_default().to_lowercase();
            let known = context.temporary_views.contains(&name);
            if known {
                let statement = format!("DROP VIEW {}", super::text::identifier(&name));
                context.run(statement, Vec::new(), false).await?;
            }
            let mut answer = one("drop_temp_view", "boolean", known.into());
            answer["dropped_views"] = json!([name]);
            Ok(answer)
        }
        "list_tables" => {
            let schema = text("db_name")
                .map(|name| parts(&name))
                .transpose()?
                .unwrap_or_default();
            list_tables(context, &schema).await
        }
        other => Err(unsupported(
            &format!("`spark.catalog` ({other})"),
            "use SQL: SHOW, DESCRIBE, CREATE, DROP",
        )),
    }
}

fn exists<T>(found: Result<T, crate::error::ApiError>) -> Result<bool, StatementError> {
    match found {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.status.as_u16(), 403 | 404) => Ok(false),
        Err(error) => Err(super::error::from_api(error)),
    }
}

async fn list_tables(context: &Context, schema: &[String]) -> Result<Value, StatementError> {
    let schema = context.schema_name(schema)?;
    let found = context
        .workspace
        .catalog()
        .tables(&context.principal, &schema)
        .await
        .map_err(super::error::from_api)?;
    let (catalog, name) = schema.split_once('.').unwrap_or_default();
    let row = |table: crate::catalog::TableRecord| {
        let kind = table.kind.as_str();
        json!([
            table.securable.name,
            catalog,
            [name],
            table.securable.comment,
            kind,
            false
        ])
    };
    let mut rows: Vec<_> = found.into_iter().map(row).collect();
    rows.extend(
        context
            .temporary_views
            .iter()
            .map(|view| json!([view, null, [], null, "TEMPORARY", true])),
    );
    let columns = [
        ("name", "string"),
        ("catalog", "string"),
        ("namespace", "strings"),
        ("description", "string"),
        ("tableType", "string"),
        ("isTemporary", "boolean"),
    ];
    let columns: Vec<_> = columns
        .iter()
        .map(|(name, kind)| json!({"name": name, "type": kind}))
        .collect();
    Ok(json!({"columns": columns, "rows": rows}))
}
