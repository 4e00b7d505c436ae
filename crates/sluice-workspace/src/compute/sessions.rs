//! The tokens with which tasks use the gateway: each bound to a principal and a run, valid as long as its [`TaskSession`] lives.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use sluice_model::Secret;

use crate::clock::Ids;
use crate::principal::Principal;

/// Whose statements a session executes.
#[derive(Clone, Debug)]
pub struct TaskIdentity {
    /// The principal whose grants count.
    pub principal: Principal,
    /// The run, for logs and audit.
    pub run: String,
    /// Where names without a catalog are looked up.
    pub catalog: Option<String>,
    /// Where names without a schema are looked up.
    pub schema: Option<String>,
}

type Open = Arc<Mutex<BTreeMap<String, TaskIdentity>>>;

/// All valid tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct Sessions {
    open: Open,
}

impl Sessions {
    pub(super) fn open(&self, identity: TaskIdentity) -> TaskSession {
        let token = Ids.token();
        self.open
            .lock()
            .expect("invariant: nobody panics with this lock")
            .insert(token.clone(), identity);
        TaskSession {
            token: Secret::new(token),
            open: self.open.clone(),
        }
    }

    pub(super) fn find(&self, token: &str) -> Option<TaskIdentity> {
        self.open
            .lock()
            .expect("invariant: nobody panics with this lock")
            .get(token)
            .cloned()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open
            .lock()
            .expect("invariant: nobody panics with this lock")
            .is_empty()
    }
}

/// A token that is valid until this value is dropped.
#[derive(Debug)]
pub struct TaskSession {
    /// Sent by the task with every call as `authorization: Bearer <token>`.
    pub token: Secret<String>,
    open: Open,
}

impl Drop for TaskSession {
    fn drop(&mut self) {
        self.open
            .lock()
            .expect("invariant: nobody panics with this lock")
            .remove(self.token.expose());
    }
}
