//! A receiver of webhooks: a small HTTP server that keeps what it is sent and answers what the test says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::Value;

#[derive(Clone)]
pub(crate) struct Sink {
    pub(crate) url: String,
    status: Arc<Mutex<u16>>,
    received: Arc<Mutex<Vec<Value>>>,
}

impl Sink {
    pub(crate) fn start(path: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sink = Self {
            url: format!("http://{}/{path}", listener.local_addr().unwrap()),
            status: Arc::new(Mutex::new(204)),
            received: Arc::default(),
        };
        let server = sink.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                server.serve(stream.unwrap());
            }
        });
        sink
    }

    fn serve(&self, mut stream: std::net::TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut length = 0;
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap() > 2 {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        self.received
            .lock()
            .unwrap()
            .push(serde_json::from_slice(&body).unwrap());
        let status = *self.status.lock().unwrap();
        write!(
            stream,
            "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
    }

    /// Answers this status from now on.
    pub(crate) fn answer(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    /// What came since the last time.
    pub(crate) fn take(&self) -> Vec<Value> {
        std::mem::take(&mut *self.received.lock().unwrap())
    }
}
