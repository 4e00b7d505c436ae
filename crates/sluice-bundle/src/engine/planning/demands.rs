//! What a resource demands of the workspace beside itself: objects that nobody declares, tags that their policies allow.

use sluice_model::{Diagnostic, ResourceKey};

use super::Planner;
use crate::engine::desired::{DesiredResource, path_of};
use crate::engine::field_path::FieldPath;
use crate::engine::kinds;
use crate::engine::plan::Action;
use crate::engine::reads::{self, Observation};

impl Planner<'_> {
    /// Refuses settings that leave fields to the workspace of something that is not declared, or that are no paths.
    pub(super) fn check_ignored(&mut self) {
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

    /// Refuses values that the policy of their tag does not allow, where tags are to change at all.
    pub(super) fn refused_tags(&mut self, key: &ResourceKey, resource: &DesiredResource) {
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
    pub(super) fn missing_needs(&mut self, key: &ResourceKey, resource: &DesiredResource) {
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
}
