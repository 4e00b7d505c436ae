//! Whole bundles, written inline, against what they resolve to or why they are refused.

mod build;
mod catalog;
mod compute;
mod governance;
mod objects;
mod peer;
mod references;
mod refusals;
mod resources;
mod selection;

use std::collections::BTreeMap;

use sluice_model::Tree;

use super::{Bundle, CurrentUser, Inputs, LocalPath, Need, Resolution, glob, resolve};

/// The files of a bundle and what the shell would find around it.
#[derive(Clone)]
pub(super) struct Project {
    pub(super) files: BTreeMap<String, String>,
    pub(super) inputs: Inputs,
}

pub(super) fn project(databricks_yml: &str) -> Project {
    let project = Project {
        files: BTreeMap::new(),
        inputs: Inputs {
            current_user: Some(CurrentUser {
                user_name: "jane.doe@example.com".to_owned(),
                display_name: "Jane Doe".to_owned(),
                service_principal: false,
                record: sluice_model::Tree::default(),
            }),
            git: Some(None),
            ..Inputs::default()
        },
    };
    project.file("databricks.yml", databricks_yml)
}

impl Project {
    pub(super) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.to_owned(), text.to_owned());
        self
    }

    pub(super) fn target(mut self, target: &str) -> Self {
        self.inputs.target = Some(target.to_owned());
        self
    }

    pub(super) fn flag(mut self, name: &str, value: &str) -> Self {
        self.inputs.variable_flags.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Inputs)) -> Self {
        change(&mut self.inputs);
        self
    }

    /// Answers needs from the files until there are none left, as the shell does.
    pub(super) fn resolve(&self) -> Resolution {
        let mut inputs = self.inputs.clone();
        for _round in 0..10 {
            match resolve(&inputs) {
                Resolution::Needs(needs) => {
                    assert!(!needs.is_empty(), "asks for nothing");
                    for need in needs {
                        self.answer(need, &mut inputs);
                    }
                }
                end @ (Resolution::Resolved(..) | Resolution::Refused(_)) => return end,
            }
        }
        panic!("asks on and on");
    }

    fn answer(&self, need: Need, inputs: &mut Inputs) {
        match need {
            Need::File(path) => {
                let text = self.files.get(&path).cloned();
                assert!(inputs.files.insert(path, text).is_none(), "asked twice");
            }
            Need::Glob(pattern) => {
                let found = self
                    .files
                    .keys()
                    .filter(|path| glob::matches(&pattern, path))
                    .cloned()
                    .collect();
                assert!(inputs.globs.insert(pattern, found).is_none(), "asked twice");
            }
            Need::LocalPath(path) => {
                let found = match self.files.get(&path) {
                    Some(text) if text.contains("Databricks notebook source") => LocalPath::Notebook,
                    Some(_) => LocalPath::File,
                    None if self.files.keys().any(|file| file.starts_with(&format!("{path}/"))) => LocalPath::Directory,
                    None => LocalPath::Missing,
                };
                assert!(inputs.local_paths.insert(path, found).is_none(), "asked twice");
            }
            Need::Lookup { kind, name } => {
                let answer = if name == "missing" {
                    Err("nothing has this name".to_owned())
                } else {
                    Ok(format!("id-of-{kind}-{name}"))
                };
                inputs.lookups.insert((kind, name), answer);
            }
            Need::CurrentUser { .. } | Need::Git | Need::Python(_) => panic!("asks for what is given"),
        }
    }

    pub(super) fn bundle(&self) -> Bundle {
        match self.resolve() {
            Resolution::Resolved(bundle, _) => *bundle,
            other => panic!("not resolved: {}", render(&other)),
        }
    }

    /// One block of the resolved configuration as JSON.
    pub(super) fn at(&self, path: &str) -> String {
        let bundle = self.bundle();
        let found = path.split('.').try_fold(&bundle.config, |tree, key| tree.get(key));
        json(found.unwrap_or_else(|| panic!("nothing at {path} in {}", bundle.config.to_json())))
    }

    /// All findings as people see them.
    pub(super) fn findings(&self) -> String {
        render(&self.resolve())
    }
}

pub(super) fn json(tree: &Tree) -> String {
    serde_json::to_string_pretty(&tree.to_json()).unwrap()
}

fn render(resolution: &Resolution) -> String {
    let diagnostics = match resolution {
        Resolution::Resolved(_, diagnostics) | Resolution::Refused(diagnostics) => diagnostics,
        Resolution::Needs(needs) => return format!("needs {needs:?}"),
    };
    let outcome = if matches!(resolution, Resolution::Resolved(..)) {
        "resolved"
    } else {
        "refused"
    };
    let lines: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    format!("{outcome}\n{}", lines.join("\n"))
}
