//! The grammar of SHOW and DESCRIBE.

use sqlparser::tokenizer::Token;

use super::{Describe, Show, principal, securable_kind};
use crate::catalog::SecurableKind;
use crate::compute::StatementError;
use crate::sql::cursor::Cursor;
use crate::sql::error::unsupported;
use crate::sql::inventory::Parts;

pub(super) fn show(at: &mut Cursor<'_>) -> Result<Show, StatementError> {
    let container = |at: &mut Cursor<'_>| {
        if at.accept("IN") || at.accept("FROM") {
            at.name().map(Some)
        } else {
            Ok(None)
        }
    };
    let pattern = |at: &mut Cursor<'_>| {
        let like = at.accept("LIKE");
        if like || !at.at_end() {
            at.string().map(Some)
        } else {
            Ok(None)
        }
    };
    if let Some(whole) = of_catalogs(at)? {
        return Ok(whole);
    }
    Ok(if at.accept("CATALOGS") {
        Show::Catalogs(pattern(at)?)
    } else if at.accept("SCHEMAS") || at.accept("DATABASES") {
        Show::Schemas(container(at)?, pattern(at)?)
    } else if at.accept("TABLES") {
        Show::Tables(container(at)?, pattern(at)?)
    } else if at.accept("VIEWS") {
        Show::Views(container(at)?, pattern(at)?)
    } else if at.accept("VOLUMES") {
        Show::Volumes(container(at)?, pattern(at)?)
    } else if at.accept("FUNCTIONS") || at.accept("USER FUNCTIONS") {
        Show::Functions(container(at)?, pattern(at)?)
    } else if at.looks_at("ALL FUNCTIONS") || at.looks_at("SYSTEM FUNCTIONS") {
        return Err(unsupported(
            "the list of the functions of SQL itself",
            "SHOW USER FUNCTIONS lists those of a schema",
        ));
    } else if at.accept("COLUMNS") {
        let table = container(at)?.ok_or_else(|| at.unexpected("`IN` and a table"))?;
        Show::Columns(match container(at)? {
            Some(schema) => schema.into_iter().chain(table).collect(),
            None => table,
        })
    } else if at.accept("TBLPROPERTIES") {
        let name = at.name()?;
        let mut key = None;
        if at.accept_token(&Token::LParen) {
            key = Some(at.property_key()?);
            at.expect_token(&Token::RParen)?;
        }
        Show::Properties(name, key)
    } else if at.accept("GRANTS") || at.accept("GRANT") {
        let to = if at.looks_at("ON") { None } else { Some(principal(at)?) };
        at.expect("ON")?;
        let kind = if at.accept("METASTORE") {
            SecurableKind::Metastore
        } else {
            securable_kind(at).unwrap_or(SecurableKind::Table)
        };
        let name = if kind == SecurableKind::Metastore {
            Vec::new()
        } else {
            at.name()?
        };
        Show::Grants(to, kind, name)
    } else if at.accept("CREATE TABLE") {
        Show::CreateTable(at.name()?)
    } else {
        let what = at.identifier()?.to_uppercase();
        return Err(unsupported(
            &format!("SHOW {what}"),
            "it shows CATALOGS, SCHEMAS, TABLES, VIEWS, VOLUMES, FUNCTIONS, COLUMNS, TBLPROPERTIES, GRANTS and CREATE TABLE",
        ));
    })
}

/// `TABLES IN CATALOG c` and `COLUMNS IN CATALOG c` with their patterns, as drivers ask.
fn of_catalogs(at: &mut Cursor<'_>) -> Result<Option<Show>, StatementError> {
    let mut ahead = at.clone();
    let columns = ahead.accept("COLUMNS");
    if !columns && !ahead.accept("TABLES") || !(ahead.accept("IN") || ahead.accept("FROM")) {
        return Ok(None);
    }
    let catalog = if ahead.accept("ALL CATALOGS") {
        None
    } else if ahead.accept("CATALOG") && !ahead.at_end() && !ahead.looks_at("LIKE") {
        Some(ahead.identifier()?)
    } else {
        return Ok(None);
    };
    let mut after = |words: &str| match ahead.accept(words) {
        true => ahead.string().map(Some),
        false => Ok(None),
    };
    let schemas = after("SCHEMA LIKE")?;
    let tables = if columns { after("TABLE LIKE")? } else { after("LIKE")? };
    let names = if columns { after("LIKE")? } else { None };
    *at = ahead;
    let parts = Parts {
        catalog,
        schemas,
        tables,
        columns: names,
    };
    Ok(Some(if columns {
        Show::ColumnsOfCatalogs(parts)
    } else {
        Show::TablesOfCatalogs(parts)
    }))
}

pub(super) fn describe(at: &mut Cursor<'_>) -> Result<Describe, StatementError> {
    if at.accept("HISTORY") {
        let name = at.name()?;
        let limit = if at.accept("LIMIT") {
            Some(u32::try_from(at.number()?).map_err(|_range| at.unexpected("a number"))?)
        } else {
            None
        };
        return Ok(Describe::History(name, limit));
    }
    if at.accept("DETAIL") {
        return Ok(Describe::Detail(at.name()?));
    }
    for (word, kind) in [
        ("SCHEMA", SecurableKind::Schema),
        ("DATABASE", SecurableKind::Schema),
        ("CATALOG", SecurableKind::Catalog),
        ("VOLUME", SecurableKind::Volume),
    ] {
        if at.accept(word) {
            let _ = at.accept("EXTENDED");
            return Ok(Describe::Securable(kind, at.name()?));
        }
    }
    if at.accept("FUNCTION") {
        let extended = at.accept("EXTENDED");
        return Ok(Describe::Function(at.name()?, extended));
    }
    let query = at.accept("QUERY");
    if query || ["SELECT", "WITH", "VALUES"].iter().any(|word| at.looks_at(word)) {
        return Ok(Describe::Query(at.index()));
    }
    let _ = at.accept("TABLE");
    let extended = at.accept("EXTENDED") || at.accept("FORMATTED");
    Ok(Describe::Table(at.name()?, extended))
}
