//! The control plane of a running local workspace, as its administrator.

use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sluice_databricks::{Client, ClientConfiguration, Host};
use sluice_lifecycle::platform::Platform;
use sluice_wire::{Method, Request};
use sluice_workspace::daemon::Daemon;
use sluice_workspace::profiles;

use crate::commands::workspace::place::place;
use crate::context::Context;
use crate::error::{CommandError, ExitKind};

/// Which workspace.
#[derive(Clone, Debug, Args)]
pub(super) struct WorkspaceOption {
    /// Environment of the platform that a local workspace serves, or the name of that workspace: `dev`, `qa`, `prod`
    #[arg(long, value_name = "ENV")]
    pub(super) environment: String,
}

/// A connection to the control plane.
pub(super) struct Control {
    client: Client,
    /// The workspace's name.
    pub(super) workspace: String,
}

impl WorkspaceOption {
    /// Finds the workspace and the administrator's token in the profile file of its process.
    pub(super) fn connect(&self, context: &Context) -> Result<Control, CommandError> {
        let daemon = place(context)?.running()?.ok_or_else(|| {
            CommandError::new(ExitKind::Remote, "the local workspaces do not run")
                .hint("start them with `sluice workspace up`; for faults with `sluice workspace up --allow-faults`")
        })?;
        let (workspace, host) = self.find(&daemon, context)?;
        let profile_file = &daemon.profile_file;
        let unusable = |why: String| {
            CommandError::new(
                ExitKind::Config,
                format!("cannot use the profile file `{}`: {why}", profile_file.display()),
            )
        };
        let name = format!("{workspace}-admin");
        let profile = profiles::read(profile_file)
            .map_err(|error| unusable(error.to_string()))?
            .remove(&name)
            .ok_or_else(|| unusable(format!("it has no profile `{name}`")))?;
        let configuration = ClientConfiguration::new(host, profile.token);
        let client = Client::new(&configuration)?;
        Ok(Control { client, workspace })
    }

    fn find(&self, daemon: &Daemon, context: &Context) -> Result<(String, Host), CommandError> {
        let mut served = Vec::new();
        for at in &daemon.hosts {
            let host: Host = at
                .host
                .parse()
                .map_err(|error| CommandError::from_error(ExitKind::Internal, &error))?;
            served.push((at.workspace.clone(), host));
        }
        let platform = Platform::find(context.platform.as_deref(), &context.current_directory()?)?;
        let environments = platform.iter().flat_map(|platform| &platform.environments);
        let named = environments
            .filter(|environment| environment.name.as_str() == self.environment)
            .map(|environment| environment.host.clone())
            .next();
        let found = match &named {
            Some(host) => served.iter().find(|(_, served)| served == host),
            None => served.iter().find(|(workspace, _)| *workspace == self.environment),
        };
        found.cloned().ok_or_else(|| self.not_local(named.as_ref(), &served))
    }

    fn not_local(&self, host: Option<&Host>, served: &[(String, Host)]) -> CommandError {
        let message = match host {
            Some(host) => format!(
                "the environment `{}` is at {host}, where no local workspace of this platform answers: this is for local workspaces alone",
                self.environment
            ),
            None => format!("there is no environment and no local workspace `{}`", self.environment),
        };
        let known: Vec<String> = served
            .iter()
            .map(|(name, host)| format!("`{name}` at {host}"))
            .collect();
        CommandError::new(ExitKind::Config, message).hint(format!("local workspaces: {}", known.join(", ")))
    }
}

impl Control {
    /// Sends a request to the control plane and reads its answer.
    pub(super) async fn fetch<T: DeserializeOwned>(&self, method: Method, path: &str) -> Result<T, CommandError> {
        Ok(self.client.fetch(&Request::new(method, path)).await?)
    }

    /// As [`Self::fetch`] of a `GET`, with a query.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<T, CommandError> {
        let request = Request::new(Method::Get, path);
        let request = query
            .iter()
            .fold(request, |request, (key, value)| request.query(key, value));
        Ok(self.client.fetch(&request).await?)
    }

    /// As [`Self::fetch`], with a document.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        document: &impl Serialize,
    ) -> Result<T, CommandError> {
        let document =
            serde_json::to_value(document).map_err(|error| CommandError::from_error(ExitKind::Internal, &error))?;
        Ok(self
            .client
            .fetch(&Request::new(Method::Post, path).json(document))
            .await?)
    }
}
