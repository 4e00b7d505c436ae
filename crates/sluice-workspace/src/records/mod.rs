//! What clients declare and this workspace stores without running it: clusters and their policies and pools, experiments, serving
//! endpoints, … (and the definitions of pipelines, which `pipelines/` runs). One mechanism: a [`Kind`] says as data what its requests look like, who may do what and what its answers add;
//! `serve.rs` answers all of them.
//!
//! *Echo law:* a writable field that was written comes back, after a change and a restart too (secrets excepted); what the API does not
//! have is left out. *Honest states:* nothing here says that it runs, is ready or is available; what would start something answers 501.
//! A kind is one description in `kinds/`: to add one, write it there and name it in [`kinds`].

mod access;
mod document;
mod filter;
mod kind;
mod kinds;
mod securable;
mod serve;
mod store;
mod tags;
mod time;

pub use kind::Kind;

pub(crate) use access::Need;
pub(crate) use filter::like;
pub(crate) use kinds::experiment;
pub(crate) use kinds::pipeline;
pub(crate) use store::has_acl;

use crate::module::Module;
use crate::route::Route;
use crate::store::Migrations;

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "records",
            steps: &[include_str!("schema.sql")],
        },
        routes,
    }
}

/// All kinds of records.
#[must_use]
pub fn kinds() -> &'static [&'static Kind] {
    kinds::ALL
}

fn routes() -> Vec<Route> {
    kinds().iter().flat_map(|kind| serve::routes(kind)).collect()
}
