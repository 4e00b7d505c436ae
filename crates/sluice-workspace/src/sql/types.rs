//! Column types: as SQL writes them, as Delta stores them, as the catalog's REST API names them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::error::{parse_error, unsupported};
use crate::compute::StatementError;

/// A type of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SqlType {
    /// Index into [`PRIMITIVES`].
    Primitive(usize),
    /// Digits, and digits after the point.
    Decimal(u32, u32),
    /// Type of the elements.
    Array(Box<SqlType>),
    /// Types of key and value.
    Map(Box<SqlType>, Box<SqlType>),
    /// Names and types of the fields.
    Struct(Vec<(String, SqlType)>),
}

/// Other names in SQL, the name that SQL shows, the name in Delta, the name in the REST API.
const PRIMITIVES: [(&[&str], &str, &str, &str); 12] = [
    (&[], "string", "string", "STRING"),
    (&[], "boolean", "boolean", "BOOLEAN"),
    (&["byte"], "tinyint", "byte", "BYTE"),
    (&["short"], "smallint", "short", "SHORT"),
    (&["integer"], "int", "integer", "INT"),
    (&["long"], "bigint", "long", "LONG"),
    (&["real"], "float", "float", "FLOAT"),
    (&[], "double", "double", "DOUBLE"),
    (&[], "binary", "binary", "BINARY"),
    (&[], "date", "date", "DATE"),
    (&["timestamp_ltz"], "timestamp", "timestamp", "TIMESTAMP"),
    (&[], "timestamp_ntz", "timestamp_ntz", "TIMESTAMP_NTZ"),
];
const BIGINT: usize = 5;

impl SqlType {
    /// Reads a type such as `decimal(10,2)` or `array<struct<a:int,b:string>>`. Case does not matter.
    pub(super) fn parse(text: &str) -> Result<Self, StatementError> {
        let mut reader = Reader { rest: text.trim() };
        let parsed = reader.read()?;
        if !reader.rest.is_empty() {
            return Err(parse_error(format!(
                "`{text}` is not a type: unexpected `{}`",
                reader.rest
            )));
        }
        Ok(parsed)
    }

    /// As SQL shows it, in lower case.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Primitive(index) => PRIMITIVES[*index].1.to_owned(),
            Self::Decimal(precision, scale) => format!("decimal({precision},{scale})"),
            Self::Array(element) => format!("array<{}>", element.text()),
            Self::Map(key, value) => format!("map<{},{}>", key.text(), value.text()),
            Self::Struct(fields) => {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(name, kind)| format!("{name}:{}", kind.text()))
                    .collect();
                format!("struct<{}>", fields.join(","))
            }
        }
    }

    /// As Delta's schema string stores it.
    pub(super) fn delta(&self) -> Value {
        match self {
            Self::Primitive(index) => json!(PRIMITIVES[*index].2),
            Self::Decimal(precision, scale) => json!(format!("decimal({precision},{scale})")),
            Self::Array(element) => json!({"type": "array", "elementType": element.delta(), "containsNull": true}),
            Self::Map(key, value) => {
                json!({"type": "map", "keyType": key.delta(), "valueType": value.delta(), "valueContainsNull": true})
            }
            Self::Struct(fields) => {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(name, kind)| field(name, kind, true, &BTreeMap::new()))
                    .collect();
                json!({"type": "struct", "fields": fields})
            }
        }
    }

    /// Reads what Delta's schema string stores; none when it is no type that tables here have.
    pub(super) fn from_delta(value: &Value) -> Option<Self> {
        if let Some(name) = value.as_str() {
            let found = PRIMITIVES.iter().position(|primitive| primitive.2 == name);
            let decimal = || Self::parse(name).ok().filter(|kind| matches!(kind, Self::Decimal(..)));
            return found.map(Self::Primitive).or_else(decimal);
        }
        let part = |key: &str| Self::from_delta(&value[key]).map(Box::new);
        match value["type"].as_str()? {
            "array" => Some(Self::Array(part("elementType")?)),
            "map" => Some(Self::Map(part("keyType")?, part("valueType")?)),
            "struct" => {
                let field =
                    |field: &Value| Some((field["name"].as_str()?.to_owned(), Self::from_delta(&field["type"])?));
                let fields: Option<Vec<_>> = value["fields"].as_array()?.iter().map(field).collect();
                Some(Self::Struct(fields?))
            }
            _ => None,
        }
    }

    /// As the REST API names it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Primitive(index) => PRIMITIVES[*index].3,
            Self::Decimal(..) => "DECIMAL",
            Self::Array(_) => "ARRAY",
            Self::Map(..) => "MAP",
            Self::Struct(_) => "STRUCT",
        }
    }

    /// Whether a column of this type may become one of the other without touching its files: the widenings that every reader here understands.
    pub(super) fn widens_to(&self, other: &Self) -> bool {
        let rank = |kind: &Self| match kind {
            Self::Primitive(index @ 2..=BIGINT) => Some(*index),
            _ => None,
        };
        matches!((rank(self), rank(other)), (Some(from), Some(to)) if from < to)
    }

    /// Whether Delta needs a table feature for it.
    pub(super) fn needs_timestamp_ntz(&self) -> bool {
        match self {
            Self::Primitive(index) => PRIMITIVES[*index].1 == "timestamp_ntz",
            Self::Decimal(..) => false,
            Self::Array(element) => element.needs_timestamp_ntz(),
            Self::Map(key, value) => key.needs_timestamp_ntz() || value.needs_timestamp_ntz(),
            Self::Struct(fields) => fields.iter().any(|(_, kind)| kind.needs_timestamp_ntz()),
        }
    }
}

/// A field of a Spark schema as JSON.
pub(super) fn field(name: &str, kind: &SqlType, nullable: bool, metadata: &BTreeMap<String, Value>) -> Value {
    json!({"name": name, "type": kind.delta(), "nullable": nullable, "metadata": metadata})
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn word(&mut self) -> &str {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        word
    }

    fn accept(&mut self, character: char) -> bool {
        match self.rest.strip_prefix(character) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, character: char) -> Result<(), StatementError> {
        if self.accept(character) {
            return Ok(());
        }
        Err(parse_error(format!(
            "expected `{character}` in a type before `{}`",
            self.rest
        )))
    }

    fn number(&mut self) -> Result<u32, StatementError> {
        let word = self.word();
        word.parse()
            .map_err(|_not_a_number| parse_error(format!("`{word}` is not a number of digits")))
    }

    fn read(&mut self) -> Result<SqlType, StatementError> {
        let word = self.word().to_ascii_lowercase();
        match word.as_str() {
            "decimal" | "dec" | "numeric" => {
                if !self.accept('(') {
                    return Ok(SqlType::Decimal(10, 0));
                }
                let precision = self.number()?;
                let scale = if self.accept(',') { self.number()? } else { 0 };
                self.expect(')')?;
                if precision == 0 || precision > 38 || scale > precision {
                    return Err(parse_error(format!(
                        "`decimal({precision},{scale})` is not a type: up to 38 digits, not more after the point"
                    )));
                }
                Ok(SqlType::Decimal(precision, scale))
            }
            "array" => {
                self.expect('<')?;
                let element = self.read()?;
                self.expect('>')?;
                Ok(SqlType::Array(Box::new(element)))
            }
            "map" => {
                self.expect('<')?;
                let key = self.read()?;
                self.expect(',')?;
                let value = self.read()?;
                self.expect('>')?;
                Ok(SqlType::Map(Box::new(key), Box::new(value)))
            }
            "struct" => self.fields(),
            _ => {
                let found = PRIMITIVES
                    .iter()
                    .position(|(others, name, ..)| *name == word || others.contains(&word.as_str()));
                found.map(SqlType::Primitive).ok_or_else(|| {
                    unsupported(
                        &format!("columns of the type `{word}`"),
                        "use another type, such as STRING",
                    )
                })
            }
        }
    }

    fn fields(&mut self) -> Result<SqlType, StatementError> {
        self.expect('<')?;
        let mut fields = Vec::new();
        while !self.accept('>') {
            if !fields.is_empty() {
                self.expect(',')?;
            }
            let name = if self.accept('`') {
                let end = self
                    .rest
                    .find('`')
                    .ok_or_else(|| parse_error("a backquote in a type is not closed"))?;
                let name = self.rest[..end].to_owned();
                self.rest = self.rest[end + 1..].trim_start();
                name
            } else {
                self.word().to_owned()
            };
            self.accept(':');
            fields.push((name, self.read()?));
        }
        Ok(SqlType::Struct(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_and_written() {
        for (source, text) in [
            ("DECIMAL(10, 2)", "decimal(10,2)"),
            ("numeric", "decimal(10,0)"),
            ("ARRAY<STRUCT<a: INT, `b c` STRING>>", "array<struct<a:int,b c:string>>"),
            ("map<string,long>", "map<string,bigint>"),
        ] {
            let kind = SqlType::parse(source).unwrap();
            assert_eq!(kind.text(), text);
            assert_eq!(SqlType::from_delta(&kind.delta()), Some(kind));
        }
        for source in ["varchar(3)", "decimal(39,1)", "array<int", "int int", ""] {
            assert!(SqlType::parse(source).is_err(), "{source}");
        }
    }

    #[test]
    fn delta_has_names_of_its_own() {
        let kind = SqlType::parse("struct<a:bigint,b:array<tinyint>>").unwrap();
        assert_eq!(kind.delta()["fields"][0]["type"], "long");
        assert_eq!(kind.delta()["fields"][1]["type"]["elementType"], "byte");
    }

    #[test]
    fn only_whole_numbers_widen() {
        let widens = |from: &str, to: &str| SqlType::parse(from).unwrap().widens_to(&SqlType::parse(to).unwrap());
        assert!(widens("int", "bigint") && widens("tinyint", "smallint"));
        assert!(
            !widens("bigint", "int") && !widens("int", "int") && !widens("int", "string") && !widens("float", "double")
        );
    }
}
