//! One changing statement per table at a time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// The tables that are being changed.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    tables: Mutex<BTreeMap<PathBuf, Weak<AsyncMutex<()>>>>,
}

impl Locks {
    /// Waits until nobody else changes the table in this directory; others wait until the result is dropped.
    pub(crate) async fn alone(&self, location: &Path) -> OwnedMutexGuard<()> {
        let lock = {
            let mut tables = self.tables.lock().expect("invariant: nobody panics with this lock");
            tables.retain(|_, lock| lock.strong_count() > 0);
            let known = tables.get(location).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let lock = Arc::new(AsyncMutex::new(()));
                tables.insert(location.to_owned(), Arc::downgrade(&lock));
                lock
            })
        };
        lock.lock_owned().await
    }
}
