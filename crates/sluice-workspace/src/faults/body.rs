//! Whether a body contains a text: the strings of a JSON document are compared as they read, not as they are escaped.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Whether one of the strings of a JSON body, or any other body, contains the text; the case of ASCII letters does not matter.
pub(super) fn contains_text(body: &[u8], text: &str) -> bool {
    let mut document = serde_json::Deserializer::from_slice(body);
    match Strings(text).deserialize(&mut document) {
        Ok(found) => found,
        Err(_no_json) => contains(body, text),
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
}

/// Reads a JSON document and answers whether one of its strings, keys included, contains the text.
#[derive(Clone, Copy)]
struct Strings<'text>(&'text str);

impl<'document> DeserializeSeed<'document> for Strings<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'document>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'document> Visitor<'document> for Strings<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON document")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<bool, E> {
        Ok(contains(value.as_bytes(), self.0))
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E: Error>(self, _value: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'document>>(self, mut items: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(inside) = items.next_element_seed(self)? {
            found |= inside;
        }
        Ok(found)
    }

    fn visit_map<A: MapAccess<'document>>(self, mut fields: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(key) = fields.next_key_seed(self)? {
            found |= key;
            found |= fields.next_value_seed(self)?;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_a_json_body_are_read_unescaped() {
        let body =
            br#"{"statement": "ALTER TABLE \"a\"\nADD COLUMN \u00fc", "list": [1, null, true, 1.5, {"key": "v"}]}"#;
        for text in ["alter table \"a\"\nadd", "ü", "KEY", "v"] {
            assert!(contains_text(body, text), "{text}");
        }
        for text in ["DROP TABLE", "null", "statement\":", "Ü"] {
            assert!(!contains_text(body, text), "{text}");
        }
    }

    #[test]
    fn any_other_body_is_searched_as_it_is() {
        assert!(contains_text(b"\xff id,name\n1,Ada", "ada"));
        assert!(contains_text(br#"{"statement": "ALTER"#, "alter"));
        assert!(!contains_text(b"", "a"));
    }
}
