//! Literal values of one environment become what is the same in all of them: variables, references, local paths.

use std::collections::{BTreeMap, BTreeSet};

use sluice_model::{Node, Tree};

use super::normal::workspace_path;
use super::sql;
use crate::language::has_references;

/// Names of catalogs and schemas, in lower case, with what stands for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    catalogs: BTreeMap<String, String>,
    schemas: BTreeMap<(String, String), String>,
}

impl Names {
    pub(super) fn add_catalog(&mut self, catalog: &str, reference: &str) {
        self.catalogs.insert(catalog.to_lowercase(), reference.to_owned());
    }

    pub(super) fn add_schema(&mut self, catalog: &str, schema: &str, reference: &str) {
        let name = (catalog.to_lowercase(), schema.to_lowercase());
        self.schemas.insert(name, reference.to_owned());
    }

    fn catalog(&self, name: &str) -> Option<&String> {
        self.catalogs.get(&name.to_lowercase())
    }

    fn schema(&self, catalog: &str, schema: &str) -> Option<&String> {
        self.schemas.get(&(catalog.to_lowercase(), schema.to_lowercase()))
    }

    /// What stands for a schema that is named without its catalog; none when two catalogs have one of that name.
    fn schema_alone(&self, name: &str) -> Option<&String> {
        let mut found = self
            .schemas
            .iter()
            .filter(|((_, schema), _)| schema.eq_ignore_ascii_case(name));
        match (found.next(), found.next()) {
            (Some((_, reference)), None) => Some(reference),
            _ => None,
        }
    }

    /// The parts of a dotted name that become references, by position. A short chain that names no relation may be an alias and its
    /// fields.
    pub(super) fn in_chain(&self, parts: &[&str], is_relation: bool) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        if let [catalog, schema, _, ..] = parts {
            let known = self.schema(catalog, schema);
            if let Some(reference) = self.catalog(catalog)
                && (known.is_some() || is_relation || parts.len() > 3)
            {
                found.push((0, reference.clone()));
            }
            found.extend(known.map(|reference| (1, reference.clone())));
        } else if let ([schema, _], true) = (parts, is_relation) {
            found.extend(self.schema_alone(schema).map(|reference| (0, reference.clone())));
        }
        found
    }

    /// A text that is a dotted name of two parts or more, or a path of a volume; none when nothing in it is known.
    fn in_name(&self, text: &str) -> Option<String> {
        let (start, separator) = match text.strip_prefix("/Volumes/") {
            Some(_) => ("/Volumes/", '/'),
            None => ("", '.'),
        };
        let rest = &text[start.len()..];
        let is_part =
            |part: &str| !part.is_empty() && part.chars().all(|sign| sign.is_alphanumeric() || "_-".contains(sign));
        let mut parts: Vec<String> = rest.split(separator).map(str::to_owned).collect();
        let dotted = separator == '.' && (2..=4).contains(&parts.len()) && parts.iter().all(|part| is_part(part));
        if parts.len() < 2 || !(dotted || separator == '/') {
            return None;
        }
        let schema = self.schema(&parts[0], &parts[1]).cloned();
        let catalog = self.catalog(&parts[0]).cloned();
        // Two parts with dots are a schema, or anything else: only a declared schema counts.
        if schema.is_none() && (catalog.is_none() || (separator == '.' && parts.len() == 2)) {
            return None;
        }
        if let Some(reference) = schema {
            parts[1] = reference;
        }
        if let Some(reference) = catalog {
            parts[0] = reference;
        }
        Some(format!("{start}{}", parts.join(&separator.to_string())))
    }
}

/// What is known about the environment and the product.
#[derive(Clone, Debug, Default)]
pub(super) struct Lifter {
    /// Catalogs and schemas.
    pub(super) names: Names,
    /// Reference to the name of an object in the catalog files, by full name in lower case.
    pub(super) objects: BTreeMap<String, String>,
    /// Reference by warehouse id.
    pub(super) warehouses: BTreeMap<String, String>,
    /// Reference to its id, by job id.
    pub(super) jobs: BTreeMap<String, String>,
    /// Local path from the bundle root, by path in the workspace without `/Workspace`; notebooks without their extension there.
    pub(super) files: BTreeMap<String, String>,
    /// Values by reference, for texts that people wrote with references in them.
    pub(super) values: BTreeMap<String, String>,
}

/// What was replaced while documents were lifted, and what could not be.
#[derive(Clone, Debug, Default)]
pub(super) struct Lifting {
    /// References that were put in, with how often.
    pub(super) references: BTreeMap<String, usize>,
    /// What could not be done, each a sentence about one field.
    pub(super) problems: BTreeSet<String>,
    /// Texts that a bundle would read as references.
    pub(super) impossible: BTreeSet<String>,
}

/// Where a document goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// Folder of its file, from the bundle root.
    pub(super) folder: &'a str,
    /// Whether catalog files may be referred to from there.
    pub(super) catalog: bool,
}

impl Lifter {
    /// The value as it is written; `field` is the name of the field that it stands in.
    pub(super) fn value(&self, field: &str, value: &Tree, place: Place<'_>, lifting: &mut Lifting) -> Tree {
        let node = match &value.node {
            Node::Mapping(fields) => Node::Mapping(
                fields
                    .iter()
                    .map(|(key, value)| {
                        // A name and a value beside it say what the value is: parameters of jobs.
                        let named = fields.get("name").and_then(Tree::as_str).filter(|_| key == "default");
                        (key.clone(), self.value(named.unwrap_or(key), value, place, lifting))
                    })
                    .collect(),
            ),
            Node::Sequence(items) if is_lines(field, items) => self.lines(items, lifting),
            Node::Sequence(items) => Node::Sequence(
                items
                    .iter()
                    .map(|item| self.value(field, item, place, lifting))
                    .collect(),
            ),
            Node::String(text) => Node::String(self.text(field, text, place, lifting)),
            Node::Integer(id) if field == "job_id" => match self.jobs.get(&id.to_string()) {
                Some(reference) => Node::String(lifting.used(reference.clone())),
                None => {
                    lifting
                        .problems
                        .insert(format!("`job_id` {id} is the id of a job outside of this product"));
                    Node::Integer(*id)
                }
            },
            other => other.clone(),
        };
        node.into()
    }

    fn text(&self, field: &str, text: &str, place: Place<'_>, lifting: &mut Lifting) -> String {
        if has_references(text) {
            lifting.impossible.insert(text.to_owned());
        }
        let lifted = match field {
            "query" | "definition" | "sql" => return self.sql(field, text, lifting),
            "comment" | "description" | "title" | "display_name" => None,
            "function" | "references" => self
                .objects
                .get(&text.to_lowercase())
                .filter(|_| place.catalog)
                .cloned()
                .or_else(|| self.names.in_name(text)),
            "catalog_name" | "catalog" => self.names.catalog(text).cloned(),
            "schema_name" | "schema" => self.names.schema_alone(text).cloned(),
            "warehouse_id" => self.warehouses.get(text).cloned(),
            "job_id" => self.jobs.get(text).cloned(),
            _ => self
                .local(text, place.folder)
                .or_else(|| self.names.in_name(text))
                .or_else(|| self.names.schema_alone(text).cloned())
                .or_else(|| self.names.catalog(text).filter(|_| field.contains("catalog")).cloned()),
        };
        if let Some(lifted) = lifted {
            return lifting.used(lifted);
        }
        if matches!(field, "warehouse_id" | "job_id") && !text.is_empty() {
            lifting
                .problems
                .insert(format!("`{field}` {text} stands for nothing that the bundle names"));
        }
        text.to_owned()
    }

    /// A written text with the values of its references.
    pub(super) fn evaluate(&self, text: &str) -> String {
        let mut evaluated = text.to_owned();
        for (reference, value) in self.values.iter().filter(|_| text.contains("${")) {
            evaluated = evaluated.replace(reference.as_str(), value);
        }
        evaluated
    }

    fn sql(&self, field: &str, text: &str, lifting: &mut Lifting) -> String {
        match sql::lift(text, &self.names) {
            Ok(lifted) if lifted != text => lifting.used(lifted),
            Ok(lifted) => lifted,
            Err(error) => {
                lifting.problems.insert(format!(
                    "`{field}` could not be read as SQL, so its names stay as they are: {error}"
                ));
                text.to_owned()
            }
        }
    }

    /// One statement written as several lines, as Genie spaces and dashboards keep it.
    fn lines(&self, items: &[Tree], lifting: &mut Lifting) -> Node {
        let lines: Vec<&str> = items.iter().filter_map(Tree::as_str).collect();
        let text = lines.concat();
        let lifted = self.sql("sql", &text, lifting);
        let split: Vec<Tree> = lifted.split_inclusive('\n').map(Tree::from).collect();
        // Where the lines of the list are not those of the text, the text stays whole.
        if split.len() == lines.len() {
            Node::Sequence(split)
        } else if lifted == text {
            Node::Sequence(items.to_vec())
        } else {
            Node::Sequence(vec![lifted.into()])
        }
    }

    /// The path of a captured or deployed file relative to the folder of the document.
    fn local(&self, text: &str, folder: &str) -> Option<String> {
        let local = self.files.get(workspace_path(text))?;
        Some(relative(folder, local))
    }
}

impl Lifting {
    fn used(&mut self, lifted: String) -> String {
        for part in lifted.split("${").skip(1) {
            if let Some((inner, _)) = part.split_once('}') {
                *self.references.entry(format!("${{{inner}}}")).or_default() += 1;
            }
        }
        lifted
    }
}

/// Whether a list of texts is one SQL statement by lines.
fn is_lines(field: &str, items: &[Tree]) -> bool {
    matches!(field, "sql" | "queryLines") && !items.is_empty() && items.iter().all(|item| item.as_str().is_some())
}

/// A path from the bundle root as seen from a folder of the bundle.
fn relative(folder: &str, path: &str) -> String {
    let from: Vec<&str> = folder.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let to: Vec<&str> = path.split('/').collect();
    let common = from.iter().zip(&to).take_while(|(one, two)| one == two).count();
    let up = std::iter::repeat_n("..", from.len() - common);
    let down = to[common..].iter().copied();
    let parts: Vec<&str> = up.chain(down).collect();
    if from.len() == common {
        format!("./{}", parts.join("/"))
    } else {
        parts.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lifter() -> Lifter {
        let mut lifter = Lifter::default();
        lifter.names.add_catalog("dev", "${var.catalog}");
        lifter
            .names
            .add_schema("dev", "x_gold", "${resources.schemas.gold.name}");
        lifter
            .warehouses
            .insert("abc".to_owned(), "${var.warehouse_id}".to_owned());
        lifter
            .jobs
            .insert("17".to_owned(), "${resources.jobs.load.id}".to_owned());
        lifter
            .objects
            .insert("dev.x_gold.f".to_owned(), "${catalog.functions.f.name}".to_owned());
        lifter
            .files
            .insert("/Users/a/p/load".to_owned(), "src/load.py".to_owned());
        lifter
    }

    fn check(value: serde_json::Value, expected: serde_json::Value) {
        let place = Place {
            folder: "resources",
            catalog: true,
        };
        let mut lifting = Lifting::default();
        let lifted = lifter().value("", &Tree::from_json(&value), place, &mut lifting);
        assert_eq!(lifted.to_json(), expected, "{lifting:?}");
    }

    #[test]
    fn names_ids_and_paths_become_references() {
        check(
            serde_json::json!({
                "name": "dev.x_gold.t", "mask": {"function": "dev.x_gold.f"}, "warehouse_id": "abc",
                "run_job_task": {"job_id": 17}, "notebook_path": "/Workspace/Users/a/p/load",
                "base_parameters": {"target": "dev.x_gold", "schema": "x_gold", "catalog": "dev", "stage": "dev", "in": "/Volumes/dev/x_gold/v/a.csv"},
                "parameters": [{"name": "the_catalog", "default": "dev"}, {"name": "stage", "default": "dev"}],
                "comment": "about dev.x_gold.t",
            }),
            serde_json::json!({
                "name": "${var.catalog}.${resources.schemas.gold.name}.t", "mask": {"function": "${catalog.functions.f.name}"},
                "warehouse_id": "${var.warehouse_id}", "run_job_task": {"job_id": "${resources.jobs.load.id}"},
                "notebook_path": "../src/load.py",
                "base_parameters": {
                    "target": "${var.catalog}.${resources.schemas.gold.name}", "schema": "${resources.schemas.gold.name}",
                    "catalog": "${var.catalog}", "stage": "dev", "in": "/Volumes/${var.catalog}/${resources.schemas.gold.name}/v/a.csv",
                },
                "parameters": [{"name": "the_catalog", "default": "${var.catalog}"}, {"name": "stage", "default": "dev"}],
                "comment": "about dev.x_gold.t",
            }),
        );
    }

    #[test]
    fn lines_of_sql_stay_lines() {
        check(
            serde_json::json!({"sql": ["SELECT 1\n", "FROM dev.x_gold.t"]}),
            serde_json::json!({"sql": ["SELECT 1\n", "FROM ${var.catalog}.${resources.schemas.gold.name}.t"]}),
        );
    }

    #[test]
    fn what_stands_for_nothing_is_named() {
        let place = Place {
            folder: "resources",
            catalog: false,
        };
        let mut lifting = Lifting::default();
        let value = Tree::from_json(
            &serde_json::json!({"warehouse_id": "zzz", "run_job_task": {"job_id": 4}, "p": "${var.x}"}),
        );
        lifter().value("", &value, place, &mut lifting);
        assert_eq!(
            (lifting.problems.len(), lifting.impossible.len()),
            (2, 1),
            "{lifting:?}"
        );
    }
}
