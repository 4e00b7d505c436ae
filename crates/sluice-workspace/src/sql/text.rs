//! SQL text as tokens: reading it once, and writing it for the engine in a form that has only one reading.
//!
//! What is forwarded is never the caller's text but its tokens written anew: comments become a space, every string literal is decoded and escaped in
//! one way, literals that few readers agree on are refused. So the engine's lexer sees what ours saw. Paths are written by us alone: an identifier
//! of the caller with a `/` in it is refused.

use std::ops::Range;

use sqlparser::dialect::DatabricksDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Whitespace, Word};

use super::error::{parse_error, unsupported};
use super::statement::Parameter;
use crate::compute::StatementError;

/// A statement as tokens, whitespace and comments included as whitespace.
#[derive(Clone, Debug)]
pub(super) struct Text {
    source: String,
    tokens: Vec<TokenWithSpan>,
}

/// A piece of text that stands instead of some tokens.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    /// Indices of the tokens; empty to insert before the first.
    pub(super) range: Range<usize>,
    /// What stands there.
    pub(super) text: String,
}

impl Text {
    /// Reads one statement. A semicolon at the end is dropped, a second statement refused.
    pub(super) fn read(source: &str) -> Result<Self, StatementError> {
        let tokenized = Tokenizer::new(&DatabricksDialect {}, source)
            .with_unescape(false)
            .tokenize_with_location();
        let mut tokens = tokenized.map_err(|error| parse_error(error.to_string()))?;
        while tokens
            .last()
            .is_some_and(|last| matches!(last.token, Token::Whitespace(_) | Token::SemiColon | Token::EOF))
        {
            tokens.pop();
        }
        if tokens.is_empty() {
            return Err(parse_error("the statement is empty"));
        }
        if tokens.iter().any(|token| token.token == Token::SemiColon) {
            return Err(unsupported(
                "several statements in one request",
                "send them one after the other",
            ));
        }
        for (index, token) in tokens.iter().enumerate() {
            check(&token.token, index.checked_sub(1).map(|before| &tokens[before].token))?;
        }
        check_depth(&tokens)?;
        let source = source.to_owned();
        Ok(Self { source, tokens })
    }

    /// What the caller wrote from this token on, without the semicolon at the end.
    pub(super) fn source_from(&self, start: usize) -> &str {
        let Some(location) = self.tokens.get(start).map(|token| token.span.start) else {
            return "";
        };
        let mut line = 1;
        let mut column = 1;
        for (offset, character) in self.source.char_indices() {
            if (line, column) == (location.line, location.column) {
                return self.source[offset..].trim_end().trim_end_matches(';').trim_end();
            }
            (line, column) = if character == '\n' {
                (line + 1, 1)
            } else {
                (line, column + 1)
            };
        }
        ""
    }

    /// All tokens.
    pub(super) fn tokens(&self) -> &[TokenWithSpan] {
        &self.tokens
    }

    /// The index of the token that starts there.
    pub(super) fn at(&self, start: Location) -> Option<usize> {
        self.tokens
            .binary_search_by_key(&(start.line, start.column), |token| {
                (token.span.start.line, token.span.start.column)
            })
            .ok()
    }

    /// The next token that is no whitespace, at `index` or after it.
    pub(super) fn significant(&self, index: usize) -> Option<usize> {
        (index..self.tokens.len()).find(|index| !matches!(self.tokens[*index].token, Token::Whitespace(_)))
    }

    /// The tokens from `start` on as a text of their own, with positions kept.
    pub(super) fn from(&self, start: usize) -> Self {
        Self {
            source: String::new(),
            tokens: self.tokens[start..].to_vec(),
        }
    }

    /// Tokens for `sqlparser`, which knows neither the operator `DIV` (`%` binds as strongly and stands in the same place) nor the letters of
    /// types after numbers, as in `1.0D`.
    pub(super) fn for_parser(&self) -> Vec<TokenWithSpan> {
        let mut tokens = self.tokens.clone();
        for index in 1..tokens.len() {
            let after_number = matches!(tokens[index - 1].token, Token::Number(..));
            let suffix = |value: &str| {
                ["D", "F", "BD", "L", "S", "Y"]
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(value))
            };
            if matches!(&tokens[index].token, Token::Word(Word { value, quote_style: None, .. }) if after_number && suffix(value))
            {
                tokens[index].token = Token::Whitespace(Whitespace::Space);
            }
        }
        for token in &mut tokens {
            if matches!(
                &token.token,
                Token::Word(Word {
                    quote_style: None,
                    keyword: Keyword::DIV,
                    ..
                })
            ) {
                token.token = Token::Mod;
            }
        }
        tokens
    }

    /// The text for the engine, with these edits, which must not overlap.
    pub(super) fn write(&self, mut edits: Vec<Edit>) -> Result<String, StatementError> {
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let mut text = String::new();
        let mut index = 0;
        for edit in edits {
            if edit.range.start < index {
                return Err(StatementError::new(
                    "INTERNAL_ERROR",
                    "XX000",
                    "two rewritings of the statement overlap",
                ));
            }
            self.write_range(index..edit.range.start, &mut text)?;
            text.push_str(&edit.text);
            index = edit.range.end;
        }
        self.write_range(index..self.tokens.len(), &mut text)?;
        Ok(text)
    }

    /// These tokens as text.
    pub(super) fn write_tokens(&self, range: Range<usize>) -> Result<String, StatementError> {
        let mut text = String::new();
        self.write_range(range, &mut text)?;
        Ok(text.trim().to_owned())
    }

    /// These tokens as text, with edits inside them.
    pub(super) fn write_part(&self, range: Range<usize>, mut edits: Vec<Edit>) -> Result<String, StatementError> {
        edits.sort_by_key(|edit| edit.range.start);
        let (mut text, mut index) = (String::new(), range.start);
        for edit in edits {
            self.write_range(index..edit.range.start, &mut text)?;
            text.push_str(&edit.text);
            index = edit.range.end;
        }
        self.write_range(index..range.end, &mut text)?;
        Ok(text.trim().to_owned())
    }

    fn write_range(&self, range: Range<usize>, text: &mut String) -> Result<(), StatementError> {
        for token in &self.tokens[range] {
            match &token.token {
                Token::Whitespace(_) => text.push(' '),
                Token::SingleQuotedString(raw) | Token::DoubleQuotedString(raw) => {
                    text.push_str(&string_literal(&decode(raw)))
                }
                Token::Word(Word {
                    value,
                    quote_style: Some(_),
                    ..
                }) if value.contains('/') => {
                    return Err(unsupported(
                        &format!("the name `{value}`"),
                        "files are read with the functions of the session from `/Volumes/...`, tables by their names",
                    ));
                }
                Token::Word(Word {
                    value,
                    quote_style: Some(_),
                    ..
                }) => text.push_str(&identifier(&value.replace("``", "`"))),
                other => text.push_str(&other.to_string()),
            }
        }
        Ok(())
    }

    /// The names of the parameters `:name`.
    pub(super) fn parameter_names(&self) -> impl Iterator<Item = &str> {
        (0..self.tokens.len()).filter_map(|index| self.parameter_at(index))
    }

    /// Puts the values of parameters where `:name` stands.
    ///
    /// # Errors
    /// When a parameter is missing, or a type is none that a parameter can have.
    pub(super) fn fill(&self, parameters: &[Parameter]) -> Result<Self, StatementError> {
        let mut source = String::new();
        let mut index = 0;
        let mut filled = false;
        while index < self.tokens.len() {
            if let Some(name) = self.parameter_at(index) {
                let found = parameters
                    .iter()
                    .find(|parameter| parameter.name.eq_ignore_ascii_case(name));
                let parameter = found.ok_or_else(|| {
                    let message = format!("Found the unbound parameter: {name}. Please, fix `parameters` and provide a mapping of the parameter to a value");
                    StatementError::new("UNBOUND_SQL_PARAMETER", "42P02", message)
                })?;
                source.push_str(&literal(parameter)?);
                filled = true;
                index += 2;
            } else {
                self.write_range(index..index + 1, &mut source)?;
                index += 1;
            }
        }
        let filled = if filled { Self::read(&source)? } else { self.clone() };
        filled.fold_identifiers()
    }

    /// Puts names where `IDENTIFIER('a' || '.b')` stands; only constant strings have that meaning here.
    fn fold_identifiers(self) -> Result<Self, StatementError> {
        let mut edits = Vec::new();
        for index in 0..self.tokens.len() {
            let is_identifier = |token: &Token| matches!(token, Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case("identifier"));
            if is_identifier(&self.tokens[index].token)
                && let Some((end, name)) = self.constant_argument(index + 1)
            {
                // Read as a name, so that nothing but a name can come out.
                let inner = Self::read(&name)?;
                let mut cursor = super::cursor::Cursor::new(&inner);
                let parts = cursor.name()?;
                cursor.expect_end()?;
                edits.push(Edit {
                    range: index..end,
                    text: qualified(&parts),
                });
            }
        }
        if edits.is_empty() {
            Ok(self)
        } else {
            Self::read(&self.write(edits)?)
        }
    }

    /// `('a' || 'b')` from this token on: the token after it, and the string.
    fn constant_argument(&self, start: usize) -> Option<(usize, String)> {
        let open = self.significant(start)?;
        if self.tokens[open].token != Token::LParen {
            return None;
        }
        let mut value = String::new();
        let mut index = open + 1;
        loop {
            let at = self.significant(index)?;
            let (Token::SingleQuotedString(raw) | Token::DoubleQuotedString(raw)) = &self.tokens[at].token else {
                return None;
            };
            value.push_str(&decode(raw));
            let after = self.significant(at + 1)?;
            match self.tokens[after].token {
                Token::StringConcat => index = after + 1,
                Token::RParen => return Some((after + 1, value)),
                _ => return None,
            }
        }
    }

    /// The name of the parameter that starts with the colon at this index. A colon after an operand is a path into JSON.
    fn parameter_at(&self, index: usize) -> Option<&str> {
        let before = index.checked_sub(1).map(|before| &self.tokens[before].token);
        let operand = matches!(
            before,
            Some(Token::Word(_) | Token::RParen | Token::RBracket | Token::SingleQuotedString(_) | Token::Colon)
        );
        match (
            &self.tokens[index].token,
            self.tokens.get(index + 1).map(|next| &next.token),
        ) {
            (
                Token::Colon,
                Some(Token::Word(Word {
                    value,
                    quote_style: None,
                    ..
                })),
            ) if !operand => Some(value),
            _ => None,
        }
    }
}

/// How deep the tree of a statement may become. Without optimisation a level takes about 5 KiB of a thread's 8 MiB stack here, and up to
/// 18 KiB in the engine, which ends at 450 levels of UNION.
const DEEPEST: usize = 250;

/// Refuses a statement whose tree would be so deep that walking it exhausts the stack, ours or the engine's.
///
/// The parser limits the nesting of parentheses, but `a OR b OR c` also becomes one level deeper with every operator. Counted are the tokens that can
/// make a level, along each way from the outside in; what stands between commas stands side by side.
fn check_depth(tokens: &[TokenWithSpan]) -> Result<(), StatementError> {
    let mut above = vec![0];
    let mut depth = 0;
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket => {
                depth += 1;
                above.push(depth);
            }
            Token::RParen | Token::RBracket => {
                // What follows a closed parenthesis may stand around it: `f(x)(y)`.
                depth = above.pop().unwrap_or_default();
                if above.is_empty() {
                    above.push(0);
                }
            }
            Token::Comma => depth = above.last().copied().unwrap_or_default(),
            Token::Word(Word {
                quote_style: None,
                keyword,
                ..
            }) => depth += usize::from(makes_level(*keyword)),
            Token::Word(_)
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::HexStringLiteral(_)
            | Token::Whitespace(_) => {}
            _operator => depth += 1,
        }
        if depth > DEEPEST {
            return Err(unsupported(
                &format!("more than {DEEPEST} operators in one expression or query"),
                "use IN, CASE or a table of values",
            ));
        }
    }
    Ok(())
}

/// Whether an operator is written with this word.
fn makes_level(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::AND
            | Keyword::OR
            | Keyword::NOT
            | Keyword::XOR
            | Keyword::DIV
            | Keyword::IS
            | Keyword::IN
            | Keyword::LIKE
            | Keyword::ILIKE
            | Keyword::RLIKE
            | Keyword::REGEXP
            | Keyword::BETWEEN
            | Keyword::AT
            | Keyword::COLLATE
            | Keyword::CASE
            | Keyword::UNION
            | Keyword::EXCEPT
            | Keyword::MINUS
            | Keyword::INTERSECT
    )
}

/// Refuses tokens that two readers may read differently.
fn check(token: &Token, before: Option<&Token>) -> Result<(), StatementError> {
    let raw_prefix = |token: &Token| matches!(token, Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case("r"));
    match token {
        Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) if before.is_some_and(raw_prefix) => Err(
            unsupported("raw string literals", "write the string with backslashes escaped"),
        ),
        Token::Word(Word {
            quote_style: None | Some('`'),
            ..
        })
        | Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::DoubleQuotedString(_)
        | Token::HexStringLiteral(_)
        | Token::Whitespace(_)
        | Token::Comma
        | Token::Period
        | Token::Colon
        | Token::DoubleColon
        | Token::LParen
        | Token::RParen
        | Token::LBracket
        | Token::RBracket
        | Token::Eq
        | Token::DoubleEq
        | Token::Neq
        | Token::Lt
        | Token::Gt
        | Token::LtEq
        | Token::GtEq
        | Token::Spaceship
        | Token::Plus
        | Token::Minus
        | Token::Mul
        | Token::Div
        | Token::Mod
        | Token::StringConcat
        | Token::Ampersand
        | Token::Pipe
        | Token::Caret
        | Token::Tilde
        | Token::ExclamationMark
        | Token::Arrow
        | Token::RArrow
        | Token::ShiftLeft
        | Token::ShiftRight => Ok(()),
        Token::DollarQuotedString(_) => Err(unsupported(
            "strings between `$$`, and with them functions in Python",
            "write a scalar SQL function: CREATE FUNCTION f(x STRING) RETURNS STRING RETURN expression",
        )),
        other => Err(unsupported(
            &format!("`{other}` in a statement"),
            "write the statement without it",
        )),
    }
}

/// The value of a string literal from the text between its quotes, by the rules of Spark.
pub(super) fn decode(raw: &str) -> String {
    let mut value = String::with_capacity(raw.len());
    let mut characters = raw.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // The reader keeps doubled quotes; they stand for one.
            '\'' | '"' if characters.peek() == Some(&character) => {
                characters.next();
                value.push(character);
            }
            '\\' => match characters.next() {
                Some('0') => value.push('\0'),
                Some('b') => value.push('\u{8}'),
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('t') => value.push('\t'),
                Some('Z') => value.push('\u{1a}'),
                // For LIKE patterns, where the backslash is needed again.
                Some(kept @ ('%' | '_')) => value.extend(['\\', kept]),
                Some(other) => value.push(other),
                None => value.push('\\'),
            },
            other => value.push(other),
        }
    }
    value
}

/// A string as a literal that every reader of Spark SQL reads alike.
pub(crate) fn string_literal(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('\'');
    for character in value.chars() {
        if matches!(character, '\\' | '\'') {
            text.push('\\');
        }
        text.push(character);
    }
    text.push('\'');
    text
}

/// A name in backquotes.
pub(crate) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// The parts of a name as text, each in backquotes.
pub(crate) fn qualified(parts: &[String]) -> String {
    parts.iter().map(|part| identifier(part)).collect::<Vec<_>>().join(".")
}

fn literal(parameter: &Parameter) -> Result<String, StatementError> {
    let type_text = parameter.type_text.trim().to_ascii_uppercase();
    let valid = type_text
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || matches!(character, '(' | ')' | ',' | ' ' | '_'));
    let head = type_text.split(['(', ' ']).next().unwrap_or_default();
    let known = [
        "STRING",
        "BOOLEAN",
        "TINYINT",
        "BYTE",
        "SMALLINT",
        "SHORT",
        "INT",
        "INTEGER",
        "BIGINT",
        "LONG",
        "FLOAT",
        "DOUBLE",
        "DECIMAL",
        "DATE",
        "TIMESTAMP",
        "TIMESTAMP_NTZ",
        "VOID",
    ];
    if !valid || !known.contains(&head) {
        let message = format!(
            "the parameter `{}` has the type `{}`, which parameters cannot have",
            parameter.name, parameter.type_text
        );
        return Err(StatementError::new("INVALID_PARAMETER_VALUE", "22023", message));
    }
    Ok(match (&parameter.value, head) {
        (None, "VOID" | "STRING") | (Some(_), "VOID") => "NULL".to_owned(),
        (None, _) => format!("CAST(NULL AS {type_text})"),
        (Some(value), "STRING") => string_literal(value),
        (Some(value), _) => format!("CAST({} AS {type_text})", string_literal(value)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(source: &str) -> String {
        match Text::read(source).and_then(|text| text.write(Vec::new())) {
            Ok(text) => text,
            Err(error) => format!("{}: {}", error.condition.unwrap_or_default(), error.message),
        }
    }

    #[test]
    fn strings_and_comments_have_one_reading() {
        assert_eq!(
            rewritten("SELECT 'a\\'b', 'it''s', \"d'q\" -- c\n;"),
            "SELECT 'a\\'b', 'it\\'s', 'd\\'q'"
        );
        assert_eq!(
            rewritten("SELECT 'a\\\\' /* ' */ , '\\d\\%'"),
            "SELECT 'a\\\\'   , 'd\\\\%'"
        );
    }

    #[test]
    fn paths_and_ambiguous_literals_are_refused() {
        assert!(rewritten("SELECT * FROM delta.`/tmp/x`").starts_with("UNSUPPORTED_FEATURE: "));
        assert!(
            rewritten("SELECT r'a\\'").starts_with("PARSE_SYNTAX_ERROR: "),
            "{}",
            rewritten("SELECT r'a\\'")
        );
        assert!(rewritten("SELECT r'a'").starts_with("UNSUPPORTED_FEATURE: "));
        assert!(rewritten("SELECT $$a$$").starts_with("UNSUPPORTED_FEATURE: "));
        assert!(rewritten("SELECT 1; SELECT 2").starts_with("UNSUPPORTED_FEATURE: "));
    }

    #[test]
    fn parameters_become_literals_that_cannot_leave_their_place() {
        let parameter = |type_text: &str, value: Option<&str>| Parameter {
            name: "p".to_owned(),
            type_text: type_text.to_owned(),
            value: value.map(str::to_owned),
        };
        let filled = |source: &str, parameter: Parameter| {
            Text::read(source)
                .and_then(|text| text.fill(&[parameter]))
                .and_then(|text| text.write(Vec::new()))
        };
        assert_eq!(
            filled("SELECT :p", parameter("STRING", Some("x' OR '1"))).unwrap(),
            "SELECT 'x\\' OR \\'1'"
        );
        assert_eq!(
            filled("SELECT a:p, :p", parameter("INT", Some("1"))).unwrap(),
            "SELECT a:p, CAST('1' AS INT)"
        );
        assert_eq!(
            filled("SELECT :p", parameter("DATE", None)).unwrap(),
            "SELECT CAST(NULL AS DATE)"
        );
        let error = filled("SELECT :q", parameter("INT", None)).unwrap_err();
        assert_eq!(error.condition.as_deref(), Some("UNBOUND_SQL_PARAMETER"));
        assert!(filled("SELECT :p", parameter("INT) --", Some("1"))).is_err());
    }
}
