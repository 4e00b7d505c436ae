//! Rendering a template directory: `template/**` with templated paths, `.tmpl` files, `library/*.tmpl` definitions and `{{skip}}`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use gotmpl::{MissingKey, Template, TemplateError, Value};
use sluice_model::{Digest, Node, Tree};
use uuid::Uuid;

use super::answers::Answers;
use super::functions::{Skipped, functions};
use super::source::{Blueprint, SourceFile};

/// More rounds of `{{range}}` than any template needs; a template that asks for more is refused.
const MAXIMUM_ROUNDS: u64 = 100_000;

/// What templates may ask about the world.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The UUID that `bundle_uuid` gives throughout one rendering.
    pub bundle_uuid: Uuid,
    /// Host of the workspace, when one is known.
    pub workspace_host: Option<String>,
    /// Who is signed in there.
    pub user_name: Option<String>,
    /// Whether that is a service principal.
    pub service_principal: Option<bool>,
    /// The default catalog there.
    pub default_catalog: Option<String>,
}

/// A template cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum TemplateFault {
    /// The engine refuses it.
    #[error("template `{file}` cannot be rendered")]
    Engine {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: Box<TemplateError>,
    },
    /// A template file is not text.
    #[error("template `{file}` is not UTF-8 text; only files without `.tmpl` may hold other bytes")]
    NotText {
        /// The file.
        file: String,
    },
    /// A path leads out of the product or into Git's own directory.
    #[error("template `{file}` leads to `{path}`, which is no path inside the product")]
    Path {
        /// The file.
        file: String,
        /// The path.
        path: String,
    },
    /// Two files lead to the same path.
    #[error("templates `{first}` and `{second}` both lead to `{path}`")]
    Collision {
        /// The path.
        path: String,
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
    /// The blueprint has nothing to render.
    #[error("the blueprint has no files below `{directory}/`")]
    Empty {
        /// The directory.
        directory: String,
    },
}

/// What a blueprint leads to.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// Files by path.
    pub files: BTreeMap<String, SourceFile>,
    /// What to say at the end.
    pub success_message: Option<String>,
}

impl Rendered {
    /// Identity of the rendered files: paths, modes and contents.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let files: BTreeMap<&str, (bool, Digest)> = self
            .files
            .iter()
            .map(|(path, file)| (path.as_str(), (file.executable, Digest::of(&file.content))))
            .collect();
        Digest::of_canonical_json(&files).expect("invariant: a map with text keys has a JSON form")
    }
}

/// Renders all of a blueprint.
///
/// # Errors
/// When a template cannot be rendered, or leads outside or onto another one.
pub fn render(
    blueprint: &Blueprint,
    answers: &Answers,
    surroundings: &Surroundings,
) -> Result<Rendered, TemplateFault> {
    let base = match &blueprint.schema.template_directory {
        Some(directory) => format!("{}/", directory.trim_start_matches("./").trim_end_matches('/')),
        None => String::new(),
    };
    let library = library(&blueprint.files, &base)?;
    let prefix = format!("{base}template/");
    let skipped: Skipped = Arc::new(Mutex::new(Vec::new()));
    let mut origins: BTreeMap<String, String> = BTreeMap::new();
    let mut files = BTreeMap::new();
    for (source, file) in blueprint.files.iter().filter(|(source, _)| source.starts_with(&prefix)) {
        let engine = Engine {
            surroundings,
            skipped: &skipped,
            library: &library,
        };
        let raw_path = &source[prefix.len()..];
        let raw_directory = raw_path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let directory = engine.render(source, raw_directory, "", answers)?;
        let path = engine.render(source, raw_path, &directory, answers)?;
        let (path, content) = match path.strip_suffix(".tmpl") {
            Some(path) => {
                let text = std::str::from_utf8(&file.content)
                    .map_err(|_not_text| TemplateFault::NotText { file: source.clone() })?;
                (
                    path.to_owned(),
                    engine.render(source, text, &directory, answers)?.into_bytes(),
                )
            }
            None => (path, file.content.clone()),
        };
        check_path(source, &path)?;
        if let Some(first) = origins.insert(path.clone(), source.clone()) {
            return Err(TemplateFault::Collision {
                path,
                first,
                second: source.clone(),
            });
        }
        let executable = file.executable;
        files.insert(path, SourceFile { content, executable });
    }
    if files.is_empty() {
        return Err(TemplateFault::Empty {
            directory: prefix.trim_end_matches('/').to_owned(),
        });
    }
    let patterns = skipped
        .lock()
        .map_or_else(|poisoned| poisoned.into_inner().clone(), |patterns| patterns.clone());
    files.retain(|path, _| !patterns.iter().any(|pattern| is_skipped(pattern, path)));
    let success_message = match &blueprint.schema.success_message {
        Some(message) => Some(render_text("success_message", message, answers, surroundings)?),
        None => None,
    };
    Ok(Rendered { files, success_message })
}

/// Renders one text outside the template directory: a default or a message.
pub(crate) fn render_text(
    name: &str,
    text: &str,
    answers: &Answers,
    surroundings: &Surroundings,
) -> Result<String, TemplateFault> {
    let skipped: Skipped = Arc::default();
    let engine = Engine {
        surroundings,
        skipped: &skipped,
        library: &[],
    };
    engine.render(name, text, "", answers)
}

/// Parses every template without rendering it.
pub(crate) fn check_syntax(files: &BTreeMap<String, SourceFile>) -> Result<(), TemplateFault> {
    let skipped: Skipped = Arc::default();
    let surroundings = Surroundings::default();
    for (source, file) in files.iter().filter(|(source, _)| source.ends_with(".tmpl")) {
        let text =
            std::str::from_utf8(&file.content).map_err(|_not_text| TemplateFault::NotText { file: source.clone() })?;
        Template::new(source)
            .funcs(functions(&surroundings, "", &skipped))
            .parse(text)
            .map_err(engine_fault(source))?;
    }
    Ok(())
}

fn engine_fault(file: &str) -> impl FnOnce(TemplateError) -> TemplateFault {
    let file = file.to_owned();
    move |source| TemplateFault::Engine {
        file,
        source: Box::new(source),
    }
}

fn library<'files>(
    files: &'files BTreeMap<String, SourceFile>,
    base: &str,
) -> Result<Vec<(&'files str, &'files str)>, TemplateFault> {
    let prefix = format!("{base}library/");
    files
        .iter()
        .filter(|(source, _)| source.starts_with(&prefix) && source.ends_with(".tmpl"))
        .map(|(source, file)| {
            let text = std::str::from_utf8(&file.content)
                .map_err(|_not_text| TemplateFault::NotText { file: source.clone() })?;
            Ok((source.as_str(), text))
        })
        .collect()
}

struct Engine<'world> {
    surroundings: &'world Surroundings,
    skipped: &'world Skipped,
    library: &'world [(&'world str, &'world str)],
}

impl Engine<'_> {
    fn render(&self, file: &str, text: &str, directory: &str, answers: &Answers) -> Result<String, TemplateFault> {
        let mut template = Template::new(file)
            .funcs(functions(self.surroundings, directory, self.skipped))
            .missing_key(MissingKey::Error)
            .max_range_iters(MAXIMUM_ROUNDS);
        for (name, definitions) in self.library {
            template = template.parse(definitions).map_err(engine_fault(name))?;
        }
        template
            .parse(text)
            .and_then(|template| template.execute_to_string(&data(answers)))
            .map_err(engine_fault(file))
    }
}

fn data(answers: &Answers) -> Value {
    let fields = answers
        .iter()
        .map(|(name, tree)| (Arc::from(name.as_str()), value(tree)))
        .collect();
    Value::Map(Arc::new(fields))
}

fn value(tree: &Tree) -> Value {
    match &tree.node {
        Node::Null => Value::Nil,
        Node::Bool(value) => Value::Bool(*value),
        Node::Integer(value) => Value::Int(*value),
        Node::Float(value) => Value::Float(*value),
        Node::String(text) => Value::String(text.as_str().into()),
        Node::Sequence(items) => Value::List(items.iter().map(value).collect::<Vec<_>>().into()),
        Node::Mapping(fields) => {
            let fields = fields
                .iter()
                .map(|(name, tree)| (Arc::from(name.as_str()), value(tree)))
                .collect();
            Value::Map(Arc::new(fields))
        }
    }
}

/// A path inside the product: relative, without `.`, `..`, empty parts, and not in `.git`.
fn check_path(file: &str, path: &str) -> Result<(), TemplateFault> {
    let sound = path
        .split('/')
        .all(|part| !matches!(part, "" | "." | ".." | ".git") && !part.contains(['\\', '\0', '\n']));
    if sound {
        Ok(())
    } else {
        Err(TemplateFault::Path {
            file: file.to_owned(),
            path: path.to_owned(),
        })
    }
}

/// Whether a pattern of `{{skip}}` covers a path or a directory above it.
fn is_skipped(pattern: &str, path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    (1..=parts.len()).any(|count| sluice_bundle::language::glob::matches(pattern, &parts[..count].join("/")))
}
