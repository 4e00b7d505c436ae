//! Where the demo plays: the platform's file, three running workspaces with source data, and the place of the product.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use futures::future::try_join_all;
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use sluice_databricks::{Client, ClientConfiguration, Host};
use sluice_workspace::profiles::{self, Profile};

use crate::context::Context;
use crate::demo::Wishes;
use crate::demo::outputs;
use crate::demo::player::{ENGINEER, Player};
use crate::demo::product::{LAYERS, NAME, SCHEMA_PREFIX};
use crate::demo::report::{Evidence, LedgerReport, Output, ReleaseReport};
use crate::demo::repository::Repository;
use crate::demo::sink::Sink;
use crate::demo::source::SourceFiles;
use crate::error::{CommandError, ExitKind};

/// The environments, in the order of promotion, and who deploys to each.
pub(crate) const ENVIRONMENTS: [(&str, &str); 3] = [("dev", "engineer"), ("qa", "deployer"), ("prod", "deployer")];

static PLATFORM: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../demo/platform");
/// The port of `dev` in the files of the platform.
const DEFAULT_BASE_PORT: u16 = 7341;
/// The port of the notifications follows those of the workspaces.
const SINK_OFFSET: u16 = 3;

/// Everything that the steps need.
#[derive(Debug)]
pub(crate) struct Setting<'a> {
    player: Player<'a>,
    directory: PathBuf,
    hosts: BTreeMap<&'static str, String>,
    profiles: BTreeMap<String, Profile>,
    sink: Sink,
    cache: PathBuf,
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
        let platform = wishes.directory.join("platform");
        for (path, text) in platform_files() {
            write_once(&platform.join(path), &on_ports(text, wishes.base_port))?;
        }
        let directory =
            std::path::absolute(&wishes.directory).map_err(|error| cannot_write(&wishes.directory, &error))?;
        let mut player = Player::new(directory.join("platform").join("platform.yaml"), context)?;
        let port = wishes.base_port.to_string();
        let started: Started = player
            .sluice(
                ENGINEER,
                &directory,
                &["workspace", "up", "--allow-faults", "--base-port", &port],
            )
            .await?;
        player.sign_in(started.profile_file.clone());
        let profiles =
            profiles::read(&started.profile_file).map_err(|error| cannot_read(&started.profile_file, &error))?;
        let notifications = directory.join("notifications.jsonl");
        let sink = Sink::listen(wishes.base_port + SINK_OFFSET, notifications).await?;
        let cache = crate::commands::workspace::cache_directory(context)?;
        let setting = Self {
            player,
            directory,
            hosts,
            profiles,
            sink,
            cache,
        };
        let source = SourceFiles::obtain(&setting.player, &setting.cache).await?;
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

    /// The repository, and who runs Git in it.
    pub(crate) fn repository(&self) -> Repository<'_> {
        Repository::new(&self.player, self.product())
    }

    /// Where notifications arrive.
    pub(crate) fn sink(&self) -> &Sink {
        &self.sink
    }

    /// Where Python packages are kept.
    pub(crate) fn cache(&self) -> &Path {
        &self.cache
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
        Ok(Client::new(&ClientConfiguration::new(host, profile.token.clone()))?)
    }

    /// The tables of all environments.
    pub(crate) async fn outputs(&self) -> Result<Vec<Output>, CommandError> {
        let schemas: Vec<_> = LAYERS.iter().map(|layer| format!("{SCHEMA_PREFIX}_{layer}")).collect();
        let schemas = schemas.as_slice();
        let reads = ENVIRONMENTS.map(|(environment, deployer)| async move {
            // Who deploys owns the tables; an administrator of the workspace may not read them.
            let client = self.client(environment, deployer)?;
            outputs::read(&client, environment, environment, schemas).await
        });
        Ok(try_join_all(reads).await?.into_iter().flatten().collect())
    }

    /// What analysts and the owner of the table see of the tail numbers, in qa and in prod.
    pub(crate) async fn masked_columns(&self) -> Result<Vec<Evidence>, CommandError> {
        let mut evidence = Vec::new();
        for environment in ["qa", "prod"] {
            let schema = format!("{environment}.{SCHEMA_PREFIX}_silver");
            let owner = outputs::tail_numbers(&self.client(environment, "deployer")?, environment, &schema).await?;
            let analyst = outputs::tail_numbers(&self.client(environment, "analyst")?, environment, &schema).await?;
            if analyst != 1 || owner <= 1 {
                let message =
                    format!("analysts see {analyst} tail numbers in {environment} where they should see one mask");
                return Err(CommandError::new(ExitKind::Internal, message));
            }
            evidence.push(Evidence::new(
                format!("tail numbers in {environment}: the owner sees {owner}, an analyst sees a mask"),
                format!("SELECT DISTINCT tailnum FROM {schema}.flights_enriched"),
            ));
        }
        Ok(evidence)
    }

    /// The releases of the product.
    pub(crate) async fn releases(&self) -> Result<Vec<ReleaseReport>, CommandError> {
        if !self.product().is_dir() {
            return Ok(Vec::new());
        }
        let found: Vec<Release> = self
            .player
            .sluice(ENGINEER, &self.product(), &["release", "list"])
            .await?;
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
        let (_, ledger): (_, Ledger) = self
            .player
            .ask(ENGINEER, &self.directory, &["ledger", "verify"])
            .await?;
        Ok(LedgerReport {
            entries: ledger.entries,
            head: ledger.head.entry_hash,
            verified: ledger.verified,
        })
    }
}

/// The files of the platform's repository.
fn platform_files() -> impl Iterator<Item = (&'static Path, &'static str)> {
    let below = PLATFORM.dirs().flat_map(Dir::files);
    let files = PLATFORM.files().chain(below);
    files.filter_map(|file| Some((file.path(), file.contents_utf8()?)))
}

/// A file of the platform's repository, with the ports that were chosen in the place of the default ones. The sign before a chosen port
/// keeps it from being taken for a default one.
fn on_ports(text: &str, base_port: u16) -> String {
    (0..=ENVIRONMENTS.len())
        .fold(text.to_owned(), |text, offset| {
            let offset = u16::try_from(offset).unwrap_or_default();
            let default = format!("127.0.0.1:{}", DEFAULT_BASE_PORT + offset);
            text.replace(&default, &format!("127.0.0.1:\u{0}{}", base_port + offset))
        })
        .replace('\u{0}', "")
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
