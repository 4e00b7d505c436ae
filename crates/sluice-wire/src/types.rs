//! The classes and enumerations of the REST API, as data: which fields a body may have and of what type.
//!
//! Does not check a body; `sluice-bundle` and `sluice-workspace` do. The data is `generated/types.txt`, parsed at the first use: `class NAME`
//! or `body OPERATION` and one line `  FIELD TYPE` per field (`FIELD!` when required), `enum NAME VALUE …`; types are `s i f b ?`, `[T]`, `{T}`,
//! `enum:NAME`, `NAME`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Float,
    /// `true` or `false`.
    Bool,
    /// One of the values of an enumeration, by its name, such as `jobs.RunIf`.
    Enum(String),
    /// An object of a class, by its name, such as `jobs.Task`.
    Object(String),
    /// A list.
    List(Box<FieldType>),
    /// Texts to values.
    Map(Box<FieldType>),
    /// Anything.
    Any,
}

/// One field of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name in JSON.
    pub name: String,
    /// Type.
    pub field_type: FieldType,
    /// Whether it must be given.
    pub required: bool,
}

/// The fields of a class such as `jobs.JobSettings`; none when there is no such class.
#[must_use]
pub fn class(name: &str) -> Option<&'static [Field]> {
    types().classes.get(name).map(Vec::as_slice)
}

/// The fields of the body of an operation such as `jobs.JobsAPI.create`; none when no body of it is known.
#[must_use]
pub fn body(operation: &str) -> Option<&'static [Field]> {
    types().bodies.get(operation).map(Vec::as_slice)
}

/// The values of an enumeration such as `jobs.RunIf`; none when there is no such enumeration.
#[must_use]
pub fn enumeration(name: &str) -> Option<&'static [String]> {
    types().enumerations.get(name).map(Vec::as_slice)
}

#[derive(Default)]
struct Types {
    classes: BTreeMap<&'static str, Vec<Field>>,
    bodies: BTreeMap<&'static str, Vec<Field>>,
    enumerations: BTreeMap<&'static str, Vec<String>>,
}

fn types() -> &'static Types {
    static TYPES: OnceLock<Types> = OnceLock::new();
    TYPES.get_or_init(|| parse(include_str!("generated/types.txt")))
}

/// Reads the compact form. The file is generated and a test reads it whole, so that a line that does not fit is a bug.
fn parse(text: &'static str) -> Types {
    let mut types = Types::default();
    let mut fields = &mut Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(field) = line.strip_prefix("  ") {
            fields.push(parse_field(field));
        } else if let Some(name) = line.strip_prefix("class ") {
            fields = types.classes.entry(name).or_default();
        } else if let Some(operation) = line.strip_prefix("body ") {
            fields = types.bodies.entry(operation).or_default();
        } else if let Some(enumeration) = line.strip_prefix("enum ") {
            let mut words = enumeration.split(' ');
            let name = words.next().expect("invariant: split yields one word at least");
            types
                .enumerations
                .insert(name, words.filter(|word| !word.is_empty()).map(str::to_owned).collect());
        }
    }
    types
}

fn parse_field(line: &str) -> Field {
    let (name, field_type) = line
        .split_once(' ')
        .expect("invariant: the generator writes name and type");
    Field {
        name: name.trim_end_matches('!').to_owned(),
        field_type: parse_type(field_type),
        required: name.ends_with('!'),
    }
}

fn parse_type(text: &str) -> FieldType {
    let inside = |open, close| text.strip_prefix(open).and_then(|rest: &str| rest.strip_suffix(close));
    match text {
        "s" => FieldType::String,
        "i" => FieldType::Integer,
        "f" => FieldType::Float,
        "b" => FieldType::Bool,
        "?" => FieldType::Any,
        _ => {
            if let Some(item) = inside('[', ']') {
                FieldType::List(Box::new(parse_type(item)))
            } else if let Some(value) = inside('{', '}') {
                FieldType::Map(Box::new(parse_type(value)))
            } else if let Some(name) = text.strip_prefix("enum:") {
                FieldType::Enum(name.to_owned())
            } else {
                FieldType::Object(text.to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(class_name: &str, name: &str) -> Field {
        let fields = class(class_name).expect(class_name);
        fields.iter().find(|field| field.name == name).expect(name).clone()
    }

    #[test]
    fn fields_have_their_types() {
        let list = |item: &str| FieldType::List(Box::new(FieldType::Object(item.to_owned())));
        assert_eq!(field("jobs.JobSettings", "tasks").field_type, list("jobs.Task"));
        assert_eq!(
            field("jobs.JobSettings", "tags").field_type,
            FieldType::Map(Box::new(FieldType::String))
        );
        assert_eq!(
            field("jobs.JobSettings", "timeout_seconds").field_type,
            FieldType::Integer
        );
        assert_eq!(
            field("jobs.Task", "run_if").field_type,
            FieldType::Enum("jobs.RunIf".to_owned())
        );
        assert_eq!(
            field("jobs.Task", "notebook_task").field_type,
            FieldType::Object("jobs.NotebookTask".to_owned())
        );
    }

    #[test]
    fn required_fields_are_marked() {
        assert!(field("jobs.Task", "task_key").required);
        assert!(field("jobs.NotebookTask", "notebook_path").required);
        assert!(!field("jobs.Task", "run_if").required);
    }

    #[test]
    fn names_are_those_of_json_and_not_of_python() {
        assert_eq!(field("iam.User", "displayName").field_type, FieldType::String);
        assert!(
            !class("iam.User")
                .expect("iam.User")
                .iter()
                .any(|field| field.name == "display_name")
        );
    }

    #[test]
    fn bodies_have_the_fields_of_their_operation_and_their_types() {
        for operation in crate::operations()
            .iter()
            .filter(|operation| !operation.body.is_empty())
        {
            let fields = body(operation.id).unwrap_or_default();
            let mut names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            names.sort_unstable();
            assert_eq!(names, operation.body, "{}", operation.id);
        }
        let create = body("jobs.JobsAPI.create").expect("jobs.create");
        let tasks = create.iter().find(|field| field.name == "tasks").expect("tasks");
        assert_eq!(
            tasks.field_type,
            FieldType::List(Box::new(FieldType::Object("jobs.Task".to_owned())))
        );
        assert_eq!(body("jobs.JobsAPI.list"), None);
    }

    #[test]
    fn enumerations_have_their_values() {
        let values = enumeration("jobs.RunIf").expect("jobs.RunIf");
        assert!(
            values.contains(&"ALL_SUCCESS".to_owned()) && values.contains(&"AT_LEAST_ONE_FAILED".to_owned()),
            "{values:?}"
        );
        assert_eq!(enumeration("jobs.NoSuch"), None);
        assert_eq!(class("jobs.NoSuch"), None);
    }

    #[test]
    fn every_named_type_exists() {
        fn check(owner: &str, field_type: &FieldType) {
            match field_type {
                FieldType::Object(name) => assert!(class(name).is_some(), "{owner}: no class {name}"),
                FieldType::Enum(name) => assert!(enumeration(name).is_some(), "{owner}: no enumeration {name}"),
                FieldType::List(inner) | FieldType::Map(inner) => check(owner, inner),
                FieldType::String | FieldType::Integer | FieldType::Float | FieldType::Bool | FieldType::Any => {}
            }
        }
        for (name, fields) in types().classes.iter().chain(&types().bodies) {
            for field in fields {
                check(name, &field.field_type);
            }
        }
        assert!(types().classes.len() > 2000, "{}", types().classes.len());
    }
}
