//! The client against a real server: authentication, retries, pages, errors.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap as Headers, Method as HttpMethod, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response as HttpResponse};
use sluice_model::Secret;

use super::*;
use crate::error::ApiErrorKind;

/// What the server answers to one request.
#[derive(Clone, Copy)]
enum Script {
    Answer(u16, &'static str),
    /// Takes the request and closes the connection.
    HangUp,
}

#[derive(Clone, Default)]
struct Server {
    script: Arc<Mutex<VecDeque<Script>>>,
    seen: Arc<Mutex<Vec<String>>>,
}

async fn answer(State(server): State<Server>, method: HttpMethod, uri: Uri, headers: Headers) -> HttpResponse {
    let agent = headers["user-agent"].to_str().unwrap();
    let agent = agent.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let token = headers["authorization"].to_str().unwrap();
    server
        .seen
        .lock()
        .unwrap()
        .push(format!("{method} {uri} {agent} {token}"));
    let next = server.script.lock().unwrap().pop_front().unwrap();
    match next {
        Script::Answer(status, body) => {
            (StatusCode::from_u16(status).unwrap(), [("retry-after", "0")], body).into_response()
        }
        // A body that fails ends the connection before the answer is complete.
        Script::HangUp => axum::body::Body::from_stream(futures::stream::once(async {
            Err::<bytes::Bytes, _>(std::io::Error::other("gone"))
        }))
        .into_response(),
    }
}

/// Starts a server with this script; returns a client for it and what it saw.
async fn server(script: &[Script]) -> (Client, Server) {
    let server = Server::default();
    server.script.lock().unwrap().extend(script);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().fallback(answer).with_state(server.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (client(&format!("http://{address}")), server)
}

fn client(host: &str) -> Client {
    let policy = RetryPolicy {
        budget: Duration::from_secs(20),
        first_pause: Duration::ZERO,
        longest_pause: Duration::ZERO,
    };
    let token = Secret::new("dapi-canary".to_owned());
    let configuration = ClientConfiguration::new(host.parse().unwrap(), token);
    Client::with_policy(&configuration, policy).unwrap()
}

fn get() -> Request {
    Request::new(Method::Get, "/api/2.0/x").query("a b", "ü")
}

fn post() -> Request {
    Request::new(Method::Post, "/api/2.0/x").json(serde_json::json!({"a": 1}))
}

#[tokio::test]
async fn requests_carry_token_agent_and_query() {
    let (client, server) = server(&[Script::Answer(200, r#"{"ok": true}"#)]).await;
    let value: serde_json::Value = client.fetch(&get()).await.unwrap();
    assert_eq!(value, serde_json::json!({"ok": true}));
    assert_eq!(
        *server.seen.lock().unwrap(),
        ["GET /api/2.0/x?a+b=%C3%BC sluice/VERSION Bearer dapi-canary"]
    );
}

#[tokio::test]
async fn busy_answers_are_waited_out() {
    let (client, server) = server(&[
        Script::Answer(429, ""),
        Script::Answer(503, ""),
        Script::Answer(200, "{}"),
        Script::Answer(429, ""),
        Script::Answer(200, "{}"),
    ])
    .await;
    client.send(&get()).await.unwrap();
    client.send(&post()).await.unwrap();
    assert_eq!(server.seen.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn a_post_that_may_have_taken_effect_is_never_repeated() {
    for script in [Script::HangUp, Script::Answer(503, "")] {
        let (client, server) = server(&[script]).await;
        let error = client.send(&post()).await.unwrap_err();
        assert!(matches!(error, ClientError::Unanswered { .. }), "{error}");
        assert!(error.outcome_unknown());
        assert_eq!(server.seen.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_lost_connection_is_tried_again_when_that_is_safe() {
    let (client, server) = server(&[
        Script::HangUp,
        Script::Answer(200, ""),
        Script::HangUp,
        Script::Answer(200, ""),
    ])
    .await;
    client.send(&get()).await.unwrap();
    client.send_repeatable(&post()).await.unwrap();
    assert_eq!(server.seen.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn the_budget_ends_the_repetition() {
    let (mut client, server) = server(&[Script::Answer(429, "slow down")]).await;
    client.policy.budget = Duration::ZERO;
    let error = client.send(&get()).await.unwrap_err();
    assert_eq!(error.api().unwrap().kind, ApiErrorKind::TooManyRequests);
    assert_eq!(server.seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn who_gave_no_answer_in_time_is_asked_once_until_there_is_one() {
    for gone in [Script::HangUp, Script::Answer(503, "")] {
        let (mut client, server) = server(&[gone, gone, Script::Answer(200, ""), gone, Script::Answer(200, "")]).await;
        let patient = client.clone();
        client.policy.budget = Duration::ZERO;
        client.send(&get()).await.unwrap_err();
        // Another client of the same workspace knows it, too.
        patient.send(&get()).await.unwrap_err();
        assert_eq!(server.seen.lock().unwrap().len(), 2);
        patient.send(&get()).await.unwrap();
        patient.send(&get()).await.unwrap();
        assert_eq!(server.seen.lock().unwrap().len(), 5);
    }
}

#[tokio::test]
async fn errors_never_show_the_token() {
    let (client, _server) = server(&[Script::Answer(401, r#"{"message": "Invalid access token."}"#)]).await;
    let error = client.send(&get()).await.unwrap_err();
    assert_eq!(error.api().unwrap().kind, ApiErrorKind::Unauthenticated);
    let shown = format!("{error} {error:?} {client:?}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[tokio::test]
async fn a_local_workspace_that_is_not_there_is_named_at_once() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let error = client(&host).send(&get()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("workspace not running at {host}; start it with `sluice workspace up`")
    );
}

#[tokio::test]
async fn pages_are_followed_and_a_loop_is_noticed() {
    let (client, server) = server(&[
        Script::Answer(200, r#"{"items": [1], "next_page_token": "a"}"#),
        Script::Answer(200, r#"{"next_page_token": "b"}"#),
        Script::Answer(200, r#"{"items": [2, 3]}"#),
    ])
    .await;
    let request = Request::new(Method::Get, "/list");
    assert_eq!(client.pages(&request, "items").await.unwrap(), [1, 2, 3]);
    server
        .script
        .lock()
        .unwrap()
        .extend([Script::Answer(200, r#"{"next_page_token": "a"}"#); 2]);
    let error = client.pages(&request, "items").await.unwrap_err();
    assert!(matches!(error, ClientError::EndlessPages { .. }), "{error}");
}
