//! What the installed `databricks-sdk` and `extra-operations.toml` say. Reads them; renders nothing.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::repository;

/// Everything that `python/read_sdk.py` prints.
#[derive(Deserialize)]
pub(super) struct Facts {
    /// Version of the package.
    pub(super) version: String,
    /// Operations, in no particular order.
    pub(super) operations: Vec<OperationFact>,
    /// `module.Class` to its fields: name in JSON, type in the compact form, whether required.
    pub(super) classes: BTreeMap<String, Vec<(String, String, bool)>>,
    /// `module.Enum` to its values.
    pub(super) enums: BTreeMap<String, Vec<String>>,
}

/// One operation.
#[derive(Clone, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
pub(super) struct OperationFact {
    /// Path template.
    pub(super) path: String,
    /// HTTP method, upper case.
    pub(super) method: String,
    /// `module.Service.method`.
    pub(super) id: String,
    /// Query parameters.
    pub(super) query: Vec<String>,
    /// Fields of the body.
    pub(super) body: Vec<String>,
    /// Their types in the compact form.
    #[serde(default)]
    pub(super) body_types: Vec<String>,
    /// Whether the answer comes in pages.
    #[serde(default)]
    pub(super) paged: bool,
    /// Whether a client waits for the work that it starts.
    #[serde(default)]
    pub(super) long_running: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExtraOperations {
    operation: Vec<OperationFact>,
}

/// Reads the installed package and the extra operations.
pub(super) fn read() -> Result<Facts> {
    let python = repository::dev_python();
    let script = repository::root().join("xtask/python/read_sdk.py");
    let output = Command::new(&python)
        .arg(&script)
        .output()
        .with_context(|| format!("start {} (run `make setup` first)", python.display()))?;
    if !output.status.success() {
        bail!("{}: {}", script.display(), String::from_utf8_lossy(&output.stderr));
    }
    let mut facts: Facts = serde_json::from_slice(&output.stdout).context("the output of read_sdk.py")?;
    let extra = repository::root().join("xtask/extra-operations.toml");
    let text = fs::read_to_string(&extra).with_context(|| format!("read {}", extra.display()))?;
    facts
        .operations
        .extend(toml::from_str::<ExtraOperations>(&text)?.operation);
    facts.operations.sort();
    facts.operations.dedup();
    Ok(facts)
}
