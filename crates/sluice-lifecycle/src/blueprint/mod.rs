//! Blueprints: standard bundle templates with a `blueprint.yaml`, and the repositories that are made of them.
//!
//! - [`source`]: where the files of a blueprint come from, and its `blueprint.yaml`.
//! - [`schema`]: `databricks_template_schema.json`; [`answers`]: the values that a template is rendered with.
//! - [`template`]: rendering with Go's `text/template`; [`functions`]: what templates may call.
//! - [`instantiate`]: a new Git repository; [`lock`]: what `blueprint.lock` keeps for a later upgrade.

pub mod answers;
pub mod functions;
pub mod instantiate;
pub mod lock;
pub mod schema;
pub mod source;
pub mod template;

pub use instantiate::{NewProduct, NewProductRequest, new_product};
pub use source::{Blueprint, BlueprintError, available, check, find};

#[cfg(test)]
mod tests;
