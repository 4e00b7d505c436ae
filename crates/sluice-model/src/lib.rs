//! Types that cross two crates or more: trees with positions, diagnostics, keys, ids, actors, secrets.
//!
//! *Invariant:* pure. Nothing here knows a clock, a disk, a network or an environment variable.
//! A type that only one crate uses belongs to that crate. Start with [`tree::Tree`] and [`diagnostic::Diagnostic`].

pub mod actor;
pub mod diagnostic;
pub mod digest;
pub mod names;
pub mod resource_key;
pub mod secret;
pub mod trail;
pub mod tree;

pub use actor::Actor;
pub use diagnostic::{Diagnostic, Severity};
pub use digest::Digest;
pub use names::{EnvironmentName, NameError, ProductName, ReleaseVersion};
pub use resource_key::{ResourceKey, SubResource};
pub use secret::Secret;
pub use trail::Trail;
pub use tree::{Location, Node, Tree, TreePath};

/// A moment in time, UTC, as it is stored in events and printed in RFC 3339. Pure code receives it and never reads a clock.
pub use jiff::Timestamp;
