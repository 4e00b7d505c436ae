//! Errors of statements that the workspace finds itself, in the words of Spark.

use crate::compute::{ComputeError, StatementError};
use crate::error::ApiError;

/// The text is no statement.
pub(super) fn parse_error(message: impl Into<String>) -> StatementError {
    StatementError::new("PARSE_SYNTAX_ERROR", "42601", message)
}

/// Something that the local workspace does not do, and what to do instead.
pub(super) fn unsupported(what: &str, instead: &str) -> StatementError {
    StatementError::new(
        "UNSUPPORTED_FEATURE",
        "0A000",
        format!("the local workspace does not support {what}: {instead}"),
    )
}

/// An error of the catalog as the error of a statement.
pub(super) fn from_api(error: ApiError) -> StatementError {
    let (condition, state) = match (error.status.as_u16(), error.error_code.as_ref()) {
        (403, _) => ("INSUFFICIENT_PERMISSIONS", "42501"),
        (404, "TABLE_DOES_NOT_EXIST") => ("TABLE_OR_VIEW_NOT_FOUND", "42P01"),
        (404, "SCHEMA_DOES_NOT_EXIST") => ("SCHEMA_NOT_FOUND", "42704"),
        (404, "CATALOG_DOES_NOT_EXIST") => ("CATALOG_NOT_FOUND", "42704"),
        (404, "FUNCTION_DOES_NOT_EXIST") => ("ROUTINE_NOT_FOUND", "42883"),
        (404, "VOLUME_DOES_NOT_EXIST") => ("VOLUME_NOT_FOUND", "42704"),
        (404, "PRINCIPAL_DOES_NOT_EXIST") => ("PRINCIPAL_NOT_FOUND", "42704"),
        (409, "SCHEMA_ALREADY_EXISTS") => ("SCHEMA_ALREADY_EXISTS", "42P06"),
        (409, "TABLE_OR_VIEW_ALREADY_EXISTS") => ("TABLE_OR_VIEW_ALREADY_EXISTS", "42P07"),
        (409, "FUNCTION_ALREADY_EXISTS") => ("ROUTINE_ALREADY_EXISTS", "42723"),
        (409, _) => ("ALREADY_EXISTS", "42710"),
        (400, "SCHEMA_NOT_EMPTY") => ("SCHEMA_NOT_EMPTY", "2BP01"),
        (400 | 404, _) => ("INVALID_PARAMETER_VALUE", "22023"),
        (501, _) => ("UNSUPPORTED_FEATURE", "0A000"),
        _ => ("INTERNAL_ERROR", "XX000"),
    };
    StatementError::new(condition, state, error.message)
}

/// An error of the engine as the error of a statement.
pub(super) fn from_compute(error: ComputeError) -> StatementError {
    match error {
        ComputeError::Statement(error) => error,
        other => StatementError::new("ENGINE_UNAVAILABLE", "58000", full_text(&other)),
    }
}

/// An error with its causes.
fn full_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
