//! What every use case of the lifecycle gets: the ledger, the actor, a clock and a place to report to.

use sluice_model::{Actor, Timestamp};
use sluice_store::{Change, Event, Store, StoreError};

use crate::ports::Progress;

/// Says what time it is. The only clock of the lifecycle; tests give their own.
pub trait Clock: Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The surroundings of a use case.
#[derive(Clone, Copy)]
pub struct UseCase<'world> {
    /// The ledger.
    pub store: &'world Store,
    /// Who acts: the identity behind the presented token.
    pub actor: &'world Actor,
    /// The clock.
    pub clock: &'world dyn Clock,
    /// Where to report.
    pub progress: &'world dyn Progress,
}

impl std::fmt::Debug for UseCase<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("UseCase")
            .field("actor", self.actor)
            .finish_non_exhaustive()
    }
}

impl UseCase<'_> {
    /// Writes a change with its event, now, by the actor.
    ///
    /// # Errors
    /// As [`Store::record`].
    pub(crate) async fn record(&self, change: Change) -> Result<Event, StoreError> {
        self.store.record(self.clock.now(), self.actor, change).await
    }
}
