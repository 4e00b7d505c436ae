//! Merging of two trees: maps field by field, lists one after the other, of two scalars the later.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::session::Session;

/// Merges `over` into `base`.
pub(super) fn merge(base: &mut Tree, over: Tree, path: &TreePath, session: &mut Session<'_>) {
    match (&mut base.node, over.node) {
        (_, Node::Null) => {}
        (Node::Mapping(fields), Node::Mapping(more)) => {
            for (key, value) in more {
                match fields.get_mut(&key) {
                    Some(field) => merge(field, value, &path.key(key), session),
                    None => {
                        fields.insert(key, value);
                    }
                }
            }
        }
        (Node::Sequence(items), Node::Sequence(more)) => items.extend(more),
        (before, after) => {
            let reference = |node: &Node| matches!(node, Node::String(text) if text.starts_with("${"));
            if shape(before) == shape(&after) || *before == Node::Null || reference(before) || reference(&after) {
                *before = after;
                base.location = over.location;
                base.key_location = over.key_location;
            } else {
                let (one, other) = (base.kind_name(), Tree::from(after).kind_name());
                session.report(
                    Diagnostic::error(format!("`{path}` is a {one} in one place and a {other} in another"))
                        .path(path.clone())
                        .location(base.location.clone())
                        .location(over.location),
                );
            }
        }
    }
}

/// 0 for a scalar, 1 for a list, 2 for a map.
fn shape(node: &Node) -> u8 {
    match node {
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) => 0,
        Node::Sequence(_) => 1,
        Node::Mapping(_) => 2,
    }
}
