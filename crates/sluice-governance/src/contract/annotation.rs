//! What ODCS lets people hang onto nearly everything: definitions elsewhere, and properties of their own.

use sluice_model::Tree;

use super::entry::{Entry, Located, Place};

/// The `vendor` of custom properties that are ours.
pub const VENDOR: &str = "sluice";

/// Begins the url of a link to a term of the platform's glossary: `glossary://domain/term`.
pub const GLOSSARY_SCHEME: &str = "glossary://";

/// A link to where something is defined.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthoritativeDefinition {
    /// Where it stands.
    pub place: Place,
    /// Id, unique in its list.
    pub id: Option<Located<String>>,
    /// The link.
    pub url: Located<String>,
    /// Kind of definition, such as `businessDefinition`.
    pub kind: Located<String>,
    /// More about it.
    pub description: Option<Located<String>>,
}

/// A property that the standard does not have.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomProperty {
    /// Where it stands.
    pub place: Place,
    /// Id, unique in its list.
    pub id: Option<Located<String>>,
    /// Its name.
    pub property: Located<String>,
    /// Its value, of any type.
    pub value: Located<Tree>,
    /// Whose it is.
    pub vendor: Option<Located<String>>,
    /// What it means.
    pub description: Option<Located<String>>,
}

/// Tags, definitions and custom properties of one object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotations {
    /// Tags: a key, or `key=value`.
    pub tags: Vec<Located<String>>,
    /// Where it is defined.
    pub authoritative_definitions: Vec<AuthoritativeDefinition>,
    /// Properties that the standard does not have.
    pub custom_properties: Vec<CustomProperty>,
}

impl Annotations {
    pub(super) fn read(entry: &Entry<'_>) -> Self {
        Self {
            tags: entry.texts("tags"),
            authoritative_definitions: entry.list("authoritativeDefinitions", AuthoritativeDefinition::read),
            custom_properties: entry.list("customProperties", CustomProperty::read),
        }
    }

    /// The value of a custom property of a vendor.
    #[must_use]
    pub fn custom(&self, vendor: &str, property: &str) -> Option<&Located<Tree>> {
        let is_it = |one: &&CustomProperty| {
            one.vendor.as_ref().is_some_and(|found| found.value == vendor) && one.property.value == property
        };
        self.custom_properties.iter().find(is_it).map(|found| &found.value)
    }

    /// The glossary terms that this is linked to, as `domain/term`.
    pub fn terms(&self) -> impl Iterator<Item = Located<&str>> {
        self.authoritative_definitions.iter().filter_map(|definition| {
            let term = definition.url.value.strip_prefix(GLOSSARY_SCHEME)?;
            Some(Located {
                value: term,
                place: definition.url.place.clone(),
            })
        })
    }
}

impl AuthoritativeDefinition {
    fn read(entry: &Entry<'_>) -> Self {
        Self {
            place: entry.place(),
            id: entry.text("id"),
            url: entry.required("url"),
            kind: entry.required("type"),
            description: entry.text("description"),
        }
    }
}

impl CustomProperty {
    fn read(entry: &Entry<'_>) -> Self {
        Self {
            place: entry.place(),
            id: entry.text("id"),
            property: entry.required("property"),
            value: entry.any("value").unwrap_or_else(|| entry.located(Tree::default())),
            vendor: entry.text("vendor"),
            description: entry.text("description"),
        }
    }
}
