//! The grammar of SET.

use sqlparser::tokenizer::Token;

use super::Command;
use crate::compute::StatementError;
use crate::sql::cursor::Cursor;

/// After SET: `name = value`, `name`, or nothing.
pub(super) fn set(at: &mut Cursor<'_>) -> Result<Command, StatementError> {
    if at.at_end() {
        return Ok(Command::Settings(None));
    }
    let name = at.name()?.join(".");
    if at.at_end() {
        return Ok(Command::Settings(Some(name)));
    }
    at.expect_token(&Token::Eq)?;
    Ok(Command::Set(name, value(at)?))
}

/// A value: a string, a number or a word.
pub(super) fn value(at: &mut Cursor<'_>) -> Result<String, StatementError> {
    if let Ok(number) = at.number() {
        return Ok(number.to_string());
    }
    at.string().or_else(|_no_string| Ok(at.name()?.join(".")))
}
