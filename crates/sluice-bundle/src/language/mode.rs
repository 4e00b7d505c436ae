//! What a mode demands of a target before anything is deployed.

use sluice_model::{Diagnostic, Tree, TreePath};

use super::session::Session;
use super::target::Chosen;
use super::workspace::short_name;
use super::{CurrentUser, Mode, WorkspacePaths};

/// Reports what the chosen mode does not allow.
pub(super) fn validate(
    config: &Tree,
    chosen: &Chosen,
    paths: &WorkspacePaths,
    user: &CurrentUser,
    session: &mut Session<'_>,
) {
    match chosen.mode {
        Some(Mode::Development) => development(config, paths, user, session),
        Some(Mode::Production) => production(config, chosen, user, session),
        None => {}
    }
}

/// Two developers must not deploy to the same place.
fn development(config: &Tree, paths: &WorkspacePaths, user: &CurrentUser, session: &mut Session<'_>) {
    let short_name = short_name(user);
    for (name, path) in paths.named() {
        if path.contains(&user.user_name) || path.contains(&short_name) {
            continue;
        }
        let written = config.get("workspace").and_then(|workspace| workspace.get(name));
        session.report(
            Diagnostic::error(format!(
                "`workspace.{name}` is the same for every developer: `{path}` does not contain the user's name"
            ))
            .path(TreePath::keys(["workspace", name]))
            .location(written.and_then(|written| written.location.clone()))
            .help("use `~/…` or ${workspace.current_user.short_name} in targets with `mode: development`"),
        );
        // The other paths follow the root path; one report is enough.
        return;
    }
}

/// A production target has one place that does not depend on who deploys.
fn production(config: &Tree, chosen: &Chosen, user: &CurrentUser, session: &mut Session<'_>) {
    let on_target = chosen
        .block
        .get("workspace")
        .and_then(|workspace| workspace.get("root_path"));
    let mut fields = on_target.and_then(Tree::as_str).into_iter();
    if fields.any(|path| !path.is_empty()) {
        return;
    }
    let mut jobs = config
        .get("resources")
        .and_then(|resources| resources.get("jobs"))
        .and_then(Tree::as_mapping)
        .into_iter()
        .flat_map(indexmap::IndexMap::values);
    let summary = format!(
        "target `{}` has `mode: production` and no `workspace.root_path` of its own",
        chosen.name
    );
    let runs_as_somebody = config.get("run_as").is_some_and(|run_as| !run_as.is_null());
    let diagnostic = if user.service_principal || runs_as_somebody || jobs.all(|job| job.get("run_as").is_some()) {
        Diagnostic::recommendation(summary)
    } else {
        Diagnostic::error(summary)
    };
    session.report(
        diagnostic
            .path(TreePath::keys(["targets", &chosen.name, "workspace", "root_path"]))
            .location(chosen.block.key_location.clone())
            .help("set one place for all, such as `/Workspace/Shared/.bundle/${bundle.name}/${bundle.target}`"),
    );
}
