"""Splits a notebook in SOURCE format into cells.

Knows the text format only; it runs nothing. Start at `parse`.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

LANGUAGES = {"python", "sql"}
MAGICS = {"python", "sql", "md", "run"}


class NotebookError(Exception):
    """The notebook's text cannot be run; the message names the cell."""


@dataclass(frozen=True)
class Cell:
    """One cell. `kind` is `python`, `sql`, `md` or `run`; `line` is the 1-based line of `source`'s first line."""

    kind: str
    source: str
    line: int
    number: int


@dataclass(frozen=True)
class RunTarget:
    """What a `%run` cell names: a notebook's path and widget values."""

    path: str
    arguments: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Format:
    comment: str
    language: str

    @property
    def header(self) -> str:
        return f"{self.comment} Databricks notebook source"

    @property
    def separator(self) -> re.Pattern[str]:
        return re.compile(rf"^{re.escape(self.comment)} COMMAND -+\s*$")

    @property
    def magic(self) -> re.Pattern[str]:
        return re.compile(rf"^{re.escape(self.comment)} MAGIC ?(.*)$")

    @property
    def title(self) -> re.Pattern[str]:
        return re.compile(rf"^{re.escape(self.comment)} DBTITLE .*$")


_FORMATS = {"PYTHON": _Format("#", "python"), "SQL": _Format("--", "sql")}


def parse(text: str, language: str, name: str) -> list[Cell]:
    """Returns the cells of `text`, whose default language is `PYTHON` or `SQL`.

    Raises `NotebookError` for every cell that this workspace does not run, before anything has run.
    """
    fmt = _FORMATS.get(language)
    if fmt is None:
        raise NotebookError(
            f"notebook `{name}` is written in {language}, which the local workspace does not run; "
            "it runs PYTHON and SQL notebooks"
        )
    cells: list[Cell] = []
    block: list[str] = []
    first = 1
    lines = text.splitlines()
    for index, line in enumerate([*lines, None], start=1):
        if line is not None and not fmt.separator.match(line):
            block.append(line)
            continue
        cell = _cell(block, first, len(cells) + 1, fmt, name)
        if cell is not None:
            cells.append(cell)
        block, first = [], index + 1
    return cells


def _cell(block: list[str], first: int, number: int, fmt: _Format, name: str) -> Cell | None:
    kept = [
        "" if line.rstrip() == fmt.header or fmt.title.match(line) else line for line in block
    ]
    meaningful = [line for line in kept if line.strip()]
    if not meaningful:
        return None
    magic = [fmt.magic.match(line) for line in meaningful]
    if not all(magic):
        mixed = next((found for found in magic if found), None)
        if mixed is None:
            return Cell(fmt.language, "\n".join(kept), first, number)
        return _mixed(kept, first, number, fmt, name)
    unwrapped = [found.group(1) if (found := fmt.magic.match(line)) else "" for line in kept]
    return _magic(unwrapped, first, number, name)


def _mixed(kept: list[str], first: int, number: int, fmt: _Format, name: str) -> Cell:
    """A cell of the default language with line magics between its lines: comments stay, any magic is refused."""
    for line in kept:
        found = fmt.magic.match(line)
        if found and found.group(1).strip().startswith("%"):
            raise _refused(found.group(1).strip().split()[0][1:], number, name)
    plain = ["" if fmt.magic.match(line) else line for line in kept]
    return Cell(fmt.language, "\n".join(plain), first, number)


def _magic(unwrapped: list[str], first: int, number: int, name: str) -> Cell:
    start = next(index for index, line in enumerate(unwrapped) if line.strip())
    head = unwrapped[start].strip()
    found = re.match(r"^%(\S+)\s*(.*)$", head)
    if not found:
        raise NotebookError(f"notebook `{name}`, cell {number}: a magic cell must begin with `%`, found `{head}`")
    kind, rest = found.group(1), found.group(2)
    if kind not in MAGICS and kind.removesuffix("-sandbox") not in MAGICS:
        raise _refused(kind, number, name)
    body = [*[""] * start, rest, *unwrapped[start + 1 :]]
    return Cell(kind.removesuffix("-sandbox"), "\n".join(body), first, number)


def _refused(kind: str, number: int, name: str) -> NotebookError:
    offered = ", ".join(f"%{magic}" for magic in sorted(MAGICS))
    return NotebookError(
        f"notebook `{name}`, cell {number}: `%{kind}` is not offered by the local workspace; it offers {offered}"
    )


def run_target(cell: Cell, name: str) -> RunTarget:
    """Reads `%run ./path $key="value"`."""
    try:
        words = shlex.split(cell.source.strip())
    except ValueError as error:
        raise NotebookError(f"notebook `{name}`, cell {cell.number}: `%run` cannot be read: {error}") from error
    if not words:
        raise NotebookError(f"notebook `{name}`, cell {cell.number}: `%run` names no notebook")
    arguments = {}
    for word in words[1:]:
        found = re.match(r"^\$(\w+)=(.*)$", word, re.DOTALL)
        if not found:
            raise NotebookError(
                f"notebook `{name}`, cell {cell.number}: `{word}` is not of the form `$name=\"value\"`"
            )
        arguments[found.group(1)] = found.group(2)
    return RunTarget(words[0], arguments)
