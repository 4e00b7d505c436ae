//! SET TAGS, UNSET TAGS, SET TAG ON and UNSET TAG ON.

use std::collections::BTreeMap;

use super::context::Context;
use super::error::from_api;
use super::outcome::Outcome;
use crate::catalog::{SecurableKind, TagTarget, WhenTagged};
use crate::compute::StatementError;

/// What a statement about tags names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tagged {
    pub(super) kind: SecurableKind,
    pub(super) name: Vec<String>,
    pub(super) column: Option<String>,
}

async fn target(context: &Context, tagged: &Tagged) -> Result<TagTarget, StatementError> {
    let catalog = context.workspace.catalog();
    let full_name = context.full_name(tagged.kind, &tagged.name)?;
    let found = catalog.get(&context.principal, tagged.kind, &full_name).await;
    let target = catalog
        .tag_target(found.map_err(from_api)?, tagged.column.as_deref())
        .await;
    target.map_err(from_api)
}

/// Sets tags.
pub(super) async fn set(
    context: &Context,
    tagged: &Tagged,
    tags: &BTreeMap<String, String>,
    when_tagged: WhenTagged,
) -> Result<Outcome, StatementError> {
    let target = target(context, tagged).await?;
    let catalog = context.workspace.catalog();
    let set = catalog.set_tags(&context.principal, &target, tags, when_tagged).await;
    set.map_err(from_api)?;
    Ok(Outcome::done())
}

/// Removes tags; what is not there is gone already.
pub(super) async fn unset(context: &Context, tagged: &Tagged, keys: &[String]) -> Result<Outcome, StatementError> {
    let target = target(context, tagged).await?;
    let removed = context
        .workspace
        .catalog()
        .unset_tags(&context.principal, &target, keys)
        .await;
    removed.map_err(from_api)?;
    Ok(Outcome::done())
}
