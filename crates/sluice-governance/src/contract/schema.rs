//! The tables and columns that a contract promises.

use std::fmt;

use indexmap::IndexMap;
use sluice_model::Tree;

use super::annotation::Annotations;
use super::conformity::whole;
use super::context::Context;
use super::entry::{Entry, Located, Place};
use super::quality::QualityRule;

/// What schema objects and properties have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Where it stands.
    pub place: Place,
    /// Id that survives a change of the name.
    pub id: Option<Located<String>>,
    /// Name; empty for the items of an array, and for the key and the value of a map.
    pub name: Located<String>,
    /// Name in the platform, when it is another one.
    pub physical_name: Option<Located<String>>,
    /// Type in the platform, such as `bigint`, or `table`.
    pub physical_type: Option<Located<String>>,
    /// Name for people.
    pub business_name: Option<Located<String>>,
    /// What it is.
    pub description: Option<Located<String>>,
    /// Whether it should not be used any more.
    pub deprecated: Option<Located<bool>>,
    /// Other words for it.
    pub synonyms: Vec<Synonym>,
    /// Quality rules that hang on it.
    pub quality: Vec<QualityRule>,
    /// Tags, definitions, custom properties.
    pub annotations: Annotations,
}

/// Another word for something.
#[derive(Clone, Debug, PartialEq)]
pub struct Synonym {
    /// Where it stands.
    pub place: Place,
    /// The word.
    pub synonym: Located<String>,
    /// Its language.
    pub locale: Option<Located<String>>,
}

/// A table, view, file or other object with properties.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaObject {
    /// Names, description, annotations.
    pub element: Element,
    /// What one row is.
    pub granularity: Option<Located<String>>,
    /// Its columns.
    pub properties: Vec<Property>,
    /// Keys of other objects that several columns hold.
    pub relationships: Vec<Relationship>,
    /// What a language model should know.
    pub context: Option<Context>,
}

/// A column, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Names, description, annotations.
    pub element: Element,
    /// Type in the words of the standard.
    pub logical_type: Option<Located<LogicalType>>,
    /// Limits of the logical type by name, such as `maxLength`.
    pub options: IndexMap<String, Located<Tree>>,
    /// Whether each row has a value.
    pub required: Option<Located<bool>>,
    /// Whether no two rows have the same value.
    pub unique: Option<Located<bool>>,
    /// Whether it belongs to the primary key.
    pub primary_key: Option<Located<bool>>,
    /// Its position in the primary key, from 1.
    pub primary_key_position: Option<Located<i64>>,
    /// Whether the table is partitioned by it.
    pub partitioned: Option<Located<bool>>,
    /// Its position among the partition columns, from 1.
    pub partition_key_position: Option<Located<i64>>,
    /// Who may know it, in the words of the platform's policy.
    pub classification: Option<Located<String>>,
    /// Whether it is one of the data elements that business depends on.
    pub critical_data_element: Option<Located<bool>>,
    /// Name of the column that holds it encrypted.
    pub encrypted_name: Option<Located<String>>,
    /// Role in analysis: `column`, `measure` or `dimension`.
    pub semantic_type: Option<Located<String>>,
    /// How it is computed.
    pub transform_logic: Option<Located<String>>,
    /// How it is computed, for people.
    pub transform_description: Option<Located<String>>,
    /// What it is computed from.
    pub transform_source_objects: Vec<Located<String>>,
    /// Examples of values.
    pub examples: Vec<Located<Tree>>,
    /// All values that it may have; empty when there is no such list.
    pub allowed_values: Vec<EnumValue>,
    /// Keys of other objects that it holds.
    pub relationships: Vec<Relationship>,
    /// Its parts, when it is an object.
    pub properties: Vec<Property>,
    /// What its items are, when it is an array.
    pub items: Option<Box<Property>>,
    /// Key and value, when it is a map.
    pub map: Option<Box<(Property, Property)>>,
}

/// One value that a property may have.
#[derive(Clone, Debug, PartialEq)]
pub struct EnumValue {
    /// Where it stands.
    pub place: Place,
    /// Id that survives a change of the value.
    pub id: Option<Located<String>>,
    /// The value.
    pub value: Located<Tree>,
    /// What people call it.
    pub label: Option<Located<String>>,
    /// What it means.
    pub description: Option<Located<String>>,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq)]
pub struct Relationship {
    /// Where it stands.
    pub place: Place,
    /// Id.
    pub id: Option<Located<String>>,
    /// Columns that hold the key; empty when it hangs on the property that holds it.
    pub from: Vec<Located<String>>,
    /// Columns that the key is of, in the same order.
    pub to: Vec<Located<String>>,
}

/// Types of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the word of the standard")]
pub enum LogicalType {
    String,
    Date,
    Timestamp,
    Time,
    Number,
    Integer,
    Object,
    Array,
    Boolean,
    Map,
    Vector,
}

impl LogicalType {
    const ALL: [Self; 11] = [
        Self::String,
        Self::Date,
        Self::Timestamp,
        Self::Time,
        Self::Number,
        Self::Integer,
        Self::Object,
        Self::Array,
        Self::Boolean,
        Self::Map,
        Self::Vector,
    ];

    /// The word of the standard.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Time => "time",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Object => "object",
            Self::Array => "array",
            Self::Boolean => "boolean",
            Self::Map => "map",
            Self::Vector => "vector",
        }
    }
}

impl fmt::Display for LogicalType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Element {
    fn read(entry: &Entry<'_>) -> Self {
        Self {
            place: entry.place(),
            id: entry.text("id"),
            name: entry.required("name"),
            physical_name: entry.text("physicalName"),
            physical_type: entry.text("physicalType"),
            business_name: entry.text("businessName"),
            description: entry.text("description"),
            deprecated: entry.flag("deprecated"),
            synonyms: entry.list("synonyms", |item| Synonym {
                place: item.place(),
                synonym: item.required("synonym"),
                locale: item.text("locale"),
            }),
            quality: entry.list("quality", QualityRule::read),
            annotations: Annotations::read(entry),
        }
    }

    /// The name in the platform.
    #[must_use]
    pub fn physical_name(&self) -> &Located<String> {
        self.physical_name.as_ref().unwrap_or(&self.name)
    }
}

impl SchemaObject {
    pub(super) fn read(entry: &Entry<'_>) -> Self {
        Self {
            element: Element::read(entry),
            granularity: entry.text("dataGranularityDescription"),
            properties: entry.list("properties", Property::read),
            relationships: entry.list("relationships", Relationship::read),
            context: entry.field("context").map(|context| Context::read(&context)),
        }
    }

    /// The columns of the primary key, in its order.
    #[must_use]
    pub fn primary_key(&self) -> Vec<&Property> {
        let is_key = |property: &&Property| property.primary_key.as_ref().is_some_and(|key| key.value);
        let mut columns: Vec<&Property> = self.properties.iter().filter(is_key).collect();
        // A position of -1 means none; those without one follow, in the order of the file.
        let position = |property: &&Property| match &property.primary_key_position {
            Some(position) if position.value >= 0 => position.value,
            Some(_) | None => i64::MAX,
        };
        columns.sort_by_key(position);
        columns
    }

    /// A column by its name in the platform.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Property> {
        self.properties
            .iter()
            .find(|property| property.element.physical_name().value.eq_ignore_ascii_case(name))
    }
}

impl Property {
    fn read(entry: &Entry<'_>) -> Self {
        let integer = |key: &str| {
            let field = entry.field(key)?;
            Some(field.located(whole(field.tree)?))
        };
        Self {
            element: Element::read(entry),
            logical_type: logical_type(entry),
            options: options(entry),
            required: entry.flag("required"),
            unique: entry.flag("unique"),
            primary_key: entry.flag("primaryKey"),
            primary_key_position: integer("primaryKeyPosition"),
            partitioned: entry.flag("partitioned"),
            partition_key_position: integer("partitionKeyPosition"),
            classification: entry.text("classification"),
            critical_data_element: entry.flag("criticalDataElement"),
            encrypted_name: entry.text("encryptedName"),
            semantic_type: entry.text("semanticType"),
            transform_logic: entry.text("transformLogic"),
            transform_description: entry.text("transformDescription"),
            transform_source_objects: entry.texts("transformSourceObjects"),
            examples: entry.list("examples", |item| item.located(item.tree.clone())),
            allowed_values: entry.list("enum", EnumValue::read),
            relationships: entry.list("relationships", Relationship::read),
            properties: entry.list("properties", Self::read),
            items: entry.field("items").map(|items| Box::new(Self::read(&items))),
            map: entry.field("map").and_then(|map| {
                let (key, value) = (map.field("key")?, map.field("value")?);
                Some(Box::new((Self::read(&key), Self::read(&value))))
            }),
        }
    }
}

impl Property {
    /// This and every property inside it.
    pub(super) fn with_parts<'this>(&'this self, all: &mut Vec<&'this Self>) {
        all.push(self);
        let pair = self.map.as_deref().map(|(key, value)| [key, value]);
        let parts = self.properties.iter().chain(self.items.as_deref());
        for part in parts.chain(pair.into_iter().flatten()) {
            part.with_parts(all);
        }
    }
}

fn logical_type(entry: &Entry<'_>) -> Option<Located<LogicalType>> {
    let text = entry.text("logicalType")?;
    let found = LogicalType::ALL
        .into_iter()
        .find(|known| known.as_str() == text.value)?;
    Some(Located {
        value: found,
        place: text.place,
    })
}

fn options(entry: &Entry<'_>) -> IndexMap<String, Located<Tree>> {
    let Some(options) = entry.field("logicalTypeOptions") else {
        return IndexMap::new();
    };
    let keys = options
        .tree
        .as_mapping()
        .map(|fields| fields.keys())
        .into_iter()
        .flatten();
    keys.filter_map(|key| Some((key.clone(), options.any(key)?))).collect()
}

impl EnumValue {
    fn read(entry: &Entry<'_>) -> Self {
        Self {
            place: entry.place(),
            id: entry.text("id"),
            value: entry.any("value").unwrap_or_else(|| entry.located(Tree::default())),
            label: entry.text("label"),
            description: entry.text("description"),
        }
    }
}

impl Relationship {
    fn read(entry: &Entry<'_>) -> Self {
        let ends = |key: &str| match entry.text(key) {
            Some(one) => vec![one],
            None => entry.texts(key),
        };
        Self {
            place: entry.place(),
            id: entry.text("id"),
            from: ends("from"),
            to: ends("to"),
        }
    }
}
