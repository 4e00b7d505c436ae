//! The text of a SQL file: its statements, and the names that `IDENTIFIER(...)` stands for. Pure.
//!
//! Parameter markers stay in the text; whoever executes a statement puts their values in.

use std::collections::BTreeMap;

use sqlparser::dialect::DatabricksDialect;
use sqlparser::tokenizer::{Token, Tokenizer, TokenizerError, Whitespace};

/// A SQL file that cannot be executed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SqlTextError {
    /// The text is not made of SQL tokens.
    #[error("the file cannot be read as SQL: {0}")]
    Tokens(#[from] TokenizerError),
    /// A parameter has no value.
    #[error("the parameter marker `:{name}` has no value; parameters with a value: {known}")]
    Unbound {
        /// The parameter.
        name: String,
        /// The parameters that have a value.
        known: String,
    },
    /// `IDENTIFIER` stands for something that is no name.
    #[error("`IDENTIFIER` got `{name}`, which is not an object's name")]
    NoName {
        /// What it got.
        name: String,
    },
}

/// The statements of a file, without empty ones; `IDENTIFIER` of a constant is replaced by the name.
///
/// # Errors
/// When the text is not made of SQL tokens, or a name cannot be resolved.
pub(crate) fn statements(text: &str, values: &BTreeMap<String, String>) -> Result<Vec<String>, SqlTextError> {
    let tokens = Tokenizer::new(&DatabricksDialect {}, text)
        .with_unescape(false)
        .tokenize()?;
    let mut statements = Vec::new();
    for part in tokens.split(|token| *token == Token::SemiColon) {
        if part
            .iter()
            .any(|token| !matches!(token, Token::Whitespace(_) | Token::EOF))
        {
            statements.push(write(part, values)?.trim().to_owned());
        }
    }
    Ok(statements)
}

fn write(tokens: &[Token], values: &BTreeMap<String, String>) -> Result<String, SqlTextError> {
    let mut text = String::new();
    let mut rest = tokens;
    while let Some((token, behind)) = rest.split_first() {
        match name_of_clause(rest, values)? {
            Some((name, after)) => {
                text.push_str(&name);
                rest = after;
            }
            None => {
                match token {
                    Token::EOF => {}
                    // Printed by itself it would gain a second line end.
                    Token::Whitespace(Whitespace::SingleLineComment { comment, prefix }) => {
                        text.extend([prefix.as_str(), comment.as_str()]);
                    }
                    other => text.push_str(&other.to_string()),
                }
                rest = behind;
            }
        }
    }
    Ok(text)
}

/// The quoted name that `IDENTIFIER(<constant>)` at the start of `tokens` stands for, and what follows; none for anything else.
fn name_of_clause<'a>(
    tokens: &'a [Token],
    values: &BTreeMap<String, String>,
) -> Result<Option<(String, &'a [Token])>, SqlTextError> {
    let is_clause = matches!(&tokens[0], Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case("identifier"));
    let Some((Token::LParen, mut rest)) = significant(&tokens[1..]).filter(|_| is_clause) else {
        return Ok(None);
    };
    let mut name = String::new();
    loop {
        match significant(rest) {
            Some((Token::SingleQuotedString(text) | Token::DoubleQuotedString(text), behind)) => {
                name.push_str(&text.replace("''", "'"));
                rest = behind;
            }
            Some((Token::Colon, behind)) => {
                let Some((Token::Word(word), behind)) = behind.split_first() else {
                    return Ok(None);
                };
                name.push_str(value(&word.value, values)?);
                rest = behind;
            }
            _ => return Ok(None),
        }
        match significant(rest) {
            Some((Token::StringConcat, behind)) => rest = behind,
            Some((Token::RParen, behind)) => return Ok(Some((quoted(&name)?, behind))),
            _ => return Ok(None),
        }
    }
}

/// The first token that is neither space nor comment, and what follows it.
fn significant(tokens: &[Token]) -> Option<(&Token, &[Token])> {
    let at = tokens.iter().position(|token| !matches!(token, Token::Whitespace(_)))?;
    Some((&tokens[at], &tokens[at + 1..]))
}

fn value<'a>(name: &str, values: &'a BTreeMap<String, String>) -> Result<&'a str, SqlTextError> {
    values
        .get(name)
        .map(String::as_str)
        .ok_or_else(|| SqlTextError::Unbound {
            name: name.to_owned(),
            known: values
                .keys()
                .map(|key| format!("`{key}`"))
                .collect::<Vec<_>>()
                .join(", "),
        })
}

/// Quotes every part of a dotted name, so that a value can name an object but not add SQL.
fn quoted(name: &str) -> Result<String, SqlTextError> {
    let mut parts = Vec::new();
    let mut rest = name;
    loop {
        let (part, behind) = match rest.strip_prefix('`').and_then(|rest| rest.split_once('`')) {
            Some((part, behind)) => (part, behind),
            None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
        };
        if part.trim().is_empty() || part.contains('`') {
            return Err(SqlTextError::NoName { name: name.to_owned() });
        }
        parts.push(format!("`{}`", part.trim()));
        match behind.strip_prefix('.') {
            Some(behind) => rest = behind,
            None if behind.is_empty() => return Ok(parts.join(".")),
            None => return Err(SqlTextError::NoName { name: name.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, SqlTextError> {
        let values = [
            ("gold".to_owned(), "dev.gold".to_owned()),
            ("bad".to_owned(), "a b`; DROP".to_owned()),
        ];
        statements(text, &values.into())
    }

    #[test]
    fn semicolons_in_text_and_comments_do_not_split() {
        let text = "-- one; two\nSELECT ';', \"b;\", `c;d`, 'it''s; \\'; ' /* x; */;\n;\n-- nothing\nSELECT :gold;";
        let found = read(text).unwrap();
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0], text.split(";\n").next().unwrap());
        assert_eq!(found[1], "-- nothing\nSELECT :gold", "markers stay");
    }

    #[test]
    fn identifier_becomes_the_quoted_name() {
        let cases = [
            (
                "INSERT OVERWRITE IDENTIFIER(:gold || '.t') SELECT 1",
                "INSERT OVERWRITE `dev`.`gold`.`t` SELECT 1",
            ),
            ("SELECT * FROM identifier ( 'a.`b.c`' )", "SELECT * FROM `a`.`b.c`"),
            (
                "SELECT IDENTIFIER(lower(:gold)), identifier FROM t",
                "SELECT IDENTIFIER(lower(:gold)), identifier FROM t",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).unwrap(), [expected]);
        }
    }

    #[test]
    fn values_cannot_add_sql_and_missing_ones_are_named() {
        assert_eq!(
            read("SELECT * FROM IDENTIFIER(:bad)"),
            Err(SqlTextError::NoName {
                name: "a b`; DROP".to_owned()
            })
        );
        let error = read("SELECT * FROM IDENTIFIER(:other)").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the parameter marker `:other` has no value; parameters with a value: `bad`, `gold`"
        );
    }
}
