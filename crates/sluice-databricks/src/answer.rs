//! From an error answer to an [`ApiError`]: the body comes in five shapes.

use serde_json::Value;
use sluice_wire::{Method, Response};

use crate::error::{ApiError, ApiErrorKind, OperationName};

/// Reads an error answer.
pub(crate) fn api_error(host: &str, operation: OperationName, response: &Response) -> ApiError {
    let (error_code, message, body_request_id) = read_body(response);
    let request_id = body_request_id.or_else(|| {
        ["x-request-id", "x-databricks-request-id"]
            .iter()
            .find_map(|name| response.header(name))
            .map(str::to_owned)
    });
    ApiError {
        host: host.to_owned(),
        kind: kind(&operation, response.status, &error_code),
        operation,
        status: response.status,
        error_code,
        message,
        request_id,
    }
}

/// Paths where older workspaces answer 400 instead of 404 for an unknown id, which is their only required parameter.
const GETS_BY_ID: [&str; 3] = ["clusters/get", "jobs/get", "jobs/runs/get"];

fn kind(operation: &OperationName, status: u16, error_code: &str) -> ApiErrorKind {
    match (status, error_code) {
        (401, _) => ApiErrorKind::Unauthenticated,
        (403, _) => ApiErrorKind::PermissionDenied,
        (404, _) | (400, "RESOURCE_DOES_NOT_EXIST") => ApiErrorKind::NotFound,
        (409, _) | (400, "RESOURCE_ALREADY_EXISTS" | "ALREADY_EXISTS") => ApiErrorKind::Conflict,
        (400, "INVALID_PARAMETER_VALUE")
            if operation.method == Method::Get && GETS_BY_ID.iter().any(|path| operation.path.ends_with(path)) =>
        {
            ApiErrorKind::NotFound
        }
        (429, _) => ApiErrorKind::TooManyRequests,
        (501, _) => ApiErrorKind::NotImplemented,
        (503, _) => ApiErrorKind::Unavailable,
        (500.., _) => ApiErrorKind::Server,
        _ => ApiErrorKind::Invalid,
    }
}

/// Error code, message and request id of a body.
fn read_body(response: &Response) -> (String, String, Option<String>) {
    let fallback = || format!("status {}", response.status);
    let Ok(Value::Object(fields)) = response.json() else {
        let text = String::from_utf8_lossy(&response.body);
        return read_text(&text, fallback());
    };
    let text = |name: &str| match fields.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    if let Some(detail) = text("detail").filter(|_| fields.contains_key("schemas")) {
        let code = text("scimType").or_else(|| text("status").map(|status| format!("SCIM_{status}")));
        return (code.unwrap_or_default(), detail, None);
    }
    let request_id = fields
        .get("details")
        .and_then(Value::as_array)
        .and_then(|details| details.iter().find_map(|detail| detail.get("request_id")?.as_str()))
        .map(str::to_owned);
    let message = text("message").or_else(|| text("error")).unwrap_or_else(fallback);
    (text("error_code").unwrap_or_default(), message, request_id)
}

/// `CODE: text`, an HTML page with its message in `<pre>`, or any other text.
fn read_text(text: &str, fallback: String) -> (String, String, Option<String>) {
    let text = text.trim();
    if text.is_empty() {
        return (String::new(), fallback, None);
    }
    if let Some(message) = text.split_once("<pre>").and_then(|(_, rest)| rest.split_once("</pre>")) {
        return (String::new(), message.0.trim().to_owned(), None);
    }
    let is_code = |code: &str| !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    match text.split_once(": ") {
        Some((code, message)) if is_code(code) => (code.to_owned(), message.to_owned(), None),
        _ => (String::new(), text.chars().take(500).collect(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: Method, path: &str, status: u16, body: &str) -> (ApiErrorKind, String) {
        let operation = OperationName {
            method,
            path: path.to_owned(),
            id: None,
        };
        let response = Response {
            status,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        };
        let error = api_error("https://one.test", operation, &response);
        (error.kind, error.to_string())
    }

    #[test]
    fn every_shape_of_body_is_read() {
        let message = |status, body| check(Method::Post, "/x", status, body).1;
        assert_eq!(
            message(
                409,
                r#"{"error_code": "RESOURCE_ALREADY_EXISTS", "message": "there", "details": [{"request_id": "r1"}]}"#
            ),
            "POST /x failed: there [409 RESOURCE_ALREADY_EXISTS, request r1]"
        );
        assert_eq!(
            message(400, r#"{"error_code": 1000, "message": "m"}"#),
            "POST /x failed: m [400 1000]"
        );
        assert_eq!(
            message(404, r#"{"schemas": ["e"], "detail": "no user", "status": "404"}"#),
            "POST /x failed: no user [404 SCIM_404]"
        );
        assert_eq!(message(400, r#"{"error": "old"}"#), "POST /x failed: old [400]");
        assert_eq!(
            message(400, "BAD_REQUEST: text"),
            "POST /x failed: text [400 BAD_REQUEST]"
        );
        assert_eq!(
            message(500, "<html><pre> boom </pre></html>"),
            "POST /x failed: boom [500]"
        );
        assert_eq!(message(502, ""), "POST /x failed: status 502 [502]");
        assert_eq!(
            message(401, r#"{"error_code": 401, "message": "Invalid access token."}"#),
            "https://one.test does not accept the token: Invalid access token. [401 401]"
        );
    }

    #[test]
    fn an_unknown_job_is_missing_in_both_forms() {
        let body = r#"{"error_code": "INVALID_PARAMETER_VALUE", "message": "Job 1 does not exist."}"#;
        assert_eq!(
            check(Method::Get, "/api/2.2/jobs/get", 400, body).0,
            ApiErrorKind::NotFound
        );
        assert_eq!(
            check(Method::Get, "/api/2.2/jobs/get", 404, "").0,
            ApiErrorKind::NotFound
        );
        assert_eq!(
            check(Method::Post, "/api/2.2/jobs/create", 400, body).0,
            ApiErrorKind::Invalid
        );
    }
}
