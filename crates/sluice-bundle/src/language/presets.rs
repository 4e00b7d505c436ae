//! Presets of a target: name prefixes, tags, pause status, concurrent runs; and what the development mode presets by itself.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::session::Session;
use super::workspace::{normalised, short_name};
use super::{CurrentUser, Mode};

/// Fills `presets` with what the mode brings and checks what the author set against the mode.
pub(super) fn of_mode(config: &mut Tree, mode: Option<Mode>, user: &CurrentUser, session: &mut Session<'_>) {
    if mode != Some(Mode::Development) {
        return;
    }
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

/// Applies the presets; volumes and secret scopes have none.
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
    for job in each(resources, "jobs") {
        apply_to_job(job, &prefix, &presets);
    }
    for (kind, field) in [("genie_spaces", "title"), ("dashboards", "display_name")] {
        for resource in each(resources, kind) {
            prepend(resource, field, &prefix);
        }
    }
    let schema_prefix = schema_prefix(&prefix);
    if !schemas_keep_names {
        for schema in each(resources, "schemas") {
            prepend(schema, "name", &schema_prefix);
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

fn prepend(resource: &mut Tree, field: &str, prefix: &str) {
    if let Some(Node::String(name)) = resource.get_mut(field).map(|name| &mut name.node) {
        name.insert_str(0, prefix);
    }
}

/// `[dev jane] ` as it can stand in a schema's name: `dev_jane_`.
fn schema_prefix(prefix: &str) -> String {
    let name = normalised(prefix);
    if name.is_empty() { name } else { format!("{name}_") }
}

fn apply_to_job(job: &mut Tree, prefix: &str, presets: &Tree) {
    prepend(job, "name", prefix);
    if let Some(Node::Mapping(tags)) = presets.get("tags").map(|tags| &tags.node)
        && !tags.is_empty()
    {
        let mut own = job.get("tags").cloned().unwrap_or_default();
        for (key, value) in tags {
            if own.get(key).is_none() {
                own.set(key, value.clone());
            }
        }
        job.set("tags", own);
    }
    if let Some(runs) = presets
        .get("jobs_max_concurrent_runs")
        .and_then(Tree::as_integer)
        .filter(|runs| *runs > 0)
        && job.get("max_concurrent_runs").and_then(Tree::as_integer).unwrap_or(0) == 0
    {
        job.set("max_concurrent_runs", runs);
    }
    if let Some(status) = presets
        .get("trigger_pause_status")
        .and_then(Tree::as_str)
        .filter(|status| !status.is_empty())
    {
        for trigger in ["schedule", "continuous", "trigger"] {
            if let Some(trigger) = job.get_mut(trigger).filter(|trigger| trigger.as_mapping().is_some())
                && trigger
                    .get("pause_status")
                    .and_then(Tree::as_str)
                    .is_none_or(str::is_empty)
            {
                trigger.set("pause_status", status);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::schema_prefix;

    #[test]
    fn prefixes_become_part_of_a_schema_name() {
        assert_eq!(schema_prefix("[dev jane_doe] "), "dev_jane_doe_");
        assert_eq!(schema_prefix("PR-12: "), "pr_12_");
        assert_eq!(schema_prefix(""), "");
    }
}
