//! One file per command: its options and `run(args, context) -> Result<Outcome, CommandError>`.
//!
//! A command parses, calls one use case and hands the answer to [`crate::context::Context::answer`]; it decides nothing itself.
