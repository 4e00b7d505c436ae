//! The deployment's state on this machine: what was pulled, and the write-ahead log of what is being applied.
//!
//! `resources.json` and `resources.json.wal` have the format of the Databricks CLI; `sluice.json` and `sluice.json.wal` are the
//! same for the catalog kinds. After a crash the log is replayed, so that no object that was made is forgotten.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_bundle::engine::{State, StateChange, StateError, States};
use sluice_model::ResourceKey;

use crate::deploy::base_state::{Version, version};

/// Name of the state file of bundle resources, locally and in the workspace.
pub(crate) const RESOURCES: &str = "resources.json";
/// Name of the state file of catalog kinds, locally and in the workspace.
pub(crate) const CATALOG: &str = "sluice.json";

/// Name of the record beside them.
const RECORD: &str = "sluice-place.json";

/// The local state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LocalStateError {
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written. Nothing is sent to the workspace after that.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A state file cannot be understood.
    #[error(transparent)]
    State(#[from] StateError),
    /// The log belongs to another state than the one beside it.
    #[error("`{}` continues state {wal_lineage} serial {wal_serial}, but the state beside it is {lineage} serial {serial}; move the file away to go on without it", path.display())]
    ForeignLog {
        /// The log.
        path: PathBuf,
        /// Lineage in the log.
        wal_lineage: String,
        /// Serial in the log.
        wal_serial: u64,
        /// Lineage of the state.
        lineage: String,
        /// Serial of the state.
        serial: u64,
    },
    /// A deployment to another place was interrupted.
    #[error("`{}` holds an unfinished deployment to `{state_path}` at {host}; finish that one first (`sluice deploy` with its target), or move the directory away", directory.display())]
    OtherPlace {
        /// The directory of the local state.
        directory: PathBuf,
        /// The workspace of that deployment.
        host: String,
        /// Where its state is.
        state_path: String,
    },
    /// Another process of this machine deploys the same target from the same directory.
    #[error("another `sluice` process is deploying from `{}`; wait until it has ended", directory.display())]
    Busy {
        /// The directory of the local state.
        directory: PathBuf,
    },
}

/// First line of a write-ahead log.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    lineage: String,
    serial: u64,
    state_version: u32,
    cli_version: String,
}

/// Further lines: what became of one key; without a value it was removed.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    k: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    v: Option<Value>,
}

/// Which deployment the local state belongs to, and which of its states the workspace has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    place: Place,
    pushed: Option<Version>,
}

/// Where a deployment's state is in a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The workspace.
    pub(crate) host: String,
    /// The directory of the state.
    pub(crate) state_path: String,
}

/// What the local state says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LocalSnapshot {
    /// The states, with the log replayed.
    pub(crate) states: States,
    /// Whether they hold something that was applied and not pushed.
    pub(crate) unpushed: bool,
    /// Keys that the log of an interrupted deployment brought back.
    pub(crate) recovered: Vec<ResourceKey>,
}

/// The directory of the local state of one target.
#[derive(Clone, Debug)]
pub(crate) struct LocalState {
    directory: PathBuf,
}

/// While it exists, no other process of this machine deploys from the directory.
#[derive(Debug)]
pub(crate) struct LocalGuard {
    _file: File,
}

impl LocalState {
    /// The local state in this directory. Nothing is read or written yet.
    pub(crate) fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
        }
    }

    /// The directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Keeps other processes of this machine out.
    pub(crate) fn guard(&self) -> Result<LocalGuard, LocalStateError> {
        let path = self.directory.join("sluice.guard");
        let write = |source| LocalStateError::Write {
            path: path.clone(),
            source,
        };
        self.make_directory()?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(write)?;
        match file.try_lock() {
            Ok(()) => Ok(LocalGuard { _file: file }),
            Err(fs::TryLockError::WouldBlock) => Err(LocalStateError::Busy {
                directory: self.directory.clone(),
            }),
            Err(fs::TryLockError::Error(source)) => Err(write(source)),
        }
    }

    fn make_directory(&self) -> Result<(), LocalStateError> {
        let write = |path: &Path| {
            let path = path.to_owned();
            move |source| LocalStateError::Write { path, source }
        };
        fs::create_dir_all(&self.directory).map_err(write(&self.directory))?;
        // The directory that holds the state is never committed.
        let top = self.directory.ancestors().find(|path| path.ends_with(".databricks"));
        if let Some(ignore) = top.map(|top| top.join(".gitignore")).filter(|ignore| !ignore.exists()) {
            write_atomically(&ignore, b"*\n").map_err(write(&ignore))?;
        }
        Ok(())
    }

    /// Reads the state and replays the logs of an interrupted deployment. Changes nothing on disk.
    pub(crate) fn read(&self, place: &Place) -> Result<LocalSnapshot, LocalStateError> {
        let resources = self.text(RESOURCES)?;
        let catalog = self.text(CATALOG)?;
        let mut states = States::parse(resources.as_deref(), catalog.as_deref())?;
        let mut recovered = Vec::new();
        for (name, state) in [(RESOURCES, &mut states.resources), (CATALOG, &mut states.catalog)] {
            if let Some(text) = self.text(&format!("{name}.wal"))? {
                replay(
                    &self.directory.join(format!("{name}.wal")),
                    &text,
                    state,
                    &mut recovered,
                )?;
            }
        }
        if !recovered.is_empty() {
            level(&mut states);
        }
        let record = self.record()?;
        let now = version(&states);
        let unpushed = match (&record, &now) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(record), Some(now)) => record.pushed.as_ref().is_none_or(|pushed| {
                !recovered.is_empty() || pushed.lineage != now.lineage || pushed.serial < now.serial
            }),
        };
        if let Some(other) = record.map(|record| record.place).filter(|other| other != place) {
            if unpushed {
                return Err(LocalStateError::OtherPlace {
                    directory: self.directory.clone(),
                    host: other.host,
                    state_path: other.state_path,
                });
            }
            // The target was moved; what is here belongs to the old place, which knows it all.
            return Ok(LocalSnapshot::default());
        }
        Ok(LocalSnapshot {
            states,
            unpushed,
            recovered,
        })
    }

    fn record(&self) -> Result<Option<Record>, LocalStateError> {
        // A record that cannot be read vouches for nothing: the state then counts as not pushed.
        Ok(self.text(RECORD)?.and_then(|text| serde_json::from_str(&text).ok()))
    }

    fn text(&self, name: &str) -> Result<Option<String>, LocalStateError> {
        let path = self.directory.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(LocalStateError::Read { path, source }),
        }
    }

    /// Opens the logs of a deployment that goes on from `base` as `begun` (the same entries, with the next serial). The base is
    /// written first, so that the logs continue the files beside them. `remote` is what the workspace has.
    pub(crate) fn begin(
        &self,
        place: &Place,
        base: &States,
        remote: Option<&Version>,
        begun: &States,
    ) -> Result<StateLog, LocalStateError> {
        self.make_directory()?;
        let moved = self.record()?.is_some_and(|record| record.place != *place);
        let exists = base.resources.exists() || base.catalog.exists();
        if moved || !exists {
            self.forget()?;
        }
        if exists {
            self.write_states(base)?;
        }
        // Only now: a log that was replayed into the base is needed until the base is on disk.
        self.remove_logs()?;
        self.write_record(place, remote)?;
        let open = |name: &str, state: &State| {
            let path = self.directory.join(format!("{name}.wal"));
            let header = Header {
                lineage: state.lineage.clone(),
                serial: state.serial,
                state_version: state.state_version,
                cli_version: state.cli_version.clone(),
            };
            let file = OpenOptions::new().create_new(true).append(true).open(&path);
            let mut log = LogFile {
                file: file.map_err(|source| LocalStateError::Write {
                    path: path.clone(),
                    source,
                })?,
                path,
            };
            log.append(&header)?;
            Ok::<LogFile, LocalStateError>(log)
        };
        Ok(StateLog {
            resources: open(RESOURCES, &begun.resources)?,
            catalog: open(CATALOG, &begun.catalog)?,
        })
    }

    /// Writes the final states of a deployment and removes its logs.
    pub(crate) fn finalise(&self, states: &States) -> Result<(), LocalStateError> {
        self.make_directory()?;
        self.write_states(states)?;
        self.remove_logs()
    }

    fn write_states(&self, states: &States) -> Result<(), LocalStateError> {
        for (name, state) in [(CATALOG, &states.catalog), (RESOURCES, &states.resources)] {
            let path = self.directory.join(name);
            let write = |source| LocalStateError::Write {
                path: path.clone(),
                source,
            };
            let text = state.to_text().map_err(|error| write(error.into()))?;
            write_atomically(&path, text.as_bytes()).map_err(write)?;
        }
        Ok(())
    }

    fn remove_logs(&self) -> Result<(), LocalStateError> {
        for name in [CATALOG, RESOURCES] {
            self.remove(&format!("{name}.wal"))?;
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), LocalStateError> {
        let path = self.directory.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(LocalStateError::Write { path, source }),
            _ => Ok(()),
        }
    }

    /// Records that the workspace has these states.
    pub(crate) fn record_push(&self, place: &Place, states: &States) -> Result<(), LocalStateError> {
        self.write_record(place, version(states).as_ref())
    }

    fn write_record(&self, place: &Place, pushed: Option<&Version>) -> Result<(), LocalStateError> {
        let path = self.directory.join(RECORD);
        let write = |source| LocalStateError::Write {
            path: path.clone(),
            source,
        };
        let record = Record {
            place: place.clone(),
            pushed: pushed.cloned(),
        };
        let text = serde_json::to_vec(&record).map_err(|error| write(error.into()))?;
        write_atomically(&path, &text).map_err(write)
    }

    /// Forgets everything: the deployment is gone, or it is another one's turn. The record goes last: it says what the rest is.
    pub(crate) fn forget(&self) -> Result<(), LocalStateError> {
        self.remove_logs()?;
        for name in [RESOURCES, CATALOG, RECORD] {
            self.remove(name)?;
        }
        Ok(())
    }
}

/// Both files of a deployment have the same lineage and serial, also when only one of them had a log to replay.
fn level(states: &mut States) {
    let ahead = if states.resources.serial >= states.catalog.serial {
        states.resources.clone()
    } else {
        states.catalog.clone()
    };
    for state in [&mut states.resources, &mut states.catalog] {
        state.lineage.clone_from(&ahead.lineage);
        state.cli_version.clone_from(&ahead.cli_version);
        state.serial = ahead.serial;
    }
}

fn replay(path: &Path, text: &str, state: &mut State, recovered: &mut Vec<ResourceKey>) -> Result<(), LocalStateError> {
    let mut lines = text.lines();
    let Some(header) = lines.next().and_then(|line| serde_json::from_str::<Header>(line).ok()) else {
        return Ok(());
    };
    if state.exists() && header.lineage == state.lineage && header.serial <= state.serial {
        return Ok(());
    }
    if (state.exists() && header.lineage != state.lineage) || header.serial != state.serial + 1 {
        return Err(LocalStateError::ForeignLog {
            path: path.to_owned(),
            wal_lineage: header.lineage,
            wal_serial: header.serial,
            lineage: state.lineage.clone(),
            serial: state.serial,
        });
    }
    let before = recovered.len();
    // A line that was cut off describes a call whose outcome the journal does not have either.
    for entry in lines.filter_map(|line| serde_json::from_str::<Entry>(line).ok()) {
        let Ok(key) = entry.k.parse::<ResourceKey>() else {
            continue;
        };
        match entry.v.map(serde_json::from_value) {
            Some(Ok(value)) => {
                state.state.insert(key.clone(), value);
            }
            Some(Err(_cut_off)) => continue,
            None => {
                state.state.remove(&key);
            }
        }
        recovered.push(key);
    }
    if recovered.len() > before {
        state.lineage = header.lineage;
        state.serial = header.serial;
        state.cli_version = header.cli_version;
    }
    Ok(())
}

/// The open logs of a deployment.
#[derive(Debug)]
pub(crate) struct StateLog {
    resources: LogFile,
    catalog: LogFile,
}

#[derive(Debug)]
struct LogFile {
    path: PathBuf,
    file: File,
}

impl LogFile {
    fn append<T: Serialize>(&mut self, line: &T) -> Result<(), LocalStateError> {
        let write = |source| LocalStateError::Write {
            path: self.path.clone(),
            source,
        };
        let mut text = serde_json::to_vec(line).map_err(|error| write(error.into()))?;
        text.push(b'\n');
        self.file.write_all(&text).map_err(write)
    }
}

impl StateLog {
    /// Records what became of a resource, right after the call.
    pub(crate) fn append(&mut self, key: &ResourceKey, change: &StateChange) -> Result<(), LocalStateError> {
        let log = if key.catalog {
            &mut self.catalog
        } else {
            &mut self.resources
        };
        let value = match change {
            StateChange::Keep => return Ok(()),
            StateChange::Set(entry) => Some(serde_json::to_value(entry).map_err(|error| LocalStateError::Write {
                path: log.path.clone(),
                source: error.into(),
            })?),
            StateChange::Remove => None,
        };
        log.append(&Entry {
            k: key.to_string(),
            v: value,
        })
    }
}

/// Writes a file so that readers see the old or the new content, also after a crash.
///
/// # Errors
/// When it cannot be written; the old content is still there then.
pub fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    // Past the wrapper, whose errors name the temporary file instead of the one that matters.
    file.as_file_mut().write_all(content)?;
    file.as_file().sync_data()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
#[path = "local_state_tests.rs"]
mod tests;
