//! SQL on real Delta tables: the engine, the grants, the guards.

mod gateway;
mod statement_api;
mod statements;
mod support;
