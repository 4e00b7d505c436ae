"""A reverse proxy that writes down what a program asks for."""

from __future__ import annotations

import http.client
import json
import threading
import urllib.parse
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

READING = ("GET", "HEAD", "OPTIONS")
_OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "accept-encoding"}


@dataclass(frozen=True)
class Request:
    """What was asked; the body is parsed when it is JSON."""

    method: str
    path: str
    body: Any
    status: int


class Recorder:
    """Stands before a workspace; use it in a `with` block."""

    def __init__(self, host: str):
        self.upstream = urllib.parse.urlsplit(host).netloc
        self.requests: list[Request] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.recorder = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def host(self) -> str:
        """The address that a program is given."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Recorder:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self) -> list[Request]:
        """What was asked since the last time."""
        taken, self.requests = self.requests, []
        return taken


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    recorder: Recorder

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A program that ends closes its connections."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    _connection: http.client.HTTPConnection | None = None

    def _forward(self) -> None:
        recorder = self.server.recorder
        body = self.rfile.read(int(self.headers.get("content-length") or 0)) if not self._is_chunked() else self._chunks()
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_ONE_CONNECTION}
        if self._connection is None:
            self._connection = http.client.HTTPConnection(recorder.upstream, timeout=120)
        self._connection.request(self.command, self.path, body=body or None, headers=headers)
        answer = self._connection.getresponse()
        content = answer.read()
        recorder.requests.append(Request(self.command, self.path, _parsed(body), answer.status))
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _OF_ONE_CONNECTION:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _forward  # noqa: N815

    def _is_chunked(self) -> bool:
        return self.headers.get("transfer-encoding", "").lower() == "chunked"

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def finish(self) -> None:
        super().finish()
        if self._connection is not None:
            self._connection.close()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Says nothing."""


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return f"<{len(body)} bytes>"
