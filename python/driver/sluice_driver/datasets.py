"""What Python sources of a pipeline import to declare datasets: `dlt` and `pyspark.pipelines`.

A decorated function is remembered and stays callable; it runs when `pipeline.py` says so. Streaming forms are refused by their name.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

STREAMING = {
    "append_flow",
    "apply_changes",
    "apply_changes_from_snapshot",
    "create_auto_cdc_flow",
    "create_auto_cdc_from_snapshot_flow",
    "create_sink",
    "create_streaming_live_table",
    "create_streaming_table",
    "create_target_table",
    "foreach_batch_sink",
    "read_stream",
    "readStream",
    "update_flow",
}
_WHOLE = "no stream is processed here: declare a materialized view over the whole input"


class NotOffered(NotImplementedError):
    """A form of declaration that the local workspace does not execute."""


@dataclass
class Dataset:
    """A dataset that a function declares."""

    name: str
    kind: str
    function: Callable[[], Any]
    source: str
    comment: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    partitioning: list[str] = field(default_factory=list)
    expectations: list[dict[str, str]] = field(default_factory=list)


class Registry:
    """The datasets that the sources have declared so far; `source` is the one that is being read."""

    def __init__(self) -> None:
        self.datasets: list[Dataset] = []
        self.source = ""
        # Decorators of expectations may stand above or below the one that declares the dataset.
        self._expected: dict[int, list[dict[str, str]]] = {}

    def expect(self, conditions: dict[str, str], on_violation: str) -> Callable[[Any], Any]:
        """A decorator that adds expectations to a dataset's function."""
        for name, condition in conditions.items():
            if not isinstance(condition, str):
                raise TypeError(f"the condition of the expectation `{name}` must be a text in SQL, it is {condition!r}")

        def decorate(function: Any) -> Any:
            expected = self._expected.setdefault(id(function), [])
            # Decorators are applied from the last to the first.
            expected[:0] = [
                {"name": str(name), "condition": condition, "on_violation": on_violation}
                for name, condition in conditions.items()
            ]
            return function

        return decorate

    def declare(self, kind: str, function: Any, options: dict[str, Any]) -> Any:
        """Remembers a dataset, or returns the decorator that does."""
        if function is None:
            return lambda given: self.declare(kind, given, options)
        if not callable(function):
            raise TypeError("a dataset is declared by a function: use the decorator with named arguments")
        name = str(options.get("name") or function.__name__)
        # Shared with the decorators that are still to come.
        expected = self._expected.setdefault(id(function), [])
        self.datasets.append(
            Dataset(
                name=name,
                kind=kind,
                function=function,
                source=self.source,
                comment=options.get("comment"),
                properties={str(key): _text(value) for key, value in (options.get("table_properties") or {}).items()},
                partitioning=[str(column) for column in options.get("partition_cols") or []],
                expectations=expected,
            )
        )
        return function


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refuse(decorator: str, options: dict[str, Any]) -> None:
    for name, value in options.items():
        if value:
            raise NotOffered(f"`{name}` of `{decorator}` is not offered by the local workspace: leave it out")


def install(registry: Registry, read: Callable[[str], Any]) -> None:
    """Makes `dlt` and `pyspark.pipelines` importable; `read` returns a table as a DataFrame."""
    import pyspark

    older = _module("dlt", registry)
    older.table = _table(registry, "dlt.table")
    older.create_table = older.table
    older.materialized_view = older.table
    older.view = _view(registry, "dlt.view")
    older.create_view = older.view
    older.temporary_view = older.view
    older.read = read
    newer = _module("pyspark.pipelines", registry)
    newer.materialized_view = _table(registry, "pyspark.pipelines.materialized_view")
    newer.temporary_view = _view(registry, "pyspark.pipelines.temporary_view")
    newer.table = _refused("pyspark.pipelines.table", "it declares a streaming table; use `materialized_view`")
    sys.modules["dlt"] = older
    sys.modules["databricks.declarative_pipelines"] = newer
    sys.modules["pyspark.pipelines"] = newer
    pyspark.pipelines = newer


def _module(name: str, registry: Registry) -> Any:
    module: Any = types.ModuleType(name)
    for suffix, on_violation in (("", "warn"), ("_or_drop", "drop"), ("_or_fail", "fail")):
        setattr(module, f"expect{suffix}", _one(registry, on_violation))
        setattr(module, f"expect_all{suffix}", _all(registry, on_violation))

    def missing(member: str) -> Any:
        if member.startswith("__"):
            raise AttributeError(member)
        why = _WHOLE if member in STREAMING else "see docs/local-workspace.md for what pipelines have here"
        raise NotOffered(f"`{name}.{member}` is not offered by the local workspace: {why}")

    module.__getattr__ = missing
    return module


def _one(registry: Registry, on_violation: str) -> Any:
    def expect(name: str, inv: str) -> Any:
        return registry.expect({name: inv}, on_violation)

    return expect


def _all(registry: Registry, on_violation: str) -> Any:
    def expect_all(expectations: dict[str, str]) -> Any:
        return registry.expect(expectations, on_violation)

    return expect_all


def _table(registry: Registry, decorator: str) -> Any:
    def table(
        query_function: Any = None,
        *,
        name: str | None = None,
        comment: str | None = None,
        table_properties: dict[str, Any] | None = None,
        partition_cols: list[str] | None = None,
        private: bool = False,
        temporary: bool = False,
        **others: Any,
    ) -> Any:
        _refuse(decorator, others)
        options = {
            "name": name,
            "comment": comment,
            "table_properties": table_properties,
            "partition_cols": partition_cols,
        }
        return registry.declare("private" if private or temporary else "materialized_view", query_function, options)

    return table


def _view(registry: Registry, decorator: str) -> Any:
    def view(query_function: Any = None, *, name: str | None = None, comment: str | None = None, **others: Any) -> Any:
        _refuse(decorator, others)
        return registry.declare("temporary_view", query_function, {"name": name, "comment": comment})

    return view


def _refused(name: str, why: str) -> Any:
    def refuse(*_arguments: Any, **_named: Any) -> Any:
        raise NotOffered(f"`{name}` is not offered by the local workspace: {why}")

    return refuse
