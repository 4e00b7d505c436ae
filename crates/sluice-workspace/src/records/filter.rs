//! The filters of lists: `name = 'a'`, `name LIKE '%a%'`.

use super::document::{Document, text};
use crate::error::ApiError;

/// Whether a record's name fits a filter of the form `<field> (=|LIKE|ILIKE) '<text>'`, with `%` for any text; an absent filter fits all.
///
/// # Errors
/// 501 for every other filter: a list that ignored one would show too much.
pub(super) fn by_name(filter: Option<&str>, field: &str, body: &Document) -> Result<bool, ApiError> {
    let Some(filter) = filter.map(str::trim).filter(|filter| !filter.is_empty()) else {
        return Ok(true);
    };
    let refused = || {
        ApiError::not_implemented(format!(
            "the filter `{filter}` is not one that the local workspace knows: use `{field} LIKE '…'` or `{field} = '…'`"
        ))
    };
    let rest = filter.strip_prefix(field).ok_or_else(refused)?.trim_start();
    let (operator, value) = match rest.strip_prefix('=') {
        Some(value) => ("=", value),
        None => rest.split_once(char::is_whitespace).ok_or_else(refused)?,
    };
    let value = value.trim();
    let quoted = |mark: char| value.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    let pattern = quoted('\'').or_else(|| quoted('"')).ok_or_else(refused)?;
    let name = text(body, field).unwrap_or_default();
    match operator.to_ascii_uppercase().as_str() {
        "=" => Ok(name == pattern),
        "LIKE" => Ok(like(name, pattern)),
        "ILIKE" => Ok(like(&name.to_lowercase(), &pattern.to_lowercase())),
        _ => Err(refused()),
    }
}

/// Whether a text fits a pattern in which `%` stands for any text.
pub(crate) fn like(text: &str, pattern: &str) -> bool {
    match pattern.split_once('%') {
        None => text == pattern,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices()
                .map(|(at, _)| at)
                .chain([rest.len()])
                .any(|at| like(&rest[at..], after))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_or_not() {
        let body: Document = [("name".to_owned(), "sales daily".into())].into_iter().collect();
        for (filter, expected) in [
            ("name = 'sales daily'", true),
            ("name='sales'", false),
            ("name LIKE '%daily'", true),
            ("name like 'sales%'", true),
            ("name LIKE 'daily%'", false),
            ("name ILIKE \"%SALES%\"", true),
            ("", true),
        ] {
            assert_eq!(by_name(Some(filter), "name", &body), Ok(expected), "{filter}");
        }
        assert_eq!(
            by_name(Some("tags.a = 'b'"), "name", &body)
                .unwrap_err()
                .status
                .as_u16(),
            501
        );
    }
}
