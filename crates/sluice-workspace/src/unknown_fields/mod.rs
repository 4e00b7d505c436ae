//! What requests say that the API description does not know: query parameters and fields of JSON bodies.
//!
//! A workspace ignores and counts them, as Databricks ignores them; a strict one refuses the request, naming each. The description is that of the
//! SDK (`sluice_wire`), the exceptions are data ([`exceptions`]). A request that is no described operation is not judged.

mod count;
mod exceptions;
mod find;
mod rest;

use axum::http::header;
use sluice_wire::{Operation, find_operations};

pub(crate) use count::Counts;
use find::Unknown;
pub use rest::{IGNORED_FIELDS_PATH, IgnoredField, IgnoredFields};

use crate::call::{Call, JSON_LIMIT};
use crate::error::ApiError;
use crate::module::Module;
use crate::store::Migrations;

/// The routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "unknown_fields",
            steps: &[],
        },
        routes: rest::routes,
    }
}

/// Counts what the request says in vain, or refuses it when the workspace is strict.
///
/// # Errors
/// 400 naming each unknown parameter and field, in a strict workspace.
pub(crate) async fn judge(call: &Call) -> Result<(), ApiError> {
    let operations = described(call);
    let Some(first) = operations.first() else {
        return Ok(());
    };
    let mut unknown = find::in_query(&operations, &call.query);
    if has_document(call, &operations) {
        let bytes = call.body.peek(JSON_LIMIT + 1).await;
        if bytes.len() <= JSON_LIMIT {
            unknown.extend(find::in_body(&operations, &bytes));
        }
    }
    unknown.retain(|each| !exceptions::excused(&operations, each.place, &each.path));
    if unknown.is_empty() {
        return Ok(());
    }
    if call.workspace.strict {
        return Err(refusal(first, &unknown));
    }
    call.workspace.ignored.note(first.id, &unknown);
    Ok(())
}

/// The operations that the request may be. Older versions of the jobs API take what the described one takes.
fn described(call: &Call) -> Vec<&'static Operation> {
    let found: Vec<_> = find_operations(call.method, &call.path).collect();
    let older = ["/api/2.1/jobs/", "/api/2.0/jobs/"];
    match older.iter().find_map(|version| call.path.strip_prefix(version)) {
        Some(rest) if found.is_empty() => find_operations(call.method, &format!("/api/2.2/jobs/{rest}")).collect(),
        _ => found,
    }
}

/// Whether the body is a JSON document: not the content of a file, and not a form.
fn has_document(call: &Call, operations: &[&Operation]) -> bool {
    let content_type = call
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let other = content_type.is_some_and(|value| value.starts_with("multipart/") || value.contains("octet-stream"));
    !other && !exceptions::takes_content(operations)
}

fn refusal(operation: &Operation, unknown: &[Unknown]) -> ApiError {
    let said: Vec<String> = unknown.iter().map(Unknown::to_string).collect();
    let message = format!(
        "`{}` has no {}: this workspace is strict and refuses what the API description does not know",
        operation.id,
        said.join(", no ")
    );
    let fields: Vec<&str> = unknown.iter().map(|each| each.path.as_str()).collect();
    ApiError::invalid(message)
        .with("operation_id", operation.id)
        .with("unknown", fields.join(","))
}
