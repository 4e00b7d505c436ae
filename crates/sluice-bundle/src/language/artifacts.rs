//! What a bundle builds before it is deployed: the `artifacts` block.
//!
//! [`prepare`] completes it when the bundle is resolved; [`builds`] says what has to be run, and [`expand`] and [`fill`] put in what
//! came of it. Running is not done here.

use std::collections::BTreeMap;

use sluice_model::tree::Step;
use sluice_model::{Diagnostic, Location, Node, Tree, TreePath};

use super::include::clean;
use super::libraries::is_artifact;
use super::reference;
use super::session::Session;
use super::sync::folder;
use super::{Bundle, LocalPath};

/// The name of the artifact that a bundle with a `setup.py` has without saying so.
const AUTOMATIC: &str = "python_artifact";
/// How a wheel is built that says nothing about it.
const BUILD_WHEEL: &str = "python3 setup.py bdist_wheel";

/// One command to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// Key of the artifact.
    pub artifact: String,
    /// Text of the command.
    pub command: String,
    /// `bash`, `sh` or `cmd`, when the bundle says which.
    pub executable: Option<String>,
    /// Where it runs: absolute, or relative to the bundle root.
    pub directory: String,
    /// Where the command is written.
    pub location: Option<Location>,
}

/// Completes the artifacts: absolute paths, the commands and files of wheels, and the one that nobody declared.
pub(super) fn prepare(config: &mut Tree, local_libraries: bool, session: &mut Session<'_>) {
    let declared = config
        .get("artifacts")
        .and_then(Tree::as_mapping)
        .map(|all| !all.is_empty());
    if declared != Some(true) {
        if local_libraries && session.local_path("setup.py") == Some(&LocalPath::File) {
            let mut wheel = Tree::mapping();
            wheel.set("type", "whl");
            let mut artifacts = Tree::mapping();
            artifacts.set(AUTOMATIC, wheel);
            config.set("artifacts", artifacts);
            if let Node::Mapping(fields) = &mut config.node {
                fields.sort_keys();
            }
        } else {
            return;
        }
    }
    let Some(Node::Mapping(artifacts)) = config.get_mut("artifacts").map(|artifacts| &mut artifacts.node) else {
        return;
    };
    for (name, artifact) in artifacts.iter_mut() {
        let path = TreePath::keys(["artifacts", name]);
        if artifact.as_mapping().is_none() {
            artifact.node = Node::Mapping(indexmap::IndexMap::new());
        }
        complete(artifact, &path, session);
    }
}

fn complete(artifact: &mut Tree, path: &TreePath, session: &mut Session<'_>) {
    let text = |artifact: &Tree, key: &str| {
        let text = artifact.get(key).and_then(Tree::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let directory = match artifact.get("path").filter(|path| !path.is_null()) {
        Some(written) => {
            let from = written.location.as_ref().map_or(".", |location| folder(&location.file));
            let said = written.as_str().unwrap_or_default();
            let relative = if said.starts_with('/') {
                said.to_owned()
            } else {
                clean(&format!("{from}/{said}"))
            };
            if session
                .local_path(&relative)
                .is_some_and(|found| *found != LocalPath::Directory)
            {
                session.report(
                    Diagnostic::error(format!("`{relative}` is no folder"))
                        .path(path.key("path"))
                        .location(written.location.clone())
                        .help(
                            "name the folder in which the artifact is built, relative to the file that this stands in",
                        ),
                );
            }
            relative
        }
        None => ".".to_owned(),
    };
    artifact.set("path", absolute(&directory, session));
    let has_files = artifact
        .get("files")
        .and_then(Tree::as_sequence)
        .is_some_and(|files| !files.is_empty());
    let wheel = text(artifact, "type").as_deref() == Some("whl");
    if wheel && !has_files {
        if text(artifact, "build").is_none() {
            artifact.set("build", BUILD_WHEEL);
        }
        let mut file = Tree::mapping();
        file.set("source", absolute(&clean(&format!("{directory}/dist/*.whl")), session));
        artifact.set("files", Tree::from(Node::Sequence(vec![file])));
    } else if has_files {
        files(artifact, path, session);
    }
    if text(artifact, "build").is_none() && !has_files {
        session.report(
            Diagnostic::error(format!("`{path}` says neither how it is built nor which files it has"))
                .path(path.clone())
                .location(artifact.key_location.clone().or_else(|| artifact.location.clone()))
                .help("give it `build`, or `files`"),
        );
    }
}

/// Makes the sources of files absolute. Without a build they have to be there already, and patterns become what they match.
fn files(artifact: &mut Tree, path: &TreePath, session: &mut Session<'_>) {
    let built = artifact
        .get("build")
        .and_then(Tree::as_str)
        .is_some_and(|build| !build.is_empty());
    let Some(Node::Sequence(files)) = artifact.get_mut("files").map(|files| &mut files.node) else {
        return;
    };
    let mut complete = Vec::new();
    for (index, mut file) in std::mem::take(files).into_iter().enumerate() {
        let Some(source) = file.get("source").cloned() else {
            complete.push(file);
            continue;
        };
        let from = source.location.as_ref().map_or(".", |location| folder(&location.file));
        let said = source.as_str().unwrap_or_default();
        let pattern = if said.starts_with('/') {
            said.to_owned()
        } else {
            clean(&format!("{from}/{said}"))
        };
        let at = |text: String, session: &Session<'_>| Tree::from(absolute(&text, session)).at(source.location.clone());
        if built {
            let at = at(pattern, session);
            file.set("source", at);
            complete.push(file);
            continue;
        }
        let Some(matches) = session.glob(&pattern) else {
            continue;
        };
        if matches.is_empty() {
            session.report(no_match(
                &pattern,
                &path.key("files").index(index).key("source"),
                &source,
            ));
        }
        for found in matches {
            let mut one = file.clone();
            let at = at(found.clone(), session);
            one.set("source", at);
            complete.push(one);
        }
    }
    *files = complete;
}

fn no_match(pattern: &str, path: &TreePath, source: &Tree) -> Diagnostic {
    Diagnostic::error(format!("no file matches `{pattern}`"))
        .path(path.clone())
        .location(source.location.clone())
        .help("the path is relative to the file that it stands in; a file that is built needs `build` in its artifact")
}

/// A path relative to the bundle root as an absolute one, where the root is known.
fn absolute(path: &str, session: &Session<'_>) -> String {
    let root = &session.inputs.directory;
    if root.is_empty() || path.starts_with('/') {
        return path.to_owned();
    }
    let joined = clean(&format!("{root}/{path}"));
    format!("/{}", joined.trim_start_matches('/'))
}

/// The commands to run, in the order of their artifacts' names.
#[must_use]
pub fn builds(bundle: &Bundle) -> Vec<Build> {
    let artifacts = bundle.config.get("artifacts").and_then(Tree::as_mapping);
    let mut builds: Vec<Build> = artifacts
        .into_iter()
        .flatten()
        .filter_map(|(name, artifact)| {
            let text = |key: &str| artifact.get(key).and_then(Tree::as_str).map(str::to_owned);
            Some(Build {
                artifact: name.clone(),
                command: text("build").filter(|command| !command.is_empty())?,
                executable: text("executable").filter(|executable| !executable.is_empty()),
                directory: text("path").unwrap_or_else(|| ".".to_owned()),
                location: artifact.get("build").and_then(|build| build.location.clone()),
            })
        })
        .collect();
    builds.sort_by(|one, other| one.artifact.cmp(&other.artifact));
    builds
}

/// The patterns of the artifacts' files.
#[must_use]
pub fn patterns(bundle: &Bundle) -> Vec<String> {
    let mut patterns = Vec::new();
    let artifacts = bundle.config.get("artifacts").and_then(Tree::as_mapping);
    for artifact in artifacts.into_iter().flat_map(indexmap::IndexMap::values) {
        let files = artifact.get("files").and_then(Tree::as_sequence).unwrap_or_default();
        let sources = files
            .iter()
            .filter_map(|file| file.get("source").and_then(Tree::as_str));
        patterns.extend(sources.map(str::to_owned));
    }
    patterns
}

/// Puts the matches in the place of the patterns of files. Each file, with the place that names it.
pub(super) fn expand(
    config: &mut Tree,
    found: &BTreeMap<String, Vec<String>>,
    faults: &mut Vec<Diagnostic>,
) -> Vec<(TreePath, String)> {
    let mut all = Vec::new();
    let Some(Node::Mapping(artifacts)) = config.get_mut("artifacts").map(|artifacts| &mut artifacts.node) else {
        return all;
    };
    for (name, artifact) in artifacts {
        let Some(Node::Sequence(files)) = artifact.get_mut("files").map(|files| &mut files.node) else {
            continue;
        };
        let mut expanded = Vec::new();
        for (index, file) in std::mem::take(files).into_iter().enumerate() {
            let Some(source) = file.get("source") else { continue };
            let path = TreePath::keys(["artifacts", name.as_str(), "files"])
                .index(index)
                .key("source");
            let pattern = source.as_str().unwrap_or_default();
            let matches = found.get(pattern).map_or(&[][..], Vec::as_slice);
            if matches.is_empty() {
                faults.push(no_match(pattern, &path, source));
            }
            for local in matches {
                let mut one = file.clone();
                one.set("source", Tree::from(local.as_str()).at(source.location.clone()));
                expanded.push(one);
                all.push((path.clone(), local.clone()));
            }
        }
        *files = expanded;
    }
    all
}

/// Fills `${artifacts.…}` in, in the resources.
pub(super) fn fill(config: &mut Tree, faults: &mut Vec<Diagnostic>) {
    let artifacts = config.get("artifacts").cloned().unwrap_or_default();
    if let Some(resources) = config.get_mut("resources") {
        fill_in(resources, &TreePath::keys(["resources"]), &artifacts, faults);
    }
}

fn fill_in(tree: &mut Tree, path: &TreePath, artifacts: &Tree, faults: &mut Vec<Diagnostic>) {
    match &mut tree.node {
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) => {}
        Node::Sequence(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                fill_in(item, &path.index(index), artifacts, faults);
            }
        }
        Node::Mapping(fields) => {
            for (key, value) in fields {
                fill_in(value, &path.key(key.as_str()), artifacts, faults);
            }
        }
        Node::String(text) => {
            for reference in reference::references(text) {
                if !is_artifact(&reference.path) {
                    continue;
                }
                let field = TreePath(reference.path.0[1..].to_vec());
                match artifacts.at_path(&field).and_then(super::interpolate::embed) {
                    Some(value) => *text = text.replace(&reference.text, &value),
                    None => faults.push(
                        Diagnostic::error(format!("`{}` refers to nothing", reference.text))
                            .path(path.clone())
                            .location(tree.location.clone())
                            .help(help(&reference.path, artifacts)),
                    ),
                }
            }
        }
    }
}

fn help(path: &TreePath, artifacts: &Tree) -> String {
    let name = match path.0.get(1) {
        Some(Step::Key(name)) => name.as_str(),
        Some(Step::Index(_)) | None => "",
    };
    if artifacts.get(name).is_some() {
        format!("`artifacts.{name}` has `type`, `path`, `build` and `files[0].source`")
    } else {
        let names: Vec<&str> = artifacts
            .as_mapping()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .collect();
        format!("artifacts of this bundle: {}", names.join(", "))
    }
}
