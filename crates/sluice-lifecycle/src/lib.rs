//! Releases, promotion, deployment and the use cases on them.

pub mod blueprint;
pub mod bundle_files;
pub mod deploy;
pub mod documents;
pub mod git;
pub mod places;
pub mod platform;
pub mod ports;
