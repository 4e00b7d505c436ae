//! The local workspace through real HTTP, on free ports and temporary directories.

mod frame;
mod support;
