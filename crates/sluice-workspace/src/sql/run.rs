//! Runs one statement: reads it, finds what kind it is, hands it to whom it concerns.

use super::command::{self, Command};
use super::context::Context;
use super::error::from_compute;
use super::outcome::Outcome;
use super::relations::{of_query, parse_query};
use super::text::Text;
use super::{alter, change, describe, functions, objects, restore, rewrite, settings, show, tables, tags, views};
use crate::compute::StatementError;

/// Runs a statement of the principal. What it wrote lasts as the workspace was told to.
pub(super) async fn run(context: &Context, text: &Text) -> Result<Outcome, StatementError> {
    let outcome = perform(context, text).await?;
    let brought = context.workspace.compute.bring_to_disk().await;
    brought.map_err(from_compute)?;
    Ok(outcome)
}

async fn perform(context: &Context, text: &Text) -> Result<Outcome, StatementError> {
    match command::read(text)? {
        Command::Query => change::query(context, text).await,
        Command::Explain(query, mode) => explain(context, text, query, mode).await,
        Command::Insert(insert) => change::insert(context, text, &insert).await,
        Command::Change(operation) => change::change(context, text, operation).await,
        Command::Truncate(name) => change::truncate(context, &name).await,
        Command::CreateTable(new) => tables::create(context, text, &new).await,
        Command::CreateView(new) => views::create(context, text, &new).await,
        Command::CreateFunction(new) => functions::create(context, text, &new).await,
        Command::CreateSchema(name, if_not_exists, comment, properties) => {
            objects::create_schema(context, &name, if_not_exists, comment.as_ref(), &properties).await
        }
        Command::CreateCatalog(name, if_not_exists, comment) => {
            objects::create_catalog(context, &name, if_not_exists, comment.as_ref()).await
        }
        Command::CreateVolume(name, if_not_exists, comment) => {
            objects::create_volume(context, &name, if_not_exists, comment.as_ref()).await
        }
        Command::Drop {
            kind,
            view,
            name,
            if_exists,
            cascade,
        } => objects::drop_object(context, kind, view, &name, if_exists, cascade).await,
        Command::Alter { view, name, change } => alter::alter(context, text, view, &name, &change).await,
        Command::AlterOwner(kind, name, owner) => objects::set_owner(context, kind, &name, &owner).await,
        Command::SetTags(tagged, tags, when_tagged) => tags::set(context, &tagged, &tags, when_tagged).await,
        Command::UnsetTags(tagged, keys) => tags::unset(context, &tagged, &keys).await,
        Command::Grant {
            add,
            privileges,
            kind,
            name,
            principal,
        } => objects::grant(context, add, &privileges, kind, &name, &principal).await,
        Command::Comment(kind, name, comment) => objects::comment(context, kind, &name, comment.as_deref()).await,
        Command::Show(what) => show::show(context, &what).await,
        Command::Describe(what) => describe::describe(context, text, &what).await,
        Command::UseCatalog(name) => objects::use_catalog(context, &name).await,
        Command::UseSchema(name) => objects::use_schema(context, &name).await,
        Command::Restore(name, version) => restore::restore(context, &name, version).await,
        Command::Optimize(name) => describe::optimize(context, &name).await,
        Command::Vacuum {
            name,
            retention_hours,
            dry_run,
        } => describe::vacuum(context, &name, retention_hours, dry_run).await,
        Command::Set(name, value) => settings::set(context, &name, &value),
        Command::Settings(name) => settings::list(context, name.as_deref()),
        Command::Reset(name) => settings::reset(context, name.as_deref()),
        // Nothing is cached, so a table that exists is fresh.
        Command::RefreshTable(name) => show::visible(context, &name).await.map(|_| Outcome::done()),
    }
}

async fn explain(
    context: &Context,
    text: &Text,
    query: usize,
    mode: std::ops::Range<usize>,
) -> Result<Outcome, StatementError> {
    // Only queries are explained; the check comes before the engine sees anything.
    let rest = text.from(query);
    of_query(&rest, &*parse_query(&rest, 0)?)?;
    let rewritten = rewrite::query(context, text, query).await?;
    let sql = format!("EXPLAIN {} {}", text.write_tokens(mode)?, rewritten.sql);
    let mut rows = change::execute(context, &rewritten, sql, Vec::new()).await?;
    for cell in rows.rows.iter_mut().flatten().flatten() {
        for (location, name) in &rewritten.tables {
            *cell = cell.replace(location.trim_start_matches('/'), name);
        }
    }
    Ok(Outcome::rows(rows))
}
