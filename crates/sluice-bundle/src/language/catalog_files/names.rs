//! Full names in catalog files: how many parts they have, and which declarations name one object.

use indexmap::IndexMap;
use sluice_model::{Diagnostic, Node, Tree, TreePath};

use crate::language::reference;
use crate::language::session::Session;

/// Schemas of the bundle by catalog and name, to the key of each.
type Managed = IndexMap<(String, String), String>;

/// Checks every full name of a declaration. The name of a managed schema inside one becomes a reference to it.
pub(super) fn full_names(kind: &str, object: &mut Tree, managed: &Managed, path: &TreePath, session: &mut Session<'_>) {
    let mut names = Names { managed, session };
    match kind {
        "tables" | "views" | "functions" => names.of(object, "name", 3, path),
        "tags" => {
            let parts = match object.get("securable").and_then(Tree::as_str) {
                Some("catalog") => 1,
                Some("schema") => 2,
                Some("column") => 4,
                _ => 3,
            };
            names.of(object, "name", parts, path);
        }
        "masks" | "row_filters" => {
            names.of(object, "table", 3, path);
            names.of(object, "function", 3, path);
        }
        _ => {}
    }
    if kind != "tables" {
        return;
    }
    if let Some(filter) = object.get_mut("row_filter") {
        names.of(filter, "function", 3, &path.key("row_filter"));
    }
    if let Some(Node::Sequence(columns)) = object.get_mut("columns").map(|columns| &mut columns.node) {
        for (index, column) in columns.iter_mut().enumerate() {
            if let Some(mask) = column.get_mut("mask") {
                names.of(mask, "function", 3, &path.key("columns").index(index).key("mask"));
            }
        }
    }
    let keys = object
        .get_mut("constraints")
        .and_then(|constraints| constraints.get_mut("foreign_keys"));
    if let Some(Node::Mapping(keys)) = keys.map(|keys| &mut keys.node) {
        for (name, key) in keys {
            let path = path.key("constraints").key("foreign_keys").key(name.as_str());
            names.of(key, "references", 3, &path);
        }
    }
}

struct Names<'managed, 'session, 'inputs> {
    managed: &'managed Managed,
    session: &'session mut Session<'inputs>,
}

impl Names<'_, '_, '_> {
    /// Checks one field. A name that is one reference as a whole is that of a declared object.
    fn of(&mut self, object: &mut Tree, field: &str, count: usize, path: &TreePath) {
        let Some(name) = object.get_mut(field) else { return };
        let Some(text) = name.as_str().map(str::to_owned) else {
            return;
        };
        let whole = reference::whole(&text).is_some_and(|whole| reference::root(&whole.path) == "catalog");
        if whole && field != "name" {
            return;
        }
        // A reference may stand for a name of several parts, such as that of a table in the name of its column.
        let several = field == "name" && text.contains("${catalog.") || text.contains(".full_name}");
        let parts = parts(&text);
        if parts.iter().any(|part| part.is_empty()) || (parts.len() != count && !(several && parts.len() < count)) {
            let shape = ["<catalog>", "<schema>", "<name>", "<column>"];
            self.session.report(
                Diagnostic::error(format!("`{text}` is no full name"))
                    .path(path.key(field))
                    .location(name.location.clone())
                    .help(format!("write `{}`", shape[..count].join("."))),
            );
            return;
        }
        if let [catalog, schema, rest @ ..] = &parts[..]
            && let Some(key) = self.managed.get(&((*catalog).to_owned(), (*schema).to_owned()))
            && reference::references(schema).is_empty()
        {
            let mut full = format!("{catalog}.${{resources.schemas.{key}.name}}");
            for part in rest {
                full.push('.');
                full.push_str(part);
            }
            name.node = Node::String(full);
        }
    }
}

/// Two declarations do not name one object. Functions have names of their own.
pub(super) fn once(catalog: &Tree, session: &mut Session<'_>) {
    let mut seen: IndexMap<(bool, String), TreePath> = IndexMap::new();
    for kind in ["tables", "views", "functions"] {
        for (key, object) in catalog.get(kind).and_then(Tree::as_mapping).into_iter().flatten() {
            let Some((name, text)) = object.get("name").and_then(|name| Some((name, name.as_str()?))) else {
                continue;
            };
            let path = TreePath::keys(["catalog", kind, key.as_str(), "name"]);
            let place = (kind == "functions", text.to_lowercase());
            if let Some(first) = seen.get(&place) {
                session.report(
                    Diagnostic::error(format!("`{text}` is declared twice"))
                        .path(first.clone())
                        .path(path)
                        .location(name.location.clone())
                        .help("names do not differ by case alone; keep one declaration"),
                );
            } else {
                seen.insert(place, path);
            }
        }
    }
}

/// The parts of a dotted name; dots inside references do not count.
fn parts(text: &str) -> Vec<&str> {
    let references = reference::references(text);
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices('.') {
        if references.iter().all(|reference| !reference.range.contains(&at)) {
            parts.push(&text[start..at]);
            start = at + 1;
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn names_are_split_outside_of_references() {
        assert_eq!(parts("a.b.c"), ["a", "b", "c"]);
        assert_eq!(
            parts("a.${resources.schemas.s.name}.c"),
            ["a", "${resources.schemas.s.name}", "c"]
        );
        assert_eq!(parts("a"), ["a"]);
    }
}
