//! Permissions of the whole bundle and of single resources, and the identity that jobs run as.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::CurrentUser;
use super::presets::each;
use super::session::Session;
use super::shape::PRINCIPAL_FIELDS;

/// What a level of the whole bundle is called on each kind of object: `CAN_MANAGE`, `CAN_VIEW`, `CAN_RUN`.
const KINDS: [(&str, [&str; 3]); 4] = [
    ("jobs", ["CAN_MANAGE", "CAN_VIEW", "CAN_MANAGE_RUN"]),
    ("genie_spaces", ["CAN_MANAGE", "CAN_READ", "CAN_RUN"]),
    ("dashboards", ["CAN_MANAGE", "CAN_READ", "CAN_RUN"]),
    ("secret_scopes", ["MANAGE", "READ", ""]),
];

/// Checks entries, gives bundle-level permissions to objects and makes the deployer the owner of jobs where permissions are managed.
pub(super) fn apply(config: &mut Tree, user: &CurrentUser, session: &mut Session<'_>) {
    let bundle = config.get("permissions").cloned().unwrap_or_default();
    check(&bundle, &TreePath::keys(["permissions"]), session);
    let Some(resources) = config.get_mut("resources") else {
        return;
    };
    for (kind, levels) in KINDS {
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
                if !is_user(entry, user) && !entries.iter().any(|own| principal(own) == principal(entry)) {
                    entries.extend(translated(entry, levels));
                }
            }
            if !entries.is_empty() {
                if kind == "jobs" {
                    own(&mut entries, user);
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

/// A job with managed permissions has exactly one owner: the deployer, unless an owner is given.
fn own(entries: &mut Vec<Tree>, user: &CurrentUser) {
    let is_owner = |entry: &Tree| entry.get("level").and_then(Tree::as_str) == Some("IS_OWNER");
    if entries.iter().any(is_owner) {
        return;
    }
    let mut owner = Tree::mapping();
    owner.set("level", "IS_OWNER");
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

/// Gives `run_as` to every job that has none of its own.
pub(super) fn run_as(config: &mut Tree, session: &mut Session<'_>) {
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
    for job in each(resources, "jobs") {
        if job.get("run_as").is_none_or(Tree::is_null) {
            job.set("run_as", run_as.clone());
        }
    }
}
