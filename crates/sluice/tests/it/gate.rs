//! A gate between the binary and the workspace: it passes requests on and ends the binary (kill -9) at a chosen one.

use std::process::Child;
use std::sync::{Arc, Mutex};

use axum::body::{Body as HttpBody, to_bytes};
use axum::extract::{Request as HttpRequest, State};
use axum::http::StatusCode;
use axum::response::Response as HttpResponse;
use sluice_databricks::{Client, ClientConfiguration};
use sluice_wire::{Body, Method, Request};

use crate::place::{Answer, Place, finish};

/// When the binary is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before the workspace gets the request.
    Before,
    /// After the workspace has done what it asks for, before its answer arrives.
    After,
}

#[derive(Default)]
struct Plot {
    /// Writing requests seen.
    seen: usize,
    /// The number of the request at which to end the binary, from 1.
    kill: Option<(usize, Moment)>,
    victim: Option<Child>,
    /// Sends Ctrl-C to the victim when a writing request with this path was done, before its answer.
    interrupt: Option<String>,
    /// Answers this status to writing requests with this path instead of passing them on.
    answer: Option<(String, u16)>,
    /// Somebody else's request, which comes before the first one with this path.
    meanwhile: Option<(String, Request)>,
}

#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) host: String,
    plot: Arc<Mutex<Plot>>,
    target: Client,
}

impl Gate {
    /// A gate in front of the place's workspace; everything passes with the engineer's token.
    pub(crate) fn new(place: &Place) -> Self {
        let configuration: ClientConfiguration = place.configuration("engineer");
        let listener = place
            .runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let gate = Self {
            host: format!("http://{}", listener.local_addr().unwrap()),
            plot: Arc::default(),
            target: Client::new(&configuration).unwrap(),
        };
        let router = axum::Router::new().fallback(pass).with_state(gate.clone());
        place
            .runtime
            .spawn(async move { axum::serve(listener, router).await.unwrap() });
        gate
    }

    /// Runs the binary and ends it at the writing request with this number. Gives back whether there was such a request.
    pub(crate) fn run_and_kill(&self, place: &Place, arguments: &[&str], number: usize, moment: Moment) -> bool {
        // The binary cannot run ahead: its first request waits for this lock.
        let mut plot = self.plot.lock().unwrap();
        let child = place.command(arguments).spawn().unwrap();
        let id = child.id();
        *plot = Plot {
            kill: Some((number, moment)),
            victim: Some(child),
            ..Plot::default()
        };
        drop(plot);
        wait_for_end(id);
        let mut victim = self.plot.lock().unwrap().victim.take().unwrap();
        victim.wait().unwrap().code().is_none()
    }

    /// Runs the binary and presses Ctrl-C while it waits for the answer to the writing request with this path.
    pub(crate) fn run_and_interrupt(&self, place: &Place, arguments: &[&str], path: &str) -> Answer {
        let mut plot = self.plot.lock().unwrap();
        let child = place.command(arguments).spawn().unwrap();
        let id = child.id();
        *plot = Plot {
            victim: Some(child),
            interrupt: Some(path.to_owned()),
            ..Plot::default()
        };
        drop(plot);
        wait_for_end(id);
        let victim = self.plot.lock().unwrap().victim.take().unwrap();
        finish(victim)
    }

    /// Answers this status to writing requests with this path, from now on; with `None` everything passes.
    pub(crate) fn fail(&self, path: Option<&str>, status: u16) {
        *self.plot.lock().unwrap() = Plot {
            answer: path.map(|path| (path.to_owned(), status)),
            ..Plot::default()
        };
    }
}

impl Gate {
    /// Somebody else does this, right before the first request with this path arrives.
    pub(crate) fn meanwhile(&self, path: &str, request: Request) {
        *self.plot.lock().unwrap() = Plot {
            meanwhile: Some((path.to_owned(), request)),
            ..Plot::default()
        };
    }

    async fn somebody_else(&self, path: &str) {
        let request = {
            let mut plot = self.plot.lock().unwrap();
            plot.meanwhile.take_if(|(at, _)| at == path)
        };
        if let Some((_, request)) = request {
            let done = self.target.exchange(&request, false).await.unwrap();
            assert!(done.status < 300, "{done:?}");
        }
    }
}

/// Waits until a child has ended, without taking its exit status.
fn wait_for_end(id: u32) {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let pid = Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
}

async fn pass(State(gate): State<Gate>, request: HttpRequest) -> HttpResponse {
    let writes = request.method() != axum::http::Method::GET;
    let (number, kill, answer) = {
        let mut plot = gate.plot.lock().unwrap();
        plot.seen += usize::from(writes);
        (plot.seen, plot.kill, plot.answer.clone())
    };
    let moment = kill.filter(|(at, _)| writes && *at == number).map(|(_, moment)| moment);
    if moment == Some(Moment::Before) {
        gate.kill();
        return reply(503, Vec::new());
    }
    if let Some((_, status)) = answer.filter(|(path, _)| writes && path == request.uri().path()) {
        return reply(
            status,
            br#"{"error_code": "BROKEN", "message": "broken on purpose"}"#.to_vec(),
        );
    }
    let path = request.uri().path().to_owned();
    gate.somebody_else(&path).await;
    let response = gate.target.exchange(&convert(request).await, false).await.unwrap();
    if moment == Some(Moment::After) {
        gate.kill();
    }
    if writes {
        gate.interrupt(&path);
    }
    reply(response.status, response.body)
}

impl Gate {
    fn kill(&self) {
        if let Some(child) = &mut self.plot.lock().unwrap().victim {
            child.kill().unwrap();
        }
    }

    fn interrupt(&self, path: &str) {
        let plot = self.plot.lock().unwrap();
        if let (Some(wanted), Some(child)) = (&plot.interrupt, &plot.victim)
            && wanted == path
        {
            let pid = rustix::process::Pid::from_child(child);
            rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        }
    }
}

fn reply(status: u16, body: Vec<u8>) -> HttpResponse {
    let mut response = HttpResponse::new(HttpBody::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

async fn convert(request: HttpRequest) -> Request {
    let method = match request.method().as_str() {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        other => panic!("{other}"),
    };
    let mut converted = Request::new(method, request.uri().path());
    for pair in request
        .uri()
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
    {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        converted = converted.query(&decode(name), decode(value));
    }
    let json = request
        .headers()
        .get("content-type")
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
    converted.body = match (json, body.is_empty()) {
        (true, _) => Body::Json(serde_json::from_slice(&body).unwrap()),
        (false, true) => Body::None,
        (false, false) => Body::Bytes(body.to_vec()),
    };
    converted
}

/// Undoes percent encoding and `+` of a query.
fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                let digits = std::str::from_utf8(&digits).unwrap();
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).unwrap()
}
