//! SQL on real Delta tables: the engine, the grants, the guards.
#![expect(clippy::unwrap_used, reason = "a step of a test that fails is a failing test")]

mod constraints;
mod functions;
mod gateway;
mod grants;
mod guards;
mod maintenance;
mod masks;
mod python;
mod random_changes;
mod statement_api;
mod statement_results;
mod statements;
mod support;
mod tags;
mod writers;
