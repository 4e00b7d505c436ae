//! Where the clauses of one SELECT stand among the tokens of its statement. Pure.

use std::ops::Range;

use sqlparser::ast::Select;
use sqlparser::tokenizer::{Token, Word};

use super::projection;
use super::text::Text;
use crate::compute::StatementError;

/// The clauses of a SELECT, in the order in which they stand.
const CLAUSES: [&str; 6] = ["FROM", "WHERE", "GROUP", "HAVING", "QUALIFY", "WINDOW"];
/// Words that belong to the query around, and end a SELECT.
const ENDS: [&str; 10] = [
    "UNION",
    "EXCEPT",
    "MINUS",
    "INTERSECT",
    "ORDER",
    "SORT",
    "CLUSTER",
    "DISTRIBUTE",
    "LIMIT",
    "OFFSET",
];

/// The tokens of a SELECT.
pub(super) struct Block {
    /// The word SELECT.
    pub(super) start: usize,
    /// The token after its last clause.
    pub(super) end: usize,
    /// Its columns.
    pub(super) items: Vec<Range<usize>>,
    /// `GROUP BY ALL`.
    pub(super) group_by_all: Option<Range<usize>>,
    clauses: Vec<(&'static str, usize)>,
    /// Common table expressions that it sees, with their names.
    with: Vec<Range<usize>>,
}

impl Block {
    /// The tokens of a SELECT; none when they cannot be told apart. `with` are the names and last tokens of common table expressions around it.
    pub(super) fn of(text: &Text, select: &Select, with: impl Iterator<Item = (usize, usize)>) -> Option<Self> {
        let start = text.at(select.select_token.0.span.start)?;
        let items = projection::columns(text, select)?;
        let mut block = Self {
            start,
            end: text.tokens().len(),
            group_by_all: None,
            clauses: Vec::new(),
            with: with
                .filter(|(_, last)| *last < start)
                .map(|(name, last)| name..last + 1)
                .collect(),
            items,
        };
        let mut depth = 0_usize;
        for index in block.items.last()?.end..text.tokens().len() {
            match &text.tokens()[index].token {
                Token::LParen | Token::LBracket => depth += 1,
                Token::RParen | Token::RBracket if depth == 0 => {
                    block.end = index;
                    break;
                }
                Token::RParen | Token::RBracket => depth -= 1,
                Token::Word(_) if depth == 0 => {
                    if ENDS.iter().any(|word| is_word(text, index, word)) {
                        block.end = index;
                        break;
                    }
                    block.clause_at(text, index);
                }
                _ => {}
            }
        }
        Some(block)
    }

    fn clause_at(&mut self, text: &Text, index: usize) {
        let Some(word) = CLAUSES.into_iter().find(|word| is_word(text, index, word)) else {
            return;
        };
        // `a IS DISTINCT FROM b` has no clause in it.
        if word == "FROM" && self.clause("FROM").is_some() {
            return;
        }
        if word == "GROUP" {
            let after = |from: usize, word: &str| text.significant(from).filter(|next| is_word(text, *next, word));
            let all = after(index + 1, "BY").and_then(|by| after(by + 1, "ALL"));
            self.group_by_all = all.map(|all| index..all + 1);
        }
        self.clauses.push((word, index));
    }

    /// Where a clause begins.
    pub(super) fn clause(&self, word: &str) -> Option<usize> {
        self.clauses
            .iter()
            .find(|(clause, _)| *clause == word)
            .map(|(_, at)| *at)
    }

    /// Where a clause that is there ends.
    pub(super) fn end_of(&self, word: &str) -> usize {
        let place = self.clauses.iter().position(|(clause, _)| *clause == word);
        let next = place.and_then(|place| self.clauses.get(place + 1));
        next.map_or(self.end, |(_, at)| *at)
    }

    /// A query in this place, with the common table expressions that it sees here.
    pub(super) fn visible(&self, text: &Text, query: &str) -> Result<String, StatementError> {
        let mut with = Vec::new();
        for range in &self.with {
            with.push(text.write_tokens(range.clone())?);
        }
        Ok(if with.is_empty() {
            query.to_owned()
        } else {
            format!("WITH {} {query}", with.join(", "))
        })
    }
}

/// Whether a token is this word, without quotes.
pub(super) fn is_word(text: &Text, index: usize, word: &str) -> bool {
    matches!(&text.tokens()[index].token, Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case(word))
}
