//! The Databricks REST operations and types as data, and requests as plain values.
//!
//! Nothing here sends anything: `sluice-databricks` sends a [`Request`], the local workspace answers it. *Invariant:* pure.
//! `generated/` is made by `cargo xtask generate` from the Apache-2.0 package `databricks-sdk`.

mod generated;
pub mod operation;
pub mod request;
pub mod types;

pub use operation::{Operation, find_operation, find_operations, operations};
pub use request::{Body, Method, Request, Response};
