"""The Spark session of a task, made when it is first needed.

Importing `pyspark` takes a third of a second of computing, which most tasks that do not use Spark would spend for nothing: what a task finds
under the name `spark` is a stand-in that makes the session on first use. A task that imports `pyspark` has a session from then on, so that
`SparkSession.getActiveSession()` finds one.

`pyspark` in turn pulls in `pandas`, two thirds of a second that most tasks never need: while it is imported, a stand-in takes the place of
`pandas`, and the real one loads when something first touches it.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import threading
import types
import typing
from importlib import metadata
from typing import Any

_DEFERRED = ("pandas", "pandas.api", "pandas.api.types")
_FUNCTIONS = ("is_datetime64_dtype", "is_timedelta64_dtype")


class _Deferred(types.ModuleType):
    """Stands for a module until one of its attributes is used."""

    importing = True

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return metadata.version("pandas")
        if name.startswith("__"):
            raise AttributeError(name)
        if _Deferred.importing:
            # Only annotations ask now, such as `Optional[pd.DataFrame]`.
            return typing.Any
        return getattr(importlib.import_module(self.__name__), name)


def _deferred_function(module: str, name: str) -> Any:
    def call(*arguments: Any, **named: Any) -> Any:
        return getattr(importlib.import_module(module), name)(*arguments, **named)

    return call


class LazySession:
    """What a task finds under the name `spark`: the session in everything but the time at which it is made."""

    def __getattr__(self, name: str) -> Any:
        return getattr(session(), name)

    @property
    def __class__(self) -> Any:
        # What `isinstance` asks for.
        return type(session())

    def __repr__(self) -> str:
        return repr(session())

    def __enter__(self) -> Any:
        return session().__enter__()

    def __exit__(self, *raised: Any) -> Any:
        return session().__exit__(*raised)


class _WhenImported:
    """Makes the session when the task imports `pyspark`."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != "pyspark":
            return None
        _expect_no_import()
        spec = importlib.util.find_spec("pyspark")
        if spec is not None:
            execute = spec.loader.exec_module

            def execute_and_connect(module: types.ModuleType) -> None:
                execute(module)
                session()

            spec.loader.exec_module = execute_and_connect
        return spec


_turn = threading.RLock()
_made: list[Any] = []
# The driver's own: `pyspark` takes a main module without a file, as that of a notebook, for its own doctests.
_main = sys.modules["__main__"]


def offer() -> LazySession:
    """Returns the stand-in for the session on the address in `SPARK_REMOTE`."""
    sys.meta_path.insert(0, _WhenImported())
    return LazySession()


def session() -> Any:
    """Returns the session."""
    with _turn:
        if not _made:
            _expect_no_import()
            before, sys.modules["__main__"] = sys.modules["__main__"], _main
            try:
                _made.append(_session_class().builder.remote(os.environ["SPARK_REMOTE"]).getOrCreate())
            finally:
                sys.modules["__main__"] = before
        return _made[0]


def _expect_no_import() -> None:
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _WhenImported)]


def _session_class() -> Any:
    if "pandas" in sys.modules:
        return importlib.import_module("pyspark.sql.connect.session").SparkSession
    for name in _DEFERRED:
        module = _Deferred(name)
        module.__path__ = []
        sys.modules[name] = module
    for name in _FUNCTIONS:
        setattr(sys.modules["pandas.api.types"], name, _deferred_function("pandas.api.types", name))
    try:
        return importlib.import_module("pyspark.sql.connect.session").SparkSession
    finally:
        for name in _DEFERRED:
            del sys.modules[name]
        _Deferred.importing = False
