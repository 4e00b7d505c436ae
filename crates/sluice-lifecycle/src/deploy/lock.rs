//! The deployment lock: `deploy.lock` beside the state in the workspace, in the format of the Databricks CLI.
//!
//! The workspace creates the file for exactly one of several callers. The lock has no time limit; the record of the holder on this
//! machine shows whether a process that died left it behind, and only then it is taken over.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sluice_databricks::{Client, ClientError};
use sluice_model::Timestamp;

use crate::deploy::local_state::write_atomically;
use crate::deploy::process::ProcessIdentity;

/// Content of `deploy.lock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LockFile {
    #[serde(rename = "ID")]
    id: String,
    acquisition_time: Timestamp,
    #[serde(default)]
    is_forced: bool,
    #[serde(default)]
    user: String,
}

/// Who holds the lock, on this machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Holder {
    lock: String,
    process: Option<ProcessIdentity>,
}

/// The lock could not be taken or given back.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it.
    #[error("{user} holds the deployment lock since {since} (`{path}`)")]
    Held {
        /// The lock's path in the workspace.
        path: String,
        /// Who.
        user: String,
        /// Since when.
        since: Timestamp,
    },
    /// The lock is there and cannot be read.
    #[error("the deployment lock `{path}` is held, but cannot be read")]
    Malformed {
        /// The lock's path in the workspace.
        path: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The record of the holder cannot be written on this machine.
    #[error("cannot write `{}`", path.display())]
    Record {
        /// Its path.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The workspace refused or did not answer.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// How the lock was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acquisition {
    /// It was free.
    Free,
    /// A process of this machine that died had left it behind.
    TakenOver,
    /// It was taken from its holder on demand.
    Forced,
}

/// What writing the lock file came to.
enum Creation {
    /// It is ours.
    Done,
    /// One is there already.
    Exists,
    /// The workspace failed or did not answer: the file may be there all the same, and says whose it is.
    Unknown(ClientError),
}

/// A lock that is held. It has to be given back by [`DeploymentLock::release`].
#[derive(Debug)]
pub(crate) struct DeploymentLock {
    path: String,
    id: String,
    record: PathBuf,
}

impl DeploymentLock {
    /// Takes the lock in `state_path`. `local_state` keeps the record of the holder; the caller holds its exclusive guard.
    pub(crate) async fn acquire(
        client: &Client,
        state_path: &str,
        local_state: &Path,
        user: &str,
        force: bool,
    ) -> Result<(Self, Acquisition), LockError> {
        let path = format!("{state_path}/deploy.lock");
        let record = local_state.join("deploy.lock.json");
        let previous = read_record(&record);
        let lock = Self {
            path,
            id: uuid::Uuid::new_v4().to_string(),
            record,
        };
        lock.write_record()?;
        let result = lock.create(client, user, previous.as_ref(), force).await;
        if result.is_err() {
            // The record of a lock that was not taken would hide that of one that a dead process left.
            restore(&lock.record, previous.as_ref())?;
        }
        let acquisition = result?;
        Ok((lock, acquisition))
    }

    async fn create(
        &self,
        client: &Client,
        user: &str,
        previous: Option<&Holder>,
        force: bool,
    ) -> Result<Acquisition, LockError> {
        if let Creation::Done = self.try_create(client, user, false).await? {
            return Ok(Acquisition::Free);
        }
        let Some(found) = self.read(client).await? else {
            return self.after_removal(client, user, Acquisition::Free).await;
        };
        if found.id == self.id {
            return Ok(Acquisition::Free);
        }
        let left_behind = previous.is_some_and(|holder| {
            holder.lock == found.id && holder.process.as_ref().is_some_and(ProcessIdentity::is_gone)
        });
        if !force && !left_behind {
            return Err(self.held(found));
        }
        client.delete(&self.path, false).await?;
        let acquisition = if force {
            Acquisition::Forced
        } else {
            Acquisition::TakenOver
        };
        self.after_removal(client, user, acquisition).await
    }

    /// Creates the lock after the old one is gone; somebody else may be faster.
    async fn after_removal(
        &self,
        client: &Client,
        user: &str,
        acquisition: Acquisition,
    ) -> Result<Acquisition, LockError> {
        let forced = acquisition == Acquisition::Forced;
        let creation = self.try_create(client, user, forced).await?;
        if let Creation::Done = creation {
            return Ok(acquisition);
        }
        match (self.read(client).await?, creation) {
            (Some(found), _) if found.id == self.id => Ok(acquisition),
            (Some(found), _) => Err(self.held(found)),
            (None, Creation::Unknown(error)) => Err(error.into()),
            (None, Creation::Done | Creation::Exists) => Err(self.held(LockFile {
                id: String::new(),
                acquisition_time: Timestamp::now(),
                is_forced: false,
                user: "somebody who has just given it back".to_owned(),
            })),
        }
    }

    /// Writes the lock file.
    async fn try_create(&self, client: &Client, user: &str, forced: bool) -> Result<Creation, LockError> {
        let content = LockFile {
            id: self.id.clone(),
            acquisition_time: Timestamp::now(),
            is_forced: forced,
            user: user.to_owned(),
        };
        let content = serde_json::to_vec(&content).map_err(|source| LockError::Malformed {
            path: self.path.clone(),
            source,
        })?;
        match client.upload_new(&self.path, content).await {
            Ok(()) => Ok(Creation::Done),
            Err(error) if error.is_conflict() => Ok(Creation::Exists),
            Err(error) if error.outcome_unknown() => Ok(Creation::Unknown(error)),
            Err(error) => Err(error.into()),
        }
    }

    async fn read(&self, client: &Client) -> Result<Option<LockFile>, LockError> {
        let Some(content) = client.download(&self.path).await? else {
            return Ok(None);
        };
        serde_json::from_slice(&content)
            .map(Some)
            .map_err(|source| LockError::Malformed {
                path: self.path.clone(),
                source,
            })
    }

    fn held(&self, found: LockFile) -> LockError {
        LockError::Held {
            path: self.path.clone(),
            user: if found.user.is_empty() {
                "somebody".to_owned()
            } else {
                found.user
            },
            since: found.acquisition_time,
        }
    }

    fn write_record(&self) -> Result<(), LockError> {
        let holder = Holder {
            lock: self.id.clone(),
            process: ProcessIdentity::current(),
        };
        restore(&self.record, Some(&holder))
    }

    /// Gives the lock back, if it is still ours.
    pub(crate) async fn release(self, client: &Client) -> Result<(), LockError> {
        if self.read(client).await?.is_some_and(|found| found.id == self.id) {
            client.delete(&self.path, false).await?;
        }
        restore(&self.record, None)
    }
}

/// The record; none when there is none or it cannot be read, which proves nothing about its holder.
fn read_record(path: &Path) -> Option<Holder> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn restore(path: &Path, holder: Option<&Holder>) -> Result<(), LockError> {
    let record = |source| LockError::Record {
        path: path.to_owned(),
        source,
    };
    match holder {
        Some(holder) => {
            let content = serde_json::to_vec(holder).map_err(|error| record(error.into()))?;
            write_atomically(path, &content).map_err(record)
        }
        None => match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(record(error)),
            _ => Ok(()),
        },
    }
}
