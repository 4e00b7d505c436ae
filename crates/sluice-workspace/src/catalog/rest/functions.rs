//! Functions: scalar SQL functions, the same ones that CREATE FUNCTION makes.

use axum::Json;
use serde::{Deserialize, Serialize};

use super::{Empty, Rest, metastore_id};
use crate::call::Call;
use crate::catalog::container::Change;
use crate::catalog::function::{FunctionRecord, Parameter};
use crate::catalog::privilege::SecurableKind;
use crate::error::ApiError;
use crate::paging::Window;
use crate::route::Route;
use crate::sql::{self, Definition};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/2.1/unity-catalog/functions", list),
        Route::post("/api/2.1/unity-catalog/functions", create),
        Route::get("/api/2.1/unity-catalog/functions/{name}", get),
        Route::patch("/api/2.1/unity-catalog/functions/{name}", update),
        Route::delete("/api/2.1/unity-catalog/functions/{name}", delete),
    ]
}

#[derive(Serialize)]
struct ParameterInfo {
    name: String,
    type_text: String,
    type_name: String,
    position: usize,
    parameter_mode: &'static str,
    parameter_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Serialize)]
struct ParameterInfos {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<ParameterInfo>,
}

#[derive(Serialize)]
struct FunctionInfo {
    name: String,
    catalog_name: String,
    schema_name: String,
    full_name: String,
    function_id: String,
    input_params: ParameterInfos,
    data_type: String,
    full_data_type: String,
    routine_body: &'static str,
    routine_definition: String,
    parameter_style: &'static str,
    is_deterministic: bool,
    sql_data_access: &'static str,
    is_null_call: bool,
    security_type: &'static str,
    specific_name: String,
    external_language: &'static str,
    browse_only: bool,
    owner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    metastore_id: String,
    created_at: i64,
    created_by: String,
    updated_at: i64,
    updated_by: String,
}

impl FunctionInfo {
    fn of(function: FunctionRecord, metastore_id: &str) -> Self {
        let securable = function.securable;
        let parts = securable.parts();
        let parameter = |(position, parameter): (usize, Parameter)| ParameterInfo {
            name: parameter.name,
            type_text: parameter.type_text,
            type_name: parameter.type_name,
            position,
            parameter_mode: "IN",
            parameter_type: "PARAM",
            comment: parameter.comment,
        };
        Self {
            catalog_name: parts[0].to_owned(),
            schema_name: parts[1].to_owned(),
            specific_name: securable.name.clone(),
            full_name: securable.full_name,
            name: securable.name,
            function_id: securable.id,
            input_params: ParameterInfos {
                parameters: function.parameters.into_iter().enumerate().map(parameter).collect(),
            },
            data_type: function.returns.type_name,
            full_data_type: function.returns.type_text,
            routine_body: "SQL",
            routine_definition: function.definition,
            parameter_style: "S",
            is_deterministic: function.deterministic,
            sql_data_access: "CONTAINS_SQL",
            is_null_call: true,
            security_type: "DEFINER",
            external_language: "SQL",
            browse_only: false,
            owner: securable.owner,
            comment: securable.comment,
            metastore_id: metastore_id.to_owned(),
            created_at: securable.created_at,
            created_by: securable.created_by,
            updated_at: securable.updated_at,
            updated_by: securable.updated_by,
        }
    }
}

#[derive(Serialize)]
struct Functions {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    functions: Vec<FunctionInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn list(call: Call) -> Result<Json<Functions>, ApiError> {
    let catalog = call.workspace.catalog();
    let container = format!(
        "{}.{}",
        call.required_query("catalog_name")?,
        call.required_query("schema_name")?
    );
    let window = Window::of(&call, "max_results")?;
    let found = catalog
        .list_part(
            &call.principal,
            SecurableKind::Function,
            Some(&container),
            &window,
            |_| true,
        )
        .await?;
    let page = window.page(found, |each| &each.name);
    let metastore_id = metastore_id(catalog).await?;
    Ok(Json(Functions {
        functions: page
            .items
            .into_iter()
            .map(|each| Ok(FunctionInfo::of(FunctionRecord::read(each)?, &metastore_id)))
            .collect::<Result<_, ApiError>>()?,
        next_page_token: page.next_page_token,
    }))
}

#[derive(Deserialize)]
struct GivenParameter {
    name: String,
    type_text: String,
    #[serde(default)]
    position: usize,
    comment: Option<String>,
    parameter_default: Option<String>,
}

#[derive(Default, Deserialize)]
struct GivenParameters {
    #[serde(default)]
    parameters: Vec<GivenParameter>,
}

/// What a client says that follows from the kind of function: read, so that something else is refused by name.
#[derive(Deserialize)]
struct Traits {
    routine_body: String,
    external_language: Option<String>,
    #[serde(default = "parameter_style")]
    parameter_style: String,
    #[serde(default = "contains_sql")]
    sql_data_access: String,
    #[serde(default = "definer")]
    security_type: String,
}

fn parameter_style() -> String {
    "S".to_owned()
}

fn contains_sql() -> String {
    "CONTAINS_SQL".to_owned()
}

fn definer() -> String {
    "DEFINER".to_owned()
}

impl Traits {
    fn check(&self, call: &Call) -> Result<(), ApiError> {
        let language = self.external_language.as_deref().unwrap_or("SQL");
        if self.routine_body != "SQL" || !language.eq_ignore_ascii_case("SQL") {
            return Err(call.not_implemented(format!(
                "the local workspace has SQL functions only, not `{}` ones in `{language}`",
                self.routine_body
            )));
        }
        for (field, value, known) in [
            ("parameter_style", &self.parameter_style, ["S"].as_slice()),
            (
                "sql_data_access",
                &self.sql_data_access,
                ["CONTAINS_SQL", "READS_SQL_DATA"].as_slice(),
            ),
            ("security_type", &self.security_type, ["DEFINER"].as_slice()),
        ] {
            if !known.contains(&value.as_str()) {
                return Err(ApiError::invalid(format!(
                    "`{value}` is no `{field}` of a SQL function: expected one of {}",
                    known.join(", ")
                )));
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Given {
    name: String,
    catalog_name: String,
    schema_name: String,
    #[serde(default)]
    input_params: GivenParameters,
    full_data_type: String,
    #[serde(flatten)]
    traits: Traits,
    routine_definition: String,
    #[serde(default)]
    is_deterministic: bool,
    comment: Option<String>,
    return_params: Option<GivenParameters>,
}

#[derive(Deserialize)]
struct Create {
    function_info: Given,
}

async fn create(mut call: Call) -> Result<Json<FunctionInfo>, ApiError> {
    let Create { function_info: given } = call.json().await?;
    given.traits.check(&call)?;
    if given
        .return_params
        .is_some_and(|columns| !columns.parameters.is_empty())
    {
        return Err(call.not_implemented("the local workspace has no functions that return tables"));
    }
    let mut parameters = given.input_params.parameters;
    parameters.sort_by_key(|parameter| parameter.position);
    if let Some(parameter) = parameters
        .iter()
        .find(|parameter| parameter.parameter_default.is_some())
    {
        let message = format!(
            "the local workspace has no defaults of parameters, as `{}` has one",
            parameter.name
        );
        return Err(call.not_implemented(message));
    }
    let definition = Definition {
        full_name: format!("{}.{}.{}", given.catalog_name, given.schema_name, given.name).to_lowercase(),
        parameters: parameters
            .into_iter()
            .map(|parameter| (parameter.name, parameter.type_text, parameter.comment))
            .collect(),
        returns: Some(given.full_data_type),
        body: given.routine_definition,
        deterministic: given.is_deterministic,
        comment: given.comment.filter(|comment| !comment.is_empty()),
    };
    let catalog = call.workspace.catalog();
    catalog
        .check_create_function(&call.principal, &definition.full_name)
        .await?;
    let checked = sql::check_function(&call.workspace, &call.principal, definition).await;
    let checked = checked.map_err(|error| ApiError::invalid(error.message))?;
    let made = catalog.create_function(&call.principal, checked).await?;
    Ok(Json(FunctionInfo::of(made, &metastore_id(catalog).await?)))
}

async fn get(call: Call) -> Result<Json<FunctionInfo>, ApiError> {
    let catalog = call.workspace.catalog();
    let found = catalog.function(&call.principal, call.parameter("name")).await?;
    Ok(Json(FunctionInfo::of(found, &metastore_id(catalog).await?)))
}

#[derive(Deserialize)]
struct Update {
    owner: Option<String>,
    comment: Option<String>,
    #[serde(flatten)]
    rest: Rest,
}

async fn update(mut call: Call) -> Result<Json<FunctionInfo>, ApiError> {
    let Update { owner, comment, rest } = call.json().await?;
    rest.refuse(&call)?;
    let change = Change {
        owner,
        comment,
        ..Change::default()
    };
    let catalog = call.workspace.catalog();
    let changed = catalog
        .change(&call.principal, SecurableKind::Function, call.parameter("name"), change)
        .await?;
    let changed = catalog.resolve_function(&changed.full_name).await?;
    Ok(Json(FunctionInfo::of(changed, &metastore_id(catalog).await?)))
}

async fn delete(call: Call) -> Result<Json<Empty>, ApiError> {
    call.workspace
        .catalog()
        .delete(&call.principal, SecurableKind::Function, call.parameter("name"), false)
        .await?;
    Ok(Json(Empty {}))
}
