//! The lines between this process and its Python processes; the other side is `python/engine/channel.py`.

use serde::{Deserialize, Serialize};

/// A name under which a Delta directory is registered in a session before a statement runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Binding {
    /// The name, which nobody can guess.
    pub name: String,
    /// The directory.
    pub location: String,
}

/// A statement for the engine: checked and rewritten, only paths and bound names in it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EngineStatement {
    /// SQL text.
    pub sql: String,
    /// What the text inserts into.
    pub bindings: Vec<Binding>,
    /// The Spark session of a task, whose temporary views the statement may use; without, a session of its own.
    pub session_id: Option<String>,
    /// Whether it is a query, whose rows may be cut.
    pub query: bool,
    /// The largest number of rows to return.
    pub row_limit: Option<usize>,
    /// Whether only the columns are wanted; a query is then not executed.
    pub schema_only: bool,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type as the statement API names it: `LONG`, `DECIMAL`, `STRUCT`.
    pub type_name: String,
    /// The type as SQL writes it: `BIGINT`, `DECIMAL(10,2)`.
    pub type_text: String,
    /// Digits of a decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_precision: Option<u32>,
    /// Digits after the point of a decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_scale: Option<u32>,
    /// Whether it may be NULL.
    #[serde(default, skip_serializing)]
    pub nullable: bool,
}

impl Column {
    /// A column of a statement that the workspace answers itself.
    #[must_use]
    pub fn new(name: &str, type_text: &str) -> Self {
        let type_name = match type_text {
            "BIGINT" => "LONG",
            other => other,
        };
        Self {
            name: name.to_owned(),
            type_name: type_name.to_owned(),
            type_text: type_text.to_owned(),
            type_precision: None,
            type_scale: None,
            nullable: true,
        }
    }
}

/// Rows of text, as the statement API prints values; `None` is NULL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Rows {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Vec<Option<String>>>,
    /// Whether there were more rows than asked for.
    #[serde(default)]
    pub truncated: bool,
}

/// An error of a statement, as Spark describes errors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct StatementError {
    /// The exception's class, such as `AnalysisException`.
    pub class: String,
    /// The error condition, such as `TABLE_OR_VIEW_NOT_FOUND`.
    pub condition: Option<String>,
    /// What happened.
    pub message: String,
    /// Five characters of the SQL standard.
    pub sql_state: Option<String>,
}

impl StatementError {
    /// An error that the workspace found itself.
    #[must_use]
    pub fn new(condition: &str, sql_state: &str, message: impl Into<String>) -> Self {
        Self {
            class: "AnalysisException".to_owned(),
            condition: Some(condition.to_owned()),
            message: message.into(),
            sql_state: Some(sql_state.to_owned()),
        }
    }
}

/// What goes to the engine.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ToEngine<'a> {
    Execute {
        id: u64,
        #[serde(flatten)]
        statement: &'a EngineStatement,
    },
    Encode {
        id: u64,
        columns: &'a [Column],
        rows: &'a [Vec<Option<String>>],
    },
    Cancel {
        id: u64,
    },
    Decision {
        id: u64,
        #[serde(flatten)]
        outcome: Decision,
    },
}

/// What the workspace says about a question.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Decision {
    Result(serde_json::Value),
    Error(StatementError),
}

/// What comes from the engine.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FromEngine {
    Ready {
        gateway_port: u16,
        engine_port: u16,
    },
    Result {
        id: u64,
        #[serde(flatten)]
        rows: Rows,
    },
    Encoded {
        id: u64,
        /// Bytes in base64.
        data: String,
    },
    Failed {
        id: u64,
        error: StatementError,
    },
    Ask {
        id: u64,
        token: String,
        request: serde_json::Value,
    },
}
