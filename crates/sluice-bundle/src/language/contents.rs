//! The contents of Genie spaces and dashboards: written in place as a map or as the text that the service exports, or in a file beside
//! the bundle file. A text stays what it is, to the last space.

use sluice_model::{Diagnostic, Location, Node, Severity, Tree, TreePath};

use super::session::Session;
use super::{alert_files, include, reference, sync};
use crate::json_text;

/// Where a kind has its content.
struct Content {
    kind: &'static str,
    field: &'static str,
    /// Whether a file takes the place of what stands in the bundle file; both together are an error otherwise.
    file_wins: bool,
    /// Whether a map is shown as the text that is sent.
    shown_as_text: bool,
}

const CONTENTS: [Content; 2] = [
    Content {
        kind: "genie_spaces",
        field: "serialized_space",
        file_wins: false,
        shown_as_text: true,
    },
    Content {
        kind: "dashboards",
        field: "serialized_dashboard",
        file_wins: true,
        shown_as_text: false,
    },
];

/// Reads the contents of all resources.
pub(super) fn read(resources: &mut Tree, session: &mut Session<'_>) {
    for content in &CONTENTS {
        for_each(resources, content.kind, |resource, path| {
            content.read(resource, path, session)
        });
    }
    for_each(resources, "alerts", |resource, path| {
        alert_files::read(resource, path, session)
    });
}

/// The configuration as the Databricks CLI shows it: the contents of Genie spaces as texts. Maps stay maps before that, so that what is
/// found in them has a place.
pub(super) fn shown(config: &Tree) -> serde_json::Value {
    let mut shown = config.to_json();
    for Content { kind, field, .. } in CONTENTS.iter().filter(|content| content.shown_as_text) {
        let resources = shown.pointer_mut(&format!("/resources/{kind}"));
        for resource in resources
            .and_then(|all| all.as_object_mut())
            .into_iter()
            .flat_map(|all| all.values_mut())
        {
            if let Some(content) = resource.get_mut(*field).filter(|content| content.is_object()) {
                *content = json_text::of(content).into();
            }
        }
    }
    shown
}

fn for_each(resources: &mut Tree, kind: &str, mut act: impl FnMut(&mut Tree, &TreePath)) {
    if let Some(Node::Mapping(named)) = resources.get_mut(kind).map(|named| &mut named.node) {
        for (name, resource) in named.iter_mut().filter(|(_, resource)| resource.as_mapping().is_some()) {
            act(resource, &TreePath::keys(["resources", kind, name.as_str()]));
        }
    }
}

impl Content {
    fn read(&self, resource: &mut Tree, path: &TreePath, session: &mut Session<'_>) {
        let field = self.field;
        match (written(resource, field), written(resource, "file_path")) {
            (Some(content), Some(file)) => {
                let both = Diagnostic::error(format!("it has either `{field}` or `file_path`"))
                    .path(path.clone())
                    .location(file.key_location.clone())
                    .location(content.key_location.clone());
                if self.file_wins {
                    session.report(Diagnostic {
                        severity: Severity::Warning,
                        ..both.help("the file is used; remove the other")
                    });
                    self.in_file(resource, &file, path, session);
                } else {
                    session.report(both);
                }
            }
            (None, None) => session.report(
                Diagnostic::error(format!("it has neither `{field}` nor `file_path`"))
                    .path(path.clone())
                    .location(resource.key_location.clone())
                    .help("write the content in place, or name a file that holds it"),
            ),
            (Some(content), None) => self.in_place(&content, path, session),
            (None, Some(file)) => self.in_file(resource, &file, path, session),
        }
    }

    fn in_place(&self, content: &Tree, path: &TreePath, session: &mut Session<'_>) {
        let field = self.field;
        match &content.node {
            Node::Mapping(_) => {}
            Node::String(text) if reference::whole(text).is_some() => {}
            Node::String(text) => match serde_json::from_str::<serde_json::Value>(text) {
                Ok(value) if value.is_object() => {}
                Ok(_) => session.report(not_an_object(field, content, path)),
                Err(error) => session.report(
                    Diagnostic::error(format!("`{field}` is not JSON: {error}"))
                        .path(path.key(field))
                        .location(content.location.clone()),
                ),
            },
            _ => session.report(not_an_object(field, content, path)),
        }
    }

    fn in_file(&self, resource: &mut Tree, file: &Tree, path: &TreePath, session: &mut Session<'_>) {
        let Some(local) = local_path(file) else { return };
        if let Some((text, _)) = object_in(&local, file, path, session) {
            resource.set(self.field, Tree::from(text).at(file.location.clone()));
            let node = Node::String(local);
            resource.set("file_path", Tree { node, ..file.clone() });
        }
    }
}

/// A field that says something.
pub(super) fn written(resource: &Tree, name: &str) -> Option<Tree> {
    let value = resource.get(name);
    value
        .filter(|value| !value.is_null() && value.as_str() != Some(""))
        .cloned()
}

/// A file that is named relative to the file that names it, relative to the bundle root.
pub(super) fn local_path(file: &Tree) -> Option<String> {
    let name = file.as_str()?;
    let folder = file
        .location
        .as_ref()
        .map_or(".", |location| sync::folder(&location.file));
    Some(include::clean(&format!("{folder}/{name}")))
}

/// The text of a file that holds a JSON object, and that object. References inside it stay as they are, as with the Databricks CLI.
pub(super) fn object_in(
    local: &str,
    file: &Tree,
    path: &TreePath,
    session: &mut Session<'_>,
) -> Option<(String, serde_json::Value)> {
    let fault = |summary: String| Diagnostic::error(summary).path(path.key("file_path"));
    let refused = match session.file(local)? {
        None => {
            fault(format!("file `{local}` does not exist")).help("paths are relative to the file that they stand in")
        }
        Some(text) => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(value) if value.is_object() => return Some((text.to_owned(), value)),
            Ok(_) => fault(format!("`{local}` does not hold a JSON object")),
            Err(error) => fault(format!("`{local}` is not JSON: {error}")).location(Some(place(local, &error))),
        },
    };
    session.report(refused.location(file.location.clone()));
    None
}

fn not_an_object(field: &str, content: &Tree, path: &TreePath) -> Diagnostic {
    Diagnostic::error(format!("`{field}` is neither a map nor the text of a JSON object"))
        .path(path.key(field))
        .location(content.location.clone())
}

/// Where a file stops being JSON.
fn place(file: &str, error: &serde_json::Error) -> Location {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).max(1);
    Location {
        file: file.into(),
        line: count(error.line()),
        column: count(error.column()),
    }
}
