//! Turns a query of a principal into one that the engine can execute: names become Delta paths after the grants were checked, views become their
//! queries with the rights of their owner, functions about the session become literals.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::{from_api, unsupported};
use super::relations::{
    QualifiedColumn, Relations, SessionCall, TableUse, of_expression, of_query, parse_expression, parse_query,
};
use super::routine::{self, Shape};
use super::text::{Edit, Text, identifier, string_literal};
use super::{forms, information_schema, secured, view};
use crate::catalog::{Privilege, TableKind};
use crate::compute::StatementError;
use crate::principal::{ADMINS, USERS};

/// Views in views, at most.
const DEEPEST_VIEW: usize = 16;

/// A statement for the engine, and which directories stand in it for which tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Rewritten {
    pub(super) sql: String,
    pub(super) tables: BTreeMap<String, String>,
}

impl Rewritten {
    /// Puts the names of tables where an error of the engine mentions their directories.
    pub(super) fn explain(&self, mut error: StatementError) -> StatementError {
        for (location, name) in &self.tables {
            for mention in [
                format!("`delta`.`{location}`"),
                format!("delta.`{location}`"),
                location.clone(),
            ] {
                error.message = error.message.replace(&mention, name);
            }
        }
        error
    }
}

/// Rewrites a query that begins at a token; what stands before it is left out.
pub(super) async fn query(context: &Context, text: &Text, start: usize) -> Result<Rewritten, StatementError> {
    let text = text.from(start);
    if let Some(table) = table_statement(&text)? {
        return Box::pin(query_text(context, &format!("SELECT * FROM {table}"), 0)).await;
    }
    query_of(context, text, 0).await
}

/// As [`query`], every column of the outermost SELECT having a name of its own: the engine refuses to insert two columns named alike.
pub(super) async fn query_to_insert(context: &Context, text: &Text, start: usize) -> Result<Rewritten, StatementError> {
    let text = text.from(start);
    if table_statement(&text)?.is_some() {
        return query(context, &text, 0).await;
    }
    let text = forms::plain(context, text).await?;
    let text = routine::expand(context, text, Shape::Query, true).await?;
    let parsed = parse_query(&text, 0)?;
    let relations = of_query(&text, &parsed)?;
    drop(parsed);
    let named = |(place, at): &(usize, usize)| Edit {
        range: *at..*at,
        text: format!(" AS {}", identifier(&format!("column {place}"))),
    };
    let edits = relations.unnamed.iter().map(named).collect();
    rewrite(context, &text, relations, edits, 0).await
}

/// Rewrites an expression of a data frame, which may not contain queries.
pub(super) async fn expression(context: &Context, source: &str) -> Result<String, StatementError> {
    let text = Text::read(source)?;
    // An alias may follow, which is no part of the expression.
    if parse_expression(&text).is_ok() {
        let text = routine::expand(context, text, Shape::Expression, true).await?;
        return text.write(session_edits(context, &text)?);
    }
    let select = Text::read(&format!("SELECT {source}"))?;
    let select = routine::expand(context, select, Shape::Query, true).await?;
    let relations = of_query(&select, &*parse_query(&select, 0)?)?;
    refuse_queries(&relations)?;
    let written = select.write(session_functions(context, &relations))?;
    Ok(written.trim_start().trim_start_matches("SELECT").trim().to_owned())
}

fn refuse_queries(relations: &Relations) -> Result<(), StatementError> {
    if relations.reads.is_empty() {
        return Ok(());
    }
    Err(unsupported(
        "queries in an expression of a data frame",
        "use `spark.sql`",
    ))
}

/// The answers of functions about the session in an expression, which may not contain queries.
pub(super) fn session_edits(context: &Context, text: &Text) -> Result<Vec<Edit>, StatementError> {
    let relations = of_expression(text, &parse_expression(text)?)?;
    refuse_queries(&relations)?;
    Ok(session_functions(context, &relations))
}

/// `TABLE t`, the short form of `SELECT * FROM t`.
fn table_statement(text: &Text) -> Result<Option<String>, StatementError> {
    let mut cursor = super::cursor::Cursor::new(text);
    if !cursor.accept("TABLE") {
        return Ok(None);
    }
    let name = cursor.name()?;
    cursor.expect_end()?;
    Ok(Some(super::text::qualified(&name)))
}

/// The text of a query, already one statement.
async fn query_text(context: &Context, source: &str, depth: usize) -> Result<Rewritten, StatementError> {
    query_of(context, Text::read(source)?, depth).await
}

async fn query_of(context: &Context, text: Text, depth: usize) -> Result<Rewritten, StatementError> {
    let text = forms::plain(context, text).await?;
    let text = routine::expand(context, text, Shape::Query, false).await?;
    let parsed = parse_query(&text, 0)?;
    let relations = of_query(&text, &parsed)?;
    drop(parsed);
    rewrite(context, &text, relations, Vec::new(), depth).await
}

/// Puts tables, views, session functions and qualified columns of a statement in the engine's form.
pub(super) async fn rewrite(
    context: &Context,
    text: &Text,
    relations: Relations,
    mut edits: Vec<Edit>,
    depth: usize,
) -> Result<Rewritten, StatementError> {
    let mut rewritten = Rewritten::default();
    edits.extend(session_functions(context, &relations));
    edits.extend(qualified_columns(context, &relations)?);
    for table in &relations.reads {
        let version = match &table.version {
            Some(range) => format!(" {}", text.write_tokens(range.clone())?),
            None => String::new(),
        };
        let Some(source) = Box::pin(source(context, &table.parts, &version, depth, &mut rewritten)).await? else {
            continue;
        };
        edits.push(Edit {
            range: table.range.start..table.version.as_ref().map_or(table.range.end, |version| version.end),
            text: source,
        });
        edits.extend(alias(table));
    }
    rewritten.sql = text.write(edits)?;
    Ok(rewritten)
}

/// The table's own name as alias, so that columns qualified by it resolve.
pub(super) fn alias(table: &TableUse) -> Option<Edit> {
    let name = table.parts.last()?;
    let at = table.alias_at?;
    Some(Edit {
        range: at..at,
        text: format!(" AS {}", identifier(name)),
    })
}

/// What stands for a table in the engine's statement; none when the name is a temporary view of the session.
async fn source(
    context: &Context,
    parts: &[String],
    version: &str,
    depth: usize,
    rewritten: &mut Rewritten,
) -> Result<Option<String>, StatementError> {
    if let [name] = parts
        && version.is_empty()
        && context.temporary_views.contains(&name.to_lowercase())
    {
        return Ok(None);
    }
    if let Some(query) = information_schema::query(context, parts).await? {
        return Ok(Some(format!("({query})")));
    }
    let record = context.table(parts, &[Privilege::Select]).await?;
    if record.kind != TableKind::View {
        let location = record
            .securable
            .location
            .as_ref()
            .ok_or_else(|| no_location(&record.securable.full_name))?;
        let location = location.to_string_lossy().into_owned();
        let stored = format!("delta.{}{version}", identifier(&location));
        let source = secured::secured(context, &record, &stored).await?;
        rewritten.tables.insert(location, record.securable.full_name);
        return Ok(Some(source));
    }
    if !version.is_empty() {
        return Err(unsupported(
            "old versions of views",
            "ask for old versions of the tables",
        ));
    }
    if depth >= DEEPEST_VIEW {
        return Err(unsupported(
            &format!("more than {DEEPEST_VIEW} views in each other"),
            "make the views simpler",
        ));
    }
    let definition = view::definition(&record)?;
    let mut owner = context.clone();
    owner.principal = context.owner(&record.securable).await?;
    (owner.catalog, owner.schema) = view::defaults(&record);
    owner.temporary_views.clear();
    let mut expanded = query_text(&owner, &definition, depth + 1)
        .await
        .map_err(|error| view::explain(&record, error))?;
    rewritten.tables.append(&mut expanded.tables);
    Ok(Some(format!("({})", view::with_columns(&record, &expanded.sql))))
}

fn no_location(name: &str) -> StatementError {
    StatementError::new("INTERNAL_ERROR", "XX000", format!("the table '{name}' has no location"))
}

fn session_functions(context: &Context, relations: &Relations) -> Vec<Edit> {
    let mut edits = Vec::new();
    for SessionCall { name, range, group } in &relations.session_functions {
        let text = match (name.as_str(), group) {
            ("current_catalog", _) => string_literal(&context.catalog),
            ("current_database" | "current_schema", _) => string_literal(&context.schema),
            ("current_metastore", _) => string_literal("local"),
            (_, Some(group)) => is_member(context, name, group).to_string(),
            (_, None) => string_literal(&context.caller.name),
        };
        edits.push(Edit {
            range: range.clone(),
            text,
        });
    }
    edits
}

/// Whether who asks is in a group. The workspace's own groups, which every workspace has, are none of the account.
fn is_member(context: &Context, function: &str, group: &str) -> bool {
    let of_workspace = [ADMINS, USERS].contains(&group);
    context.caller.groups.contains(group) && !(of_workspace && function == "is_account_group_member")
}

/// `catalog.schema.table.column` and `schema.table.column` lose what stands before the table's name, when a table without alias is meant.
fn qualified_columns(context: &Context, relations: &Relations) -> Result<Vec<Edit>, StatementError> {
    let mut unaliased = Vec::new();
    for table in relations
        .reads
        .iter()
        .chain(&relations.target)
        .filter(|table| table.alias_at.is_some())
    {
        unaliased.push(context.table_name(&table.parts)?);
    }
    let mut edits: Vec<Edit> = Vec::new();
    for QualifiedColumn { range, qualifier } in &relations.qualified {
        let meant = context
            .table_name(qualifier)
            .is_ok_and(|name| unaliased.contains(&name));
        if meant && !edits.iter().any(|edit| edit.range.start == range.start) && !range.is_empty() {
            edits.push(Edit {
                range: range.clone(),
                text: String::new(),
            });
        }
    }
    Ok(edits)
}

/// The query that reads a table by its name, for data frames; none when the name is a temporary view. The version is a clause of ours or empty.
pub(super) async fn table_read(
    context: &Context,
    parts: Vec<String>,
    version: &str,
) -> Result<Option<Rewritten>, StatementError> {
    let mut rewritten = Rewritten::default();
    let source = source(context, &parts, version, 0, &mut rewritten).await?;
    Ok(source.map(|source| {
        rewritten.sql = format!("SELECT * FROM {source}");
        rewritten
    }))
}

/// The directory behind a path of a volume, when the principal may read (or write) there.
pub(super) async fn volume_path(context: &Context, path: &str, write: bool) -> Result<String, StatementError> {
    let path = path.strip_prefix("dbfs:").unwrap_or(path);
    if !path.starts_with("/Volumes/") {
        return Err(StatementError::new(
            "INSUFFICIENT_PERMISSIONS",
            "42501",
            format!(
                "the path `{path}` cannot be used: files are reached below `/Volumes/<catalog>/<schema>/<volume>/`"
            ),
        ));
    }
    // The engine reads paths as URLs with patterns; these characters would lead elsewhere than this check looks.
    if path.contains(['{', '}', '%', '#', '?', '\\']) {
        return Err(unsupported(
            &format!("the path `{path}`"),
            "use paths without the characters {}%#?\\",
        ));
    }
    let catalog = context.workspace.catalog();
    let file = catalog
        .resolve_volume_path(&context.principal, path, write)
        .await
        .map_err(from_api)?;
    if write && file.is_root() {
        return Err(unsupported(
            "writing to a volume's own directory",
            "write to a directory below it",
        ));
    }
    // The engine's patterns cross directories and follow links, so everything below the fixed part of the path counts.
    let fixed = |part: &std::path::Component<'_>| !part.as_os_str().to_string_lossy().contains(['*', '[']);
    let below: PathBuf = file.path.components().take_while(fixed).collect();
    let link = tokio::task::spawn_blocking(move || find_link(&below)).await;
    match link {
        Ok(Ok(None)) => Ok(file.path.to_string_lossy().into_owned()),
        Ok(Ok(Some(link))) => {
            let message = format!(
                "the symbolic link `{}` below `{path}` is not followed: remove it",
                link.display()
            );
            Err(StatementError::new("INSUFFICIENT_PERMISSIONS", "42501", message))
        }
        Ok(Err(error)) => Err(StatementError::new(
            "FILE_ERROR",
            "58030",
            format!("could not look below `{path}`: {error}"),
        )),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// A symbolic link below a directory, whose target the engine would read with its own rights.
fn find_link(path: &Path) -> std::io::Result<Option<PathBuf>> {
    let mut waiting = vec![path.to_owned()];
    while let Some(next) = waiting.pop() {
        let metadata = match std::fs::symlink_metadata(&next) {
            Ok(metadata) => metadata,
            // What a statement writes does not exist yet; a pattern is no file.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if metadata.is_symlink() {
            return Ok(Some(next));
        }
        if metadata.is_dir() {
            for entry in std::fs::read_dir(&next)? {
                waiting.push(entry?.path());
            }
        }
    }
    Ok(None)
}
