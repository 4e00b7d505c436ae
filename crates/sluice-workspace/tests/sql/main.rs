//! SQL on real Delta tables: the engine, the grants, the guards.

mod statements;
mod support;
