//! The fields of a form or a query, and links that carry them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use crate::error::PageError;

/// Fields by name. Of a name that comes twice the last one counts; an empty value counts as absent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded`.
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        Self(
            form_urlencoded::parse(encoded)
                .map(|(name, value)| (name.into_owned(), value.trim().to_owned()))
                .filter(|(_, value)| !value.is_empty())
                .collect(),
        )
    }

    /// The text of a field.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of a field.
    ///
    /// # Errors
    /// When it is not of that form.
    pub(crate) fn value<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, PageError> {
        self.text(name).map(|text| parsed(name, text)).transpose()
    }
}

/// What a part of an address or a form says.
///
/// # Errors
/// When it is not of that form.
pub(crate) fn parsed<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T, PageError> {
    text.parse()
        .map_err(|error| PageError::input(format!("`{name}` cannot be used: {error}")))
}

/// An address of this site with a query; pairs without a value are left out.
pub(crate) fn link(path: &str, pairs: &[(&str, Option<&str>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

/// A segment of a path.
pub(crate) fn segment(text: &str) -> String {
    // What a form writes as `+` is a space; in a path that is `%20`.
    form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_carry_what_is_there_and_are_read_back() {
        let made = link("/history", &[("product", Some("a&b c")), ("environment", None)]);
        assert_eq!(made, "/history?product=a%26b+c");
        let fields = Fields::parse(b"product=a%26b+c&environment=&product=last");
        assert_eq!(
            (fields.text("product"), fields.text("environment")),
            (Some("last"), None)
        );
        assert_eq!(segment("1.0.0+a b/c"), "1.0.0%2Ba%20b%2Fc");
        assert!(fields.value::<u64>("product").is_err());
    }
}
