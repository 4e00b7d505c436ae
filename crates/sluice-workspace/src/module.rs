//! What each part of the workspace contributes.

use crate::route::Route;
use crate::store::Migrations;

/// One part of the workspace: its tables and its routes.
pub struct Module {
    /// Its tables.
    pub migrations: Migrations,
    /// Its routes.
    pub routes: fn() -> Vec<Route>,
}

/// All parts, in the order in which their tables are made.
#[must_use]
pub fn modules() -> Vec<Module> {
    vec![
        crate::discovery::module(),
        crate::identity::module(),
        crate::audit::module(),
        crate::oauth::module(),
        crate::files::module(),
        crate::permissions::module(),
        crate::git_folders::module(),
        crate::catalog::module(),
        crate::volume_files::module(),
        crate::warehouses::module(),
        crate::genie::module(),
        crate::dashboards::module(),
        crate::secrets::module(),
        crate::compute::module(),
        crate::sql::module(),
        crate::jobs::module(),
        crate::records::module(),
        crate::mlflow::module(),
        crate::pipelines::module(),
        crate::faults::module(),
        crate::unknown_fields::module(),
        crate::durability::module(),
    ]
}
