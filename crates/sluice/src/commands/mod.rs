//! One file per command: its options and `run(args, context) -> Result<Outcome, CommandError>`.
//!
//! A command parses, calls one use case and hands the answer to [`crate::context::Context::answer`]; it decides nothing itself.

pub(crate) mod approve;
pub(crate) mod blueprint;
mod bundle_options;
pub(crate) mod capture;
pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod contract;
mod decide;
pub(crate) mod demo;
pub(crate) mod deploy;
pub(crate) mod deployment;
pub(crate) mod destroy;
pub(crate) mod drift;
pub(crate) mod freeze;
pub(crate) mod history;
pub(crate) mod ledger;
pub(crate) mod metadata;
pub(crate) mod new;
pub(crate) mod people;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod promote;
pub(crate) mod promotion;
pub(crate) mod reference;
pub(crate) mod reject;
pub(crate) mod release;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod signoff;
pub(crate) mod status;
pub(crate) mod summary;
mod surroundings;
pub(crate) mod validate;
pub(crate) mod verify;
pub(crate) mod why;
pub(crate) mod workspace;
