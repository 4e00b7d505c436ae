//! Where a deployment stands: host, signed-in user, paths with their defaults, Git details.

use sluice_model::{Diagnostic, Node, Trail, Tree, TreePath};

use super::session::{Session, Stopped};
use super::target::set_in;
use super::{CurrentUser, GitCheckout, WorkspacePaths, shape};

/// The paths below the root path and what each is called by default.
const PATHS: [(&str, &str); 4] = [
    ("file_path", "files"),
    ("resource_path", "resources"),
    ("artifact_path", "artifacts"),
    ("state_path", "state"),
];

/// Asks who is signed in, at the host that the bundle or the environment names.
pub(super) fn sign_in<'inputs>(root: &mut Tree, session: &mut Session<'inputs>) -> Option<&'inputs CurrentUser> {
    without_references(root, session);
    if let Some(host) = &session.inputs.host {
        set_in(root, "workspace", "host", Tree::from(host.trim_end_matches('/')));
    }
    let workspace = root.get("workspace");
    let text = |key: &str| workspace?.get(key)?.as_str().filter(|text| !text.is_empty());
    session.current_user(text("host"), text("profile"))
}

/// Sets the user and the defaults of `workspace`.
pub(super) fn prepare(root: &mut Tree, user: &CurrentUser, session: &mut Session<'_>) {
    set_in(root, "workspace", "current_user", described(user));
    if text_of(root, "root_path").is_none() {
        set_in(
            root,
            "workspace",
            "root_path",
            Tree::from("~/.bundle/${bundle.name}/${bundle.target}"),
        );
    }
    for (path, name) in PATHS {
        if text_of(root, path).is_none() {
            set_in(
                root,
                "workspace",
                path,
                Tree::from(format!("${{workspace.root_path}}/{name}")),
            );
        }
    }
    for path in paths() {
        if let Some(value) = root.get_mut("workspace").and_then(|workspace| workspace.get_mut(path))
            && let Node::String(text) = &mut value.node
        {
            *text = absolute(text, &user.user_name);
        }
    }
    strip_prefix(root, &Trail::From(&TreePath::default()), session);
}

fn paths() -> impl Iterator<Item = &'static str> {
    ["root_path"].into_iter().chain(PATHS.iter().map(|(path, _)| *path))
}

fn text_of<'tree>(root: &'tree Tree, key: &str) -> Option<&'tree str> {
    root.get("workspace")?
        .get(key)?
        .as_str()
        .filter(|text| !text.is_empty())
}

/// Sign-in happens before variables have values, and a bundle's name is part of every path.
fn without_references(root: &Tree, session: &mut Session<'_>) {
    let fields = shape::AUTH_FIELDS.iter().map(|field| ("workspace", *field));
    for (block, field) in fields.chain([("bundle", "name")]) {
        let value = root.get(block).and_then(|block| block.get(field));
        if let Some(value) = value
            && value.as_str().is_some_and(|text| text.contains("${"))
        {
            session.report(
                Diagnostic::error(format!("`{block}.{field}` cannot use references"))
                    .path(TreePath::keys([block, field]))
                    .location(value.location.clone())
                    .help("write the value itself, in each target when it differs"),
            );
        }
    }
}

fn described(user: &CurrentUser) -> Tree {
    let mut tree = if user.record.as_mapping().is_some() {
        user.record.clone()
    } else {
        Tree::mapping()
    };
    let short_name = short_name(user);
    tree.set("userName", user.user_name.as_str());
    tree.set("displayName", user.display_name.as_str());
    tree.set("domain_friendly_name", short_name.replace('_', "-"));
    tree.set("short_name", short_name);
    tree
}

/// The user's name as it can stand in other names: the local part of the address, or a service principal's display name, in
/// lower case with `_` for everything but letters and digits.
pub(super) fn short_name(user: &CurrentUser) -> String {
    let name = if user.service_principal && !user.display_name.is_empty() {
        user.display_name.as_str()
    } else {
        user.user_name.split('@').next().unwrap_or_default()
    };
    normalised(name)
}

/// A text with `_` for every run of other characters than letters and digits, in lower case.
pub(super) fn normalised(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|each: char| !each.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.join("_")
}

/// `~` stands for the user's home folder; old paths lack `/Workspace`.
fn absolute(path: &str, user_name: &str) -> String {
    if path == "~" {
        return format!("/Workspace/Users/{user_name}");
    }
    if let Some(rest) = path.strip_prefix("~/") {
        return format!("/Workspace/Users/{user_name}/{rest}");
    }
    if ["/Users/", "/Shared/", "/Repos/"]
        .iter()
        .any(|folder| path.starts_with(folder))
    {
        return format!("/Workspace{path}");
    }
    path.to_owned()
}

/// `/Workspace${workspace.root_path}` was right once; the paths have the prefix themselves now.
fn strip_prefix(tree: &mut Tree, path: &Trail<'_>, session: &mut Session<'_>) {
    match &mut tree.node {
        Node::String(text) if text.contains("/Workspace${workspace.") => {
            for name in paths() {
                let doubled = format!("/Workspace${{workspace.{name}}}");
                if text.contains(&doubled) {
                    let right = format!("${{workspace.{name}}}");
                    session.report(
                        Diagnostic::warning(format!("`{doubled}` has the prefix `/Workspace` twice"))
                            .path(path.path())
                            .location(tree.location.clone())
                            .help(format!("write `{right}`")),
                    );
                    *text = text.replace(&doubled, &right);
                }
            }
        }
        Node::Sequence(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                strip_prefix(item, &path.index(index), session);
            }
        }
        Node::Mapping(fields) => {
            for (key, value) in fields {
                strip_prefix(value, &path.key(key), session);
            }
        }
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) => {}
    }
}

/// The paths after resolution.
pub(super) fn resolved(
    root: &mut Tree,
    user: &CurrentUser,
    session: &mut Session<'_>,
) -> Result<WorkspacePaths, Stopped> {
    let mut values = Vec::new();
    for name in paths() {
        let value = root
            .get_mut("workspace")
            .and_then(|workspace| workspace.get_mut(name))
            .ok_or(Stopped)?;
        let path = absolute(value.as_str().unwrap_or_default(), &user.user_name);
        let path = path.trim_end_matches('/').to_owned();
        value.node = Node::String(path.clone());
        values.push(path);
    }
    let host = session
        .inputs
        .host
        .as_deref()
        .or_else(|| text_of(root, "host"))
        .unwrap_or_default();
    let [root_path, file_path, resource_path, artifact_path, state_path] =
        values.try_into().map_err(|_values: Vec<String>| Stopped)?;
    Ok(WorkspacePaths {
        host: host.trim_end_matches('/').to_owned(),
        root_path,
        file_path,
        resource_path,
        artifact_path,
        state_path,
    })
}

/// Every path has to be an absolute folder of the workspace. Says nothing about paths that are wrong because a reference is.
pub(super) fn check(config: &Tree, paths: &WorkspacePaths, session: &mut Session<'_>) {
    if session.has_errors() {
        return;
    }
    for (name, path) in paths.named() {
        let volume = name == "artifact_path" && path.starts_with("/Volumes/");
        if !volume && !path.starts_with("/Workspace/") || path.contains("${") {
            let written = config.get("workspace").and_then(|workspace| workspace.get(name));
            session.report(
                Diagnostic::error(format!(
                    "`workspace.{name}` is `{path}`, which is no folder of the workspace"
                ))
                .path(TreePath::keys(["workspace", name]))
                .location(written.and_then(|written| written.location.clone()))
                .help("start it with `/Workspace/` or `~/`"),
            );
            // The other paths follow the root path; one report is enough.
            return;
        }
    }
}

impl WorkspacePaths {
    /// The paths by their names in `workspace`, the root first.
    pub(super) fn named(&self) -> [(&'static str, &str); 5] {
        [
            ("root_path", &self.root_path),
            ("file_path", &self.file_path),
            ("resource_path", &self.resource_path),
            ("artifact_path", &self.artifact_path),
            ("state_path", &self.state_path),
        ]
    }
}

/// A target that names its branch is meant to be deployed from there; the Databricks CLI refuses another one without `--force`.
fn wrong_branch(root: &Tree, checkout: &GitCheckout, session: &mut Session<'_>) {
    let named = root.get("bundle").and_then(|bundle| bundle.get("git")?.get("branch"));
    if let Some(named) = named
        && let Some(branch) = named
            .as_str()
            .filter(|branch| !branch.is_empty() && !branch.contains("${"))
        && checkout.branch.as_deref() != Some(branch)
    {
        let actual = checkout
            .branch
            .as_ref()
            .map_or("no branch".to_owned(), |actual| format!("branch `{actual}`"));
        session.report(
            Diagnostic::warning(format!(
                "the target belongs to branch `{branch}`, and {actual} is checked out"
            ))
            .path(TreePath::keys(["bundle", "git", "branch"]))
            .location(named.location.clone())
            .help(format!("check out `{branch}`, or choose another target")),
        );
    }
}

/// Without a checkout the place of the bundle is its place in what is uploaded.
pub(super) fn place_without_git(config: &mut Tree, bundle_root: &str) {
    if let Some(git) = config.get_mut("bundle").and_then(|bundle| bundle.get_mut("git")) {
        git.set("bundle_root_path", bundle_root);
    }
}

/// Fills `bundle.git` with what the checkout says; what the bundle says itself stays.
pub(super) fn git(root: &mut Tree, checkout: Option<&GitCheckout>, session: &mut Session<'_>) {
    let Some(checkout) = checkout else {
        if session.inputs.git.is_some() {
            let mut git = root
                .get("bundle")
                .and_then(|bundle| bundle.get("git"))
                .cloned()
                .unwrap_or_default();
            git.set("bundle_root_path", ".");
            set_in(root, "bundle", "git", git);
        }
        return;
    };
    wrong_branch(root, checkout, session);
    let mut git = root
        .get("bundle")
        .and_then(|bundle| bundle.get("git"))
        .cloned()
        .unwrap_or_default();
    let known = [
        ("actual_branch", checkout.branch.as_deref()),
        ("commit", checkout.commit.as_deref()),
        ("bundle_root_path", Some(checkout.bundle_root_path.as_str())),
    ];
    for (key, value) in known {
        if let Some(value) = value {
            git.set(key, value);
        }
    }
    for (key, value) in [("branch", &checkout.branch), ("origin_url", &checkout.origin_url)] {
        let unset = git.get(key).and_then(Tree::as_str).is_none_or(str::is_empty);
        if let Some(value) = value
            && unset
        {
            git.set(key, value.as_str());
        }
    }
    set_in(root, "bundle", "git", git);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_can_stand_in_other_names() {
        for (user_name, display_name, service_principal, expected) in [
            ("jane.doe@example.com", "Jane Doe", false, "jane_doe"),
            ("first+tag@example.com", "", false, "first_tag"),
            ("Jöhn-Dœ@example.com", "", false, "jöhn_dœ"),
            (
                "1706906c-c0a2-4c25-9f57-3a7aa3cb8123",
                "My Deployer",
                true,
                "my_deployer",
            ),
            ("1706906c-c0a2", "", true, "1706906c_c0a2"),
        ] {
            let user = CurrentUser {
                user_name: user_name.to_owned(),
                display_name: display_name.to_owned(),
                service_principal,
                record: Tree::default(),
            };
            assert_eq!(short_name(&user), expected);
        }
    }

    #[test]
    fn paths_become_absolute() {
        for (path, expected) in [
            ("~/.bundle/x", "/Workspace/Users/a@b.c/.bundle/x"),
            ("~", "/Workspace/Users/a@b.c"),
            ("/Users/a", "/Workspace/Users/a"),
            ("/Shared/x", "/Workspace/Shared/x"),
            ("/Workspace/Shared/x", "/Workspace/Shared/x"),
            ("${var.x}", "${var.x}"),
        ] {
            assert_eq!(absolute(path, "a@b.c"), expected);
        }
    }
}
