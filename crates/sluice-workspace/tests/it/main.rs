//! The local workspace through real HTTP, on free ports and temporary directories.
#![expect(
    clippy::unwrap_used,
    reason = "a failed set-up ends the test; the lint exempts test functions alone"
)]

mod access;
mod audit;
mod bad_days;
mod bindings;
mod catalog;
mod dashboards;
mod durability;
mod faults;
mod files;
mod frame;
mod genie;
mod git_folders;
mod hostile;
mod identity;
mod jobs;
mod mlflow;
mod oauth;
mod packages;
mod permission_table;
mod permissions;
mod pipelines;
mod records;
mod records_echo;
mod repairs;
mod runs;
mod sandbox;
mod schedules;
mod secrets;
mod statements;
mod support;
mod task_graph;
mod tokens;
mod unknown_fields;
mod volumes;
mod warehouses;
