//! JSON as the Databricks CLI writes it into texts: without spaces, keys in order, and `<`, `>` and `&` escaped. What is deployed by one
//! program and planned by the other is compared as text, so both have to write the same.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

/// Numbers from here on are written with an exponent.
const LARGE: f64 = 1e21;

/// Numbers below this are written with an exponent.
const SMALL: f64 = 1e-6;

/// The text of a value.
pub(crate) fn of(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(value) => number(value, text),
        Value::String(value) => string(value, text),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(index, text);
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(fields) => object(fields, text),
    }
}

fn separate(index: usize, text: &mut String) {
    if index > 0 {
        text.push(',');
    }
}

fn object(fields: &Map<String, Value>, text: &mut String) {
    let mut keys: Vec<&String> = fields.keys().collect();
    keys.sort();
    text.push('{');
    for (index, key) in keys.into_iter().enumerate() {
        separate(index, text);
        string(key, text);
        text.push(':');
        write(&fields[key], text);
    }
    text.push('}');
}

fn number(value: &Number, text: &mut String) {
    let written = match value.as_f64().filter(|_| value.is_f64()) {
        Some(float) if float != 0.0 && (float.abs() < SMALL || float.abs() >= LARGE) => {
            let short = format!("{float:e}");
            match short.split_once('e') {
                Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
                _ => short,
            }
        }
        Some(float) => float.to_string(),
        None => value.to_string(),
    };
    text.push_str(&written);
}

fn string(value: &str, text: &mut String) {
    let quoted = Value::String(value.to_owned()).to_string();
    for character in quoted.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                write!(text, "\\u{:04x}", u32::from(character)).expect("invariant: writing to a text does not fail");
            }
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_in_order_and_characters_of_markup_escaped() {
        let value =
            json!({"zz": 1, "a": [{"y": 1.5, "x": "ü<>&"}], "e": 1e21, "f": 1.0, "g": 1e-7, "n": null, "q": "\"\n"});
        assert_eq!(
            of(&value),
            r#"{"a":[{"x":"ü\u003c\u003e\u0026","y":1.5}],"e":1e+21,"f":1,"g":1e-7,"n":null,"q":"\"\n","zz":1}"#
        );
    }
}
