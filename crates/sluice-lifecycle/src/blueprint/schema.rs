//! `databricks_template_schema.json`: the questions of a template, as the public documentation of bundle templates describes it.

use regex::Regex;
use serde::Serialize;
use sluice_governance::document::{Object, Reader, Value};
use sluice_model::Tree;

/// The type of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PropertyType {
    /// A text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
}

impl PropertyType {
    /// What people call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "a text",
            Self::Boolean => "`true` or `false`",
            Self::Integer => "a whole number",
            Self::Number => "a number",
        }
    }

    /// Whether a value is of this type.
    #[must_use]
    pub fn admits(self, value: &Tree) -> bool {
        match self {
            Self::String => value.as_str().is_some(),
            Self::Boolean => value.as_bool().is_some(),
            Self::Integer => value.as_integer().is_some(),
            Self::Number => value.as_integer().is_some() || value.kind_name() == "number",
        }
    }

    /// A value of this type from the command line.
    #[must_use]
    pub fn parse(self, text: &str) -> Option<Tree> {
        match self {
            Self::String => Some(text.into()),
            Self::Boolean => text.parse::<bool>().ok().map(Tree::from),
            Self::Integer => text.parse::<i64>().ok().map(Tree::from),
            Self::Number => text
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .map(|number| sluice_model::Node::Float(number).into()),
        }
    }
}

/// One question.
#[derive(Clone, Debug)]
pub struct Property {
    /// Name of the answer in templates.
    pub name: String,
    /// Type.
    pub kind: PropertyType,
    /// The answer when none is given; a text may be a template over the answers before it.
    pub default: Option<Tree>,
    /// The question, for people; may be a template.
    pub description: Option<String>,
    /// The only answers allowed; empty for any.
    pub allowed: Vec<Tree>,
    /// What a text must match.
    pub pattern: Option<Regex>,
    /// What to say when it does not.
    pub pattern_message: Option<String>,
    /// Answers that make this question pointless: the default is taken then.
    pub skip_if: Option<Vec<(String, Tree)>>,
}

/// The questions of a template, in the order in which they are asked.
#[derive(Clone, Debug)]
pub struct TemplateSchema {
    /// Questions.
    pub properties: Vec<Property>,
    /// What to say first; a template.
    pub welcome_message: Option<String>,
    /// What to say at the end; a template.
    pub success_message: Option<String>,
    /// Where `template/` and `library/` are, relative to the schema.
    pub template_directory: Option<String>,
}

const KEYS: &[&str] = &[
    "properties",
    "welcome_message",
    "success_message",
    "min_databricks_cli_version",
    "version",
    "template_dir",
];
const PROPERTY_KEYS: &[&str] = &[
    "type",
    "default",
    "description",
    "enum",
    "order",
    "pattern",
    "pattern_match_failure_message",
    "skip_prompt_if",
];

impl TemplateSchema {
    /// Reads a schema; what is wrong goes to the reader.
    pub fn read(reader: &mut Reader, tree: &Tree) -> Option<Self> {
        let object = reader.document(tree, KEYS)?;
        if let Some(version) = object.get("version")
            && version.tree.as_integer() != Some(1)
        {
            reader.error(
                &version,
                "this version of template schemas is not known",
                Some("use `1`".to_owned()),
            );
        }
        let mut properties: Vec<(i64, Property)> = reader
            .map(&object, "properties")
            .into_iter()
            .filter_map(|(name, value)| property(reader, name, &value))
            .collect();
        properties.sort_by(|one, two| (one.0, &one.1.name).cmp(&(two.0, &two.1.name)));
        Some(Self {
            properties: properties.into_iter().map(|(_, property)| property).collect(),
            welcome_message: reader.optional_text(&object, "welcome_message"),
            success_message: reader.optional_text(&object, "success_message"),
            template_directory: reader.optional_text(&object, "template_dir"),
        })
    }

    /// Questions without a default that these answers leave open.
    #[must_use]
    pub fn unanswered(&self, given: &[(String, String)]) -> Vec<String> {
        self.properties
            .iter()
            .filter(|property| property.default.is_none() && given.iter().all(|(name, _)| *name != property.name))
            .map(|property| property.name.clone())
            .collect()
    }
}

fn property(reader: &mut Reader, name: String, value: &Value<'_>) -> Option<(i64, Property)> {
    let fields = reader.object(value, PROPERTY_KEYS)?;
    let kind = reader.required(&fields, "type").and_then(|value| {
        let words = [
            ("string", PropertyType::String),
            ("boolean", PropertyType::Boolean),
            ("integer", PropertyType::Integer),
            ("number", PropertyType::Number),
        ];
        reader.word(&value, &words)
    })?;
    let default = fields.get("default").and_then(|value| typed(reader, kind, &value));
    let allowed = reader
        .list(&fields, "enum")
        .iter()
        .filter_map(|value| typed(reader, kind, value))
        .collect();
    let order = match fields.get("order") {
        None => i64::MAX,
        Some(value) => value.tree.as_integer().unwrap_or_else(|| {
            reader.wrong_type(&value, "a whole number");
            i64::MAX
        }),
    };
    let pattern = pattern(reader, &fields);
    let skip_if = fields.get("skip_prompt_if").map(|value| skip_condition(reader, &value));
    let property = Property {
        name,
        kind,
        default,
        description: reader.optional_text(&fields, "description"),
        allowed,
        pattern,
        pattern_message: reader.optional_text(&fields, "pattern_match_failure_message"),
        skip_if,
    };
    Some((order, property))
}

fn typed(reader: &mut Reader, kind: PropertyType, value: &Value<'_>) -> Option<Tree> {
    // A default of a number or a truth value may be written as a text, as the official command line also takes it.
    let converted = match value.tree.as_str() {
        Some(text) if kind != PropertyType::String => kind.parse(text),
        _ => Some(value.tree.clone()),
    };
    let found = converted.filter(|tree| kind.admits(tree));
    if found.is_none() {
        reader.wrong_type(value, kind.as_str());
    }
    found
}

fn pattern(reader: &mut Reader, fields: &Object<'_>) -> Option<Regex> {
    let value = fields.get("pattern")?;
    let text = reader.text(&value)?;
    match Regex::new(&text) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            reader.error(&value, format!("`{text}` is not a regular expression: {error}"), None);
            None
        }
    }
}

/// `{properties: {name: {const: value}}}`: all of them must hold.
fn skip_condition(reader: &mut Reader, value: &Value<'_>) -> Vec<(String, Tree)> {
    let Some(fields) = reader.object(value, &["properties"]) else {
        return Vec::new();
    };
    let mut conditions = Vec::new();
    for (name, condition) in reader.map(&fields, "properties") {
        if let Some(condition) = reader.object(&condition, &["const"])
            && let Some(constant) = reader.required(&condition, "const")
        {
            conditions.push((name, constant.tree.clone()));
        }
    }
    conditions
}
