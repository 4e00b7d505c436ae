//! Which workspaces gave no answer until the time of a request was over. Such a workspace is asked once only, by every client of this
//! process, until it answers again: whoever has many more questions for it, as the way back of a deployment, hears at once that it is gone
//! instead of waiting for each.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::host::Host;

static SILENT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn with<T>(change: impl FnOnce(&mut BTreeSet<String>) -> T) -> T {
    change(&mut SILENT.lock().unwrap_or_else(PoisonError::into_inner))
}

pub(crate) fn is_silent(host: &Host) -> bool {
    with(|silent| silent.contains(&host.to_string()))
}

pub(crate) fn begins(host: &Host) {
    with(|silent| silent.insert(host.to_string()));
}

pub(crate) fn ends(host: &Host) {
    with(|silent| silent.remove(&host.to_string()));
}
