//! Secret scopes: values that tasks read by name and that nobody sees in what a task leaves behind.
//!
//! Values are sealed before they reach the store ([`vault`]). A value that is read while a task runs is remembered until the run has
//! ended, so that it can be blotted out of the task's output ([`disclosure`]). `rest/` is the HTTP face.

pub(crate) mod disclosure;
mod permission;
mod rest;
mod scope;
pub(crate) mod vault;

use crate::module::Module;
use crate::store::Migrations;

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "secrets",
            steps: &[include_str!("schema.sql")],
        },
        routes: rest::routes,
    }
}
