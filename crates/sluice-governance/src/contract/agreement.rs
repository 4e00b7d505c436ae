//! A contract as a whole, and what it says beside the schema: servers, service levels, people.

use sluice_model::Tree;

use super::annotation::Annotations;
use super::context::Context;
use super::entry::{Entry, Located, Place};
use super::schema::{Property, SchemaObject};

/// A data contract: what an output port promises.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    /// Where it stands; its location names the file.
    pub place: Place,
    /// Version of the standard, such as `v3.2.0`.
    pub api_version: Located<String>,
    /// Id of the contract.
    pub id: Located<String>,
    /// Version of the contract.
    pub version: Located<String>,
    /// Name for people.
    pub name: Option<Located<String>>,
    /// State, such as `draft`, `active`, `deprecated`.
    pub status: Option<Located<String>>,
    /// Tenant.
    pub tenant: Option<Located<String>>,
    /// Business domain.
    pub domain: Option<Located<String>>,
    /// Data product (the standard has deprecated it).
    pub data_product: Option<Located<String>>,
    /// When the contract was made, RFC 3339.
    pub created: Option<Located<String>>,
    /// Purpose, limitations, usage.
    pub description: Option<Description>,
    /// What a language model should know.
    pub context: Option<Context>,
    /// What is promised: tables and columns.
    pub schema: Vec<SchemaObject>,
    /// Where the data is.
    pub servers: Vec<Server>,
    /// Where to ask.
    pub support: Vec<SupportChannel>,
    /// What it costs.
    pub price: Option<Located<Tree>>,
    /// Who makes it.
    pub team: Vec<TeamMember>,
    /// Who may have access.
    pub roles: Vec<Role>,
    /// The element that service levels without one are about.
    pub sla_default_element: Option<Located<String>>,
    /// Service levels.
    pub service_levels: Vec<ServiceLevel>,
    /// Tags, definitions, custom properties.
    pub annotations: Annotations,
}

/// What the data is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Where it stands.
    pub place: Place,
    /// How to use it.
    pub usage: Option<Located<String>>,
    /// What it was made for.
    pub purpose: Option<Located<String>>,
    /// What it is not good for.
    pub limitations: Option<Located<String>>,
    /// Definitions and custom properties.
    pub annotations: Annotations,
}

/// A place where the data is.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// Where it stands.
    pub place: Place,
    /// Its name.
    pub server: Located<String>,
    /// Its type, such as `databricks`.
    pub kind: Located<String>,
    /// Environment, such as `prod`.
    pub environment: Option<Located<String>>,
    /// Catalog, for the types that have one.
    pub catalog: Option<Located<String>>,
    /// Schema, for the types that have one.
    pub schema: Option<Located<String>>,
}

/// A channel to ask in.
#[derive(Clone, Debug, PartialEq)]
pub struct SupportChannel {
    /// Where it stands.
    pub place: Place,
    /// Name or address.
    pub channel: Located<String>,
    /// Link.
    pub url: Option<Located<String>>,
}

/// Somebody who makes the data.
#[derive(Clone, Debug, PartialEq)]
pub struct TeamMember {
    /// Where it stands.
    pub place: Place,
    /// Login name.
    pub username: Located<String>,
    /// What they do.
    pub role: Option<Located<String>>,
}

/// A role that gives access.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    /// Where it stands.
    pub place: Place,
    /// Name.
    pub role: Located<String>,
    /// Kind of access, such as `read`.
    pub access: Option<Located<String>>,
    /// Who approves first.
    pub first_level_approvers: Option<Located<String>>,
    /// Who approves after them.
    pub second_level_approvers: Option<Located<String>>,
    /// Custom properties.
    pub annotations: Annotations,
}

/// A promise about the service, such as how old the data may be.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceLevel {
    /// Where it stands.
    pub place: Place,
    /// Id.
    pub id: Option<Located<String>>,
    /// What is promised, such as `latency`, `frequency`, `retention`.
    pub property: Located<String>,
    /// The promised value.
    pub value: Located<Tree>,
    /// The second value of a range.
    pub value_ext: Option<Located<Tree>>,
    /// Unit of the value, such as `d`, `h`.
    pub unit: Option<Located<String>>,
    /// What it is about: `object.column`, several with commas.
    pub element: Option<Located<String>>,
    /// Why: `regulatory`, `analytics`, `operational`.
    pub driver: Option<Located<String>>,
    /// More about it.
    pub description: Option<Located<String>>,
    /// Definitions and custom properties.
    pub annotations: Annotations,
}

impl Contract {
    pub(super) fn read(entry: &Entry<'_>) -> Self {
        Self {
            place: entry.place(),
            api_version: entry.required("apiVersion"),
            id: entry.required("id"),
            version: entry.required("version"),
            name: entry.text("name"),
            status: entry.text("status"),
            tenant: entry.text("tenant"),
            domain: entry.text("domain"),
            data_product: entry.text("dataProduct"),
            created: entry.text("contractCreatedTs"),
            description: entry.field("description").map(|field| Description::read(&field)),
            context: entry.field("context").map(|field| Context::read(&field)),
            schema: entry.list("schema", SchemaObject::read),
            servers: entry.list("servers", Server::read),
            support: entry.list("support", |item| SupportChannel {
                place: item.place(),
                channel: item.required("channel"),
                url: item.text("url"),
            }),
            price: entry.any("price"),
            team: team(entry),
            roles: entry.list("roles", Role::read),
            sla_default_element: entry.text("slaDefaultElement"),
            service_levels: entry.list("slaProperties", ServiceLevel::read),
            annotations: Annotations::read(entry),
        }
    }
}

impl Contract {
    /// Every property, those inside others too.
    #[must_use]
    pub fn all_properties(&self) -> Vec<&Property> {
        let mut all = Vec::new();
        for object in &self.schema {
            for property in &object.properties {
                property.with_parts(&mut all);
            }
        }
        all
    }

    /// Tags, definitions and custom properties of the contract, its objects and its properties.
    #[must_use]
    pub fn all_annotations(&self) -> Vec<&Annotations> {
        let objects = self.schema.iter().map(|object| &object.element.annotations);
        let properties = self
            .all_properties()
            .into_iter()
            .map(|property| &property.element.annotations);
        [&self.annotations]
            .into_iter()
            .chain(objects)
            .chain(properties)
            .collect()
    }
}

/// Either a map with members, or the list of them (the form of version 3.0).
fn team(entry: &Entry<'_>) -> Vec<TeamMember> {
    let read = |item: &Entry<'_>| TeamMember {
        place: item.place(),
        username: item.required("username"),
        role: item.text("role"),
    };
    let Some(team) = entry.field("team") else {
        return Vec::new();
    };
    if team.tree.as_sequence().is_some() {
        team.items(read)
    } else {
        team.list("members", read)
    }
}

impl Description {
    fn read(entry: &Entry<'_>) -> Self {
        Self {
            place: entry.place(),
            usage: entry.text("usage"),
            purpose: entry.text("purpose"),
            limitations: entry.text("limitations"),
            annotations: Annotations::read(entry),
        }
    }
}

impl Server {
    fn read(entry: &Entry<'_>) -> Self {
        Self {
            place: entry.place(),
            server: entry.required("server"),
            kind: entry.required("type"),
            environment: entry.text("environment"),
            catalog: entry.text("catalog"),
            schema: entry.text("schema"),
        }
    }
}

impl Role {
    fn read(entry: &Entry<'_>) -> Self {
        Self {
            place: entry.place(),
            role: entry.required("role"),
            access: entry.text("access"),
            first_level_approvers: entry.text("firstLevelApprovers"),
            second_level_approvers: entry.text("secondLevelApprovers"),
            annotations: Annotations::read(entry),
        }
    }
}

impl ServiceLevel {
    fn read(entry: &Entry<'_>) -> Self {
        Self {
            place: entry.place(),
            id: entry.text("id"),
            property: entry.required("property"),
            value: entry.any("value").unwrap_or_else(|| entry.located(Tree::default())),
            value_ext: entry.any("valueExt"),
            unit: entry.text("unit"),
            element: entry.text("element"),
            driver: entry.text("driver"),
            description: entry.text("description"),
            annotations: Annotations::read(entry),
        }
    }
}
