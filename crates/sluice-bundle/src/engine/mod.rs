//! From a resolved bundle to a plan, and from a plan to requests. Pure: the caller sends the requests.
//!
//! One deployment, seen from the caller:
//! 0. [`check`] refuses what no workspace could make good.
//! 1. [`States::parse`] the two state files.
//! 2. [`reads`] until it gives none, sending each [`Read`] and putting [`Read::observe`] into [`Observed`].
//! 3. [`plan`]; show [`Plan::lines`], save it with `serde_json`, load it with [`Plan::parse`].
//! 4. [`States::begin`], [`Applied::new`]; for each key of [`order`]: [`refreshes`], then [`steps`]; for each [`Step`]: journal, send
//!    its request (none: [`Step::without_request`]), [`Step::judge`] every answer, poll while it says so; when no answer came and
//!    the step is not idempotent, send the probe and [`Step::judge_probe`]. When done, [`Step::state_after`] goes to
//!    [`States::record`] and [`Applied::record`], and the state files are written with [`State::to_text`].

mod ddl;
mod desired;
mod difference;
mod field_path;
mod graph;
mod kinds;
mod plan;
mod planning;
mod reads;
mod references;
mod state;
mod steps;

pub use plan::{Action, Counts, Dependency, FieldChange, NewState, PLAN_VERSION, Plan, PlanEntry, PlanFileError};
pub use planning::{PlanOptions, check, plan};
pub use reads::{Observation, Observed, Read, ReadError, reads};
pub use state::{STATE_VERSION, State, StateChange, StateEntry, StateError, States};
pub use steps::{Applied, Outcome, ProbeVerdict, Step, StepError, Verdict, order, refreshes, steps};

#[cfg(test)]
mod tests;
