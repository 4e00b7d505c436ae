//! The updates that this process works on: beginning, stopping, and what becomes of those that an earlier process left.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::failed::Failed;
use super::flow;
use super::python::Channels;
use super::update::{self, Update};
use super::work;
use crate::error::ApiError;
use crate::jobs::stop::{self, Stop, StopSender};
use crate::log;
use crate::workspace::{OpenError, Workspace};

/// An update that this process works on.
struct Active {
    pipeline_id: String,
    stop: StopSender,
    work: JoinHandle<()>,
}

/// What is kept in memory for one workspace.
pub(crate) struct Pipelines {
    active: Mutex<BTreeMap<String, Active>>,
    /// Told whenever an update has ended.
    ends: watch::Sender<()>,
    pub(super) channels: Channels,
}

impl Default for Pipelines {
    fn default() -> Self {
        Self {
            active: Mutex::default(),
            ends: watch::Sender::new(()),
            channels: Channels::default(),
        }
    }
}

impl Pipelines {
    /// Called once the workspace answers requests: updates that an earlier process left have failed, what they left goes.
    pub(crate) async fn start(workspace: &Arc<Workspace>) -> Result<(), OpenError> {
        recover(workspace).await.map_err(|source| OpenError::Prepare {
            workspace: workspace.name.clone(),
            source,
        })
    }

    /// Called before the store closes: ends every update.
    pub(crate) async fn stop(&self) {
        let all: Vec<_> = std::mem::take(&mut *self.active()).into_values().collect();
        for update in &all {
            update.stop.stop(Stop::Shutdown);
        }
        for update in all {
            if let Err(error) = update.work.await {
                log::line(&format!("an update of a pipeline ended with a panic: {error}"));
            }
        }
    }

    fn active(&self) -> MutexGuard<'_, BTreeMap<String, Active>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts to work on a stored update.
    pub(super) fn begin(&self, workspace: &Arc<Workspace>, update: Update) {
        let (stop, stopped) = stop::channel();
        let (id, pipeline_id) = (update.id.clone(), update.pipeline_id.clone());
        let workspace = workspace.clone();
        // Held until the entry is there, so that an update that ends at once finds it.
        let mut active = self.active();
        let key = id.clone();
        let work = tokio::spawn(async move {
            let (shared, begun) = (workspace.clone(), update.clone());
            // A task of its own, so that an update whose work panics has failed and does not hang.
            let worked = tokio::spawn(async move { work::work_off(&shared, update, stopped).await }).await;
            if let Err(error) = worked {
                lost(&workspace, begun, &error.to_string()).await;
            }
            workspace.pipelines.active().remove(&key);
            workspace.pipelines.ends.send_replace(());
        });
        active.insert(
            id,
            Active {
                pipeline_id,
                stop,
                work,
            },
        );
    }

    /// Tells the active update of a pipeline to end.
    pub(crate) fn cancel(&self, pipeline_id: &str) {
        for update in self
            .active()
            .values()
            .filter(|update| update.pipeline_id == pipeline_id)
        {
            update.stop.stop(Stop::Canceled);
        }
    }
}

/// Waits until an update has ended, and nothing of it works any more.
pub(crate) async fn ended(workspace: &Workspace, id: &str) -> Result<Update, ApiError> {
    let mut ends = workspace.pipelines.ends.subscribe();
    loop {
        ends.mark_unchanged();
        let works = workspace.pipelines.active().contains_key(id);
        match update::find(workspace, id).await? {
            Some(update) if update.state.is_final() && !works => return Ok(update),
            Some(_) => {}
            None => return Err(ApiError::not_found(format!("The update {id} does not exist."))),
        }
        // The sender lives as long as the workspace.
        drop(ends.changed().await);
    }
}

/// Ends an update whose work has panicked.
async fn lost(workspace: &Workspace, mut update: Update, why: &str) {
    let failed = Failed::new(
        "INTERNAL_ERROR",
        format!("the work on this update ended with a fault of the workspace: {why}"),
    );
    if let Err(error) = work::fail(workspace, &mut update, &failed).await {
        log::line(&format!(
            "{}: the end of update {} could not be stored: {error}",
            workspace.name, update.id
        ));
    }
}

async fn recover(workspace: &Arc<Workspace>) -> Result<(), ApiError> {
    for mut update in update::unfinished(workspace).await? {
        let defaults = update.asked.spec.defaults().unwrap_or_default();
        if let Err(error) = flow::sweep(workspace, &defaults, &update.id).await {
            log::line(&format!(
                "{}: what update {} has left stays: {error}",
                workspace.name, update.id
            ));
        }
        work::fail(
            workspace,
            &mut update,
            &Failed::new("WORKSPACE_STOPPED", work::LEFT_BEHIND),
        )
        .await?;
    }
    Ok(())
}
