//! Libraries that stand on this disk: which values of a bundle are such, and what takes their place once they are uploaded.
//!
//! Resolution leaves them as paths relative to the bundle root ([`relate`]). Whoever plans finds their files ([`local`]) and puts
//! the paths in the workspace in ([`place`]). Their names there are those of the files; no two may be the same.

use std::collections::{BTreeMap, BTreeSet};

use sluice_model::tree::Step;
use sluice_model::{Diagnostic, Location, Node, Tree, TreePath};

use super::glob::is_pattern;
use super::include::clean;
use super::presets::each;
use super::session::Session;
use super::sync::folder;
use super::{Bundle, artifacts};

/// Endings of files that `pip` installs.
const INSTALLABLE: [&str; 5] = [".whl", ".jar", ".tar.gz", ".zip", ".egg"];

/// A library of a task, or a dependency of an environment, that stands on this disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalLibrary {
    /// Where it is used.
    pub path: TreePath,
    /// Path or glob pattern relative to the bundle root.
    pub pattern: String,
    /// Where that is written.
    pub location: Option<Location>,
}

/// A file that a deployment uploads for its resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryFile {
    /// Path on this disk: absolute, or relative to the bundle root.
    pub local: String,
    /// Path in the workspace, or of a volume.
    pub remote: String,
}

/// What a dependency of an environment is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Dependency<'text> {
    /// `-r FILE` or `-e PATH`, as the flag with its space, and the path.
    Flagged(&'text str, &'text str),
    /// A file on this disk.
    Library,
    /// A requirement, an address, a path in the workspace.
    Other,
}

/// Reads a dependency. A requirement with a marker or with extras is one, although the Databricks CLI takes many of them for paths.
pub(super) fn dependency(text: &str) -> Dependency<'_> {
    for flag in ["-r ", "-e "] {
        if let Some(rest) = text.strip_prefix(flag) {
            return Dependency::Flagged(flag, rest.trim_start());
        }
    }
    if is_remote(text) || text.starts_with('-') || text.contains("://") {
        return Dependency::Other;
    }
    let requirement = text.contains(';') && !text.starts_with('.');
    if !requirement
        && (text.starts_with('.') || text.contains('/') || INSTALLABLE.iter().any(|ending| text.ends_with(ending)))
    {
        Dependency::Library
    } else {
        Dependency::Other
    }
}

/// Absolute paths, addresses with a scheme and references are none of ours.
pub(super) fn is_remote(text: &str) -> bool {
    let scheme = text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|each| each.is_ascii_alphanumeric() || matches!(each, '+' | '-' | '.'))
    });
    let known = !text.contains("${") && !text.contains(super::resolve::NOBODY);
    text.is_empty() || text.starts_with('/') || scheme || !known
}

/// Calls `act` with every value that can name a library, and its path. `whl` and `jar` of tasks have no dependency.
fn for_each(resources: &mut Tree, act: &mut dyn FnMut(&mut Tree, &TreePath, Use)) {
    for kind in ["jobs", "pipelines"] {
        let Some(Node::Mapping(named)) = resources.get_mut(kind).map(|kind| &mut kind.node) else {
            continue;
        };
        for (name, resource) in named {
            let path = TreePath::keys(["resources", kind, name.as_str()]);
            if let Some(environment) = resource.get_mut("environment") {
                dependencies(environment, &path.key("environment"), act);
            }
            for (index, environment) in items(resource, "environments").iter_mut().enumerate() {
                if let Some(spec) = environment.get_mut("spec") {
                    dependencies(spec, &path.key("environments").index(index).key("spec"), act);
                }
            }
            for (index, task) in items(resource, "tasks").iter_mut().enumerate() {
                let path = path.key("tasks").index(index);
                libraries(task, &path, act);
                if let Some(inner) = task.get_mut("for_each_task").and_then(|each| each.get_mut("task")) {
                    libraries(inner, &path.key("for_each_task").key("task"), act);
                }
            }
        }
    }
}

/// How a value names a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// `whl` or `jar` of a task.
    OfTask,
    /// A dependency of an environment.
    Dependency,
}

fn items<'tree>(tree: &'tree mut Tree, key: &str) -> &'tree mut [Tree] {
    match tree.get_mut(key).map(|list| &mut list.node) {
        Some(Node::Sequence(items)) => items,
        _ => &mut [],
    }
}

fn dependencies(environment: &mut Tree, path: &TreePath, act: &mut dyn FnMut(&mut Tree, &TreePath, Use)) {
    for (index, item) in items(environment, "dependencies").iter_mut().enumerate() {
        act(item, &path.key("dependencies").index(index), Use::Dependency);
    }
}

fn libraries(task: &mut Tree, path: &TreePath, act: &mut dyn FnMut(&mut Tree, &TreePath, Use)) {
    for (index, library) in items(task, "libraries").iter_mut().enumerate() {
        for kind in ["whl", "jar"] {
            if let Some(value) = library.get_mut(kind) {
                act(value, &path.key("libraries").index(index).key(kind), Use::OfTask);
            }
        }
    }
}

/// Makes the paths of local libraries relative to the bundle root, from the folder of the file that they are written in. Whether
/// there are any.
pub(super) fn relate(resources: &mut Tree, session: &mut Session<'_>) -> bool {
    let mut any = false;
    for_each(resources, &mut |value, _, of| {
        let from = value.location.clone();
        let Node::String(text) = &mut value.node else { return };
        let local = match of {
            Use::OfTask => !is_remote(text),
            Use::Dependency => dependency(text) == Dependency::Library,
        };
        if !local {
            return;
        }
        any = true;
        let from = from.as_ref().map_or(".", |location| folder(&location.file));
        let path = clean(&format!("{from}/{text}"));
        *text = match of {
            Use::Dependency if !path.starts_with("..") => format!("./{path}"),
            Use::OfTask | Use::Dependency => path,
        };
    });
    unsupported(resources, session);
    any
}

/// Kinds of libraries that no service takes from this disk.
fn unsupported(resources: &mut Tree, session: &mut Session<'_>) {
    let mut refuse = |library: &Tree, path: TreePath, kinds: &[&str], help: &str| {
        for kind in kinds {
            if let Some(value) = library.get(kind)
                && value.as_str().is_some_and(|text| !is_remote(text))
            {
                session.report(
                    Diagnostic::error(format!(
                        "the local library `{}` cannot be used here",
                        value.as_str().unwrap_or_default()
                    ))
                    .path(path.key(*kind))
                    .location(value.location.clone())
                    .help(help),
                );
            }
        }
    };
    let wheel = "build a wheel, and refer to it with `whl`";
    for kind in ["jobs", "pipelines"] {
        for (at, resource) in each(resources, kind).enumerate() {
            let path = TreePath::keys(["resources", kind]).index(at);
            for (index, library) in items(resource, "libraries").iter().enumerate() {
                let help = "a pipeline installs wheels that `environment.dependencies` names";
                let path = path.key("libraries").index(index);
                refuse(library, path, &["whl", "jar", "egg"], help);
            }
            for (position, task) in items(resource, "tasks").iter_mut().enumerate() {
                for (index, library) in items(task, "libraries").iter().enumerate() {
                    let path = path.key("tasks").index(position).key("libraries").index(index);
                    refuse(library, path, &["egg"], wheel);
                }
            }
        }
    }
}

/// The local libraries of a bundle, in the order in which it names them.
#[must_use]
pub fn local(bundle: &Bundle) -> Vec<LocalLibrary> {
    let mut found = Vec::new();
    let mut resources = bundle.config.get("resources").cloned().unwrap_or_default();
    for_each(&mut resources, &mut |value, path, of| {
        let Some(text) = value.as_str() else { return };
        let local = match of {
            Use::OfTask => !is_remote(text),
            Use::Dependency => dependency(text) == Dependency::Library,
        };
        if local {
            found.push(LocalLibrary {
                path: path.clone(),
                pattern: clean(text),
                location: value.location.clone(),
            });
        }
    });
    found
}

/// What the shell found of the files that a bundle names.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The bundle's directory as an absolute path, which matches of artifacts start with.
    pub root: String,
    /// Matches of the patterns of artifacts' files, by the pattern as the configuration has it.
    pub artifacts: BTreeMap<String, Vec<String>>,
    /// Matches of the patterns of [`local`], files alone, relative to the bundle root.
    pub libraries: BTreeMap<String, Vec<String>>,
}

/// Puts paths in the workspace in the place of local libraries, and fills `${artifacts.…}` in. What has to be uploaded for that: the files
/// of all artifacts, and the libraries.
///
/// # Errors
/// When files do not exist, two have the same name, or a reference leads nowhere; all faults together.
pub fn place(bundle: &mut Bundle, found: &Found) -> Result<Vec<LibraryFile>, Vec<Diagnostic>> {
    let mut faults = Vec::new();
    let mut files = Files::new(&bundle.workspace.artifact_path, &found.root);
    for (path, local) in artifacts::expand(&mut bundle.config, &found.artifacts, &mut faults) {
        files.add(&local, path, None);
    }
    artifacts::fill(&mut bundle.config, &mut faults);
    let Some(resources) = bundle.config.get_mut("resources") else {
        return files.finish(faults);
    };
    for_each(resources, &mut |value, path, of| {
        let Some(text) = value.as_str() else { return };
        // An artifact that is referred to.
        if let Some(remote) = files.remote_of(text) {
            value.node = Node::String(remote);
            return;
        }
        let local = match of {
            Use::OfTask => !is_remote(text),
            Use::Dependency => dependency(text) == Dependency::Library,
        };
        if !local {
            return;
        }
        let pattern = clean(text);
        let matches = newest(found.libraries.get(&pattern).map_or(&[][..], Vec::as_slice));
        if matches.is_empty() {
            let what = if is_pattern(&pattern) {
                "no file matches"
            } else {
                "there is no file"
            };
            faults.push(
                Diagnostic::error(format!("{what} `{pattern}`"))
                    .path(path.clone())
                    .location(value.location.clone())
                    .help("build it first, for example as one of the bundle's `artifacts`; the path is relative to the file that it stands in"),
            );
            return;
        }
        let remotes = matches
            .iter()
            .map(|local| files.add(local, path.clone(), value.location.clone()));
        // A list for now: one entry may become several, which `spread` does.
        value.node = Node::Sequence(remotes.map(Tree::from).collect());
    });
    spread(resources);
    files.finish(faults)
}

/// Makes entries of the lists that [`place`] left in the place of values.
fn spread(resources: &mut Tree) {
    let several = |tree: &Tree| tree.as_sequence().map(<[Tree]>::to_vec);
    let spread_dependencies = |environment: &mut Tree| {
        if let Some(Node::Sequence(items)) = environment.get_mut("dependencies").map(|list| &mut list.node) {
            *items = std::mem::take(items)
                .into_iter()
                .flat_map(|item| several(&item).unwrap_or_else(|| vec![item]))
                .collect();
        }
    };
    let spread_libraries = |task: &mut Tree| {
        if let Some(Node::Sequence(items)) = task.get_mut("libraries").map(|list| &mut list.node) {
            *items = std::mem::take(items).into_iter().flat_map(one_each).collect();
        }
    };
    for kind in ["jobs", "pipelines"] {
        for resource in each(resources, kind) {
            if let Some(environment) = resource.get_mut("environment") {
                spread_dependencies(environment);
            }
            for environment in items(resource, "environments") {
                if let Some(spec) = environment.get_mut("spec") {
                    spread_dependencies(spec);
                }
            }
            for task in items(resource, "tasks") {
                spread_libraries(task);
                if let Some(inner) = task.get_mut("for_each_task").and_then(|each| each.get_mut("task")) {
                    spread_libraries(inner);
                }
            }
        }
    }
}

/// A library whose `whl` or `jar` is a list, as one library for each.
fn one_each(library: Tree) -> Vec<Tree> {
    for kind in ["whl", "jar"] {
        if let Some(values) = library.get(kind).and_then(Tree::as_sequence) {
            let with = |value: &Tree| {
                let mut one = library.clone();
                one.set(kind, value.clone());
                one
            };
            return values.iter().map(with).collect();
        }
    }
    vec![library]
}

/// Of several wheels of one distribution the one with the highest version; everything else as it is.
fn newest(matches: &[String]) -> Vec<String> {
    if matches.len() < 2 {
        return matches.to_vec();
    }
    let mut best: BTreeMap<String, (Vec<VersionPart>, &String)> = BTreeMap::new();
    let mut others = Vec::new();
    for path in matches {
        let name = path.rsplit('/').next().unwrap_or(path);
        let mut parts = name.split('-');
        match (
            parts.next(),
            parts.next(),
            name.ends_with(".whl") && name.matches('-').count() >= 4,
        ) {
            (Some(distribution), Some(version), true) => {
                let version = version_parts(version);
                let entry = best
                    .entry(distribution.to_owned())
                    .or_insert_with(|| (version.clone(), path));
                if version > entry.0 {
                    *entry = (version, path);
                }
            }
            _ => others.push(path),
        }
    }
    let kept: BTreeSet<&String> = best.into_values().map(|(_, path)| path).chain(others).collect();
    matches.iter().filter(|path| kept.contains(path)).cloned().collect()
}

/// A part of a version; a pre-release (`rc1`) comes before the end, which comes before a number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum VersionPart {
    PreRelease(String),
    End,
    Number(u64),
}

/// `1.0rc1` as `[1, 0, rc, 1, end]`, which sorts before `1.0`, as `[1, 0, end]`.
fn version_parts(version: &str) -> Vec<VersionPart> {
    let mut parts = Vec::new();
    let mut rest = version;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest
            .find(|each: char| each.is_ascii_digit() != digits || matches!(each, '.' | '_' | '+'))
            .unwrap_or(rest.len());
        match &rest[..end] {
            "" => rest = &rest[first.len_utf8()..],
            part => {
                match part.parse() {
                    Ok(number) => parts.push(VersionPart::Number(number)),
                    Err(_) if part.starts_with("post") => {}
                    Err(_) => parts.push(VersionPart::PreRelease(part.to_owned())),
                }
                rest = &rest[end..];
            }
        }
    }
    parts.push(VersionPart::End);
    parts
}

/// One local file with the places that name it.
#[derive(Default)]
struct Named {
    uses: Vec<(TreePath, Option<Location>)>,
}

/// The files to upload, by their names in the workspace.
struct Files {
    /// Ends with a slash.
    root: String,
    folder: String,
    by_name: BTreeMap<String, BTreeMap<String, Named>>,
}

impl Files {
    fn new(artifact_path: &str, root: &str) -> Self {
        Self {
            root: format!("{root}/"),
            folder: format!("{artifact_path}/.internal"),
            by_name: BTreeMap::new(),
        }
    }

    /// Adds a file; its path in the workspace.
    fn add(&mut self, local: &str, path: TreePath, location: Option<Location>) -> String {
        let local = local.strip_prefix(&self.root).unwrap_or(local);
        let name = local.rsplit('/').next().unwrap_or(local).to_owned();
        let remote = format!("{}/{name}", self.folder);
        let named = self
            .by_name
            .entry(name)
            .or_default()
            .entry(local.to_owned())
            .or_default();
        named.uses.push((path, location));
        remote
    }

    fn remote_of(&self, local: &str) -> Option<String> {
        // A path that somebody wrote is none that an artifact has.
        let local = local.strip_prefix(&self.root).filter(|_| local.starts_with('/'))?;
        let name = local.rsplit('/').next()?;
        let known = self.by_name.get(name)?.contains_key(local);
        known.then(|| format!("{}/{name}", self.folder))
    }

    fn finish(self, mut faults: Vec<Diagnostic>) -> Result<Vec<LibraryFile>, Vec<Diagnostic>> {
        for (name, locals) in &self.by_name {
            if locals.len() > 1 {
                let listed: Vec<String> = locals.keys().map(|local| format!("`{local}`")).collect();
                let mut fault =
                    Diagnostic::error(format!("two libraries have the name `{name}`: {}", listed.join(", ")))
                        .help("all libraries of a bundle go to one folder; rename one of them");
                for (path, location) in locals.values().flat_map(|named| &named.uses) {
                    fault = fault.path(path.clone()).location(location.clone());
                }
                faults.push(fault);
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let folder = self.folder;
        let file = |(name, locals): (String, BTreeMap<String, Named>)| {
            let remote = format!("{folder}/{name}");
            let (local, _) = locals.into_iter().next()?;
            Some(LibraryFile { local, remote })
        };
        Ok(self.by_name.into_iter().filter_map(file).collect())
    }
}

/// The first key of a path.
pub(super) fn is_artifact(path: &TreePath) -> bool {
    matches!(path.0.first(), Some(Step::Key(root)) if root == "artifacts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_paths_are_left_alone() {
        for (text, expected) in [
            ("/Workspace/x", true),
            ("dbfs:/x.py", true),
            ("s3://bucket/x.py", true),
            ("${resources.jobs.x.id}", true),
            ("./x.py", false),
            ("../src/x:y.py", false),
            ("x.py", false),
        ] {
            assert_eq!(is_remote(text), expected, "{text}");
        }
    }

    #[test]
    fn requirements_are_told_from_files() {
        for text in [
            "requests",
            "foo>=1.0, <2",
            "foo[bar]==1.0; python_version < '3/4'",
            "foo.bar==1",
            "a @ git+https://x/y",
            "--find-links=./x",
            "/Volumes/a/b/c/x.whl",
            "dbfs:/x.whl",
            "",
        ] {
            assert_eq!(dependency(text), Dependency::Other, "{text}");
        }
        for text in ["./x", "dist/x.whl", "x.whl", "*.whl", "../x-1.tar.gz", "a @ ./b.whl"] {
            assert_eq!(dependency(text), Dependency::Library, "{text}");
        }
        assert_eq!(dependency("-r  a.txt"), Dependency::Flagged("-r ", "a.txt"));
        assert_eq!(dependency("-e ./a"), Dependency::Flagged("-e ", "./a"));
    }

    #[test]
    fn of_several_versions_the_highest_is_taken() {
        let whl = |name: &str| format!("dist/{name}-py3-none-any.whl");
        let names = ["v-1.10", "v-1.2", "va-1", "w-1.0", "w-1.0rc1", "x-1.0.1", "x-1.0"];
        let found: Vec<String> = names
            .iter()
            .map(|name| whl(name))
            .chain(["dist/odd.whl".to_owned()])
            .collect();
        let expected: Vec<String> = ["v-1.10", "va-1", "w-1.0", "x-1.0.1"]
            .iter()
            .map(|name| whl(name))
            .chain(["dist/odd.whl".to_owned()])
            .collect();
        assert_eq!(newest(&found), expected);
    }
}
