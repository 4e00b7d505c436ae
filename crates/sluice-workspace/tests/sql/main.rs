//! SQL on real Delta tables: the engine, the grants, the guards.

mod gateway;
mod guards;
mod python;
mod statement_api;
mod statements;
mod support;
