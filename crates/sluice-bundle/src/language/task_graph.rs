//! The tasks of a job among each other: what one waits for exists, and none waits for itself.
//!
//! The Jobs API refuses both when a job is made (<https://docs.databricks.com/api/workspace/jobs/create>, `tasks`); that would be after the
//! upload of the files.

use std::collections::{BTreeMap, BTreeSet};

use sluice_model::{Diagnostic, Tree, TreePath};

use super::session::Session;
use super::{has_references, suggest};

/// What a task waits for, with the place where that is written.
type Waits<'job> = BTreeMap<&'job str, Vec<(&'job str, &'job Tree)>>;

/// Reports what is wrong with `depends_on` of the tasks of every job.
pub(super) fn check(resources: &Tree, session: &mut Session<'_>) {
    let jobs = resources.get("jobs").and_then(Tree::as_mapping);
    for (name, job) in jobs.into_iter().flatten() {
        let path = TreePath::keys(["resources", "jobs", name.as_str(), "tasks"]);
        let tasks = job.get("tasks").and_then(Tree::as_sequence).unwrap_or_default();
        let mut waits = Waits::new();
        for task in tasks {
            if let Some(key) = text(task, "task_key") {
                let needed = task.get("depends_on").and_then(Tree::as_sequence).unwrap_or_default();
                let needed = needed
                    .iter()
                    .filter_map(|needed| Some((text(needed, "task_key")?, needed.get("task_key")?)));
                waits.entry(key).or_default().extend(needed);
            }
        }
        // A key that is not known yet may be any of them.
        if waits.keys().any(|key| has_references(key)) {
            continue;
        }
        if missing(&waits, &path, session) {
            circle(&waits, &path, session);
        }
    }
}

fn text<'tree>(tree: &'tree Tree, field: &str) -> Option<&'tree str> {
    tree.get(field)?.as_str()
}

/// Reports tasks that wait for one that does not exist. Whether there are none.
fn missing(waits: &Waits<'_>, path: &TreePath, session: &mut Session<'_>) -> bool {
    let mut complete = true;
    for (key, needed) in waits {
        for (name, place) in needed {
            if waits.contains_key(name) || has_references(name) {
                continue;
            }
            complete = false;
            let mut refused = Diagnostic::error(format!("task `{key}` waits for task `{name}`, which does not exist"))
                .path(path.clone())
                .location(place.location.clone());
            refused.help = suggest::hint(name, waits.keys().copied().filter(|other| other != key));
            session.report(refused);
        }
    }
    complete
}

/// Reports tasks that wait for each other.
fn circle(waits: &Waits<'_>, path: &TreePath, session: &mut Session<'_>) {
    let mut open: BTreeSet<&str> = waits.keys().copied().collect();
    loop {
        let free: Vec<&str> = open
            .iter()
            .copied()
            .filter(|key| waits[key].iter().all(|(needed, _)| !open.contains(needed)))
            .collect();
        if free.is_empty() {
            break;
        }
        open.retain(|key| !free.contains(key));
    }
    let Some(start) = open.first().copied() else { return };
    let mut ring: Vec<&str> = vec![start];
    let mut places = Vec::new();
    let mut here = start;
    while let Some((next, place)) = waits[here].iter().find(|(needed, _)| open.contains(needed)) {
        places.push((here, place.location.clone()));
        if let Some(begin) = ring.iter().position(|key| key == next) {
            ring.drain(..begin);
            ring.push(next);
            break;
        }
        ring.push(next);
        here = next;
    }
    let mut refused = Diagnostic::error(format!("tasks wait for each other: {}", ring.join(" → ")))
        .path(path.clone())
        .help("take one of the dependencies out");
    for (_, location) in places.into_iter().filter(|(key, _)| ring.contains(key)) {
        refused = refused.location(location);
    }
    session.report(refused);
}
