"""Runs one task and writes down how it ended.

The description comes as JSON on standard input; the outcome goes to the file `result` names: `{"result": text or null,
"truncated": bool, "task_values": {...}, "error": text or null, "error_trace": text or null}`. Everything that the task
prints goes to standard output and error.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import types
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluice_driver import modes

RESULT_LIMIT = 5 * 1024 * 1024
_DRIVER = str(Path(__file__).resolve().parent)


@dataclass(frozen=True)
class Description:
    """One task as the workspace describes it."""

    kind: str
    path: str | None
    parameters: Any
    task_values: dict[str, dict[str, Any]]
    source: str
    result: str
    packages: str | None = None
    package: str | None = None
    entry_point: str | None = None


def main() -> int:
    """Runs the task on standard input; returns the process's exit code: 0 success, 1 the task failed."""
    described = Description(**json.load(sys.stdin))
    sys.stdin = open(os.devnull, encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"pyspark\.")
    if described.packages:
        # Before the runtime's own packages: what a task asks for is what it gets.
        sys.path.insert(0, described.packages)
    modes.install()
    outcome: dict[str, Any] = {"result": None, "truncated": False, "error": None, "error_trace": None}
    values: dict[str, Any] = {}
    try:
        outcome["result"], outcome["truncated"] = _run(described, values)
    except BaseException as error:  # noqa: BLE001 - whatever ends the task is its outcome
        if not _is_success(error):
            outcome["error"] = _summary(error)
            outcome["error_trace"] = _trace(error)
            print(outcome["error_trace"], file=sys.stderr)
    outcome["task_values"] = values
    Path(described.result).write_text(json.dumps(outcome), encoding="utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that the task has left behind must not keep a finished task alive.
    os._exit(0 if outcome["error"] is None else 1)


def _run(described: Description, values: dict[str, Any]) -> tuple[str | None, bool]:
    from sluice_driver import interpreter, spark
    from sluice_driver.dbutils import TaskValues
    from sluice_driver.workspace import Workspace

    workspace = Workspace(os.environ["DATABRICKS_HOST"], os.environ["DATABRICKS_TOKEN"])
    task_values = TaskValues(described.task_values)
    task_values.own = values
    services = interpreter.Services(spark.offer(), workspace, task_values)
    if described.kind == "pipeline":
        from sluice_driver import pipeline

        pipeline.run(services, described)
        return None, False
    if described.kind == "python_wheel":
        _run_package(services, described)
        return None, False
    directory = os.path.dirname(described.source + described.path)
    if os.path.isdir(directory):
        os.chdir(directory)
        sys.path.insert(0, directory)
    if described.kind == "notebook":
        notebook = interpreter.Interpreter(services, described.path, described.parameters)
        _offer_dbutils(notebook.dbutils)
        return _limited(notebook.run())
    if described.kind == "python_file":
        _run_file(services, described)
        return None, False
    raise ValueError(f"the driver runs no task of kind `{described.kind}`")


def _run_file(services: Any, described: Description) -> None:
    from sluice_driver import interpreter

    path = described.source + described.path
    code = compile(Path(path).read_bytes(), path, "exec")
    dbutils = interpreter.Interpreter(services, described.path, {}).dbutils
    _offer_dbutils(dbutils)
    module = types.ModuleType("__main__")
    module.__dict__.update(interpreter.names_of_a_task(services.spark, dbutils), __file__=path)
    sys.argv = [path, *described.parameters]
    with interpreter._main_module(module):
        exec(code, module.__dict__)


def _run_package(services: Any, described: Description) -> None:
    """Calls the entry point of an installed package; a name that its metadata does not have is a function of the package."""
    from sluice_driver import interpreter

    _offer_dbutils(interpreter.Interpreter(services, "/", {}).dbutils)
    sys.argv = [described.package, *described.parameters]
    _entry_point(described.package, described.entry_point)()


def _entry_point(package: str, name: str) -> Any:
    import importlib
    import importlib.metadata

    try:
        distribution = importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        raise ModuleNotFoundError(
            f"the package `{package}` is not installed: add its wheel to the task's `libraries` or to its environment"
        ) from None
    for entry in distribution.entry_points:
        if entry.name == name:
            return entry.load()
    module = importlib.import_module(package.replace("-", "_"))
    function = getattr(module, name, None)
    if function is None:
        offered = ", ".join(sorted(f"`{entry.name}`" for entry in distribution.entry_points)) or "none"
        raise AttributeError(f"the package `{package}` has no entry point `{name}`; its entry points: {offered}")
    return function


def _offer_dbutils(dbutils: Any) -> None:
    """Lets `from pyspark.dbutils import DBUtils` find the object."""
    module = types.ModuleType("pyspark.dbutils")
    module.DBUtils = lambda *_session: dbutils
    sys.modules["pyspark.dbutils"] = module


def _limited(result: str | None) -> tuple[str | None, bool]:
    if result is None or len(result.encode("utf-8")) <= RESULT_LIMIT:
        return result, False
    return result.encode("utf-8")[:RESULT_LIMIT].decode("utf-8", "ignore"), True


def _is_success(error: BaseException) -> bool:
    from sluice_driver.dbutils import NotebookExit

    return isinstance(error, NotebookExit) or (isinstance(error, SystemExit) and error.code in (None, 0))


def _summary(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"SystemExit: the file ended with exit code {error.code}"
    return "".join(traceback.format_exception_only(error)).strip()


def _trace(error: BaseException) -> str:
    """The traceback without the frames of this driver."""
    seen = error
    while seen is not None:
        seen.__traceback__ = _own_frames(seen.__traceback__)
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return "".join(traceback.format_exception(error)).strip()


def _own_frames(frames: types.TracebackType | None) -> types.TracebackType | None:
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(_DRIVER):
        frames = frames.tb_next
    return frames
