//! What every request of the server shares: the ledger, the platform, the checkouts of products, the sessions.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sluice_lifecycle::context::{Clock, SystemClock, UseCase};
use sluice_lifecycle::platform::Platform;
use sluice_lifecycle::ports::Silent;
use sluice_lifecycle::product::Product;
use sluice_model::{Actor, ProductName, Timestamp};
use sluice_store::Store;
use tokio::sync::watch;

use crate::error::PageError;
use crate::session::Sessions;

static CLOCK: SystemClock = SystemClock;
static SILENT: Silent = Silent;

/// The shared parts.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) store: Store,
    pub(crate) platform_file: PathBuf,
    pub(crate) platform_id: String,
    pub(crate) products: BTreeMap<ProductName, Product>,
    pub(crate) sessions: Sessions,
    pub(crate) process_environment: BTreeMap<String, String>,
    /// Names this server's cookies: those of another server on another port of the same machine are not ours.
    pub(crate) port: u16,
    /// Turns true when the server is to end.
    pub(crate) ending: watch::Receiver<bool>,
}

impl Site {
    /// The platform as its file says now: roles and principals may have changed since the server began.
    ///
    /// # Errors
    /// When it cannot be read, or is another platform now.
    pub(crate) fn platform(&self) -> Result<Platform, PageError> {
        let platform = Platform::read(&self.platform_file)?;
        if platform.id == self.platform_id {
            Ok(platform)
        } else {
            Err(PageError::other_platform(&self.platform_id, &platform.id))
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        CLOCK.now()
    }

    /// The surroundings of a use case.
    pub(crate) fn use_case<'a>(&'a self, actor: &'a Actor) -> UseCase<'a> {
        UseCase {
            store: &self.store,
            actor,
            clock: &CLOCK,
            progress: &SILENT,
        }
    }

    /// The checkout of a product; none when the server was not given one.
    pub(crate) fn product(&self, name: &ProductName) -> Option<&Product> {
        self.products.get(name)
    }
}
