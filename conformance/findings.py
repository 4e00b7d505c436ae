"""What the programs say about a bundle on standard error: severity, place and path. The words are each program's own and are not compared.

A finding of one program is that of the other when both weigh the same and stand in the same file at most one line apart: one names the key,
the other the value behind it. What the CLI says without a place, Sluice may say with one. When both refuse a bundle, Sluice may find more:
the CLI stops at the first stage that fails. Where both name the path of a value, one path has to lead to the other: they may speak of a
field and of what it stands in, but not of two things.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_HEAD = re.compile(r"^(error|warning|recommendation):", re.IGNORECASE)
_PATH = re.compile(r"^\s+at (\S+)$")
_PLACE = re.compile(r"^\s+in (\S.*):(\d+):\d+$")


@dataclass(frozen=True)
class Finding:
    """Severity and first place; line 0 of no file when none is said."""

    severity: str
    file: str = ""
    line: int = 0
    path: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.severity} {self.file}:{self.line}" if self.file else self.severity

    def is_said_by(self, other: Finding) -> bool:
        """Whether a finding of Sluice is this one of the CLI."""
        here = not self.file or (self.file == other.file and abs(self.line - other.line) <= 1)
        return self.severity == other.severity and here

    def speaks_of(self, other: Finding) -> bool:
        """Whether both are about one thing, as far as both say what they are about."""
        one, two = (re.split(r"[.\[]", each.path) for each in (self, other))
        shorter = min(len(one), len(two))
        return not self.path or not other.path or one[:shorter] == two[:shorter]


def read(err: str) -> list[Finding]:
    """The findings in what a program wrote to standard error."""
    found: list[Finding] = []
    placed = True
    for line in err.splitlines():
        if head := _HEAD.match(line):
            found.append(Finding(head[1].lower()))
            placed = False
        elif (path := _PATH.match(line)) and not placed and not found[-1].path:
            found[-1] = Finding(found[-1].severity, path=path[1])
        elif (place := _PLACE.match(line)) and not placed:
            found[-1] = Finding(found[-1].severity, place[1], int(place[2]), found[-1].path)
            placed = True
    return found


def compare(cli: list[Finding], sluice: list[Finding], refused: bool) -> list[tuple[Finding, str]]:
    """Findings that one program alone has, with its name."""
    left = list(dict.fromkeys(sluice))
    missing = []
    for finding in sorted(dict.fromkeys(cli), key=lambda each: (each not in left, each.file == "")):
        candidates = [*(other for other in left if other == finding), *(other for other in left if finding.is_said_by(other))]
        said = next((other for other in candidates if any(finding.speaks_of(each) for each in sluice if each == other)), None)
        if said is None:
            missing.append((finding, "cli"))
        else:
            left.remove(said)
    more = [] if refused else [(finding, "sluice") for finding in left]
    return missing + more
