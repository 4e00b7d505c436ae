//! The values of Unity Catalog secrets: they come from outside the files, and leave the configuration before anything looks at it.

use std::collections::BTreeMap;

use sluice_model::secret::REDACTED;
use sluice_model::tree::Step;
use sluice_model::{Diagnostic, ResourceKey, Secret, Tree, TreePath};

use super::interpolate::embed;
use super::reference;
use super::session::Session;

const KIND: &str = "secrets";
const FIELD: &str = "value";

/// Refuses values that stand in a file: what is written there is in Git.
pub(super) fn check(root: &Tree, session: &mut Session<'_>) {
    for (name, value) in values(root) {
        let fault = match variable_of(value) {
            None => Diagnostic::error(format!("the value of secret `{name}` has to come from a variable"))
                .location(value.location.clone().or_else(|| value.key_location.clone()))
                .help("write `${var.NAME}`, and give the variable its value with `--var` or `BUNDLE_VAR_NAME`"),
            Some(variable) => {
                let declared = root.get("variables").and_then(|variables| variables.get(&variable));
                let Some(default) = declared.and_then(|declared| declared.get("default")) else {
                    continue;
                };
                Diagnostic::error(format!(
                    "variable `{variable}` gives secret `{name}` its value and has a default"
                ))
                .location(default.location.clone())
                .location(value.location.clone())
                .help(format!(
                    "a default stands in the file for everybody to read: remove it, and give the value with `--var {variable}=…` or `BUNDLE_VAR_{variable}`"
                ))
            }
        };
        session.report(fault.path(TreePath::keys(["resources", KIND, name, FIELD])));
    }
}

/// A secret that is written in the files, and the variable that gives it its value.
pub(super) struct Written {
    name: String,
    variable: Option<String>,
}

/// The secrets that have a value, as they are written.
pub(super) fn written(root: &Tree) -> Vec<Written> {
    let values = values(root).into_iter();
    values
        .map(|(name, value)| Written {
            name: name.to_owned(),
            variable: variable_of(value),
        })
        .collect()
}

/// Takes the values out of the resolved configuration, also where it lists the variables that give them.
pub(super) fn take(written: &[Written], config: &mut Tree) -> BTreeMap<ResourceKey, Secret<String>> {
    let mut secrets = BTreeMap::new();
    for Written { name, variable } in written {
        let kinds = config.get_mut("resources");
        let secret = kinds.and_then(|kinds| kinds.get_mut(KIND)?.get_mut(name));
        let resolved = secret.and_then(|secret| secret.get_mut(FIELD));
        if let Some(resolved) = resolved
            && let Some(value) = embed(resolved)
        {
            secrets.insert(ResourceKey::bundle(KIND, name), Secret::new(value));
            *resolved = Tree::from(REDACTED).at(resolved.location.clone());
        }
        if let Some(variable) = variable
            && let Some(declared) = config.get_mut("variables").and_then(|all| all.get_mut(variable))
            && declared.get("value").is_some()
        {
            declared.set("value", Tree::from(REDACTED));
        }
    }
    secrets
}

/// The values of the secrets as they are written, by the key of the secret.
fn values(root: &Tree) -> Vec<(&str, &Tree)> {
    let secrets = root
        .get("resources")
        .and_then(|resources| resources.get(KIND)?.as_mapping());
    let secrets = secrets.into_iter().flatten();
    secrets
        .filter_map(|(name, secret)| Some((name.as_str(), secret.get(FIELD)?)))
        .collect()
}

/// The variable that a value consists of.
fn variable_of(value: &Tree) -> Option<String> {
    let found = reference::whole(value.as_str()?)?;
    match &found.path.0[..] {
        [Step::Key(root), Step::Key(name)] if root == "var" => Some(name.clone()),
        [Step::Key(root), Step::Key(name), Step::Key(field)] if root == "variables" && field == "value" => {
            Some(name.clone())
        }
        _ => None,
    }
}
