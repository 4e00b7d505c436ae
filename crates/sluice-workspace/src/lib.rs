//! The local workspace: the Databricks REST API on one machine, with state, permissions and work that is really executed.
//!
//! A process serves several [`Workspace`]s, each with its own port, store and data. Start with [`workspaces::Workspaces`] (the
//! process), [`workspace::Workspace`] (one workspace) and [`module::modules`] (its parts); a handler takes a [`call::Call`] and
//! returns an answer or an [`ApiError`]. *Invariant:* an operation that is not here answers 501 with its id, and no answer reports
//! success for something that was not done.

pub mod audit;
pub mod blobs;
pub mod call;
pub mod catalog;
pub mod clock;
pub mod compute;
pub mod daemon;
mod dashboards;
mod discovery;
pub mod durability;
pub mod error;
pub mod faults;
pub mod files;
mod genie;
mod git_folders;
pub mod identity;
pub mod jobs;
mod log;
mod mlflow;
pub mod module;
pub mod oauth;
pub mod paging;
pub mod permissions;
mod pipelines;
pub mod principal;
pub mod private_file;
pub mod profiles;
pub mod records;
pub mod route;
mod secrets;
pub mod seed;
mod server;
pub mod snapshot;
pub mod sql;
pub mod store;
mod unknown_fields;
mod volume_files;
pub mod warehouses;
pub mod workspace;
pub mod workspaces;

pub use call::Call;
pub use durability::Durability;
pub use error::ApiError;
pub use module::{Module, modules};
pub use principal::{Principal, PrincipalKind};
pub use route::{Access, Route};
pub use store::{Migrations, Store};
pub use unknown_fields::{IGNORED_FIELDS_PATH, IgnoredField, IgnoredFields};
pub use workspace::Workspace;
pub use workspaces::{ServeOptions, Workspaces};
