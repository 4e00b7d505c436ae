//! What a data product says about itself: the descriptor `product.yaml` and its data contracts.
//!
//! *Invariant:* pure, and stands on `sluice-model` alone: documents come in as trees whose nodes know where they were written.
//! Start with [`descriptor::read`], [`contract::read`] and [`projection::project`].

pub mod binding;
pub mod compatibility;
pub mod contract;
pub mod data_sheet;
pub mod descriptor;
pub mod document;
pub mod glossary;
pub mod metadata;
pub mod projection;
pub mod quality;
pub mod regulation;
pub mod tag_policy;

pub use contract::Contract;
pub use descriptor::Descriptor;
