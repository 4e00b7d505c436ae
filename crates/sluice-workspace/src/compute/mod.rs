//! The engine processes of the workspace: SQL on Sail, Delta maintenance on `deltalake`, and the gateway of tasks.
//!
//! Nothing starts before it is needed, an idle engine ends, a crashed one is replaced by the next statement. Permissions are not decided here but in
//! [`crate::sql`]. Start with [`Compute`]; the processes are `engine` and `maintenance`, their Python environment is `environment`.

mod engine;
pub mod environment;
pub mod maintenance;
mod messages;
mod sessions;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, OnceCell};

pub use environment::{Environment, EnvironmentError};
pub use maintenance::{Maintenance, TableFacts};
pub use messages::{Binding, Column, EngineStatement, Rows, StatementError};
pub use sessions::{TaskIdentity, TaskSession};

use crate::module::Module;
use crate::store::Migrations;
use crate::workspace::{OpenError, Workspace};
use engine::Engine;
use maintenance::Worker;
use sessions::Sessions;

/// An engine that has executed nothing for this long ends, unless a task holds a session. Starting one takes two seconds, keeping it a fifth of a
/// gigabyte, three times over when a product goes through its environments.
const IDLE_LIMIT: Duration = Duration::from_secs(20);
const IDLE_CHECK: Duration = Duration::from_secs(5);

/// The engine cannot do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum ComputeError {
    /// The Python environment.
    #[error(transparent)]
    Environment(#[from] Arc<EnvironmentError>),
    /// The process cannot be started.
    #[error("could not start the engine, which logs to `{}`", log.display())]
    Spawn {
        /// Its log.
        log: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The process ended or said nothing while it started.
    #[error("the engine did not start: its log `{}` tells why", log.display())]
    NotStarted {
        /// Its log.
        log: PathBuf,
    },
    /// The process ended while it worked.
    #[error("the engine ended while it executed the statement: the next statement starts a new one")]
    Ended,
    /// The process answered something else.
    #[error("the engine answered in a form that cannot be read: {reason}")]
    Unreadable {
        /// What is wrong with it.
        reason: String,
    },
    /// The workspace is closing.
    #[error("the workspace is being stopped")]
    Stopped,
    /// The statement failed.
    #[error(transparent)]
    Statement(StatementError),
}

/// Where tasks reach the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatewayAddress {
    /// The port of 127.0.0.1 that tasks may connect to.
    pub port: u16,
    /// Sail's own port on 127.0.0.1, which the sandbox of tasks must keep closed.
    pub engine_port: u16,
}

impl GatewayAddress {
    /// The connection string for `SPARK_REMOTE`, with the token of a task in it.
    #[must_use]
    pub fn remote(self, session: &TaskSession) -> sluice_model::Secret<String> {
        let token = session.token.expose();
        sluice_model::Secret::new(format!("sc://127.0.0.1:{}/;authorization=Bearer%20{token}", self.port))
    }
}

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "compute",
            steps: &[],
        },
        routes: Vec::new,
    }
}

/// The engine of one workspace.
#[derive(Default)]
pub struct Compute {
    workspace: OnceLock<Weak<Workspace>>,
    environment: OnceCell<Environment>,
    engine: Mutex<Option<Arc<Engine>>>,
    worker: Mutex<Option<Worker>>,
    sessions: Sessions,
}

impl std::fmt::Debug for Compute {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Compute").finish_non_exhaustive()
    }
}

impl Compute {
    /// Called once the workspace answers requests; starts nothing that a first statement could start.
    pub(crate) async fn start(workspace: &Arc<Workspace>) -> Result<(), OpenError> {
        workspace.compute.workspace.get_or_init(|| Arc::downgrade(workspace));
        tokio::spawn(stop_when_idle(Arc::downgrade(workspace)));
        Ok(())
    }

    /// Called before the store closes: ends every process that was started.
    pub(crate) async fn stop(&self) {
        *self.worker.lock().await = None;
        let engine = self.engine.lock().await.take();
        if let Some(engine) = engine {
            engine.stop().await;
        }
    }

    /// The Python environment of engine, worker and tasks; made when it is not in the cache.
    ///
    /// # Errors
    /// When Python is missing, a package cannot be installed or the cache cannot be written.
    pub async fn environment(&self) -> Result<&Environment, ComputeError> {
        let workspace = self.workspace()?;
        let made = self
            .environment
            .get_or_try_init(|| environment::ensure(&workspace.cache_directory))
            .await;
        made.map_err(|error| ComputeError::Environment(Arc::new(error)))
    }

    /// Where tasks reach the engine, which is started when it does not run.
    ///
    /// # Errors
    /// When the engine cannot be started.
    pub async fn gateway(&self) -> Result<GatewayAddress, ComputeError> {
        let engine = self.engine().await?;
        Ok(GatewayAddress {
            port: engine.gateway_port,
            engine_port: engine.engine_port,
        })
    }

    /// Makes a token with which a task uses the gateway until the returned value is dropped. The engine does not end meanwhile.
    #[must_use]
    pub fn open_session(&self, identity: TaskIdentity) -> TaskSession {
        self.sessions.open(identity)
    }

    /// Whose token this is; none when it is not valid.
    pub(crate) fn session(&self, token: &str) -> Option<TaskIdentity> {
        self.sessions.find(token)
    }

    /// Executes a statement that has been checked. Dropping the future cancels it.
    ///
    /// # Errors
    /// When the engine cannot be started, ends meanwhile, or the statement fails.
    pub(crate) async fn execute(&self, statement: &EngineStatement) -> Result<Rows, ComputeError> {
        self.engine().await?.execute(statement).await
    }

    /// Brings to the disk what engine and worker have written, where the loss of power matters: their files are not ours to name.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(crate) async fn bring_to_disk(&self) -> Result<(), ComputeError> {
        let workspace = self.workspace()?;
        let brought = workspace.store.disk().everything(&workspace.managed_directory()).await;
        brought.map_err(|error| {
            ComputeError::Statement(StatementError::new(
                "STORAGE_FAILED",
                "58030",
                format!("the statement was executed, and what it wrote could not be brought to the disk: {error}"),
            ))
        })
    }

    /// Writes rows as an Arrow stream with one batch.
    ///
    /// # Errors
    /// When the engine cannot be started, or a column has a type that Arrow cannot hold.
    pub(crate) async fn encode(
        &self,
        columns: &[Column],
        rows: &[Vec<Option<String>>],
    ) -> Result<Vec<u8>, ComputeError> {
        self.engine().await?.encode(columns, rows).await
    }

    /// Does a maintenance operation on a Delta directory; one after the other.
    ///
    /// # Errors
    /// When the worker cannot be started or the operation fails.
    pub async fn maintain<T: DeserializeOwned>(
        &self,
        location: &str,
        operation: &Maintenance,
    ) -> Result<T, ComputeError> {
        let environment = self.environment().await?;
        let directory = &self.workspace()?.directory;
        let mut slot = self.worker.lock().await;
        // Taken out while it works: a worker whose answer nobody waited for would mix up the next one.
        let mut worker = match slot.take() {
            Some(worker) => worker,
            None => Worker::start(environment, directory)?,
        };
        let result = worker.run(location, operation).await;
        if matches!(result, Ok(_) | Err(ComputeError::Statement(_))) {
            *slot = Some(worker);
        }
        result
    }

    /// Version and exact number of rows of a Delta directory.
    ///
    /// # Errors
    /// When the directory holds no table that can be read.
    pub async fn table_facts(&self, location: &str) -> Result<TableFacts, ComputeError> {
        self.maintain(location, &Maintenance::Facts).await
    }

    fn workspace(&self) -> Result<Arc<Workspace>, ComputeError> {
        self.workspace
            .get()
            .and_then(Weak::upgrade)
            .ok_or(ComputeError::Stopped)
    }

    async fn engine(&self) -> Result<Arc<Engine>, ComputeError> {
        let environment = self.environment().await?;
        let mut slot = self.engine.lock().await;
        if let Some(engine) = slot.as_ref().filter(|engine| engine.is_alive()) {
            engine.touch();
            return Ok(engine.clone());
        }
        let engine = Engine::start(environment, &self.workspace()?).await?;
        *slot = Some(engine.clone());
        Ok(engine)
    }

    async fn stop_if_idle(&self) {
        if !self.sessions.is_empty() {
            return;
        }
        let mut slot = self.engine.lock().await;
        let idle = slot
            .as_ref()
            .and_then(|engine| engine.idle())
            .is_some_and(|idle| idle >= IDLE_LIMIT);
        let engine = if idle { slot.take() } else { None };
        drop(slot);
        if let Some(engine) = engine {
            engine.stop().await;
            *self.worker.lock().await = None;
        }
    }
}

async fn stop_when_idle(workspace: Weak<Workspace>) {
    loop {
        tokio::time::sleep(IDLE_CHECK).await;
        let Some(workspace) = workspace.upgrade() else { return };
        workspace.compute.stop_if_idle().await;
    }
}
