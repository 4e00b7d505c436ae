"""Differences between two values, by place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """One place at which the programs differ. `what` is the part of the comparison: `validate`, `plan`, `requests`, …"""

    case: str
    what: str
    where: str
    cli: str
    sluice: str


class _Missing:
    def __repr__(self) -> str:
        return "—"


MISSING = _Missing()


def shown(value: Any) -> str:
    """A value in a row of a table."""
    text = repr(value) if value is MISSING else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= 300 else text[:297] + "…"


def leaves(cli: Any, sluice: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The places below two values at which they differ."""
    if isinstance(cli, dict) and isinstance(sluice, dict):
        for key in sorted({*cli, *sluice}):
            below = f"{path}.{key}" if path else key
            yield from leaves(cli.get(key, MISSING), sluice.get(key, MISSING), below)
    elif isinstance(cli, list) and isinstance(sluice, list) and len(cli) == len(sluice):
        for index, (one, other) in enumerate(zip(cli, sluice, strict=True)):
            yield from leaves(one, other, f"{path}[{index}]")
    elif cli != sluice or isinstance(cli, bool) != isinstance(sluice, bool):
        yield path, cli, sluice


def compare(case: str, what: str, cli: Any, sluice: Any) -> list[Difference]:
    """All differences of one part."""
    return [Difference(case, what, where, shown(one), shown(other)) for where, one, other in leaves(cli, sluice)]
