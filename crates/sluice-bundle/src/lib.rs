//! The bundle engine: YAML text → tree → merged → resolved bundle; resource kinds, three-way difference, graph and plan.
//!
//! *Invariant:* pure. Files, lookups, the current user and Git come in through [`language::Inputs`]; what is missing goes out as
//! [`language::Need`]; reads and writes of the workspace go out as values of `sluice-wire` and come back as observations.
//!
//! - [`language`]: from `databricks.yml` and `catalog/*.yml` to a [`Bundle`].
//! - [`capture`]: from what lives in a workspace to files.
//! - [`editing`]: changes of documents that people wrote.
//! - [`engine`]: from a [`Bundle`], the last applied state and what was observed to a [`Plan`], and from a plan entry to requests.

pub mod capture;
pub mod editing;
pub mod engine;
pub(crate) mod json_text;
pub mod language;
mod output_only;

pub use engine::{Action, Plan, PlanEntry};
pub use language::{Bundle, Inputs, Need, Resolution};
