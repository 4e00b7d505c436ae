//! The SQL of views and functions, written in place or in a file beside the catalog file.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use crate::language::session::Session;
use crate::language::{include, sync};

/// Kinds whose SQL may stand in a file, the field that it stands in otherwise, and what messages call both.
const KINDS: [(&str, &str, &str); 2] = [("views", "query", "view"), ("functions", "definition", "function")];

/// Reads the SQL that stands in files; the file is named relative to the catalog file.
pub(super) fn read(catalog: &mut Tree, session: &mut Session<'_>) {
    for (kind, field, noun) in KINDS {
        let Some(Node::Mapping(objects)) = catalog.get_mut(kind).map(|objects| &mut objects.node) else {
            continue;
        };
        for (key, object) in objects {
            let path = TreePath::keys(["catalog", kind, key.as_str()]);
            if let Some(file) = object.get("file").filter(|file| !file.is_null()).cloned() {
                read_one(object, field, noun, &file, &path, session);
            }
        }
    }
}

fn read_one(object: &mut Tree, field: &str, noun: &str, file: &Tree, path: &TreePath, session: &mut Session<'_>) {
    if let Some(written) = object.get(field).filter(|written| !written.is_null()) {
        session.report(
            Diagnostic::error(format!("a {noun} has either `{field}` or `file`"))
                .path(path.clone())
                .location(file.key_location.clone())
                .location(written.key_location.clone()),
        );
        return;
    }
    let Some(name) = file.as_str() else { return };
    let folder = file
        .location
        .as_ref()
        .map_or(".", |location| sync::folder(&location.file));
    let local = include::clean(&format!("{folder}/{name}"));
    match session.file(&local) {
        Some(Some(text)) => {
            object.set(field, Tree::from(text.trim()).at(file.location.clone()));
            if let Node::Mapping(fields) = &mut object.node {
                fields.shift_remove("file");
            }
        }
        Some(None) => session.report(
            Diagnostic::error(format!("{field} file `{local}` does not exist"))
                .path(path.key("file"))
                .location(file.location.clone())
                .help("paths are relative to the catalog file"),
        ),
        None => {}
    }
}

/// A view has a query and a function a definition.
pub(super) fn has_text(kind: &str, object: &Tree, path: &TreePath, session: &mut Session<'_>) {
    let Some((_, field, noun)) = KINDS.into_iter().find(|(known, ..)| *known == kind) else {
        return;
    };
    if object.get(field).is_none() {
        session.report(
            Diagnostic::error(format!("a {noun} needs a {field}"))
                .path(path.clone())
                .location(object.key_location.clone())
                .help(format!("set `{field}`, or `file` to a file that holds it")),
        );
    }
}
