//! What a data product says about itself: the descriptor `product.yaml` and its data contracts.
//!
//! *Invariant:* pure, and stands on `sluice-model` alone: documents come in as trees whose nodes know where they were written.
//! Start with [`descriptor::read`] and [`contract::read`].

pub mod contract;
pub mod descriptor;
pub mod document;

pub use contract::Contract;
pub use descriptor::Descriptor;
