//! Makes a plan from a bundle, the last applied state and what was observed. Decides everything; applying decides nothing.

mod demands;
mod removal;
mod standing;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sluice_model::{Diagnostic, ResourceKey};

use crate::engine::desired::{self, Desired, DesiredResource, path_of};
use crate::engine::difference::{difference, highest};
use crate::engine::field_path::FieldPath;
use crate::engine::kinds::{self, Change, Kind};
use crate::engine::plan::{Action, FieldChange, NewState, Plan, PlanEntry};
use crate::engine::reads::{self, Observed};
use crate::engine::references::{Known, Reference, fill_body, references_in};
use crate::engine::selection::Selection;
use crate::engine::state::States;
use crate::language::Bundle;
use standing::Standing;

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
