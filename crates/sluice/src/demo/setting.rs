//! Where the demo plays: the platform's file, three running workspaces with source data, and the place of the product.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sluice_databricks::{Client, ClientConfiguration, Host};
use sluice_workspace::profiles::{self, Profile};

use crate::context::Context;
use crate::demo::Wishes;
use crate::demo::outputs;
use crate::demo::player::Player;
use crate::demo::product::{LAYERS, NAME, SCHEMA_PREFIX};
use crate::demo::report::{LedgerReport, Output, ReleaseReport};
use crate::demo::source::SourceFiles;
use crate::error::{CommandError, ExitKind};

/// The environments, in the order of promotion, and who deploys to each.
pub(crate) const ENVIRONMENTS: [(&str, &str); 3] = [("dev", "engineer"), ("qa", "deployer"), ("prod", "deployer")];

/// Everything that the steps need.
#[derive(Debug)]
pub(crate) struct Setting<'a> {
    player: Player<'a>,
    directory: PathBuf,
    hosts: BTreeMap<&'static str, String>,
    profiles: BTreeMap<String, Profile>,
}

#[derive(Deserialize)]
struct Started {
    profile_file: PathBuf,
}

#[derive(Deserialize)]
struct Release {
    version: String,
    digest: String,
    tag: String,
    active_in: Vec<String>,
}

#[derive(Deserialize)]
struct Ledger {
    verified: bool,
    entries: u64,
    head: LedgerHead,
}

#[derive(Deserialize)]
struct LedgerHead {
    entry_hash: String,
}

impl<'a> Setting<'a> {
    /// Writes `platform.yaml`, starts the workspaces and places the source data. What is there already stays as it is.
    pub(crate) async fn prepare(wishes: &Wishes, context: &'a Context) -> Result<Self, CommandError> {
        let terminal = &context.terminal;
        terminal.progress(&format!("Preparing the platform in {}", wishes.directory.display()));
        let hosts: BTreeMap<_, _> = (wishes.base_port..)
            .zip(ENVIRONMENTS)
            .map(|(port, (name, _))| (name, format!("http://127.0.0.1:{port}")))
            .collect();
        let platform = wishes.directory.join("platform").join("platform.yaml");
        write_once(&platform, &platform_yaml(&hosts))?;
        let directory =
            std::path::absolute(&wishes.directory).map_err(|error| cannot_write(&wishes.directory, &error))?;
        let mut player = Player::new(directory.join("platform").join("platform.yaml"), context)?;
        let port = wishes.base_port.to_string();
        let started: Started = player
            .sluice(&directory, &["workspace", "up", "--base-port", &port])
            .await?;
        player.sign_in(started.profile_file.clone());
        let profiles =
            profiles::read(&started.profile_file).map_err(|error| cannot_read(&started.profile_file, &error))?;
        let setting = Self {
            player,
            directory,
            hosts,
            profiles,
        };
        let cache = crate::commands::workspace::cache_directory(context)?;
        let source = SourceFiles::obtain(&setting.player, &cache).await?;
        for (environment, _) in ENVIRONMENTS {
            let (volume, uploaded) = source
                .place(&setting.client(environment, "admin")?, environment)
                .await?;
            terminal.progress(&format!("  source data in {volume} ({uploaded} files uploaded)"));
        }
        Ok(setting)
    }

    /// Who runs commands.
    pub(crate) fn player(&self) -> &Player<'a> {
        &self.player
    }

    /// The repository of the product.
    pub(crate) fn product(&self) -> PathBuf {
        self.directory.join(NAME)
    }

    /// The directory of the demo.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The host of an environment.
    pub(crate) fn host(&self, environment: &str) -> &str {
        self.hosts.get(environment).map_or("", String::as_str)
    }

    /// A client of an environment's workspace under a principal's token.
    pub(crate) fn client(&self, environment: &str, principal: &str) -> Result<Client, CommandError> {
        let name = format!("{environment}-{principal}");
        let profile = self.profiles.get(&name).ok_or_else(|| {
            CommandError::new(
                ExitKind::Internal,
                format!("the local workspaces have no profile `{name}`"),
            )
        })?;
        let host: Host = profile
            .host
            .parse()
            .map_err(|error| CommandError::from_error(ExitKind::Internal, &error as &sluice_databricks::HostError))?;
        Ok(Client::new(&ClientConfiguration {
            host,
            token: profile.token.clone(),
        })?)
    }

    /// The tables of all environments.
    pub(crate) async fn outputs(&self) -> Result<Vec<Output>, CommandError> {
        let schemas: Vec<_> = LAYERS.iter().map(|layer| format!("{SCHEMA_PREFIX}_{layer}")).collect();
        let mut all = Vec::new();
        for (environment, deployer) in ENVIRONMENTS {
            // Who deploys owns the tables; an administrator of the workspace may not read them.
            let client = self.client(environment, deployer)?;
            all.extend(outputs::read(&client, environment, environment, &schemas).await?);
        }
        Ok(all)
    }

    /// The releases of the product.
    pub(crate) async fn releases(&self) -> Result<Vec<ReleaseReport>, CommandError> {
        if !self.product().is_dir() {
            return Ok(Vec::new());
        }
        let found: Vec<Release> = self.player.sluice(&self.product(), &["release", "list"]).await?;
        let report = |found: Release| ReleaseReport {
            version: found.version,
            digest: found.digest,
            tag: found.tag,
            environments: found.active_in,
        };
        Ok(found.into_iter().map(report).collect())
    }

    /// The ledger, checked.
    pub(crate) async fn ledger(&self) -> Result<LedgerReport, CommandError> {
        let ledger: Ledger = self.player.ask(&self.directory, &["ledger", "verify"]).await?;
        Ok(LedgerReport {
            entries: ledger.entries,
            head: ledger.head.entry_hash,
            verified: ledger.verified,
        })
    }
}

fn platform_yaml(hosts: &BTreeMap<&'static str, String>) -> String {
    let mut text = String::from(
        "# The platform of the demo: three local workspaces. Credentials are profiles of the file that `sluice workspace up` prints.\n\
         version: 1\nid: sluice-demo\nenvironments:\n",
    );
    let mut before: Option<&str> = None;
    for (name, deployer) in ENVIRONMENTS {
        let host = hosts.get(name).map_or("", String::as_str);
        text.push_str(&format!(
            "  - name: {name}\n    target: {name}\n    host: {host}\n    credentials: {{profile: {name}-{deployer}}}\n    values: {{catalog: {name}}}\n"
        ));
        if let Some(upstream) = before {
            text.push_str(&format!(
                "    requires: [{upstream}]\n    gates: [upstream-verified, plan-unchanged]\n"
            ));
        }
        before = Some(name);
    }
    text
}

/// Writes a file that is not there yet, whole or not at all.
fn write_once(path: &Path, text: &str) -> Result<(), CommandError> {
    let found = match std::fs::read_to_string(path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let parent = path.parent().expect("invariant: the path has a file name");
            let temporary = path.with_extension("new");
            return std::fs::create_dir_all(parent)
                .and_then(|()| std::fs::write(&temporary, text))
                .and_then(|()| std::fs::rename(&temporary, path))
                .map_err(|error| cannot_write(path, &error));
        }
        Err(error) => return Err(cannot_read(path, &error)),
    };
    if found == text {
        return Ok(());
    }
    Err(CommandError::new(
        ExitKind::Refused,
        format!("`{}` is not the file that this demo would write", path.display()),
    )
    .hint("choose another directory with `--dir`, or the same `--base-port` as before"))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::new(
        ExitKind::Internal,
        format!("cannot write `{}`: {error}", path.display()),
    )
    .hint("choose another directory with `--dir`")
}

fn cannot_read(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::new(ExitKind::Internal, format!("cannot read `{}`: {error}", path.display()))
}
