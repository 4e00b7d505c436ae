//! Releases, promotion, deployment and the use cases on them.

pub mod approval;
pub mod blueprint;
pub mod bundle_files;
pub mod capture;
pub mod change;
pub mod context;
pub mod contracts;
pub mod deploy;
pub mod documents;
pub mod execution;
pub mod git;
mod guardrails;
pub mod machines;
pub mod metadata;
pub mod notification;
pub mod people;
pub mod places;
pub mod platform;
pub mod policy;
pub mod ports;
pub mod preparation;
pub mod product;
pub mod promotion;
pub mod release;
pub mod signoff;
pub mod status;
pub mod verification;
