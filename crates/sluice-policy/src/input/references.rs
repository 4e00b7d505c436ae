//! References that a resolved bundle still holds: names of what the same bundle declares.

use sluice_model::{Node, Tree};

/// How deep references may lead to references.
const DEPTH: usize = 4;

/// The tree with `${resources.…}` and `${catalog.…}` replaced where they lead to a text that the bundle holds. What only the workspace
/// knows, such as an id, stays.
pub(super) fn resolved(tree: &Tree, config: &Tree, catalog: &Tree) -> Tree {
    let mut copy = tree.clone();
    resolve(&mut copy, config, catalog);
    copy
}

fn resolve(tree: &mut Tree, config: &Tree, catalog: &Tree) {
    match &mut tree.node {
        Node::String(text) => {
            for _ in 0..DEPTH {
                match replaced(text, config, catalog) {
                    Some(next) => *text = next,
                    None => break,
                }
            }
        }
        Node::Sequence(items) => items.iter_mut().for_each(|item| resolve(item, config, catalog)),
        Node::Mapping(fields) => fields.values_mut().for_each(|field| resolve(field, config, catalog)),
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) => {}
    }
}

/// The text after one round; none when nothing could be replaced.
fn replaced(text: &str, config: &Tree, catalog: &Tree) -> Option<String> {
    let mut result = String::new();
    let mut rest = text;
    let mut any = false;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        let reference = &rest[start + 2..start + length];
        result.push_str(&rest[..start]);
        match look_up(reference, config, catalog) {
            Some(value) => {
                result.push_str(value);
                any = true;
            }
            None => result.push_str(&rest[start..=start + length]),
        }
        rest = &rest[start + length + 1..];
    }
    result.push_str(rest);
    any.then_some(result)
}

fn look_up<'tree>(reference: &str, config: &'tree Tree, catalog: &'tree Tree) -> Option<&'tree str> {
    let mut steps = reference.split('.');
    let mut tree = match steps.next()? {
        "resources" => config.get("resources")?,
        "catalog" => catalog,
        _ => return None,
    };
    let mut last = "";
    for step in steps {
        last = step;
        // The full name of a catalog object is its name.
        tree = match tree.get(step) {
            Some(next) => next,
            None if step == "full_name" => tree.get("name")?,
            None => return None,
        };
    }
    (last != "id").then(|| tree.as_str())?
}
