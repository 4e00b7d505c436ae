//! Whether a contract and the table of its port say the same: names, columns, types, keys.
//!
//! The table comes as the catalog files have it: a map with `name`, `columns` (`name`, `type`, `nullable`) and `constraints`. What it
//! leaves to a variable is not judged.

use sluice_model::{Diagnostic, Tree, TreePath};

use crate::contract::{Contract, LogicalType, Place, Property, SchemaObject};
use crate::descriptor::Port;
use crate::document::suggestion;

/// A contract and the port that offers what it promises.
#[derive(Clone, Debug)]
pub struct BoundContract {
    /// The port.
    pub port: Port,
    /// Path of the contract's file in the product.
    pub file: String,
    /// The contract.
    pub contract: Contract,
}

impl BoundContract {
    /// The one schema object, which describes the port's table.
    #[must_use]
    pub fn object(&self) -> Option<&SchemaObject> {
        match self.contract.schema.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// The port's table or view in the catalog files.
    #[must_use]
    pub fn table<'tree>(&self, catalog: &'tree Tree) -> Option<&'tree Tree> {
        let key = self.port.table.as_ref()?;
        catalog.get(&key.kind)?.get(&key.name)
    }

    /// Everything in which the contract and the catalog files differ. A port without a table has nothing to compare with.
    #[must_use]
    pub fn check(&self, catalog: &Tree) -> Vec<Diagnostic> {
        let Some(table) = self.table(catalog) else {
            return Vec::new();
        };
        let Some(object) = self.object() else {
            let found = self.contract.schema.len();
            let summary = format!(
                "the contract of port `{}` must describe one table, it describes {found}",
                self.port.name
            );
            let mut place = self.contract.place.clone();
            place.path = TreePath::keys(["schema"]);
            let help = "a port has one table; another table is another port with a contract of its own";
            return vec![at(Diagnostic::error(summary), &place).help(help)];
        };
        let mut found = Vec::new();
        found.extend(name(object, table));
        found.extend(columns(object, table));
        found.extend(key(object, table));
        found
    }
}

/// A diagnostic at a place of a contract.
pub(crate) fn at(diagnostic: Diagnostic, place: &Place) -> Diagnostic {
    diagnostic.path(place.path.clone()).location(place.location.clone())
}

/// The last part of a full name, unless it is left to a reference.
fn last_part(name: &str) -> Option<&str> {
    let (_, last) = name.rsplit_once('.').unwrap_or(("", name));
    (!last.contains(['}', '$']) && !last.is_empty()).then_some(last)
}

fn name(object: &SchemaObject, table: &Tree) -> Option<Diagnostic> {
    let written = table.get("name")?;
    let declared = last_part(written.as_str()?)?;
    let promised = object.element.physical_name();
    let last = last_part(promised)?;
    if last.eq_ignore_ascii_case(declared) {
        return None;
    }
    let summary = format!("the contract describes `{last}`, the port's table is `{declared}`");
    let finding = at(Diagnostic::error(summary), &promised.place).location(written.location.clone());
    Some(finding.help(format!(
        "name the table here, or keep this name for people and add `physicalName: {declared}`"
    )))
}

/// The columns of a table in the catalog files, by name.
fn declared(table: &Tree) -> impl Iterator<Item = (&str, &Tree)> {
    let columns = table.get("columns").and_then(Tree::as_sequence).unwrap_or_default();
    columns
        .iter()
        .filter_map(|column| Some((column.get("name")?.as_str()?, column)))
}

/// A column of a table in the catalog files.
pub(crate) fn column<'tree>(table: &'tree Tree, name: &str) -> Option<&'tree Tree> {
    declared(table)
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, column)| column)
}

fn columns(object: &SchemaObject, table: &Tree) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let names: Vec<&str> = declared(table).map(|(name, _)| name).collect();
    // A view without declared columns has those of its query.
    if names.is_empty() {
        return found;
    }
    for (index, property) in object.properties.iter().enumerate() {
        let name = property.element.physical_name();
        let earlier = &object.properties[..index];
        if let Some(first) = earlier
            .iter()
            .find(|other| other.element.physical_name().eq_ignore_ascii_case(name))
        {
            let summary = format!("column `{name}` is described twice");
            found.push(at(Diagnostic::error(summary), &name.place).location(first.element.place.location.clone()));
            continue;
        }
        match column(table, name) {
            Some(column) => found.extend(types(property, column)),
            None => {
                let location = table.get("columns").and_then(|columns| columns.key_location.clone());
                let mut finding = at(
                    Diagnostic::error(format!("the table has no column `{name}`")),
                    &name.place,
                );
                finding = finding.location(location);
                finding.help = suggestion(name, names.iter().copied());
                found.push(finding);
            }
        }
    }
    for (name, column) in declared(table) {
        if object.column(name).is_none() {
            let summary = format!("column `{name}` of the table is not in the contract");
            let finding = at(Diagnostic::warning(summary), &object.element.place);
            found.push(
                finding
                    .location(column.location.clone())
                    .help("describe it, so that its readers know what it is"),
            );
        }
    }
    found
}

fn types(property: &Property, column: &Tree) -> Option<Diagnostic> {
    let written = column.get("type")?;
    let text = written.as_str().filter(|text| !text.contains("${"))?;
    let declared = normal(text);
    if let Some(physical) = &property.element.physical_type {
        if normal(physical) == declared {
            return None;
        }
        let name = property.element.physical_name();
        let summary = format!("column `{name}` is `{physical}` in the contract and `{text}` in the table");
        let finding = at(Diagnostic::error(summary), &physical.place).location(written.location.clone());
        return Some(finding.help(format!("write `physicalType: {text}`, or change the table")));
    }
    let logical = property.logical_type.as_ref()?;
    let fitting = logical_types(&declared);
    if fitting.is_empty() || fitting.contains(&logical.value) {
        return None;
    }
    let name = property.element.physical_name();
    let summary = format!(
        "column `{name}` is `{}` in the contract and `{text}` in the table",
        logical.value
    );
    let finding = at(Diagnostic::error(summary), &logical.place).location(written.location.clone());
    Some(finding.help(format!("write `logicalType: {}`, or change the table", fitting[0])))
}

/// A type of Unity Catalog in one spelling.
fn normal(text: &str) -> String {
    let lower: String = text
        .chars()
        .filter(|one| !one.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    match lower.as_str() {
        "integer" => "int".to_owned(),
        "long" => "bigint".to_owned(),
        "short" => "smallint".to_owned(),
        "byte" => "tinyint".to_owned(),
        "real" => "float".to_owned(),
        "decimal" | "dec" | "numeric" => "decimal(10,0)".to_owned(),
        _ => match lower.strip_prefix("numeric(").or_else(|| lower.strip_prefix("dec(")) {
            Some(rest) => format!("decimal({rest}"),
            None => lower,
        },
    }
}

/// The logical types that a type of Unity Catalog can have, the usual one first; none for a type that the standard has no word for.
#[must_use]
pub fn logical_types(unity_catalog: &str) -> Vec<LogicalType> {
    let declared = normal(unity_catalog);
    let base = declared.split(['(', '<']).next().unwrap_or_default();
    match base {
        "string" | "varchar" | "char" => vec![LogicalType::String],
        "tinyint" | "smallint" | "int" | "bigint" => vec![LogicalType::Integer, LogicalType::Number],
        "float" | "double" => vec![LogicalType::Number],
        "decimal" if declared.ends_with(",0)") || !declared.contains(',') => {
            vec![LogicalType::Number, LogicalType::Integer]
        }
        "decimal" => vec![LogicalType::Number],
        "date" => vec![LogicalType::Date],
        "timestamp" | "timestamp_ntz" | "timestamp_ltz" => vec![LogicalType::Timestamp],
        "boolean" => vec![LogicalType::Boolean],
        "array" => vec![LogicalType::Array, LogicalType::Vector],
        "map" => vec![LogicalType::Map, LogicalType::Object],
        "struct" => vec![LogicalType::Object],
        _ => Vec::new(),
    }
}

/// The primary key that a table declares: a list of names, or a map with `columns`.
pub(crate) fn declared_key(table: &Tree) -> Option<(Vec<&str>, &Tree)> {
    let key = table.get("constraints")?.get("primary_key")?;
    let columns = key.get("columns").unwrap_or(key).as_sequence()?;
    Some((columns.iter().filter_map(Tree::as_str).collect(), key))
}

fn key(object: &SchemaObject, table: &Tree) -> Option<Diagnostic> {
    let promised = object.primary_key();
    let first = promised.first()?;
    let (declared, place) = declared_key(table)?;
    let names: Vec<&str> = promised
        .iter()
        .map(|property| property.element.physical_name().as_str())
        .collect();
    let same = names.len() == declared.len()
        && names
            .iter()
            .zip(&declared)
            .all(|(one, other)| one.eq_ignore_ascii_case(other));
    if same {
        return None;
    }
    let summary = format!(
        "the primary key is ({}) in the contract and ({}) in the table",
        names.join(", "),
        declared.join(", ")
    );
    let finding = at(Diagnostic::error(summary), &first.element.place).location(place.location.clone());
    Some(finding.help("let both say the same; `primaryKeyPosition` orders the columns of the contract"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract;
    use crate::descriptor::PortKind;

    fn bound(schema: &serde_json::Value) -> BoundContract {
        let document =
            json!({"apiVersion": "v3.2.0", "kind": "DataContract", "id": "a", "version": "1.0.0", "schema": schema});
        BoundContract {
            port: Port {
                name: "months".to_owned(),
                kind: PortKind::Output,
                table: Some(sluice_model::ResourceKey::catalog("tables", "months")),
                contract: Some("contracts/months.odcs.yaml".to_owned()),
                description: None,
            },
            file: "contracts/months.odcs.yaml".to_owned(),
            contract: contract::read(&Tree::from_json(&document)).unwrap(),
        }
    }

    fn catalog() -> Tree {
        Tree::from_json(&json!({"tables": {"months": {
            "name": "${var.catalog}.gold.months",
            "columns": [{"name": "carrier", "type": "STRING"}, {"name": "flights", "type": "decimal(12, 0)"}, {"name": "share", "type": "${var.t}"}],
            "constraints": {"primary_key": {"columns": ["carrier"]}}
        }}}))
    }

    fn found(schema: &serde_json::Value) -> Vec<String> {
        let found = bound(schema).check(&catalog());
        found
            .iter()
            .map(|one| one.to_string().lines().take(2).collect::<Vec<_>>().join(""))
            .collect()
    }

    #[test]
    fn a_contract_that_fits_its_table_has_no_findings() {
        let sound = json!([{"name": "months", "properties": [
            {"name": "carrier", "logicalType": "string", "physicalType": "string", "primaryKey": true},
            {"name": "flights", "logicalType": "integer"}, {"name": "share", "logicalType": "number"}]}]);
        assert_eq!(found(&sound), Vec::<String>::new());
    }

    #[test]
    fn what_differs_is_reported_at_its_place() {
        let other = json!([{"name": "month", "properties": [
            {"name": "carier", "logicalType": "string"},
            {"name": "flights", "logicalType": "string", "primaryKey": true},
            {"name": "share", "physicalType": "double"}]}]);
        assert_eq!(
            found(&other),
            [
                "error: the contract describes `month`, the port's table is `months`  at schema[0].name",
                "error: the table has no column `carier`  at schema[0].properties[0].name",
                "error: column `flights` is `string` in the contract and `decimal(12, 0)` in the table  at schema[0].properties[1].logicalType",
                "warning: column `carrier` of the table is not in the contract  at schema[0]",
                "error: the primary key is (flights) in the contract and (carrier) in the table  at schema[0].properties[1]",
            ]
        );
        assert_eq!(
            found(&json!([])),
            ["error: the contract of port `months` must describe one table, it describes 0  at schema"]
        );
    }
}
