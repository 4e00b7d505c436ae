//! The operations of one statement: asking for their types, and writing them in their forms. Pure.

use std::collections::BTreeMap;
use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::kind::{Form, Kind, Operand, of_aggregate, of_operator};
use super::reader;
use super::tree::{Node, Operator, Tree};
use super::words::is_any;
use super::writer::Writer;
use crate::compute::StatementError;
use crate::sql::error::unsupported;
use crate::sql::text::identifier;

/// Statements that may calculate.
const STATEMENTS: &str = "SELECT WITH VALUES INSERT UPDATE DELETE MERGE CREATE EXPLAIN";
/// Operations in each other, at most: the engine walks them with one stack.
const DEEPEST: usize = 60;

/// An operation as the engine is asked about it: the SELECT that it stands in, and its text.
pub(super) type Key = (usize, String);

pub(super) struct Operations {
    pub(super) tree: Tree,
    /// Where the query begins.
    query: usize,
    /// The beginning of all marks in the plan, which no statement can know.
    pub(super) mark: String,
    pub(super) keys: Vec<Key>,
    pub(super) forms: BTreeMap<Key, Form>,
}

impl Operations {
    /// The operations of a statement; none when it has none.
    pub(super) fn read(sql: &str) -> Result<Option<Self>, StatementError> {
        let lower = sql.to_lowercase();
        let words = ["+", "-", "*", "/", "%", "sum", "avg", "mean", "div", "cast", "::"];
        let may = words.iter().any(|word| lower.contains(word));
        if !may {
            return Ok(None);
        }
        let tree = reader::read(sql)?;
        let words = |index: usize, words: &str| is_any(&tree.tokens[index], words);
        let Some(first) =
            (0..tree.tokens.len()).find(|index| !matches!(tree.tokens[*index], Token::Whitespace(_) | Token::LParen))
        else {
            return Ok(None);
        };
        if !words(first, STATEMENTS) {
            return Ok(None);
        }
        let query = if words(first, "CREATE EXPLAIN") {
            let begins = (first..tree.tokens.len()).find(|index| words(*index, "SELECT WITH VALUES"));
            match begins {
                Some(begins) => begins,
                None => return Ok(None),
            }
        } else {
            0
        };
        let mut operations = Self {
            tree,
            query,
            mark: format!("m{}_", &crate::clock::Ids.uuid().replace('-', "")[..12]),
            keys: Vec::new(),
            forms: BTreeMap::new(),
        };
        let mut keys = Vec::new();
        operations.collect(&operations.tree.root, 0, &mut keys)?;
        operations.keys = keys;
        let calculates = operations.tree.root.calculates();
        Ok(calculates.then_some(operations))
    }

    fn collect(&self, node: &Node, depth: usize, keys: &mut Vec<Key>) -> Result<(), StatementError> {
        if depth > DEEPEST {
            return Err(unsupported(
                &format!("more than {DEEPEST} calculations in each other"),
                "calculate parts of them in a subquery",
            ));
        }
        if self.literal(node).is_some() {
            return Ok(());
        }
        if let Some(key) = self.asked(node)
            && !keys.contains(&key)
        {
            keys.push(key);
        }
        let depth = depth + usize::from(!matches!(node, Node::Part { .. }));
        node.children()
            .into_iter()
            .try_for_each(|child| self.collect(child, depth, keys))
    }

    /// The key of an operation whose types matter.
    pub(super) fn asked(&self, node: &Node) -> Option<Key> {
        match node {
            Node::Binary { block, .. } if self.literal(node).is_none() => Some((*block, self.raw(node.range()))),
            Node::Aggregate { block, .. } => Some((*block, self.raw(node.range()))),
            _ => None,
        }
    }

    fn raw(&self, range: Range<usize>) -> String {
        self.tree.tokens[range]
            .iter()
            .map(ToString::to_string)
            .collect::<String>()
            .trim()
            .to_owned()
    }

    /// The whole number that a literal, or a calculation with literals alone, comes to, when it fits into its type (8 to 64 bits).
    fn literal(&self, node: &Node) -> Option<(i128, u32)> {
        let (value, bits) = match node {
            Node::Part { range, .. } => {
                let tokens: Vec<&Token> = self.tree.tokens[range.clone()]
                    .iter()
                    .filter(|token| !matches!(token, Token::Whitespace(_)))
                    .collect();
                let (sign, tokens) = match tokens.as_slice() {
                    [Token::Minus, rest @ ..] => (-1, rest),
                    all => (1, all),
                };
                let (Token::Number(digits, long), suffix) = (match tokens {
                    [number] => (*number, String::new()),
                    [number, suffix] => (*number, suffix.to_string().to_uppercase()),
                    _ => return None,
                }) else {
                    return None;
                };
                let value = sign * digits.parse::<i128>().ok()?;
                let bits = match (suffix.as_str(), long) {
                    ("Y", _) => 8,
                    ("S", _) => 16,
                    ("L", _) | ("", true) => 64,
                    ("", false) => {
                        if i32::try_from(value).is_ok() {
                            32
                        } else {
                            64
                        }
                    }
                    _ => return None,
                };
                (value, bits)
            }
            Node::Binary {
                operator, left, right, ..
            } => {
                let ((one, first), (other, second)) = (self.literal(left)?, self.literal(right)?);
                let value = match operator {
                    Operator::Plus => one.checked_add(other),
                    Operator::Minus => one.checked_sub(other),
                    Operator::Multiply => one.checked_mul(other),
                    Operator::Divide | Operator::Remainder | Operator::Div => None,
                };
                (value?, first.max(second))
            }
            Node::Literal { text, .. } => {
                let digits = text.trim_start_matches("CAST(").split(' ').next()?;
                let value: i128 = digits.parse().ok()?;
                (value, if text.contains("BIGINT") { 64 } else { 32 })
            }
            Node::Aggregate { .. } | Node::Cast { .. } | Node::TypeOf { .. } | Node::Instead { .. } => return None,
        };
        let limit = 1_i128 << (bits - 1);
        (-limit..limit).contains(&value).then_some((value, bits))
    }

    /// The statement as it came, or its query.
    pub(super) fn original(&self) -> String {
        self.raw(self.query..self.tree.tokens.len())
    }

    /// The query that makes the engine tell the types; none when there is nothing to ask.
    pub(super) fn question(&self) -> Option<String> {
        (!self.keys.is_empty()).then(|| self.text(self.query, true))
    }

    /// Reads the types in a plan; true when the forms do not change any more.
    pub(super) fn learn(&mut self, plan: &str) -> Result<bool, StatementError> {
        let mut kinds: BTreeMap<(usize, char), Kind> = BTreeMap::new();
        for (place, _) in plan.match_indices(&self.mark) {
            let Some((number, side, kind)) = mentioned(&plan[place + self.mark.len()..]) else {
                continue;
            };
            let kind = Kind::read(kind);
            if let Some(other) = kinds.insert((number, side), kind.clone())
                && other != kind
            {
                return Err(unsupported(
                    &format!(
                        "calculating `{}` with two types in one query",
                        self.keys.get(number).map_or("", |key| &key.1)
                    ),
                    "give the columns different names",
                ));
            }
        }
        let mut forms = BTreeMap::new();
        self.forms_of(&self.tree.root, &kinds, &mut forms)?;
        let settled = forms == self.forms || !forms.values().any(|form: &Form| form.retyped);
        self.forms = forms;
        Ok(settled)
    }

    fn forms_of(
        &self,
        node: &Node,
        kinds: &BTreeMap<(usize, char), Kind>,
        forms: &mut BTreeMap<Key, Form>,
    ) -> Result<(), StatementError> {
        for child in node.children() {
            self.forms_of(child, kinds, forms)?;
        }
        let Some(key) = self.asked(node) else {
            return Ok(());
        };
        if forms.contains_key(&key) || node.range().start < self.query {
            return Ok(());
        }
        let number = self.keys.iter().position(|known| *known == key).unwrap_or_default();
        let kind = |side: char| {
            kinds.get(&(number, side)).cloned().ok_or_else(|| {
                unsupported(
                    &format!("calculating `{}` in this place", key.1),
                    "calculate it in a subquery",
                )
            })
        };
        let form = match node {
            Node::Binary {
                operator, left, right, ..
            } => {
                let operand = |node: &Node, side| {
                    let literal_digits = self
                        .literal(node)
                        .map(|(value, _)| value.unsigned_abs().to_string().len());
                    Ok::<_, StatementError>(Operand {
                        kind: kind(side)?,
                        literal_digits: literal_digits.and_then(|digits| i32::try_from(digits).ok()),
                    })
                };
                of_operator(*operator, &operand(left, 'l')?, &operand(right, 'r')?)?
            }
            Node::Aggregate { function, .. } => of_aggregate(*function, &kind('a')?)?,
            _ => return Ok(()),
        };
        forms.insert(key, form);
        Ok(())
    }

    /// Whether a result may be beyond a whole number.
    pub(super) fn overflows(&self) -> bool {
        let whole = |result: &String| matches!(result.as_str(), "TINYINT" | "SMALLINT" | "INT" | "BIGINT");
        self.forms.values().any(|form| form.results.iter().any(whole))
    }

    /// The statement with every operation in its form; none when the engine does right by itself.
    pub(super) fn write(&self) -> Option<String> {
        let all = 0..self.tree.tokens.len();
        self.changes(&self.tree.root, &all).then(|| self.text(0, false))
    }

    fn text(&self, start: usize, asking: bool) -> String {
        let end = self.tree.tokens.len();
        let mut names = BTreeMap::new();
        for item in &self.tree.unnamed {
            if self.changes(&self.tree.root, item) {
                let name = self.name(item.clone(), self.tree.root.children());
                names.insert(item.end, format!(" AS {}", identifier(&name)));
            }
        }
        let last = names.remove(&end).unwrap_or_default();
        let writer = Writer {
            of: self,
            asking,
            names,
        };
        writer.within(start..end, self.tree.root.children(), asking) + &last
    }

    /// Whether an operation between these tokens has a form of its own.
    fn changes(&self, node: &Node, within: &Range<usize>) -> bool {
        let range = node.range();
        if range.end <= within.start || range.start >= within.end {
            return false;
        }
        let inside = range.start >= within.start && range.end <= within.end;
        let changed = |key: Key| self.forms.get(&key).is_none_or(|form| !form.is_native());
        let cast = matches!(node, Node::Cast { .. } | Node::Literal { .. });
        inside && (cast || self.asked(node).is_some_and(changed))
            || node.children().into_iter().any(|child| self.changes(child, within))
    }
}

/// The number, the side and the type after a mark in a plan, which shows the comparison with and without the types of its literals.
fn mentioned(text: &str) -> Option<(usize, char, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number = text[..digits].parse().ok()?;
    let side = text[digits..].chars().next()?;
    let rest = &text[digits + side.len_utf8()..];
    if let Some(quoted) = rest.strip_prefix("\") = Utf8(\"") {
        return Some((number, side, quoted.split('"').next()?));
    }
    let plain = rest.strip_prefix(" = ").filter(|plain| !plain.starts_with("typeof"))?;
    let mut end = plain
        .find(|c: char| !c.is_ascii_lowercase() && c != '_')
        .unwrap_or(plain.len());
    if plain[end..].starts_with('(') {
        end += plain[end..].find(')')? + 1;
    }
    Some((number, side, &plain[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What goes to the engine when it gives each operand of an operation this type.
    fn written(sql: &str, kind: &str) -> String {
        let mut operations = Operations::read(sql).unwrap().unwrap();
        let marks = (0..operations.keys.len()).flat_map(|number| ['l', 'r', 'a'].map(|side| (number, side)));
        let plan: String = marks
            .map(|(number, side)| format!("Utf8(\"{}{number}{side}\") = Utf8(\"{kind}\") ", operations.mark))
            .collect();
        operations.learn(&plan).unwrap();
        operations.write().unwrap_or_else(|| sql.to_owned())
    }

    #[test]
    fn operators_bind_as_in_spark() {
        let sum = "greatest(CAST((CAST(a AS DECIMAL(10,0)) + CAST(greatest(CAST((CAST(b AS DECIMAL(10,0)) * CAST(-c AS DECIMAL(10,0))) AS INT), NULL) AS DECIMAL(10,0))) AS INT), NULL)";
        assert_eq!(written("SELECT a + b * -c AS x", "int"), format!("SELECT {sum} AS x"));
        assert_eq!(
            written("SELECT a + b * -c", "int"),
            format!("SELECT {sum} AS `(a + (b * - c))`")
        );
        assert_eq!(written("SELECT a + b", "double"), "SELECT a + b");
        assert_eq!(
            written("SELECT *, t.*, count(*), -1, 1 + 2 FROM t", "int"),
            "SELECT *, t.*, count(*), -1, 1 + 2 FROM t"
        );
    }

    #[test]
    fn operands_end_where_they_end() {
        for (sql, operands) in [
            (
                "SELECT CASE WHEN a THEN b ELSE c END + 1 y",
                ["CASE WHEN a THEN b ELSE c END", "1"],
            ),
            (
                "SELECT x WHERE a[1].b - f(x, y) OVER (PARTITION BY z) BETWEEN 1 AND 2",
                ["a[1].b", "f(x, y) OVER (PARTITION BY z)"],
            ),
            (
                "SELECT x FROM t WHERE NOT d - INTERVAL '1' DAY > e",
                ["d", "INTERVAL '1' DAY"],
            ),
            ("SELECT `a b`.c * 1.5D AS s FROM t", ["`a b`.c", "1.5D"]),
            (
                "SELECT x FROM t WHERE a IN (1) AND left(b, 1) / count(*) FILTER (WHERE c) = 1",
                ["left(b, 1)", "count(*) FILTER (WHERE c)"],
            ),
        ] {
            let question = Operations::read(sql).unwrap().unwrap().question().unwrap();
            for operand in operands {
                assert!(question.contains(&format!("typeof({operand})")), "{sql}: {question}");
            }
        }
    }

    #[test]
    fn an_order_by_a_column_stays_one() {
        assert_eq!(
            written(
                "SELECT g, sum(x) AS s FROM t GROUP BY g HAVING sum(x) > 1 ORDER BY sum(x) DESC, g",
                "int"
            ),
            "SELECT g, sum(x) AS s FROM t GROUP BY g HAVING sum(x) > 1 ORDER BY sum(x) DESC, g"
        );
        let written = written(
            "SELECT g, sum(x) AS s FROM t GROUP BY g HAVING sum(x) > 1 ORDER BY sum(x) DESC, g",
            "bigint",
        );
        assert!(written.ends_with("ORDER BY 2 DESC, 1"), "{written}");
    }

    #[test]
    fn casts_are_not_looked_through() {
        assert_eq!(
            written(
                "SELECT x::INT, CAST(y + 1 AS DECIMAL(5,2)) z, CAST(1 AS INT), CAST(x AS STRING) FROM t",
                "double"
            ),
            "SELECT greatest(x::INT, NULL) AS `x::INT`, greatest(CAST(y + 1 AS DECIMAL(5,2)), NULL) z, CAST(1 AS INT), CAST(x AS STRING) FROM t"
        );
    }

    #[test]
    fn plans_tell_types_with_and_without_those_of_literals() {
        assert_eq!(
            mentioned("17l\") = Utf8(\"decimal(10,2)\") THEN"),
            Some((17, 'l', "decimal(10,2)"))
        );
        assert_eq!(
            mentioned("3a = decimal(10,2)) IS DISTINCT"),
            Some((3, 'a', "decimal(10,2)"))
        );
        assert_eq!(mentioned("3a = int THEN"), Some((3, 'a', "int")));
        assert_eq!(mentioned("3a = typeof(x)"), None);
        assert_eq!(mentioned("3a' = typeof ( x )"), None);
    }
}
