//! Local paths of tasks become paths in the workspace; what they refer to has to exist and to be of the right kind.

use sluice_model::{Diagnostic, Location, Node, Tree, TreePath};

use super::include::clean;
use super::libraries::{Dependency, dependency, is_remote};
use super::session::Session;
use super::sync::folder;
use super::{LocalPath, SyncRules, glob};

/// What a path of a task refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Notebook,
    File,
    Directory,
    /// A folder with a package, or a file.
    Installable,
    /// Any number of files; the service looks for them.
    Pattern,
}

/// The paths of a task that are translated.
const TASK_PATHS: [(&[&str], Kind); 4] = [
    (&["notebook_task", "notebook_path"], Kind::Notebook),
    (&["spark_python_task", "python_file"], Kind::File),
    (&["sql_task", "file", "path"], Kind::File),
    (&["dbt_task", "project_directory"], Kind::Directory),
];

/// The paths of a library of a pipeline that are translated.
const LIBRARY_PATHS: [(&[&str], Kind); 3] = [
    (&["notebook", "path"], Kind::Notebook),
    (&["file", "path"], Kind::File),
    (&["glob", "include"], Kind::Pattern),
];

/// The endings of notebooks in source format.
const NOTEBOOK_ENDINGS: [&str; 5] = [".py", ".sql", ".scala", ".r", ".ipynb"];

/// Where local files go.
pub(super) struct Translation<'paths> {
    file_path: &'paths str,
    /// The bundle root as seen from the sync root; none when it cannot be known.
    bundle_root: Option<String>,
}

impl<'paths> Translation<'paths> {
    pub(super) fn new(rules: &SyncRules, file_path: &'paths str) -> Self {
        Self {
            file_path,
            bundle_root: rules.bundle_root.clone(),
        }
    }

    /// Translates the paths of every pipeline, and of every job that does not take its code from Git.
    pub(super) fn apply(&self, resources: &mut Tree, session: &mut Session<'_>) {
        self.pipelines(resources, session);
        self.apps(resources, session);
        let Some(Node::Mapping(jobs)) = resources.get_mut("jobs").map(|jobs| &mut jobs.node) else {
            return;
        };
        for (name, job) in jobs {
            let path = TreePath::keys(["resources", "jobs", name.as_str()]);
            if let Some(Node::Sequence(environments)) = job.get_mut("environments").map(|list| &mut list.node) {
                for (index, environment) in environments.iter_mut().enumerate() {
                    if let Some(spec) = environment.get_mut("spec") {
                        self.requirement_files(spec, &path.key("environments").index(index).key("spec"), session);
                    }
                }
            }
            if job.get("git_source").is_some_and(|source| !source.is_null()) {
                continue;
            }
            let Some(Node::Sequence(tasks)) = job.get_mut("tasks").map(|tasks| &mut tasks.node) else {
                continue;
            };
            for (index, task) in tasks.iter_mut().enumerate() {
                let path = path.key("tasks").index(index);
                self.task(task, &path, session);
                if let Some(inner) = task.get_mut("for_each_task").and_then(|each| each.get_mut("task")) {
                    self.task(inner, &path.key("for_each_task").key("task"), session);
                }
            }
        }
    }

    fn pipelines(&self, resources: &mut Tree, session: &mut Session<'_>) {
        let Some(Node::Mapping(pipelines)) = resources.get_mut("pipelines").map(|pipelines| &mut pipelines.node) else {
            return;
        };
        for (name, pipeline) in pipelines {
            let path = TreePath::keys(["resources", "pipelines", name.as_str()]);
            if let Some(environment) = pipeline.get_mut("environment") {
                self.requirement_files(environment, &path.key("environment"), session);
            }
            self.in_place(pipeline, &["root_path"], Kind::Directory, &path, session);
            let Some(Node::Sequence(libraries)) = pipeline.get_mut("libraries").map(|libraries| &mut libraries.node)
            else {
                continue;
            };
            let written = std::mem::take(libraries);
            for (index, library) in written.into_iter().enumerate() {
                let path = path.key("libraries").index(index);
                libraries.extend(self.expanded(library, &path, session));
            }
            for (index, library) in libraries.iter_mut().enumerate() {
                let path = path.key("libraries").index(index);
                for (keys, kind) in LIBRARY_PATHS {
                    self.in_place(library, keys, kind, &path, session);
                }
            }
        }
    }

    fn apps(&self, resources: &mut Tree, session: &mut Session<'_>) {
        let Some(Node::Mapping(apps)) = resources.get_mut("apps").map(|apps| &mut apps.node) else {
            return;
        };
        for (name, app) in apps {
            let path = TreePath::keys(["resources", "apps", name.as_str()]);
            self.in_place(app, &["source_code_path"], Kind::Directory, &path, session);
        }
    }

    /// A library of a pipeline whose path is a pattern, as one library for each file that matches; one that nothing matches stays.
    fn expanded(&self, library: Tree, path: &TreePath, session: &mut Session<'_>) -> Vec<Tree> {
        for (keys, kind) in LIBRARY_PATHS.iter().filter(|(_, kind)| *kind != Kind::Pattern) {
            let value = keys.iter().try_fold(&library, |value, key| value.get(key));
            let Some(text) = value.and_then(Tree::as_str).filter(|text| glob::is_pattern(text)) else {
                continue;
            };
            if is_remote(text) {
                continue;
            }
            let location = value.and_then(|value| value.location.clone());
            let from = location.as_ref().map_or(".", |location| folder(&location.file));
            let pattern = clean(&format!("{from}/{text}"));
            let path = keys.iter().fold(path.clone(), |path, key| path.key(*key));
            let found = session.glob(&pattern).unwrap_or_default();
            let expanded: Vec<Tree> = found
                .iter()
                .filter_map(|local| {
                    let remote = self.translate(local, *kind, &path, location.as_ref(), session)?;
                    let mut one = library.clone();
                    let value = keys.iter().try_fold(&mut one, |value, key| value.get_mut(key))?;
                    value.node = Node::String(remote);
                    Some(one)
                })
                .collect();
            if !found.is_empty() {
                return expanded;
            }
        }
        vec![library]
    }

    fn task(&self, task: &mut Tree, path: &TreePath, session: &mut Session<'_>) {
        if let Some(Node::Sequence(libraries)) = task.get_mut("libraries").map(|libraries| &mut libraries.node) {
            for (index, library) in libraries.iter_mut().enumerate() {
                let path = path.key("libraries").index(index);
                self.in_place(library, &["requirements"], Kind::File, &path, session);
            }
        }
        for (keys, kind) in TASK_PATHS {
            self.in_place(task, keys, kind, path, session);
        }
    }

    /// Translates the files behind `-r`, and the folders or files behind `-e`, in the dependencies of an environment.
    fn requirement_files(&self, environment: &mut Tree, path: &TreePath, session: &mut Session<'_>) {
        let Some(Node::Sequence(items)) = environment.get_mut("dependencies").map(|list| &mut list.node) else {
            return;
        };
        for (index, item) in items.iter_mut().enumerate() {
            let Some(text) = item.as_str().map(str::to_owned) else {
                continue;
            };
            let Dependency::Flagged(flag, local) = dependency(&text) else {
                continue;
            };
            if is_remote(local) {
                continue;
            }
            let kind = if flag.starts_with("-e") {
                Kind::Installable
            } else {
                Kind::File
            };
            let path = path.key("dependencies").index(index);
            let local = beside(item, local);
            if let Some(translated) = self.translate(&local, kind, &path, item.location.as_ref(), session) {
                item.node = Node::String(format!("{flag}{translated}"));
            }
        }
    }

    /// Translates the path that stands below these keys, if there is one and it is a local one.
    fn in_place(&self, holder: &mut Tree, keys: &[&str], kind: Kind, path: &TreePath, session: &mut Session<'_>) {
        let mut value = Some(holder);
        for key in keys {
            value = value.and_then(|value| value.get_mut(key));
        }
        let Some(value) = value else { return };
        let path = keys.iter().fold(path.clone(), |path, key| path.key(*key));
        let Some(text) = value.as_str().map(str::to_owned).filter(|text| !is_remote(text)) else {
            return;
        };
        let local = beside(value, &text);
        if let Some(translated) = self.translate(&local, kind, &path, value.location.as_ref(), session) {
            value.node = Node::String(translated);
        }
    }

    /// The path in the workspace of a path relative to the bundle root, whose file has to be of this kind.
    fn translate(
        &self,
        local: &str,
        kind: Kind,
        path: &TreePath,
        location: Option<&Location>,
        session: &mut Session<'_>,
    ) -> Option<String> {
        let refuse = |summary: String| {
            Diagnostic::error(summary)
                .path(path.clone())
                .location(location.cloned())
        };
        let Some(remote) = self.remote(local) else {
            session.report(
                refuse(format!("`{local}` lies outside of what is uploaded"))
                    .help("add its folder to `sync.paths`, or move it below the bundle root"),
            );
            return None;
        };
        if kind == Kind::Pattern {
            return Some(remote);
        }
        let found = session.local_path(local)?;
        match (kind, found) {
            (Kind::Notebook, LocalPath::Notebook) => Some(without_ending(&remote).to_owned()),
            (Kind::File | Kind::Installable, LocalPath::File)
            | (Kind::Directory | Kind::Installable, LocalPath::Directory) => Some(remote),
            (_, found) => {
                let help = advice(local, kind, found, session);
                let what = match kind {
                    Kind::Notebook => "notebook",
                    Kind::File | Kind::Pattern => "file",
                    Kind::Directory | Kind::Installable => "folder",
                };
                let summary = match found {
                    LocalPath::Missing => format!("{what} `{local}` does not exist"),
                    LocalPath::Directory => format!("`{local}` is a folder, not a {what}"),
                    LocalPath::File => format!("`{local}` is a file, not a {what}"),
                    LocalPath::Notebook => format!("`{local}` is a notebook, not a {what}"),
                };
                let mut refused = refuse(summary);
                refused.help = help;
                session.report(refused);
                None
            }
        }
    }

    /// The path in the workspace of a path relative to the bundle root; none when it is not uploaded or cannot be known.
    fn remote(&self, local: &str) -> Option<String> {
        let bundle_root = self.bundle_root.as_deref()?;
        let below_sync_root = clean(&format!("{bundle_root}/{local}"));
        if below_sync_root.starts_with("..") {
            return None;
        }
        Some(format!("{}/{below_sync_root}", self.file_path))
    }
}

fn without_ending(path: &str) -> &str {
    let (folder_end, name) = path
        .rsplit_once('/')
        .map_or((0, path), |(folder, name)| (folder.len() + 1, name));
    match NOTEBOOK_ENDINGS
        .iter()
        .find(|ending| name.to_lowercase().ends_with(*ending))
    {
        Some(ending) => &path[..folder_end + name.len() - ending.len()],
        None => path,
    }
}

/// A path that a value holds, relative to the bundle root: it is written relative to the file that the value stands in.
fn beside(value: &Tree, path: &str) -> String {
    let from = value.location.as_ref().map_or(".", |location| folder(&location.file));
    clean(&format!("{from}/{path}"))
}

/// What to do about a path that is not what the task needs.
fn advice(local: &str, kind: Kind, found: &LocalPath, session: &mut Session<'_>) -> Option<String> {
    match (kind, found) {
        (Kind::Notebook, LocalPath::File) => Some(
            "start the file with the line `# Databricks notebook source` (`-- Databricks notebook source` in SQL), or run it with `spark_python_task` or `sql_task`"
                .to_owned(),
        ),
        (Kind::File, LocalPath::Notebook) => {
            Some("run it with `notebook_task`, or remove its line `Databricks notebook source`".to_owned())
        }
        (Kind::Notebook, LocalPath::Missing) if without_ending(local) == local => NOTEBOOK_ENDINGS
            .iter()
            .map(|ending| format!("{local}{ending}"))
            .find(|candidate| session.local_path(candidate) == Some(&LocalPath::Notebook))
            .map(|candidate| format!("did you mean `{candidate}`? A local notebook is named with its ending")),
        (_, LocalPath::Missing) => Some("paths are relative to the file that they stand in".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_of_notebooks_go() {
        assert_eq!(without_ending("/a.b/c.py"), "/a.b/c");
        assert_eq!(without_ending("/a/c.R"), "/a/c");
        assert_eq!(without_ending("/a.py/c"), "/a.py/c");
    }
}
