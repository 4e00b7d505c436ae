//! `sluice workspace fault scenario`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_workspace::faults::{ArmedFault, FAULTS_PATH, scenarios};

use super::sentence::sentence;
use crate::commands::workspace::control::WorkspaceOption;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Add the faults of a bad day: eventual, flaky-gateway, half-deployed, lost-reply, throttled-monday
///
/// Without a name the scenarios are listed. `sluice workspace fault clear` ends them.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    workspace: WorkspaceOption,
    /// Name of the scenario
    name: Option<String>,
}

#[derive(Serialize)]
struct Listed {
    version: u32,
    scenarios: Vec<About>,
}

#[derive(Serialize)]
struct About {
    name: &'static str,
    about: &'static str,
}

impl Answer for Listed {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        self.scenarios
            .iter()
            .try_for_each(|About { name, about }| writeln!(out, "{name:17} {about}"))
    }
}

#[derive(Serialize)]
struct Added {
    version: u32,
    workspace: String,
    scenario: &'static str,
    added: Vec<ArmedFault>,
}

impl Answer for Added {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        writeln!(out, "Added {} to the workspace {}:", self.scenario, self.workspace)?;
        self.added
            .iter()
            .try_for_each(|ArmedFault { id, fault, .. }| writeln!(out, "{id} {}", sentence(fault)))
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let all = scenarios();
    let Some(name) = arguments.name else {
        let about = |one: &sluice_workspace::faults::Scenario| About {
            name: one.name,
            about: one.about,
        };
        context.answer(&Listed {
            version: 1,
            scenarios: all.iter().map(about).collect(),
        })?;
        return Ok(Outcome::Done);
    };
    let names = all.iter().map(|one| one.name).collect::<Vec<_>>().join(", ");
    let scenario = all.into_iter().find(|one| one.name == name).ok_or_else(|| {
        CommandError::new(ExitKind::Usage, format!("there is no scenario `{name}`")).hint(format!("there are {names}"))
    })?;
    let control = arguments.workspace.connect(context)?;
    let mut added = Vec::new();
    for fault in &scenario.faults {
        added.push(control.post(FAULTS_PATH, fault).await?);
    }
    context.answer(&Added {
        version: 1,
        workspace: control.workspace,
        scenario: scenario.name,
        added,
    })?;
    Ok(Outcome::Done)
}
