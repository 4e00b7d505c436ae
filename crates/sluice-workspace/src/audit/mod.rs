//! The audit of authorisation decisions: who asked for what on which object, whether it was allowed, and which rule decided.
//!
//! Whoever decides calls [`Workspace::decided`], which only remembers; a task of the workspace writes what has gathered
//! ([`journal::Journal`]), and a clean stop writes the rest. A process that is killed loses the last quarter of a second. The table keeps
//! the newest [`journal::KEPT`] decisions. *Invariant:* nothing is dropped while the store takes it.

mod journal;
mod record;
mod rest;

use std::sync::Arc;

pub use record::{Decision, Rule, RuleKind};
pub use rest::{AUDIT_PATH, Decisions};

pub(crate) use journal::Journal;

use crate::module::Module;
use crate::principal::{ADMINS, Principal};
use crate::store::Migrations;
use crate::workspace::Workspace;

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "audit",
            steps: &[include_str!("schema.sql")],
        },
        routes: rest::routes,
    }
}

/// The request that is being answered, for decisions that see nothing of it.
#[derive(Clone)]
pub(crate) struct Asked {
    /// The workspace that answers.
    pub(crate) workspace: Arc<Workspace>,
    /// The id of the request.
    pub(crate) request_id: String,
}

tokio::task_local! {
    static ASKED: Asked;
}

/// Answers a request so that the decisions on the way carry its id.
pub(crate) async fn during<F: Future>(asked: Asked, answer: F) -> F::Output {
    ASKED.scope(asked, answer).await
}

impl Workspace {
    /// Notes a decision: what the principal wanted to do with which object, and the rule that decided. Does not wait.
    pub(crate) fn decided(&self, principal: &Principal, action: &str, object: &str, rule: Rule) {
        let request_id = ASKED.try_with(|asked| asked.request_id.clone()).ok();
        self.audit.note(Decision {
            sequence: 0,
            at: self.clock.now_ms(),
            request_id,
            principal: principal.name.clone(),
            action: action.to_owned(),
            object: object.to_owned(),
            allowed: rule.kind != RuleKind::None,
            rule,
        });
    }
}

/// Notes whether somebody was let through as an administrator, where only administrators are.
pub(crate) fn administration(principal: &Principal, action: &str) {
    // Outside of a request nobody asks for such things.
    let Ok(asked) = ASKED.try_with(Asked::clone) else {
        return;
    };
    let rule = if principal.is_admin {
        Rule::administrator()
    } else {
        Rule::none("membership", &format!("`{ADMINS}`"))
    };
    asked.workspace.decided(principal, action, "workspace", rule);
}
