//! Runs the program of the `databricks-bundles` package that a bundle brings resources from.
//!
//! It is started as `python -m databricks.bundles.build --phase … --input … --output … --diagnostics … --locations …` in the bundle's directory: the
//! configuration goes in and comes out as JSON, findings and places are lines of JSON. The package belongs to whoever writes the bundle.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use serde::Deserialize;
use sluice_bundle::language::{PythonAnswer, PythonCall};
use sluice_databricks::Client;
use sluice_model::{Diagnostic, Location, Tree};
use tokio::process::Command;

/// Lines of a failed run that its error shows.
const LAST_LINES: usize = 20;

/// The program could not be run, or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum PythonError {
    /// The virtual environment has no interpreter.
    #[error("`python.venv_path` names `{}`, which is no virtual environment: there is no `bin/python3` in it", path.display())]
    NoEnvironment {
        /// The directory.
        path: PathBuf,
    },
    /// It does not start, or its files cannot be written or read.
    #[error("cannot run `{}` for the bundle's Python functions", interpreter.display())]
    Run {
        /// The interpreter.
        interpreter: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It ended with an error and without a finding.
    #[error("the Python functions of the bundle failed: `{} -m databricks.bundles.build` ended with {status}{}", interpreter.display(), shown(lines))]
    Failed {
        /// The interpreter.
        interpreter: PathBuf,
        /// How it ended.
        status: std::process::ExitStatus,
        /// The end of what it wrote.
        lines: Vec<String>,
    },
    /// What it gave back is no JSON.
    #[error("`{} -m databricks.bundles.build` gave back a file that cannot be read", interpreter.display())]
    Unreadable {
        /// The interpreter.
        interpreter: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

fn shown(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("\n  {line}")).collect();
    lines.concat()
}

/// One line of the file of findings.
#[derive(Deserialize)]
struct Finding {
    severity: String,
    summary: String,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    location: Option<Place>,
}

/// Where something stands, beside a finding or alone.
#[derive(Deserialize)]
struct Place {
    #[serde(default)]
    path: String,
    file: String,
    line: u32,
    #[serde(default)]
    column: u32,
}

impl Place {
    fn location(&self) -> Location {
        Location {
            file: Arc::from(self.file.as_str()),
            line: self.line,
            column: self.column,
        }
    }
}

/// Runs a phase.
///
/// # Errors
/// When it cannot be run, or fails without a finding.
pub(crate) async fn run(root: &Path, call: &PythonCall, client: Option<&Client>) -> Result<PythonAnswer, PythonError> {
    let interpreter = interpreter(root, call.venv_path.as_deref())?;
    let failed = |source| PythonError::Run {
        interpreter: interpreter.clone(),
        source,
    };
    let directory = tempfile::tempdir().map_err(failed)?;
    let file = |name: &str| directory.path().join(name);
    std::fs::write(file("input.json"), &call.input).map_err(failed)?;
    let mut command = Command::new(&interpreter);
    command
        .args(["-m", "databricks.bundles.build", "--phase", &call.phase])
        .current_dir(root)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    for name in ["input", "output", "diagnostics", "locations"] {
        command.arg(format!("--{name}")).arg(file(&format!("{name}.json")));
    }
    if let Some(client) = client {
        command
            .env("DATABRICKS_HOST", client.host().to_string())
            .env("DATABRICKS_TOKEN", client.token().expose())
            .env("DATABRICKS_AUTH_TYPE", "pat");
    }
    let ended = command.output().await.map_err(failed)?;
    let unreadable = |source| PythonError::Unreadable {
        interpreter: interpreter.clone(),
        source,
    };
    let findings: Vec<Finding> = lines(&file("diagnostics.json")).map_err(unreadable)?;
    let findings: Vec<Diagnostic> = findings.into_iter().map(diagnostic).collect();
    let places: Vec<Place> = lines(&file("locations.json")).map_err(unreadable)?;
    let locations: BTreeMap<String, Location> = places
        .into_iter()
        .map(|place| (place.path.clone(), place.location()))
        .collect();
    if !ended.status.success() {
        if findings.iter().any(Diagnostic::is_error) {
            return Ok(PythonAnswer {
                output: None,
                findings,
                locations,
            });
        }
        let written = [ended.stdout, ended.stderr].concat();
        let written = String::from_utf8_lossy(&written).into_owned();
        let lines: Vec<String> = written.lines().map(str::to_owned).collect();
        return Err(PythonError::Failed {
            interpreter,
            status: ended.status,
            lines: lines[lines.len().saturating_sub(LAST_LINES)..].to_vec(),
        });
    }
    let output = std::fs::read_to_string(file("output.json")).map_err(failed)?;
    Ok(PythonAnswer {
        output: Some(Tree::from_json(&serde_json::from_str(&output).map_err(unreadable)?)),
        findings,
        locations,
    })
}

fn interpreter(root: &Path, venv_path: Option<&str>) -> Result<PathBuf, PythonError> {
    match venv_path.filter(|path| !path.is_empty()) {
        None => Ok(PathBuf::from("python3")),
        Some(path) => {
            let path = root.join(path);
            let interpreter = path.join("bin/python3");
            if interpreter.is_file() {
                Ok(std::path::absolute(&interpreter).unwrap_or(interpreter))
            } else {
                Err(PythonError::NoEnvironment { path })
            }
        }
    }
}

fn diagnostic(finding: Finding) -> Diagnostic {
    let mut diagnostic = match finding.severity.as_str() {
        "warning" => Diagnostic::warning(finding.summary),
        "recommendation" => Diagnostic::recommendation(finding.summary),
        _ => Diagnostic::error(finding.summary),
    };
    if let Some(path) = finding.path.filter(|path| !path.is_empty()) {
        diagnostic = diagnostic.path(sluice_model::TreePath::keys(path.split('.')));
    }
    if let Some(place) = finding.location {
        diagnostic = diagnostic.location(place.location());
    }
    if let Some(detail) = finding.detail.filter(|detail| !detail.is_empty()) {
        diagnostic = diagnostic.help(detail.trim_end());
    }
    diagnostic
}

/// The lines of a file as JSON; none when there is no file.
fn lines<Line: for<'de> Deserialize<'de>>(path: &Path) -> Result<Vec<Line>, serde_json::Error> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(serde_json::from_str)
        .collect()
}
