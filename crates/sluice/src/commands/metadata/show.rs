//! `sluice metadata show`: the descriptor, and what the contracts say about tables and columns.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_governance::Descriptor;
use sluice_governance::binding::BoundContract;
use sluice_lifecycle::contracts::read_contracts;
use sluice_lifecycle::product::Product;

use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Show the metadata of the product, its ports and their columns
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

#[derive(Serialize)]
struct Shown {
    product: Descriptor,
    contracts: Vec<ShownContract>,
}

#[derive(Serialize)]
struct ShownContract {
    port: String,
    file: String,
    id: String,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    columns: Vec<ShownColumn>,
}

#[derive(Serialize)]
struct ShownColumn {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    classification: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    terms: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
}

impl ShownContract {
    fn of(bound: &BoundContract) -> Self {
        let object = bound.object();
        let columns = object.map(|object| object.properties.as_slice()).unwrap_or_default();
        let columns = columns.iter().map(|property| {
            let annotations = &property.element.annotations;
            ShownColumn {
                name: property.element.physical_name().value.clone(),
                description: property.element.description.as_ref().map(|text| text.value.clone()),
                classification: property.classification.as_ref().map(|text| text.value.clone()),
                terms: annotations.terms().map(|term| term.value.to_owned()).collect(),
                tags: annotations.tags.iter().map(|tag| tag.value.clone()).collect(),
            }
        });
        Self {
            port: bound.port.name.clone(),
            file: bound.file.clone(),
            id: bound.contract.id.value.clone(),
            version: bound.contract.version.value.clone(),
            description: object.and_then(|object| Some(object.element.description.as_ref()?.value.clone())),
            columns: columns.collect(),
        }
    }
}

impl Answer for Shown {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let product = &self.product;
        for (title, text) in [
            ("Product", Some(product.name.as_str())),
            ("Description", product.description.as_deref()),
            ("Usage", product.usage.as_deref()),
            ("Limitations", product.limitations.as_deref()),
            ("Domain", Some(product.domain.as_str())),
            ("Owner", Some(product.owner.as_str())),
            ("Steward", Some(product.steward.as_str())),
            ("Support", Some(product.support.as_str())),
        ] {
            if let Some(text) = text {
                writeln!(out, "{title}: {text}")?;
            }
        }
        for contract in &self.contracts {
            writeln!(
                out,
                "\nPort {}: {} {} in {}",
                contract.port, contract.id, contract.version, contract.file
            )?;
            if let Some(description) = &contract.description {
                writeln!(out, "  {description}")?;
            }
            for column in &contract.columns {
                write!(
                    out,
                    "  {}: {}",
                    column.name,
                    column.description.as_deref().unwrap_or("(not described)")
                )?;
                let marks = column.classification.iter().chain(&column.terms).chain(&column.tags);
                let marks: Vec<&str> = marks.map(String::as_str).collect();
                if !marks.is_empty() {
                    write!(out, " [{}]", marks.join(", "))?;
                }
                writeln!(out)?;
            }
        }
        Ok(())
    }
}

pub(crate) async fn run(_arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let product = Product::find(&context.current_directory()?).await?;
    let found = read_contracts(&product.root)?;
    context.terminal.diagnostics(&found.faults);
    context.answer(&Shown {
        contracts: found.contracts.iter().map(ShownContract::of).collect(),
        product: found.descriptor,
    })?;
    Ok(Outcome::Done)
}
