//! The local workspace through real HTTP, on free ports and temporary directories.

mod catalog;
mod frame;
mod jobs;
mod support;
