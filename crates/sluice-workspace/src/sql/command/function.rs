//! The grammar of CREATE FUNCTION.

use sqlparser::tokenizer::Token;

use super::WhenTaken;
use super::definition::when_taken;
use crate::compute::StatementError;
use crate::sql::cursor::Cursor;
use crate::sql::error::unsupported;

/// CREATE FUNCTION.
#[derive(Clone, Debug)]
pub(in crate::sql) struct CreateFunction {
    pub(in crate::sql) name: Vec<String>,
    pub(in crate::sql) when_taken: WhenTaken,
    /// Name, type, comment.
    pub(in crate::sql) parameters: Vec<(String, String, Option<String>)>,
    pub(in crate::sql) returns: Option<String>,
    pub(in crate::sql) comment: Option<String>,
    pub(in crate::sql) deterministic: bool,
    /// Where the expression behind RETURN begins.
    pub(in crate::sql) body: usize,
}

const INSTEAD: &str = "write a scalar SQL function: CREATE FUNCTION f(x STRING) RETURNS STRING RETURN expression";

pub(super) fn create_function(at: &mut Cursor<'_>, replace: bool) -> Result<CreateFunction, StatementError> {
    let when_taken = when_taken(at, replace)?;
    let name = at.name()?;
    let parameters = parameters(at)?;
    let mut function = CreateFunction {
        name,
        when_taken,
        parameters,
        returns: None,
        comment: None,
        deterministic: true,
        body: 0,
    };
    if at.accept("RETURNS") {
        if at.looks_at("TABLE") {
            return Err(unsupported("functions that return tables", INSTEAD));
        }
        function.returns = Some(at.type_text()?);
    }
    loop {
        if at.accept("COMMENT") {
            function.comment = Some(at.string()?);
        } else if at.accept("NOT DETERMINISTIC") {
            function.deterministic = false;
        } else if at.accept("DETERMINISTIC") {
            function.deterministic = true;
        } else if at.accept("CONTAINS SQL") || at.accept("READS SQL DATA") || at.accept("SQL SECURITY DEFINER") {
            // What the functions of the catalog are anyway.
        } else if at.accept("LANGUAGE") {
            let language = at.identifier()?;
            if !language.eq_ignore_ascii_case("SQL") {
                return Err(unsupported(
                    &format!("functions in the language {}", language.to_uppercase()),
                    INSTEAD,
                ));
            }
        } else {
            break;
        }
    }
    at.expect("RETURN")?;
    if ["SELECT", "WITH", "VALUES", "FROM"]
        .iter()
        .any(|word| at.looks_at(word))
    {
        return Err(unsupported(
            "queries in the body of a function",
            "write one expression over its parameters",
        ));
    }
    if at.at_end() {
        return Err(at.unexpected("an expression"));
    }
    function.body = at.index();
    Ok(function)
}

fn parameters(at: &mut Cursor<'_>) -> Result<Vec<(String, String, Option<String>)>, StatementError> {
    let mut parameters = Vec::new();
    at.expect_token(&Token::LParen)?;
    while !at.accept_token(&Token::RParen) {
        if !parameters.is_empty() {
            at.expect_token(&Token::Comma)?;
        }
        let name = at.identifier()?;
        let type_text = at.type_text()?;
        if at.looks_at("DEFAULT") || at.looks_at("NOT NULL") {
            return Err(unsupported(
                &format!("DEFAULT and NOT NULL of the parameter `{name}`"),
                "leave it out",
            ));
        }
        let comment = if at.accept("COMMENT") { Some(at.string()?) } else { None };
        parameters.push((name, type_text, comment));
    }
    Ok(parameters)
}
