//! Where blueprints come from: the shipped ones, and the directories that `platform.yaml` or the command line names.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sluice_governance::document::{Reader, suggestion};
use sluice_model::{Diagnostic, Tree};

use super::answers::{Answers, resolve_answers};
use super::schema::TemplateSchema;
use super::template::{Surroundings, TemplateFault, render};
use crate::documents::{DocumentError, parse_document};
use crate::platform::Platform;

const MANIFEST: &str = "blueprint.yaml";
const SCHEMA: &str = "databricks_template_schema.json";
const FORMAT_VERSION: i64 = 1;

/// Files of the shipped blueprints: path below `blueprints/`, whether it is executable, bytes.
static SHIPPED: &[(&str, bool, &[u8])] = include!(concat!(env!("OUT_DIR"), "/blueprints.rs"));

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Content.
    pub content: Vec<u8>,
    /// Whether it may be executed.
    pub executable: bool,
}

/// A blueprint that was read.
#[derive(Clone, Debug)]
pub struct Blueprint {
    /// Name, as `sluice new` takes it.
    pub name: String,
    /// Version of the blueprint.
    pub release: semver::Version,
    /// What it makes, in one line.
    pub summary: String,
    /// Kinds of resources that its products may have; empty for all.
    pub kinds: Vec<String>,
    /// Environments that its products go through; empty for all of the platform.
    pub environments: Vec<String>,
    /// Policies that apply to its products.
    pub policies: Vec<String>,
    /// `shipped`, or the directory.
    pub origin: String,
    /// Its questions.
    pub schema: TemplateSchema,
    /// Its files by path.
    pub files: BTreeMap<String, SourceFile>,
}

/// A blueprint cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BlueprintError {
    /// There is none of this name.
    #[error("there is no blueprint `{name}`{}", hint(help))]
    Unknown {
        /// The name.
        name: String,
        /// The nearest one, or all.
        help: Option<String>,
    },
    /// Two have the same name.
    #[error("two blueprints are called `{name}`: {first} and {second}")]
    Duplicate {
        /// The name.
        name: String,
        /// Where the first one is.
        first: String,
        /// Where the second one is.
        second: String,
    },
    /// A file cannot be read.
    #[error("cannot read `{path}` of a blueprint")]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file that every blueprint has is missing.
    #[error("blueprint {origin} has no `{file}`")]
    MissingFile {
        /// The blueprint.
        origin: String,
        /// The file.
        file: &'static str,
    },
    /// Its documents or the answers have faults.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A template cannot be rendered.
    #[error(transparent)]
    Template(#[from] TemplateFault),
}

fn hint(help: &Option<String>) -> String {
    help.as_ref().map_or_else(String::new, |help| format!("; {help}"))
}

impl BlueprintError {
    /// Findings to print, when it is about content.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Document(error) => error.diagnostics(),
            Self::Unknown { .. }
            | Self::Duplicate { .. }
            | Self::Read { .. }
            | Self::MissingFile { .. }
            | Self::Template(_) => &[],
        }
    }
}

/// Every blueprint: the shipped ones, then those of the platform.
///
/// # Errors
/// When one cannot be read, or two have the same name.
pub fn available(platform: Option<&Platform>) -> Result<Vec<Blueprint>, BlueprintError> {
    let mut blueprints = shipped()?;
    for directory in platform.map_or(&[][..], |platform| &platform.blueprints) {
        blueprints.push(read_directory(directory)?);
    }
    for (index, blueprint) in blueprints.iter().enumerate() {
        if let Some(other) = blueprints[..index].iter().find(|other| other.name == blueprint.name) {
            return Err(BlueprintError::Duplicate {
                name: blueprint.name.clone(),
                first: other.origin.clone(),
                second: blueprint.origin.clone(),
            });
        }
    }
    Ok(blueprints)
}

/// The blueprint of this name, or in this directory (a text with a `/`).
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn find(name: &str, platform: Option<&Platform>) -> Result<Blueprint, BlueprintError> {
    if name.contains('/') || name == "." {
        return read_directory(Path::new(name));
    }
    let mut all = available(platform)?;
    let Some(index) = all.iter().position(|blueprint| blueprint.name == name) else {
        let help = suggestion(name, all.iter().map(|blueprint| blueprint.name.as_str()));
        return Err(BlueprintError::Unknown {
            name: name.to_owned(),
            help,
        });
    };
    Ok(all.swap_remove(index))
}

fn shipped() -> Result<Vec<Blueprint>, BlueprintError> {
    let mut by_name: BTreeMap<&str, BTreeMap<String, SourceFile>> = BTreeMap::new();
    for (path, executable, content) in SHIPPED {
        if let Some((name, file)) = path.split_once('/') {
            let file_content = SourceFile {
                content: content.to_vec(),
                executable: *executable,
            };
            by_name.entry(name).or_default().insert(file.to_owned(), file_content);
        }
    }
    by_name
        .into_values()
        .map(|files| read_files(files, "shipped"))
        .collect()
}

fn read_directory(directory: &Path) -> Result<Blueprint, BlueprintError> {
    let mut files = BTreeMap::new();
    collect(directory, "", &mut files)?;
    read_files(files, &directory.display().to_string())
}

fn collect(root: &Path, below: &str, files: &mut BTreeMap<String, SourceFile>) -> Result<(), BlueprintError> {
    let directory = root.join(below);
    let fault = |path: &Path| {
        let path = path.to_owned();
        move |source| BlueprintError::Read { path, source }
    };
    for entry in std::fs::read_dir(&directory).map_err(fault(&directory))? {
        let entry = entry.map_err(fault(&directory))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let relative = if below.is_empty() {
            name.clone()
        } else {
            format!("{below}/{name}")
        };
        let path = entry.path();
        let metadata = std::fs::metadata(&path).map_err(fault(&path))?;
        if metadata.is_dir() {
            if relative != ".git" {
                collect(root, &relative, files)?;
            }
        } else {
            let file = SourceFile {
                content: std::fs::read(&path).map_err(fault(&path))?,
                executable: metadata.permissions().mode() & 0o111 != 0,
            };
            files.insert(relative, file);
        }
    }
    Ok(())
}

fn read_files(files: BTreeMap<String, SourceFile>, origin: &str) -> Result<Blueprint, BlueprintError> {
    let document = |file: &'static str| -> Result<Tree, BlueprintError> {
        let content = files.get(file).ok_or_else(|| BlueprintError::MissingFile {
            origin: origin.to_owned(),
            file,
        })?;
        let shown = if origin == "shipped" {
            file.to_owned()
        } else {
            format!("{origin}/{file}")
        };
        Ok(parse_document(&String::from_utf8_lossy(&content.content), &shown)?)
    };
    let manifest = document(MANIFEST)?;
    let schema_tree = document(SCHEMA)?;
    let mut reader = Reader::default();
    let keys = [
        "version",
        "name",
        "release",
        "summary",
        "kinds",
        "environments",
        "policies",
    ];
    let read = reader.document(&manifest, &keys).map(|object| {
        reader.format_version(&object, FORMAT_VERSION);
        let name: Option<sluice_model::ProductName> =
            reader.required(&object, "name").and_then(|value| reader.parsed(&value));
        let release = reader
            .required(&object, "release")
            .and_then(|value| reader.parsed(&value));
        let summary = reader.required_text(&object, "summary");
        let kinds = reader.texts(&object, "kinds");
        let environments = reader.texts(&object, "environments");
        let policies = reader.texts(&object, "policies");
        (name, release, summary, kinds, environments, policies)
    });
    let schema = TemplateSchema::read(&mut reader, &schema_tree);
    let diagnostics = reader.finish();
    match (read, schema) {
        (Some((Some(name), Some(release), Some(summary), kinds, environments, policies)), Some(schema))
            if diagnostics.is_empty() =>
        {
            Ok(Blueprint {
                name: String::from(name),
                release,
                summary,
                kinds,
                environments,
                policies,
                origin: origin.to_owned(),
                schema,
                files,
            })
        }
        _ => Err(DocumentError::Faults { diagnostics }.into()),
    }
}

/// What a check of a blueprint found.
#[derive(Clone, Debug, Serialize)]
pub struct BlueprintCheck {
    /// Name.
    pub blueprint: String,
    /// Version.
    pub release: String,
    /// Paths that the answers lead to.
    pub files: Vec<String>,
    /// Questions without a default that were not answered; nothing was rendered then.
    pub unanswered: Vec<String>,
}

/// Checks a blueprint: its documents, every template's syntax, and what comes out with these answers.
///
/// # Errors
/// When a document or template has faults, an answer is wrong, or what comes out is no data product.
pub fn check(blueprint: &Blueprint, given: &[(String, String)]) -> Result<BlueprintCheck, BlueprintError> {
    let surroundings = Surroundings::default();
    super::template::check_syntax(&blueprint.files)?;
    let unanswered = blueprint.schema.unanswered(given);
    let mut files = Vec::new();
    if unanswered.is_empty() {
        let answers: Answers = resolve_answers(&blueprint.schema, given, &surroundings)?;
        let rendered = render(blueprint, &answers, &surroundings)?;
        super::instantiate::check_product(&rendered)?;
        files = rendered.files.into_keys().collect();
    }
    Ok(BlueprintCheck {
        blueprint: blueprint.name.clone(),
        release: blueprint.release.to_string(),
        files,
        unanswered,
    })
}
