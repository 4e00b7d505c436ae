//! The columns of a SELECT and what it is ordered by: which columns have no name of their own, and which of them it is ordered by. Pure.

use std::ops::Range;

use sqlparser::tokenizer::{Token, Word};

use super::reader::Reader;
use super::tree::Node;
use super::words::{ENDS, UNITS};

/// The columns and the order of the SELECT that is being read.
#[derive(Default)]
pub(super) struct Clauses {
    items: Vec<Range<usize>>,
    /// Where the column begins that is being read.
    item: Option<usize>,
    having: bool,
    star: bool,
    /// Whether what is read is ORDER BY, and where its expression begins.
    ordered: bool,
    order: Option<usize>,
    orders: Vec<Range<usize>>,
    /// Whether several SELECTs are combined.
    compound: bool,
    previous_word: Option<String>,
    last_word: usize,
    pub(super) after_concat: bool,
}

impl Clauses {
    fn begin_items(&mut self, at: usize) {
        self.item = Some(at);
    }

    fn comma(&mut self, at: usize) {
        if let Some(start) = self.item {
            self.items.push(start..at);
            self.item = Some(at + 1);
        }
        if self.ordered {
            self.end_order(at);
            self.order = Some(at + 1);
        }
    }

    fn end_order(&mut self, at: usize) {
        if let Some(start) = self.order.take() {
            self.orders.push(start..at);
        }
    }

    pub(super) fn end_item(&mut self, at: usize) {
        if let Some(start) = self.item.take() {
            self.items.push(start..at);
        }
        self.end_order(at);
    }
}

impl Reader<'_> {
    /// Notes a word or sign between operands.
    pub(super) fn clause(&mut self, shape: &mut Clauses, at: usize, end: usize) {
        match &self.tokens[at] {
            Token::Comma => shape.comma(at),
            Token::Mul => shape.star = true,
            Token::Word(Word {
                quote_style: None,
                value,
                ..
            }) => {
                let word = value.to_ascii_uppercase();
                if word == "SELECT" {
                    shape.end_item(at);
                    self.name_items(shape);
                    let compound = shape.compound || !shape.items.is_empty();
                    *shape = Clauses {
                        compound,
                        ..Clauses::default()
                    };
                    self.block = at;
                    let distinct = self
                        .next(at + 1, end)
                        .filter(|next| self.is(*next, "DISTINCT") || self.is(*next, "ALL"));
                    shape.begin_items(distinct.unwrap_or(at) + 1);
                } else if word == "FROM"
                    && shape.previous_word.as_deref() == Some("DISTINCT")
                    && shape.last_word + 2 >= at
                {
                    // `a IS DISTINCT FROM b`.
                } else if ENDS.split(' ').any(|end| end == word) {
                    shape.end_item(at);
                    shape.having |= word == "HAVING";
                    let by = self
                        .next(at + 1, end)
                        .filter(|next| word == "ORDER" && self.is(*next, "BY"));
                    shape.ordered = by.is_some();
                    shape.order = by.map(|by| by + 1);
                } else if ["ASC", "DESC", "NULLS"].contains(&word.as_str()) {
                    shape.end_order(at);
                }
                shape.previous_word = Some(word);
                shape.last_word = at;
            }
            _ => {}
        }
    }

    pub(super) fn finish(&mut self, shape: &Clauses, found: &mut Vec<Node>) {
        self.name_items(shape);
        // The engine does not find an aggregate again that is ordered by, once its column is written in another way.
        if !shape.having || shape.star || shape.compound {
            return;
        }
        for order in &shape.orders {
            let order = self.trimmed(order.clone());
            let same = |item: &Range<usize>| self.same(self.unaliased(self.trimmed(item.clone())), order.clone());
            if let Some(place) = shape.items.iter().position(same)
                && !order.is_empty()
            {
                found.retain(|node| node.range().start < order.start || node.range().start >= order.end);
                let text = (place + 1).to_string();
                let after = found
                    .iter()
                    .position(|node| node.range().start > order.start)
                    .unwrap_or(found.len());
                found.insert(after, Node::Instead { range: order, text });
            }
        }
    }

    fn name_items(&mut self, shape: &Clauses) {
        for item in &shape.items {
            let item = self.trimmed(item.clone());
            if !item.is_empty() && self.unaliased(item.clone()) == item && self.tokens[item.end - 1] != Token::Mul {
                self.unnamed.push(item);
            }
        }
    }

    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let start = self.next(range.start, range.end).unwrap_or(range.end);
        let last = (start..range.end)
            .rev()
            .find(|index| !matches!(self.tokens[*index], Token::Whitespace(_)));
        start..last.map_or(start, |last| last + 1)
    }

    /// A column of a SELECT without its alias.
    fn unaliased(&self, item: Range<usize>) -> Range<usize> {
        let before = |end: usize| {
            (item.start..end)
                .rev()
                .find(|index| !matches!(self.tokens[*index], Token::Whitespace(_)))
        };
        let Some(last) = before(item.end) else {
            return item;
        };
        let Some(previous) = before(last) else {
            return item;
        };
        // `AS (a, b)` follows a generator.
        if self.tokens[last] == Token::RParen {
            let mut depth = 0_usize;
            for index in (item.start..=last).rev() {
                match self.tokens[index] {
                    Token::RParen => depth += 1,
                    Token::LParen => {
                        depth -= 1;
                        if depth == 0 {
                            let word = before(index).filter(|word| self.is(*word, "AS"));
                            return word.map_or(item.clone(), |word| self.trimmed(item.start..word));
                        }
                    }
                    _ => {}
                }
            }
        }
        if !matches!(self.tokens[last], Token::Word(_)) || self.is(last, "END") || self.is(last, "NULL") {
            return item;
        }
        if self.is(previous, "AS") {
            return self.trimmed(item.start..previous);
        }
        let ends_operand = match &self.tokens[previous] {
            Token::Word(Word { quote_style: None, .. }) => !self.breaks(previous) || self.is(previous, "END"),
            Token::Word(_)
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::RParen
            | Token::RBracket => true,
            _ => false,
        };
        // Letters of a type right after a number are part of it, units part of an interval.
        let part = last == previous + 1
            || (self.is_any(last, UNITS)
                && matches!(
                    self.tokens[previous],
                    Token::SingleQuotedString(_) | Token::DoubleQuotedString(_)
                ));
        if ends_operand && !part {
            self.trimmed(item.start..last)
        } else {
            item
        }
    }

    fn same(&self, one: Range<usize>, other: Range<usize>) -> bool {
        let words = |range: Range<usize>| {
            let tokens = self.tokens[range]
                .iter()
                .filter(|token| !matches!(token, Token::Whitespace(_)));
            tokens.map(|token| token.to_string().to_lowercase()).collect::<Vec<_>>()
        };
        words(one) == words(other)
    }
}
