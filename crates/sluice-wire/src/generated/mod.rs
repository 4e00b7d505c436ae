//! What `cargo xtask generate` writes. Nothing here is edited by hand.

pub(crate) mod operations;
