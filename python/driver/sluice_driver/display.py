"""`display`: writes a value to the task's log as text."""

from __future__ import annotations

from typing import Any

ROWS = 20


def display(value: Any = None, *_arguments: Any, **_options: Any) -> None:
    """Prints a DataFrame's first rows as a table, anything else as its `repr`."""
    show = getattr(value, "show", None)
    if callable(show) and hasattr(value, "schema"):
        if value.columns:
            show(ROWS, truncate=False)
    elif value is not None:
        print(value if isinstance(value, str) else repr(value))
