//! Readings from the past: which ones, and how a handler is made to see it.
//!
//! While a fault of this kind is armed, the store keeps a view of what it held before the last request that wrote. A handler that is to
//! answer from the past runs with that view in place of the store's readers; nothing else about it is different.

use std::collections::HashMap;
use std::future::Future;
use std::num::NonZeroU32;

tokio::task_local! {
    static PAST: ();
}

/// Whether this task reads the past.
pub(crate) fn reading_the_past() -> bool {
    PAST.try_with(|()| ()).is_ok()
}

/// Runs something that reads the past.
pub(crate) async fn in_the_past<T>(work: impl Future<Output = T>) -> T {
    PAST.scope((), work).await
}

/// How often each address was read since the last write.
#[derive(Debug, Default)]
pub(super) struct Readings {
    /// Whether there was a write since the fault was armed: without one there is no past.
    written: bool,
    since: HashMap<String, u32>,
}

impl Readings {
    /// Something is about to be written.
    pub(super) fn write(&mut self) {
        self.written = true;
        self.since.clear();
    }

    /// Whether this reading of an address comes from the past.
    pub(super) fn read(&mut self, address: &str, reads: NonZeroU32) -> bool {
        let count = self.since.entry(address.to_owned()).or_default();
        *count = count.saturating_add(1);
        self.written && *count <= reads.get()
    }
}
