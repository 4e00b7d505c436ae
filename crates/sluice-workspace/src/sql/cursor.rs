//! Reads catalog statements word by word: their grammar is small, and `sqlparser` lacks the clauses of Spark (`USING`, `TBLPROPERTIES`, …).

use std::collections::BTreeMap;
use std::ops::Range;

use sqlparser::tokenizer::{Token, Word};

use super::error::parse_error;
use super::text::{Text, decode};
use crate::compute::StatementError;

/// A place in a statement.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a Text,
    index: usize,
}

impl<'a> Cursor<'a> {
    /// Before the first token.
    pub(super) fn new(text: &'a Text) -> Self {
        Self {
            text,
            index: text.significant(0).unwrap_or(0),
        }
    }

    /// The index of the next token.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    fn token(&self) -> Option<&'a Token> {
        self.text.tokens().get(self.index).map(|token| &token.token)
    }

    fn step(&mut self) {
        self.index = self
            .text
            .significant(self.index + 1)
            .unwrap_or(self.text.tokens().len());
    }

    /// Whether everything has been read.
    pub(super) fn at_end(&self) -> bool {
        self.token().is_none()
    }

    fn is_word(token: Option<&Token>, word: &str) -> bool {
        matches!(token, Some(Token::Word(Word { value, quote_style: None, .. })) if value.eq_ignore_ascii_case(word))
    }

    /// Whether these words come next.
    pub(super) fn looks_at(&self, words: &str) -> bool {
        let mut ahead = self.clone();
        ahead.accept(words)
    }

    /// Reads these words when they come next.
    pub(super) fn accept(&mut self, words: &str) -> bool {
        let start = self.index;
        for word in words.split(' ') {
            if !Self::is_word(self.token(), word) {
                self.index = start;
                return false;
            }
            self.step();
        }
        true
    }

    /// Reads these words, which must come next.
    pub(super) fn expect(&mut self, words: &str) -> Result<(), StatementError> {
        if self.accept(words) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("`{words}`")))
        }
    }

    /// Reads this token when it comes next.
    pub(super) fn accept_token(&mut self, token: &Token) -> bool {
        let found = self.token() == Some(token);
        if found {
            self.step();
        }
        found
    }

    /// Reads this token, which must come next.
    pub(super) fn expect_token(&mut self, token: &Token) -> Result<(), StatementError> {
        if self.accept_token(token) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("`{token}`")))
        }
    }

    /// Nothing may come any more.
    pub(super) fn expect_end(&self) -> Result<(), StatementError> {
        if self.at_end() {
            Ok(())
        } else {
            Err(self.unexpected("the end of the statement"))
        }
    }

    /// The error for what comes next.
    pub(super) fn unexpected(&self, expected: &str) -> StatementError {
        match self.text.tokens().get(self.index) {
            Some(token) => parse_error(format!(
                "Syntax error at or near '{}' (line {}, pos {}): expected {expected}",
                token.token, token.span.start.line, token.span.start.column
            )),
            None => parse_error(format!("Syntax error at the end of the statement: expected {expected}")),
        }
    }

    /// One name, with or without backquotes.
    pub(super) fn identifier(&mut self) -> Result<String, StatementError> {
        match self.token() {
            Some(Token::Word(word)) => {
                let name = if word.quote_style.is_some() {
                    word.value.replace("``", "`")
                } else {
                    word.value.clone()
                };
                self.step();
                Ok(name)
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    /// A name with its qualifiers.
    pub(super) fn name(&mut self) -> Result<Vec<String>, StatementError> {
        let mut parts = vec![self.identifier()?];
        while self.accept_token(&Token::Period) {
            parts.push(self.identifier()?);
        }
        Ok(parts)
    }

    /// A string literal.
    pub(super) fn string(&mut self) -> Result<String, StatementError> {
        match self.token() {
            Some(Token::SingleQuotedString(raw) | Token::DoubleQuotedString(raw)) => {
                self.step();
                Ok(decode(raw))
            }
            _ => Err(self.unexpected("a string")),
        }
    }

    /// A whole number.
    pub(super) fn number(&mut self) -> Result<i64, StatementError> {
        let parsed = match self.token() {
            Some(Token::Number(text, _)) => text.parse().ok(),
            _ => None,
        };
        let number = parsed.ok_or_else(|| self.unexpected("a whole number"))?;
        self.step();
        Ok(number)
    }

    /// `(a, b)`.
    pub(super) fn identifiers(&mut self) -> Result<Vec<String>, StatementError> {
        self.expect_token(&Token::LParen)?;
        let mut names = vec![self.identifier()?];
        while self.accept_token(&Token::Comma) {
            names.push(self.identifier()?);
        }
        self.expect_token(&Token::RParen)?;
        Ok(names)
    }

    /// `('a' = 'b', c.d = 'e')`; values may be strings, numbers and words.
    pub(super) fn properties(&mut self) -> Result<BTreeMap<String, String>, StatementError> {
        self.expect_token(&Token::LParen)?;
        let mut properties = BTreeMap::new();
        while !self.accept_token(&Token::RParen) {
            if !properties.is_empty() {
                self.expect_token(&Token::Comma)?;
            }
            let key = self.property_key()?;
            self.accept_token(&Token::Eq);
            let value = match self.token() {
                Some(Token::Number(text, _)) => {
                    let text = text.clone();
                    self.step();
                    text
                }
                Some(Token::Word(_)) => self.identifier()?,
                _ => self.string()?,
            };
            if properties.insert(key.clone(), value).is_some() {
                return Err(parse_error(format!("the property `{key}` is given twice")));
            }
        }
        Ok(properties)
    }

    /// A key of a property: a string, or words joined by points.
    pub(super) fn property_key(&mut self) -> Result<String, StatementError> {
        match self.token() {
            Some(Token::Word(_)) => Ok(self.name()?.join(".")),
            _ => self.string(),
        }
    }

    /// The text of a type, up to a comma, a closing parenthesis or a word that cannot be part of it.
    pub(super) fn type_text(&mut self) -> Result<String, StatementError> {
        let start = self.index;
        self.identifier()?;
        let mut depth = 0_usize;
        while let Some(token) = self.token() {
            match token {
                Token::LParen | Token::Lt => depth += 1,
                Token::RParen | Token::Gt if depth > 0 => depth -= 1,
                Token::ShiftRight if depth > 1 => depth -= 2,
                _ if depth > 0 => {}
                _ => break,
            }
            self.step();
        }
        let range: Range<usize> = start..self.index;
        self.text.write_tokens(range)
    }

    /// What stands between a parenthesis that comes next and the one that closes it, as text.
    pub(super) fn parenthesised(&mut self) -> Result<String, StatementError> {
        self.expect_token(&Token::LParen)?;
        let start = self.index;
        let mut depth = 0_usize;
        loop {
            match self.token() {
                Some(Token::LParen) => depth += 1,
                Some(Token::RParen) if depth == 0 => break,
                Some(Token::RParen) => depth -= 1,
                Some(_) => {}
                None => return Err(self.unexpected("`)`")),
            }
            self.step();
        }
        let text = self.text.write_tokens(start..self.index)?;
        self.step();
        Ok(text)
    }

    /// Goes to the next of these words outside parentheses; false when none comes.
    pub(super) fn skip_to(&mut self, words: &[&str]) -> bool {
        let mut depth = 0_usize;
        while let Some(token) = self.token() {
            match token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                _ if depth == 0 && words.iter().any(|word| Self::is_word(Some(token), word)) => return true,
                _ => {}
            }
            self.step();
        }
        false
    }
}
