//! The values of variables, by precedence: flag, environment, binding, lookup, overrides file, default.

use indexmap::IndexMap;
use sluice_model::{Diagnostic, Location, Node, Tree, TreePath};

use super::interpolate::Resolver;
use super::reference;
use super::session::Session;
use super::{suggest, yaml};

/// The kinds of objects that a lookup finds by name.
pub(super) const LOOKUPS: [&str; 12] = [
    "alert",
    "cluster_policy",
    "cluster",
    "dashboard",
    "instance_pool",
    "job",
    "metastore",
    "notification_destination",
    "pipeline",
    "query",
    "service_principal",
    "warehouse",
];

/// A lookup that gives a variable its value.
pub(super) struct Lookup {
    variable: String,
    kind: String,
    name: Tree,
}

/// Sets `variables.<name>.value` of every variable that needs no lookup, and returns the lookups of the others.
pub(super) fn assign(root: &mut Tree, target: &str, session: &mut Session<'_>) -> Vec<Lookup> {
    let overrides = overrides(target, session);
    let declared = root
        .get("variables")
        .and_then(Tree::as_mapping)
        .cloned()
        .unwrap_or_default();
    undeclared(&declared, overrides.as_ref(), session);
    let mut lookups = Vec::new();
    for (name, variable) in &declared {
        let path = TreePath::keys(["variables", name]);
        let complex = variable.get("type").and_then(Tree::as_str) == Some("complex");
        let given = given(name, complex, &path, variable, session);
        let value = match (given, variable.get("lookup").filter(|lookup| !lookup.is_null())) {
            (Some(value), _) => value,
            (None, Some(lookup)) => {
                lookups.extend(self::lookup(name, lookup, &path, session));
                continue;
            }
            (None, None) => {
                let value = overrides
                    .as_ref()
                    .and_then(|overrides| overrides.get(name))
                    .or_else(|| variable.get("default"));
                match value {
                    Some(value) => value.clone(),
                    None => {
                        session.report(no_value(name, variable));
                        continue;
                    }
                }
            }
        };
        fits(name, complex, &value, &path, variable, session);
        set_value(root, name, value);
    }
    lookups
}

/// Whether a variable is declared with a lookup.
pub(super) fn ask_for_lookups(root: &Tree) -> bool {
    let variables = root.get("variables").and_then(Tree::as_mapping);
    let mut variables = variables.into_iter().flatten();
    variables.any(|(_, variable)| variable.get("lookup").is_some())
}

fn set_value(root: &mut Tree, name: &str, value: Tree) {
    if let Some(variable) = root.get_mut("variables").and_then(|variables| variables.get_mut(name)) {
        variable.set("value", value);
    }
}

fn no_value(name: &str, variable: &Tree) -> Diagnostic {
    Diagnostic::error(format!("variable `{name}` has no value"))
        .path(TreePath::keys(["variables", name]))
        .location(variable.key_location.clone())
        .help(format!(
            "give it a `default`, or set it with `--var {name}=…` or the environment variable `BUNDLE_VAR_{name}`"
        ))
}

/// The value from outside the bundle's own files.
fn given(name: &str, complex: bool, path: &TreePath, variable: &Tree, session: &mut Session<'_>) -> Option<Tree> {
    let inputs = session.inputs;
    let flag = inputs.variable_flags.get(name).map(|text| (text, "--var"));
    let text = flag.or_else(|| {
        let value = inputs.variable_environment.get(name)?;
        Some((value, "BUNDLE_VAR_*"))
    });
    match text {
        Some((_, source)) if complex => {
            session.report(
                Diagnostic::error(format!("complex variable `{name}` cannot be set by `{source}`"))
                    .path(path.clone())
                    .location(variable.key_location.clone())
                    .help("set it in `targets.<target>.variables` or in variable-overrides.json"),
            );
            None
        }
        Some((text, _)) => Some(Tree::from(text.as_str())),
        None => inputs.variable_binding.get(name).cloned(),
    }
}

/// Names given for this bundle that no variable has. A binding serves many bundles and may name more than one of them declares.
fn undeclared(declared: &IndexMap<String, Tree>, overrides: Option<&Tree>, session: &mut Session<'_>) {
    let inputs = session.inputs;
    let empty = IndexMap::new();
    let flags = inputs.variable_flags.keys().map(|name| (name, "`--var` sets", None));
    let file = overrides
        .and_then(Tree::as_mapping)
        .unwrap_or(&empty)
        .iter()
        .map(|(name, value)| (name, "variable-overrides.json sets", value.key_location.clone()));
    let mut refused = Vec::new();
    for (name, who, location) in flags.chain(file) {
        if !declared.contains_key(name) {
            let mut diagnostic =
                Diagnostic::error(format!("{who} variable `{name}`, which is not declared")).location(location);
            diagnostic.help = suggest::hint(name, declared.keys().map(String::as_str));
            refused.push(diagnostic);
        }
    }
    for diagnostic in refused {
        session.report(diagnostic);
    }
}

/// Values that a developer keeps outside Git for one target.
fn overrides(target: &str, session: &mut Session<'_>) -> Option<Tree> {
    let file = format!(".databricks/bundle/{target}/variable-overrides.json");
    match yaml::parse(session.file(&file)??, &file) {
        Ok(tree) if tree.as_mapping().is_some() => Some(tree),
        Ok(tree) => {
            session.report(
                Diagnostic::error("variable-overrides.json holds an object of values by variable name")
                    .location(tree.location),
            );
            None
        }
        Err(diagnostics) => {
            for diagnostic in diagnostics {
                session.report(diagnostic);
            }
            None
        }
    }
}

/// A complex variable has a map or a list, every other one a single value.
fn fits(name: &str, complex: bool, value: &Tree, path: &TreePath, variable: &Tree, session: &mut Session<'_>) {
    let is_complex = matches!(value.node, Node::Mapping(_) | Node::Sequence(_));
    let is_reference = value.as_str().is_some_and(|text| reference::whole(text).is_some());
    let own_default =
        value.location.is_some() && variable.get("default").map(|value| &value.location) == Some(&value.location);
    if is_complex && !complex && !own_default {
        session.report(
            Diagnostic::error(format!("variable `{name}` gets a {}", value.kind_name()))
                .path(path.clone())
                .location(value.location.clone().or_else(|| variable.key_location.clone()))
                .help("declare it with `type: complex`"),
        );
    } else if complex && !is_complex && !is_reference && !value.is_null() {
        session.report(
            Diagnostic::error(format!("variable `{name}` is complex and gets a {}", value.kind_name()))
                .path(path.clone())
                .location(value.location.clone().or_else(|| variable.key_location.clone()))
                .help("give it a map or a list, or leave out `type: complex`"),
        );
    }
}

fn lookup(variable: &str, lookup: &Tree, path: &TreePath, session: &mut Session<'_>) -> Option<Lookup> {
    let path = path.key("lookup");
    let refuse = |summary: String, location: Option<Location>| {
        Diagnostic::error(summary)
            .path(path.clone())
            .location(location)
            .help(format!("one of: {}", LOOKUPS.join(", ")))
    };
    let fields: Vec<(&String, &Tree)> = lookup
        .as_mapping()?
        .iter()
        .filter(|(_, name)| !name.is_null())
        .collect();
    match fields[..] {
        [(kind, name)] if LOOKUPS.contains(&kind.as_str()) => Some(Lookup {
            variable: variable.to_owned(),
            kind: kind.clone(),
            name: name.clone(),
        }),
        // The check of fields has reported the unknown kind already.
        [_] => None,
        _ => {
            let summary = format!("the lookup of variable `{variable}` needs exactly one kind of object");
            session.report(refuse(
                summary,
                lookup.location.clone().or_else(|| lookup.key_location.clone()),
            ));
            None
        }
    }
}

/// Resolves the lookups: asks for ids and sets the values. Whether all of them have values now.
pub(super) fn look_up(root: &mut Tree, lookups: &[Lookup], session: &mut Session<'_>) -> bool {
    let pending: Vec<&str> = lookups.iter().map(|lookup| lookup.variable.as_str()).collect();
    let mut values = Vec::new();
    for lookup in lookups {
        let path = TreePath::keys(["variables", &lookup.variable, "lookup", &lookup.kind]);
        let text = lookup.name.as_str().unwrap_or_default();
        let nested = reference::references(text).into_iter().find(|reference| {
            let names = ["var", "variables"];
            names.contains(&reference::root(&reference.path))
                && reference.path.0.get(1).is_some_and(
                    |step| matches!(step, sluice_model::tree::Step::Key(name) if pending.contains(&name.as_str())),
                )
        });
        if let Some(nested) = nested {
            session.report(
                Diagnostic::error(format!(
                    "a lookup cannot use `{}`, which is found by a lookup itself",
                    nested.text
                ))
                .path(path)
                .location(lookup.name.location.clone()),
            );
            continue;
        }
        let name = Resolver::new(root, session).resolve(&lookup.name, &path);
        let Some(name) = name.as_str() else { continue };
        match session.lookup(&lookup.kind, name) {
            Some(Ok(id)) => values.push((
                lookup.variable.as_str(),
                Tree::from(id.as_str()).at(lookup.name.location.clone()),
            )),
            Some(Err(why)) => session.report(
                Diagnostic::error(format!("the lookup of variable `{}` failed: {why}", lookup.variable))
                    .path(path)
                    .location(lookup.name.location.clone()),
            ),
            None => {}
        }
    }
    let complete = values.len() == lookups.len();
    for (variable, value) in values {
        set_value(root, variable, value);
    }
    complete
}
