//! `sluice metadata unset`: one field of `product.yaml` less.

use clap::Args;
use sluice_governance::metadata::FieldPath;
use sluice_lifecycle::metadata::Edit;

use super::{CommitOption, make};
use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Remove a field of `product.yaml`
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The field, such as `usage` or `regulation.dora.rto`
    #[arg(value_name = "PATH")]
    path: FieldPath,
    #[command(flatten)]
    commit: CommitOption,
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let edit = Edit::Set {
        path: arguments.path,
        value: None,
    };
    make(&edit, arguments.commit, context).await
}
