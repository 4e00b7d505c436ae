//! The properties of every kind, on a model of the workspace: what was deployed plans to nothing, a changed field is the only one
//! that the plan names, what is removed is deleted once.

mod catalog;
mod deployment;
mod governance;
mod interruption;
mod jobs;
mod objects;
mod statements;
mod steps;
mod unity_catalog;
mod workspace;
mod workspace_objects;
