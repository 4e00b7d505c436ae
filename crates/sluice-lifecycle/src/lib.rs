//! Releases, promotion, deployment and the use cases on them.

pub mod bundle_files;
pub mod ports;
