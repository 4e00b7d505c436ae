//! The real binary against a real local workspace.

mod crash;
mod deploy;
mod gate;
mod place;
mod refusals;
