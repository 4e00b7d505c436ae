//! The hermetic environment of the tests that drive the built binary.
//!
//! Own home, own data directory, fixed time zone and width, nothing else inherited but PATH and where to find certificates; only the
//! Python environments are shared through the cache. Does not fake anything. Start at [`Environment::new`].

mod environment;
mod finished;

pub use environment::{Environment, StartError, Workspaces, shared_cache};
pub use finished::Finished;
