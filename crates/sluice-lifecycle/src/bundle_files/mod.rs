//! Between a bundle on disk and the pure bundle language: finds it, reads what resolution asks for, and uploads its files.
//!
//! It decides nothing about resources. Start at [`load::load`]; [`upload::synchronise`] brings the files to the workspace.

pub mod file_list;
pub mod git;
mod glob;
pub mod idle_patterns;
pub mod listing;
pub mod load;
mod local_path;
mod lookup;
mod python;
pub mod root;
pub mod upload;

pub use git::GitError;
pub(crate) use glob::matches;
pub use idle_patterns::idle_patterns;
pub use listing::{ListingError, LocalFile, LocalFiles};
pub(crate) use load::directory;
pub use load::{BundleRequest, LoadError, LoadedBundle, load, load_showing};
pub use python::PythonError;
pub use root::{RootError, find_root};
pub use upload::{SyncChanges, SyncError};
