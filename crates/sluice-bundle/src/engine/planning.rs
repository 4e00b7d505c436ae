//! Makes a plan from a bundle, the last applied state and what was observed. Decides everything; applying decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sluice_model::{Diagnostic, ResourceKey};

use super::desired::{self, Desired, DesiredResource, path_of};
use super::difference::{difference, highest};
use super::field_path::FieldPath;
use super::kinds::{self, Change, Kind};
use super::plan::{Action, Dependency, FieldChange, NewState, Plan, PlanEntry};
use super::reads::{self, Observation, Observed, unclaimed};
use super::references::{Known, Reference, fill_body, references_in};
use super::selection::Selection;
use super::state::{StateEntry, States};
use crate::language::Bundle;

/// What the caller wants of a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanOptions {
    /// Names of the resources that the plan is about, with what they need; all when there are none.
    pub select: Vec<String>,
    /// Plans with an empty configuration: everything in the state is deleted.
    pub destroy: bool,
    /// Takes over objects that exist without a state entry, whoever made them.
    pub adopt: bool,
    /// Allows deleting tables, which hold rows.
    pub allow_destroy: bool,
    /// Does what every deployment does, whether or not something differs (`lifecycle.triggers.on_bundle_deploy`).
    pub triggers: bool,
    /// Keys whose creation was begun by a deployment that stopped before it knew the answer (from the journal): an object that
    /// exists for such a key is taken over.
    pub interrupted: BTreeSet<ResourceKey>,
    /// Objects without a state entry that were captured, with their ids: they are taken over. The caller has made sure that they
    /// are still what was captured.
    pub captured: BTreeMap<ResourceKey, String>,
}

/// The plan that brings the workspace to what the bundle wants.
///
/// # Errors
/// Everything that keeps the plan from being made: unknown kinds, references, cycles, changes that cannot be made, objects that
/// exist and are not ours, protected resources.
pub fn plan(
    bundle: &Bundle,
    states: &States,
    observed: &Observed,
    options: &PlanOptions,
) -> Result<Plan, Vec<Diagnostic>> {
    let Draft {
        entries,
        not_selected,
        faults,
    } = draft(bundle, states, observed, options);
    if faults.iter().any(Diagnostic::is_error) {
        return Err(faults);
    }
    let state = Some(&states.resources).filter(|state| state.exists());
    let state = state.or(Some(&states.catalog)).filter(|state| state.exists());
    Ok(Plan::new(
        state.map(|state| state.lineage.clone()),
        state.map(|state| state.serial),
        not_selected,
        entries,
    ))
}

/// What a plan is made of, whether or not it can be carried out.
pub(crate) struct Draft {
    /// What must not be touched has no entry.
    pub(crate) entries: BTreeMap<ResourceKey, PlanEntry>,
    /// How many resources were not selected.
    not_selected: usize,
    /// Why it cannot be carried out.
    faults: Vec<Diagnostic>,
}

/// The entries of a plan, also those that cannot be carried out.
pub(crate) fn draft(bundle: &Bundle, states: &States, observed: &Observed, options: &PlanOptions) -> Draft {
    let mut faults = Vec::new();
    let desired = desired::collect(bundle, states, &mut faults);
    if options.destroy {
        faults.clear();
    }
    let selection = Selection::of(&options.select, &desired, states, &mut faults);
    let mut planner = Planner {
        desired: &desired,
        foreign: reads::foreign_needs(&desired),
        protected: &bundle.protected,
        ignored: &bundle.ignored,
        states,
        observed,
        options,
        bodies: BTreeMap::new(),
        entries: BTreeMap::new(),
        faults,
    };
    if !options.destroy {
        planner.check_ignored();
        for key in desired.order.iter().filter(|key| selection.contains(key)) {
            planner.desired_entry(key, &desired.resources[key]);
            planner.missing_needs(key, &desired.resources[key]);
            planner.refused_tags(key, &desired.resources[key]);
        }
    }
    for (key, entry) in states.entries() {
        if selection.contains(key) && (options.destroy || !desired.resources.contains_key(key)) {
            planner.removed_entry(key, entry);
        }
    }
    let known: BTreeSet<&ResourceKey> = desired
        .resources
        .keys()
        .chain(states.entries().map(|(key, _)| key))
        .collect();
    let left_out = known
        .into_iter()
        .filter(|key| key.sub.is_none() && !selection.contains(key));
    Draft {
        not_selected: left_out.count(),
        entries: planner.entries,
        faults: planner.faults,
    }
}

/// What is wrong with a bundle as far as it can be told without any state and without asking the workspace: unknown kinds, references
/// without a target, circles, declarations that cannot be made.
#[must_use]
pub fn check(bundle: &Bundle) -> Vec<Diagnostic> {
    let first = plan(bundle, &States::default(), &Observed::new(), &PlanOptions::default());
    first.err().unwrap_or_default()
}

/// The resources that a deployment of this bundle leaves protected: those that say so, and those that said so before they left the
/// bundle, as long as they are there.
#[must_use]
pub fn protected(bundle: &Bundle, states: &States) -> BTreeSet<ResourceKey> {
    let desired = desired::collect(bundle, states, &mut Vec::new());
    let declared = desired
        .resources
        .iter()
        .filter(|(key, resource)| key.sub.is_none() && resource.prevent_destroy);
    let left = states
        .protected()
        .into_iter()
        .filter(|key| !desired.resources.contains_key(key));
    let all = declared.map(|(key, _)| key.clone()).chain(left);
    all.filter(|key| states.get(key).is_some()).collect()
}

struct Planner<'a> {
    desired: &'a Desired,
    /// What has to exist though nothing declares it.
    foreign: BTreeMap<ResourceKey, String>,
    protected: &'a [ResourceKey],
    /// Fields that are left to the workspace.
    ignored: &'a BTreeMap<ResourceKey, Vec<String>>,
    states: &'a States,
    observed: &'a Observed,
    options: &'a PlanOptions,
    bodies: BTreeMap<ResourceKey, Value>,
    entries: BTreeMap<ResourceKey, PlanEntry>,
    faults: Vec<Diagnostic>,
}

/// How a resource stands before it is compared.
enum Standing<'a> {
    /// There is no object; for access, there is an object but nothing of ours is known about access to it.
    Missing { remote: Option<&'a Value> },
    /// There is one, and it is ours.
    Ours {
        id: &'a str,
        remote: &'a Value,
        adopted: bool,
    },
    /// There is one that we may not touch; the fault is recorded.
    Refused,
}

impl<'a> Planner<'a> {
    fn desired_entry(&mut self, key: &ResourceKey, resource: &DesiredResource) {
        let Some(kind) = kinds::of(key) else { return };
        let mut body = resource.body.clone();
        let (vars, reference_faults) = fill_body(kind, &mut body, |reference| self.lookup(reference, key.catalog));
        for fault in reference_faults {
            self.fault(key, resource, format!("`{key}` {fault}"), None);
        }
        let mut entry = match self.standing(key, kind, resource, &body) {
            Standing::Refused => return,
            Standing::Missing { remote } => PlanEntry {
                action: Action::Create,
                remote_state: remote.cloned(),
                ..blank_entry(resource)
            },
            Standing::Ours { id, remote, adopted } => {
                let entry = PlanEntry {
                    id: Some(id.to_owned()),
                    adopted,
                    remote_state: Some(remote.clone()),
                    ..blank_entry(resource)
                };
                self.left_alone(key, kind, remote, &mut body);
                let entry = self.compared(key, kind, resource, entry, &body);
                self.triggered(resource, entry)
            }
        };
        if entry.action != Action::Skip {
            let value = body.clone();
            entry.new_state = Some(NewState { value, vars });
        }
        if entry.action == Action::Recreate && self.is_protected(key, resource.prevent_destroy) {
            let cause = changed_fields(&entry.changes, Action::Recreate);
            let summary = format!("`{key}` is protected and cannot be recreated for a change of {cause}");
            self.fault(key, resource, summary, Some(PROTECTED_HELP.to_owned()));
        }
        self.bodies.insert(key.clone(), body);
        self.entries.insert(key.clone(), entry);
    }

    /// Takes over into the body what is there in fields that the settings leave to the workspace.
    fn left_alone(&self, key: &ResourceKey, kind: &dyn Kind, remote: &Value, body: &mut Value) {
        let Some(paths) = self.ignored.get(key) else { return };
        let old = self.states.get(key).map(|state| &state.state);
        let held = kind.comparable(remote, old, body);
        for path in paths.iter().filter_map(|path| FieldPath::parse(path)) {
            path.copy(&held, body);
        }
    }

    /// Refuses settings that leave fields to the workspace of something that is not declared, or that are no paths.
    fn check_ignored(&mut self) {
        for (key, paths) in self.ignored {
            if !self.desired.resources.contains_key(key) {
                let summary = format!("`ignore_changes` in `sluice.yml` names `{key}`, which is not declared");
                self.faults
                    .push(Diagnostic::error(summary).help("correct the key, or take it out"));
            }
            for path in paths
                .iter()
                .filter(|path| FieldPath::parse(path).is_none_or(|path| path.0.is_empty()))
            {
                let summary = format!("`ignore_changes` of `{key}` in `sluice.yml`: `{path}` is no field");
                let help = "write it as plans do: `schedule.pause_status`, `tasks[task_key='load'].timeout_seconds`";
                self.faults.push(Diagnostic::error(summary).help(help));
            }
        }
    }

    /// Makes what is to be made anew by every deployment.
    fn triggered(&self, resource: &DesiredResource, mut entry: PlanEntry) -> PlanEntry {
        if resource.on_deploy && self.options.triggers && entry.action == Action::Skip {
            entry.action = Action::Recreate;
            let change = FieldChange {
                action: Action::Recreate,
                reason: Some("each deployment".to_owned()),
                old: None,
                new: Some(true.into()),
                remote: None,
            };
            entry
                .changes
                .insert("lifecycle.triggers.on_bundle_deploy".to_owned(), change);
        }
        entry
    }

    /// Refuses values that the policy of their tag does not allow, where tags are to change at all.
    fn refused_tags(&mut self, key: &ResourceKey, resource: &DesiredResource) {
        let Some(kind) = kinds::of(key) else { return };
        if self.entries.get(key).is_none_or(|entry| entry.action == Action::Skip) {
            return;
        }
        for (tag, value) in kind.sets_tags(&self.desired.named[key]) {
            let Some(Observation::Present { remote, .. }) = self.observed.get(&reads::tag_policy(&tag)) else {
                continue;
            };
            let allowed = kinds::tag_policies::allowed(remote);
            if allowed.is_empty() || allowed.contains(&value.as_str()) || value.contains("${") {
                continue;
            }
            let summary = format!("`{value}` is not an allowed value of tag `{tag}` in this workspace");
            let place = resource.places.get(&format!("{tag}={value}"));
            let fault = Diagnostic::error(summary)
                .path(path_of(key))
                .location(place.or(resource.location.as_ref()).cloned())
                .help(format!("its policy allows {}", allowed.join(", ")));
            self.faults.push(fault);
        }
    }

    /// Refuses what needs an object that nobody declares and that does not exist, or that this plan deletes.
    fn missing_needs(&mut self, key: &ResourceKey, resource: &DesiredResource) {
        let Some(kind) = kinds::of(key) else { return };
        let named = &self.desired.named[key];
        for (what, name) in kind.needs(named) {
            let node = ResourceKey::catalog(what, name.to_lowercase());
            if !self.foreign.contains_key(&node) {
                continue;
            }
            let what = what.trim_end_matches('s');
            let mut leaving = self.states.entries().filter(|(key, entry)| {
                key.catalog && key.kind == node.kind && key.sub.is_none() && entry.id.eq_ignore_ascii_case(&name)
            });
            let (summary, help) = if let Some((owner, _)) = leaving.next() {
                (
                    format!("`{key}` needs the {what} `{name}`, which was `{owner}` and is deleted by this deployment"),
                    format!("declare the {what} again, or name another one"),
                )
            } else if matches!(self.observed.get(&node), Some(Observation::Absent)) {
                (
                    format!("`{key}` needs the {what} `{name}`, which is neither declared nor exists in the workspace"),
                    format!(
                        "declare it under `{}` in the catalog files, or correct the name",
                        node.kind
                    ),
                )
            } else {
                continue;
            };
            // The name of a managed schema inside a name is a reference by now; the last part is as it was written.
            let last = |name: &str| name.rsplit('.').next().map(str::to_lowercase);
            let place = resource.places.get(&name.to_lowercase());
            let place = place.or_else(|| {
                let mut places = resource.places.iter();
                places
                    .find(|(written, _)| last(written) == last(&name))
                    .map(|(_, place)| place)
            });
            let mut fault = Diagnostic::error(summary).path(path_of(key));
            fault = fault.location(place.or(resource.location.as_ref()).cloned());
            self.faults.push(fault.help(help));
        }
    }

    /// Finds out whether there is an object for a desired resource and whether it is ours.
    fn standing(
        &mut self,
        key: &ResourceKey,
        kind: &dyn Kind,
        resource: &DesiredResource,
        body: &Value,
    ) -> Standing<'a> {
        if self.goes_with_parent(key, resource) {
            if let Some(summary) = self.lost_with_parent(key, kind) {
                let help =
                    "leave the schema's name, catalog and storage root as they are, or allow it with `--allow-destroy`";
                self.fault(key, resource, summary, Some(help.to_owned()));
                return Standing::Refused;
            }
            return Standing::Missing { remote: None };
        }
        let (id, remote) = match self.observed.get(key) {
            None | Some(Observation::Absent | Observation::Lost) => return Standing::Missing { remote: None },
            Some(Observation::Present { id, remote }) => (id, remote),
            Some(Observation::Found(ids)) => {
                let ids = unclaimed(ids, self.states);
                if ids.is_empty() {
                    return Standing::Missing { remote: None };
                }
                let summary = format!(
                    "`{key}` has no state entry, and {} objects of its name carry this deployment's mark: {}",
                    ids.len(),
                    ids.join(", ")
                );
                let help = "delete those that are not needed, so that one or none is left";
                self.fault(key, resource, summary, Some(help.to_owned()));
                return Standing::Refused;
            }
        };
        let known = self.states.get(key).is_some_and(|entry| entry.id == *id);
        if kind.is_access() {
            return if known {
                Standing::Ours {
                    id,
                    remote,
                    adopted: false,
                }
            } else {
                Standing::Missing { remote: Some(remote) }
            };
        }
        let found_by_search = kind.natural_id(body).is_none();
        let may_adopt = found_by_search
            || self.options.adopt
            || self.options.interrupted.contains(key)
            || self.options.captured.contains_key(key)
            || kind.is_marked(remote, &self.desired.facts.marker);
        if known || may_adopt {
            return Standing::Ours {
                id,
                remote,
                adopted: !known,
            };
        }
        let owner = self
            .states
            .entries()
            .find(|(_, entry)| entry.id == *id)
            .map(|(other, _)| other);
        let (summary, help) = match owner {
            Some(other) => (
                format!("`{key}` is to make `{id}`, which exists as `{other}` of this deployment"),
                format!("keep the key `{other}`, or delete it in a deployment of its own first"),
            ),
            None => (
                format!("`{key}` is to make `{id}`, which exists already and does not belong to this deployment"),
                "choose another name, or take the object over with `--adopt`".to_owned(),
            ),
        };
        self.fault(key, resource, summary, Some(help));
        Standing::Refused
    }

    /// Whether a resource is deleted together with the one that contains it: that one is made anew.
    fn goes_with_parent(&self, key: &ResourceKey, resource: &DesiredResource) -> bool {
        let named = &self.desired.named;
        let access = kinds::of(key).filter(|kind| kind.is_access());
        let used = access.map(|kind| kind.uses(&named[key])).unwrap_or_default();
        let is_used = |node: &ResourceKey| {
            let name = kinds::of(node).and_then(|kind| kind.natural_id(&named[node]));
            name.is_some_and(|name| used.iter().any(|used| used.eq_ignore_ascii_case(&name)))
        };
        resource.depends_on.iter().any(|Dependency { node, .. }| {
            let contained = key.parent() == *node
                || is_used(node)
                || kinds::schema_name(node, &named[node])
                    .is_some_and(|schema| kinds::stands_in(key, &named[key], &schema));
            let action = self.entries.get(node).map(|entry| entry.action);
            contained && matches!(action, Some(Action::Create | Action::Recreate))
        })
    }

    /// Why rows would be lost when a resource goes with its schema and the caller did not allow it.
    fn lost_with_parent(&self, key: &ResourceKey, kind: &dyn Kind) -> Option<String> {
        let exists = matches!(self.observed.get(key), Some(Observation::Present { .. }));
        (kind.holds_rows() && exists && !self.options.allow_destroy)
            .then(|| format!("`{key}` would be lost with its rows: its schema is to be deleted and made again"))
    }

    fn compared(
        &mut self,
        key: &ResourceKey,
        kind: &dyn Kind,
        resource: &DesiredResource,
        mut entry: PlanEntry,
        body: &Value,
    ) -> PlanEntry {
        let old = self.states.get(key).map(|state| &state.state);
        let remote = entry.remote_state.clone().unwrap_or_default();
        let remote = kind.expanded(&kind.comparable(&remote, old, body));
        let before = old.map(|old| kind.expanded(old));
        entry.changes = difference(kind.rules(), before.as_ref(), &kind.expanded(body), Some(&remote));
        let observed = entry.remote_state.as_ref().unwrap_or(&Value::Null);
        kind.decide(&mut entry.changes, observed);
        entry.action = highest(&entry.changes);
        if entry.adopted {
            entry.action = entry.action.max(Action::Update);
        }
        let id = entry.id.clone();
        let change = Change {
            id: id.as_deref(),
            old,
            new: body,
            entry: &entry,
        };
        let refused = kind.refused(&change);
        if refused.is_empty() && !(entry.action == Action::Recreate && kind.holds_rows()) {
            return entry;
        }
        if resource.recreate_on_change && self.options.allow_destroy {
            entry.action = Action::Recreate;
            return entry;
        }
        let help = if resource.recreate_on_change {
            "`on_change: recreate` is set: allow it with `--allow-destroy`; the rows are lost"
        } else {
            "either make a new table and switch a view to it, or set `on_change: recreate` and allow it with `--allow-destroy`"
        };
        for reason in refused {
            self.fault(
                key,
                resource,
                format!("`{key}` cannot be changed in place: {reason}"),
                Some(help.to_owned()),
            );
        }
        entry
    }

    fn removed_entry(&mut self, key: &ResourceKey, state: &StateEntry) {
        let wanted = self.desired.resources.get(key);
        let mut entry = PlanEntry {
            id: Some(state.id.clone()),
            depends_on: state.depends_on.clone(),
            action: Action::Delete,
            gone: false,
            adopted: false,
            new_state: None,
            remote_state: None,
            changes: BTreeMap::new(),
        };
        let Some(kind) = kinds::of(key) else {
            self.faults.push(
                Diagnostic::error(format!(
                    "`{key}` is in the state, and the kind `{}` cannot be deleted here",
                    key.kind
                ))
                .help("delete it with `databricks bundle`")
                .path(path_of(key)),
            );
            return;
        };
        let summary = match self.observed.get(key) {
            Some(Observation::Absent | Observation::Lost) => {
                entry.gone = true;
                None
            }
            Some(Observation::Present { remote, .. }) => {
                entry.remote_state = Some(remote.clone());
                self.delete_fault(key, kind, state, remote, wanted)
            }
            Some(Observation::Found(_)) | None => None,
        };
        if let Some((summary, help)) = summary {
            self.faults
                .push(Diagnostic::error(summary).help(help).path(path_of(key)));
        }
        self.entries.insert(key.clone(), entry);
    }

    /// Why an object that exists may not be deleted.
    fn delete_fault(
        &self,
        key: &ResourceKey,
        kind: &dyn Kind,
        state: &StateEntry,
        remote: &Value,
        wanted: Option<&DesiredResource>,
    ) -> Option<(String, String)> {
        if self.is_protected(key, wanted.is_some_and(|resource| resource.prevent_destroy)) {
            return Some((
                format!("`{key}` is protected and cannot be deleted"),
                PROTECTED_HELP.to_owned(),
            ));
        }
        if wanted.is_none() && self.states.protected().contains(key) {
            return Some((
                format!("`{key}` was deployed with `lifecycle.prevent_destroy`, and is not in the bundle any more"),
                "put it back; when it is to be deleted, deploy it without the protection first".to_owned(),
            ));
        }
        if !kind.is_marked(remote, &self.desired.facts.marker) && kind.has_marker() && !self.options.adopt {
            return Some((
                format!(
                    "`{}` does not carry the marker of this deployment (any more) and is not deleted",
                    state.id
                ),
                "if it is this deployment's all the same, say so with `--adopt`".to_owned(),
            ));
        }
        if let Some(inside) = self.declared_inside(&state.id).filter(|_| key.kind == "schemas") {
            return Some((
                format!("`{key}` is to be deleted, and `{inside}`, which is declared, stands in it"),
                "declare the schema as well, or take out what stands in it".to_owned(),
            ));
        }
        if kind.holds_rows() && !self.options.allow_destroy {
            return Some((
                format!(
                    "`{key}` is to be deleted: the table `{}` and its rows would be lost",
                    state.id
                ),
                "keep it in the catalog files, or allow it with `--allow-destroy`".to_owned(),
            ));
        }
        None
    }

    /// A declared resource that stands in this schema.
    fn declared_inside(&self, schema: &str) -> Option<&ResourceKey> {
        let mut named = self.desired.named.iter().filter(|_| !self.options.destroy);
        named
            .find(|(key, body)| kinds::stands_in(key, body, schema))
            .map(|(key, _)| key)
    }

    fn is_protected(&self, key: &ResourceKey, prevent_destroy: bool) -> bool {
        prevent_destroy || self.protected.contains(key)
    }

    /// What a reference stands for at this point of the plan. Catalog resources take names that are made of fields at once;
    /// bundle resources wait for the object, as with the Databricks CLI.
    fn lookup(&self, reference: &Reference, at_once: bool) -> Known {
        let node = &reference.node;
        let (Some(body), Some(entry), Some(kind)) = (self.bodies.get(node), self.entries.get(node), kinds::of(node))
        else {
            return Known::Later;
        };
        let field = reference.field.to_string();
        if kind
            .sealed()
            .is_some_and(|sealed| sealed.field == reference.field.head())
        {
            return Known::Never(format!("the value of `{}` is given to nothing else", reference.node));
        }
        if let Some(value) = reference.field.find(body) {
            return if holds_references(value) {
                Known::Later
            } else {
                Known::Value(value.clone())
            };
        }
        let keeps_id = matches!(entry.action, Action::Skip | Action::Resize | Action::Update);
        if field == "id"
            && let (true, Some(id)) = (keeps_id, &entry.id)
        {
            return Known::Value(Value::String(id.clone()));
        }
        if matches!(field.as_str(), "id" | "full_name" | "name") {
            let natural = kind.natural_id(body).filter(|id| !id.contains("${"));
            return match natural {
                Some(id) if at_once || keeps_id && field == "name" => Known::Value(Value::String(id)),
                Some(_) => Known::Later,
                None if field == "id" => Known::Later,
                None => never(reference),
            };
        }
        let remote = entry.remote_state.as_ref().filter(|_| entry.action == Action::Skip);
        if let Some(value) = remote.and_then(|remote| reference.field.find(remote)) {
            return Known::Value(value.clone());
        }
        if remote.is_none() && kind.is_written_by_service(reference.field.head()) {
            return Known::Later;
        }
        never(reference)
    }

    fn fault(&mut self, key: &ResourceKey, resource: &DesiredResource, summary: String, help: Option<String>) {
        let mut fault = Diagnostic::error(summary)
            .path(path_of(key))
            .location(resource.location.clone());
        fault.help = help;
        self.faults.push(fault);
    }
}

const PROTECTED_HELP: &str = "take the protection away (`lifecycle.prevent_destroy`, or `protect` in `sluice.yml`) in a change of its own, if this is what you want";

fn never(reference: &Reference) -> Known {
    Known::Never(format!("`{}` has no field `{}`", reference.node, reference.field))
}

fn blank_entry(resource: &DesiredResource) -> PlanEntry {
    PlanEntry {
        id: None,
        depends_on: resource.depends_on.clone(),
        action: Action::Skip,
        gone: false,
        adopted: false,
        new_state: None,
        remote_state: None,
        changes: BTreeMap::new(),
    }
}

pub(crate) fn holds_references(value: &Value) -> bool {
    match value {
        Value::String(text) => !references_in(text).is_empty(),
        Value::Array(items) => items.iter().any(holds_references),
        Value::Object(fields) => fields.values().any(holds_references),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn changed_fields(changes: &BTreeMap<String, FieldChange>, action: Action) -> String {
    let fields: Vec<String> = changes
        .iter()
        .filter(|(_, change)| change.action == action)
        .map(|(path, _)| format!("`{path}`"))
        .collect();
    fields.join(", ")
}
