//! The desired resources of a bundle: one body per key, sub-resources split off, references still in place, and the edges.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sluice_model::{Diagnostic, Location, Node, ResourceKey, SubResource, Tree, TreePath};

use super::graph::{self, Edges};
use super::kinds::{self, Facts};
use super::plan::Dependency;
use super::references::{Known, Reference, fill, references_in, templates};
use super::state::States;
use crate::language::Bundle;

/// The desired resources, and in which order they need each other.
pub(crate) struct Desired {
    /// By key.
    pub(crate) resources: BTreeMap<ResourceKey, DesiredResource>,
    /// Bodies with every reference filled that the configuration alone answers: enough for names.
    pub(crate) named: BTreeMap<ResourceKey, Value>,
    /// Keys with what they need before them.
    pub(crate) order: Vec<ResourceKey>,
    /// What kinds need to know.
    pub(crate) facts: Facts,
}

/// One desired resource.
#[derive(Clone, Debug)]
pub(crate) struct DesiredResource {
    /// The body to send, references in place.
    pub(crate) body: Value,
    /// What it needs first.
    pub(crate) depends_on: Vec<Dependency>,
    /// Where it is written.
    pub(crate) location: Option<Location>,
    /// Where names that [`Kind::needs`](kinds::Kind::needs) gives are written.
    pub(crate) places: BTreeMap<String, Location>,
    /// `lifecycle.prevent_destroy`.
    pub(crate) prevent_destroy: bool,
    /// `lifecycle.triggers.on_bundle_deploy`.
    pub(crate) on_deploy: bool,
    /// `on_change: recreate` of a catalog resource.
    pub(crate) recreate_on_change: bool,
}

/// Fields of a document that are the engine's and never sent.
const ENGINE_FIELDS: &[&str] = &[
    "permissions",
    "grants",
    "lifecycle",
    "on_change",
    "volume_path",
    "file_path",
];

/// What kinds need to know about the deployment of this bundle.
pub(crate) fn facts(bundle: &Bundle) -> Facts {
    Facts {
        marker: format!("{}/{}", bundle.name, bundle.target),
        product: bundle.name.clone(),
        resource_path: bundle.workspace.resource_path.clone(),
        metadata_file_path: format!("{}/metadata.json", bundle.workspace.state_path),
        user_name: bundle.current_user.user_name.clone(),
        service_principal: bundle.current_user.service_principal,
        warehouse_id: kinds::statements::warehouse_of(&bundle.catalog),
    }
}

/// Everything that the bundle and its catalog files want. Faults are added to `faults`; what is faulty is left out.
pub(crate) fn collect(bundle: &Bundle, states: &States, faults: &mut Vec<Diagnostic>) -> Desired {
    let mut collector = Collector {
        facts: facts(bundle),
        states,
        resources: BTreeMap::new(),
        faults,
    };
    collector.document(bundle.config.get("resources"), false);
    collector.document(Some(&bundle.catalog), true);
    let Collector {
        facts,
        resources,
        faults,
        ..
    } = collector;
    let mut resources = resources;
    let named = named_bodies(&resources);
    claimed_twice(&resources, &named, faults);
    edges(&mut resources, &named, faults);
    let mut edges: Edges = resources
        .iter()
        .map(|(key, resource)| (key.clone(), resource.depends_on.clone()))
        .collect();
    let order = graph::topological(&edges).unwrap_or_else(|cycle| {
        faults.push(cycle_fault(&cycle, &resources));
        Vec::new()
    });
    let guarded = access_last(&mut edges)
        .then(|| graph::topological(&edges).ok())
        .flatten();
    let order = guarded.inspect(|_| keep_edges(&mut resources, edges)).unwrap_or(order);
    Desired {
        resources,
        named,
        order,
        facts,
    }
}

/// What an object has is complete before somebody gets access to it: grants come after its constraints, tags and masks, and so does
/// what uses it, except for functions, which its masks may need. Whether there is anything to add.
fn access_last(edges: &mut Edges) -> bool {
    let mut added = Vec::new();
    for (key, needs) in &*edges {
        if key.catalog && key.kind == "functions" || key.sub.is_some_and(|sub| sub != SubResource::Grants) {
            continue;
        }
        for Dependency { node, label } in needs {
            for sub in [SubResource::Constraints, SubResource::Tags, SubResource::Masks] {
                let node = node.with_sub(sub);
                if node.parent() != *key && edges.contains_key(&node) && !needs.iter().any(|other| other.node == node) {
                    let label = label.clone();
                    added.push((key.clone(), Dependency { node, label }));
                }
            }
        }
    }
    for (key, dependency) in &added {
        edges.entry(key.clone()).or_default().push(dependency.clone());
    }
    !added.is_empty()
}

fn keep_edges(resources: &mut BTreeMap<ResourceKey, DesiredResource>, edges: Edges) {
    for (key, mut needs) in edges {
        if let Some(resource) = resources.get_mut(&key) {
            needs.sort();
            resource.depends_on = needs;
        }
    }
}

struct Collector<'a> {
    facts: Facts,
    states: &'a States,
    resources: BTreeMap<ResourceKey, DesiredResource>,
    faults: &'a mut Vec<Diagnostic>,
}

impl Collector<'_> {
    fn document(&mut self, kinds: Option<&Tree>, catalog: bool) {
        for (kind, resources) in kinds.and_then(Tree::as_mapping).into_iter().flatten() {
            if catalog && matches!(kind.as_str(), "version" | "warehouse_id") {
                continue;
            }
            for (name, tree) in resources.as_mapping().into_iter().flatten() {
                let key = ResourceKey {
                    catalog,
                    kind: kind.clone(),
                    name: name.clone(),
                    sub: None,
                };
                self.resource(key, tree);
            }
        }
    }

    fn resource(&mut self, key: ResourceKey, tree: &Tree) {
        let document = without_nulls(tree.to_json());
        let location = tree.key_location.clone().or_else(|| tree.location.clone());
        if kinds::of(&key).is_none() {
            self.faults.push(
                Diagnostic::error(format!(
                    "`{key}` cannot be deployed: the kind `{}` is not supported",
                    key.kind
                ))
                .help("deploy it with `databricks bundle`")
                .path(path_of(&key))
                .location(location),
            );
            return;
        }
        let mut places = BTreeMap::new();
        names_at(tree, &mut places);
        let flag = |pointer: &str| document.pointer(pointer).and_then(Value::as_bool) == Some(true);
        let resource = DesiredResource {
            body: Value::Null,
            depends_on: Vec::new(),
            location,
            places,
            prevent_destroy: flag("/lifecycle/prevent_destroy"),
            on_deploy: flag("/lifecycle/triggers/on_bundle_deploy"),
            recreate_on_change: document.get("on_change").and_then(Value::as_str) == Some("recreate"),
        };
        let mut body = kinds::standing_alone(&key, document.clone());
        if let Value::Object(fields) = &mut body
            && !(key.catalog && key.kind == "grants")
        {
            fields.retain(|name, _| !ENGINE_FIELDS.contains(&name.as_str()));
        }
        if let Some(lifecycle) = kinds::started::of_document(&document)
            && !key.catalog
            && kinds::started::KINDS.contains(&key.kind.as_str())
        {
            body[kinds::started::LIFECYCLE] = lifecycle;
        }
        if !self.add(key.clone(), body, resource.clone()) {
            return;
        }
        for sub in kinds::subs_of(&key) {
            let (body, declared) = kinds::sub_document(&key, *sub, &document);
            let sub_key = key.with_sub(*sub);
            // Without an entry in the configuration it exists when something was given before that can be taken back.
            let before = *sub != SubResource::Permissions && self.states.get(&sub_key).is_some();
            if declared || before {
                self.add(sub_key, body, resource.clone());
            }
        }
    }

    /// Whether it is well formed.
    fn add(&mut self, key: ResourceKey, document: Value, mut resource: DesiredResource) -> bool {
        let Some(kind) = kinds::of(&key) else { return false };
        match kind.desired(document, &self.facts) {
            Ok(body) => {
                resource.body = body;
                self.resources.insert(key, resource);
                true
            }
            Err(faults) => {
                self.faults.extend(faults.into_iter().map(|fault| {
                    Diagnostic::error(format!("`{key}` {fault}"))
                        .path(path_of(&key))
                        .location(resource.location.clone())
                }));
                false
            }
        }
    }
}

/// The places of the names of functions and tables that masks, row filters and foreign keys write out, and of tags as `key=value`.
fn names_at(tree: &Tree, places: &mut BTreeMap<String, Location>) {
    for field in ["function", "references"] {
        if let Some(name) = tree.get(field)
            && let (Some(text), Some(location)) = (name.as_str(), &name.location)
        {
            places.entry(text.to_lowercase()).or_insert_with(|| location.clone());
        }
    }
    for (key, value) in tree.get("tags").and_then(Tree::as_mapping).into_iter().flatten() {
        if let (Some(text), Some(location)) = (value.as_str(), &value.location) {
            places
                .entry(format!("{key}={text}"))
                .or_insert_with(|| location.clone());
        }
    }
    match &tree.node {
        Node::Sequence(items) => items.iter().for_each(|item| names_at(item, places)),
        Node::Mapping(fields) => fields.values().for_each(|value| names_at(value, places)),
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) => {}
    }
}

/// Finds the edges of every resource: its references, and names of declared objects that it uses literally.
fn edges(
    resources: &mut BTreeMap<ResourceKey, DesiredResource>,
    named: &BTreeMap<ResourceKey, Value>,
    faults: &mut Vec<Diagnostic>,
) {
    let names = kinds::declared_names(named);
    let keys: BTreeSet<ResourceKey> = resources.keys().cloned().collect();
    for (key, resource) in resources.iter_mut() {
        let mut needed = BTreeSet::new();
        for (path, template) in templates(&resource.body) {
            for reference in references_in(&template) {
                if keys.contains(&reference.node) {
                    needed.insert((reference.node, reference.text));
                } else {
                    faults.push(unknown_reference(
                        key,
                        resource,
                        &path.to_string(),
                        &reference.text,
                        &keys,
                    ));
                }
            }
        }
        for (node, label) in kinds::implied_needs(key, &named[key], &names) {
            if node != *key && !needed.iter().any(|(other, _)| *other == node) {
                needed.insert((node, label));
            }
        }
        resource.depends_on = needed
            .into_iter()
            .map(|(node, label)| Dependency { node, label })
            .collect();
    }
}

/// Names are made of fields of other resources, and those of others again at most: `${var.catalog}.${resources.schemas.gold.name}.x`.
const NAME_DEPTH: usize = 3;

fn named_bodies(resources: &BTreeMap<ResourceKey, DesiredResource>) -> BTreeMap<ResourceKey, Value> {
    let mut named: BTreeMap<ResourceKey, Value> = resources
        .iter()
        .map(|(key, resource)| (key.clone(), resource.body.clone()))
        .collect();
    for _ in 0..NAME_DEPTH {
        let lookup = |reference: &Reference| -> Known {
            let Some(body) = named.get(&reference.node) else {
                return Known::Later;
            };
            let natural = || kinds::of(&reference.node)?.natural_id(body).map(Value::String);
            let value = match reference.field.find(body) {
                Some(value) => Some(value.clone()),
                None if matches!(reference.field.to_string().as_str(), "id" | "full_name" | "name") => natural(),
                None => None,
            };
            value
                .filter(|value| templates(value).is_empty())
                .map_or(Known::Later, Known::Value)
        };
        let open = named.iter().filter(|(_, body)| !templates(body).is_empty());
        let filled: Vec<(ResourceKey, Value)> = open
            .map(|(key, body)| {
                let mut body = body.clone();
                let (_waiting, _faults) = fill(&mut body, &[], lookup);
                (key.clone(), body)
            })
            .collect();
        if filled.is_empty() {
            break;
        }
        named.extend(filled);
    }
    named
}

fn claimed_twice(
    resources: &BTreeMap<ResourceKey, DesiredResource>,
    named: &BTreeMap<ResourceKey, Value>,
    faults: &mut Vec<Diagnostic>,
) {
    let mut owners: BTreeMap<String, &ResourceKey> = BTreeMap::new();
    for (key, resource) in resources {
        for claim in kinds::claims(key, &named[key]) {
            let Some(first) = owners.insert(claim.clone(), key) else {
                continue;
            };
            faults.push(
                Diagnostic::error(format!("`{first}` and `{key}` both declare {claim}"))
                    .help("declare it in one place")
                    .path(path_of(first))
                    .path(path_of(key))
                    .location(resources[first].location.clone())
                    .location(resource.location.clone()),
            );
        }
    }
}

fn unknown_reference(
    key: &ResourceKey,
    resource: &DesiredResource,
    path: &str,
    reference: &str,
    keys: &BTreeSet<ResourceKey>,
) -> Diagnostic {
    let known: Vec<String> = keys
        .iter()
        .filter(|key| key.sub.is_none())
        .map(|key| format!("`{key}`"))
        .collect();
    Diagnostic::error(format!(
        "`{key}` refers to `{reference}`, which does not exist (in `{path}`)"
    ))
    .help(format!("declared resources: {}", known.join(", ")))
    .path(path_of(key))
    .location(resource.location.clone())
}

fn cycle_fault(cycle: &[ResourceKey], resources: &BTreeMap<ResourceKey, DesiredResource>) -> Diagnostic {
    let mut names: Vec<String> = cycle.iter().map(|key| format!("`{key}`")).collect();
    names.extend(names.first().cloned());
    let mut fault = Diagnostic::error(format!("resources need each other in a circle: {}", names.join(" → ")))
        .help("take one of the references out");
    for key in cycle {
        let location = resources.get(key).and_then(|resource| resource.location.clone());
        fault = fault.path(path_of(key)).location(location);
    }
    fault
}

/// The place of a resource in the document.
pub(crate) fn path_of(key: &ResourceKey) -> TreePath {
    let root = if key.catalog { "catalog" } else { "resources" };
    let path = TreePath::keys([root, &key.kind, &key.name]);
    match key.sub {
        None => path,
        Some(sub) => path.key(sub.as_str()),
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name, without_nulls(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => scalar,
    }
}
