//! Writes a statement for the engine: its tokens, with operations in their forms, or with the questions for their types. Pure.

use std::collections::BTreeMap;
use std::ops::Range;

use super::kind::Form;
use super::operations::Operations;
use super::tree::{Function, Node};

pub(super) struct Writer<'a> {
    pub(super) of: &'a Operations,
    /// Whether the types are asked for.
    pub(super) asking: bool,
    /// Names of columns, by the token that they stand before.
    pub(super) names: BTreeMap<usize, String>,
}

impl Writer<'_> {
    /// Tokens with operations among them.
    pub(super) fn within(&self, range: Range<usize>, nodes: Vec<&Node>, asking: bool) -> String {
        let mut text = String::new();
        let mut index = range.start;
        for node in nodes {
            let inner = node.range();
            if inner.start < range.start {
                continue;
            }
            self.tokens(index..inner.start, &mut text);
            text.push_str(&self.node(node, asking));
            index = inner.end;
        }
        self.tokens(index..range.end, &mut text);
        text
    }

    fn tokens(&self, range: Range<usize>, text: &mut String) {
        for index in range {
            if let Some(name) = self.names.get(&index) {
                text.push_str(name);
            }
            text.push_str(&self.of.tree.tokens[index].to_string());
        }
    }

    fn node(&self, node: &Node, asking: bool) -> String {
        let value = self.value(node, asking);
        if !(self.asking && asking) {
            return value;
        }
        let mut questions = Vec::new();
        self.questions(node, &mut questions);
        if questions.is_empty() {
            return value;
        }
        // As arguments of one function, because each level of nesting costs the engine stack.
        format!(
            "(CASE WHEN coalesce({}) THEN NULL ELSE {value} END)",
            questions.join(", ")
        )
    }

    /// What is asked beside an operation and those that are its operands.
    fn questions(&self, node: &Node, questions: &mut Vec<String>) {
        let number = self
            .of
            .asked(node)
            .and_then(|key| self.of.keys.iter().position(|known| *known == key));
        let mut ask = |side: char, operand: &Node| {
            if let Some(number) = number {
                let operand = self.value(operand, false);
                questions.push(format!("'{}{number}{side}' = typeof({operand})", self.of.mark));
            }
        };
        match node {
            Node::Binary { left, right, .. } => {
                ask('l', left);
                ask('r', right);
                for operand in [left, right] {
                    if matches!(**operand, Node::Binary { .. }) {
                        self.questions(operand, questions);
                    }
                }
            }
            Node::Aggregate { argument, .. } => ask('a', argument),
            Node::TypeOf { inside, .. } => inside.iter().for_each(|inner| self.all_questions(inner, questions)),
            _ => {}
        }
    }

    fn all_questions(&self, node: &Node, questions: &mut Vec<String>) {
        self.questions(node, questions);
        for child in node.children() {
            self.all_questions(child, questions);
        }
    }

    fn operand(&self, node: &Node, asking: bool) -> String {
        match node {
            Node::Binary { .. } => self.value(node, asking),
            _ => self.node(node, asking),
        }
    }

    fn value(&self, node: &Node, asking: bool) -> String {
        let form = self
            .of
            .asked(node)
            .and_then(|key| self.of.forms.get(&key))
            .filter(|form| !form.is_native());
        match (node, form) {
            (Node::Instead { text, .. }, _) => text.clone(),
            (Node::Literal { text, .. }, _) => (*text).to_owned(),
            (Node::TypeOf { range, inside }, _) => self.within(range.clone(), inside.iter().collect(), false),
            (Node::Cast { range, inside }, _) => opaque(&self.within(range.clone(), inside.iter().collect(), asking)),
            (Node::Part { range, inside }, _) => self.within(range.clone(), inside.iter().collect(), asking),
            (
                Node::Binary {
                    operator, left, right, ..
                },
                Some(form),
            ) => {
                let cast = |operand: String, kind: &Option<String>| match kind {
                    Some(kind) => format!("CAST({operand} AS {kind})"),
                    None => format!("({operand})"),
                };
                let left = cast(self.operand(left, asking), &form.left);
                let right = cast(self.operand(right, asking), &form.right);
                let value = match form.pointless {
                    // The digits of the divisor as a whole number.
                    Some(digits) => {
                        let digits_only = format!("CAST(replace(CAST({right} AS STRING), '.', '') AS DECIMAL(38,0))");
                        let power = format!(
                            "CAST('1{}' AS DECIMAL({},0))",
                            "0".repeat(usize::try_from(digits).unwrap_or_default()),
                            digits + 1
                        );
                        format!("(({left} / {digits_only}) * {power})")
                    }
                    None => format!("({left} {} {right})", operator.sign()),
                };
                results(value, form)
            }
            (Node::Binary { left, right, .. }, None) => {
                let mut text = self.operand(left, asking);
                self.tokens(left.range().end..right.range().start, &mut text);
                text + &self.operand(right, asking)
            }
            (Node::Aggregate { .. }, form) => self.aggregate(node, form, asking),
        }
    }

    fn aggregate(&self, node: &Node, form: Option<&Form>, asking: bool) -> String {
        let Node::Aggregate {
            function,
            range,
            distinct,
            argument,
            clauses,
            ..
        } = node
        else {
            return String::new();
        };
        let (given, clauses_text) = (self.value(argument, asking), self.value(clauses, asking));
        let Some(form) = form else {
            let mut text = String::new();
            self.tokens(range.start..argument.range().start, &mut text);
            text.push_str(&given);
            self.tokens(argument.range().end..clauses.range().start, &mut text);
            return text + &clauses_text;
        };
        let distinct = if *distinct { "DISTINCT " } else { "" };
        let call = |name: &str, argument: &str| format!("{name}({distinct}{argument}){clauses_text}");
        let name = match function {
            Function::Sum => "sum",
            Function::Average => "avg",
        };
        if form.guarded {
            let (sum, count) = (call("try_sum", &given), call("count", &given));
            return format!(
                "(CASE WHEN {sum} IS NULL AND {count} > 0 THEN raise_error('[ARITHMETIC_OVERFLOW] the sum has more than 38 digits; use `try_sum` to get NULL instead') ELSE {sum} END)"
            );
        }
        let argument = match &form.left {
            Some(kind) => format!("CAST({given} AS {kind})"),
            None => given,
        };
        results(call(name, &argument), form)
    }
}

fn results(value: String, form: &Form) -> String {
    let number = form.results.last().is_some_and(|kind| kind != "INTERVAL DAY");
    let cast = |value, kind: &String| format!("CAST({value} AS {kind})");
    let value = form.results.iter().fold(value, cast);
    if number { opaque(&value) } else { value }
}

/// The same value in a form that the engine does not look through: comparing a cast with a literal, it would compare what is cast instead, with all its
/// digits and without a check.
fn opaque(cast: &str) -> String {
    format!("greatest({cast}, NULL)")
}
