//! `${resources.volumes.<key>.volume_path}`: the place of a volume's files, known as soon as its names are.

use std::collections::BTreeMap;

use sluice_model::tree::Step;
use sluice_model::{Node, Tree};

use super::reference;

/// Schemas that refer to catalogs that refer to something else: more than anybody writes.
const MAXIMUM_CHAIN: usize = 5;

/// Sets `volume_path` of every volume and replaces the references to it.
pub(super) fn fill(resources: &mut Tree, catalog: &mut Tree) {
    let paths: BTreeMap<String, String> = resources
        .get("volumes")
        .and_then(Tree::as_mapping)
        .into_iter()
        .flatten()
        .filter(|(_, volume)| volume.as_mapping().is_some())
        .map(|(key, volume)| {
            let part = |field: &str| known(volume.get(field).and_then(Tree::as_str).unwrap_or_default(), resources);
            let path = format!(
                "/Volumes/{}/{}/{}",
                part("catalog_name"),
                part("schema_name"),
                part("name")
            );
            (key.clone(), path)
        })
        .collect();
    if paths.is_empty() {
        return;
    }
    replace(resources, &paths);
    replace(catalog, &paths);
    for (key, path) in paths {
        if let Some(volume) = resources.get_mut("volumes").and_then(|volumes| volumes.get_mut(&key)) {
            volume.set("volume_path", path);
        }
    }
}

/// A name with references to fields that other resources of the bundle state; references to anything else stay.
fn known(text: &str, resources: &Tree) -> String {
    let mut text = text.to_owned();
    for _ in 0..MAXIMUM_CHAIN {
        let before = text.clone();
        for found in reference::references(&before) {
            let [Step::Key(root), path @ ..] = found.path.0.as_slice() else {
                continue;
            };
            let value = path.iter().try_fold(resources, |tree, step| match step {
                Step::Key(key) => tree.get(key),
                Step::Index(_) => None,
            });
            if let Some(value) = value.and_then(Tree::as_str).filter(|_| root == "resources") {
                text = text.replace(&found.text, value);
            }
        }
        if text == before {
            break;
        }
    }
    text
}

fn replace(tree: &mut Tree, paths: &BTreeMap<String, String>) {
    match &mut tree.node {
        Node::String(text) if text.contains(".volume_path}") => {
            for (key, path) in paths {
                *text = text.replace(&format!("${{resources.volumes.{key}.volume_path}}"), path);
            }
        }
        Node::Sequence(items) => items.iter_mut().for_each(|item| replace(item, paths)),
        Node::Mapping(fields) => fields.values_mut().for_each(|value| replace(value, paths)),
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) => {}
    }
}
