//! Releases, promotion, deployment and the use cases on them.

pub mod bundle_files;
pub mod documents;
pub mod places;
pub mod platform;
pub mod ports;
