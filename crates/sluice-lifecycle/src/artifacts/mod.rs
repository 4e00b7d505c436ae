//! Builds what a bundle builds before it is deployed, and brings it to the workspace.
//!
//! The language decides what is built and where its files go (`sluice_bundle::language::{artifacts, libraries}`); this runs the commands,
//! finds the files and uploads those that changed. Start at [`build::build`]; [`upload::upload`] is a part of a deployment.

pub mod build;
pub(crate) mod upload;

pub use build::{BuildError, build};
pub use upload::LibraryChanges;
