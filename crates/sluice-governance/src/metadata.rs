//! Edits of a product's descriptor and contracts, as changes of their trees. Writing them into the text is the shell's.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use crate::contract::GLOSSARY_SCHEME;
use crate::document::suggestion;
use crate::tag_policy::{CLASSIFICATION, split};

/// What an edit of a contract is about: the port's table, or one of its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Name of the port.
    pub port: String,
    /// Name of the column; none for the table.
    pub column: Option<String>,
}

impl std::str::FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (port, column) = match text.split_once('.') {
            Some((port, column)) => (port, Some(column)),
            None => (text, None),
        };
        if port.is_empty() || column.is_some_and(|column| column.is_empty() || column.contains('.')) {
            return Err("expected `PORT` or `PORT.COLUMN`".to_owned());
        }
        Ok(Self {
            port: port.to_owned(),
            column: column.map(str::to_owned),
        })
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.port)?;
        match &self.column {
            Some(column) => write!(formatter, ".{column}"),
            None => Ok(()),
        }
    }
}

/// One change of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContractEdit {
    /// What the table or column is.
    Describe(String),
    /// Its term of the glossary, as `domain/term`; it replaces an earlier one.
    Term(String),
    /// A tag, `key` or `key=value`; it replaces one of the same key. `classification` of a column is the field of the standard.
    Tag(String),
}

/// Applies an edit to the tree of a contract.
///
/// # Errors
/// When the contract does not describe the table or column.
pub fn edit_contract(document: &mut Tree, subject: &Subject, edit: &ContractEdit) -> Result<(), Diagnostic> {
    let element = element(document, subject)?;
    match edit {
        ContractEdit::Describe(text) => {
            set_text(element, "description", text);
        }
        ContractEdit::Term(term) => {
            let url = format!("{GLOSSARY_SCHEME}{term}");
            let mut link = Tree::mapping();
            link.set("type", "businessDefinition");
            link.set("url", url.as_str());
            let is_link = |item: &Tree| {
                let url = item.get("url").and_then(Tree::as_str);
                url.is_some_and(|url| url.starts_with(GLOSSARY_SCHEME))
            };
            let links = list(element, "authoritativeDefinitions");
            match links.iter_mut().find(|item| is_link(item)) {
                Some(known) => set_text(known, "url", &url),
                None => links.push(link),
            }
        }
        ContractEdit::Tag(tag) => {
            let (key, value) = split(tag);
            if key == CLASSIFICATION && subject.column.is_some() {
                set_text(element, "classification", value);
            } else {
                let wanted = if value.is_empty() {
                    key.to_owned()
                } else {
                    format!("{key}={value}")
                };
                let same_key = |item: &Tree| item.as_str().is_some_and(|known| split(known).0 == key);
                let tags = list(element, "tags");
                match tags.iter_mut().find(|item| same_key(item)) {
                    Some(known) if known.as_str().map(split) == Some((key, value)) => {}
                    Some(known) => *known = wanted.into(),
                    None => tags.push(wanted.into()),
                }
            }
        }
    }
    Ok(())
}

/// Sets a text where it differs, so that an equal one keeps its place.
fn set_text(holder: &mut Tree, key: &str, text: &str) {
    if holder.get(key).and_then(Tree::as_str) != Some(text) {
        holder.set(key, text);
    }
}

fn list<'tree>(holder: &'tree mut Tree, key: &str) -> &'tree mut Vec<Tree> {
    if holder.get(key).and_then(Tree::as_sequence).is_none() {
        holder.set(key, Node::Sequence(Vec::new()));
    }
    match holder.get_mut(key).map(|found| &mut found.node) {
        Some(Node::Sequence(items)) => items,
        _ => unreachable!("invariant: it was made a list"),
    }
}

fn element<'tree>(document: &'tree mut Tree, subject: &Subject) -> Result<&'tree mut Tree, Diagnostic> {
    let file = document.location.clone();
    let missing = |summary: String| Diagnostic::error(summary).location(file.clone());
    let objects = document.get_mut("schema").map(|schema| &mut schema.node);
    let Some(Node::Sequence(objects)) = objects else {
        return Err(missing("the contract describes no table".to_owned()));
    };
    let Some(object) = objects.first_mut() else {
        return Err(missing("the contract describes no table".to_owned()));
    };
    let Some(column) = &subject.column else {
        return Ok(object);
    };
    let properties = object.get("properties").and_then(Tree::as_sequence).unwrap_or_default();
    let name = |property: &Tree| {
        let physical = property.get("physicalName").or_else(|| property.get("name"));
        physical.and_then(Tree::as_str).map(str::to_owned)
    };
    let names: Vec<String> = properties.iter().filter_map(name).collect();
    let Some(index) = properties
        .iter()
        .position(|property| name(property).is_some_and(|known| known.eq_ignore_ascii_case(column)))
    else {
        let mut fault = missing(format!(
            "the contract of port `{}` has no column `{column}`",
            subject.port
        ));
        fault.help = suggestion(column, names.iter().map(String::as_str));
        return Err(fault);
    };
    let properties = object.get_mut("properties").map(|properties| &mut properties.node);
    match properties {
        Some(Node::Sequence(properties)) => Ok(&mut properties[index]),
        _ => Err(missing("the contract describes no columns".to_owned())),
    }
}

/// A place of a document as people write it: `usage`, `regulation.dora.rto`, `ports.carrier-month.description`, `verify[0]`. An item of a
/// list is meant by its number or by its `name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath(Vec<String>);

impl std::str::FromStr for FieldPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let dotted = text.replace('[', ".").replace(']', "");
        let steps: Vec<String> = dotted.split('.').map(str::to_owned).collect();
        if steps.iter().any(String::is_empty) {
            return Err("expected a path such as `usage` or `ports.NAME.description`".to_owned());
        }
        Ok(Self(steps))
    }
}

impl std::fmt::Display for FieldPath {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0.join("."))
    }
}

/// Sets a field of a document, or removes it when there is no value. Maps on the way are made, items of lists are not.
///
/// # Errors
/// When the way leads through a list that has no such item, or through a value that has no fields.
pub fn set_field(document: &mut Tree, path: &FieldPath, value: Option<Tree>) -> Result<(), Diagnostic> {
    let Some((last, way)) = path.0.split_last() else {
        return Ok(());
    };
    let mut holder = document;
    let mut place = TreePath::default();
    for step in way {
        if value.is_none() && holder.as_mapping().is_some_and(|fields| !fields.contains_key(step)) {
            return Ok(());
        }
        holder = enter(holder, step, &mut place)?;
    }
    if holder.as_sequence().is_some() {
        let slot = enter(holder, last, &mut place)?;
        return match value {
            Some(value) => {
                replace(slot, value);
                Ok(())
            }
            None => Err(Diagnostic::error("an item of a list cannot be removed here").path(place)),
        };
    }
    match (&mut holder.node, value) {
        (Node::Mapping(fields), None) => {
            fields.shift_remove(last);
        }
        (Node::Mapping(fields), Some(value)) => replace(fields.entry(last.clone()).or_default(), value),
        (Node::Null, Some(value)) => {
            holder.set(last, value);
        }
        (Node::Null, None) => {}
        (Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) | Node::Sequence(_), _) => {
            return Err(no_fields(&place, holder));
        }
    }
    Ok(())
}

/// An equal value keeps its place.
fn replace(slot: &mut Tree, value: Tree) {
    if *slot != value {
        slot.node = value.node;
    }
}

fn no_fields(place: &TreePath, holder: &Tree) -> Diagnostic {
    let fault = Diagnostic::error(format!("`{place}` is of type {} and has no fields", holder.kind_name()));
    fault.path(place.clone()).location(holder.location.clone())
}

fn enter<'tree>(holder: &'tree mut Tree, step: &str, place: &mut TreePath) -> Result<&'tree mut Tree, Diagnostic> {
    if let Some(items) = holder.as_sequence() {
        let named = |item: &Tree| item.get("name").and_then(Tree::as_str) == Some(step);
        let index = items
            .iter()
            .position(named)
            .or_else(|| step.parse().ok().filter(|index| *index < items.len()));
        let Some(index) = index else {
            let names: Vec<&str> = items.iter().filter_map(|item| item.get("name")?.as_str()).collect();
            let mut fault = Diagnostic::error(format!("`{place}` has no item `{step}`"))
                .path(place.clone())
                .location(holder.location.clone());
            fault.help = suggestion(step, names);
            return Err(fault);
        };
        *place = place.index(index);
        let Node::Sequence(items) = &mut holder.node else {
            unreachable!("invariant: it is a list")
        };
        return Ok(&mut items[index]);
    }
    if holder.is_null() {
        holder.node = Node::Mapping(indexmap::IndexMap::new());
    }
    if holder.as_mapping().is_none() {
        return Err(no_fields(place, holder));
    }
    *place = place.key(step);
    let Node::Mapping(fields) = &mut holder.node else {
        unreachable!("invariant: it is a map")
    };
    Ok(fields.entry(step.to_owned()).or_insert_with(Tree::mapping))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contract() -> Tree {
        Tree::from_json(&json!({"schema": [{"name": "months", "properties": [
            {"name": "carrier", "tags": ["pii:asset", "core"]}, {"name": "Share", "physicalName": "on_time_share"}]}]}))
    }

    fn edited(subject: &str, edit: &ContractEdit) -> Result<serde_json::Value, String> {
        let mut document = contract();
        edit_contract(&mut document, &subject.parse().unwrap(), edit).map_err(|fault| fault.to_string())?;
        let again = document.clone();
        edit_contract(&mut document, &subject.parse().unwrap(), edit).unwrap();
        assert_eq!(document, again, "a second time changes nothing");
        Ok(document.to_json()["schema"][0].clone())
    }

    #[test]
    fn tables_and_columns_are_described_linked_and_tagged() {
        let described = edited("months", &ContractEdit::Describe("By month".to_owned())).unwrap();
        assert_eq!(described["description"], "By month");
        let linked = edited("months.on_time_share", &ContractEdit::Term("aviation/otp".to_owned())).unwrap();
        assert_eq!(
            linked["properties"][1]["authoritativeDefinitions"],
            json!([{"type": "businessDefinition", "url": "glossary://aviation/otp"}])
        );
        let tagged = edited("months.carrier", &ContractEdit::Tag("pii=none".to_owned())).unwrap();
        assert_eq!(tagged["properties"][0]["tags"], json!(["pii=none", "core"]));
        let same = edited("months.carrier", &ContractEdit::Tag("pii=asset".to_owned())).unwrap();
        assert_eq!(same["properties"][0]["tags"], json!(["pii:asset", "core"]));
        let classified = edited(
            "months.carrier",
            &ContractEdit::Tag("classification=internal".to_owned()),
        )
        .unwrap();
        assert_eq!(classified["properties"][0]["classification"], "internal");
    }

    #[test]
    fn an_unknown_column_is_refused_with_the_right_one() {
        assert_eq!(
            edited("months.carier", &ContractEdit::Describe("x".to_owned())).unwrap_err(),
            "error: the contract of port `months` has no column `carier`\n  help: did you mean `carrier`?"
        );
        assert!("months.".parse::<Subject>().is_err() && ".a".parse::<Subject>().is_err());
    }

    #[test]
    fn fields_are_set_made_and_removed_by_their_path() {
        let mut document = Tree::from_json(&json!({"name": "x", "ports": [{"name": "months", "kind": "output"}]}));
        let mut set = |path: &str, value: Option<&str>| {
            set_field(&mut document, &path.parse().unwrap(), value.map(Tree::from))
                .map_err(|fault| fault.to_string())?;
            Ok::<_, String>(document.to_json())
        };
        assert_eq!(
            set("regulation.dora.rto", Some("PT4H")).unwrap()["regulation"],
            json!({"dora": {"rto": "PT4H"}})
        );
        assert_eq!(
            set("ports.months.description", Some("By month")).unwrap()["ports"][0]["description"],
            "By month"
        );
        assert_eq!(
            set("ports[0].description", None).unwrap()["ports"],
            json!([{"name": "months", "kind": "output"}])
        );
        assert_eq!(set("regulation", None).unwrap().get("regulation"), None);
        assert_eq!(
            set("ports.month.kind", Some("input")).unwrap_err(),
            "error: `ports` has no item `month`\n  at ports\n  help: did you mean `months`?"
        );
        assert_eq!(
            set("name.first", Some("y")).unwrap_err(),
            "error: `name` is of type string and has no fields\n  at name"
        );
    }
}
