//! Puts what was observed into the files: existing documents are edited, new objects get a place.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use sluice_model::{Diagnostic, Digest, Node, Tree, TreePath};

use super::applied::{applied, applied_tags};
use super::lift::{Lifter, Lifting, Place};
use super::lock::{CaptureLock, CapturedObject, CapturedTarget, LOCK_FILE, digest};
use super::merge::Merge;
use super::normal::{normal, same, workspace_path};
use super::pairing::Pair;
use super::reading::{CapturedKind, document_text, items};
use super::report::{CaptureDifference, CaptureReport, CapturedFile, FoundObject, LeftOut};
use super::resolved::Declared;
use super::surroundings::Surroundings;
use super::{CaptureFault, CaptureInput, Captured, WorkspaceFile, gone};
use crate::editing::{EditError, emit, rewrite};
use crate::language::parse_yaml;

/// What became of one object.
enum Outcome {
    /// The files say what the workspace holds, or more.
    Same,
    /// The files hold it now.
    Captured,
    /// The files cannot hold it; the report says why.
    LeftOut,
}

/// A capture in the making.
pub(super) struct Work<'a> {
    input: CaptureInput<'a>,
    surroundings: &'a Surroundings,
    pairs: &'a [Pair],
    lifter: Lifter,
    lifting: Lifting,
    /// Every YAML document by path; none was written yet.
    documents: BTreeMap<String, Tree>,
    /// Documents that change.
    touched: BTreeSet<String>,
    /// Places in documents that hold what was captured now.
    places: Vec<(String, TreePath, String)>,
    writes: BTreeMap<String, Vec<u8>>,
    lock: CapturedTarget,
    report: CaptureReport,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        input: CaptureInput<'a>,
        surroundings: &'a Surroundings,
        pairs: &'a [Pair],
    ) -> Result<Self, CaptureFault> {
        let mut documents = BTreeMap::new();
        for (path, text) in input.documents {
            let tree = parse_yaml(text, path).map_err(|diagnostics| EditError::Unreadable {
                file: path.clone(),
                diagnostics,
            })?;
            documents.insert(path.clone(), tree);
        }
        let captured_before = input.lock.target(&input.bundle.target, &input.bundle.workspace.host);
        Ok(Self {
            lifter: lifter(input, surroundings, pairs),
            input,
            surroundings,
            pairs,
            lifting: Lifting::default(),
            documents,
            touched: BTreeSet::new(),
            places: Vec::new(),
            writes: BTreeMap::new(),
            lock: CapturedTarget {
                host: input.bundle.workspace.host.clone(),
                files: captured_before.map(|before| before.files.clone()).unwrap_or_default(),
                ..CapturedTarget::default()
            },
            report: CaptureReport::default(),
        })
    }

    fn before(&self) -> Option<&'a CapturedTarget> {
        let bundle = self.input.bundle;
        self.input.lock.target(&bundle.target, &bundle.workspace.host)
    }

    /// Every object: declared ones are merged, others added.
    pub(super) fn objects(&mut self) {
        for pair in self.pairs {
            self.report.found.push(FoundObject {
                kind: pair.observed.kind.noun().to_owned(),
                name: pair.observed.name.clone(),
                key: pair.key.clone(),
            });
            let known = self.before().and_then(|before| before.objects.get(&pair.key));
            let now = CapturedObject {
                id: pair.observed.id.clone(),
                digest: digest(&pair.observed),
            };
            let outcome = match pair.declared {
                Some(_) if known == Some(&now) => Outcome::Same,
                Some(index) => self.declared(pair, &self.surroundings.documents.declared[index]),
                None => self.added(pair),
            };
            let deployed = self.input.states.get(&pair.key).is_some();
            let entry = match outcome {
                Outcome::Same if deployed => known.cloned(),
                Outcome::Same | Outcome::Captured => Some(now),
                Outcome::LeftOut => None,
            };
            self.lock.objects.extend(entry.map(|entry| (pair.key.clone(), entry)));
        }
        self.gone();
    }

    /// Declared objects that the workspace had and has not any more.
    fn gone(&mut self) {
        for declared in &self.surroundings.documents.declared {
            let known = self.surroundings.ids.contains_key(&declared.key);
            if known && !self.pairs.iter().any(|pair| pair.key == declared.key) {
                self.report
                    .findings
                    .push(gone(&declared.key, declared.location.clone()));
            }
        }
    }

    /// Merges a declared object.
    fn declared(&mut self, pair: &Pair, declared: &Declared) -> Outcome {
        let user = &self.input.bundle.current_user.user_name;
        let mut observed = pair.observed.document.clone();
        standing_alone(&mut observed, pair.observed.kind, &self.surroundings.documents.catalog);
        let was = normal(declared.kind, &declared.document, user);
        if same("", &was, &observed) {
            return Outcome::Same;
        }
        let before = applied(self.input.states, declared.kind, &declared.key, user);
        let Some((file, path)) = self.find(declared) else {
            self.left_out(pair, "its declaration was not found in the bundle's files".to_owned());
            return Outcome::LeftOut;
        };
        let written = self.documents[&file].at_path(&path).cloned().unwrap_or_default();
        let mut lifting = std::mem::take(&mut self.lifting);
        lifting.impossible.clear();
        let mut merge = Merge {
            lifter: &self.lifter,
            place: place(&file),
            lifting: &mut lifting,
            changed: Vec::new(),
        };
        let mut merged = merge.document(&written, &was, before.as_ref(), &observed);
        let fields = merge.changed;
        self.lifting = lifting;
        if fields.is_empty() {
            return Outcome::Same;
        }
        if self.impossible(pair) {
            return Outcome::LeftOut;
        }
        for text in ["query", "definition", "serialized_space", "serialized_dashboard"] {
            // The text of a file is literal, and a lifted one has references: it moves into the document.
            if merged.get(text).is_some()
                && let Node::Mapping(fields) = &mut merged.node
            {
                fields.shift_remove("file");
                fields.shift_remove("file_path");
            }
        }
        self.set(&file, &path, merged);
        self.places.push((file.clone(), path, what(pair)));
        self.report.differences.push(CaptureDifference::Changed {
            kind: pair.observed.kind.noun().to_owned(),
            name: pair.observed.name.clone(),
            key: pair.key.clone(),
            file,
            fields,
        });
        Outcome::Captured
    }

    /// Adds an object that is not declared.
    fn added(&mut self, pair: &Pair) -> Outcome {
        let kind = pair.observed.kind;
        if kind == CapturedKind::Schema {
            self.left_out(pair, "it is not declared in the bundle".to_owned());
            return Outcome::LeftOut;
        }
        let file = file_of(pair);
        let mut observed = pair.observed.document.clone();
        standing_alone(&mut observed, kind, &self.surroundings.documents.catalog);
        let mut lifting = std::mem::take(&mut self.lifting);
        lifting.impossible.clear();
        let value = self.lifter.value("", &observed, place(&file), &mut lifting);
        self.lifting = lifting;
        if self.impossible(pair) {
            return Outcome::LeftOut;
        }
        let root: &[&str] = if kind.is_catalog() { &[] } else { &["resources"] };
        let keys = root
            .iter()
            .copied()
            .chain([kind.document_name(), pair.key.name.as_str()]);
        let path = TreePath::keys(keys);
        if kind.is_catalog() {
            self.catalog_file(&file);
        }
        self.set(&file, &path, value);
        self.places.push((file.clone(), path, what(pair)));
        self.report.differences.push(CaptureDifference::Undeclared {
            kind: kind.noun().to_owned(),
            name: pair.observed.name.clone(),
            key: pair.key.clone(),
            file,
        });
        Outcome::Captured
    }

    /// Makes sure that a catalog file has its version, and that some file names the warehouse.
    fn catalog_file(&mut self, file: &str) {
        let document = self.documents.entry(file.to_owned()).or_insert_with(Tree::mapping);
        if document.get("version").is_none() {
            document.set("version", 1);
        }
        let catalog_files = || self.documents.iter().filter(|(path, _)| path.starts_with("catalog/"));
        if !catalog_files().any(|(_, document)| document.get("warehouse_id").is_some()) {
            let references: BTreeSet<&String> = self.surroundings.warehouses.values().collect();
            if let Some(reference) = references.first() {
                let reference = (*reference).clone();
                self.set(file, &TreePath::keys(["warehouse_id"]), reference.into());
            }
        }
    }

    fn impossible(&mut self, pair: &Pair) -> bool {
        let texts: Vec<String> = self.lifting.impossible.iter().cloned().collect();
        if let Some(text) = texts.first() {
            let reason = format!("it holds the text `{text}`, which a bundle would take for a reference");
            self.left_out(pair, reason);
        }
        !texts.is_empty()
    }

    fn left_out(&mut self, pair: &Pair, reason: String) {
        self.report.left_out.push(LeftOut {
            object: what(pair),
            reason,
        });
    }

    /// Tags of schemas and volumes, which stand on their own in the catalog files.
    pub(super) fn loose_tags(&mut self) {
        for pair in self.pairs {
            let securable = pair.observed.kind.noun();
            let name = pair.observed.name.to_lowercase();
            let known = self.before().and_then(|before| before.objects.get(&pair.key));
            let as_captured = known.is_some_and(|known| known.digest == digest(&pair.observed));
            if !matches!(pair.observed.kind, CapturedKind::Schema | CapturedKind::Volume) || as_captured {
                continue;
            }
            let declared = self.declared_tags(securable, &name);
            let before = applied_tags(self.input.states)
                .remove(&format!("{securable}s/{name}"))
                .unwrap_or_default();
            let missing: IndexMap<String, Tree> = pair
                .observed
                .loose_tags
                .iter()
                .filter(|(tag, value)| {
                    declared.get(*tag).copied() != value.as_str() && before.get(*tag) != Some(*value)
                })
                .map(|(tag, value)| (tag.clone(), value.clone()))
                .collect();
            if missing.is_empty() {
                continue;
            }
            self.add_tags(pair, securable, missing);
            let now = CapturedObject {
                id: pair.observed.id.clone(),
                digest: digest(&pair.observed),
            };
            self.lock.objects.insert(pair.key.clone(), now);
        }
    }

    fn add_tags(&mut self, pair: &Pair, securable: &str, missing: IndexMap<String, Tree>) {
        let key = format!("{}_{securable}", pair.key.name);
        let path = TreePath::keys(["tags", key.as_str()]);
        let schema = pair.schema.as_deref().unwrap_or(&pair.key.name);
        let file = self
            .documents
            .iter()
            .find(|(file, document)| file.starts_with("catalog/") && document.at_path(&path).is_some())
            .map_or_else(|| format!("catalog/{schema}.yml"), |(file, _)| file.clone());
        self.catalog_file(&file);
        let mut entry = self.documents[&file].at_path(&path).cloned().unwrap_or_default();
        if entry.is_null() {
            entry.set("securable", securable);
            let name = match pair.observed.kind {
                CapturedKind::Schema => {
                    let catalog = document_text(&pair.observed.document, "catalog_name").unwrap_or_default();
                    let catalog = self
                        .lifter
                        .value("catalog_name", &catalog.into(), place(&file), &mut self.lifting);
                    let schema = format!("${{resources.schemas.{}.name}}", pair.key.name);
                    Tree::from(format!("{}.{schema}", catalog.as_str().unwrap_or_default()))
                }
                _ => self.lifter.value(
                    "name",
                    &pair.observed.name.as_str().into(),
                    place(&file),
                    &mut self.lifting,
                ),
            };
            entry.set("name", name);
            entry.set("tags", Tree::mapping());
        }
        let fields: Vec<String> = missing.keys().map(|tag| format!("tags.{tag}")).collect();
        if let Some(Node::Mapping(tags)) = entry.get_mut("tags").map(|tags| &mut tags.node) {
            tags.extend(missing);
        }
        self.set(&file, &path, entry);
        self.report.differences.push(CaptureDifference::Changed {
            kind: securable.to_owned(),
            name: pair.observed.name.clone(),
            key: pair.key.clone(),
            file,
            fields,
        });
    }

    fn declared_tags(&self, securable: &str, name: &str) -> BTreeMap<String, &str> {
        let entries = self
            .surroundings
            .documents
            .catalog
            .get("tags")
            .and_then(Tree::as_mapping);
        entries
            .into_iter()
            .flat_map(IndexMap::values)
            .filter(|entry| document_text(entry, "securable") == Some(securable))
            .filter(|entry| document_text(entry, "name").is_some_and(|other| other.eq_ignore_ascii_case(name)))
            .filter_map(|entry| entry.get("tags")?.as_mapping())
            .flatten()
            .map(|(tag, value)| (tag.clone(), value.as_str().unwrap_or_default()))
            .collect()
    }

    /// Files of code: what is new or other in the workspace comes here, unless it is what a deployment put there.
    pub(super) fn code(&mut self) {
        for file in self.input.files {
            let now = Digest::of(&file.content);
            let captured = self.lock.files.get(&file.local).copied();
            let known = file.here == Some(now) || file.deployed == Some(now) || captured == Some(now);
            if !known {
                self.lock.files.insert(file.local.clone(), now);
                self.report.differences.push(CaptureDifference::File {
                    remote: file.remote.clone(),
                    file: file.local.clone(),
                    new: file.here.is_none(),
                });
                self.writes.insert(file.local.clone(), file.content.clone());
                if let Ok(text) = std::str::from_utf8(&file.content) {
                    let findings = &mut self.report.findings;
                    self.surroundings.literals.in_code(&file.local, text, findings);
                }
            }
        }
    }

    fn set(&mut self, file: &str, path: &TreePath, value: Tree) {
        let mut document = self.documents.entry(file.to_owned()).or_insert_with(Tree::mapping);
        self.touched.insert(file.to_owned());
        let Some((last, parents)) = path.0.split_last() else {
            return;
        };
        for step in parents {
            let sluice_model::tree::Step::Key(key) = step else {
                return;
            };
            if document.get(key).is_none_or(Tree::is_null) {
                document.set(key, Tree::mapping());
            }
            let Some(inner) = document.get_mut(key) else { return };
            document = inner;
        }
        if let sluice_model::tree::Step::Key(key) = last {
            document.set(key, value);
        }
    }

    /// Where an object is declared: the file and the path in it; a block of the target when there is no other.
    fn find(&self, declared: &Declared) -> Option<(String, TreePath)> {
        let key = &declared.key;
        let root: &[&str] = if key.catalog { &[] } else { &["resources"] };
        let inner: Vec<&str> = root
            .iter()
            .copied()
            .chain([key.kind.as_str(), key.name.as_str()])
            .collect();
        let own = TreePath::keys(inner.iter().copied());
        let of_target = TreePath::keys(["targets", self.input.bundle.target.as_str()].into_iter().chain(inner));
        let fits = |file: &str| file.starts_with("catalog/") == key.catalog;
        [own, of_target].into_iter().find_map(|path| {
            let mut files = self.documents.iter().filter(|(file, _)| fits(file));
            let found = files.find(|(_, document)| document.at_path(&path).is_some());
            found.map(|(file, _)| (file.clone(), path))
        })
    }

    /// The texts, the lock and the report.
    pub(super) fn finish(mut self) -> Result<Captured, CaptureFault> {
        for file in &self.touched {
            let wanted = &self.documents[file];
            let text = match self.input.documents.get(file) {
                Some(text) => rewrite(text, file, wanted)?,
                None => emit(wanted),
            };
            if let Ok(tree) = parse_yaml(&text, file) {
                for (_, path, what) in self.places.iter().filter(|(of, _, _)| of == file) {
                    if let Some(object) = tree.at_path(path) {
                        let findings = &mut self.report.findings;
                        self.surroundings.literals.in_tree(object, path, what, findings);
                    }
                }
            }
            self.writes.insert(file.clone(), text.into_bytes());
        }
        let problems = std::mem::take(&mut self.lifting.problems);
        self.report
            .findings
            .extend(problems.into_iter().map(Diagnostic::warning));
        self.report.lifted = self.lifting.references;
        let mut lock = self.input.lock.clone();
        lock.set(&self.input.bundle.target, self.lock);
        if lock != *self.input.lock || self.input.lock == &CaptureLock::default() {
            self.writes.insert(LOCK_FILE.to_owned(), lock.text().into_bytes());
        }
        let here = |path: &String| {
            let file = self
                .input
                .files
                .iter()
                .find(|file: &&WorkspaceFile| file.local == *path);
            self.input.documents.contains_key(path)
                || file.is_some_and(|file| file.here.is_some())
                || (path == LOCK_FILE && *self.input.lock != CaptureLock::default())
        };
        self.report.files = self
            .writes
            .keys()
            .map(|path| CapturedFile {
                new: !here(path),
                path: path.clone(),
            })
            .collect();
        Ok(Captured {
            writes: self.writes,
            report: self.report,
        })
    }
}

fn what(pair: &Pair) -> String {
    format!("{} `{}`", pair.observed.kind.noun(), pair.observed.name)
}

fn place(file: &str) -> Place<'_> {
    Place {
        folder: file.rsplit_once('/').map_or(".", |(folder, _)| folder),
        catalog: file.starts_with("catalog/"),
    }
}

/// The file of a new object.
fn file_of(pair: &Pair) -> String {
    let key = &pair.key.name;
    match pair.observed.kind {
        CapturedKind::Table | CapturedKind::View | CapturedKind::Function | CapturedKind::Schema => {
            format!("catalog/{}.yml", pair.schema.as_deref().unwrap_or(key))
        }
        CapturedKind::Volume => format!("resources/{key}.volume.yml"),
        CapturedKind::Job => format!("resources/{key}.job.yml"),
        CapturedKind::GenieSpace => format!("resources/{key}.genie_space.yml"),
        CapturedKind::Dashboard => format!("resources/{key}.dashboard.yml"),
    }
}

fn lifter(input: CaptureInput<'_>, surroundings: &Surroundings, pairs: &[Pair]) -> Lifter {
    let mut lifter = Lifter {
        names: surroundings.names.clone(),
        warehouses: surroundings.warehouses.clone(),
        values: surroundings.values.clone(),
        ..Lifter::default()
    };
    for pair in pairs {
        let key = &pair.key;
        match pair.observed.kind {
            CapturedKind::Table | CapturedKind::View | CapturedKind::Function => {
                let reference = format!("${{{key}.name}}");
                lifter.objects.insert(pair.observed.id.to_lowercase(), reference);
            }
            CapturedKind::Job => {
                lifter.jobs.insert(pair.observed.id.clone(), format!("${{{key}.id}}"));
            }
            CapturedKind::Schema | CapturedKind::Volume | CapturedKind::GenieSpace | CapturedKind::Dashboard => {}
        }
    }
    for file in input.files {
        lifter
            .files
            .insert(workspace_path(&file.remote).to_owned(), file.local.clone());
    }
    lifter
}

/// Takes out of an observed document what the catalog files declare on its own: grants, tags, masks, row filters.
fn standing_alone(observed: &mut Tree, kind: CapturedKind, catalog: &Tree) {
    let Some(name) = super::resolved::full_name(kind, observed) else {
        return;
    };
    let entries = |of: &str| -> Vec<&Tree> {
        let entries = catalog.get(of).and_then(Tree::as_mapping);
        entries.into_iter().flat_map(IndexMap::values).collect()
    };
    let is_this =
        |entry: &&Tree, field: &str| document_text(entry, field).is_some_and(|other| other.eq_ignore_ascii_case(&name));
    let alone: Vec<String> = entries("grants")
        .into_iter()
        .filter(|entry| is_this(entry, "full_name"))
        .flat_map(|entry| items(entry, "grants"))
        .filter_map(|grant| document_text(grant, "principal").map(str::to_owned))
        .collect();
    retain(observed, "grants", |grant| {
        !document_text(grant, "principal").is_some_and(|principal| alone.iter().any(|other| other == principal))
    });
    let tags: Vec<String> = entries("tags")
        .into_iter()
        .filter(|entry| is_this(entry, "name") && document_text(entry, "securable") != Some("column"))
        .filter_map(|entry| entry.get("tags")?.as_mapping())
        .flat_map(IndexMap::keys)
        .cloned()
        .collect();
    drop_keys(observed, "tags", &tags);
    let masked: Vec<String> = entries("masks")
        .into_iter()
        .filter(|entry| is_this(entry, "table"))
        .filter_map(|entry| document_text(entry, "column").map(str::to_lowercase))
        .collect();
    if let Some(Node::Sequence(columns)) = observed.get_mut("columns").map(|columns| &mut columns.node) {
        for column in columns {
            let column_name = document_text(column, "name").unwrap_or_default().to_lowercase();
            if let (true, Node::Mapping(fields)) = (masked.contains(&column_name), &mut column.node) {
                fields.shift_remove("mask");
            }
        }
    }
    if entries("row_filters").iter().any(|entry| is_this(entry, "table"))
        && let Node::Mapping(fields) = &mut observed.node
    {
        fields.shift_remove("row_filter");
    }
}

fn retain(document: &mut Tree, field: &str, keep: impl Fn(&Tree) -> bool) {
    let Node::Mapping(fields) = &mut document.node else {
        return;
    };
    if let Some(Node::Sequence(list)) = fields.get_mut(field).map(|list| &mut list.node) {
        list.retain(keep);
        if list.is_empty() {
            fields.shift_remove(field);
        }
    }
}

fn drop_keys(document: &mut Tree, field: &str, keys: &[String]) {
    let Node::Mapping(fields) = &mut document.node else {
        return;
    };
    if let Some(Node::Mapping(map)) = fields.get_mut(field).map(|map| &mut map.node) {
        map.retain(|key, _| !keys.contains(key));
        if map.is_empty() {
            fields.shift_remove(field);
        }
    }
}
