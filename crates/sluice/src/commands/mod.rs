//! One file per command: its options and `run(args, context) -> Result<Outcome, CommandError>`.
//!
//! A command parses, calls one use case and hands the answer to [`crate::context::Context::answer`]; it decides nothing itself.

mod bundle_options;
pub(crate) mod deploy;
pub(crate) mod destroy;
pub(crate) mod plan;
pub(crate) mod run;
pub(crate) mod summary;
pub(crate) mod validate;
