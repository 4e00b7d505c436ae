//! What was read of one object, and the document that it comes to: literal values, one order, nothing that only the server writes.
//!
//! A document has the form of an entry in the catalog files or of a bundle resource, with access, tags and masks inside it. The same
//! normal form is made of declared documents ([`super::normal`]), so that both can be compared.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use sluice_model::{Node, Tree};

use super::settings;
use crate::engine::canonical_type;

/// What kinds of objects are captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CapturedKind {
    /// A schema.
    Schema,
    /// A table.
    Table,
    /// A view.
    View,
    /// A SQL function.
    Function,
    /// A volume.
    Volume,
    /// A job.
    Job,
    /// A Genie space.
    GenieSpace,
    /// A dashboard.
    Dashboard,
}

impl CapturedKind {
    /// What the files call the kind.
    #[must_use]
    pub fn document_name(self) -> &'static str {
        match self {
            Self::Schema => "schemas",
            Self::Table => "tables",
            Self::View => "views",
            Self::Function => "functions",
            Self::Volume => "volumes",
            Self::Job => "jobs",
            Self::GenieSpace => "genie_spaces",
            Self::Dashboard => "dashboards",
        }
    }

    /// What people call one of them.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Table => "table",
            Self::View => "view",
            Self::Function => "function",
            Self::Volume => "volume",
            Self::Job => "job",
            Self::GenieSpace => "Genie space",
            Self::Dashboard => "dashboard",
        }
    }

    /// Whether it stands in the catalog files and not in the bundle.
    #[must_use]
    pub fn is_catalog(self) -> bool {
        matches!(self, Self::Table | Self::View | Self::Function)
    }

    /// The kind of a document; none when it is not captured.
    #[must_use]
    pub fn of(catalog: bool, document_name: &str) -> Option<Self> {
        let all = [
            Self::Schema,
            Self::Table,
            Self::View,
            Self::Function,
            Self::Volume,
            Self::Job,
            Self::GenieSpace,
            Self::Dashboard,
        ];
        all.into_iter()
            .find(|kind| kind.is_catalog() == catalog && kind.document_name() == document_name)
    }
}

/// The answers about one object, as they came.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What it is.
    pub kind: CapturedKind,
    /// Its id: full name, job id, space id.
    pub id: String,
    /// The object.
    pub object: Tree,
    /// `privilege_assignments` given on the object itself.
    pub grants: Vec<Tree>,
    /// `tag_assignments` of the object and of its columns.
    pub tags: Vec<Tree>,
    /// `access_control_list`, for objects that have permissions instead of grants.
    pub permissions: Vec<Tree>,
}

/// An object as a document.
#[derive(Clone, Debug)]
pub struct Observed {
    /// What it is.
    pub kind: CapturedKind,
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its content.
    pub document: Tree,
    /// Its tags, for kinds whose documents have none.
    pub loose_tags: IndexMap<String, Tree>,
}

/// The document of an object; why it cannot be one when a catalog file or bundle could not make it again.
///
/// # Errors
/// The reason, as a fragment.
pub fn observe(reading: &Reading, user_name: &str) -> Result<Observed, String> {
    let object = &reading.object;
    let mut loose_tags = IndexMap::new();
    let document = match reading.kind {
        CapturedKind::Schema => {
            loose_tags = own_tags(reading);
            schema(object)
        }
        CapturedKind::Volume => {
            loose_tags = own_tags(reading);
            volume(object)
        }
        CapturedKind::Table => table(object, reading)?,
        CapturedKind::View => view(object, reading)?,
        CapturedKind::Function => function(object)?,
        CapturedKind::Job => settings::job(object, user_name)?,
        CapturedKind::GenieSpace => settings::genie_space(object)?,
        CapturedKind::Dashboard => settings::dashboard(object)?,
    };
    let mut document = document;
    match reading.kind {
        CapturedKind::Job | CapturedKind::GenieSpace | CapturedKind::Dashboard => {
            put(
                &mut document,
                "permissions",
                permissions(&reading.permissions, user_name),
            );
        }
        CapturedKind::Schema
        | CapturedKind::Table
        | CapturedKind::View
        | CapturedKind::Function
        | CapturedKind::Volume => put(&mut document, "grants", grants(&reading.grants)),
    }
    let name = ["full_name", "name", "title", "display_name"]
        .iter()
        .find_map(|field| document_text(object, field))
        .or_else(|| document_text(object.get("settings")?, "name"))
        .unwrap_or(&reading.id);
    Ok(Observed {
        kind: reading.kind,
        id: reading.id.clone(),
        name: name.to_owned(),
        document,
        loose_tags,
    })
}

/// A text that is not empty.
pub(super) fn document_text<'a>(tree: &'a Tree, field: &str) -> Option<&'a str> {
    tree.get(field)?.as_str().filter(|text| !text.is_empty())
}

/// Sets a field unless its value says nothing.
pub(super) fn put(document: &mut Tree, field: &str, value: Tree) {
    let empty = match &value.node {
        Node::Null => true,
        Node::Sequence(items) => items.is_empty(),
        Node::Mapping(fields) => fields.is_empty(),
        Node::String(text) => text.is_empty(),
        Node::Bool(_) | Node::Integer(_) | Node::Float(_) => false,
    };
    if !empty {
        document.set(field, value);
    }
}

fn copy(from: &Tree, to: &mut Tree, fields: &[&str]) {
    for field in fields {
        put(to, field, from.get(field).cloned().unwrap_or_default());
    }
}

pub(super) fn items<'a>(tree: &'a Tree, field: &str) -> &'a [Tree] {
    tree.get(field).and_then(Tree::as_sequence).unwrap_or_default()
}

fn schema(object: &Tree) -> Tree {
    let mut document = Tree::mapping();
    copy(object, &mut document, &["catalog_name", "name", "comment"]);
    put(&mut document, "properties", properties(object));
    document
}

fn volume(object: &Tree) -> Tree {
    let mut document = Tree::mapping();
    copy(
        object,
        &mut document,
        &["catalog_name", "schema_name", "name", "comment"],
    );
    if document_text(object, "volume_type") == Some("EXTERNAL") {
        copy(object, &mut document, &["volume_type", "storage_location"]);
    }
    document
}

fn table(object: &Tree, reading: &Reading) -> Result<Tree, String> {
    let made = document_text(object, "table_type").unwrap_or("MANAGED");
    if made != "MANAGED" {
        return Err(format!(
            "it is of type {made}, and catalog files declare managed tables"
        ));
    }
    let format = document_text(object, "data_source_format").unwrap_or("DELTA");
    if format != "DELTA" {
        return Err(format!(
            "its format is {format}, and catalog files declare Delta tables"
        ));
    }
    let mut document = Tree::mapping();
    put(&mut document, "name", full_name(object));
    copy(object, &mut document, &["comment"]);
    let column_tags = column_tags(reading);
    let columns = columns(object)
        .into_iter()
        .map(|column| table_column(column, &column_tags))
        .collect();
    put(&mut document, "columns", Node::Sequence(columns).into());
    put(&mut document, "constraints", constraints(object));
    put(&mut document, "row_filter", row_filter(object));
    put(&mut document, "properties", properties(object));
    put(&mut document, "tags", Node::Mapping(own_tags(reading)).into());
    Ok(document)
}

fn full_name(object: &Tree) -> Tree {
    object.get("full_name").cloned().unwrap_or_default()
}

fn columns(object: &Tree) -> Vec<&Tree> {
    let mut columns: Vec<&Tree> = items(object, "columns").iter().collect();
    columns.sort_by_key(|column| column.get("position").and_then(Tree::as_integer));
    columns
}

fn table_column(column: &Tree, tags: &BTreeMap<String, IndexMap<String, Tree>>) -> Tree {
    let mut document = Tree::mapping();
    copy(column, &mut document, &["name"]);
    let written = document_text(column, "type_text").unwrap_or_default();
    document.set("type", canonical_type(written));
    if column.get("nullable").and_then(Tree::as_bool) == Some(false) {
        document.set("nullable", false);
    }
    copy(column, &mut document, &["comment"]);
    let name = document_text(column, "name").unwrap_or_default().to_lowercase();
    let tags = tags.get(&name).cloned().unwrap_or_default();
    put(&mut document, "tags", Node::Mapping(tags).into());
    if let Some(mask) = column.get("mask").filter(|mask| !mask.is_null()) {
        let mut declared = Tree::mapping();
        put(
            &mut declared,
            "function",
            mask.get("function_name").cloned().unwrap_or_default(),
        );
        let using = mask.get("using_column_names").cloned().unwrap_or_default();
        put(&mut declared, "using_columns", using);
        document.set("mask", declared);
    }
    document
}

fn row_filter(object: &Tree) -> Tree {
    let Some(filter) = object.get("row_filter").filter(|filter| !filter.is_null()) else {
        return Tree::default();
    };
    let mut declared = Tree::mapping();
    let function = filter.get("function_name").or_else(|| filter.get("name"));
    put(&mut declared, "function", function.cloned().unwrap_or_default());
    declared.set("columns", filter.get("input_column_names").cloned().unwrap_or_default());
    declared
}

/// What the names of the properties begin with in which Delta keeps checks.
const CHECK: &str = "delta.constraints.";

fn constraints(object: &Tree) -> Tree {
    let mut constraints = Tree::mapping();
    let mut foreign = IndexMap::new();
    for constraint in items(object, "table_constraints") {
        if let Some(key) = constraint.get("primary_key_constraint") {
            constraints.set("primary_key", primary_key(key, object));
        }
        if let Some(key) = constraint.get("foreign_key_constraint") {
            let mut declared = Tree::mapping();
            for (field, from) in [
                ("columns", "child_columns"),
                ("references", "parent_table"),
                ("referenced_columns", "parent_columns"),
            ] {
                put(&mut declared, field, key.get(from).cloned().unwrap_or_default());
            }
            rely(key, &mut declared);
            let name = document_text(key, "name").unwrap_or_default();
            foreign.insert(name.to_owned(), declared);
        }
    }
    foreign.sort_keys();
    put(&mut constraints, "foreign_keys", Node::Mapping(foreign).into());
    let mut checks: IndexMap<String, Tree> = object
        .get("properties")
        .and_then(Tree::as_mapping)
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.strip_prefix(CHECK)?.to_owned(), value.clone())))
        .collect();
    checks.sort_keys();
    put(&mut constraints, "checks", Node::Mapping(checks).into());
    constraints
}

/// A key with the name that a deployment gives it is the list of its columns.
fn primary_key(key: &Tree, object: &Tree) -> Tree {
    let columns = key.get("child_columns").cloned().unwrap_or_default();
    let usual = format!("{}_pk", document_text(object, "name").unwrap_or_default());
    let relied = key.get("rely").and_then(Tree::as_bool) == Some(true);
    let named = document_text(key, "name").is_some_and(|name| !name.eq_ignore_ascii_case(&usual));
    if !named && !relied {
        return columns;
    }
    let mut declared = Tree::mapping();
    if named {
        put(&mut declared, "name", key.get("name").cloned().unwrap_or_default());
    }
    declared.set("columns", columns);
    rely(key, &mut declared);
    declared
}

fn rely(key: &Tree, declared: &mut Tree) {
    if key.get("rely").and_then(Tree::as_bool) == Some(true) {
        declared.set("rely", true);
    }
}

fn view(object: &Tree, reading: &Reading) -> Result<Tree, String> {
    let made = document_text(object, "table_type").unwrap_or("VIEW");
    if made != "VIEW" {
        return Err(format!("it is of type {made}, and catalog files declare plain views"));
    }
    let mut document = Tree::mapping();
    put(&mut document, "name", full_name(object));
    put(
        &mut document,
        "query",
        object.get("view_definition").cloned().unwrap_or_default(),
    );
    copy(object, &mut document, &["comment"]);
    let column_tags = column_tags(reading);
    let columns: Vec<Tree> = columns(object)
        .into_iter()
        .map(|column| {
            let mut document = Tree::mapping();
            copy(column, &mut document, &["name", "comment"]);
            let name = document_text(column, "name").unwrap_or_default().to_lowercase();
            let tags = column_tags.get(&name).cloned().unwrap_or_default();
            put(&mut document, "tags", Node::Mapping(tags).into());
            document
        })
        .collect();
    // The names alone are the query's own.
    if columns
        .iter()
        .any(|column| column.as_mapping().is_some_and(|fields| fields.len() > 1))
    {
        document.set("columns", Tree::from(Node::Sequence(columns)));
    }
    put(&mut document, "tags", Node::Mapping(own_tags(reading)).into());
    Ok(document)
}

fn function(object: &Tree) -> Result<Tree, String> {
    let body = document_text(object, "routine_body").unwrap_or("SQL");
    let language = document_text(object, "external_language").unwrap_or(body);
    if body != "SQL" {
        return Err(format!(
            "it is written in {language}, and catalog files declare SQL functions"
        ));
    }
    let mut document = Tree::mapping();
    put(&mut document, "name", full_name(object));
    let mut parameters: Vec<&Tree> = object
        .get("input_params")
        .map(|parameters| items(parameters, "parameters").iter().collect())
        .unwrap_or_default();
    parameters.sort_by_key(|parameter| parameter.get("position").and_then(Tree::as_integer));
    let parameters: Vec<Tree> = parameters
        .into_iter()
        .map(|parameter| {
            let mut declared = Tree::mapping();
            copy(parameter, &mut declared, &["name"]);
            declared.set(
                "type",
                canonical_type(document_text(parameter, "type_text").unwrap_or_default()),
            );
            copy(parameter, &mut declared, &["comment"]);
            declared
        })
        .collect();
    put(&mut document, "parameters", Node::Sequence(parameters).into());
    let returns = document_text(object, "full_data_type").or_else(|| document_text(object, "data_type"));
    document.set("returns", canonical_type(returns.unwrap_or_default()));
    let definition = object.get("routine_definition").cloned().unwrap_or_default();
    put(&mut document, "definition", definition);
    // Functions are deterministic when nothing is said.
    if object.get("is_deterministic").and_then(Tree::as_bool) == Some(false) {
        document.set("deterministic", false);
    }
    copy(object, &mut document, &["comment"]);
    Ok(document)
}

/// Properties of people. What Delta, Spark and the catalog write about their own work is not among them, nor is our own mark.
fn properties(object: &Tree) -> Tree {
    let fields = object.get("properties").and_then(Tree::as_mapping);
    let mut properties: IndexMap<String, Tree> = fields
        .into_iter()
        .flatten()
        .filter(|(name, _)| !written_by_server(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    properties.sort_keys();
    Node::Mapping(properties).into()
}

pub(super) fn written_by_server(property: &str) -> bool {
    const PREFIXES: [&str; 11] = [
        CHECK,
        "delta.feature.",
        "delta.lastCommit",
        "delta.lastUpdate",
        "delta.rowTracking.materialized",
        "delta.columnMapping.maxColumnId",
        "delta.workloadBased",
        "spark.",
        "view.",
        "unity.catalog.",
        "clusterByAuto",
    ];
    let versions = matches!(property, "delta.minReaderVersion" | "delta.minWriterVersion");
    versions || property == crate::engine::OWNER_MARK || PREFIXES.iter().any(|prefix| property.starts_with(prefix))
}

fn own_tags(reading: &Reading) -> IndexMap<String, Tree> {
    tags_where(reading, |assignment| {
        document_text(assignment, "entity_type") != Some("columns")
    })
}

fn column_tags(reading: &Reading) -> BTreeMap<String, IndexMap<String, Tree>> {
    let mut by_column = BTreeMap::new();
    for assignment in &reading.tags {
        let column = document_text(assignment, "entity_name").and_then(|name| name.splitn(4, '.').nth(3));
        if let (Some("columns"), Some(column)) = (document_text(assignment, "entity_type"), column) {
            let name = document_text(assignment, "entity_name").unwrap_or_default();
            let of_column = tags_where(reading, |other| {
                document_text(other, "entity_type") == Some("columns")
                    && document_text(other, "entity_name") == Some(name)
            });
            by_column.insert(column.to_lowercase(), of_column);
        }
    }
    by_column
}

fn tags_where(reading: &Reading, wanted: impl Fn(&Tree) -> bool) -> IndexMap<String, Tree> {
    let mut tags: IndexMap<String, Tree> = reading
        .tags
        .iter()
        .filter(|assignment| wanted(assignment))
        .filter_map(|assignment| {
            let value = document_text(assignment, "tag_value").unwrap_or_default();
            Some((document_text(assignment, "tag_key")?.to_owned(), value.into()))
        })
        .collect();
    tags.sort_keys();
    tags
}

/// Privileges by principal, both sorted.
pub(super) fn grants(assignments: &[Tree]) -> Tree {
    let mut principals: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for assignment in assignments {
        let Some(principal) = document_text(assignment, "principal") else {
            continue;
        };
        let privileges = principals.entry(principal).or_default();
        let given = items(assignment, "privileges").iter().filter_map(Tree::as_str);
        privileges.extend(given.map(|name| name.to_uppercase().replace(' ', "_")));
        privileges.sort();
        privileges.dedup();
        if privileges.iter().any(|name| name == "ALL_PRIVILEGES") {
            privileges.retain(|name| name == "ALL_PRIVILEGES");
        }
    }
    let list = principals.into_iter().filter(|(_, privileges)| !privileges.is_empty());
    let list = list.map(|(principal, privileges)| {
        let mut grant = Tree::mapping();
        grant.set("principal", principal);
        let privileges = privileges.into_iter().map(Tree::from).collect();
        grant.set("privileges", Tree::from(Node::Sequence(privileges)));
        grant
    });
    Node::Sequence(list.collect()).into()
}

/// The fields that name a principal.
const PRINCIPALS: [&str; 3] = ["user_name", "group_name", "service_principal_name"];

/// Levels that were given directly; the owner is left out when it is the one who captures, because a deployment makes it the owner.
fn permissions(list: &[Tree], user_name: &str) -> Tree {
    let mut entries: Vec<(String, String, String)> = Vec::new();
    for item in list {
        let Some((field, principal)) = PRINCIPALS
            .iter()
            .find_map(|field| Some((*field, document_text(item, field)?)))
        else {
            continue;
        };
        let direct = items(item, "all_permissions")
            .iter()
            .filter(|permission| permission.get("inherited").and_then(Tree::as_bool) != Some(true));
        for level in direct.filter_map(|permission| document_text(permission, "permission_level")) {
            if !(level == "IS_OWNER" && principal == user_name) {
                entries.push((principal.to_owned(), field.to_owned(), level.to_owned()));
            }
        }
    }
    entries.sort();
    let entries = entries.into_iter().map(|(principal, field, level)| {
        let mut entry = Tree::mapping();
        entry.set("level", level);
        entry.set(&field, principal);
        entry
    });
    Node::Sequence(entries.collect()).into()
}
