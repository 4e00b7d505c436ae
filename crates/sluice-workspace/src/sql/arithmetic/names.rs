//! The names that the engine gives columns without an alias, which they keep however they are written for it. Pure.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::operations::Operations;
use super::tree::{Node, Operator};

impl Operations {
    /// The name that the engine gives a column: operators in parentheses, columns without their tables, literals without letters.
    pub(super) fn name(&self, range: Range<usize>, nodes: Vec<&Node>) -> String {
        let mut name = String::new();
        let mut index = range.start;
        for node in nodes {
            let inner = node.range();
            if inner.end <= range.start || inner.start >= range.end {
                continue;
            }
            if inner.start < range.start || inner.end > range.end {
                return self.name(range, node.children());
            }
            self.name_tokens(index..inner.start, &mut name);
            index = inner.end;
            match node {
                Node::Binary {
                    operator, left, right, ..
                } => {
                    let (left, right) = (
                        self.name(left.range(), vec![left]),
                        self.name(right.range(), vec![right]),
                    );
                    match operator {
                        Operator::Div => name.push_str(&format!("div({left}, {right})")),
                        _ => name.push_str(&format!("({left} {} {right})", operator.sign())),
                    }
                }
                // Parentheses around all of it say nothing.
                Node::Part { range, inside }
                    if !inside.is_empty() && self.tree.tokens[range.start] == Token::LParen && self.closes(range) =>
                {
                    name.push_str(&self.name(range.start + 1..range.end - 1, inside.iter().collect()));
                }
                Node::Part { range, inside } if !inside.is_empty() => {
                    name.push_str(&self.name(range.clone(), inside.iter().collect()))
                }
                Node::Part { range, .. } => self.name_tokens(range.clone(), &mut name),
                Node::Aggregate { range, .. } | Node::Cast { range, .. } | Node::TypeOf { range, .. } => {
                    name.push_str(&self.name(range.clone(), node.children()));
                }
                Node::Literal { range, .. } => self.name_tokens(range.clone(), &mut name),
                Node::Instead { text, .. } => name.push_str(text),
            }
        }
        self.name_tokens(index..range.end, &mut name);
        name.trim().to_owned()
    }

    fn closes(&self, range: &Range<usize>) -> bool {
        let mut depth = 0_usize;
        for index in range.clone() {
            match self.tree.tokens[index] {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return index + 1 == range.end;
            }
        }
        false
    }

    fn name_tokens(&self, range: Range<usize>, name: &mut String) {
        for index in range.clone() {
            let next = self.tree.tokens.get(index + 1);
            let after_point = index > range.start && self.tree.tokens[index - 1] == Token::Period;
            match &self.tree.tokens[index] {
                Token::Whitespace(_)
                    if name.is_empty()
                        || name.ends_with([' ', '('])
                        || matches!(next, Some(Token::RParen | Token::Comma)) => {}
                Token::Whitespace(_) => name.push(' '),
                Token::Comma => name.push_str(if matches!(next, Some(Token::Whitespace(_))) {
                    ","
                } else {
                    ", "
                }),
                Token::Word(_) if next == Some(&Token::Period) => {}
                Token::Period => {}
                // The letter of a literal's type.
                Token::Word(_)
                    if index > range.start
                        && !after_point
                        && matches!(self.tree.tokens[index - 1], Token::Number(..)) => {}
                Token::Word(word) => name.push_str(&word.value),
                Token::Number(digits, _) => name.push_str(digits),
                Token::SingleQuotedString(text) | Token::DoubleQuotedString(text) => name.push_str(text),
                Token::Mul if index > range.start && self.tree.tokens[index - 1] == Token::LParen => name.push('1'),
                Token::Minus => name.push_str("- "),
                other => name.push_str(&other.to_string()),
            }
        }
    }
}
