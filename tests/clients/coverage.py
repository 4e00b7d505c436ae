"""What the suite saw of each operation that the local workspace offers, and the page made of it: `docs/coverage.md`.

The page is a function of the operations' table, the workspace's routes and what this session witnessed; nothing in it is written by hand. Where it
differs from the committed page the suite fails, so that no level can be claimed without a witness, or drop unseen.
"""

import json
import os
import pathlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from databricks.sdk.version import __version__ as sdk_version
from databricks.sql import __version__ as connector_version

from .operations import Operation, find, operations

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/coverage.md"

CLIENTS = {f"databricks-sdk-py/{sdk_version}": "sdk", f"PyDatabricksSqlConnector/{connector_version}": "sql"}
"""The clients by what they say of themselves in `User-Agent`."""

LEVELS = ("answers", "behaves", "executes")
"""From weak to strong: an official client took the answer; a test states what changed by it; a test saw the work itself (rows, files, exit codes)."""


@dataclass
class Witness:
    """What was seen of one operation."""

    level: int
    fields: dict[str, bool] = field(default_factory=dict)
    """Fields of its body that a client has sent, and whether a later reading request gave the value back."""
    clients: set[str] = field(default_factory=set)
    """Which of `CLIENTS` have called it with success."""
    survived: bool = False
    """Whether what it wrote or read was the same after a restart of the workspace."""


@dataclass
class Life:
    """What was asked between a start and a stop of a workspace."""

    operations: set[str] = field(default_factory=set)
    answers: dict[str, Any] = field(default_factory=dict)
    """Answers by reading request; of the same request the last one."""


@dataclass
class Recorder:
    """Notes what the clients ask and what they are answered."""

    witnesses: dict[str, Witness] = field(default_factory=dict)
    level: int = 0
    _written: list[tuple[str, str, Any]] = field(default_factory=list)
    _life: Life | None = None

    def begin(self, level: str) -> None:
        """A test begins; what it sees counts for this level."""
        self.level = LEVELS.index(level)
        self._written = []

    def of(self, operation: Operation) -> Witness | None:
        """What was seen of an operation; several methods of the SDK may send the same request, which is noted under one of them."""
        same = (each.id for each in operations() if each.shape == operation.shape)
        return next((self.witnesses[each] for each in same if each in self.witnesses), None)

    @contextmanager
    def life(self) -> Iterator[Life]:
        """Notes the answers of a part of a test, to compare them with those after a restart."""
        self._life = life = Life()
        try:
            yield life
        finally:
            self._life = None

    def survived(self, operations: set[str]) -> None:
        """What these operations wrote and read was the same after a restart."""
        for operation in operations:
            self.witnesses[operation].survived = True

    def saw(self, operation: Operation, path: str, body: bytes | str | None, answer: bytes, agent: str = "") -> None:
        """An operation answered with success; `agent` is what the client says of itself."""
        if self._life is not None:
            self._life.operations.add(operation.id)
            if operation.method == "GET":
                self._life.answers[path] = parsed(answer) or answer
        witness = self.witnesses.setdefault(operation.id, Witness(self.level))
        witness.level = max(witness.level, self.level)
        witness.clients.update(name for said, name in CLIENTS.items() if said in agent)
        if operation.method == "GET":
            self._read(answer)
            return
        for name, value in parsed(body).items():
            if name in operation.body:
                witness.fields.setdefault(name, False)
                self._written.append((operation.id, name, value))

    def _read(self, answer: bytes) -> None:
        given: dict[str, list[Any]] = defaultdict(list)
        collect(parsed(answer), given)
        for identifier, name, value in self._written:
            if any(contains(each, value) for each in given.get(name, ())):
                self.witnesses[identifier].fields[name] = True


def parsed(body: bytes | str | None) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    try:
        value = json.loads(body or "{}")
    except (ValueError, TypeError):
        return {}
    return value if isinstance(value, dict) else {}


def collect(value: Any, into: dict[str, list[Any]]) -> None:
    """All fields of a document, at any depth, by name."""
    if isinstance(value, dict):
        for name, inner in value.items():
            into[name].append(inner)
            collect(inner, into)
    elif isinstance(value, list):
        for inner in value:
            collect(inner, into)


def contains(given: Any, written: Any) -> bool:
    """Whether a value holds everything that was written; a workspace may add fields."""
    if isinstance(written, dict):
        return isinstance(given, dict) and all(name in given and contains(given[name], value) for name, value in written.items())
    if isinstance(written, list):
        return isinstance(given, list) and len(given) == len(written) and all(map(contains, given, written))
    return given == written


def page(offered: set[str], recorder: Recorder) -> str:
    """The page, as Markdown."""
    modules: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations():
        modules[operation.id.partition(".")[0]].append(operation)
    witnesses = {each.id: recorder.of(each) for each in operations() if each.id in offered}
    seen = Counter(LEVELS[witness.level] for witness in witnesses.values() if witness)
    lines = [
        "# What the local workspace answers",
        "",
        "<!-- Made by the client suite from the workspace's routes and what the clients saw; do not edit. `make coverage` writes it anew. -->",
        "",
        f"{len(offered)} of the {len(operations())} operations of the workspace-level REST API are answered; every other one answers 501 with its id.",
        f"Each answered operation was called with success by an unmodified client: *sdk* is `databricks-sdk` {sdk_version}, *sql* is",
        f"`databricks-sql-connector` {connector_version} (its Statement Execution backend), which also opens and closes sessions (`/api/2.0/sql/sessions`, an",
        "operation that the API's description lacks). How much a test saw of each:",
        "",
        "| level | what a test saw | operations |",
        "| --- | --- | --- |",
        f"| answers | the client read the answer | {seen['answers']} |",
        f"| behaves | what the operation changed, through other operations, or the error that it owes | {seen['behaves']} |",
        f"| executes | the work itself: rows, files, results of runs | {seen['executes']} |",
        "",
        "*Fields*: how many fields of the request body a later reading request gave back, of those that the suite has sent, of all that the operation has.",
        f"*Restart*: what the operation wrote or read was the same after a restart, seen of {sum(bool(each and each.survived) for each in witnesses.values())}.",
        "",
        "| module | answered | all |",
        "| --- | --- | --- |",
        *(f"| {module} | {sum(each.id in offered for each in members)} | {len(members)} |" for module, members in sorted(modules.items())),
    ]
    for module, members in sorted(modules.items()):
        answered = [each for each in members if each.id in offered]
        if answered:
            lines += ["", f"## {module}", "", "| operation | request | level | fields | clients | restart |", "| --- | --- | --- | --- | --- | --- |"]
            lines += [row(each, witnesses[each.id]) for each in sorted(answered, key=lambda each: each.id)]
    return "\n".join(lines) + "\n"


def row(operation: Operation, witness: Witness | None) -> str:
    """One operation of the page."""
    level = LEVELS[witness.level] if witness else "no witness"
    fields = f"{sum(witness.fields.values())} / {len(witness.fields)} / {len(operation.body)}" if witness and operation.body else ""
    clients = ", ".join(sorted(witness.clients)) if witness else ""
    restart = "same" if witness and witness.survived else ""
    return f"| `{operation.id.partition('.')[2]}` | `{operation.method} {operation.path}` | {level} | {fields} | {clients} | {restart} |"


def differs(text: str) -> bool:
    """Whether the committed page is another one; with `SLUICE_WRITE_COVERAGE=1` it is written instead."""
    if os.environ.get("SLUICE_WRITE_COVERAGE") == "1":
        PAGE.write_text(text, encoding="utf-8")
    return not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text


__all__ = ["CLIENTS", "LEVELS", "PAGE", "Recorder", "differs", "find", "page"]
