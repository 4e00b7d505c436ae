//! `sluice workspace routes`: what the local workspace answers, from the table that it answers with.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_wire::Method;
use sluice_workspace::{Access, modules};

use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// List the requests that a local workspace answers, with their operations of the REST API
///
/// All other operations of the REST API answer 501 with their id. No workspace has to run.
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

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

pub(crate) fn run(_arguments: &Arguments, context: &Context) -> Result<Outcome, CommandError> {
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
