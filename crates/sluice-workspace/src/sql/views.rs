//! CREATE VIEW, of the catalog and of a session.

use std::collections::BTreeMap;

use super::change::execute;
use super::columns::from_engine_named;
use super::command::{CreateView, WhenTaken};
use super::context::Context;
use super::error::{from_api, parse_error, unsupported};
use super::outcome::Outcome;
use super::rewrite;
use super::text::{Text, identifier};
use super::view;
use crate::catalog::{Column, NewTable, Privilege, SecurableKind, TableChange, TableKind};
use crate::compute::StatementError;

/// CREATE VIEW.
pub(super) async fn create(context: &Context, text: &Text, new: &CreateView) -> Result<Outcome, StatementError> {
    if new.temporary {
        return create_temporary_view(context, text, new).await;
    }
    view::check_property_names(new.properties.keys())?;
    let full_name = context.table_name(&new.name)?;
    let exists = context.exists(SecurableKind::Table, &full_name).await?;
    if exists && new.when_taken == WhenTaken::Skip {
        return Ok(Outcome::done());
    }
    if !exists || new.when_taken == WhenTaken::Fail {
        context
            .workspace
            .catalog()
            .check_create_table(&context.principal, &full_name)
            .await
            .map_err(from_api)?;
    }
    let columns = view_columns(context, text, new.query, &new.columns).await?;
    let mut properties = new.properties.clone();
    add_defaults(context, &full_name, &mut properties);
    let definition = text.source_from(new.query).to_owned();
    if exists {
        let old = context.table(&new.name, &[Privilege::Manage]).await?;
        if old.kind != TableKind::View {
            return Err(StatementError::new(
                "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE",
                "42809",
                format!("'{full_name}' is a table, not a view"),
            ));
        }
        let change = TableChange {
            columns: Some(columns),
            properties: Some(properties),
            comment: Some(new.comment.clone()),
            view_definition: Some(definition),
            ..TableChange::default()
        };
        context
            .workspace
            .catalog()
            .alter_table(&context.principal, Privilege::Manage, &full_name, change)
            .await
            .map_err(from_api)?;
        return Ok(Outcome::done());
    }
    let new = NewTable {
        full_name,
        table_id: None,
        kind: TableKind::View,
        location: None,
        columns,
        view_definition: Some(definition),
        comment: new.comment.clone(),
        properties,
        row_filter: None,
        constraints: Vec::new(),
    };
    context
        .workspace
        .catalog()
        .create_table(&context.principal, new)
        .await
        .map_err(from_api)?;
    Ok(Outcome::done())
}

/// Remembers the defaults of the statement when names in the view's query would otherwise be looked up elsewhere.
pub(super) fn add_defaults(context: &Context, full_name: &str, properties: &mut BTreeMap<String, String>) {
    if full_name.rsplit_once('.').map(|(schema, _)| schema) != Some(&format!("{}.{}", context.catalog, context.schema))
    {
        properties.insert(view::CATALOG_PROPERTY.to_owned(), context.catalog.clone());
        properties.insert(view::SCHEMA_PROPERTY.to_owned(), context.schema.clone());
    }
}

pub(super) async fn view_columns(
    context: &Context,
    text: &Text,
    query: usize,
    named: &[(String, Option<String>)],
) -> Result<Vec<Column>, StatementError> {
    // A view outlives the session, so its query may not read temporary views.
    let mut lasting = context.clone();
    lasting.temporary_views.clear();
    lasting.session_id = None;
    let rewritten = rewrite::query(&lasting, text, query).await?;
    let analysed = lasting
        .analyse(rewritten.sql.clone())
        .await
        .map_err(|error| rewritten.explain(error))?;
    from_engine_named(&analysed.columns, named)
}

async fn create_temporary_view(context: &Context, text: &Text, new: &CreateView) -> Result<Outcome, StatementError> {
    let [name] = new.name.as_slice() else {
        return Err(parse_error("the name of a temporary view has one part"));
    };
    if context.session_id.is_none() {
        return Err(unsupported(
            "temporary views in a single statement",
            "a statement has no session that could keep it: use WITH",
        ));
    }
    let rewritten = rewrite::query(context, text, new.query).await?;
    let names: Vec<_> = new.columns.iter().map(|(name, _)| identifier(name)).collect();
    let columns = if names.is_empty() {
        String::new()
    } else {
        format!(" ({})", names.join(", "))
    };
    let replace = if new.when_taken == WhenTaken::Replace {
        "OR REPLACE "
    } else {
        ""
    };
    let sql = format!(
        "CREATE {replace}TEMPORARY VIEW {}{columns} AS {}",
        identifier(name),
        rewritten.sql
    );
    execute(context, &rewritten, sql, Vec::new()).await?;
    Ok(Outcome {
        created_view: Some(name.to_lowercase()),
        ..Outcome::done()
    })
}
