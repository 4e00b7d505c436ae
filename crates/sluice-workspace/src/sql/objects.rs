//! Statements about catalogs, schemas, volumes and grants, and DROP of anything.

use std::collections::BTreeMap;

use super::alter;
use super::context::Context;
use super::error::{from_api, unsupported};
use super::outcome::Outcome;
use crate::catalog::{Change, GrantChange, NewSchema, Privilege, SecurableKind, TableKind};
use crate::compute::StatementError;
use crate::error::ApiError;

/// With IF NOT EXISTS an object that is there already is what was wanted.
fn tolerate<T>(result: Result<T, ApiError>, status: u16, tolerated: bool) -> Result<Outcome, StatementError> {
    match result {
        Ok(_) => Ok(Outcome::done()),
        Err(error) if tolerated && error.status.as_u16() == status => Ok(Outcome::done()),
        Err(error) => Err(from_api(error)),
    }
}

/// CREATE SCHEMA.
pub(super) async fn create_schema(
    context: &Context,
    name: &[String],
    if_not_exists: bool,
    comment: Option<&String>,
    properties: &BTreeMap<String, String>,
) -> Result<Outcome, StatementError> {
    let full_name = context.schema_name(name)?;
    if if_not_exists && context.exists(SecurableKind::Schema, &full_name).await? {
        return Ok(Outcome::done());
    }
    let (catalog, schema) = full_name.split_once('.').unwrap_or_default();
    let new = NewSchema {
        catalog: catalog.to_owned(),
        name: schema.to_owned(),
        comment: comment.cloned(),
        properties: properties.clone(),
    };
    tolerate(
        context
            .workspace
            .catalog()
            .create_schema(&context.principal, &new)
            .await,
        409,
        if_not_exists,
    )
}

/// CREATE CATALOG.
pub(super) async fn create_catalog(
    context: &Context,
    name: &str,
    if_not_exists: bool,
    comment: Option<&String>,
) -> Result<Outcome, StatementError> {
    if if_not_exists && context.exists(SecurableKind::Catalog, &name.to_lowercase()).await? {
        return Ok(Outcome::done());
    }
    let catalog = context.workspace.catalog();
    let made = catalog
        .create_catalog(&context.principal, name, comment.map(String::as_str), &BTreeMap::new())
        .await;
    tolerate(made, 409, if_not_exists)
}

/// CREATE VOLUME.
pub(super) async fn create_volume(
    context: &Context,
    name: &[String],
    if_not_exists: bool,
    comment: Option<&String>,
) -> Result<Outcome, StatementError> {
    let full_name = context.full_name(SecurableKind::Volume, name)?;
    if if_not_exists && context.exists(SecurableKind::Volume, &full_name).await? {
        return Ok(Outcome::done());
    }
    let (schema, volume) = full_name.rsplit_once('.').unwrap_or_default();
    let made = context
        .workspace
        .catalog()
        .create_volume(&context.principal, schema, volume, comment.map(String::as_str))
        .await;
    tolerate(made, 409, if_not_exists)
}

/// DROP of anything.
pub(super) async fn drop_object(
    context: &Context,
    kind: SecurableKind,
    view: bool,
    name: &[String],
    if_exists: bool,
    cascade: bool,
) -> Result<Outcome, StatementError> {
    if let [single] = name
        && kind == SecurableKind::Table
        && context.temporary_views.contains(&single.to_lowercase())
    {
        context
            .run(
                format!("DROP VIEW {}", super::text::identifier(single)),
                Vec::new(),
                false,
            )
            .await?;
        return Ok(Outcome {
            dropped_view: Some(single.to_lowercase()),
            ..Outcome::done()
        });
    }
    let full_name = context.full_name(kind, name)?;
    let catalog = context.workspace.catalog();
    if kind == SecurableKind::Table {
        match catalog.resolve_table(&full_name).await {
            // Its pipeline would make it again, and nobody would know why it is there.
            Ok(table) if table.kind == TableKind::MaterializedView => {
                let id = table.pipeline_id().unwrap_or_default();
                if crate::records::pipeline(&context.workspace, id).await.is_ok() {
                    context.check_writer(&table)?;
                }
            }
            Ok(table) if view != (table.kind == TableKind::View) => {
                let (found, word) = if view {
                    ("a table", "DROP TABLE")
                } else {
                    ("a view", "DROP VIEW")
                };
                return Err(StatementError::new(
                    "WRONG_COMMAND_FOR_OBJECT_TYPE",
                    "42809",
                    format!("'{full_name}' is {found}: use {word}"),
                ));
            }
            Ok(_) | Err(_) => {}
        }
    }
    tolerate(
        catalog.delete(&context.principal, kind, &full_name, cascade).await,
        404,
        if_exists,
    )
}

/// GRANT and REVOKE.
pub(super) async fn grant(
    context: &Context,
    add: bool,
    privileges: &[String],
    kind: SecurableKind,
    name: &[String],
    principal: &str,
) -> Result<Outcome, StatementError> {
    let mut listed = Vec::new();
    for privilege in privileges {
        listed.push(read_privilege(privilege)?);
    }
    let securable = context.find(kind, name).await?;
    let (add, remove) = if add {
        (listed, Vec::new())
    } else {
        (Vec::new(), listed)
    };
    let change = GrantChange {
        principal: principal.to_owned(),
        add,
        remove,
    };
    context
        .workspace
        .catalog()
        .change_grants(&context.principal, &securable, &[change])
        .await
        .map_err(from_api)?;
    Ok(Outcome::done())
}

fn read_privilege(text: &str) -> Result<Privilege, StatementError> {
    // The short form of the SQL standard.
    let text = if text.eq_ignore_ascii_case("ALL") {
        "ALL PRIVILEGES"
    } else {
        text
    };
    text.parse()
        .map_err(|error: ApiError| unsupported(&format!("the privilege `{text}`"), &error.message))
}

/// COMMENT ON.
pub(super) async fn comment(
    context: &Context,
    kind: SecurableKind,
    name: &[String],
    comment: Option<&str>,
) -> Result<Outcome, StatementError> {
    if kind == SecurableKind::Table {
        return alter::set_comment(context, name, comment).await;
    }
    let full_name = context.full_name(kind, name)?;
    // An empty comment is none.
    let change = Change {
        comment: Some(comment.unwrap_or_default().to_owned()),
        ..Change::default()
    };
    context
        .workspace
        .catalog()
        .change(&context.principal, kind, &full_name, change)
        .await
        .map_err(from_api)?;
    Ok(Outcome::done())
}

/// ALTER ... OWNER TO.
pub(super) async fn set_owner(
    context: &Context,
    kind: SecurableKind,
    name: &[String],
    owner: &str,
) -> Result<Outcome, StatementError> {
    let full_name = context.full_name(kind, name)?;
    let change = Change {
        owner: Some(owner.to_owned()),
        ..Change::default()
    };
    context
        .workspace
        .catalog()
        .change(&context.principal, kind, &full_name, change)
        .await
        .map_err(from_api)?;
    Ok(Outcome::done())
}

/// USE CATALOG.
pub(super) async fn use_catalog(context: &Context, name: &str) -> Result<Outcome, StatementError> {
    let catalog = context.workspace.catalog();
    let found = catalog
        .get(&context.principal, SecurableKind::Catalog, &name.to_lowercase())
        .await
        .map_err(from_api)?;
    Ok(Outcome {
        used: Some((found.name, "default".to_owned())),
        ..Outcome::done()
    })
}

/// USE SCHEMA.
pub(super) async fn use_schema(context: &Context, name: &[String]) -> Result<Outcome, StatementError> {
    let full_name = context.schema_name(name)?;
    let catalog = context.workspace.catalog();
    let found = catalog
        .get(&context.principal, SecurableKind::Schema, &full_name)
        .await
        .map_err(from_api)?;
    let (catalog, schema) = found.full_name.split_once('.').unwrap_or_default();
    Ok(Outcome {
        used: Some((catalog.to_owned(), schema.to_owned())),
        ..Outcome::done()
    })
}
