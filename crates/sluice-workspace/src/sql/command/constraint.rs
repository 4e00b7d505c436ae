//! The grammar of constraints, in CREATE TABLE and ALTER TABLE.

use sqlparser::tokenizer::Token;

use crate::compute::StatementError;
use crate::sql::constraints::NewConstraint;
use crate::sql::cursor::Cursor;
use crate::sql::error::unsupported;

/// `[CONSTRAINT name] PRIMARY KEY (…) | FOREIGN KEY (…) REFERENCES … | CHECK (…)`; none when none of them comes next.
pub(super) fn table_constraint(at: &mut Cursor<'_>) -> Result<Option<(Option<String>, NewConstraint)>, StatementError> {
    let name = if at.accept("CONSTRAINT") {
        Some(at.identifier()?)
    } else {
        None
    };
    let constraint = if at.accept("PRIMARY KEY") {
        let (columns, timeseries) = key_columns(at)?;
        let rely = options(at)?;
        NewConstraint::PrimaryKey {
            columns,
            timeseries,
            rely,
        }
    } else if at.accept("FOREIGN KEY") {
        let columns = at.identifiers()?;
        at.expect("REFERENCES")?;
        references(at, columns)?
    } else if at.accept("CHECK") {
        let expression = at.parenthesised()?;
        if at.looks_at("NOT ENFORCED") {
            return Err(unsupported(
                "CHECK constraints that are not enforced",
                "leave out NOT ENFORCED",
            ));
        }
        let _ = at.accept("ENFORCED");
        NewConstraint::Check { expression }
    } else if name.is_some() {
        return Err(at.unexpected("`PRIMARY KEY`, `FOREIGN KEY` or `CHECK`"));
    } else {
        return Ok(None);
    };
    Ok(Some((name, constraint)))
}

/// The same behind one column; none when nothing of it comes next.
pub(super) fn column_constraint(
    at: &mut Cursor<'_>,
    column: &str,
) -> Result<Option<(Option<String>, NewConstraint)>, StatementError> {
    let name = if at.accept("CONSTRAINT") {
        Some(at.identifier()?)
    } else {
        None
    };
    let columns = vec![column.to_owned()];
    let constraint = if at.accept("PRIMARY KEY") {
        NewConstraint::PrimaryKey {
            columns,
            timeseries: Vec::new(),
            rely: options(at)?,
        }
    } else if at.accept("FOREIGN KEY REFERENCES") || at.accept("REFERENCES") {
        references(at, columns)?
    } else if name.is_some() {
        return Err(at.unexpected("`PRIMARY KEY` or `REFERENCES`"));
    } else {
        return Ok(None);
    };
    Ok(Some((name, constraint)))
}

fn references(at: &mut Cursor<'_>, columns: Vec<String>) -> Result<NewConstraint, StatementError> {
    let parent = at.name()?;
    let parent_columns = if at.clone().accept_token(&Token::LParen) {
        at.identifiers()?
    } else {
        Vec::new()
    };
    Ok(NewConstraint::ForeignKey {
        columns,
        parent,
        parent_columns,
        rely: options(at)?,
    })
}

fn key_columns(at: &mut Cursor<'_>) -> Result<(Vec<String>, Vec<String>), StatementError> {
    let (mut columns, mut timeseries) = (Vec::new(), Vec::new());
    at.expect_token(&Token::LParen)?;
    loop {
        let column = at.identifier()?;
        if at.accept("TIMESERIES") {
            timeseries.push(column.clone());
        }
        columns.push(column);
        if !at.accept_token(&Token::Comma) {
            break;
        }
    }
    at.expect_token(&Token::RParen)?;
    Ok((columns, timeseries))
}

/// What may follow a key; it says whether readers may rely on it.
fn options(at: &mut Cursor<'_>) -> Result<bool, StatementError> {
    let mut rely = false;
    loop {
        if at.accept("RELY") {
            rely = true;
        } else if at.accept("NORELY") {
            rely = false;
        } else if at.looks_at("ENFORCED") || at.looks_at("ON UPDATE CASCADE") || at.looks_at("ON DELETE CASCADE") {
            return Err(unsupported("keys that are enforced", "leave it out: keys only inform"));
        } else if [
            "NOT ENFORCED",
            "DEFERRABLE",
            "INITIALLY DEFERRED",
            "MATCH FULL",
            "ON UPDATE NO ACTION",
            "ON DELETE NO ACTION",
        ]
        .iter()
        .all(|words| !at.accept(words))
        {
            return Ok(rely);
        }
    }
}
