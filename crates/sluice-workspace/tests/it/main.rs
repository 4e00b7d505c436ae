//! The local workspace through real HTTP, on free ports and temporary directories.

mod access;
mod catalog;
mod files;
mod frame;
mod identity;
mod jobs;
mod permissions;
mod runs;
mod support;
mod volumes;
mod warehouses;
