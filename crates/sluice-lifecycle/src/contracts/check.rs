//! Everything that can be said about contracts without a workspace: their form, their tables, their terms and tags.

use std::path::Path;

use serde::Serialize;
use sluice_governance::Contract;
use sluice_governance::descriptor::PortKind;
use sluice_governance::glossary::Glossary;
use sluice_model::{Diagnostic, TreePath};

use super::{read_catalog, read_contract, read_contracts};
use crate::documents::DocumentError;
use crate::platform::Platform;
use crate::product::DESCRIPTOR;

/// What a check came to.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    /// The contracts that could be read.
    pub contracts: Vec<CheckedContract>,
    /// What is wrong, or not as it should be.
    pub findings: Vec<Diagnostic>,
}

/// A contract that was checked.
#[derive(Clone, Debug, Serialize)]
pub struct CheckedContract {
    /// Its file.
    pub file: String,
    /// The port that it is bound to; none for a file that was named alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
}

impl CheckReport {
    /// Whether nothing is an error.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.findings.iter().any(Diagnostic::is_error)
    }

    fn add(&mut self, file: &str, port: Option<&str>, contract: &Contract) {
        self.contracts.push(CheckedContract {
            file: file.to_owned(),
            port: port.map(str::to_owned),
            id: contract.id.value.clone(),
            version: contract.version.value.clone(),
        });
    }
}

/// Checks all contracts of a product.
///
/// # Errors
/// When the descriptor, a catalog file or the glossary cannot be used. Faults of contracts are findings.
pub fn check(root: &Path, platform: Option<&Platform>) -> Result<CheckReport, DocumentError> {
    let found = read_contracts(root)?;
    let catalog = read_catalog(root)?;
    let vocabulary = Vocabulary::of(platform)?;
    let mut report = CheckReport {
        contracts: Vec::new(),
        findings: found.faults.clone(),
    };
    for bound in &found.contracts {
        report.add(&bound.file, Some(&bound.port.name), &bound.contract);
        report.findings.extend(bound.check(&catalog));
        report.findings.extend(vocabulary.check(&bound.contract));
    }
    let document = crate::documents::read_document(&root.join(DESCRIPTOR), DESCRIPTOR)?;
    for (index, port) in found.descriptor.ports.iter().enumerate() {
        let path = TreePath::keys(["ports"]).index(index);
        let location = document.at_path(&path).and_then(|port| port.location.clone());
        let at = |diagnostic: Diagnostic| diagnostic.path(path.clone()).location(location.clone());
        if port.kind == PortKind::Output && port.contract.is_none() {
            let finding = at(Diagnostic::warning(format!(
                "output port `{}` has no contract",
                port.name
            )));
            let help = format!(
                "`sluice metadata init-contract {}` begins one from the table",
                port.name
            );
            report.findings.push(finding.help(help));
        }
        if let Some(table) = &port.table
            && catalog
                .get(&table.kind)
                .and_then(|tables| tables.get(&table.name))
                .is_none()
        {
            report.findings.push(at(Diagnostic::error(format!(
                "the catalog files have no `{table}`, which port `{}` names",
                port.name
            ))));
        }
    }
    Ok(report)
}

/// Checks single files, without the product that they belong to: form, terms and tags.
///
/// # Errors
/// When a file or the glossary cannot be read. Faults of contracts are findings.
pub fn check_files(here: &Path, files: &[String], platform: Option<&Platform>) -> Result<CheckReport, DocumentError> {
    let vocabulary = Vocabulary::of(platform)?;
    let mut report = CheckReport {
        contracts: Vec::new(),
        findings: Vec::new(),
    };
    for file in files {
        match read_contract(here, file) {
            Ok((_, contract)) => {
                report.add(file, None, &contract);
                report.findings.extend(vocabulary.check(&contract));
            }
            Err(DocumentError::Faults { diagnostics }) => report.findings.extend(diagnostics),
            Err(error @ DocumentError::Read { .. }) => return Err(error),
        }
    }
    Ok(report)
}

/// The words that a platform allows; none without a platform.
struct Vocabulary<'a> {
    platform: Option<(&'a Platform, Glossary)>,
}

impl<'a> Vocabulary<'a> {
    fn of(platform: Option<&'a Platform>) -> Result<Self, DocumentError> {
        let platform = platform
            .map(|platform| Ok::<_, DocumentError>((platform, platform.read_glossary()?)))
            .transpose()?;
        Ok(Self { platform })
    }

    fn check(&self, contract: &Contract) -> Vec<Diagnostic> {
        if let Some((platform, glossary)) = &self.platform {
            let mut found = glossary.check(contract);
            found.extend(platform.tags.check(contract));
            return found;
        }
        let annotations = contract.all_annotations();
        let mut terms = annotations.iter().flat_map(|annotations| annotations.terms());
        let unchecked = terms.next().map(|first| {
            Diagnostic::warning("terms and tags are not checked: there is no `platform.yaml` with a glossary")
                .location(first.place.location)
                .help("name it by --platform or SLUICE_PLATFORM")
        });
        unchecked.into_iter().collect()
    }
}
