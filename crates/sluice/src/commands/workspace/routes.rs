//! `sluice workspace routes`: what the local workspace answers, from the table that it answers with.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_wire::Method;
use sluice_workspace::{Access, IGNORED_FIELDS_PATH, IgnoredFields, modules};

use super::control::WorkspaceOption;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// List the requests that a local workspace answers, with their operations of the REST API
///
/// All other operations of the REST API answer 501 with their id. No workspace has to run.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Show what requests to a running workspace said in vain instead: query parameters and fields that the API description does not know
    #[arg(long, requires = "environment")]
    ignored: bool,
    /// Environment of the platform that a local workspace serves, or the name of that workspace: `dev`, `qa`, `prod`
    #[arg(long, value_name = "ENV", requires = "ignored")]
    environment: Option<String>,
}

#[derive(Serialize)]
struct Ignored {
    version: u32,
    workspace: String,
    #[serde(flatten)]
    fields: IgnoredFields,
}

impl Answer for Ignored {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for each in &self.fields.ignored {
            writeln!(out, "{} {}: {} `{}`", each.times, each.operation, each.place, each.path)?;
        }
        match (self.fields.strict, self.fields.ignored.is_empty()) {
            (true, _) => writeln!(out, "the workspace `{}` is strict: it ignores nothing", self.workspace),
            (false, true) => writeln!(
                out,
                "the workspace `{}` has ignored nothing since it was started",
                self.workspace
            ),
            (false, false) => Ok(()),
        }
    }
}

#[derive(Serialize)]
struct Listed {
    version: u32,
    /// Operations of the REST API that are answered.
    offered: usize,
    /// Operations of the REST API.
    operations: usize,
    routes: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    method: Method,
    path: &'static str,
    /// Ids in the words of `databricks-sdk`; several methods of it may send the same request. Empty for what the API description does not
    /// list.
    operations: Vec<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    without_token: bool,
}

impl Answer for Listed {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for line in &self.routes {
            writeln!(out, "{:6} {}  {}", line.method, line.path, line.operations.join(", "))?;
        }
        writeln!(
            out,
            "{} of {} operations of the REST API; all others answer 501 with their id",
            self.offered, self.operations
        )
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    if let Some(environment) = arguments.environment {
        let control = WorkspaceOption { environment }.connect(context)?;
        let fields = control.ask(IGNORED_FIELDS_PATH, &[]).await?;
        context.answer(&Ignored {
            version: 1,
            workspace: control.workspace,
            fields,
        })?;
        return Ok(Outcome::Done);
    }
    let mut routes: Vec<Line> = modules()
        .iter()
        .flat_map(|module| (module.routes)())
        .filter(|route| route.access != Access::Internal)
        .map(|route| Line {
            method: route.method,
            path: route.template,
            operations: route.operations().map(|operation| operation.id).collect(),
            without_token: route.access == Access::Public,
        })
        .collect();
    routes.sort_by(|one, other| (one.path, one.method.as_str()).cmp(&(other.path, other.method.as_str())));
    context.answer(&Listed {
        version: 1,
        offered: routes.iter().map(|line| line.operations.len()).sum(),
        operations: sluice_wire::operations().len(),
        routes,
    })?;
    Ok(Outcome::Done)
}
