//! Requests that nobody means well: every route of the workspace's own table gets paths that climb, and bodies that are broken or too large.
//!
//! Whatever is refused is refused with 4xx (or 501 by name), never with an error inside, and nothing outside of the workspace is read.

use std::sync::Arc;

use serde_json::json;
use sluice_workspace::Access;
use sluice_workspace::route::Route;

use crate::support::{Answer, Client, Environment};

/// Values of path parameters that lead elsewhere, or would if they were put together without looking.
const CLIMBING: [&str; 9] = [
    "..",
    "..%2F..%2F..%2F..%2F..%2F..%2Fetc%2Fpasswd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "a%2F..%2F..%2F..%2Fcanary",
    "%2Fetc%2Fpasswd",
    "a%00b",
    "a%0d%0ax-injected:%201",
    "%ff%fe",
    "'%20OR%201=1%20--",
];

/// Bodies that are not what an operation takes.
const BROKEN: [&[u8]; 8] = [
    b"{",
    b"[]",
    b"\"text\"",
    b"1e400",
    b"\xff\xfe",
    b"{\"name\": {\"a\": [1]}, \"path\": 7, \"id\": [], \"settings\": \"x\", \"url\": {}, \"access_control_list\": {}}",
    b"{\"name\": \"\\u0000\", \"path\": \"/../../etc/passwd\", \"comment\": null}",
    b"{\"name\": \"a\", \"name\": \"b\"}",
];

fn routes() -> Vec<Route> {
    let modules = sluice_workspace::modules();
    modules.iter().flat_map(|module| (module.routes)()).collect()
}

/// The path of a template with each parameter replaced.
fn path(template: &str, value: &str) -> String {
    let segment = |segment: &str| {
        let (before, rest) = segment.split_once('{')?;
        let (_, after) = rest.split_once('}')?;
        Some(format!("{before}{value}{after}"))
    };
    let segments = template
        .split('/')
        .map(|part| segment(part).unwrap_or_else(|| part.to_owned()));
    segments.collect::<Vec<_>>().join("/")
}

/// Why an answer is not how a request that nobody means well is answered; none when it is.
fn fault(answer: &Answer) -> Option<String> {
    let text = String::from_utf8_lossy(&answer.bytes);
    if text.contains("canary-content") || text.contains("root:x:0:0") {
        return Some(format!("gives away what is outside: {text}"));
    }
    if answer.headers.contains_key("x-injected") {
        return Some("lets a header be injected".to_owned());
    }
    let inside = answer.status >= 500 && answer.status != 501;
    inside.then(|| format!("{} {text}", answer.status))
}

async fn send(client: &Client, method: &str, path: &str, body: &[u8]) -> Answer {
    let request = client.request(method, path).header("content-type", "application/json");
    client.send(request.body(body.to_vec())).await
}

#[tokio::test]
async fn no_path_parameter_leads_out_or_breaks_anything() {
    let environment = Environment::start_with_faults().await;
    std::fs::write(environment.directory.path().join("canary"), "canary-content").unwrap();
    std::fs::write(environment.directory.path().join("workspaces/canary"), "canary-content").unwrap();
    let admin = environment.client("admin");
    let (mut wrong, mut sent) = (Vec::new(), 0);
    for route in routes().iter().filter(|route| route.template.contains('{')) {
        for value in CLIMBING {
            let path = path(route.template, value);
            let answer = admin.raw(route.method.as_str(), &path, b"{}").await;
            sent += 1;
            if let Some(fault) = fault(&answer) {
                wrong.push(format!("{} {path}: {fault}", route.method));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {sent}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sent > 1000, "{sent} requests");
}

#[tokio::test]
async fn no_broken_body_is_an_error_inside() {
    let environment = Environment::start_with_faults().await;
    let admin = environment.client("admin");
    let mut wrong = Vec::new();
    for route in routes().iter().filter(|route| writes(route)) {
        let path = path(route.template, "0");
        for body in BROKEN {
            let answer = send(&admin, route.method.as_str(), &path, body).await;
            if let Some(fault) = fault(&answer) {
                let body = String::from_utf8_lossy(body);
                wrong.push(format!("{} {path} {body}: {fault}", route.method));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn writes(route: &Route) -> bool {
    ["POST", "PUT", "PATCH"].contains(&route.method.as_str()) && route.access != Access::Internal
}

#[tokio::test]
async fn no_body_that_is_too_large_is_read_to_its_end() {
    let environment = Environment::start_with_faults().await;
    let admin = environment.client("admin");
    // A string that a JSON reader would have to keep, just larger than any document may be.
    let size = sluice_workspace::call::JSON_LIMIT + 1;
    let body = Arc::new(json!({ "name": "a".repeat(size) }).to_string().into_bytes());
    let mut wrong = Vec::new();
    // Raw files may be that large, and have tests of their own.
    let takes_files = |template: &str| template.contains("/fs/") || template.contains("import-file");
    for route in routes()
        .iter()
        .filter(|route| writes(route) && !takes_files(route.template))
    {
        let path = path(route.template, "0");
        let answer = send(&admin, route.method.as_str(), &path, &body).await;
        let refused = (400..500).contains(&answer.status) || answer.status == 501;
        // An operation that takes no body does not look at one.
        let ignored = answer.status == 200 && route.template.ends_with("/start");
        if !refused && !ignored {
            wrong.push(format!("{} {path}: {}", route.method, answer.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
