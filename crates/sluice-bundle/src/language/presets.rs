//! Presets of a target: name prefixes, tags, pause status, concurrent runs; and what the development mode presets by itself.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::session::Session;
use super::shape::{Prefixed, ROWS, Tagged};
use super::workspace::{normalised, short_name};
use super::{CurrentUser, Mode};

/// Fills `presets` with what the mode brings and checks what the author set against the mode.
pub(super) fn of_mode(config: &mut Tree, mode: Option<Mode>, user: &CurrentUser, session: &mut Session<'_>) {
    if mode != Some(Mode::Development) {
        return;
    }
    no_lock(config);
    let short_name = short_name(user);
    let mut presets = config.get("presets").cloned().unwrap_or_default();
    let missing = |presets: &Tree, key: &str| presets.get(key).is_none_or(Tree::is_null);
    if missing(&presets, "name_prefix") {
        presets.set("name_prefix", format!("[dev {short_name}] "));
    }
    let mut tags = presets.get("tags").cloned().unwrap_or_default();
    if tags.get("dev").is_none() {
        tags.set("dev", short_name.as_str());
    }
    presets.set("tags", tags);
    if missing(&presets, "jobs_max_concurrent_runs") {
        presets.set("jobs_max_concurrent_runs", 4);
    }
    if missing(&presets, "trigger_pause_status") {
        presets.set("trigger_pause_status", "PAUSED");
    }
    if missing(&presets, "pipelines_development") {
        presets.set("pipelines_development", true);
    }
    check_development(&presets, &short_name, user, session);
    config.set("presets", presets);
}

/// A deployment that runs from its sources needs them in the workspace, which a program outside of it does not have.
pub(super) fn not_source_linked(config: &mut Tree, session: &mut Session<'_>) {
    let Some(presets) = config.get_mut("presets") else {
        return;
    };
    if let Some(wished) = presets.get("source_linked_deployment")
        && wished.as_bool() == Some(true)
    {
        session.report(
            Diagnostic::warning(
                "`source_linked_deployment` needs a program that runs in the workspace; files are uploaded",
            )
            .path(TreePath::keys(["presets", "source_linked_deployment"]))
            .location(wished.location.clone())
            .help("remove it"),
        );
        presets.set("source_linked_deployment", false);
    }
}

/// Nobody else deploys to a developer's own place, so that there is no lock unless it is asked for.
fn no_lock(config: &mut Tree) {
    let Some(bundle) = config.get_mut("bundle") else { return };
    let mut deployment = bundle.get("deployment").cloned().unwrap_or_default();
    let mut lock = deployment.get("lock").cloned().unwrap_or_default();
    if lock.get("enabled").is_none_or(Tree::is_null) {
        lock.set("enabled", false);
        deployment.set("lock", lock);
        bundle.set("deployment", deployment);
    }
}

fn check_development(presets: &Tree, short_name: &str, user: &CurrentUser, session: &mut Session<'_>) {
    if let Some(prefix) = presets.get("name_prefix")
        && let Some(text) = prefix.as_str().filter(|text| !text.is_empty())
        && !text.contains(short_name)
        && !text.contains(&user.user_name)
    {
        session.report(
            Diagnostic::error(format!("prefix `{text}` does not tell developers apart"))
                .path(TreePath::keys(["presets", "name_prefix"]))
                .location(prefix.location.clone())
                .help("use ${workspace.current_user.short_name} in it"),
        );
    }
    if let Some(status) = presets.get("trigger_pause_status")
        && status.as_str() == Some("UNPAUSED")
    {
        session.report(
            Diagnostic::error("`mode: development` does not start schedules of every developer's copy")
                .path(TreePath::keys(["presets", "trigger_pause_status"]))
                .location(status.location.clone())
                .help("set `pause_status: UNPAUSED` on the one schedule that should run"),
        );
    }
}

/// Applies the presets.
pub(super) fn apply(config: &mut Tree) {
    let presets = config.get("presets").cloned().unwrap_or_default();
    let schemas_keep_names = config
        .get("experimental")
        .and_then(|experimental| experimental.get("skip_name_prefix_for_schema"))
        .and_then(Tree::as_bool)
        == Some(true);
    let prefix = presets
        .get("name_prefix")
        .and_then(Tree::as_str)
        .unwrap_or_default()
        .to_owned();
    let Some(resources) = config.get_mut("resources") else {
        return;
    };
    for row in &ROWS {
        let keeps_name = row.name == "schemas" && schemas_keep_names;
        for resource in each(resources, row.name) {
            if !keeps_name {
                rename(resource, row.prefixed, &prefix);
            }
            tag(resource, row.tagged, &presets);
        }
    }
    let paused = presets.get("trigger_pause_status").and_then(Tree::as_str) == Some("PAUSED");
    for job in each(resources, "jobs") {
        apply_to_job(job, &presets);
    }
    for pipeline in each(resources, "pipelines") {
        if presets.get("pipelines_development").and_then(Tree::as_bool) == Some(true) {
            pipeline.set("development", true);
        }
        if paused {
            pipeline.remove("continuous");
        }
    }
    for alert in each(resources, "alerts") {
        pause(alert, "schedule", &presets);
    }
    if paused {
        for monitor in each(resources, "quality_monitors") {
            monitor.remove("schedule");
        }
    }
}

/// The resources of one kind that have a body.
pub(super) fn each<'tree>(resources: &'tree mut Tree, kind: &str) -> impl Iterator<Item = &'tree mut Tree> {
    let named = match resources.get_mut(kind).map(|kind| &mut kind.node) {
        Some(Node::Mapping(named)) => Some(named),
        Some(_) | None => None,
    };
    named.into_iter().flat_map(indexmap::IndexMap::values_mut)
}

fn rename(resource: &mut Tree, prefixed: Prefixed, prefix: &str) {
    let field = match prefixed {
        Prefixed::Not => return,
        Prefixed::Text(field) | Prefixed::LastPart(field) | Prefixed::Identifier(field) => field,
    };
    if matches!(prefixed, Prefixed::Text("name")) && !prefix.is_empty() && resource.get(field).is_none_or(Tree::is_null)
    {
        resource.set(field, "");
    }
    let Some(Node::String(name)) = resource.get_mut(field).map(|name| &mut name.node) else {
        return;
    };
    match prefixed {
        Prefixed::Not => {}
        Prefixed::Text(_) => name.insert_str(0, prefix),
        Prefixed::LastPart(_) => name.insert_str(name.rfind('/').map_or(0, |slash| slash + 1), prefix),
        Prefixed::Identifier(_) => name.insert_str(0, &identifier_prefix(prefix)),
    }
}

/// `[dev jane] ` as it can stand in an identifier: `dev_jane_`. Only a closing bracket ends with `_`, as in the CLI.
fn identifier_prefix(prefix: &str) -> String {
    let end = if prefix.trim_end().ends_with(']') { "_" } else { "" };
    format!("{}{end}", normalised(prefix))
}

/// Gives a resource the tags of the target that it does not have itself.
fn tag(resource: &mut Tree, tagged: Tagged, presets: &Tree) {
    let Some(Node::Mapping(tags)) = presets.get("tags").map(|tags| &tags.node) else {
        return;
    };
    if tags.is_empty() {
        return;
    }
    match tagged {
        Tagged::Not => {}
        Tagged::Map(field) => {
            let mut own = resource.get(field).cloned().unwrap_or_default();
            for (key, value) in tags {
                if own.get(key).is_none() {
                    own.set(key, value.clone());
                }
            }
            resource.set(field, own);
        }
        Tagged::List(fields) => {
            let Some((last, parents)) = fields.split_last() else {
                return;
            };
            let mut holder = resource;
            for parent in parents {
                if holder.get(parent).is_none_or(Tree::is_null) {
                    holder.set(parent, Tree::mapping());
                }
                match holder.get_mut(parent) {
                    Some(inner) => holder = inner,
                    None => return,
                }
            }
            let held = holder.get(last).and_then(Tree::as_sequence).unwrap_or_default();
            let mut own = held.to_vec();
            for (key, value) in sorted(tags) {
                if !own.iter().any(|tag| tag.get("key").and_then(Tree::as_str) == Some(key)) {
                    let mut tag = Tree::mapping();
                    tag.set("key", key);
                    tag.set("value", value.clone());
                    own.push(tag);
                }
            }
            holder.set(last, Tree::from(Node::Sequence(own)));
        }
    }
}

fn sorted(tags: &indexmap::IndexMap<String, Tree>) -> std::collections::BTreeMap<&str, &Tree> {
    tags.iter().map(|(key, value)| (key.as_str(), value)).collect()
}

fn apply_to_job(job: &mut Tree, presets: &Tree) {
    if let Some(runs) = presets
        .get("jobs_max_concurrent_runs")
        .and_then(Tree::as_integer)
        .filter(|runs| *runs > 0)
        && job.get("max_concurrent_runs").and_then(Tree::as_integer).unwrap_or(0) == 0
    {
        job.set("max_concurrent_runs", runs);
    }
    for trigger in ["schedule", "continuous", "trigger"] {
        pause(job, trigger, presets);
    }
}

/// Gives a trigger without a status the one of the target.
fn pause(resource: &mut Tree, trigger: &str, presets: &Tree) {
    let status = presets.get("trigger_pause_status").and_then(Tree::as_str);
    if let Some(status) = status.filter(|status| !status.is_empty())
        && let Some(trigger) = resource
            .get_mut(trigger)
            .filter(|trigger| trigger.as_mapping().is_some())
        && trigger
            .get("pause_status")
            .and_then(Tree::as_str)
            .is_none_or(str::is_empty)
    {
        trigger.set("pause_status", status);
    }
}

#[cfg(test)]
mod tests {
    use super::identifier_prefix;

    #[test]
    fn prefixes_become_part_of_an_identifier() {
        assert_eq!(identifier_prefix("[dev jane_doe] "), "dev_jane_doe_");
        assert_eq!(identifier_prefix("PR-12: "), "pr_12");
        assert_eq!(identifier_prefix("x_"), "x");
        assert_eq!(identifier_prefix("[a] [b]"), "a_b_");
        assert_eq!(identifier_prefix(""), "");
    }
}
