//! The engineer of the demo: a program that builds the product in dev with Databricks' own client for Python.

use std::ffi::OsString;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::demo::player::ENGINEER;
use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::{CommandError, ExitKind};

static PROGRAM: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../demo/engineer");
/// The client and what it needs, each file with its digest.
const LOCK: &str = include_str!("../../../../python/demo/requirements.txt");

/// What the program made.
#[derive(Deserialize)]
struct Built {
    folder: String,
    job_id: i64,
    run_id: i64,
    space_id: String,
}

/// Builds the product in dev, or goes on where an earlier run stopped.
pub(crate) async fn build(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    let cache = setting.cache();
    let remote = |error| CommandError::from_error(ExitKind::Remote, &error as &_);
    let environment = sluice_workspace::compute::environment::ensure(cache)
        .await
        .map_err(remote)?;
    let client = sluice_workspace::compute::environment::ensure_packages(cache, LOCK)
        .await
        .map_err(remote)?;
    let place = setting.directory().join("engineer");
    std::fs::create_dir_all(&place)
        .and_then(|()| PROGRAM.extract(&place))
        .map_err(|error| {
            let message = format!("cannot write the engineer's files to `{}`: {error}", place.display());
            CommandError::new(ExitKind::Internal, message)
        })?;
    let arguments: [OsString; 3] = [
        place.join("build.py").into(),
        "--sources".into(),
        place.join("src").into(),
    ];
    let said = setting
        .player()
        .python(ENGINEER.at("dev"), &environment.python, &client, &place, &arguments)
        .await?;
    let built: Built = serde_json::from_str(&said).map_err(|error| {
        let message = format!("the answer of the engineer's program has another shape than expected: {error}");
        CommandError::new(ExitKind::Internal, message)
    })?;
    let host = setting.host("dev");
    Ok(vec![
        Evidence::new(
            "tables, a view, a masked column, a key, tags and grants, with SQL",
            format!("{host}/explore/data/dev"),
        ),
        Evidence::new("notebooks, SQL and Python files", built.folder),
        Evidence::new(
            format!("job {}, run {} ended with SUCCESS", built.job_id, built.run_id),
            format!("{host}/jobs/{}", built.job_id),
        ),
        Evidence::new(
            "a Genie space with sample questions",
            format!("{host}/genie/rooms/{}", built.space_id),
        ),
    ])
}
