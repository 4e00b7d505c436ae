//! Comments, tags and keys of tables and views.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use crate::binding::{BoundContract, at, column, declared_key};
use crate::contract::{Annotations, Located, Property, Relationship, SchemaObject};
use crate::descriptor::{Classification, Descriptor};
use crate::tag_policy::{CLASSIFICATION, split};

/// Tag of a column that business depends on.
const CRITICAL: &str = "cde";

/// Tag that links to the glossary.
const TERM: &str = "term";

/// Tag of what should not be used any more.
const LIFECYCLE: &str = "lifecycle";

/// Comments, tags and the primary key of a port's table or view.
pub(super) fn metadata(
    catalog: &mut Tree,
    descriptor: &Descriptor,
    bound: &BoundContract,
    findings: &mut Vec<Diagnostic>,
) {
    let Some((table, object)) = target(catalog, bound) else {
        return;
    };
    if let Some(comment) = table_comment(bound, object) {
        set_comment(table, &comment, findings);
    }
    set_tags(table, &table_tags(descriptor, bound, object), findings);
    for property in &object.properties {
        columns(table, property, findings);
    }
    if bound.port.table.as_ref().is_some_and(|key| key.kind == "tables") {
        primary_key(table, object, findings);
    }
}

fn target<'tree, 'bound>(
    catalog: &'tree mut Tree,
    bound: &'bound BoundContract,
) -> Option<(&'tree mut Tree, &'bound SchemaObject)> {
    let key = bound.port.table.as_ref()?;
    let table = catalog.get_mut(&key.kind)?.get_mut(&key.name)?;
    Some((table, bound.object()?))
}

/// The description with a mark of what is deprecated.
pub(super) fn description(element: &crate::contract::Element) -> Option<Located<String>> {
    let described = element.description.as_ref().or(element.business_name.as_ref())?;
    let text = described.trim();
    let deprecated = element.deprecated.as_ref().is_some_and(|flag| flag.value);
    Some(Located {
        value: if deprecated {
            format!("Deprecated. {text}")
        } else {
            text.to_owned()
        },
        place: described.place.clone(),
    })
}

fn table_comment(bound: &BoundContract, object: &SchemaObject) -> Option<Located<String>> {
    let mut comment = description(&object.element)?;
    let limitations = bound
        .contract
        .description
        .as_ref()
        .and_then(|said| said.limitations.as_ref());
    if let Some(limitations) = limitations {
        comment.value = format!("{} Limitations: {}", comment.value, limitations.trim());
    }
    Some(comment)
}

/// Sets the comment. A catalog file that begins otherwise is contradicted; one that says the beginning of it is only completed.
fn set_comment(holder: &mut Tree, comment: &Located<String>, findings: &mut Vec<Diagnostic>) {
    if let Some(written) = holder.get("comment")
        && let Some(text) = written.as_str()
        && !comment.starts_with(text.trim())
    {
        let summary = "the contract and the catalog file describe this differently; the contract's description is used";
        findings.push(
            at(Diagnostic::warning(summary), &comment.place)
                .location(written.location.clone())
                .help("remove the comment from the catalog file, or let both say the same"),
        );
    }
    holder.set(
        "comment",
        Tree::from(comment.value.clone()).at(comment.place.location.clone()),
    );
}

type Tags = Vec<(String, Located<String>)>;

fn table_tags(descriptor: &Descriptor, bound: &BoundContract, object: &SchemaObject) -> Tags {
    let own = |value: &str| Located {
        value: value.to_owned(),
        place: crate::contract::Place::default(),
    };
    let classification = match descriptor.classification {
        Classification::Public => "public",
        Classification::Internal => "internal",
        Classification::Confidential => "confidential",
        Classification::Restricted => "restricted",
    };
    let mut tags: Tags = vec![
        ("data_product".to_owned(), own(descriptor.name.as_str())),
        ("domain".to_owned(), own(&descriptor.domain)),
        (CLASSIFICATION.to_owned(), own(classification)),
    ];
    add_annotations(&mut tags, &bound.contract.annotations);
    add_annotations(&mut tags, &object.element.annotations);
    add_deprecation(&mut tags, &object.element);
    tags
}

fn column_tags(property: &Property) -> Tags {
    let mut tags = Tags::new();
    add_annotations(&mut tags, &property.element.annotations);
    if let Some(classification) = &property.classification {
        put(&mut tags, CLASSIFICATION, classification.clone());
    }
    if let Some(critical) = property.critical_data_element.as_ref().filter(|flag| flag.value) {
        let value = Located {
            value: "true".to_owned(),
            place: critical.place.clone(),
        };
        put(&mut tags, CRITICAL, value);
    }
    add_deprecation(&mut tags, &property.element);
    tags
}

fn add_annotations(tags: &mut Tags, annotations: &Annotations) {
    for tag in &annotations.tags {
        let (key, value) = split(tag);
        let value = Located {
            value: value.to_owned(),
            place: tag.place.clone(),
        };
        put(tags, key, value);
    }
    let mut terms = annotations.terms();
    if let Some(first) = terms.next() {
        let all: Vec<&str> = [first.value].into_iter().chain(terms.map(|term| term.value)).collect();
        let value = Located {
            value: all.join(","),
            place: first.place,
        };
        put(tags, TERM, value);
    }
}

fn add_deprecation(tags: &mut Tags, element: &crate::contract::Element) {
    if let Some(deprecated) = element.deprecated.as_ref().filter(|flag| flag.value) {
        let value = Located {
            value: "deprecated".to_owned(),
            place: deprecated.place.clone(),
        };
        put(tags, LIFECYCLE, value);
    }
}

/// A later value of a key replaces an earlier one: the object's own tag goes before the contract's.
fn put(tags: &mut Tags, key: &str, value: Located<String>) {
    match tags.iter_mut().find(|(known, _)| known == key) {
        Some(slot) => slot.1 = value,
        None => tags.push((key.to_owned(), value)),
    }
}

fn set_tags(holder: &mut Tree, tags: &[(String, Located<String>)], findings: &mut Vec<Diagnostic>) {
    if tags.is_empty() {
        return;
    }
    if holder.get("tags").is_none() {
        holder.set("tags", Tree::mapping());
    }
    let Some(written) = holder.get_mut("tags") else { return };
    for (key, tag) in tags {
        if let Some(other) = written.get(key)
            && other.as_str() != Some(tag.value.as_str())
            && !(other.is_null() && tag.value.is_empty())
        {
            let summary =
                format!("the contract and the catalog file give tag `{key}` different values; the contract's is used");
            let finding = Diagnostic::warning(summary).location(tag.place.location.clone());
            findings.push(
                finding
                    .location(other.location.clone())
                    .help("remove the tag from the catalog file, or let both say the same"),
            );
        }
        written.set(key, Tree::from(tag.value.clone()).at(tag.place.location.clone()));
    }
}

fn columns(table: &mut Tree, property: &Property, findings: &mut Vec<Diagnostic>) {
    let name = property.element.physical_name();
    let Some(columns) = table.get_mut("columns") else {
        return;
    };
    let Node::Sequence(items) = &mut columns.node else {
        return;
    };
    let is_it = |column: &&mut Tree| {
        let known = column.get("name").and_then(Tree::as_str);
        known.is_some_and(|known| known.eq_ignore_ascii_case(name))
    };
    let Some(column) = items.iter_mut().find(is_it) else {
        return;
    };
    if let Some(comment) = description(&property.element) {
        set_comment(column, &comment, findings);
    }
    set_tags(column, &column_tags(property), findings);
}

/// A primary key of Unity Catalog needs columns that are never null, which only the catalog file decides: a key whose columns may be null
/// is not set, and said so.
fn primary_key(table: &mut Tree, object: &SchemaObject, findings: &mut Vec<Diagnostic>) {
    let key = object.primary_key();
    let Some(first) = key.first() else { return };
    // One that the file declares stays; `contract check` compares the two.
    if declared_key(table).is_some() {
        return;
    }
    let names: Vec<String> = key
        .iter()
        .map(|property| property.element.physical_name().value.clone())
        .collect();
    let nullable =
        |name: &&String| column(table, name).is_none_or(|column| column.get("nullable") != Some(&false.into()));
    let open: Vec<String> = names.iter().filter(nullable).map(|name| format!("`{name}`")).collect();
    if !open.is_empty() {
        let summary = format!(
            "the primary key of the contract is not set: {} may be null",
            open.join(", ")
        );
        findings.push(
            at(Diagnostic::recommendation(summary), &first.element.place)
                .location(table.key_location.clone())
                .help("add `nullable: false` to the columns of the key in the catalog file"),
        );
        return;
    }
    let columns: Vec<Tree> = names.into_iter().map(Tree::from).collect();
    constraints(table).set(
        "primary_key",
        Tree::from(Node::Sequence(columns)).at(first.element.place.location.clone()),
    );
}

fn constraints(table: &mut Tree) -> &mut Tree {
    if table.get("constraints").is_none() {
        table.set("constraints", Tree::mapping());
    }
    table.get_mut("constraints").expect("invariant: it was just set")
}

/// Foreign keys to tables whose primary key they name.
pub(super) fn foreign_keys(
    catalog: &mut Tree,
    bound: &BoundContract,
    contracts: &[BoundContract],
    findings: &mut Vec<Diagnostic>,
) {
    let Some(object) = bound.object() else { return };
    let on_object = object.relationships.iter().map(|relationship| (relationship, None));
    let on_properties = object.properties.iter().flat_map(|property| {
        let relationships = property.relationships.iter();
        relationships.map(move |relationship| (relationship, Some(property)))
    });
    for (relationship, property) in on_object.chain(on_properties) {
        let Some(key) = ForeignKey::of(relationship, property, catalog, contracts) else {
            let summary = "this relationship leads to no table of this product; it is not set as a foreign key";
            findings.push(at(Diagnostic::recommendation(summary), &relationship.place));
            continue;
        };
        let parent = catalog.get("tables").and_then(|tables| tables.get(&key.parent));
        let parent_key = parent.and_then(declared_key).map(|(columns, _)| columns);
        let same =
            |columns: Vec<&str>| columns.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>() == key.referenced;
        if !parent_key.is_some_and(same) {
            let summary = format!(
                "this relationship is not set as a foreign key: ({}) is not the primary key of `{}`",
                key.referenced.join(", "),
                key.parent
            );
            findings.push(at(Diagnostic::recommendation(summary), &relationship.place));
            continue;
        }
        if let Some((table, _)) = target(catalog, bound) {
            key.set(table, relationship);
        }
    }
}

struct ForeignKey {
    columns: Vec<String>,
    /// Key of the parent table in the catalog files.
    parent: String,
    referenced: Vec<String>,
}

impl ForeignKey {
    fn of(
        relationship: &Relationship,
        property: Option<&Property>,
        catalog: &Tree,
        contracts: &[BoundContract],
    ) -> Option<Self> {
        let split = |ends: &[Located<String>]| -> Option<(String, Vec<String>)> {
            let parts: Option<Vec<(&str, &str)>> = ends.iter().map(|end| end.rsplit_once('.')).collect();
            let parts = parts?;
            let (object, _) = parts.first()?;
            let one_object = parts.iter().all(|(other, _)| other == object);
            one_object.then(|| {
                (
                    (*object).to_owned(),
                    parts.iter().map(|(_, column)| (*column).to_owned()).collect(),
                )
            })
        };
        let (object, referenced) = split(&relationship.to)?;
        let columns = match property {
            Some(property) => vec![property.element.physical_name().value.clone()],
            None => split(&relationship.from)?.1,
        };
        let parent = table_of(&object, catalog, contracts)?;
        (columns.len() == referenced.len()).then_some(Self {
            columns,
            parent,
            referenced,
        })
    }

    fn set(&self, table: &mut Tree, relationship: &Relationship) {
        let holder = constraints(table);
        if holder.get("foreign_keys").is_none() {
            holder.set("foreign_keys", Tree::mapping());
        }
        let Some(keys) = holder.get_mut("foreign_keys") else {
            return;
        };
        let same = |one: &Tree| {
            let columns = one.get("columns").and_then(Tree::as_sequence).unwrap_or_default();
            columns
                .iter()
                .map(Tree::as_str)
                .eq(self.columns.iter().map(|name| Some(name.as_str())))
        };
        // One that the file declares for these columns stays.
        if keys.as_mapping().is_some_and(|all| all.values().any(same)) {
            return;
        }
        let texts = |all: &[String]| Node::Sequence(all.iter().map(|one| one.as_str().into()).collect());
        let mut body = Tree::mapping().at(relationship.place.location.clone());
        body.set("columns", texts(&self.columns));
        body.set("references", format!("${{catalog.tables.{}.name}}", self.parent));
        body.set("referenced_columns", texts(&self.referenced));
        let name = relationship
            .id
            .as_ref()
            .map_or_else(|| format!("fk_{}", self.columns.join("_")), |id| id.value.clone());
        keys.set(&name, body);
    }
}

/// The key of the table that an object of a contract is: of a port's contract, else a table of this key.
fn table_of(object: &str, catalog: &Tree, contracts: &[BoundContract]) -> Option<String> {
    let described = contracts.iter().find(|bound| {
        bound
            .object()
            .is_some_and(|known| known.element.name.value == object || known.element.physical_name().value == object)
    });
    let described = described.and_then(|bound| bound.port.table.as_ref());
    if let Some(key) = described.filter(|key| key.kind == "tables") {
        return Some(key.name.clone());
    }
    catalog
        .at_path(&TreePath::keys(["tables", object]))
        .map(|_| object.to_owned())
}
