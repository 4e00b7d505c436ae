//! The process: several workspaces, each on its own port of 127.0.0.1.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use sluice_model::Secret;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::{Clock, Ids};
use crate::durability::Durability;
use crate::faults::{Connection, SeverableListener};
use crate::profiles;
use crate::workspace::{OpenError, Options, Workspace};

/// The first of the three default ports.
pub const DEFAULT_BASE_PORT: u16 = 7341;
/// The names of the workspaces, in the order of their ports.
pub const WORKSPACE_NAMES: [&str; 3] = ["dev", "qa", "prod"];

/// What to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// `<data>/<platform id>/workspaces`.
    pub directory: PathBuf,
    /// Where Python environments are kept.
    pub cache_directory: PathBuf,
    /// The port of the first workspace, the next ones follow; 0 takes any free ports.
    pub base_port: u16,
    /// The names of the workspaces.
    pub names: Vec<String>,
    /// The command that starts the sandbox of a task. It must be known from the beginning: queued runs of an earlier process start at once.
    pub task_launcher: Vec<OsString>,
    /// Whether administrators may inject faults ([`crate::faults`]).
    pub allow_faults: bool,
    /// Whether requests with parameters or fields that the API description does not know are refused.
    pub strict: bool,
    /// What acknowledged writes survive.
    pub durability: Durability,
    /// The directories of this machine whose Git repositories may be cloned into Git folders.
    pub git_directories: Vec<PathBuf>,
    /// The clock of all workspaces.
    pub clock: Clock,
}

/// The process cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another program listens there.
    #[error(
        "port {port} of 127.0.0.1, needed for the workspace `{workspace}`, is in use by another program, perhaps the local workspaces of another platform: stop that program, or choose other ports with `--base-port`"
    )]
    PortTaken {
        /// The port.
        port: u16,
        /// Which workspace.
        workspace: String,
    },
    /// The port cannot be used for another reason.
    #[error("could not listen on port {port} of 127.0.0.1 for the workspace `{workspace}`")]
    Listen {
        /// The port.
        port: u16,
        /// Which workspace.
        workspace: String,
        /// Why.
        source: std::io::Error,
    },
    /// The ports would go past 65535.
    #[error("--base-port {base_port} leaves no room for {count} consecutive ports: choose one up to {}", u16::MAX - (u16::try_from(*count).unwrap_or(u16::MAX) - 1))]
    PortRange {
        /// What was asked for.
        base_port: u16,
        /// How many ports are needed.
        count: usize,
    },
    /// Another process serves this directory.
    #[error("another process serves the workspaces in `{}`: use it, or end it with `sluice workspace down`", directory.display())]
    AlreadyServed {
        /// Which directory.
        directory: PathBuf,
    },
    /// A file of the process.
    #[error("could not access `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A workspace.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// A workspace that is being served.
struct Served {
    workspace: Arc<Workspace>,
    address: SocketAddr,
    task: JoinHandle<std::io::Result<()>>,
}

/// The served workspaces.
pub struct Workspaces {
    served: Vec<Served>,
    profile_file: PathBuf,
    stop: watch::Sender<bool>,
    lock: File,
}

impl Workspaces {
    /// Opens the workspaces, writes the profile file and answers requests.
    ///
    /// # Errors
    /// When a port is taken, another process serves the directory, or a workspace cannot be opened.
    pub async fn start(options: ServeOptions) -> Result<Self, ServeError> {
        let lock = lock_directory(&options.directory)?;
        crate::snapshot::finish(&options.directory).map_err(|source| ServeError::File {
            path: options.directory.clone(),
            source,
        })?;
        let listeners = listen(&options).await?;
        let profile_file = options.directory.join("databrickscfg");
        let file_error = |source| ServeError::File {
            path: profile_file.clone(),
            source,
        };
        let former = profiles::read(&profile_file).map_err(file_error)?;
        let internal_token = Secret::new(Ids.token());
        let mut profiles = BTreeMap::new();
        let mut opened = Vec::new();
        for (name, listener) in options.names.iter().zip(listeners) {
            let workspace = Workspace::open(Options {
                name: name.clone(),
                directory: options.directory.join(name),
                cache_directory: options.cache_directory.clone(),
                clock: options.clock.clone(),
                git_directories: options.git_directories.clone(),
                strict: options.strict,
                durability: options.durability,
                internal_token: internal_token.clone(),
                task_launcher: options.task_launcher.clone(),
                allow_faults: options.allow_faults,
            })
            .await?;
            let address = listener.local_addr().map_err(file_error)?;
            let host = format!("http://{address}");
            let issued = profiles::issue(&workspace, &host, &former).await;
            profiles.extend(issued.map_err(|source| OpenError::Prepare {
                workspace: name.clone(),
                source,
            })?);
            opened.push((workspace, listener, address));
        }
        profiles::write(&profile_file, &profiles).map_err(file_error)?;
        let (stop, _) = watch::channel(false);
        let mut served = Vec::new();
        for (workspace, listener, address) in opened {
            workspace.start(address).await?;
            let task = tokio::spawn(serve(workspace.clone(), listener, stop.subscribe()));
            served.push(Served {
                workspace,
                address,
                task,
            });
        }
        Ok(Self {
            served,
            profile_file,
            stop,
            lock,
        })
    }

    /// The workspace of this name.
    #[must_use]
    pub fn workspace(&self, name: &str) -> Option<&Arc<Workspace>> {
        self.served
            .iter()
            .map(|each| &each.workspace)
            .find(|workspace| workspace.name == name)
    }

    /// Names and hosts, in the order of their ports.
    #[must_use]
    pub fn hosts(&self) -> Vec<(String, String)> {
        let host = |each: &Served| (each.workspace.name.clone(), format!("http://{}", each.address));
        self.served.iter().map(host).collect()
    }

    /// Where the tokens stand.
    #[must_use]
    pub fn profile_file(&self) -> &std::path::Path {
        &self.profile_file
    }

    /// Answers the requests that have begun, ends background work, closes the stores.
    ///
    /// # Errors
    /// When a listener failed while it served.
    pub async fn stop(self) -> std::io::Result<()> {
        self.stop.send_replace(true);
        let mut result = Ok(());
        for Served { workspace, task, .. } in self.served {
            workspace.stop().await;
            result = result.and(task.await.unwrap_or_else(|panic| Err(std::io::Error::other(panic))));
            workspace.audit.close(&workspace).await;
            workspace.store.close().await;
        }
        // Closing the file alone would not do: a process that is just being started holds a copy until it is executed.
        result.and(self.lock.unlock())
    }
}

async fn serve(
    workspace: Arc<Workspace>,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let stopped = async move {
        // An error means that the sender is gone, which is a stop too.
        drop(stop.wait_for(|stop| *stop).await);
    };
    let application = crate::server::application(workspace);
    axum::serve(
        SeverableListener(listener),
        application.into_make_service_with_connect_info::<Connection>(),
    )
    .with_graceful_shutdown(stopped)
    .await
}

async fn listen(options: &ServeOptions) -> Result<Vec<TcpListener>, ServeError> {
    let count = options.names.len();
    let mut listeners = Vec::with_capacity(count);
    for (offset, name) in (0..).zip(&options.names) {
        let port = match options.base_port {
            0 => 0,
            base_port => base_port
                .checked_add(offset)
                .ok_or(ServeError::PortRange { base_port, count })?,
        };
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        listeners.push(bound.map_err(|source| match source.kind() {
            std::io::ErrorKind::AddrInUse => ServeError::PortTaken {
                port,
                workspace: name.clone(),
            },
            _ => ServeError::Listen {
                port,
                workspace: name.clone(),
                source,
            },
        })?);
    }
    Ok(listeners)
}

/// Two processes on one store would overwrite each other's profile file and run jobs twice.
pub(crate) fn lock_directory(directory: &std::path::Path) -> Result<File, ServeError> {
    let path = directory.join("lock");
    let failed = |source| ServeError::File {
        path: path.clone(),
        source,
    };
    std::fs::create_dir_all(directory).map_err(failed)?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(ServeError::AlreadyServed {
            directory: directory.to_owned(),
        }),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stop_frees_the_directory_although_a_process_being_started_has_a_copy_of_the_lock() {
        let directory = tempfile::tempdir().unwrap();
        let options = ServeOptions {
            directory: directory.path().join("workspaces"),
            cache_directory: directory.path().join("cache"),
            base_port: 0,
            names: vec!["dev".to_owned()],
            task_launcher: Vec::new(),
            allow_faults: false,
            strict: false,
            durability: Durability::Process,
            git_directories: Vec::new(),
            clock: Clock::System,
        };
        let first = Workspaces::start(options.clone()).await.unwrap();
        let copy = first.lock.try_clone().unwrap();
        first.stop().await.unwrap();
        let second = Workspaces::start(options).await;
        drop(copy);
        assert_eq!(second.unwrap().hosts().len(), 1);
    }
}
