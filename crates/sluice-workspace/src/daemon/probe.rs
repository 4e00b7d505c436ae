//! Asks a workspace whether it answers: one request on one connection, no client needed.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Host;

const PATIENCE: Duration = Duration::from_secs(5);

/// Whether this host is the workspace that it should be.
pub(super) async fn answers(host: &Host) -> bool {
    let asked = tokio::time::timeout(PATIENCE, ask(&host.host)).await;
    let Ok(Ok(answer)) = asked else {
        return false;
    };
    let name = format!("x-sluice-local: {}\r\n", host.workspace);
    answer.starts_with("HTTP/1.1 200 ") && answer.to_ascii_lowercase().contains(&name)
}

async fn ask(host: &str) -> std::io::Result<String> {
    let address = host.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await?;
    let request =
        format!("GET /.well-known/databricks-config HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
