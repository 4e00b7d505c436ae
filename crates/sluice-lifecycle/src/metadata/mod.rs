//! Edits of a product's metadata: `product.yaml` and its contracts change in place, every other byte stays, and one commit says what was done.
//!
//! An edit is made on the tree, written into the text, read back and judged by the same rules as every other reading of the file, all
//! before the first byte is written.

mod commit;

use std::path::Path;

use sluice_bundle::editing::{self, EditError};
use sluice_bundle::language::parse_yaml;
use sluice_governance::contract::{self, Located, Place, skeleton};
use sluice_governance::descriptor::{self, Port};
use sluice_governance::glossary::Glossary;
use sluice_governance::metadata::{ContractEdit, FieldPath, Subject, edit_contract, set_field};
use sluice_governance::tag_policy::{CLASSIFICATION, split};
use sluice_model::{Diagnostic, Tree};

pub use commit::Written;

use crate::bundle_files::GitError;
use crate::contracts::{is_inside, read_catalog};
use crate::documents::{DocumentError, parse_document};
use crate::platform::Platform;
use crate::product::{DESCRIPTOR, Product};

/// Metadata cannot be edited. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// A document, or what it would become, has faults.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// There is no such port.
    #[error("`product.yaml` has no port `{port}`")]
    UnknownPort {
        /// The name.
        port: String,
        /// What it might have been.
        help: Option<String>,
    },
    /// The port lacks what the edit is about.
    #[error("port `{port}` has no {what}")]
    PortWithout {
        /// The port.
        port: String,
        /// `contract` or `table`.
        what: &'static str,
    },
    /// The port has a contract already.
    #[error("port `{port}` has a contract: `{file}`")]
    ContractExists {
        /// The port.
        port: String,
        /// Its file.
        file: String,
    },
    /// There is no glossary to take a term from.
    #[error("there is no glossary: no `platform.yaml` here or above names one")]
    NoGlossary,
    /// The text cannot be edited.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The commit would take along what somebody else changed.
    #[error("`{file}` has changes that are not committed")]
    Dirty {
        /// The file.
        file: String,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// A file that changes.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// Its path in the product.
    pub(crate) file: String,
    /// Its text before; none for a new file.
    pub(crate) before: Option<String>,
    /// Its text after.
    pub(crate) after: String,
}

/// One edit.
#[derive(Clone, Debug)]
pub enum Edit {
    /// Sets a field of the descriptor, or removes it.
    Set {
        /// The field.
        path: FieldPath,
        /// Its value as it would stand in the file; none removes it.
        value: Option<String>,
    },
    /// Changes the contract of a port.
    Contract {
        /// The table or column.
        subject: Subject,
        /// The change.
        edit: ContractEdit,
    },
    /// Begins the contract of a port from its table.
    InitContract {
        /// The port.
        port: String,
    },
}

impl Edit {
    /// What the commit says.
    fn subject(&self) -> String {
        let text = match self {
            Self::Set { path, value: Some(_) } => format!("set {path}"),
            Self::Set { path, value: None } => format!("remove {path}"),
            Self::Contract { subject, edit } => match edit {
                ContractEdit::Describe(_) => format!("describe {subject}"),
                ContractEdit::Term(term) => format!("{subject} is {term}"),
                ContractEdit::Tag(tag) => format!("tag {subject} {tag}"),
            },
            Self::InitContract { port } => format!("begin the contract of {port}"),
        };
        let subject = format!("metadata: {}", text.replace(['\n', '\r'], " "));
        subject.chars().take(72).collect()
    }
}

/// Makes an edit in a product's checkout. `commit` makes one commit of it; without, the files stay changed.
///
/// # Errors
/// When the edit cannot be made or its result would have faults, when the files have other changes that the commit would take along, or
/// when Git or the disk refuses. The files are as they were then.
pub async fn edit(
    product: &Product,
    platform: Option<&Platform>,
    edit: &Edit,
    commit: bool,
) -> Result<Written, MetadataError> {
    let changes = changes(product, platform, edit)?;
    commit::write(&product.root, changes, &edit.subject(), commit).await
}

fn changes(product: &Product, platform: Option<&Platform>, edit: &Edit) -> Result<Vec<Change>, MetadataError> {
    match edit {
        Edit::Set { path, value } => set(product, path, value.as_deref()).map(|change| vec![change]),
        Edit::Contract { subject, edit } => contract_edit(product, platform, subject, edit).map(|change| vec![change]),
        Edit::InitContract { port } => init_contract(product, port),
    }
}

fn set(product: &Product, path: &FieldPath, value: Option<&str>) -> Result<Change, MetadataError> {
    let before = read(&product.root, DESCRIPTOR)?;
    let mut tree = parse_document(&before, DESCRIPTOR)?;
    set_field(&mut tree, path, value.map(written)).map_err(fault)?;
    rewritten(DESCRIPTOR, before, &tree, |tree| descriptor::read(tree).map(|_| ()))
}

/// A value as it would stand in a YAML file; what is no YAML on one line is a text.
fn written(value: &str) -> Tree {
    let parsed = if value.contains('\n') {
        None
    } else {
        parse_yaml(&format!("value: {value}\n"), "value").ok()
    };
    let fields = parsed
        .as_ref()
        .and_then(Tree::as_mapping)
        .filter(|fields| fields.len() == 1);
    match fields.and_then(|fields| fields.get("value")) {
        Some(found) if !found.is_null() && !value.contains(" #") => found.clone(),
        Some(_) | None => value.into(),
    }
}

fn contract_edit(
    product: &Product,
    platform: Option<&Platform>,
    subject: &Subject,
    edit: &ContractEdit,
) -> Result<Change, MetadataError> {
    check_words(platform, subject, edit)?;
    let port = port(product, &subject.port)?;
    let file = port.contract.as_deref().ok_or_else(|| MetadataError::PortWithout {
        port: port.name.clone(),
        what: "contract",
    })?;
    let before = read(&product.root, file)?;
    let mut tree = parse_document(&before, file)?;
    contract::read(&tree).map_err(faults)?;
    edit_contract(&mut tree, subject, edit).map_err(fault)?;
    rewritten(file, before, &tree, |tree| contract::read(tree).map(|_| ()))
}

/// Terms and tags are those of the platform.
fn check_words(platform: Option<&Platform>, subject: &Subject, edit: &ContractEdit) -> Result<(), MetadataError> {
    match edit {
        ContractEdit::Describe(_) => Ok(()),
        ContractEdit::Term(term) => {
            let glossary = platform.map_or_else(|| Ok(Glossary::default()), Platform::read_glossary)?;
            if glossary.is_empty() {
                return Err(MetadataError::NoGlossary);
            }
            let used = Located {
                value: term.as_str(),
                place: Place::default(),
            };
            glossary.fault(&used).map_or(Ok(()), |found| Err(fault(found)))
        }
        ContractEdit::Tag(tag) => {
            let (key, value) = split(tag);
            if key == CLASSIFICATION && subject.column.is_some() && value.is_empty() {
                return Err(fault(Diagnostic::error(format!("tag `{key}` needs a value"))));
            }
            let Some((summary, help)) = platform.and_then(|platform| platform.tags.fault(key, value)) else {
                return Ok(());
            };
            let mut found = Diagnostic::error(summary);
            found.help = help;
            Err(fault(found))
        }
    }
}

fn init_contract(product: &Product, name: &str) -> Result<Vec<Change>, MetadataError> {
    let port = port(product, name)?;
    let without = |what| MetadataError::PortWithout {
        port: port.name.clone(),
        what,
    };
    let file = port
        .contract
        .clone()
        .unwrap_or_else(|| format!("contracts/{}.odcs.yaml", port.name));
    if product.root.join(&file).exists() {
        return Err(MetadataError::ContractExists {
            port: port.name.clone(),
            file,
        });
    }
    if !is_inside(&file) {
        return Err(fault(Diagnostic::error(format!("`{file}` leads out of the product"))));
    }
    let key = port.table.as_ref().ok_or_else(|| without("table"))?;
    let catalog = read_catalog(&product.root)?;
    let table = catalog.get(&key.kind).and_then(|tables| tables.get(&key.name));
    let table = table.ok_or_else(|| fault(Diagnostic::error(format!("the catalog files have no `{key}`"))))?;
    let contract = skeleton(&product.descriptor, port, table);
    let mut changes = vec![Change {
        file: file.clone(),
        before: None,
        after: editing::emit(&contract),
    }];
    if port.contract.is_none() {
        let before = read(&product.root, DESCRIPTOR)?;
        let mut tree = parse_document(&before, DESCRIPTOR)?;
        let path: FieldPath = format!("ports.{}.contract", port.name)
            .parse()
            .map_err(|text: String| fault(Diagnostic::error(text)))?;
        set_field(&mut tree, &path, Some(file.into())).map_err(fault)?;
        changes.push(rewritten(DESCRIPTOR, before, &tree, |tree| {
            descriptor::read(tree).map(|_| ())
        })?);
    }
    Ok(changes)
}

/// The edited text; what it reads as must be sound.
fn rewritten(
    file: &str,
    before: String,
    wanted: &Tree,
    check: impl Fn(&Tree) -> Result<(), Vec<Diagnostic>>,
) -> Result<Change, MetadataError> {
    let after = editing::rewrite(&before, file, wanted)?;
    check(&parse_document(&after, file)?).map_err(faults)?;
    Ok(Change {
        file: file.to_owned(),
        before: Some(before),
        after,
    })
}

fn port<'product>(product: &'product Product, name: &str) -> Result<&'product Port, MetadataError> {
    let ports = &product.descriptor.ports;
    ports
        .iter()
        .find(|port| port.name == name)
        .ok_or_else(|| MetadataError::UnknownPort {
            port: name.to_owned(),
            help: sluice_governance::document::suggestion(name, ports.iter().map(|port| port.name.as_str())),
        })
}

fn read(root: &Path, file: &str) -> Result<String, DocumentError> {
    let path = root.join(file);
    std::fs::read_to_string(&path).map_err(|source| DocumentError::Read { path, source })
}

fn fault(diagnostic: Diagnostic) -> MetadataError {
    faults(vec![diagnostic])
}

fn faults(diagnostics: Vec<Diagnostic>) -> MetadataError {
    MetadataError::Document(DocumentError::Faults { diagnostics })
}

#[cfg(test)]
mod tests;
