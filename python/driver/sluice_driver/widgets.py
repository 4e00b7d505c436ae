"""The widgets of one notebook: declared inputs and the values that the run gives them."""

from __future__ import annotations

import re
from collections.abc import Sequence


class InputWidgetNotDefined(Exception):
    """A widget was read that neither the notebook nor the run defines."""


class Widgets:
    """`dbutils.widgets`. A value of the run wins over the default of the declaration."""

    def __init__(self, given: dict[str, str]) -> None:
        self._given = dict(given)
        self._defaults: dict[str, str] = {}

    def text(self, name: str, defaultValue: str, label: str | None = None) -> None:
        """Declares a free text input."""
        self._declare(name, defaultValue)

    def dropdown(self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None) -> None:
        """Declares a choice of one; the default must be one of `choices`."""
        if str(defaultValue) not in [str(choice) for choice in choices]:
            raise ValueError(f"widget `{name}`: the default `{defaultValue}` is not one of its choices {list(choices)}")
        self._declare(name, defaultValue)

    def combobox(self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None) -> None:
        """Declares a text input with suggestions."""
        self._declare(name, defaultValue)

    def multiselect(self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None) -> None:
        """Declares a choice of several, joined by commas."""
        self.dropdown(name, defaultValue, choices, label)

    def get(self, name: str) -> str:
        """Returns a widget's value; raises `InputWidgetNotDefined` by name."""
        values = self.getAll()
        if name not in values:
            raise InputWidgetNotDefined(f"no input widget named `{name}` is defined")
        return values[name]

    def getArgument(self, name: str, defaultValue: str | None = None) -> str:
        """Returns a widget's value, or `defaultValue` when it is not defined."""
        values = self.getAll()
        if name not in values and defaultValue is not None:
            return str(defaultValue)
        return self.get(name)

    def getAll(self) -> dict[str, str]:
        """Returns all values, those of the run before declared defaults."""
        return {**self._defaults, **self._given}

    def remove(self, name: str) -> None:
        """Forgets one widget and its value."""
        self._defaults.pop(name, None)
        self._given.pop(name, None)

    def removeAll(self) -> None:
        """Forgets all declared widgets and their values."""
        self._defaults.clear()
        self._given.clear()

    def give(self, values: dict[str, str]) -> None:
        """Sets values as the run would (`%run ./other $name="value"`)."""
        self._given.update(values)

    def _declare(self, name: str, default: str) -> None:
        self._defaults.setdefault(name, str(default))


_CREATE = re.compile(
    r"^\s*CREATE\s+WIDGET\s+(?P<kind>TEXT|DROPDOWN|COMBOBOX|MULTISELECT)\s+`?(?P<name>\w+)`?\s+"
    r"DEFAULT\s+(?P<quote>['\"])(?P<default>.*?)(?P=quote)(?:\s+CHOICES\b.*)?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_REMOVE = re.compile(r"^\s*REMOVE\s+WIDGET\s+`?(?P<name>\w+)`?\s*$", re.IGNORECASE)


def run_statement(widgets: Widgets, statement: str) -> bool:
    """Runs `CREATE WIDGET` and `REMOVE WIDGET`; returns False for any other statement."""
    created = _CREATE.match(statement)
    if created:
        widgets.text(created["name"], created["default"])
        return True
    removed = _REMOVE.match(statement)
    if removed:
        widgets.remove(removed["name"])
        return True
    return False
