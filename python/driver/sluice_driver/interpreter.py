"""Runs the cells of one notebook in one namespace.

`%run` goes on in the same namespace, `dbutils.notebook.run` in a new one. Start at `Interpreter.run`.
"""

from __future__ import annotations

import ast
import builtins
import linecache
import posixpath
import signal
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sluice_driver import display as display_module
from sluice_driver import notebook, statements, widgets
from sluice_driver.dbutils import DBUtils, Jobs, Notebook, NotebookExit, TaskValues
from sluice_driver.files import FileSystem
from sluice_driver.secrets import Secrets
from sluice_driver.widgets import Widgets
from sluice_driver.workspace import Workspace

NESTING_LIMIT = 16


class Services:
    """What all notebooks of one task share."""

    def __init__(self, spark: Any, workspace: Workspace, task_values: TaskValues) -> None:
        self.spark = spark
        self.workspace = workspace
        self.task_values = task_values
        self.depth = 0


class Interpreter:
    """One notebook with its widgets and variables."""

    def __init__(self, services: Services, path: str, given: dict[str, str]) -> None:
        self._services = services
        self._path = path
        self.widgets = Widgets(given)
        self.dbutils = DBUtils(
            self.widgets,
            Notebook(self._run_child),
            Jobs(services.task_values),
            FileSystem(services.workspace),
            Secrets(services.workspace),
        )
        self._main = types.ModuleType("__main__")
        self._main.__dict__.update(names_of_a_task(services.spark, self.dbutils))

    def run(self) -> str | None:
        """Runs all cells; returns the value of `dbutils.notebook.exit`, or None when the last cell ends."""
        with _main_module(self._main):
            try:
                self._run_notebook(self._path)
            except NotebookExit as end:
                return end.value
        return None

    def _run_notebook(self, path: str) -> None:
        if self._services.depth >= NESTING_LIMIT:
            raise notebook.NotebookError(f"notebook `{path}`: notebooks are nested more than {NESTING_LIMIT} deep")
        source = self._services.workspace.notebook(path)
        cells = notebook.parse(source.text, source.language, path)
        linecache.cache[path] = (len(source.text), None, source.text.splitlines(keepends=True), path)
        before, self._path = self._path, path
        self._services.depth += 1
        try:
            for cell in cells:
                self._run_cell(cell)
        finally:
            self._path = before
            self._services.depth -= 1

    def _run_cell(self, cell: notebook.Cell) -> None:
        if cell.kind == "python":
            self._run_python(cell)
        elif cell.kind == "sql":
            self._run_sql(cell)
        elif cell.kind == "run":
            target = notebook.run_target(cell, self._path)
            self.widgets.give(target.arguments)
            self._run_notebook(self._resolve(target.path))

    def _run_python(self, cell: notebook.Cell) -> None:
        """Runs the statements of a cell and displays the value of a last expression."""
        padded = "\n" * (cell.line - 1) + cell.source
        tree = ast.parse(padded, filename=self._path)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        names = self._main.__dict__
        exec(compile(tree, self._path, "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), self._path, "eval"), names)
            if value is not None:
                print(repr(value))

    def _run_sql(self, cell: notebook.Cell) -> None:
        """Runs the statements of a cell one after the other and shows the last one's rows."""
        found = statements.split(cell.source)
        result = None
        for number, statement in enumerate(found, start=1):
            if widgets.run_statement(self.widgets, statement):
                continue
            try:
                text, arguments = statements.bind(statement, self.widgets.getAll())
            except statements.StatementError as error:
                raise statements.StatementError(
                    f"notebook `{self._path}`, cell {cell.number}, statement {number}: {error}"
                ) from error
            result = self._services.spark.sql(text, args=arguments) if arguments else self._services.spark.sql(text)
        if result is not None:
            self._main.__dict__["_sqldf"] = result
            display_module.display(result)

    def _run_child(self, path: str, timeout_seconds: int, arguments: dict[str, str]) -> str | None:
        child = Interpreter(self._services, self._resolve(path), arguments)
        with _time_limit(timeout_seconds, path):
            return child.run()

    def _resolve(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(self._path), path))


def names_of_a_task(spark: Any, dbutils: DBUtils) -> dict[str, Any]:
    """The names that every notebook and Python file finds defined."""
    return {
        "__builtins__": builtins,
        "spark": spark,
        "sql": lambda *arguments, **named: spark.sql(*arguments, **named),
        "table": lambda name: spark.table(name),
        "dbutils": dbutils,
        "display": display_module.display,
        "displayHTML": display_module.display,
        "getArgument": dbutils.widgets.getArgument,
    }


@contextmanager
def _main_module(module: types.ModuleType) -> Iterator[None]:
    """Makes `module` the `__main__` that user code (and the pickling of functions) sees."""
    before = sys.modules["__main__"]
    sys.modules["__main__"] = module
    try:
        yield
    finally:
        sys.modules["__main__"] = before


@contextmanager
def _time_limit(seconds: int, path: str) -> Iterator[None]:
    if seconds <= 0:
        yield
        return

    def expired(_signal: int, _frame: Any) -> None:
        raise TimeoutError(f"notebook `{path}` has run longer than its {seconds} s")

    before = signal.signal(signal.SIGALRM, expired)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
