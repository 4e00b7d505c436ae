//! The kinds, one file each.

mod alerts;
mod apps;
mod catalog_secrets;
mod cluster_policies;
mod clusters;
mod connections;
mod credentials;
mod database_instances;
mod experiments;
mod external_locations;
mod instance_pools;
mod pipelines;
mod postgres;
mod quality_monitors;
mod queries;
mod recipients;
mod registered_models;
mod serving_endpoints;
mod shares;
mod storage_credentials;
mod vector_search;
mod workspace_models;

pub(crate) use pipelines::pipeline;

pub(crate) use experiments::experiment;

use super::kind::Kind;

/// All of them.
pub(super) static ALL: &[&Kind] = &[
    &cluster_policies::KIND,
    &instance_pools::KIND,
    &clusters::KIND,
    &pipelines::KIND,
    &experiments::KIND,
    &workspace_models::KIND,
    &registered_models::KIND,
    &storage_credentials::KIND,
    &credentials::KIND,
    &external_locations::KIND,
    &connections::KIND,
    &catalog_secrets::KIND,
    &recipients::KIND,
    &shares::KIND,
    &serving_endpoints::KIND,
    &apps::KIND,
    &alerts::KIND,
    &queries::QUERY,
    &queries::ALERT,
    &database_instances::INSTANCE,
    &database_instances::CATALOG,
    &database_instances::SYNCED_TABLE,
    &postgres::PROJECT,
    &postgres::BRANCH,
    &postgres::ENDPOINT,
    &postgres::DATABASE,
    &postgres::ROLE,
    &postgres::CATALOG,
    &postgres::SYNCED_TABLE,
    &postgres::OPERATION,
    &vector_search::ENDPOINT,
    &vector_search::INDEX,
    &quality_monitors::KIND,
];
