//! Permissions of the whole bundle and of single resources, and the identity that jobs run as.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::CurrentUser;
use super::presets::each;
use super::session::Session;
use super::shape::{PRINCIPAL_FIELDS, ROWS};

/// Checks entries, gives bundle-level permissions to objects and lets the deployer keep them where permissions are managed.
pub(super) fn apply(config: &mut Tree, user: &CurrentUser, session: &mut Session<'_>) {
    let bundle = config.get("permissions").cloned().unwrap_or_default();
    check(&bundle, &TreePath::keys(["permissions"]), session);
    without_deployer(&bundle, user, session);
    let Some(resources) = config.get_mut("resources") else {
        return;
    };
    for row in &ROWS {
        let (kind, Some(levels)) = (row.name, row.levels) else {
            continue;
        };
        let Some(Node::Mapping(objects)) = resources.get_mut(kind).map(|objects| &mut objects.node) else {
            continue;
        };
        for (name, object) in objects {
            let path = TreePath::keys(["resources", kind, name.as_str(), "permissions"]);
            if let Some(permissions) = object.get("permissions") {
                check(permissions, &path, session);
            }
            let mut entries = object
                .get("permissions")
                .and_then(Tree::as_sequence)
                .unwrap_or_default()
                .to_vec();
            for entry in bundle.as_sequence().unwrap_or_default() {
                if !entries.iter().any(|own| principal(own) == principal(entry)) {
                    entries.extend(translated(entry, levels));
                }
            }
            if !entries.is_empty() {
                highest_each(&mut entries, kind);
                match row {
                    _ if row.owned => own(&mut entries, user, "IS_OWNER"),
                    _ if levels[0] == "CAN_MANAGE" => own(&mut entries, user, "CAN_MANAGE"),
                    // What may be done with a secret scope is the engine's to complete: its levels are of their own kind.
                    _ => {}
                }
                let place = object.get("permissions").cloned().unwrap_or_default();
                let node = Node::Sequence(entries);
                object.set("permissions", Tree { node, ..place });
            }
        }
    }
}

fn principal(entry: &Tree) -> Option<(&'static str, &str)> {
    PRINCIPAL_FIELDS
        .iter()
        .find_map(|field| Some((*field, entry.get(field)?.as_str()?)))
}

fn is_user(entry: &Tree, user: &CurrentUser) -> bool {
    principal(entry) == Some((user_field(user), user.user_name.as_str()))
}

/// Whoever deploys next without a permission of their own cannot.
fn without_deployer(permissions: &Tree, user: &CurrentUser, session: &mut Session<'_>) {
    let entries = permissions.as_sequence().unwrap_or_default();
    let groups: Vec<&str> = user
        .record
        .get("groups")
        .and_then(Tree::as_sequence)
        .unwrap_or_default()
        .iter()
        .filter_map(|group| group.get("display")?.as_str())
        .collect();
    let deploys = |entry: &Tree| {
        let here = is_user(entry, user)
            || principal(entry).is_some_and(|(field, name)| field == "group_name" && groups.contains(&name));
        here && entry.get("level").and_then(Tree::as_str) == Some("CAN_MANAGE")
    };
    if !entries.is_empty() && !entries.iter().any(deploys) && user.user_name != super::resolve::NOBODY {
        session.report(
            Diagnostic::recommendation(format!("`permissions` leaves out `{}`, who deploys", user.user_name))
                .path(TreePath::keys(["permissions"]))
                .location(permissions.location.clone())
                .help("add who deploys, or a group of theirs, with CAN_MANAGE"),
        );
    }
}

fn user_field(user: &CurrentUser) -> &'static str {
    if user.service_principal {
        "service_principal_name"
    } else {
        "user_name"
    }
}

/// A permission of the bundle as a permission of an object; none when that has nothing of the kind.
fn translated(entry: &Tree, [manage, view, run]: [&str; 3]) -> Option<Tree> {
    let level = match entry.get("level")?.as_str()? {
        "CAN_MANAGE" => manage,
        "CAN_VIEW" => view,
        "CAN_RUN" => run,
        _ => return None,
    };
    if level.is_empty() {
        return None;
    }
    let mut entry = entry.clone();
    entry.set("level", level);
    Some(entry)
}

/// Levels of all kinds, the lower before the higher.
const LEVELS: [&str; 16] = [
    "READ",
    "WRITE",
    "MANAGE",
    "CAN_VIEW",
    "CAN_READ",
    "CAN_USE",
    "CAN_QUERY",
    "CAN_ATTACH_TO",
    "CAN_MONITOR",
    "CAN_RUN",
    "CAN_RESTART",
    "CAN_MANAGE_RUN",
    "CAN_EDIT",
    "CAN_CREATE",
    "CAN_MANAGE",
    "IS_OWNER",
];

fn level(entry: &Tree) -> &str {
    entry.get("level").and_then(Tree::as_str).unwrap_or_default()
}

/// One entry per principal, with the highest of its levels; access control lists of secret scopes stay as they are.
fn highest_each(entries: &mut Vec<Tree>, kind: &str) {
    if kind == "secret_scopes" {
        return;
    }
    let mut kept: Vec<Tree> = Vec::new();
    let rank = |entry: &Tree| LEVELS.iter().position(|known| *known == level(entry));
    for entry in entries.drain(..) {
        let known = principal(&entry).is_some() && rank(&entry).is_some();
        match kept
            .iter_mut()
            .find(|other| known && principal(other) == principal(&entry))
        {
            Some(other) if rank(other) < rank(&entry) => *other = entry,
            Some(_) => {}
            None => kept.push(entry),
        }
    }
    *entries = kept;
}

/// Where permissions are managed, the deployer has the highest level: as the one owner, unless another is given, or as one of those
/// that manage the object.
fn own(entries: &mut Vec<Tree>, user: &CurrentUser, highest: &str) {
    let has_highest = |entry: &Tree| entry.get("level").and_then(Tree::as_str) == Some(highest);
    let enough = |entry: &Tree| has_highest(entry) && (highest == "IS_OWNER" || is_user(entry, user));
    if entries.iter().any(enough) {
        return;
    }
    let mut owner = Tree::mapping();
    owner.set("level", highest);
    owner.set(user_field(user), user.user_name.as_str());
    match entries.iter_mut().find(|entry| is_user(entry, user)) {
        Some(entry) => entry.node = owner.node,
        None => entries.push(owner),
    }
}

/// Every entry names one principal.
fn check(permissions: &Tree, path: &TreePath, session: &mut Session<'_>) {
    for (index, entry) in permissions.as_sequence().unwrap_or_default().iter().enumerate() {
        let named = PRINCIPAL_FIELDS
            .iter()
            .filter(|field| {
                entry
                    .get(field)
                    .and_then(Tree::as_str)
                    .is_some_and(|name| !name.is_empty())
            })
            .count();
        if named != 1 {
            session.report(
                Diagnostic::error("a permission names exactly one principal")
                    .path(path.index(index))
                    .location(entry.location.clone())
                    .help(format!("set one of `{}`", PRINCIPAL_FIELDS.join("`, `"))),
            );
        }
    }
}

/// Gives `run_as` to every job, pipeline and alert that has none of its own.
pub(super) fn run_as(config: &mut Tree, user: &CurrentUser, session: &mut Session<'_>) {
    let Some(run_as) = config.get("run_as").filter(|run_as| !run_as.is_null()).cloned() else {
        return;
    };
    let given = |field: &str| {
        run_as
            .get(field)
            .and_then(Tree::as_str)
            .is_some_and(|name| !name.is_empty())
    };
    if given("user_name") == given("service_principal_name") {
        session.report(
            Diagnostic::error("`run_as` names exactly one identity")
                .path(TreePath::keys(["run_as"]))
                .location(run_as.location.clone())
                .help("set either `user_name` or `service_principal_name`"),
        );
        return;
    }
    let Some(resources) = config.get_mut("resources") else {
        return;
    };
    let somebody_else = !is_user(&run_as, user);
    if somebody_else {
        own_identity_only(resources, session);
    }
    for kind in ["jobs", "pipelines", "alerts"] {
        for resource in each(resources, kind) {
            if resource.get("run_as").is_none_or(Tree::is_null) {
                resource.set("run_as", run_as.clone());
            }
        }
    }
}

/// Objects that always run as who deploys them.
fn own_identity_only(resources: &mut Tree, session: &mut Session<'_>) {
    for kind in ["model_serving_endpoints", "quality_monitors", "apps", "dashboards"] {
        let of_owner = each(resources, kind).find(|object| {
            kind != "dashboards" || object.get("embed_credentials").and_then(Tree::as_bool) == Some(true)
        });
        if let Some(object) = of_owner {
            let what = if kind == "dashboards" {
                "dashboards with `embed_credentials`"
            } else {
                kind
            };
            let location = object.key_location.clone();
            session.report(
                Diagnostic::error(format!(
                    "{what} run as who deploys them, and `run_as` names somebody else"
                ))
                .path(TreePath::keys(["run_as"]))
                .location(location)
                .help("deploy as that identity, or remove `run_as` and set it on jobs alone"),
            );
        }
    }
}
