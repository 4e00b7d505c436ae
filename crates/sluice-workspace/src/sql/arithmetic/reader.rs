//! Reads where a statement calculates: operators with the tokens of their operands, sums and averages, wherever they stand. Pure.
//!
//! The reader knows just as much of the grammar as tells operands apart: brackets, CASE … END, calls with their clauses (`calls`), literals, and which
//! words end an expression. `*`, `/`, `%` and DIV bind stronger than `+` and `-`, signs strongest, as in Spark. Starts at [`read`].

use std::ops::Range;

use sqlparser::dialect::DatabricksDialect;
use sqlparser::tokenizer::{Token, Tokenizer, Word};

use super::calls::Named;
use super::columns::Clauses;
use super::tree::{Node, Operator, Tree};
use super::words::{NUMBERS, is_any, is_word};
use crate::compute::StatementError;
use crate::sql::error::{parse_error, unsupported};

/// Reads a statement that this workspace has written.
pub(super) fn read(sql: &str) -> Result<Tree, StatementError> {
    let tokens = Tokenizer::new(&DatabricksDialect {}, sql)
        .with_unescape(false)
        .tokenize()
        .map_err(|error| parse_error(error.to_string()))?;
    let all = 0..tokens.len();
    let mut reader = Reader {
        tokens: &tokens,
        block: 0,
        unnamed: Vec::new(),
    };
    let inside = reader.level(all.clone())?;
    let unnamed = reader.unnamed;
    Ok(Tree {
        root: Node::Part { range: all, inside },
        unnamed,
        tokens,
    })
}

pub(super) struct Reader<'a> {
    pub(super) tokens: &'a [Token],
    /// The token of the SELECT that is being read.
    pub(super) block: usize,
    pub(super) unnamed: Vec<Range<usize>>,
}

impl Reader<'_> {
    pub(super) fn next(&self, from: usize, end: usize) -> Option<usize> {
        (from..end).find(|index| !matches!(self.tokens[*index], Token::Whitespace(_)))
    }

    pub(super) fn is(&self, index: usize, word: &str) -> bool {
        is_word(&self.tokens[index], word)
    }

    pub(super) fn is_any(&self, index: usize, words: &str) -> bool {
        is_any(&self.tokens[index], words)
    }

    /// The index after the bracket that closes the one at `open`.
    pub(super) fn closed(&self, open: usize, end: usize) -> Result<usize, StatementError> {
        let mut depth = 0_usize;
        for index in open..end {
            match self.tokens[index] {
                Token::LParen | Token::LBracket => depth += 1,
                Token::RParen | Token::RBracket => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(index + 1);
                    }
                }
                _ => {}
            }
        }
        Err(parse_error("a bracket is not closed"))
    }

    /// All that is calculated between two tokens.
    pub(super) fn level(&mut self, range: Range<usize>) -> Result<Vec<Node>, StatementError> {
        let outer = self.block;
        let mut found: Vec<Node> = Vec::new();
        let mut shape = Clauses::default();
        let mut index = range.start;
        while let Some(at) = self.next(index, range.end) {
            if let Some(node) = self.sum(at, range.end)? {
                index = node.range().end;
                if self
                    .next(index, range.end)
                    .is_some_and(|next| self.tokens[next] == Token::StringConcat)
                {
                    shape.after_concat = true;
                } else if std::mem::take(&mut shape.after_concat)
                    && matches!(
                        node,
                        Node::Binary {
                            operator: Operator::Plus | Operator::Minus,
                            ..
                        }
                    )
                {
                    return Err(unsupported(
                        "`+` or `-` after `||` without parentheses",
                        "put parentheses around what is added",
                    ));
                }
                found.push(node);
                continue;
            }
            self.clause(&mut shape, at, range.end);
            index = at + 1;
        }
        shape.end_item(range.end);
        self.finish(&shape, &mut found);
        self.block = outer;
        found.retain(|node| node.calculates() || matches!(node, Node::Instead { .. }));
        Ok(found)
    }

    /// Operands with `+` and `-` between them, from this token on; none when no operand begins there.
    fn sum(&mut self, at: usize, end: usize) -> Result<Option<Node>, StatementError> {
        let Some(mut left) = self.product(at, end)? else {
            return Ok(None);
        };
        while let Some(sign) = self.next(left.range().end, end) {
            let operator = match self.tokens[sign] {
                Token::Plus => Operator::Plus,
                Token::Minus => Operator::Minus,
                _ => break,
            };
            let Some(right) = self.after(sign, end, Self::product)? else {
                break;
            };
            left = self.binary(operator, left, right);
        }
        Ok(Some(left))
    }

    fn product(&mut self, at: usize, end: usize) -> Result<Option<Node>, StatementError> {
        let Some(mut left) = self.signed(at, end)? else {
            return Ok(None);
        };
        while let Some(sign) = self.next(left.range().end, end) {
            let operator = match self.tokens[sign] {
                Token::Mul => Operator::Multiply,
                Token::Div => Operator::Divide,
                Token::Mod => Operator::Remainder,
                _ if self.is(sign, "DIV") => Operator::Div,
                _ => break,
            };
            let Some(right) = self.after(sign, end, Self::signed)? else {
                break;
            };
            left = self.binary(operator, left, right);
        }
        Ok(Some(left))
    }

    fn after(
        &mut self,
        sign: usize,
        end: usize,
        read: fn(&mut Self, usize, usize) -> Result<Option<Node>, StatementError>,
    ) -> Result<Option<Node>, StatementError> {
        match self.next(sign + 1, end) {
            Some(next) => read(self, next, end),
            None => Ok(None),
        }
    }

    fn binary(&self, operator: Operator, left: Node, right: Node) -> Node {
        Node::Binary {
            operator,
            left: Box::new(left),
            right: Box::new(right),
            block: self.block,
        }
    }

    fn signed(&mut self, at: usize, end: usize) -> Result<Option<Node>, StatementError> {
        if !matches!(self.tokens[at], Token::Minus | Token::Plus | Token::Tilde) {
            return self.operand(at, end);
        }
        if let Some(literal) = self.smallest(at, end) {
            return Ok(Some(literal));
        }
        let inner = self.after(at, end, Self::signed)?;
        Ok(inner.map(|inner| Node::Part {
            range: at..inner.range().end,
            inside: vec![inner],
        }))
    }

    /// `-2147483648` and `-9223372036854775808`, of which the engine reads the number first, which is of a wider type.
    fn smallest(&self, at: usize, end: usize) -> Option<Node> {
        let number = self.next(at + 1, end)?;
        let Token::Number(digits, false) = &self.tokens[number] else {
            return None;
        };
        let alone = !matches!(
            self.tokens.get(number + 1),
            Some(Token::Word(_) | Token::LBracket | Token::DoubleColon)
        );
        let text = match digits.as_str() {
            "2147483648" => "CAST(-2147483648 AS INT)",
            "9223372036854775808" => "CAST(-9223372036854775808 AS BIGINT)",
            _ => return None,
        };
        (alone && self.tokens[at] == Token::Minus).then_some(Node::Literal {
            range: at..number + 1,
            text,
        })
    }

    /// One operand with what follows it: fields, elements, types, clauses of a call.
    fn operand(&mut self, at: usize, end: usize) -> Result<Option<Node>, StatementError> {
        let mut inside = Vec::new();
        let after = match &self.tokens[at] {
            Token::LParen | Token::LBracket => self.bracket(at, end, &mut inside)?,
            Token::Number(..) => {
                let suffix = |token: &Token| matches!(token, Token::Word(Word { quote_style: None, value, .. }) if value.len() <= 2);
                if at + 1 < end && suffix(&self.tokens[at + 1]) {
                    at + 2
                } else {
                    at + 1
                }
            }
            Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) | Token::HexStringLiteral(_) => {
                self.strings(at, end)
            }
            Token::Word(_) if self.is(at, "CASE") => self.case(at, end, &mut inside)?,
            Token::Word(_) => match self.named(at, end, &mut inside)? {
                Named::Nothing => return Ok(None),
                Named::Aggregate(node) => {
                    let after = node.range().end;
                    inside.push(node);
                    after
                }
                Named::Operand(after) => after,
            },
            _ => return Ok(None),
        };
        let after = self.postfix(at, after, end, &mut inside)?;
        // An aggregate alone is no part of anything.
        if let [Node::Aggregate { range, .. } | Node::Cast { range, .. }] = inside.as_slice()
            && *range == (at..after)
        {
            return Ok(inside.pop());
        }
        Ok(Some(Node::Part {
            range: at..after,
            inside,
        }))
    }

    pub(super) fn bracket(&mut self, open: usize, end: usize, inside: &mut Vec<Node>) -> Result<usize, StatementError> {
        let after = self.closed(open, end)?;
        inside.extend(self.level(open + 1..after - 1)?);
        Ok(after)
    }

    /// The index after strings that stand beside each other.
    fn strings(&self, at: usize, end: usize) -> usize {
        let mut after = at + 1;
        while let Some(next) = self.next(after, end) {
            if !matches!(
                self.tokens[next],
                Token::SingleQuotedString(_) | Token::DoubleQuotedString(_)
            ) {
                break;
            }
            after = next + 1;
        }
        after
    }

    fn case(&mut self, at: usize, end: usize, inside: &mut Vec<Node>) -> Result<usize, StatementError> {
        let (mut depth, mut index) = (0_usize, at);
        while let Some(next) = self.next(index, end) {
            index = next + 1;
            if matches!(self.tokens[next], Token::LParen | Token::LBracket) {
                index = self.closed(next, end)?;
            } else if self.is(next, "CASE") {
                depth += 1;
            } else if self.is(next, "END") {
                depth -= 1;
                if depth == 0 {
                    inside.extend(self.level(at + 1..next)?);
                    return Ok(index);
                }
            }
        }
        Err(parse_error("a CASE has no END"))
    }

    fn postfix(
        &mut self,
        at: usize,
        mut after: usize,
        end: usize,
        inside: &mut Vec<Node>,
    ) -> Result<usize, StatementError> {
        while let Some(next) = self.next(after, end) {
            match self.tokens[next] {
                Token::LBracket => after = self.bracket(next, end, inside)?,
                Token::Period if next + 1 < end => after = next + 2,
                Token::DoubleColon => {
                    let Some(kind) = self.next(next + 1, end) else {
                        break;
                    };
                    after = kind + 1;
                    if let Some(open) = self.next(after, end).filter(|open| self.tokens[*open] == Token::LParen) {
                        after = self.closed(open, end)?;
                    }
                    if self.is_any(kind, NUMBERS) {
                        let given = std::mem::take(inside);
                        inside.push(Node::Cast {
                            range: at..after,
                            inside: given,
                        });
                    }
                }
                _ => break,
            }
        }
        Ok(after)
    }
}
