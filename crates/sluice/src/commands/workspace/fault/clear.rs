//! `sluice workspace fault clear`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_wire::Method;
use sluice_workspace::faults::{FAULTS_PATH, Removed};

use crate::commands::workspace::control::WorkspaceOption;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Remove one fault of a local workspace, or all
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    workspace: WorkspaceOption,
    /// Id of the fault; all when not given
    #[arg(value_name = "ID", value_parser = id)]
    id: Option<String>,
}

/// An id stands in a path.
fn id(text: &str) -> Result<String, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(text.to_owned());
    }
    Err("expected an id such as `f1`, as `sluice workspace fault list` shows it".to_owned())
}

#[derive(Serialize)]
struct Cleared {
    version: u32,
    workspace: String,
    removed: usize,
}

impl Answer for Cleared {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let faults = if self.removed == 1 { "fault" } else { "faults" };
        writeln!(
            out,
            "Removed {} {faults} of the workspace {}.",
            self.removed, self.workspace
        )
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let control = arguments.workspace.connect(context)?;
    let path = match &arguments.id {
        Some(id) => format!("{FAULTS_PATH}/{id}"),
        None => FAULTS_PATH.to_owned(),
    };
    let Removed { removed } = control.fetch(Method::Delete, &path).await?;
    context.answer(&Cleared {
        version: 1,
        workspace: control.workspace,
        removed,
    })?;
    Ok(Outcome::Done)
}
