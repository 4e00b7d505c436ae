//! Whether there is an object for a desired resource, and whose it is.

use serde_json::Value;
use sluice_model::ResourceKey;

use super::Planner;
use crate::engine::desired::DesiredResource;
use crate::engine::kinds::{self, Kind};
use crate::engine::plan::{Action, Dependency};
use crate::engine::reads::{Observation, unclaimed};

/// How a resource stands before it is compared.
pub(super) enum Standing<'a> {
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
    /// Finds out whether there is an object for a desired resource and whether it is ours.
    pub(super) fn standing(
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
    pub(super) fn goes_with_parent(&self, key: &ResourceKey, resource: &DesiredResource) -> bool {
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
    pub(super) fn lost_with_parent(&self, key: &ResourceKey, kind: &dyn Kind) -> Option<String> {
        let exists = matches!(self.observed.get(key), Some(Observation::Present { .. }));
        (kind.holds_rows() && exists && !self.options.allow_destroy)
            .then(|| format!("`{key}` would be lost with its rows: its schema is to be deleted and made again"))
    }

    /// A declared resource that stands in this schema.
    pub(super) fn declared_inside(&self, schema: &str) -> Option<&ResourceKey> {
        let mut named = self.desired.named.iter().filter(|_| !self.options.destroy);
        named
            .find(|(key, body)| kinds::stands_in(key, body, schema))
            .map(|(key, _)| key)
    }
}
