//! The replica check: two environments of the same content may differ only in declared values, target settings, and names made of them.
//!
//! *Invariant:* pure. It compares resolved configurations, never workspaces. A difference between two texts is explained when one becomes
//! the other by putting the values of one environment in the places of the other's.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use sluice_model::{Node, Tree};

/// One resolved configuration and what is declared about its environment.
#[derive(Clone, Debug)]
pub struct Side {
    /// Name of the environment.
    pub name: String,
    /// The resolved bundle.
    pub config: Tree,
    /// The resolved catalog files.
    pub catalog: Tree,
    /// Declared values: what an environment may say differently, by a name that both sides share.
    pub values: Vec<(String, Tree)>,
    /// Paths that the target sets, such as `resources.jobs.load.schedule`.
    pub target_settings: BTreeSet<String>,
}

/// One difference that nothing declared explains.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Where in the configuration.
    pub path: String,
    /// The value in the environment before; none when it is absent there.
    pub upstream: Option<Tree>,
    /// The value here.
    pub here: Option<Tree>,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<Tree>| {
            value
                .as_ref()
                .map_or_else(|| "absent".to_owned(), |tree| tree.to_json().to_string())
        };
        write!(
            formatter,
            "`{}` is {} here and {} there",
            self.path,
            shown(&self.here),
            shown(&self.upstream)
        )
    }
}

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[must_use]
pub struct Comparison {
    /// Differences that declared values explain.
    pub explained: usize,
    /// The others.
    pub unexplained: Vec<Difference>,
}

/// Parts of a resolved bundle that say which environment it is; their differences are values, not consequences.
const DECLARATIONS: [&str; 7] = [
    "bundle.target",
    "bundle.mode",
    "bundle.environment",
    "bundle.git",
    "targets",
    "variables",
    "workspace",
];
/// Fields that a target's mode and presets set.
const PRESET_FIELDS: [&str; 5] = [
    "pause_status",
    "max_concurrent_runs",
    "edit_mode",
    "development",
    "tags",
];

impl Side {
    /// What stands in a loaded bundle. `documents` are the bundle's own YAML files, in which the target's settings are looked up.
    #[must_use]
    pub fn of(
        name: &str,
        target: &str,
        config: Tree,
        catalog: Tree,
        binding: Vec<(String, Tree)>,
        documents: &[Tree],
    ) -> Self {
        let mut values = binding;
        values.push(("environment".to_owned(), name.into()));
        values.push(("target".to_owned(), target.into()));
        if let Some(variables) = config.get("variables").and_then(Tree::as_mapping) {
            for (variable, body) in variables {
                let value = body.get("value").or_else(|| body.get("default"));
                values.extend(value.map(|value| (format!("var.{variable}"), value.clone())));
            }
        }
        if let Some(workspace) = config.get("workspace") {
            leaves("workspace", workspace, &mut values);
        }
        let mut target_settings = BTreeSet::new();
        for document in documents {
            if let Some(settings) = document.get("targets").and_then(|targets| targets.get(target)) {
                settings_of("", settings, &mut target_settings);
            }
        }
        Self {
            name: name.to_owned(),
            config,
            catalog,
            values,
            target_settings,
        }
    }

    fn has_setting(&self, path: &str) -> bool {
        let below = |inner: &str, outer: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.target_settings
            .iter()
            .any(|setting| below(path, setting) || below(setting, path))
    }

    fn preset(&self, key: &str) -> Option<&Tree> {
        self.config.get("presets").and_then(|presets| presets.get(key))
    }

    fn mode(&self) -> Option<&Tree> {
        self.config.get("bundle").and_then(|bundle| bundle.get("mode"))
    }
}

fn leaves(path: &str, value: &Tree, found: &mut Vec<(String, Tree)>) {
    match &value.node {
        Node::Mapping(fields) => {
            for (key, field) in fields {
                leaves(&format!("{path}.{key}"), field, found);
            }
        }
        Node::Sequence(_) | Node::Null => {}
        Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) => {
            found.push((path.to_owned(), value.clone()));
        }
    }
}

/// Paths of a target's settings. A list counts as a whole: its items are merged by key, not by position.
fn settings_of(path: &str, settings: &Tree, found: &mut BTreeSet<String>) {
    match settings.as_mapping() {
        Some(fields) if !fields.is_empty() => {
            for (key, field) in fields {
                let inner = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                settings_of(&inner, field, found);
            }
        }
        _ => {
            found.insert(path.to_owned());
        }
    }
}

/// Compares two configurations of the same content.
pub fn compare(upstream: &Side, here: &Side) -> Comparison {
    let pairs = pairs(upstream, here);
    let mut comparison = Comparison::default();
    let mut walk = Walk {
        upstream,
        here,
        pairs: &pairs,
        comparison: &mut comparison,
    };
    walk.values("", Some(&upstream.config), Some(&here.config));
    walk.values("catalog", Some(&upstream.catalog), Some(&here.catalog));
    comparison
}

/// Declared values that differ, as (there, here); longer ones first, so that a whole path is taken before a part of it.
fn pairs(upstream: &Side, here: &Side) -> Vec<(Tree, Tree)> {
    let mut pairs: Vec<(Tree, Tree)> = upstream
        .values
        .iter()
        .filter_map(|(name, there)| {
            let (_, value) = here.values.iter().find(|(other, _)| other == name)?;
            (value != there).then(|| (there.clone(), value.clone()))
        })
        .collect();
    pairs.sort_by_key(|(there, _)| std::cmp::Reverse(there.as_str().map_or(0, str::len)));
    pairs.dedup();
    pairs
}

struct Walk<'a> {
    upstream: &'a Side,
    here: &'a Side,
    pairs: &'a [(Tree, Tree)],
    comparison: &'a mut Comparison,
}

impl Walk<'_> {
    fn values(&mut self, path: &str, there: Option<&Tree>, here: Option<&Tree>) {
        if there == here || DECLARATIONS.contains(&path) {
            return;
        }
        let nodes = there.map(|tree| &tree.node).zip(here.map(|tree| &tree.node));
        match nodes {
            Some((Node::Mapping(one), Node::Mapping(two))) => {
                let keys: BTreeSet<&String> = one.keys().chain(two.keys()).collect();
                for key in keys {
                    let inner = if path.is_empty() {
                        key.clone()
                    } else {
                        format!("{path}.{key}")
                    };
                    self.values(&inner, one.get(key), two.get(key));
                }
            }
            Some((Node::Sequence(one), Node::Sequence(two))) if one.len() == two.len() => {
                for (index, (there, here)) in one.iter().zip(two).enumerate() {
                    self.values(&format!("{path}[{index}]"), Some(there), Some(here));
                }
            }
            _ if self.explains(path, there, here) => self.comparison.explained += 1,
            _ => self.comparison.unexplained.push(Difference {
                path: path.to_owned(),
                upstream: there.cloned(),
                here: here.cloned(),
            }),
        }
    }

    fn explains(&self, path: &str, there: Option<&Tree>, here: Option<&Tree>) -> bool {
        if self.upstream.has_setting(path) || self.here.has_setting(path) {
            return true;
        }
        let presets_differ = self.upstream.mode() != self.here.mode()
            || self.upstream.config.get("presets") != self.here.config.get("presets");
        let mut parts = path.split(['.', '[']);
        if presets_differ && (path.starts_with("presets") || parts.any(|part| PRESET_FIELDS.contains(&part))) {
            return true;
        }
        let (Some(there), Some(here)) = (there, here) else {
            return false;
        };
        match (there.as_str(), here.as_str()) {
            (Some(there), Some(here)) => self.substitutes(there, here) || self.prefixed(path, there, here),
            _ => self.pairs.iter().any(|(one, two)| one == there && two == here),
        }
    }

    /// Names may begin with the prefix of the environment's presets.
    fn prefixed(&self, path: &str, there: &str, here: &str) -> bool {
        let prefix = |side: &Side| {
            side.preset("name_prefix")
                .and_then(Tree::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (one, two) = (prefix(self.upstream), prefix(self.here));
        if one == two || !path.ends_with(".name") {
            return false;
        }
        match (there.strip_prefix(&one), here.strip_prefix(&two)) {
            (Some(there), Some(here)) => self.substitutes(there, here),
            _ => false,
        }
    }

    /// Whether one text becomes the other by exchanging declared values at the same places.
    fn substitutes(&self, there: &str, here: &str) -> bool {
        let texts: Vec<(&str, &str)> = self
            .pairs
            .iter()
            .filter_map(|(one, two)| Some((one.as_str()?, two.as_str()?)))
            .filter(|(one, two)| !one.is_empty() && !two.is_empty())
            .collect();
        // Places that were reached on both sides; a text of a few hundred characters has few of them.
        let mut open = vec![(0, 0)];
        let mut seen = BTreeSet::new();
        while let Some((at, on)) = open.pop() {
            if !seen.insert((at, on)) {
                continue;
            }
            let (rest_there, rest_here) = (&there[at..], &here[on..]);
            if rest_there.is_empty() && rest_here.is_empty() {
                return true;
            }
            if let (Some(one), Some(two)) = (rest_there.chars().next(), rest_here.chars().next())
                && one == two
            {
                open.push((at + one.len_utf8(), on + two.len_utf8()));
            }
            for (one, two) in &texts {
                if rest_there.starts_with(one) && rest_here.starts_with(two) {
                    open.push((at + one.len(), on + two.len()));
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn side(name: &str, resources: serde_json::Value, targets: &serde_json::Value) -> Side {
        let config = json!({
            "bundle": {"name": "p", "target": name},
            "variables": {"catalog": {"value": name}, "size": {"value": if name == "qa" { 1 } else { 2 }}},
            "workspace": {"root_path": format!("/Workspace/Shared/{name}"), "host": format!("https://{name}.test")},
            "resources": resources,
        });
        Side::of(
            name,
            name,
            Tree::from_json(&config),
            Tree::mapping(),
            Vec::new(),
            &[Tree::from_json(&json!({"targets": targets}))],
        )
    }

    fn unexplained(qa: serde_json::Value, prod: serde_json::Value) -> Vec<String> {
        let targets = json!({"prod": {"resources": {"jobs": {"load": {"schedule": {"quartz": "x"}}}}}});
        let found = compare(&side("qa", qa, &targets), &side("prod", prod, &targets));
        found.unexplained.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn declared_values_names_made_of_them_and_target_settings_may_differ() {
        let job = |name: &str, size: u64, schedule: Option<&str>| {
            json!({"jobs": {"load": {
                "name": format!("load {name}"), "workers": size,
                "path": format!("/Workspace/Shared/{name}/files/a.py"),
                "table": format!("{name}.gold.t_{name}"),
                "schedule": schedule.map(|text| json!({"quartz": text})),
            }}})
        };
        assert_eq!(
            unexplained(job("qa", 1, None), job("prod", 2, Some("x"))),
            Vec::<String>::new()
        );
    }

    #[test]
    fn everything_else_is_listed() {
        let qa = json!({"jobs": {"load": {"name": "load qa", "retries": 1, "timeout": 5, "tasks": [{"a": "x"}]}}});
        let prod = json!({"jobs": {"load": {"name": "load PROD", "retries": 3, "tasks": [{"a": "y"}]}, "more": {}}});
        assert_eq!(
            unexplained(qa, prod),
            [
                "`resources.jobs.load.name` is \"load PROD\" here and \"load qa\" there",
                "`resources.jobs.load.retries` is 3 here and 1 there",
                "`resources.jobs.load.tasks[0].a` is \"y\" here and \"x\" there",
                "`resources.jobs.load.timeout` is absent here and 5 there",
                "`resources.jobs.more` is {} here and absent there",
            ]
        );
    }
}
