//! `sluice workspace status`: whether the workspaces answer, and where.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sluice_workspace::daemon::{Daemon, Host, Place, Status};

use super::place::place;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Show whether the local workspaces run; exits with 1 when they do not
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

/// What `up` and `status` answer.
#[derive(Serialize)]
pub(super) struct Shown {
    version: u32,
    running: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<i32>,
    faults_allowed: bool,
    workspaces: Vec<Host>,
    profile_file: PathBuf,
    log_file: PathBuf,
}

impl Shown {
    pub(super) fn of(place: &Place, daemon: Option<Daemon>) -> Self {
        Self {
            version: 1,
            running: daemon.is_some(),
            pid: daemon.as_ref().map(|daemon| daemon.pid),
            faults_allowed: daemon.as_ref().is_some_and(|daemon| daemon.faults_allowed),
            workspaces: daemon.map(|daemon| daemon.hosts).unwrap_or_default(),
            profile_file: place.profile_file(),
            log_file: place.log_file(),
        }
    }
}

impl Answer for Shown {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        if !self.running {
            return writeln!(
                out,
                "The local workspaces do not run. Start them with `sluice workspace up`."
            );
        }
        for Host { workspace, host } in &self.workspaces {
            writeln!(out, "{workspace:<5} {host}")?;
        }
        if self.faults_allowed {
            writeln!(out, "Faults:   may be injected with `sluice workspace fault add`")?;
        }
        writeln!(out, "Profiles: {}", self.profile_file.display())?;
        writeln!(out, "Log:      {}", self.log_file.display())
    }
}

pub(crate) async fn run(_arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let place = place(context)?;
    let (daemon, outcome) = match place.status().await? {
        Status::Answering(daemon) => (Some(daemon), Outcome::Done),
        Status::Silent(daemon, host) => {
            let Host { workspace, host } = host;
            context.terminal.warning(&format!(
                "process {} runs, but the workspace `{workspace}` does not answer at {host}",
                daemon.pid
            ));
            (None, Outcome::AnsweredNo)
        }
        Status::Absent => (None, Outcome::AnsweredNo),
    };
    context.answer(&Shown::of(&place, daemon))?;
    Ok(outcome)
}
