//! `sluice metadata set`: one field of `product.yaml`.

use clap::Args;
use sluice_governance::metadata::FieldPath;
use sluice_lifecycle::metadata::Edit;

use super::{CommitOption, make};
use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Set a field of `product.yaml`
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The field, such as `usage`, `regulation.dora.rto` or `ports.NAME.description`
    #[arg(value_name = "PATH")]
    path: FieldPath,
    /// Its value, as it would stand in the file
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    value: String,
    #[command(flatten)]
    commit: CommitOption,
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let edit = Edit::Set {
        path: arguments.path,
        value: Some(arguments.value),
    };
    make(&edit, arguments.commit, context).await
}
