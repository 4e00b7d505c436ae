//! What belongs to a product in a workspace.

use std::collections::BTreeSet;

use sluice_model::{Node, Tree};

use super::normal::workspace_path;
use super::reading::document_text;
use super::resolved::documents;
use super::{CapturedKind, Reading};
use crate::language::Bundle;

/// The tag that says whose a job, space or dashboard is.
const PRODUCT_TAG: &str = "data_product";

/// A schema in scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct SchemaName {
    /// Catalog.
    pub catalog: String,
    /// Schema.
    pub schema: String,
}

impl SchemaName {
    /// `<catalog>.<schema>`.
    #[must_use]
    pub fn full(&self) -> String {
        format!("{}.{}", self.catalog, self.schema)
    }
}

/// What belongs to a product: its schemas with everything in them, its folders, and what refers to either or carries its tag.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Scope {
    /// Declared schemas.
    pub schemas: BTreeSet<SchemaName>,
    /// Declared tables, views and functions outside of these schemas, by full name.
    pub relations: BTreeSet<String>,
    /// Folders of the workspace, without `/Workspace`.
    pub folders: BTreeSet<String>,
    /// Name of the product.
    pub product: Option<String>,
}

impl Scope {
    /// The scope of a bundle, with folders of people beside its own.
    #[must_use]
    pub fn of(bundle: &Bundle, product: Option<&str>, folders: &[String]) -> Self {
        let mut scope = Self {
            product: product.map(str::to_owned),
            ..Self::default()
        };
        let declared = documents(bundle, &std::collections::BTreeMap::new()).declared;
        for one in &declared {
            let part = |field: &str| document_text(&one.document, field).map(str::to_owned);
            if let (CapturedKind::Schema, Some(catalog), Some(schema)) = (one.kind, part("catalog_name"), part("name"))
            {
                scope.schemas.insert(SchemaName { catalog, schema });
            }
        }
        let inside = |name: &str| scope.schemas.iter().any(|schema| within(name, &schema.full()));
        scope.relations = declared
            .iter()
            .filter(|one| one.kind.is_catalog() || one.kind == CapturedKind::Volume)
            .filter_map(super::resolved::Declared::full_name)
            .filter(|name| !inside(name) && !name.contains("${"))
            .collect();
        let own = [bundle.workspace.file_path.as_str()];
        let all = own.into_iter().chain(folders.iter().map(String::as_str));
        scope.folders = all
            .map(|folder| workspace_path(folder).trim_end_matches('/').to_owned())
            .collect();
        scope
    }

    /// Whether settings (of a job, a space, a dashboard) belong to the product: by its tag, or because they name one of its folders or
    /// schemas.
    #[must_use]
    pub fn mentions(&self, settings: &Tree) -> bool {
        let tagged = settings.get("tags").and_then(|tags| document_text(tags, PRODUCT_TAG));
        tagged.is_some() && tagged == self.product.as_deref() || self.names(settings)
    }

    fn names(&self, tree: &Tree) -> bool {
        match &tree.node {
            Node::String(text) => self.is_named_in(text),
            Node::Sequence(items) => items.iter().any(|item| self.names(item)),
            Node::Mapping(fields) => fields.values().any(|value| self.names(value)),
            Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) => false,
        }
    }

    fn is_named_in(&self, text: &str) -> bool {
        let plain = text.replace('`', "").to_lowercase();
        let in_folder = || {
            let path = workspace_path(text);
            self.folders.iter().any(|folder| {
                path.strip_prefix(folder.as_str())
                    .is_some_and(|rest| rest.starts_with('/'))
            })
        };
        let in_schema = || {
            self.schemas.iter().any(|schema| {
                let dotted = schema.full().to_lowercase();
                let volume = format!("/volumes/{}/", dotted.replace('.', "/"));
                plain.contains(&volume) || names_word(&plain, &dotted)
            })
        };
        in_folder() || in_schema()
    }
}

fn within(name: &str, container: &str) -> bool {
    name.len() > container.len() + 1
        && name
            .get(..container.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(container))
        && name[container.len()..].starts_with('.')
}

fn names_word(text: &str, word: &str) -> bool {
    let is_part = |sign: Option<char>| sign.is_some_and(|sign| sign.is_alphanumeric() || sign == '_');
    text.match_indices(word).any(|(start, _)| {
        !is_part(text[..start].chars().next_back()) && !is_part(text[start + word.len()..].chars().next())
    })
}

/// Paths of code that a job's tasks run, without `/Workspace`.
#[must_use]
pub fn code_paths(reading: &Reading) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    collect(&reading.object, &mut paths);
    paths
}

fn collect(tree: &Tree, paths: &mut BTreeSet<String>) {
    match &tree.node {
        Node::Mapping(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value.as_str()) {
                    ("notebook_path" | "python_file" | "path", Some(text))
                        if text.starts_with('/') && !text.starts_with("/Volumes/") =>
                    {
                        paths.insert(workspace_path(text).to_owned());
                    }
                    _ => collect(value, paths),
                }
            }
        }
        Node::Sequence(items) => items.iter().for_each(|item| collect(item, paths)),
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) => {}
    }
}
