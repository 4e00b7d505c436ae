//! What begins with a word: columns, calls with their clauses, intervals, casts, aggregates. Pure.

use std::ops::Range;

use sqlparser::tokenizer::{Token, Word};

use super::reader::Reader;
use super::tree::{Function, Node};
use super::words::{BREAKS, FUNCTIONS, NUMBERS, UNITS};
use crate::compute::StatementError;

pub(super) enum Named {
    /// No operand begins here.
    Nothing,
    Aggregate(Node),
    /// The token after it.
    Operand(usize),
}

impl Reader<'_> {
    pub(super) fn breaks(&self, index: usize) -> bool {
        self.is_any(index, BREAKS)
    }

    /// A column, a call, or a literal that begins with a word.
    pub(super) fn named(&mut self, at: usize, end: usize, inside: &mut Vec<Node>) -> Result<Named, StatementError> {
        let quoted = matches!(
            &self.tokens[at],
            Token::Word(Word {
                quote_style: Some(_),
                ..
            })
        );
        let next = self.next(at + 1, end);
        let opens = next.filter(|next| self.tokens[*next] == Token::LParen);
        if !quoted && self.breaks(at) && !(opens.is_some() && self.is_any(at, FUNCTIONS)) {
            return Ok(Named::Nothing);
        }
        let string = |index: usize| {
            matches!(
                self.tokens[index],
                Token::SingleQuotedString(_) | Token::DoubleQuotedString(_)
            )
        };
        if let Some(next) = next
            && !quoted
        {
            if self.is(at, "INTERVAL")
                && let Some(after) = self.interval(next, end, inside)?
            {
                return Ok(Named::Operand(after));
            }
            if string(next) && self.is_any(at, "DATE TIMESTAMP TIMESTAMP_NTZ TIMESTAMP_LTZ X") {
                return Ok(Named::Operand(next + 1));
            }
        }
        let mut after = at + 1;
        while let Some(point) = self
            .next(after, end)
            .filter(|point| self.tokens[*point] == Token::Period)
        {
            match self.next(point + 1, end) {
                Some(star) if self.tokens[star] == Token::Mul => return Ok(Named::Nothing),
                Some(part) if matches!(self.tokens[part], Token::Word(_) | Token::Number(..)) => after = part + 1,
                _ => break,
            }
        }
        let Some(open) = self.next(after, end).filter(|open| self.tokens[*open] == Token::LParen) else {
            return Ok(Named::Operand(after));
        };
        let function = if self.is_any(at, "sum") {
            Some(Function::Sum)
        } else if self.is_any(at, "avg mean") {
            Some(Function::Average)
        } else {
            None
        };
        match function.filter(|_| after == at + 1) {
            Some(function) => Ok(Named::Aggregate(self.aggregate(function, at, open, end)?)),
            None => {
                let mut given = Vec::new();
                let after = self.bracket(open, end, &mut given)?;
                if self.is_any(at, "CAST TRY_CAST") && self.narrows(open + 1..after - 1) {
                    inside.push(Node::Cast {
                        range: at..after,
                        inside: given,
                    });
                    return Ok(Named::Operand(after));
                }
                if self.is(at, "typeof") {
                    inside.push(Node::TypeOf {
                        range: at..after,
                        inside: given,
                    });
                    return Ok(Named::Operand(after));
                }
                inside.append(&mut given);
                Ok(Named::Operand(self.call_clauses(after, end, inside)?))
            }
        }
    }

    /// `INTERVAL '1' DAY`, `INTERVAL 2 HOURS 3 MINUTES`, `INTERVAL '1-2' YEAR TO MONTH`; none when it is a name.
    fn interval(&mut self, value: usize, end: usize, inside: &mut Vec<Node>) -> Result<Option<usize>, StatementError> {
        let (mut next, mut after) = (value, None);
        loop {
            let mut past = match self.tokens[next] {
                Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) | Token::Number(..) => next + 1,
                Token::Minus => next + 1,
                Token::LParen => self.bracket(next, end, inside)?,
                Token::Word(_) if self.next(next + 1, end).is_some_and(|unit| self.is_any(unit, UNITS)) => next + 1,
                _ => return Ok(after),
            };
            while let Some(word) = self
                .next(past, end)
                .filter(|word| self.is_any(*word, UNITS) || self.is(*word, "TO"))
            {
                past = word + 1;
            }
            after = (self.tokens[next] != Token::Minus).then_some(past).or(after);
            match self.next(past, end) {
                Some(more)
                    if matches!(self.tokens[more], Token::Number(..) | Token::SingleQuotedString(_))
                        || self.tokens[next] == Token::Minus =>
                {
                    next = more
                }
                _ => return Ok(after),
            }
        }
    }

    /// FILTER, OVER and the like after a call.
    fn call_clauses(&mut self, mut after: usize, end: usize, inside: &mut Vec<Node>) -> Result<usize, StatementError> {
        while let Some(word) = self.next(after, end) {
            let Some(next) = self.next(word + 1, end) else {
                break;
            };
            let opens = self.tokens[next] == Token::LParen;
            if opens && self.is_any(word, "FILTER OVER") {
                after = self.bracket(next, end, inside)?;
            } else if self.is(word, "OVER") || (self.is_any(word, "IGNORE RESPECT") && self.is(next, "NULLS")) {
                after = next + 1;
            } else if self.is(word, "WITHIN") && self.is(next, "GROUP") {
                let Some(open) = self
                    .next(next + 1, end)
                    .filter(|open| self.tokens[*open] == Token::LParen)
                else {
                    break;
                };
                after = self.bracket(open, end, inside)?;
            } else {
                break;
            }
        }
        Ok(after)
    }

    /// Whether `value AS type` is a cast to a decimal or whole number of what is more than a literal.
    fn narrows(&self, range: Range<usize>) -> bool {
        let words: Vec<usize> = range
            .clone()
            .filter(|index| !matches!(self.tokens[*index], Token::Whitespace(_)))
            .collect();
        let literal = |index: &usize| {
            matches!(
                self.tokens[*index],
                Token::Number(..) | Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) | Token::Minus
            ) || self.is(*index, "NULL")
        };
        let Some(named) = words.iter().rposition(|index| self.is(*index, "AS")) else {
            return false;
        };
        words.get(named + 1).is_some_and(|kind| self.is_any(*kind, NUMBERS)) && !words[..named].iter().all(literal)
    }

    fn aggregate(&mut self, function: Function, at: usize, open: usize, end: usize) -> Result<Node, StatementError> {
        let closed = self.closed(open, end)?;
        let first = self.next(open + 1, closed - 1);
        let word = first.filter(|first| self.is_any(*first, "DISTINCT ALL"));
        let argument = word.map_or(open + 1, |word| word + 1)..closed - 1;
        let inside = self.level(argument.clone())?;
        let mut clauses = Vec::new();
        let after = self.call_clauses(closed, end, &mut clauses)?;
        Ok(Node::Aggregate {
            function,
            range: at..after,
            distinct: word.is_some_and(|word| self.is(word, "DISTINCT")),
            argument: Box::new(Node::Part {
                range: argument,
                inside,
            }),
            clauses: Box::new(Node::Part {
                range: closed..after,
                inside: clauses,
            }),
            block: self.block,
        })
    }
}
