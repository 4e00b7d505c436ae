//! Finds what the description does not know. Pure: a query and the text of a body in, names and paths out.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use sluice_wire::Operation;
use sluice_wire::types::{Field, FieldType, body, class};

use super::exceptions::Place;

/// Two names that differ by so many letters at most are likely to mean the same.
const NEAR: usize = 2;

/// At most so many are told of one request.
const TOLD: usize = 20;

/// One parameter or field that the description does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    pub(super) place: Place,
    /// The name of a parameter, or the path of a field: `tasks[0].notebok_task`.
    pub(super) path: String,
    /// A known name that looks like it.
    similar: Option<String>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} `{}`", self.place.words(), self.path)?;
        match &self.similar {
            Some(similar) => write!(formatter, " (did you mean `{similar}`?)"),
            None => Ok(()),
        }
    }
}

/// The parameters of a query that none of the operations knows. `filter_by.user_ids` is a field of the parameter `filter_by`.
pub(super) fn in_query(operations: &[&Operation], query: &[(String, String)]) -> Vec<Unknown> {
    let known: Vec<&str> = operations
        .iter()
        .flat_map(|operation| operation.query)
        .copied()
        .collect();
    let foreign = query
        .iter()
        .filter(|(name, _)| !known.contains(&name.split('.').next().unwrap_or(name)));
    foreign
        .map(|(name, _)| Unknown {
            place: Place::Query,
            path: name.clone(),
            similar: similar(name, known.iter().copied()),
        })
        .take(TOLD)
        .collect()
}

/// The fields of a JSON document that the bodies of none of the operations know. What is not JSON, or of another shape, is not judged here.
pub(super) fn in_body(operations: &[&Operation], text: &[u8]) -> Vec<Unknown> {
    let fields: Vec<&Field> = operations
        .iter()
        .filter_map(|operation| body(operation.id))
        .flatten()
        .collect();
    let mut search = Search::default();
    let mut reader = serde_json::Deserializer::from_slice(text);
    let document = Part {
        shape: Shape::Object(fields),
        search: &mut search,
    };
    // The handler says what is wrong with a document that cannot be read.
    drop(document.deserialize(&mut reader));
    search.unknown
}

fn similar<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, _)| *distance <= NEAR)
        .min()
        .map(|(_, known)| known.to_owned())
}

/// What was found, and where the search is.
#[derive(Default)]
struct Search {
    path: String,
    unknown: Vec<Unknown>,
}

/// What a part of a document may hold.
enum Shape {
    /// An object with these fields.
    Object(Vec<&'static Field>),
    /// A list of values of this type.
    List(&'static FieldType),
    /// An object with values of this type by any names.
    Map(&'static FieldType),
}

impl Shape {
    /// None for what holds no fields, or any.
    fn of(field_type: &'static FieldType) -> Option<Self> {
        match field_type {
            FieldType::Object(name) => class(name).map(|fields| Self::Object(fields.iter().collect())),
            FieldType::List(item) => Some(Self::List(item)),
            FieldType::Map(value) => Some(Self::Map(value)),
            FieldType::String
            | FieldType::Integer
            | FieldType::Float
            | FieldType::Bool
            | FieldType::Enum(_)
            | FieldType::Any => None,
        }
    }
}

/// A part of a document on its way through the parser.
struct Part<'a> {
    shape: Shape,
    search: &'a mut Search,
}

/// A value of this type that comes next in the parser.
struct Value<'a>(&'static FieldType, &'a mut Search);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self(field_type, search) = self;
        match Shape::of(field_type) {
            Some(shape) => Part { shape, search }.deserialize(deserializer),
            None => deserializer.deserialize_ignored_any(IgnoredAny).map(|_| ()),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! holds_no_fields {
    ($($visit:ident $kind:ty),* $(,)?) => {$(
        fn $visit<E>(self, _: $kind) -> Result<(), E> {
            Ok(())
        }
    )*};
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    holds_no_fields! { visit_bool bool, visit_i64 i64, visit_u64 u64, visit_f64 f64, visit_str &str }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Shape::List(item) = self.shape else {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        let above = self.search.path.len();
        for index in 0_usize.. {
            self.search.path.push_str(&format!("[{index}]"));
            let next = items.next_element_seed(Value(item, self.search))?;
            self.search.path.truncate(above);
            if next.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        let above = self.search.path.len();
        while let Some(name) = entries.next_key::<String>()? {
            if above > 0 {
                self.search.path.push('.');
            }
            self.search.path.push_str(&name);
            match self.type_of(&name) {
                Some(field_type) => entries.next_value_seed(Value(field_type, self.search))?,
                None => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
            self.search.path.truncate(above);
        }
        Ok(())
    }
}

impl Part<'_> {
    /// The type of an entry of this part; none for one that is unknown, which is noted, or that nothing is known about.
    fn type_of(&mut self, name: &str) -> Option<&'static FieldType> {
        let fields = match &self.shape {
            Shape::Map(value) => return Some(value),
            Shape::List(_) => return None,
            Shape::Object(fields) => fields,
        };
        if let Some(field) = fields.iter().find(|field| field.name == name) {
            return Some(&field.field_type);
        }
        if self.search.unknown.len() < TOLD {
            self.search.unknown.push(Unknown {
                place: Place::Body,
                path: self.search.path.clone(),
                similar: similar(name, fields.iter().map(|field| field.name.as_str())),
            });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use sluice_wire::{Method, find_operations};

    use super::*;

    fn said(unknown: &[Unknown]) -> Vec<String> {
        unknown.iter().map(Unknown::to_string).collect()
    }

    fn create_job() -> Vec<&'static Operation> {
        find_operations(Method::Post, "/api/2.2/jobs/create").collect()
    }

    #[test]
    fn fields_are_found_at_every_depth_with_their_paths() {
        let document = br#"{"name": "j", "taks": [], "tags": {"any": "name"}, "tasks": [{"task_key": "a"},
            {"task_key": "b", "notebook_task": {"notebook_pth": "/n", "base_parameters": {"x": "y"}}, "flavour": {"deep": 1}}]}"#;
        assert_eq!(
            said(&in_body(&create_job(), document)),
            [
                "field `taks` (did you mean `tags`?)",
                "field `tasks[1].notebook_task.notebook_pth` (did you mean `notebook_path`?)",
                "field `tasks[1].flavour`",
            ]
        );
    }

    #[test]
    fn what_is_of_another_shape_or_no_json_is_left_to_the_handler() {
        for document in [
            &br#"{"tasks": {"task_key": 1}, "name": []}"#[..],
            b"[]",
            b"7",
            b"{",
            b"",
            b"null",
        ] {
            assert_eq!(in_body(&create_job(), document), []);
        }
    }

    #[test]
    fn parameters_are_found() {
        let list: Vec<_> = find_operations(Method::Get, "/api/2.2/jobs/list").collect();
        let query = [("limt", "1"), ("name", "x"), ("page_token", "y")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            said(&in_query(&list, &query)),
            ["query parameter `limt` (did you mean `limit`?)"]
        );
    }
}
