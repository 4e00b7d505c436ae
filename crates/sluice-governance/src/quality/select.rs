//! SQL that people write into a contract: one statement that reads, or a reason why not.

use std::fmt;

use sqlparser::ast::Statement;
use sqlparser::dialect::DatabricksDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

/// Longest query, in tokens: trees of more could be deeper than a stack.
const MOST_TOKENS: usize = 4000;
/// Words that begin a statement that writes, also inside of a query.
const WRITING: &[&str] = &["INSERT", "UPDATE", "DELETE", "MERGE", "INTO"];

/// Why a query is not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectFault {
    /// It is no SQL.
    Unreadable(String),
    /// It is none, or several.
    NotOne(usize),
    /// It does something else than reading.
    NotReading(String),
    /// It is longer than what is read.
    TooLong,
    /// A placeholder has no meaning here.
    Placeholder(String),
}

impl fmt::Display for SelectFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(formatter, "its query cannot be read: {why}"),
            Self::NotOne(count) => write!(formatter, "its query is {count} statements, not one"),
            Self::NotReading(what) => write!(
                formatter,
                "its query contains `{what}`; only a SELECT is run (a column of this name needs backticks)"
            ),
            Self::TooLong => write!(formatter, "its query has more than {MOST_TOKENS} words and signs"),
            Self::Placeholder(name) => write!(formatter, "its query uses `{name}`, which has no meaning here"),
        }
    }
}

/// Checks that a text is one statement that only reads, and gives it without a semicolon at its end.
///
/// # Errors
/// When it is anything else.
pub fn read_only_select(query: &str) -> Result<String, SelectFault> {
    let dialect = DatabricksDialect {};
    let tokens = Tokenizer::new(&dialect, query)
        .tokenize()
        .map_err(|error| SelectFault::Unreadable(error.to_string()))?;
    let mut words: Vec<Token> = tokens
        .into_iter()
        .filter(|token| !matches!(token, Token::Whitespace(_)))
        .collect();
    while words.last() == Some(&Token::SemiColon) {
        words.pop();
    }
    if words.len() > MOST_TOKENS {
        return Err(SelectFault::TooLong);
    }
    let mut after_period = false;
    for token in &words {
        if let Token::Word(word) = token
            && word.quote_style.is_none()
            && !after_period
            && WRITING.contains(&word.value.to_uppercase().as_str())
        {
            return Err(SelectFault::NotReading(word.value.to_uppercase()));
        }
        after_period = *token == Token::Period;
    }
    let statements = Parser::new(&dialect)
        .with_tokens(words)
        .parse_statements()
        .map_err(|error| SelectFault::Unreadable(error.to_string()))?;
    match statements.as_slice() {
        [Statement::Query(_)] => Ok(query.trim().trim_end_matches([';', ' ', '\n', '\r', '\t']).to_owned()),
        [other] => {
            let text = other.to_string();
            let word = text.split_whitespace().next().unwrap_or_default().to_owned();
            Err(SelectFault::NotReading(word))
        }
        several => Err(SelectFault::NotOne(several.len())),
    }
}

/// Puts names where placeholders stand, then checks the query.
///
/// # Errors
/// As [`read_only_select`], and when a placeholder has no meaning.
pub(super) fn with_names(query: &str, table: &str, column: Option<&str>) -> Result<String, SelectFault> {
    let mut written = String::with_capacity(query.len());
    let mut rest = query;
    while let Some(start) = rest.find("${") {
        written.push_str(&rest[..start]);
        let Some(length) = rest[start..].find('}') else {
            return Err(SelectFault::Placeholder(rest[start..].chars().take(20).collect()));
        };
        let placeholder = &rest[start..=start + length];
        let name = match (placeholder, column) {
            ("${table}" | "${object}", _) => table,
            ("${column}" | "${property}", Some(column)) => column,
            _ => return Err(SelectFault::Placeholder(placeholder.to_owned())),
        };
        written.push_str(name);
        rest = &rest[start + length + 1..];
    }
    written.push_str(rest);
    read_only_select(&written)
}

/// A query in one spelling, so that two that differ in blanks, case of keywords or comments are equal; none when it cannot be read.
/// Placeholders stand in it as names.
pub(crate) fn normal_form(query: &str) -> Option<String> {
    let named = query.replace("${", "sluice_placeholder_").replace('}', "");
    let checked = read_only_select(&named).ok()?;
    let statements = Parser::parse_sql(&DatabricksDialect {}, &checked).ok()?;
    Some(statements.first()?.to_string())
}
