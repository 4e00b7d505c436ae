//! The text of a SQL file as its statements. Pure.
//!
//! Parameter markers and `IDENTIFIER(…)` stay in the text; whoever executes a statement puts values and names in.

use sqlparser::dialect::DatabricksDialect;
use sqlparser::tokenizer::{Token, Tokenizer, TokenizerError, Whitespace};

/// The statements of a file, without empty ones.
///
/// # Errors
/// When the text is not made of SQL tokens.
pub(crate) fn statements(text: &str) -> Result<Vec<String>, TokenizerError> {
    let tokens = Tokenizer::new(&DatabricksDialect {}, text)
        .with_unescape(false)
        .tokenize()?;
    let empty = |part: &&[Token]| {
        part.iter()
            .all(|token| matches!(token, Token::Whitespace(_) | Token::EOF))
    };
    Ok(tokens
        .split(|token| *token == Token::SemiColon)
        .filter(|part| !empty(part))
        .map(|part| part.iter().map(source).collect::<String>().trim().to_owned())
        .collect())
}

/// A token as the file has it.
fn source(token: &Token) -> String {
    match token {
        Token::EOF => String::new(),
        // Printed by itself it would gain a second line end.
        Token::Whitespace(Whitespace::SingleLineComment { comment, prefix }) => format!("{prefix}{comment}"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semicolons_in_text_and_comments_do_not_split() {
        let text = "-- one; two\nSELECT ';', \"b;\", `c;d`, 'it''s; \\'; ' /* x; */;\n;\n-- nothing\nSELECT IDENTIFIER(:gold);";
        let found = statements(text).unwrap();
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0], text.split(";\n").next().unwrap());
        assert_eq!(
            found[1], "-- nothing\nSELECT IDENTIFIER(:gold)",
            "markers and clauses stay"
        );
    }
}
