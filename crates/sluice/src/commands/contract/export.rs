//! `sluice contract export`: a port's contract for people and for other programs.

use std::fmt;

use clap::Args;
use serde::{Serialize, Serializer};
use serde_json::Value;
use sluice_governance::data_sheet;
use sluice_governance::document::suggestion;
use sluice_lifecycle::contracts::read_contracts;
use sluice_lifecycle::product::Product;
use sluice_model::{Diagnostic, Tree};

use crate::commands::validate::sorted;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Write a port's contract as a data sheet (Markdown), or with `-o json` as ODCS in JSON
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the port
    #[arg(value_name = "PORT")]
    port: String,
}

struct Exported {
    sheet: String,
    contract: Value,
}

impl Serialize for Exported {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.contract.serialize(serializer)
    }
}

impl Answer for Exported {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        out.write_str(&self.sheet)
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let product = Product::find(&context.current_directory()?).await?;
    let found = read_contracts(&product.root)?;
    let Some(bound) = found.of_port(&arguments.port) else {
        if found.faults.iter().any(Diagnostic::is_error) {
            return Err(CommandError::config(found.faults));
        }
        let ports: Vec<&str> = found.contracts.iter().map(|bound| bound.port.name.as_str()).collect();
        let refused = CommandError::new(ExitKind::Usage, format!("no port `{}` with a contract", arguments.port));
        return Err(match suggestion(&arguments.port, ports) {
            Some(hint) => refused.hint(hint),
            None => refused,
        });
    };
    context.answer(&Exported {
        sheet: data_sheet::render(&found.descriptor, bound),
        contract: found
            .documents
            .get(&bound.file)
            .map_or(Value::Null, |document: &Tree| sorted(document.to_json())),
    })?;
    Ok(Outcome::Done)
}
