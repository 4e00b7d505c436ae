//! What the state knows and the bundle does not want any more.

use std::collections::BTreeMap;

use serde_json::Value;
use sluice_model::{Diagnostic, ResourceKey};

use super::{PROTECTED_HELP, Planner};
use crate::engine::desired::{DesiredResource, path_of};
use crate::engine::kinds::{self, Kind};
use crate::engine::plan::{Action, PlanEntry};
use crate::engine::reads::Observation;
use crate::engine::state::StateEntry;

impl Planner<'_> {
    pub(super) fn removed_entry(&mut self, key: &ResourceKey, state: &StateEntry) {
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
    pub(super) fn delete_fault(
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
}
