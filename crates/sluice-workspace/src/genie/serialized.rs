//! What a Genie space says: the text `serialized_space`, a JSON document of version 2.
//!
//! Its shape stands below as data and is walked once; every fault is reported, each with its place. The rules: fields are known ones, ids
//! are 32 lower-case hexadecimal digits and unique, lists are sorted by what identifies their entries, one block of text instructions, and
//! the limits of the product's documentation ("Validation rules for serialized_space" of the Genie API's page).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::error::ApiError;

const TEXT_LIMIT: usize = 25_000;
const LIST_LIMIT: usize = 10_000;
/// Tables and metric views together.
const TABLE_LIMIT: usize = 50;
/// Example queries, functions and the block of text together.
const INSTRUCTION_LIMIT: usize = 100;
const SNIPPET_LIMIT: usize = 200;
/// How many faults a message names.
const NAMED_FAULTS: usize = 20;

/// What a field holds.
enum Shape {
    Text,
    /// A list of texts.
    Texts,
    Flag,
    /// 32 hexadecimal digits, unique among the entries of its group.
    Id(Group),
    Message(Fields),
    List(Fields, Order),
}

/// Where ids must be unique.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Questions,
    Instructions,
}

/// How the entries of a list are sorted: by these required fields, without duplicates.
enum Order {
    By(&'static [&'static str]),
    AsGiven,
}

type Fields = &'static [(&'static str, Shape)];

const BY_ID: Order = Order::By(&["id"]);

const SPACE: Fields = &[
    (
        "config",
        Shape::Message(&[("sample_questions", Shape::List(QUESTION, BY_ID))]),
    ),
    (
        "data_sources",
        Shape::Message(&[
            ("tables", Shape::List(TABLE, Order::By(&["identifier"]))),
            ("metric_views", Shape::List(TABLE, Order::By(&["identifier"]))),
        ]),
    ),
    ("instructions", Shape::Message(INSTRUCTIONS)),
    (
        "benchmarks",
        Shape::Message(&[("questions", Shape::List(BENCHMARK, BY_ID))]),
    ),
];

const QUESTION: Fields = &[("id", Shape::Id(Group::Questions)), ("question", Shape::Texts)];

const BENCHMARK: Fields = &[
    ("id", Shape::Id(Group::Questions)),
    ("question", Shape::Texts),
    (
        "answer",
        Shape::List(&[("format", Shape::Text), ("content", Shape::Texts)], Order::AsGiven),
    ),
];

const TABLE: Fields = &[
    ("identifier", Shape::Text),
    ("description", Shape::Texts),
    ("column_configs", Shape::List(COLUMN, Order::By(&["column_name"]))),
];

const COLUMN: Fields = &[
    ("column_name", Shape::Text),
    ("description", Shape::Texts),
    ("synonyms", Shape::Texts),
    ("exclude", Shape::Flag),
    ("enable_entity_matching", Shape::Flag),
    ("enable_format_assistance", Shape::Flag),
];

const INSTRUCTIONS: Fields = &[
    (
        "text_instructions",
        Shape::List(
            &[("id", Shape::Id(Group::Instructions)), ("content", Shape::Texts)],
            BY_ID,
        ),
    ),
    (
        "example_question_sqls",
        Shape::List(
            &[
                ("id", Shape::Id(Group::Instructions)),
                ("question", Shape::Texts),
                ("sql", Shape::Texts),
                ("usage_guidance", Shape::Texts),
                ("parameters", Shape::List(PARAMETER, Order::AsGiven)),
            ],
            BY_ID,
        ),
    ),
    (
        "sql_functions",
        Shape::List(
            &[("id", Shape::Id(Group::Instructions)), ("identifier", Shape::Text)],
            Order::By(&["id", "identifier"]),
        ),
    ),
    (
        "join_specs",
        Shape::List(
            &[
                ("id", Shape::Id(Group::Instructions)),
                ("left", Shape::Message(JOINED)),
                ("right", Shape::Message(JOINED)),
                ("sql", Shape::Texts),
                ("comment", Shape::Texts),
                ("instruction", Shape::Texts),
            ],
            BY_ID,
        ),
    ),
    (
        "sql_snippets",
        Shape::Message(&[
            ("filters", Shape::List(SNIPPET, BY_ID)),
            ("expressions", Shape::List(SNIPPET, BY_ID)),
            ("measures", Shape::List(SNIPPET, BY_ID)),
        ]),
    ),
];

const PARAMETER: Fields = &[
    ("name", Shape::Text),
    ("type_hint", Shape::Text),
    ("description", Shape::Texts),
    ("default_value", Shape::Message(&[("values", Shape::Texts)])),
];

const JOINED: Fields = &[("identifier", Shape::Text), ("alias", Shape::Text)];

const SNIPPET: Fields = &[
    ("id", Shape::Id(Group::Instructions)),
    ("alias", Shape::Text),
    ("display_name", Shape::Text),
    ("sql", Shape::Texts),
    ("synonyms", Shape::Texts),
    ("comment", Shape::Texts),
    ("instruction", Shape::Texts),
];

/// Fields of version 1 that version 2 does not have, and what took their place.
const VERSION_1: [(&str, &str); 2] = [
    ("get_example_values", "enable_format_assistance"),
    ("build_value_dictionary", "enable_entity_matching"),
];

/// A space's document that holds to the rules.
pub(super) struct Serialized {
    /// The document on one line, its fields in the order in which they came.
    pub(super) text: String,
    pub(super) tables: Vec<Source>,
    pub(super) metric_views: Vec<Source>,
    pub(super) functions: Vec<Source>,
}

/// Something of Unity Catalog that a space names, and where it does.
pub(super) struct Source {
    pub(super) place: String,
    pub(super) identifier: String,
    /// Places and names of the columns.
    pub(super) columns: Vec<(String, String)>,
}

/// Reads a document.
///
/// # Errors
/// 400 with all faults and their places.
pub(super) fn read(text: &str) -> Result<Serialized, ApiError> {
    let document: Map<String, Value> = serde_json::from_str(text)
        .map_err(|error| ApiError::invalid(format!("serialized_space is not a JSON object: {error}")))?;
    let mut walk = Walk::default();
    match document.get("version") {
        Some(version) if version.as_u64() == Some(2) => {}
        Some(other) => walk.fault("version", format!("is {other}, the local workspace reads version 2")),
        None => walk.fault("version", "is required and must be 2"),
    }
    let rest = document.iter().filter(|(name, _)| *name != "version");
    walk.message("", rest, SPACE);
    check_limits(&document, &mut walk);
    walk.conclude()?;
    Ok(Serialized {
        text: serde_json::to_string(&document)?,
        tables: sources(&document, &["data_sources", "tables"]),
        metric_views: sources(&document, &["data_sources", "metric_views"]),
        functions: sources(&document, &["instructions", "sql_functions"]),
    })
}

#[derive(Default)]
struct Walk {
    faults: Vec<String>,
    ids: BTreeSet<(Group, String)>,
}

impl Walk {
    fn fault(&mut self, place: &str, what: impl AsRef<str>) {
        self.faults.push(format!("{place} {}", what.as_ref()));
    }

    fn message<'a>(&mut self, place: &str, given: impl Iterator<Item = (&'a String, &'a Value)>, fields: Fields) {
        for (name, value) in given {
            let place = if place.is_empty() {
                name.clone()
            } else {
                format!("{place}.{name}")
            };
            match fields.iter().find(|(known, _)| known == name) {
                Some((_, shape)) => self.value(&place, value, shape),
                None => match VERSION_1.iter().find(|(old, _)| old == name) {
                    Some((_, new)) => self.fault(&place, format!("is a field of version 1, version 2 has `{new}`")),
                    None => self.fault(&place, "is not a known field"),
                },
            }
        }
    }

    fn value(&mut self, place: &str, value: &Value, shape: &Shape) {
        match (shape, value) {
            (Shape::Text, Value::String(text)) => self.text(place, text),
            (Shape::Texts, Value::Array(items)) => {
                self.length(place, items.len());
                for (index, item) in items.iter().enumerate() {
                    self.value(&format!("{place}[{index}]"), item, &Shape::Text);
                }
            }
            (Shape::Flag, Value::Bool(_)) => {}
            (Shape::Id(group), Value::String(id)) => self.id(place, *group, id),
            (Shape::Message(fields), Value::Object(given)) => self.message(place, given.iter(), fields),
            (Shape::List(fields, order), Value::Array(items)) => self.list(place, items, fields, order),
            (Shape::Text | Shape::Id(_), _) => self.fault(place, "must be a text"),
            (Shape::Texts, _) => self.fault(place, "must be a list of texts"),
            (Shape::Flag, _) => self.fault(place, "must be `true` or `false`"),
            (Shape::Message(_), _) => self.fault(place, "must be an object"),
            (Shape::List(..), _) => self.fault(place, "must be a list of objects"),
        }
    }

    fn text(&mut self, place: &str, text: &str) {
        let length = text.chars().count();
        if length > TEXT_LIMIT {
            self.fault(place, format!("has {length} characters, more than {TEXT_LIMIT}"));
        }
    }

    fn length(&mut self, place: &str, length: usize) {
        if length > LIST_LIMIT {
            self.fault(place, format!("has {length} entries, more than {LIST_LIMIT}"));
        }
    }

    fn id(&mut self, place: &str, group: Group, id: &str) {
        let is_id = id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !is_id {
            self.fault(place, format!("must be 32 lower-case hexadecimal digits, it is `{id}`"));
        } else if !self.ids.insert((group, id.to_owned())) {
            self.fault(place, format!("is not unique: `{id}`"));
        }
    }

    fn list(&mut self, place: &str, items: &[Value], fields: Fields, order: &Order) {
        self.length(place, items.len());
        let mut keys = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let place = format!("{place}[{index}]");
            self.value(&place, item, &Shape::Message(fields));
            let Order::By(by) = order else { continue };
            let missing = by
                .iter()
                .find(|name| item.get(name).and_then(Value::as_str).is_none_or(str::is_empty));
            match missing {
                Some(name) => self.fault(&format!("{place}.{name}"), "is required"),
                None => keys.push(key(item, by)),
            }
        }
        let Order::By(by) = order else { return };
        for pair in keys.windows(2) {
            if pair[0] > pair[1] {
                let (name, shown) = (by.join(", "), pair[1].join(", "));
                self.fault(place, format!("must be sorted by {name}: `{shown}` comes too late"));
            } else if pair[0] == pair[1] && by[0] != "id" {
                self.fault(place, format!("names `{}` twice", pair[1].join(", ")));
            }
        }
    }

    fn conclude(self) -> Result<(), ApiError> {
        let count = self.faults.len();
        if count == 0 {
            return Ok(());
        }
        let named: Vec<_> = self.faults.into_iter().take(NAMED_FAULTS).collect();
        let more = match count.checked_sub(named.len()) {
            None | Some(0) => String::new(),
            Some(more) => format!("; and {more} more"),
        };
        Err(ApiError::invalid(format!(
            "Invalid serialized_space: {}{more}",
            named.join("; ")
        )))
    }
}

fn key<'a>(item: &'a Value, by: &[&str]) -> Vec<&'a str> {
    by.iter()
        .filter_map(|name| item.get(name).and_then(Value::as_str))
        .collect()
}

fn check_limits(document: &Map<String, Value>, walk: &mut Walk) {
    let count = |path: &[&str]| entries(document, path).len();
    let texts = count(&["instructions", "text_instructions"]);
    if texts > 1 {
        walk.fault(
            "instructions.text_instructions",
            format!("has {texts} entries, a space has at most one: put all text into its `content`"),
        );
    }
    let limits = [
        (
            "data_sources",
            "tables and metric views",
            count(&["data_sources", "tables"]) + count(&["data_sources", "metric_views"]),
            TABLE_LIMIT,
        ),
        (
            "instructions",
            "instructions",
            texts.min(1)
                + count(&["instructions", "example_question_sqls"])
                + count(&["instructions", "sql_functions"]),
            INSTRUCTION_LIMIT,
        ),
        (
            "instructions.sql_snippets",
            "snippets",
            ["filters", "expressions", "measures"]
                .iter()
                .map(|kind| count(&["instructions", "sql_snippets", kind]))
                .sum(),
            SNIPPET_LIMIT,
        ),
    ];
    for (place, what, number, limit) in limits {
        if number > limit {
            walk.fault(place, format!("has {number} {what}, more than {limit}"));
        }
    }
}

/// The entries of the list at a path; none when it is not there.
fn entries<'a>(document: &'a Map<String, Value>, path: &[&str]) -> &'a [Value] {
    let found = path.split_first().and_then(|(first, rest)| {
        rest.iter()
            .try_fold(document.get(*first)?, |value, name| value.get(*name))
    });
    found.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn sources(document: &Map<String, Value>, path: &[&str]) -> Vec<Source> {
    let place = path.join(".");
    let source = |(index, entry): (usize, &Value)| {
        let place = format!("{place}[{index}]");
        let columns = entry.get("column_configs").and_then(Value::as_array);
        let columns = columns.into_iter().flatten().enumerate();
        Some(Source {
            identifier: entry.get("identifier")?.as_str()?.to_owned(),
            columns: columns
                .filter_map(|(number, column)| {
                    let name = column.get("column_name")?.as_str()?;
                    Some((format!("{place}.column_configs[{number}]"), name.to_owned()))
                })
                .collect(),
            place,
        })
    };
    entries(document, path).iter().enumerate().filter_map(source).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "00000000000000000000000000000001";
    const TWO: &str = "00000000000000000000000000000002";

    fn faults(text: &str) -> String {
        match read(text) {
            Ok(_) => String::new(),
            Err(error) => {
                assert_eq!(error.status.as_u16(), 400);
                error.message
            }
        }
    }

    #[test]
    fn a_whole_document_is_kept_as_it_came() {
        let text = format!(
            r#"{{"version":2,"config":{{"sample_questions":[{{"id":"{ONE}","question":["a?"]}}]}},"data_sources":{{"tables":[{{"identifier":"c.s.t","column_configs":[{{"column_name":"x","synonyms":["y"],"exclude":false}}]}}]}},"instructions":{{"text_instructions":[{{"id":"{ONE}","content":["b"]}}],"sql_snippets":{{"measures":[{{"id":"{TWO}","alias":"m","sql":["sum(x)"]}}]}}}},"benchmarks":{{"questions":[{{"id":"{TWO}","question":["a?"],"answer":[{{"format":"SQL","content":["select 1"]}}]}}]}}}}"#
        );
        let read = read(&text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read.text, text);
        assert_eq!(read.tables[0].identifier, "c.s.t");
        assert_eq!(
            read.tables[0].columns,
            [("data_sources.tables[0].column_configs[0]".to_owned(), "x".to_owned())]
        );
    }

    #[test]
    fn every_rule_is_reported_with_its_place_and_all_faults_at_once() {
        let wrong = [
            (r#"{"version":1}"#.to_owned(), "version is 1"),
            ("{}".to_owned(), "version is required"),
            (r#"{"version":2,"joins":[]}"#.to_owned(), "joins is not a known field"),
            (
                r#"{"version":2,"data_sources":{"tables":[{"identifier":"c.s.t","column_configs":[{"column_name":"x","get_example_values":true}]}]}}"#.to_owned(),
                "data_sources.tables[0].column_configs[0].get_example_values is a field of version 1, version 2 has `enable_format_assistance`",
            ),
            (
                r#"{"version":2,"config":{"sample_questions":[{"id":"ABC","question":"a?"}]}}"#.to_owned(),
                "config.sample_questions[0].id must be 32 lower-case hexadecimal digits, it is `ABC`; config.sample_questions[0].question must be a list of texts",
            ),
            (
                format!(r#"{{"version":2,"config":{{"sample_questions":[{{"id":"{TWO}"}},{{"id":"{ONE}"}}]}}}}"#),
                "config.sample_questions must be sorted by id",
            ),
            (
                format!(r#"{{"version":2,"config":{{"sample_questions":[{{"id":"{ONE}"}}]}},"benchmarks":{{"questions":[{{"id":"{ONE}"}}]}}}}"#),
                "benchmarks.questions[0].id is not unique",
            ),
            (
                r#"{"version":2,"data_sources":{"tables":[{"identifier":"c.s.t"},{"identifier":"c.s.t"}]}}"#.to_owned(),
                "data_sources.tables names `c.s.t` twice",
            ),
            (
                r#"{"version":2,"data_sources":{"tables":[{"identifier":"c.s.u"},{"identifier":"c.s.t"},{}]}}"#.to_owned(),
                "data_sources.tables[2].identifier is required; data_sources.tables must be sorted by identifier: `c.s.t` comes too late",
            ),
            (
                format!(r#"{{"version":2,"instructions":{{"text_instructions":[{{"id":"{ONE}"}},{{"id":"{TWO}"}}]}}}}"#),
                "a space has at most one",
            ),
            ("[]".to_owned(), "serialized_space is not a JSON object"),
            ("{".to_owned(), "serialized_space is not a JSON object"),
        ];
        for (text, expected) in wrong {
            let message = faults(&text);
            assert!(message.contains(expected), "{text}\n{message}");
        }
    }

    #[test]
    fn limits_count_what_they_name() {
        let many = |count: usize, entry: &dyn Fn(usize) -> String| (0..count).map(entry).collect::<Vec<_>>().join(",");
        let tables = |count| {
            let tables = many(count, &|number| format!(r#"{{"identifier":"c.s.t{number:04}"}}"#));
            format!(r#"{{"version":2,"data_sources":{{"tables":[{tables}]}}}}"#)
        };
        assert_eq!(faults(&tables(TABLE_LIMIT)), "");
        assert!(faults(&tables(TABLE_LIMIT + 1)).contains("data_sources has 51 tables and metric views, more than 50"));
        let examples = |count| {
            let examples = many(count, &|number| format!(r#"{{"id":"{number:032x}"}}"#));
            format!(r#"{{"version":2,"instructions":{{"example_question_sqls":[{examples}]}}}}"#)
        };
        assert_eq!(faults(&examples(INSTRUCTION_LIMIT)), "");
        assert!(faults(&examples(INSTRUCTION_LIMIT + 1)).contains("instructions has 101 instructions, more than 100"));
        let long = format!(
            r#"{{"version":2,"config":{{"sample_questions":[{{"id":"{ONE}","question":["{}"]}}]}}}}"#,
            "x".repeat(TEXT_LIMIT + 1)
        );
        assert!(faults(&long).contains("question[0] has 25001 characters"));
        let broken = many(30, &|_| "{}".to_owned());
        let message = faults(&format!(r#"{{"version":2,"data_sources":{{"tables":[{broken}]}}}}"#));
        assert!(message.ends_with("; and 10 more"), "{message}");
    }
}
