"""`acceptance/differences.toml`: the differences that are meant, each with its reason.

A `[[difference]]` has a `reason` and patterns in the manner of a shell for `case`, `what` and `where`. A line that no difference needs is a
fault.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field

from .case import BUNDLES, tomllib
from .comparison import Difference

FILE = BUNDLES.parent / "differences.toml"


@dataclass
class Accepted:
    """One line of the file."""

    case: str
    what: str
    where: str
    reason: str
    uses: int = field(default=0)

    def covers(self, difference: Difference) -> bool:
        """Whether the difference is meant."""
        pairs = ((self.case, difference.case), (self.what, difference.what), (self.where, difference.where))
        return all(re.fullmatch(_expression(pattern), text, re.DOTALL) for pattern, text in pairs)


def _expression(pattern: str) -> str:
    # Square brackets are indexes of lists here, not sets of characters.
    return fnmatch.translate(pattern.replace("[", "[[]"))


def load() -> list[Accepted]:
    """The lines of the file."""
    return [Accepted(**line) for line in tomllib.loads(FILE.read_text())["difference"]]


def open_ones(differences: list[Difference], accepted: list[Accepted]) -> list[Difference]:
    """The differences that no line accepts; lines that accept one are counted as used."""
    left = []
    for difference in differences:
        covering = [line for line in accepted if line.covers(difference)]
        for line in covering:
            line.uses += 1
        if not covering:
            left.append(difference)
    return left
