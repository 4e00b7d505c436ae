//! The page of Sluice: what runs where, releases, promotions, decisions, deployments and the ledger, rendered on the server.
//!
//! Start at [`Server`]; [`route`] holds every route with the permission that it needs, and the router is made of it. A screen is a file
//! under `screens/`: it reads what was asked, calls one use case of `sluice-lifecycle` and renders the answer. *Invariants:* nothing here
//! decides what a use case decides; a token is never shown; no script or style but its own files runs.

mod assets;
mod error;
mod fields;
mod guard;
mod layout;
pub mod route;
mod screens;
mod server;
mod session;
mod site;
mod wording;

pub use server::{Server, ServerError, ServerOptions};
