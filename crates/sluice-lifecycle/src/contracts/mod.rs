//! The contracts of a product's checkout: read, bound to the ports of its descriptor, checked, and put onto its bundle.

mod baseline;
mod check;
mod compatibility;

use std::collections::BTreeMap;
use std::path::{Component, Path};

use sluice_bundle::Bundle;
use sluice_governance::binding::BoundContract;
use sluice_governance::descriptor::{self, Descriptor};
use sluice_governance::{contract, projection};
use sluice_model::{Diagnostic, Tree, TreePath};

pub use baseline::{Baseline, ContractDiff, DiffError, diff};
pub(crate) use baseline::{contracts_of, running};
pub use check::{CheckReport, CheckedContract, check, check_files};
pub use compatibility::{PortComparison, PortState, compare_ports};

use crate::documents::{DocumentError, read_document};
use crate::product::DESCRIPTOR;

/// The contracts of a product.
#[derive(Clone, Debug)]
pub struct ProductContracts {
    /// The descriptor.
    pub descriptor: Descriptor,
    /// The contracts of its ports that can be used, in the order of the ports.
    pub contracts: Vec<BoundContract>,
    /// The document of each of them, by its file.
    pub documents: BTreeMap<String, Tree>,
    /// What is wrong with the others.
    pub faults: Vec<Diagnostic>,
}

impl ProductContracts {
    /// A product without contracts.
    pub(crate) fn none(descriptor: &Descriptor) -> Self {
        Self {
            descriptor: descriptor.clone(),
            contracts: Vec::new(),
            documents: BTreeMap::new(),
            faults: Vec::new(),
        }
    }

    /// The contract of a port.
    #[must_use]
    pub fn of_port(&self, name: &str) -> Option<&BoundContract> {
        self.contracts.iter().find(|bound| bound.port.name == name)
    }
}

/// Reads the descriptor and all contracts that its ports name. A contract that cannot be used is reported and left out.
///
/// # Errors
/// When the descriptor cannot be read or has faults.
pub fn read_contracts(root: &Path) -> Result<ProductContracts, DocumentError> {
    let tree = read_document(&root.join(DESCRIPTOR), DESCRIPTOR)?;
    let descriptor = descriptor::read(&tree).map_err(|diagnostics| DocumentError::Faults { diagnostics })?;
    let mut found = ProductContracts {
        contracts: Vec::new(),
        documents: BTreeMap::new(),
        faults: Vec::new(),
        descriptor,
    };
    for (index, port) in found.descriptor.ports.clone().into_iter().enumerate() {
        let Some(file) = port.contract.clone() else { continue };
        let path = TreePath::keys(["ports"]).index(index).key("contract");
        let named = |summary: String| {
            let location = tree.at_path(&path).and_then(|tree| tree.location.clone());
            Diagnostic::error(summary).path(path.clone()).location(location)
        };
        if !is_inside(&file) {
            found.faults.push(named(format!("`{file}` leads out of the product")));
            continue;
        }
        match read_contract(root, &file) {
            Ok((document, contract)) => {
                found.documents.insert(file.clone(), document);
                found.contracts.push(BoundContract { port, file, contract });
            }
            Err(DocumentError::Faults { diagnostics }) => found.faults.extend(diagnostics),
            Err(error @ DocumentError::Read { .. }) => {
                let why = std::error::Error::source(&error).map_or_else(String::new, |source| format!(": {source}"));
                let fault = named(format!(
                    "the contract `{file}` of port `{}` cannot be read{why}",
                    port.name
                ));
                let help = format!(
                    "`sluice metadata init-contract {}` begins one from the table",
                    port.name
                );
                found.faults.push(fault.help(help));
            }
        }
    }
    Ok(found)
}

/// One contract of a product and its document.
pub(crate) fn read_contract(root: &Path, file: &str) -> Result<(Tree, contract::Contract), DocumentError> {
    let document = read_document(&root.join(file), file)?;
    let contract = contract::read(&document).map_err(|diagnostics| DocumentError::Faults { diagnostics })?;
    Ok((document, contract))
}

/// Whether a path stays in the product by its words alone.
pub(crate) fn is_inside(file: &str) -> bool {
    let mut parts = Path::new(file).components();
    parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// The tables and views of the catalog files as they are written, references included: kind → key → body. Files that are not YAML are
/// left to `validate`.
///
/// # Errors
/// When a file cannot be read.
pub fn read_catalog(root: &Path) -> Result<Tree, DocumentError> {
    let mut catalog = Tree::mapping();
    for kind in ["tables", "views"] {
        catalog.set(kind, Tree::mapping());
    }
    for file in crate::bundle_files::matches(root, "catalog/*.yml") {
        let document = match read_document(&root.join(&file), &file) {
            Ok(document) => document,
            Err(DocumentError::Faults { .. }) => continue,
            Err(error @ DocumentError::Read { .. }) => return Err(error),
        };
        for kind in ["tables", "views"] {
            let declared = document.get(kind).and_then(Tree::as_mapping).into_iter().flatten();
            for (key, body) in declared {
                if let Some(known) = catalog.get_mut(kind) {
                    known.set(key, body.clone());
                }
            }
        }
    }
    Ok(catalog)
}

/// Puts the metadata of a product's contracts onto its resolved bundle. Nothing happens where there is no descriptor.
///
/// # Errors
/// When the descriptor or a contract cannot be used.
pub(crate) fn project(root: &Path, bundle: &mut Bundle) -> Result<Vec<Diagnostic>, DocumentError> {
    if !root.join(DESCRIPTOR).is_file() {
        return Ok(Vec::new());
    }
    let found = read_contracts(root)?;
    if !found.faults.is_empty() {
        return Err(DocumentError::Faults {
            diagnostics: found.faults,
        });
    }
    Ok(projection::project(
        &mut bundle.config,
        &mut bundle.catalog,
        &found.descriptor,
        &found.contracts,
    ))
}
