//! CREATE FUNCTION, SHOW FUNCTIONS and DESCRIBE FUNCTION: scalar SQL functions of the catalog. What a call becomes stands in `routine`.

use super::command::{CreateFunction, WhenTaken};
use super::context::Context;
use super::error::{from_api, unsupported};
use super::outcome::{Outcome, table};
use super::routine::{check_parameters, template};
use super::text::{Text, identifier};
use super::types::SqlType;
use crate::catalog::{FunctionRecord, NewFunction, Parameter, ReturnType, SecurableKind};
use crate::compute::StatementError;

/// A function as its author wrote it, from SQL or REST.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) full_name: String,
    /// Name, type and comment.
    pub(crate) parameters: Vec<(String, String, Option<String>)>,
    /// What it returns; none for what its body gives.
    pub(crate) returns: Option<String>,
    pub(crate) body: String,
    pub(crate) deterministic: bool,
    pub(crate) comment: Option<String>,
}

/// CREATE FUNCTION.
pub(super) async fn create(context: &Context, text: &Text, new: &CreateFunction) -> Result<Outcome, StatementError> {
    let full_name = context.table_name(&new.name)?;
    let exists = context.exists(SecurableKind::Function, &full_name).await?;
    if exists && new.when_taken == WhenTaken::Skip {
        return Ok(Outcome::done());
    }
    let catalog = context.workspace.catalog();
    if !exists || new.when_taken == WhenTaken::Fail {
        catalog
            .check_create_function(&context.principal, &full_name)
            .await
            .map_err(from_api)?;
    }
    let definition = Definition {
        full_name,
        parameters: new.parameters.clone(),
        returns: new.returns.clone(),
        body: text.source_from(new.body).to_owned(),
        deterministic: new.deterministic,
        comment: new.comment.clone(),
    };
    let checked = check(context, definition).await?;
    let made = if exists {
        catalog.replace_function(&context.principal, checked).await
    } else {
        catalog.create_function(&context.principal, checked).await
    };
    made.map_err(from_api)?;
    Ok(Outcome::done())
}

/// Checks a definition: its types, what its body names, and, on the engine, what the body gives.
pub(super) async fn check(context: &Context, new: Definition) -> Result<NewFunction, StatementError> {
    let explain = |mut error: StatementError| {
        error.message = format!("the function '{}' cannot be made: {}", new.full_name, error.message);
        error
    };
    let names: Vec<_> = new.parameters.iter().map(|(name, ..)| name.clone()).collect();
    check_parameters(&names)?;
    let mut parameters = Vec::new();
    for (name, type_text, comment) in &new.parameters {
        let kind = SqlType::parse(type_text)?;
        parameters.push(Parameter {
            name: name.clone(),
            type_text: kind.text(),
            type_name: kind.name().to_owned(),
            comment: comment.clone(),
        });
    }
    let body = template(context, &new.full_name, &new.body, &names, 0)
        .await
        .map_err(explain)?;
    let body = body.write(Vec::new())?;
    let returns = new.returns.as_deref().map(SqlType::parse).transpose()?;
    let returns = result_type(context, &parameters, &body, returns)
        .await
        .map_err(explain)?;
    refuse_name_of_engine(context, &new.full_name).await?;
    Ok(NewFunction {
        parameters,
        returns: ReturnType {
            type_text: returns.text(),
            type_name: returns.name().to_owned(),
        },
        full_name: new.full_name,
        definition: new.body,
        deterministic: new.deterministic,
        comment: new.comment,
    })
}

/// What the body gives, by the engine's analysis, cast to what it is to give. A body that is no scalar fails here, since the other
/// columns of the query would have to be grouped.
async fn result_type(
    context: &Context,
    parameters: &[Parameter],
    body: &str,
    wanted: Option<SqlType>,
) -> Result<SqlType, StatementError> {
    let result = match &wanted {
        Some(kind) => format!("CAST(({body}) AS {})", kind.text()),
        None => format!("({body})"),
    };
    let mut columns: Vec<_> = parameters
        .iter()
        .map(|parameter| {
            format!(
                "CAST(NULL AS {}) AS {}",
                parameter.type_text,
                identifier(&parameter.name)
            )
        })
        .collect();
    if columns.is_empty() {
        columns.push("1 AS `none`".to_owned());
    }
    let sql = format!(
        "SELECT *, {result} AS `result` FROM (SELECT {}) AS `parameters`",
        columns.join(", ")
    );
    let analysed = context.analyse(sql).await?;
    let found = analysed
        .columns
        .last()
        .map(|column| column.type_text.clone())
        .unwrap_or_default();
    match wanted {
        Some(kind) => Ok(kind),
        None if found.eq_ignore_ascii_case("void") || found.eq_ignore_ascii_case("null") => Err(unsupported(
            "a function that gives NULL without a type",
            "say what it RETURNS",
        )),
        None => SqlType::parse(&found),
    }
}

/// A name that the engine has for a function of its own would mean something else in a call without a schema.
async fn refuse_name_of_engine(context: &Context, full_name: &str) -> Result<(), StatementError> {
    let name = full_name.rsplit('.').next().unwrap_or_default();
    let probe = context.analyse(format!("SELECT {}()", identifier(name))).await;
    let unknown = probe
        .err()
        .is_some_and(|error| error.message.to_lowercase().contains("unknown function"));
    if unknown {
        return Ok(());
    }
    Err(unsupported(
        &format!("a function named `{name}`, as a function of SQL is"),
        "choose another name",
    ))
}

/// SHOW FUNCTIONS, the catalog's.
pub(super) async fn list(context: &Context, schema: Option<&[String]>) -> Result<Vec<FunctionRecord>, StatementError> {
    let schema = context.schema_name(schema.unwrap_or_default())?;
    context
        .workspace
        .catalog()
        .functions(&context.principal, &schema)
        .await
        .map_err(from_api)
}

/// DESCRIBE FUNCTION.
pub(super) async fn describe(context: &Context, name: &[String], extended: bool) -> Result<Outcome, StatementError> {
    let function = context
        .workspace
        .catalog()
        .function(&context.principal, &context.table_name(name)?)
        .await
        .map_err(from_api)?;
    let parameter = |parameter: &Parameter| format!("{} {}", parameter.name, parameter.type_text.to_uppercase());
    let parameters: Vec<_> = function.parameters.iter().map(parameter).collect();
    let mut lines = vec![
        format!("Function: {}", function.securable.full_name),
        "Type: SCALAR".to_owned(),
        format!(
            "Input: {}",
            if parameters.is_empty() {
                "()".to_owned()
            } else {
                parameters.join(", ")
            }
        ),
        format!("Returns: {}", function.returns.type_text.to_uppercase()),
    ];
    if extended {
        lines.extend(function.securable.comment.map(|comment| format!("Comment: {comment}")));
        lines.push(format!("Deterministic: {}", function.deterministic));
        lines.push(format!("Owner: {}", function.securable.owner));
        lines.push(format!("Body: {}", function.definition));
    }
    Ok(table(
        &["function_desc"],
        lines.into_iter().map(|line| vec![Some(line)]).collect(),
    ))
}
