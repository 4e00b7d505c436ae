"""What differs from run to run has a name instead of a value: ids, times, hosts, versions. It is replaced, never removed."""

from __future__ import annotations

import json
import re
from typing import Any

# Fields whose value depends on when something happened, or which a workspace makes up.
_TIMES = re.compile(r"(^|_)(time|timestamp|at|date|etag|revision_id|last_modified|duration)$")
_TEXTS = (
    (re.compile(r"https?://127\.0\.0\.1:\d+"), "<host>"),
    (re.compile(r"(?<=/directories/)\d+"), "<folder>"),
    (re.compile(r"\b\d{4}-\d{6}-(pool-)?[0-9a-z]{8}\b"), "<cluster or pool>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<hexadecimal id>"),
    (re.compile(r"\?$"), ""),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
)
# Lists whose order means nothing: permissions and grants, in requests, answers and states.
_SETS = {"access_control_list", "acls", "changes", "__embed__", "privilege_assignments"}
_MADE_UP = {"object_id", "resource_id", "schema_id", "volume_id", "catalog_id", "metastore_id", "warehouse_numeric_id", "port", "run_id", "run_page_url"}


class Masks:
    """Replaces the ids of one program's workspace."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def add(self, value: Any, name: str) -> None:
        """An id that a workspace gave to what both programs call `name`. A name that somebody chose is no id."""
        if re.fullmatch(r"\d{5,}|[0-9a-f]{16,}|[0-9a-f-]{36}|\d{4}-\d{6}-[-0-9a-z]+", str(value)):
            self.replace(value, name)

    def replace(self, value: object, name: str) -> None:
        """Any text that this run alone has."""
        self.ids[str(value)] = f"<{name}>"
        self._pattern = re.compile("|".join(sorted(map(re.escape, self.ids), key=len, reverse=True)))

    def apply(self, value: Any, field: str = "") -> Any:
        """The value without what differs from run to run."""
        if isinstance(value, dict):
            return {self._text(key): self.apply(each, key) for key, each in value.items()}
        if isinstance(value, list) and field in _SETS:
            return sorted((self.apply(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
        if isinstance(value, list):
            return [self.apply(each, field) for each in value]
        if value is None or isinstance(value, bool):
            return value
        if _TIMES.search(field) or field in _MADE_UP:
            return f"<{field}>"
        if isinstance(value, str):
            return self._text(value)
        return self.ids.get(str(value), value)

    def _text(self, text: str) -> str:
        if self._pattern:
            text = self._pattern.sub(lambda found: self.ids[found[0]], text)
        for pattern, name in _TEXTS:
            text = pattern.sub(name, text)
        return text
