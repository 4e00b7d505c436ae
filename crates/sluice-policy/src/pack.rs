//! A pack: a directory of rules, each a Rego module with a metadata comment, beside their tests, fixtures and shared modules.
//!
//! ```text
//! pack.yaml                      version: 1, name, release, description
//! metadata/mc_01.rego            a rule: `# METADATA`, `package sluice.mc_01`, `subjects`, `findings`
//! metadata/mc_01_test.rego       its tests: rules `test_*` of `package sluice.mc_01_test`
//! library.rego                   shared: no metadata comment
//! fixtures/sound.yaml            `data.fixtures.sound` in tests
//! ```
//!
//! A rule defines two sets. `subjects`: what it looked at, as texts; empty means that it does not apply. `findings`: what does not hold,
//! `{"subject": …, "path": […], "message": …, "evidence": {…}}`, where `path` leads through the input to the place.

use std::collections::BTreeMap;

use serde::Serialize;
use sluice_governance::document::Reader;
use sluice_model::{Diagnostic, Digest, Location, Tree};

use crate::metadata::{self, Metadata, YamlParser};
use crate::paths;
use crate::rego::Rego;

/// Name of the file that says which pack a directory is.
pub const HEAD: &str = "pack.yaml";
/// Start of the names of tests.
pub const TEST_PREFIX: &str = "test_";

/// The files of one pack as texts.
#[derive(Clone, Debug, Default)]
pub struct PackFiles {
    /// Directory as messages show it.
    pub directory: String,
    /// Path below the directory → text.
    pub files: BTreeMap<String, String>,
}

/// Which pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackHead {
    /// Name.
    pub name: String,
    /// Version of its content.
    pub version: String,
    /// Digest of its files.
    pub digest: Digest,
}

/// A rule of a pack.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it says about itself.
    pub metadata: Metadata,
    /// Its package, such as `data.sluice.mc_01`.
    pub package: String,
    /// Its file.
    pub path: String,
}

/// A Rego file.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) package: String,
}

/// Rules ready to be evaluated: of one directory or of several.
#[derive(Clone, Debug)]
pub struct Pack {
    /// The directories that it was read from.
    pub heads: Vec<PackHead>,
    /// Its rules, by id.
    pub rules: Vec<Rule>,
    pub(crate) modules: Vec<Module>,
    pub(crate) tests: Vec<Module>,
    pub(crate) fixtures: Tree,
}

impl Pack {
    /// Reads packs. Everything that is wrong with them is reported together.
    ///
    /// # Errors
    /// When a file is not what it must be, two rules have the same id, or a rule reads what no input has.
    pub fn read(sources: &[PackFiles], parse: YamlParser<'_>) -> Result<Self, Vec<Diagnostic>> {
        let mut pack = Self {
            heads: Vec::new(),
            rules: Vec::new(),
            modules: Vec::new(),
            tests: Vec::new(),
            fixtures: Tree::mapping(),
        };
        let mut faults = Vec::new();
        for source in sources {
            match head(source, parse) {
                Ok(head) => pack.heads.push(head),
                Err(found) => faults.extend(found),
            }
            for (path, text) in &source.files {
                let shown = format!("{}/{path}", source.directory);
                pack.file(path, &shown, text, parse, &mut faults);
            }
        }
        pack.rules.sort_by(|one, two| one.metadata.id.cmp(&two.metadata.id));
        pack.refuse_doubles(&mut faults);
        if faults.is_empty() { Ok(pack) } else { Err(faults) }
    }

    /// Identity of all rules: what a decision was made by.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of_canonical_json(&self.heads).expect("invariant: it has only text keys")
    }

    /// One rule.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.metadata.id == id)
    }

    /// An engine with the rules, and with the tests and their fixtures when they are wanted.
    pub(crate) fn engine(&self, with_tests: bool) -> Result<Rego, Diagnostic> {
        let mut rego = Rego::default();
        for module in &self.modules {
            rego.add(&module.path, &module.text)?;
        }
        if with_tests {
            for module in &self.tests {
                rego.add(&module.path, &module.text)?;
            }
            let mut data = Tree::mapping();
            data.set("fixtures", self.fixtures.clone());
            rego.data(&data)?;
        }
        Ok(rego)
    }

    fn file(&mut self, path: &str, shown: &str, text: &str, parse: YamlParser<'_>, faults: &mut Vec<Diagnostic>) {
        if let Some(name) = path.strip_prefix("fixtures/").and_then(fixture_name) {
            match parse(text, shown) {
                Ok(tree) => {
                    self.fixtures.set(name, tree);
                }
                Err(found) => faults.extend(found),
            }
        } else if path.ends_with(".rego") {
            self.module(shown, text, parse, faults);
        }
    }

    fn module(&mut self, shown: &str, text: &str, parse: YamlParser<'_>, faults: &mut Vec<Diagnostic>) {
        let package = match Rego::default().add(shown, text) {
            Ok(package) => package,
            Err(fault) => return faults.push(fault),
        };
        faults.extend(paths::check(shown, text));
        let module = Module {
            path: shown.to_owned(),
            text: text.to_owned(),
            package: package.clone(),
        };
        if shown.ends_with("_test.rego") {
            self.tests.push(module);
            return;
        }
        match metadata::read(shown, text, parse) {
            Ok(Some(metadata)) => {
                faults.extend(missing_sets(shown, text, &metadata.id));
                self.rules.push(Rule {
                    metadata,
                    package,
                    path: shown.to_owned(),
                });
            }
            Ok(None) => {}
            Err(found) => faults.extend(found),
        }
        self.modules.push(module);
    }

    fn refuse_doubles(&self, faults: &mut Vec<Diagnostic>) {
        for pair in self.rules.windows(2) {
            let [one, two] = pair else { continue };
            if one.metadata.id == two.metadata.id {
                faults.push(
                    Diagnostic::error(format!("rule `{}` is defined twice", one.metadata.id))
                        .location(top(&one.path))
                        .location(top(&two.path))
                        .help("give one of them another id"),
                );
            }
        }
        let mut packages: BTreeMap<&str, &str> = BTreeMap::new();
        for rule in &self.rules {
            if let Some(other) = packages.insert(&rule.package, &rule.path) {
                faults.push(
                    Diagnostic::error(format!("two rules share the package `{}`", rule.package))
                        .location(top(other))
                        .location(top(&rule.path)),
                );
            }
        }
    }
}

fn fixture_name(file: &str) -> Option<&str> {
    file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".json"))
}

pub(crate) fn top(path: &str) -> Location {
    Location {
        file: path.into(),
        line: 1,
        column: 1,
    }
}

fn missing_sets(path: &str, text: &str, id: &str) -> Vec<Diagnostic> {
    ["subjects", "findings"]
        .into_iter()
        .filter(|name| !defines(text, name))
        .map(|name| {
            Diagnostic::error(format!("rule `{id}` does not define `{name}`"))
                .location(top(path))
                .help(format!("write `{name} contains … if {{ … }}`"))
        })
        .collect()
}

/// Whether a line of the module begins with this rule's name.
fn defines(text: &str, name: &str) -> bool {
    text.lines()
        .filter_map(|line| line.strip_prefix(name))
        .any(|rest| rest.starts_with([' ', ':', '\t']))
}

fn head(source: &PackFiles, parse: YamlParser<'_>) -> Result<PackHead, Vec<Diagnostic>> {
    let shown = format!("{}/{HEAD}", source.directory);
    let Some(text) = source.files.get(HEAD) else {
        let fault = Diagnostic::error(format!("`{}` has no `{HEAD}`", source.directory))
            .help("a pack says who it is: `version: 1`, `name: …`, `release: 1.0.0`");
        return Err(vec![fault]);
    };
    let tree = parse(text, &shown)?;
    let mut reader = Reader::default();
    let object = reader.document(&tree, &["version", "name", "release", "description"]);
    let head = object.and_then(|object| {
        reader.format_version(&object, 1);
        let name = reader.required_text(&object, "name");
        let version = reader.required_text(&object, "release");
        reader.optional_text(&object, "description");
        Some(PackHead {
            name: name?,
            version: version?,
            digest: Digest::of_canonical_json(&source.files).expect("invariant: it has only text keys"),
        })
    });
    match (head, reader.finish()) {
        (Some(head), faults) if faults.is_empty() => Ok(head),
        (_, faults) => Err(faults),
    }
}
