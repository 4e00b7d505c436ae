//! The parts of a resource that are planned and applied on their own: access, tags, masks, foreign keys. From the document of the
//! resource to theirs.

use serde_json::{Map, Value, json};
use sluice_model::{ResourceKey, SubResource};

use super::{pick, securable_of, tags, text};

/// The sub-resources that a kind can have.
pub(crate) fn subs_of(key: &ResourceKey) -> &'static [SubResource] {
    match (key.catalog, key.kind.as_str()) {
        (true, "functions") => &[SubResource::Grants],
        (true, "tables") => &[
            SubResource::Constraints,
            SubResource::Tags,
            SubResource::Masks,
            SubResource::Grants,
        ],
        (true, "views") => &[SubResource::Tags, SubResource::Grants],
        (false, "secret_scopes") => &[SubResource::Permissions],
        (false, kind) if permissions_of(kind).is_some() => &[SubResource::Permissions],
        (false, _) if securable_of(key).is_some() => &[SubResource::Grants],
        _ => &[],
    }
}

/// The document of a sub-resource of a catalog object, from the document of that; none when the object declares nothing of the kind.
/// The second value is whether it declares anything, so that what was declared before is taken back when it does not.
pub(crate) fn sub_document(key: &ResourceKey, sub: SubResource, document: &Value) -> (Value, bool) {
    let id = format!("${{{key}.id}}");
    let empty = json!({});
    let columns = document.get("columns").and_then(Value::as_array);
    let of_columns = |field: &str| -> Map<String, Value> {
        columns
            .into_iter()
            .flatten()
            .filter_map(|column| Some((text(column, "name")?.to_owned(), column.get(field)?.clone())))
            .filter(|(_, value)| *value != empty)
            .collect()
    };
    match sub {
        SubResource::Permissions => {
            let list = document.get("permissions").cloned().unwrap_or_else(|| json!([]));
            // Who deploys a scope manages it, also when nobody else is named.
            let declared = key.kind == "secret_scopes" || list.as_array().is_some_and(|list| !list.is_empty());
            let object_id = match permissions_of(&key.kind) {
                Some((place, field)) => format!("/{place}/${{{key}.{field}}}"),
                None => id,
            };
            (json!({"object_id": object_id, "__embed__": list}), declared)
        }
        SubResource::Grants => {
            let list = document.get("grants").cloned().unwrap_or_else(|| json!([]));
            let declared = list != json!([]);
            let body = json!({"securable_type": securable_of(key), "full_name": id, "__embed__": list});
            (body, declared)
        }
        SubResource::Tags => {
            let tags = document.get("tags").cloned().unwrap_or(empty.clone());
            let columns = of_columns("tags");
            let declared = tags != empty || !columns.is_empty();
            let body = json!({"entity_type": "tables", "entity_name": id, "tags": tags, "columns": columns});
            (body, declared)
        }
        SubResource::Masks => {
            let masks = of_columns("mask");
            let filter = document.get("row_filter");
            let declared = !masks.is_empty() || filter.is_some();
            (json!({"table": id, "masks": masks, "row_filter": filter}), declared)
        }
        SubResource::Constraints => {
            let keys = document.pointer("/constraints/foreign_keys").unwrap_or(&empty);
            (json!({"table": id, "foreign_keys": keys}), *keys != empty)
        }
    }
}

/// The body of a declaration that stands on its own, as its kind takes it.
pub(crate) fn standing_alone(key: &ResourceKey, document: Value) -> Value {
    if !key.catalog || key.sub.is_some() {
        return document;
    }
    let mut mask = pick(&document, &["function", "using_columns", "columns"]);
    match key.kind.as_str() {
        "tags" => json!({
            "entity_type": text(&document, "securable").map(tags::entity_type),
            "entity_name": document.get("name"),
            "tags": document.get("tags"),
        }),
        "masks" => {
            mask.shift_remove("columns");
            let column = text(&document, "column").unwrap_or_default();
            json!({"table": document.get("table"), "masks": {column: mask}})
        }
        "row_filters" => json!({"table": document.get("table"), "row_filter": mask}),
        _ => document,
    }
}

/// The id of a sub-resource, from the id of the resource that it belongs to and, when it was read, the resource; none when it is not
/// known without reading.
pub(crate) fn sub_id(key: &ResourceKey, parent_id: &str, parent: Option<&Value>) -> Option<String> {
    match key.sub? {
        SubResource::Permissions => match permissions_of(&key.kind) {
            Some((place, "id")) => Some(format!("/{place}/{parent_id}")),
            // The id of a project is its path.
            Some((place, "project_id")) => Some(format!("/{place}/{}", parent_id.rsplit('/').next()?)),
            Some((place, field)) => Some(format!("/{place}/{}", text(parent?, field)?)),
            None => Some(parent_id.to_owned()),
        },
        SubResource::Grants => Some(format!("{}/{parent_id}", securable_of(key)?)),
        SubResource::Tags => Some(format!("tables/{parent_id}")),
        SubResource::Masks | SubResource::Constraints => Some(parent_id.to_owned()),
    }
}

/// What the API for permissions calls the objects of a kind, and the field whose value names one of them. A secret scope has
/// permissions of its own kind.
pub(super) fn permissions_of(kind: &str) -> Option<(&'static str, &'static str)> {
    let (_, place, field) = PERMISSIONS.iter().find(|(known, ..)| *known == kind)?;
    Some((place, field))
}

const PERMISSIONS: [(&str, &str, &str); 15] = [
    ("alerts", "alertsv2", "id"),
    ("apps", "apps", "id"),
    ("clusters", "clusters", "id"),
    ("dashboards", "dashboards", "id"),
    ("database_instances", "database-instances", "id"),
    ("experiments", "experiments", "id"),
    ("genie_spaces", "genie", "id"),
    ("instance_pools", "instance-pools", "id"),
    ("jobs", "jobs", "id"),
    ("model_serving_endpoints", "serving-endpoints", "endpoint_id"),
    ("models", "registered-models", "model_id"),
    ("pipelines", "pipelines", "id"),
    ("postgres_projects", "database-projects", "project_id"),
    ("sql_warehouses", "sql/warehouses", "id"),
    ("vector_search_endpoints", "vector-search-endpoints", "endpoint_uuid"),
];
