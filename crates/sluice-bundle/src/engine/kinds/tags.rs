//! Tags on Unity Catalog objects and their columns, as a part of a declared table or view or on their own for objects that are
//! declared elsewhere. Read and written through entity tag assignments, one call per tag.
//!
//! Only keys that are or were declared are ours: all others stay as they are and are never removed. A tag without a value reads back
//! as an empty text. Setting a tag that exists fails, so that one is changed instead. Columns are read where they have or had tags.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use sluice_wire::request::encode_segment;
use sluice_wire::{Method, Request};

use super::{Answer, Call, Change, Facts, Kind, ProbeAnswer, text};
use crate::engine::difference::{Class, Rule, Rules};
use crate::engine::plan::Action;

/// Tags of an object.
pub(crate) struct Tags {
    /// Whether they stand on their own. Then deleting takes them off; tags of a declared object go with it.
    pub(crate) alone: bool,
}

static RULES: Rules = Rules {
    keyed: &[],
    fields: &[
        Rule {
            pattern: "entity_type",
            class: Class::Identity(Action::Recreate),
            reason: "id_field",
        },
        Rule {
            pattern: "entity_name",
            class: Class::Identity(Action::Recreate),
            reason: "id_field",
        },
        Rule {
            pattern: "tags.*",
            class: Class::Meaningful,
            reason: "a_key_alone_is_a_tag",
        },
        Rule {
            pattern: "columns.*",
            class: Class::Meaningful,
            reason: "a_key_alone_is_a_tag",
        },
    ],
    output_only: &[],
};

/// Characters that keys of tags cannot have.
/// (<https://docs.databricks.com/database-objects/tags.html#constraints>)
const FORBIDDEN: [char; 6] = ['.', ',', '-', '=', '/', ':'];

/// What has tags: entity type and name.
type Entity = (String, String);

impl Kind for Tags {
    fn rules(&self) -> &Rules {
        &RULES
    }

    fn desired(&self, document: Value, _facts: &Facts) -> Result<Value, Vec<String>> {
        super::required(&document, &["entity_type", "entity_name"])?;
        let mut faults = Vec::new();
        let tags = tags(document.get("tags"), &mut faults);
        let mut columns = Map::new();
        let declared = document.get("columns").and_then(Value::as_object);
        for (column, declared) in declared.into_iter().flatten() {
            columns.insert(column.clone(), Value::Object(self::tags(Some(declared), &mut faults)));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(json!({
            "entity_type": document.get("entity_type"),
            "entity_name": document.get("entity_name"),
            "tags": tags,
            "columns": columns,
        }))
    }

    fn natural_id(&self, body: &Value) -> Option<String> {
        let name = super::lower_name(text(body, "entity_name")?);
        Some(format!("{}/{name}", text(body, "entity_type")?))
    }

    fn uses(&self, body: &Value) -> Vec<String> {
        let name = text(body, "entity_name").unwrap_or_default();
        let owner = match text(body, "entity_type") {
            Some("columns") => name.splitn(4, '.').take(3).collect::<Vec<_>>().join("."),
            _ => name.to_owned(),
        };
        vec![owner]
    }

    fn sets_tags(&self, body: &Value) -> Vec<(String, String)> {
        let of_columns = body.get("columns").and_then(Value::as_object);
        let maps = of_columns.into_iter().flat_map(Map::values).chain(body.get("tags"));
        let tags = maps.filter_map(Value::as_object).flatten();
        tags.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect()
    }

    fn is_access(&self) -> bool {
        true
    }

    fn read(&self, id: &str) -> Request {
        let (kind, name) = id.split_once('/').unwrap_or((id, ""));
        Request::new(Method::Get, list(kind, name))
    }

    fn read_more(&self, id: &str, new: &Value, old: Option<&Value>) -> Vec<Request> {
        let (_, table) = id.split_once('/').unwrap_or((id, ""));
        let columns: BTreeSet<&String> = [old, Some(new)]
            .into_iter()
            .flatten()
            .filter_map(|body| body.get("columns")?.as_object())
            .flat_map(Map::keys)
            .collect();
        columns
            .into_iter()
            .map(|column| Request::new(Method::Get, list("columns", &format!("{table}.{column}"))))
            .collect()
    }

    fn next_page(&self, request: &Request, answer: &Value) -> Option<Request> {
        super::page_after(request, answer)
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        let mut tags = Map::new();
        let mut columns: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        let assignments = pages
            .iter()
            .filter_map(|page| page.get("tag_assignments")?.as_array())
            .flatten();
        for assignment in assignments {
            let Some(key) = text(assignment, "tag_key") else {
                continue;
            };
            let value = json!(text(assignment, "tag_value").unwrap_or_default());
            let column = text(assignment, "entity_name").and_then(|name| name.splitn(4, '.').nth(3));
            match column.filter(|_| text(assignment, "entity_type") == Some("columns")) {
                Some(column) if !self.alone => {
                    let tags = columns.entry(column.to_owned()).or_default();
                    tags.insert(key.to_owned(), value);
                }
                _ => {
                    tags.insert(key.to_owned(), value);
                }
            }
        }
        json!({"tags": tags, "columns": columns})
    }

    /// Keys that were never declared are not ours.
    fn comparable(&self, remote: &Value, old: Option<&Value>, new: &Value) -> Value {
        let declared = |pointer: &[&str], key: &str| {
            [old, Some(new)].into_iter().flatten().any(|body| {
                let place = pointer.iter().try_fold(body, |body, name| body.get(name));
                place.is_some_and(|tags| tags.get(key).is_some())
            })
        };
        let mut comparable = remote.clone();
        if let Some(tags) = comparable["tags"].as_object_mut() {
            tags.retain(|key, _| declared(&["tags"], key));
        }
        if let Some(columns) = comparable["columns"].as_object_mut() {
            for (column, tags) in columns.iter_mut() {
                if let Some(tags) = tags.as_object_mut() {
                    tags.retain(|key, _| declared(&["columns", column], key));
                }
            }
            columns.retain(|_, tags| tags.as_object().is_some_and(|tags| !tags.is_empty()));
        }
        comparable["entity_type"] = old.unwrap_or(new)["entity_type"].clone();
        comparable["entity_name"] = old.unwrap_or(new)["entity_name"].clone();
        comparable
    }

    fn create(&self, change: &Change<'_>) -> Vec<Call> {
        self.update(change)
    }

    fn update(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(id) = self.natural_id(change.new) else {
            return Vec::new();
        };
        let observed_here = change.entry.action != Action::Recreate;
        let remote = change.entry.remote_state.as_ref().filter(|_| observed_here);
        let (old, new) = (self.by_entity(&id, change.old), self.by_entity(&id, Some(change.new)));
        let held = self.by_entity(&id, remote);
        let mut calls = Vec::new();
        for ((entity, key), value) in &new {
            match held.get(&(entity.clone(), key.clone())) {
                None => calls.push(set(entity, key, value, &id)),
                Some(held) if held != value => calls.push(change_value(entity, key, value, &id)),
                Some(_) => {}
            }
        }
        for place @ (entity, key) in old.keys().filter(|place| !new.contains_key(*place)) {
            if held.contains_key(place) {
                calls.push(remove(entity, key, &id));
            }
        }
        calls
    }

    fn delete(&self, id: &str, old: &Value) -> Vec<Call> {
        if !self.alone {
            return Vec::new();
        }
        self.by_entity(id, Some(old))
            .keys()
            .map(|(entity, key)| Call {
                answer: Answer::Gone,
                ..remove(entity, key, id)
            })
            .collect()
    }
}

impl Tags {
    /// The tags of a body by what has them and key.
    fn by_entity(&self, id: &str, body: Option<&Value>) -> BTreeMap<(Entity, String), String> {
        let (kind, name) = id.split_once('/').unwrap_or((id, ""));
        let mut tags = BTreeMap::new();
        let mut add = |entity: Entity, map: Option<&Value>| {
            for (key, value) in map.and_then(Value::as_object).into_iter().flatten() {
                let value = value.as_str().unwrap_or_default().to_owned();
                tags.insert((entity.clone(), key.clone()), value);
            }
        };
        add(
            (kind.to_owned(), name.to_owned()),
            body.and_then(|body| body.get("tags")),
        );
        let columns = body
            .and_then(|body| body.get("columns"))
            .and_then(Value::as_object)
            .filter(|_| !self.alone);
        for (column, map) in columns.into_iter().flatten() {
            add(("columns".to_owned(), format!("{name}.{column}")), Some(map));
        }
        tags
    }
}

/// The entity type of a securable, as the API for tag assignments writes it.
pub(super) fn entity_type(securable: &str) -> &'static str {
    match securable {
        "catalog" => "catalogs",
        "schema" => "schemas",
        "volume" => "volumes",
        "column" => "columns",
        _ => "tables",
    }
}

/// What this body claims for itself: one declaration sets a tag of an object.
pub(super) fn claims(body: &Value) -> Vec<String> {
    let Some(id) = (Tags { alone: false }).natural_id(body) else {
        return Vec::new();
    };
    let tags = Tags { alone: false }.by_entity(&id, Some(body));
    tags.keys()
        .map(|((kind, name), key)| format!("the tag `{key}` of `{kind}/{name}`"))
        .collect()
}

/// The declared tags with values as texts.
fn tags(declared: Option<&Value>, faults: &mut Vec<String>) -> Map<String, Value> {
    let mut tags = Map::new();
    for (key, value) in declared.and_then(Value::as_object).into_iter().flatten() {
        if key.is_empty() || key.chars().count() > 255 || key.contains(FORBIDDEN) {
            faults.push(format!(
                "has the tag `{key}`: a key has 1 to 255 characters, and none of `. , - = / :`"
            ));
        }
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if value.chars().count() > 1000 {
            faults.push(format!("has the tag `{key}` with a value of more than 1000 characters"));
        }
        tags.insert(key.clone(), value.into());
    }
    tags
}

fn list(kind: &str, name: &str) -> String {
    let name = encode_segment(name);
    format!("/api/2.1/unity-catalog/entity-tag-assignments/{kind}/{name}/tags")
}

fn one((kind, name): &Entity, key: &str) -> String {
    format!("{}/{}", list(kind, name), encode_segment(key))
}

fn description(verb: &str, (kind, name): &Entity, key: &str) -> String {
    match kind.as_str() {
        "columns" => {
            let column = name.splitn(4, '.').nth(3).unwrap_or_default();
            format!("{verb} tag {key} of column {column}")
        }
        _ => format!("{verb} tag {key}"),
    }
}

fn assignment((kind, name): &Entity, key: &str, value: &str) -> Value {
    json!({"entity_type": kind, "entity_name": name, "tag_key": key, "tag_value": value})
}

fn set(entity: &Entity, key: &str, value: &str, id: &str) -> Call {
    Call {
        description: description("set", entity, key),
        request: Request::new(Method::Post, "/api/2.1/unity-catalog/entity-tag-assignments")
            .json(assignment(entity, key, value)),
        answer: Answer::Id(id.to_owned()),
        idempotent: false,
        probe: Some((
            Request::new(Method::Get, one(entity, key)),
            ProbeAnswer::Exists(id.to_owned()),
        )),
    }
}

fn change_value(entity: &Entity, key: &str, value: &str, id: &str) -> Call {
    Call {
        description: description("change", entity, key),
        request: Request::new(Method::Patch, one(entity, key))
            .query("update_mask", "tag_value")
            .json(assignment(entity, key, value)),
        answer: Answer::Id(id.to_owned()),
        idempotent: true,
        probe: None,
    }
}

/// A tag that is gone already is removed: the answer says the id all the same.
fn remove(entity: &Entity, key: &str, id: &str) -> Call {
    Call {
        description: description("remove", entity, key),
        request: Request::new(Method::Delete, one(entity, key)),
        answer: Answer::GoneFrom(id.to_owned()),
        idempotent: true,
        probe: None,
    }
}
