//! Where the local workspaces of the platform in question keep their files.

use std::path::PathBuf;

use sluice_lifecycle::places::{LOCAL_PLATFORM, data_directory};
use sluice_lifecycle::platform::Platform;
use sluice_workspace::daemon::Place;

use crate::context::Context;
use crate::error::{CommandError, ExitKind};

/// `<data>/<platform id>/workspaces`; the platform is the one that other commands would find here.
pub(super) fn place(context: &Context) -> Result<Place, CommandError> {
    let platform = Platform::find(context.platform.as_deref(), &context.current_directory()?)?;
    let id = platform.map_or_else(|| LOCAL_PLATFORM.to_owned(), |platform| platform.id);
    let data = data_directory(&context.environment).map_err(|_none| nowhere("SLUICE_DATA_DIR"))?;
    Ok(Place {
        directory: absolute(data, context)?.join(id).join("workspaces"),
    })
}

/// `$SLUICE_CACHE_DIR`, else `$XDG_CACHE_HOME/sluice`, else `~/.cache/sluice`.
pub(crate) fn cache_directory(context: &Context) -> Result<PathBuf, CommandError> {
    let variable = |name: &str| {
        context
            .environment
            .get(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let found = variable("SLUICE_CACHE_DIR")
        .or_else(|| variable("XDG_CACHE_HOME").map(|path| path.join("sluice")))
        .or_else(|| variable("HOME").map(|path| path.join(".cache/sluice")))
        .ok_or_else(|| nowhere("SLUICE_CACHE_DIR"))?;
    absolute(found, context)
}

/// The background process works in another directory.
fn absolute(path: PathBuf, context: &Context) -> Result<PathBuf, CommandError> {
    Ok(if path.is_absolute() {
        path
    } else {
        context.current_directory()?.join(path)
    })
}

fn nowhere(variable: &str) -> CommandError {
    CommandError::new(
        ExitKind::Config,
        format!("no place for the local workspaces: set {variable}, or HOME"),
    )
}
