"""A bundle on disk."""

from __future__ import annotations

import json
import pathlib
from typing import Any


def fill(text: str, name: str, warehouse: str) -> str:
    """A text with its placeholders replaced."""
    return text.replace("{name}", name).replace("{warehouse}", warehouse)


def write(directory: pathlib.Path, name: str, warehouse: str, resources: dict[str, Any], files: dict[str, str], variables: Any = ()) -> None:
    """Writes a bundle with one target; JSON is YAML."""
    bundle: dict[str, Any] = {"bundle": {"name": name}, "targets": {"dev": {"default": True}}, "resources": resources}
    if variables:
        bundle["variables"] = {variable: {"description": variable} for variable in variables}
    (directory / "databricks.yml").write_text(fill(json.dumps(bundle, indent=1), name, warehouse))
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(fill(text, name, warehouse))
