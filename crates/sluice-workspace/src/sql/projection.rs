//! Which tokens are the columns of a SELECT. The parser's own spans leave out closing parentheses and more.

use std::ops::Range;

use sqlparser::ast::Select;
use sqlparser::tokenizer::{Token, Word};

use super::text::Text;

/// Words that end the columns of a SELECT.
const ENDS: [&str; 18] = [
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "UNION",
    "EXCEPT",
    "MINUS",
    "INTERSECT",
    "WINDOW",
    "QUALIFY",
    "LATERAL",
    "CLUSTER",
    "DISTRIBUTE",
    "SORT",
    "INTO",
];

/// The tokens of each column, without white space around; none when they cannot be told apart.
pub(super) fn columns(text: &Text, select: &Select) -> Option<Vec<Range<usize>>> {
    let first = text.at(select.select_token.0.span.start)? + 1;
    let mut found = Vec::new();
    let (mut depth, mut start, mut end) = (0_usize, first, text.tokens().len());
    for index in first..text.tokens().len() {
        match &text.tokens()[index].token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket if depth == 0 => {
                end = index;
                break;
            }
            Token::RParen | Token::RBracket => depth -= 1,
            Token::Comma if depth == 0 => {
                found.push(trimmed(text, start..index));
                start = index + 1;
            }
            Token::Word(Word {
                value,
                quote_style: None,
                ..
            }) if depth == 0 && is_end(text, index, value) => {
                end = index;
                break;
            }
            _ => {}
        }
    }
    found.push(trimmed(text, start..end));
    (found.len() == select.projection.len()).then_some(found)
}

/// `* EXCEPT (a)` and `a IS DISTINCT FROM b` hold such words without ending.
fn is_end(text: &Text, index: usize, word: &str) -> bool {
    let before = (0..index).rev().map(|before| &text.tokens()[before].token);
    let before = before.into_iter().find(|token| !matches!(token, Token::Whitespace(_)));
    let after = |expected: &str| matches!(before, Some(Token::Word(Word { value, quote_style: None, .. })) if value.eq_ignore_ascii_case(expected));
    ENDS.iter().any(|end| end.eq_ignore_ascii_case(word))
        && !(word.eq_ignore_ascii_case("EXCEPT") && before == Some(&Token::Mul))
        && !(word.eq_ignore_ascii_case("FROM") && after("DISTINCT"))
        && before != Some(&Token::Period)
}

fn trimmed(text: &Text, range: Range<usize>) -> Range<usize> {
    let white = |index: &usize| matches!(text.tokens()[*index].token, Token::Whitespace(_));
    let start = range.clone().find(|index| !white(index)).unwrap_or(range.end);
    let end = (start..range.end)
        .rev()
        .find(|index| !white(index))
        .map_or(start, |last| last + 1);
    start..end
}

#[cfg(test)]
mod tests {
    use sqlparser::ast::SetExpr;

    use super::*;
    use crate::sql::relations::parse_query;

    fn found(source: &str) -> Vec<String> {
        let text = Text::read(source).unwrap();
        let query = parse_query(&text, 0).unwrap();
        let SetExpr::Select(select) = query.body.as_ref() else {
            panic!("{source} is no SELECT");
        };
        let ranges = columns(&text, select).unwrap_or_default();
        ranges
            .into_iter()
            .map(|range| text.write_tokens(range).unwrap())
            .collect()
    }

    #[test]
    fn columns_end_where_they_end() {
        assert_eq!(
            found("SELECT CAST((a) AS INT), (f(x, y)), CASE WHEN a THEN 1 ELSE 2 END + 1 FROM t, u"),
            ["CAST((a) AS INT)", "(f(x, y))", "CASE WHEN a THEN 1 ELSE 2 END + 1"]
        );
        assert_eq!(
            found("SELECT * EXCEPT (a), b IS DISTINCT FROM c, extract(year FROM d) FROM t"),
            ["* EXCEPT (a)", "b IS DISTINCT FROM c", "extract(year FROM d)"]
        );
        assert_eq!(found("SELECT -x LIMIT 1"), ["-x"]);
    }
}
