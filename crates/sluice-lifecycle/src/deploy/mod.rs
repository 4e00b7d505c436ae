//! From a loaded bundle to a workspace that has it: plan, deploy, run, destroy, summary.
//!
//! Decisions are the engine's; this reads, journals, calls and saves. Everything that can be refused is refused before the first
//! upload. Start at [`planning::plan_bundle`] and [`deployment::deploy`].

mod active_runs;
mod apply;
pub mod base_state;
pub mod deployment;
pub mod destroy;
mod finish;
mod folder_permissions;
pub(crate) mod identities;
pub mod local_journal;
pub mod local_state;
pub mod lock;
mod metadata;
pub mod planning;
pub(crate) mod process;
pub mod remote_state;
pub mod run_app;
pub mod run_job;
pub mod run_script;
mod saved_plan;
pub mod summary;

pub use apply::{ApplyReport, FailedEntry, SkippedEntry};
pub use base_state::BaseStateError;
pub use deployment::{DeployError, DeployOptions, DeploymentOutcome, Incomplete, Unrecorded, deploy};
pub use destroy::destroy;
pub use local_journal::LocalJournal;
pub use local_state::{LocalStateError, write_atomically};
pub use lock::LockError;
pub use planning::{PlanError, PlanWishes, PlannedDeployment, plan_bundle};
pub use remote_state::RemoteStateError;
pub use run_app::{AppFailure, AppOutcome, is_app, run_app};
pub use run_job::{RunError, RunFailure, RunOutcome, RunParameters, run_job};
pub use run_script::{ScriptRunError, has_script, run_script};
pub use saved_plan::{SavedPlan, SavedPlanError};
pub use summary::{Summary, SummaryResource, summary};
