//! The columns of a declared table, and what names them: keys, masks, the row filter.

use indexmap::IndexMap;
use sluice_model::{Diagnostic, Tree, TreePath};

use crate::language::session::Session;
use crate::language::suggest;

/// A column's name stands once in a list; a target may add to it.
pub(super) fn once(object: &Tree, path: &TreePath, session: &mut Session<'_>) {
    let mut seen: IndexMap<String, &Tree> = IndexMap::new();
    let columns = object.get("columns").and_then(Tree::as_sequence).unwrap_or_default();
    for (index, column) in columns.iter().enumerate() {
        let Some(name) = column.get("name").and_then(Tree::as_str) else {
            continue;
        };
        if let Some(first) = seen.get(&name.to_lowercase()) {
            session.report(
                Diagnostic::error(format!("column `{name}` stands twice"))
                    .path(path.key("columns").index(index))
                    .location(column.location.clone())
                    .location(first.location.clone())
                    .help("names of columns do not differ by case alone"),
            );
        } else {
            seen.insert(name.to_lowercase(), column);
        }
    }
}

/// Keys, masks and the row filter name columns of their table.
pub(super) fn check(table: &Tree, path: &TreePath, session: &mut Session<'_>) {
    let columns = table.get("columns").and_then(Tree::as_sequence).unwrap_or_default();
    let known: Vec<&str> = columns
        .iter()
        .filter_map(|column| column.get("name")?.as_str())
        .collect();
    let mut named = Named { known, session };
    if let Some(constraints) = table.get("constraints") {
        let path = path.key("constraints");
        if let Some(key) = constraints.get("primary_key") {
            let path = path.key("primary_key");
            let (list, path) = match key.get("columns") {
                Some(list) => (list, path.key("columns")),
                None => (key, path),
            };
            named.all("the primary key", list, &path);
        }
        let keys = constraints.get("foreign_keys").and_then(Tree::as_mapping);
        for (name, key) in keys.into_iter().flatten() {
            let path = path.key("foreign_keys").key(name).key("columns");
            if let Some(list) = key.get("columns") {
                named.all(&format!("the foreign key `{name}`"), list, &path);
            }
        }
    }
    if let Some(list) = table.get("row_filter").and_then(|filter| filter.get("columns")) {
        named.all("the row filter", list, &path.key("row_filter").key("columns"));
    }
    for (index, column) in columns.iter().enumerate() {
        if let Some(list) = column.get("mask").and_then(|mask| mask.get("using_columns")) {
            let path = path.key("columns").index(index).key("mask").key("using_columns");
            named.all("the mask", list, &path);
        }
    }
}

struct Named<'session, 'inputs, 'tree> {
    known: Vec<&'tree str>,
    session: &'session mut Session<'inputs>,
}

impl Named<'_, '_, '_> {
    fn all(&mut self, who: &str, list: &Tree, path: &TreePath) {
        for (index, column) in list.as_sequence().unwrap_or_default().iter().enumerate() {
            let Some(name) = column.as_str() else { continue };
            let exists = self.known.iter().any(|known| known.eq_ignore_ascii_case(name));
            if !self.known.is_empty() && !exists {
                let mut refused = Diagnostic::error(format!("{who} names column `{name}`, which does not exist"))
                    .path(path.index(index))
                    .location(column.location.clone());
                refused.help = suggest::hint(name, self.known.iter().copied());
                self.session.report(refused);
            }
        }
    }
}
