"""The workspace's REST API as far as a task needs it: notebook sources and the files of volumes.

Uses the task's own token, so every call is checked against the principal that the job runs as.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit


class WorkspaceError(Exception):
    """The workspace refused a call; `status` is the HTTP status, `code` its error code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code


@dataclass(frozen=True)
class NotebookSource:
    """The text of a notebook and its default language (`PYTHON`, `SQL`, ...)."""

    path: str
    language: str
    text: str


class Workspace:
    """A client for one workspace and one token."""

    def __init__(self, host: str, token: str) -> None:
        self._address = urlsplit(host)
        self._token = token

    def call(
        self, method: str, path: str, query: dict[str, str] | None = None, body: bytes | None = None
    ) -> tuple[bytes, http.client.HTTPMessage]:
        """Sends one request and returns body and headers; raises `WorkspaceError` for any status but 2xx."""
        target = quote(path) + (f"?{urlencode(query)}" if query else "")
        connection = http.client.HTTPConnection(self._address.hostname or "", self._address.port, timeout=600)
        try:
            headers = {"Authorization": f"Bearer {self._token}"}
            if body is not None:
                headers["Content-Type"] = "application/octet-stream"
            connection.request(method, target, body=body, headers=headers)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if not 200 <= response.status < 300:
            raise _refusal(response.status, answer)
        return answer, response.headers

    def json(self, method: str, path: str, query: dict[str, str] | None = None) -> dict[str, Any]:
        """Sends one request and returns its JSON answer."""
        answer, _ = self.call(method, path, query)
        return json.loads(answer) if answer else {}

    def notebook(self, path: str) -> NotebookSource:
        """Reads a notebook's source; raises `WorkspaceError` when `path` is missing, no notebook, or not readable."""
        status = self.json("GET", "/api/2.0/workspace/get-status", {"path": path})
        if status.get("object_type") != "NOTEBOOK":
            kind = str(status.get("object_type", "object")).lower()
            raise WorkspaceError(400, "INVALID_PARAMETER_VALUE", f"`{path}` is a {kind}, not a notebook")
        text, _ = self.call(
            "GET",
            "/api/2.0/workspace/export",
            {"path": path, "format": "SOURCE", "direct_download": "true"},
        )
        return NotebookSource(path, str(status.get("language", "")), text.decode("utf-8"))


def _refusal(status: int, answer: bytes) -> WorkspaceError:
    try:
        body = json.loads(answer)
        return WorkspaceError(status, str(body.get("error_code", status)), str(body.get("message", "")))
    except (ValueError, AttributeError):
        return WorkspaceError(status, str(status), answer.decode("utf-8", "replace")[:500])
