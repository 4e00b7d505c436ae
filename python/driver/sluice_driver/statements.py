"""SQL text of a cell: its statements, their parameter markers, and `IDENTIFIER(...)` in places the engine lacks it.

Reads SQL as tokens only; it never decides whether a statement is valid. Start at `split` and `bind`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<line_comment>--[^\n]*)
    | (?P<block_comment>/\*.*?(?:\*/|\Z))
    | (?P<raw_string>\b[rR](?:'[^']*'|"[^"]*"))
    | (?P<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
    | (?P<quoted_name>`(?:[^`]|``)*`)
    | (?P<cast>::)
    | (?P<marker>:[A-Za-z_]\w*)
    | (?P<dollar>\$\{[^}\n]*\})
    | (?P<word>[A-Za-z_]\w*)
    | (?P<number>\d[\w.]*)
    | (?P<space>\s+)
    | (?P<end>;)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# A colon right after one of these reaches into semi-structured data (`payload:field`); it is no marker.
_PATH_BEFORE = {"word", "quoted_name", "number", "string", "raw_string"}
_SILENT = {"space", "line_comment", "block_comment"}


class StatementError(Exception):
    """The statement cannot be sent; the message names the marker or clause."""


@dataclass(frozen=True)
class Token:
    """A piece of SQL text and what it is."""

    kind: str
    text: str


def tokens(text: str) -> Iterator[Token]:
    """Yields all tokens of `text`; joined together they are `text` again."""
    before = Token("space", "")
    for found in _TOKEN.finditer(text):
        token = Token(found.lastgroup or "other", found.group())
        if token.kind == "marker" and (before.kind in _PATH_BEFORE or before.text in {")", "]"}):
            token = Token("path", token.text)
        yield token
        before = token


def split(text: str) -> list[str]:
    """Returns the statements of `text`, without the separating semicolons and without empty ones."""
    statements: list[str] = []
    current: list[Token] = []
    for token in [*tokens(text), Token("end", ";")]:
        if token.kind != "end":
            current.append(token)
            continue
        if any(piece.kind not in _SILENT for piece in current):
            statements.append("".join(piece.text for piece in current).strip())
        current = []
    return statements


def bind(statement: str, values: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Returns the statement to send and the named arguments it needs.

    `${name}` is replaced textually (the older form, inside strings too); `:name` stays a marker and gets a string
    value; `IDENTIFIER(<constant string>)` becomes the name itself, because the engine reads it in queries only.
    Raises `StatementError` for a marker without a value.
    """
    pieces = _resolve_identifiers(list(tokens(_substitute(statement, values))), values)
    arguments = {}
    for token in pieces:
        if token.kind == "marker":
            name = token.text[1:]
            arguments[name] = _value(name, values)
    return "".join(token.text for token in pieces), arguments


def _value(name: str, values: Mapping[str, str]) -> str:
    if name not in values:
        known = ", ".join(f"`{key}`" for key in sorted(values)) or "none"
        raise StatementError(f"the parameter marker `:{name}` has no value; parameters with a value: {known}")
    return values[name]


def _substitute(statement: str, values: Mapping[str, str]) -> str:
    def replace(found: re.Match[str]) -> str:
        return values.get(found.group(1).strip(), found.group())

    return re.sub(r"\$\{([^}\n]*)\}", replace, statement)


def _resolve_identifiers(pieces: list[Token], values: Mapping[str, str]) -> list[Token]:
    out: list[Token] = []
    index = 0
    while index < len(pieces):
        clause = _identifier_clause(pieces, index, values)
        if clause is None:
            out.append(pieces[index])
            index += 1
        else:
            name, index = clause
            out.append(Token("other", name))
    return out


def _identifier_clause(pieces: list[Token], start: int, values: Mapping[str, str]) -> tuple[str, int] | None:
    """The name that `IDENTIFIER(...)` at `start` stands for and the index behind it; None when it is not constant."""
    if pieces[start].kind != "word" or pieces[start].text.upper() != "IDENTIFIER":
        return None
    index = start + 1
    parts: list[str] = []
    state = "open"
    while index < len(pieces):
        token = pieces[index]
        index += 1
        if token.kind in _SILENT:
            continue
        if state == "open" and token.text == "(":
            state = "operand"
        elif state == "operand" and token.kind == "marker":
            parts.append(_value(token.text[1:], values))
            state = "operator"
        elif state == "operand" and token.kind == "string":
            parts.append(_unquote(token.text))
            state = "operator"
        elif state == "operator" and token.text == "|" and index < len(pieces) and pieces[index].text == "|":
            index += 1
            state = "operand"
        elif state == "operator" and token.text == ")":
            return _quoted_name("".join(parts)), index
        else:
            return None
    return None


def _unquote(text: str) -> str:
    quote = text[0]
    return re.sub(r"\\(.)", r"\1", text[1:-1].replace(quote * 2, quote))


def _quoted_name(name: str) -> str:
    """Quotes every part of a dotted name, so that a value can name an object but not add SQL."""
    parts = re.findall(r"`(?:[^`]|``)*`|[^.`]+", name)
    if not parts or ".".join(parts) != name:
        raise StatementError(f"`IDENTIFIER` got `{name}`, which is not an object's name")
    return ".".join(part if part.startswith("`") else f"`{part.strip()}`" for part in parts)
