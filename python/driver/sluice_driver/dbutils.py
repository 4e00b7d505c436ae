"""`dbutils`: widgets, notebook, jobs.taskValues, fs and secrets. What is not here is refused by its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sluice_driver.files import FileSystem
from sluice_driver.secrets import Secrets
from sluice_driver.widgets import Widgets

TASK_VALUE_LIMIT = 48 * 1024


class NotebookExit(BaseException):
    """Ends a notebook with a value; not an `Exception`, so that `except Exception` lets it pass."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class _Offered:
    """Refuses unknown members with a message that names them."""

    _name = "dbutils"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"`{self._name}.{name}` is not offered by the local workspace")


class TaskValues(_Offered):
    """`dbutils.jobs.taskValues`: small JSON values that tasks of one run hand on."""

    _name = "dbutils.jobs.taskValues"

    def __init__(self, upstream: dict[str, dict[str, Any]]) -> None:
        self._upstream = upstream
        self.own: dict[str, Any] = {}

    def set(self, key: str, value: Any) -> None:
        """Sets a value that later tasks read under this task's key."""
        text = json.dumps(value)
        if len(text.encode("utf-8")) > TASK_VALUE_LIMIT:
            raise ValueError(f"the task value `{key}` is larger than {TASK_VALUE_LIMIT} bytes as JSON")
        self.own[str(key)] = json.loads(text)

    def get(self, taskKey: str, key: str, default: Any = None, debugValue: Any = None) -> Any:
        """Returns a value that the task `taskKey` has set, else `default`; raises when there is neither."""
        values = self._upstream.get(taskKey, {})
        if key in values:
            return values[key]
        if default is not None:
            return default
        if taskKey not in self._upstream:
            raise ValueError(f"no task named `{taskKey}` has finished in this run before this task")
        raise ValueError(f"the task `{taskKey}` has set no value `{key}`, and no default is given")


class Jobs(_Offered):
    """`dbutils.jobs`."""

    _name = "dbutils.jobs"

    def __init__(self, task_values: TaskValues) -> None:
        self.taskValues = task_values


class Notebook(_Offered):
    """`dbutils.notebook`."""

    _name = "dbutils.notebook"

    def __init__(self, run: Callable[[str, int, dict[str, str]], str | None]) -> None:
        self._run = run

    def exit(self, value: Any = "") -> None:
        """Ends the notebook; `value` becomes its result."""
        raise NotebookExit("" if value is None else str(value))

    def run(self, path: str, timeout_seconds: int = 0, arguments: dict[str, str] | None = None) -> str | None:
        """Runs another notebook with widgets and variables of its own and returns its exit value."""
        given = {str(key): str(value) for key, value in (arguments or {}).items()}
        return self._run(path, int(timeout_seconds), given)


class DBUtils(_Offered):
    """What a notebook or Python file sees as `dbutils`."""

    def __init__(self, widgets: Widgets, notebook: Notebook, jobs: Jobs, fs: FileSystem, secrets: Secrets) -> None:
        self.widgets = widgets
        self.notebook = notebook
        self.jobs = jobs
        self.fs = fs
        self.secrets = secrets
