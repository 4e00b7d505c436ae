//! Receives the notifications of the demo, where a company would have its chat or its ticket system, and keeps them in a file.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::de::IgnoredAny;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::error::{CommandError, ExitKind};

/// Listens on a port of this machine until it is dropped.
#[derive(Debug)]
pub(crate) struct Sink {
    file: PathBuf,
    server: JoinHandle<()>,
}

impl Sink {
    /// Starts to listen. Every notification becomes a line of the file.
    pub(crate) async fn listen(port: u16, file: PathBuf) -> Result<Self, CommandError> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
            CommandError::new(
                ExitKind::Refused,
                format!("cannot listen for notifications on port {port}: {error}"),
            )
            .hint("choose other ports with `--base-port`")
        })?;
        let kept = Arc::new(file.clone());
        let router = Router::new().route("/notifications", post(keep)).with_state(kept);
        let server = tokio::spawn(async move {
            // An error here can only mean that the runtime ends; what was not delivered stays in the ledger's outbox.
            drop(axum::serve(listener, router).await);
        });
        Ok(Self { file, server })
    }

    /// Where the notifications are kept.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// How many there are.
    pub(crate) fn received(&self) -> usize {
        std::fs::read_to_string(&self.file).map_or(0, |text| text.lines().count())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn keep(State(file): State<Arc<PathBuf>>, body: Bytes) -> Result<Json<&'static str>, StatusCode> {
    serde_json::from_slice::<IgnoredAny>(&body).map_err(|_not_json| StatusCode::BAD_REQUEST)?;
    let mut line = body.to_vec();
    line.retain(|byte| *byte != b'\n');
    line.push(b'\n');
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file.as_ref())
        .and_then(|mut file| file.write_all(&line))
        .map_err(|_disk| StatusCode::INSUFFICIENT_STORAGE)?;
    Ok(Json("kept"))
}
