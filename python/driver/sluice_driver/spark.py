"""Makes the Spark session of a task.

Importing `pyspark` pulls in `pandas`, two thirds of a second that most tasks never need: while it is imported, a
stand-in takes the place of `pandas`, and the real one loads when something first touches it.
"""

from __future__ import annotations

import importlib
import os
import sys
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


def session() -> Any:
    """Returns the Spark session on the address in `SPARK_REMOTE`."""
    return _session_class().builder.remote(os.environ["SPARK_REMOTE"]).getOrCreate()


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
