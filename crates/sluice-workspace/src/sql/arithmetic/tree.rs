//! A statement's calculations as a tree over its tokens. Pure.

use std::ops::Range;

use sqlparser::tokenizer::Token;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Plus,
    Minus,
    Multiply,
    Divide,
    Remainder,
    Div,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Sum,
    Average,
}

/// A part of a statement, with what is calculated in it.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Anything.
    Part { range: Range<usize>, inside: Vec<Node> },
    Binary {
        operator: Operator,
        left: Box<Node>,
        right: Box<Node>,
        /// The SELECT that it belongs to.
        block: usize,
    },
    Aggregate {
        function: Function,
        range: Range<usize>,
        distinct: bool,
        argument: Box<Node>,
        /// FILTER and OVER.
        clauses: Box<Node>,
        block: usize,
    },
    /// A cast to a number with fewer digits than what is cast may have.
    Cast { range: Range<usize>, inside: Vec<Node> },
    /// A whole number that only its sign keeps within its type, and how it is written.
    Literal { range: Range<usize>, text: &'static str },
    /// `typeof`, which the engine answers without looking at what is calculated inside.
    TypeOf { range: Range<usize>, inside: Vec<Node> },
    /// What is written instead of these tokens.
    Instead { range: Range<usize>, text: String },
}

impl Operator {
    /// As SQL writes it.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Div => "DIV",
        }
    }
}

impl Node {
    pub(super) fn range(&self) -> Range<usize> {
        match self {
            Self::Part { range, .. }
            | Self::Aggregate { range, .. }
            | Self::Cast { range, .. }
            | Self::Literal { range, .. }
            | Self::TypeOf { range, .. }
            | Self::Instead { range, .. } => range.clone(),
            Self::Binary { left, right, .. } => left.range().start..right.range().end,
        }
    }

    /// What stands in it.
    pub(super) fn children(&self) -> Vec<&Self> {
        match self {
            Self::Part { inside, .. } | Self::Cast { inside, .. } | Self::TypeOf { inside, .. } => {
                inside.iter().collect()
            }
            Self::Binary { left, right, .. } => vec![left, right],
            Self::Aggregate { argument, clauses, .. } => vec![argument, clauses],
            Self::Literal { .. } | Self::Instead { .. } => Vec::new(),
        }
    }

    /// Whether something in it may have to be written in another way.
    pub(super) fn calculates(&self) -> bool {
        match self {
            Self::Part { inside, .. } | Self::TypeOf { inside, .. } => inside.iter().any(Self::calculates),
            Self::Binary { .. } | Self::Aggregate { .. } | Self::Cast { .. } | Self::Literal { .. } => true,
            Self::Instead { .. } => false,
        }
    }
}

/// A statement as tokens, and where it calculates.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) tokens: Vec<Token>,
    pub(super) root: Node,
    /// Columns of SELECTs without names of their own.
    pub(super) unnamed: Vec<Range<usize>>,
}
