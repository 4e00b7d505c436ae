//! What a data product says about itself: the descriptor `product.yaml`.
//!
//! *Invariant:* pure, and stands on `sluice-model` alone: documents come in as trees whose nodes know where they were written.
//! Contracts and the projection of metadata onto Unity Catalog are not here yet. Start with [`descriptor::read`].

pub mod descriptor;
pub mod document;

pub use descriptor::Descriptor;
