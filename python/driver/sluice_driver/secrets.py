"""`dbutils.secrets`: values that the task's principal may read.

The workspace blots what was read here out of everything that the task leaves behind.
"""

from __future__ import annotations

import base64
from collections import namedtuple
from typing import Any

from sluice_driver.workspace import Workspace

SecretScope = namedtuple("SecretScope", ["name"])
SecretMetadata = namedtuple("SecretMetadata", ["key"])
_SECRETS = "/api/2.0/secrets"


class Secrets:
    """`dbutils.secrets`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def get(self, scope: str, key: str) -> str:
        """Returns a secret as text; raises `WorkspaceError` when it is missing or not readable."""
        return self.getBytes(scope, key).decode("utf-8")

    def getBytes(self, scope: str, key: str) -> bytes:
        """Returns the bytes of a secret."""
        answer = self._workspace.json("GET", f"{_SECRETS}/get", {"scope": scope, "key": key})
        return base64.b64decode(answer["value"])

    def list(self, scope: str) -> list[SecretMetadata]:
        """Lists the keys of a scope."""
        answer = self._workspace.json("GET", f"{_SECRETS}/list", {"scope": scope})
        return [SecretMetadata(each["key"]) for each in answer.get("secrets", [])]

    def listScopes(self) -> list[SecretScope]:
        """Lists the scopes that the principal may read."""
        answer = self._workspace.json("GET", f"{_SECRETS}/scopes/list")
        return [SecretScope(each["name"]) for each in answer.get("scopes", [])]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"`dbutils.secrets.{name}` is not offered by the local workspace")
