//! What a deployment can go back to, and what came of going back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What an environment held of a product before a deployment changed anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    /// Its tables, sorted by name.
    pub tables: Vec<TablePin>,
    /// Remote ids of its resources by key.
    pub ids: BTreeMap<String, String>,
}

/// One table as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TablePin {
    /// Full name.
    pub table: String,
    /// Identity in Unity Catalog: a table that was dropped and made again has another one.
    pub table_id: String,
    /// Version of its Delta log.
    pub version: i64,
}

/// The way back of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// The deployment whose content comes back.
    pub to: String,
    /// Why.
    pub because: Vec<String>,
    /// What is as it was, one line each.
    pub restored: Vec<String>,
    /// Resources that are as they were but have a new identity, one line each.
    pub recreated: Vec<String>,
    /// What cannot come back, one line each.
    pub not_restorable: Vec<String>,
    /// What somebody has to do, one line each.
    pub needs_human: Vec<String>,
}
