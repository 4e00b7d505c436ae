"""The table of operations that the product is built with, read from its generated source."""

import functools
import pathlib
import re
from dataclasses import dataclass

TABLE = pathlib.Path(__file__).resolve().parents[2] / "crates/sluice-wire/src/generated/operations.rs"
LINE = re.compile(r'Operation \{ id: "([^"]+)", method: Method::(\w+), path: "([^"]+)", query: &\[[^\]]*\], body: &\[([^\]]*)\]')


@dataclass(frozen=True)
class Operation:
    """One operation of the REST API."""

    id: str
    method: str
    path: str
    body: frozenset[str]
    """Names of the fields of its body."""

    @functools.cached_property
    def shape(self) -> tuple[str, str]:
        """Method and path without the names of parameters: two methods of the SDK may send the same request."""
        return self.method, re.sub(r"\{[^}]*\}", "{}", self.path)

    def example(self) -> str:
        """A path of this operation, its parameters filled with something that does not exist."""

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            return {"securable_type": "table", "request_object_type": "directories"}.get(name, "no/such" if name.endswith("...") else "0")

        return re.sub(r"\{([^}]*)\}", value, self.path)

    @functools.cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches the paths of this operation."""
        parts = re.split(r"(\{[^}]*\})", self.path)
        return re.compile("".join(".+" if "..." in part else "[^/]+" if part.startswith("{") else re.escape(part) for part in parts))

    @property
    def rank(self) -> tuple[int, bool]:
        """How closely the template describes the paths that it matches."""
        return sum("{" not in segment for segment in self.path.split("/")), "..." not in self.path


@functools.cache
def operations() -> tuple[Operation, ...]:
    """Every operation, in the order of the table."""
    found = LINE.findall(TABLE.read_text(encoding="utf-8"))
    return tuple(Operation(identifier, method.upper(), path, frozenset(re.findall(r'"([^"]+)"', body))) for identifier, method, path, body in found)


def find(method: str, path: str) -> Operation | None:
    """The operation that a request is for; computed apart from the product's own search."""
    matching = [each for each in operations() if each.method == method and each.pattern.fullmatch(path)]
    # `max` keeps the first of equals, and the table is sorted.
    return max(matching, key=lambda each: each.rank, default=None)
