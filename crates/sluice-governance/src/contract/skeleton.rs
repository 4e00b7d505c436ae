//! The beginning of a contract: what the catalog files say about a port's table already.

use sluice_model::{Node, Tree};

use super::API_VERSION;
use crate::binding::{declared_key, logical_types};
use crate::descriptor::{Descriptor, Port};

/// A contract of version 1.0.0 for a port's table: columns with types, what may be null, comments, the primary key.
#[must_use]
pub fn skeleton(descriptor: &Descriptor, port: &Port, table: &Tree) -> Tree {
    let mut contract = Tree::mapping();
    contract.set("apiVersion", API_VERSION);
    contract.set("kind", "DataContract");
    contract.set("id", format!("{}-{}", descriptor.name, port.name));
    contract.set("name", port.name.as_str());
    contract.set("version", "1.0.0");
    contract.set("status", "draft");
    contract.set("domain", descriptor.domain.as_str());
    let purpose = port.description.as_ref().or(descriptor.description.as_ref());
    let mut description = Tree::mapping();
    for (key, text) in [
        ("purpose", purpose),
        ("usage", descriptor.usage.as_ref()),
        ("limitations", descriptor.limitations.as_ref()),
    ] {
        if let Some(text) = text {
            description.set(key, text.as_str());
        }
    }
    if description.as_mapping().is_some_and(|fields| !fields.is_empty()) {
        contract.set("description", description);
    }
    contract.set("schema", Node::Sequence(vec![object(port, table)]));
    let mut member = Tree::mapping();
    member.set("username", descriptor.owner.as_str());
    member.set("role", "owner");
    let mut team = Tree::mapping();
    team.set("members", Node::Sequence(vec![member]));
    contract.set("team", team);
    let mut channel = Tree::mapping();
    channel.set("channel", descriptor.support.as_str());
    contract.set("support", Node::Sequence(vec![channel]));
    contract
}

fn object(port: &Port, table: &Tree) -> Tree {
    let full = table.get("name").and_then(Tree::as_str).unwrap_or_default();
    let last = full.rsplit_once('.').map_or(full, |(_, last)| last);
    let name = if last.is_empty() || last.contains(['$', '}']) {
        port.table.as_ref().map_or(port.name.as_str(), |key| key.name.as_str())
    } else {
        last
    };
    let kind = port
        .table
        .as_ref()
        .map_or("table", |key| if key.kind == "views" { "view" } else { "table" });
    let mut object = Tree::mapping();
    object.set("name", name);
    object.set("physicalType", kind);
    if let Some(comment) = table.get("comment") {
        object.set("description", comment.node.clone());
    }
    let key = declared_key(table).map(|(columns, _)| columns).unwrap_or_default();
    let columns = table.get("columns").and_then(Tree::as_sequence).unwrap_or_default();
    let properties: Vec<Tree> = columns.iter().filter_map(|column| property(column, &key)).collect();
    object.set("properties", Node::Sequence(properties));
    object
}

fn property(column: &Tree, key: &[&str]) -> Option<Tree> {
    let name = column.get("name")?.as_str()?;
    let mut property = Tree::mapping();
    property.set("name", name);
    if let Some(declared) = column
        .get("type")
        .and_then(Tree::as_str)
        .filter(|text| !text.contains("${"))
    {
        // Types whose logical form needs more than a word (a map's key and value) are left to the author.
        let logical = logical_types(declared).first().copied();
        if let Some(logical) = logical.filter(|logical| logical.as_str() != "map") {
            property.set("logicalType", logical.as_str());
        }
        property.set("physicalType", declared);
    }
    if let Some(comment) = column.get("comment") {
        property.set("description", comment.node.clone());
    }
    if column.get("nullable") == Some(&false.into()) {
        property.set("required", true);
    }
    if let Some(position) = key.iter().position(|known| known.eq_ignore_ascii_case(name)) {
        property.set("primaryKey", true);
        property.set(
            "primaryKeyPosition",
            i64::try_from(position).unwrap_or(i64::MAX).saturating_add(1),
        );
    }
    Some(property)
}
