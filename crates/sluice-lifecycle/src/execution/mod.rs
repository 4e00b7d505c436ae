//! One deployment, recorded: the saga around [`crate::deploy`]. It holds the lease of the environment, checks once more what was decided
//! about, journals every step, runs the product's own checks, and only then calls the deployment active.
//!
//! - [`saga`]: the driver of the deployment machine; [`lease`]: holding an environment; [`journal`]: steps in the ledger.
//! - [`timeline`]: what is shown of a deployment.
//! - [`pins`]: what was there before; [`rollback`]: the way back to it; [`resolve`]: what people put right by hand.
//! - [`stamp`]: which ledger an environment belongs to.
//! - [`checks`]: jobs, tables, quality rules, metadata, Genie spaces, access, second plan; [`replica`]: what may differ between two environments.

mod access;
pub mod candidate;
pub mod checks;
mod genie;
pub(crate) mod journal;
pub mod lease;
mod metadata;
mod pins;
mod quality;
mod readback;
pub mod replica;
pub mod resolve;
pub mod rollback;
pub mod saga;
pub mod stamp;
mod statement;
pub mod timeline;

pub use candidate::{Candidate, connect, identify};
pub use lease::{HeldLease, LeaseError};
pub use resolve::{ResolveError, resolve};
pub use saga::{ExecutionError, Expectation};
