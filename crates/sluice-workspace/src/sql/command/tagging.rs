//! The grammar of statements about tags.

use std::collections::BTreeMap;

use sqlparser::tokenizer::Token;

use super::{Command, securable_kind};
use crate::catalog::{SecurableKind, WhenTagged};
use crate::compute::StatementError;
use crate::sql::cursor::Cursor;
use crate::sql::error::parse_error;
use crate::sql::tags::Tagged;

/// `SET TAGS (…)` and `UNSET TAGS (…)` of ALTER; none when something else comes next.
pub(super) fn alter_tags(at: &mut Cursor<'_>, tagged: &Tagged) -> Result<Option<Command>, StatementError> {
    let tagged = tagged.clone();
    if at.accept("SET TAGS") {
        let tags = tags(at)?;
        at.expect_end()?;
        return Ok(Some(Command::SetTags(tagged, tags, WhenTagged::Overwrite)));
    }
    if at.accept("UNSET TAGS") {
        let mut keys = Vec::new();
        at.expect_token(&Token::LParen)?;
        while !at.accept_token(&Token::RParen) {
            if !keys.is_empty() {
                at.expect_token(&Token::Comma)?;
            }
            keys.push(word(at)?);
        }
        at.expect_end()?;
        return Ok(Some(Command::UnsetTags(tagged, keys)));
    }
    Ok(None)
}

/// `('key' = 'value', 'key')`.
fn tags(at: &mut Cursor<'_>) -> Result<BTreeMap<String, String>, StatementError> {
    let mut tags = BTreeMap::new();
    at.expect_token(&Token::LParen)?;
    while !at.accept_token(&Token::RParen) {
        if !tags.is_empty() {
            at.expect_token(&Token::Comma)?;
        }
        let key = word(at)?;
        let value = value(at)?;
        if tags.insert(key.clone(), value).is_some() {
            return Err(parse_error(format!("the tag `{key}` is given twice")));
        }
    }
    Ok(tags)
}

fn word(at: &mut Cursor<'_>) -> Result<String, StatementError> {
    at.identifier().or_else(|_no_word| at.string())
}

/// `= value`; a key alone has the empty value.
fn value(at: &mut Cursor<'_>) -> Result<String, StatementError> {
    if at.accept_token(&Token::Eq) {
        word(at)
    } else {
        Ok(String::new())
    }
}

/// After `SET TAG ON` or `UNSET TAG ON`.
pub(super) fn tag_on(at: &mut Cursor<'_>, set: bool) -> Result<Command, StatementError> {
    let of_column = at.accept("COLUMN");
    let kind = if of_column {
        SecurableKind::Table
    } else {
        securable_kind(at)?
    };
    let mut name = at.name()?;
    let column = if of_column { name.pop() } else { None };
    if name.is_empty() {
        return Err(at.unexpected("a column with its table"));
    }
    let tagged = Tagged { kind, name, column };
    let key = word(at)?;
    if !set {
        return Ok(Command::UnsetTags(tagged, vec![key]));
    }
    let value = value(at)?;
    Ok(Command::SetTags(tagged, [(key, value)].into(), WhenTagged::Fail))
}
