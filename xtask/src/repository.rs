//! Where things are in the checkout. Does not read them.

use std::path::{Path, PathBuf};

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("invariant: xtask stands below the root")
        .to_path_buf()
}

/// The Python of the development environment: `$SLUICE_DEV_PYTHON`, or the one that `make setup` links.
pub(crate) fn dev_python() -> PathBuf {
    std::env::var_os("SLUICE_DEV_PYTHON").map_or_else(|| root().join(".venv/bin/python"), PathBuf::from)
}
