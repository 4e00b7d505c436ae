"""Turns rows of text back into Arrow, as a stream in the IPC format: the reverse of `values.py`. Starts at `encode`.

The columns say their types as SQL writes them (`BIGINT`, `DECIMAL(10,2)`, `STRUCT<a: INT>`). Types that Arrow has no counterpart for
(intervals) stay text.
"""

import base64
import datetime
import decimal
import json
import re


class UnreadableType(Exception):
    """A column has a type that this module cannot read."""


def encode(columns, rows):
    """The bytes of an Arrow stream with one batch; `rows` hold one string or None for each column."""
    import pyarrow

    kinds = [_read_type(column["type_text"]) for column in columns]
    cells = list(zip(*rows)) if rows else [() for _ in columns]
    arrays = [pyarrow.array([kind.from_text(cell) for cell in column], type=kind.arrow) for kind, column in zip(kinds, cells)]
    schema = pyarrow.schema([pyarrow.field(column["name"], kind.arrow) for column, kind in zip(columns, kinds)])
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pyarrow.RecordBatch.from_arrays(arrays, schema=schema))
    return sink.getvalue().to_pybytes()


class _Plain:
    """A type whose values are one text."""

    def __init__(self, arrow, read):
        self.arrow, self._read = arrow, read

    def from_text(self, text):
        return None if text is None else self._read(text)

    def from_json(self, value):
        """Inside nested values numbers and booleans are not text."""
        return value if value is None or isinstance(value, (bool, int, float)) else self._read(value)


class _Nested:
    """A type whose values are JSON text."""

    def __init__(self, arrow, from_json):
        self.arrow, self._from_json = arrow, from_json

    def from_text(self, text):
        return None if text is None else self.from_json(json.loads(text))

    def from_json(self, value):
        return None if value is None else self._from_json(value)


def _read_type(text):
    kind, rest = _parse(text.strip())
    if rest.strip():
        raise UnreadableType(f"`{text}` is no type that can be written as Arrow")
    return kind


def _parse(text):
    """The type at the beginning of `text`, and what comes after it."""
    import pyarrow

    head = re.match(r"\s*([A-Za-z_]+)\s*", text)
    if head is None:
        raise UnreadableType(f"`{text}` is no type that can be written as Arrow")
    word, rest = head[1].upper(), text[head.end() :]
    if word == "ARRAY":
        element, rest = _parse(_after(rest, "<"))
        return _Nested(pyarrow.list_(element.arrow), lambda value: [element.from_json(each) for each in value]), _after(rest, ">")
    if word == "MAP":
        key, rest = _parse(_after(rest, "<"))
        value, rest = _parse(_after(rest, ","))
        arrow = pyarrow.map_(key.arrow, value.arrow)
        return _Nested(arrow, lambda given: [(key.from_text(name), value.from_json(each)) for name, each in given.items()]), _after(rest, ">")
    if word == "STRUCT":
        return _struct(_after(rest, "<"))
    if word == "DECIMAL":
        digits = re.match(r"\(\s*(\d+)\s*,\s*(-?\d+)\s*\)", rest)
        precision, scale, end = (int(digits[1]), int(digits[2]), digits.end()) if digits else (10, 0, 0)
        return _Plain(pyarrow.decimal128(precision, scale), decimal.Decimal), rest[end:]
    if word in ("CHAR", "VARCHAR"):
        return _Plain(pyarrow.string(), str), re.sub(r"^\(\s*\d+\s*\)", "", rest)
    if word == "INTERVAL":
        return _Plain(pyarrow.string(), str), re.sub(r"^[A-Za-z ]*", "", rest)
    plain = _plain(word)
    if plain is None:
        raise UnreadableType(f"values of the type `{word}` cannot be written as Arrow: cast the column to STRING")
    return plain, rest


def _plain(word):
    import pyarrow

    numbers = {
        "TINYINT": pyarrow.int8(),
        "SMALLINT": pyarrow.int16(),
        "INT": pyarrow.int32(),
        "INTEGER": pyarrow.int32(),
        "BIGINT": pyarrow.int64(),
    }
    if word in numbers:
        return _Plain(numbers[word], int)
    return {
        "FLOAT": lambda: _Plain(pyarrow.float32(), float),
        "DOUBLE": lambda: _Plain(pyarrow.float64(), float),
        "STRING": lambda: _Plain(pyarrow.string(), str),
        "BOOLEAN": lambda: _Plain(pyarrow.bool_(), lambda text: text == "true"),
        "BINARY": lambda: _Plain(pyarrow.binary(), base64.b64decode),
        "DATE": lambda: _Plain(pyarrow.date32(), datetime.date.fromisoformat),
        "TIMESTAMP": lambda: _Plain(pyarrow.timestamp("us", "UTC"), _moment),
        "TIMESTAMP_NTZ": lambda: _Plain(pyarrow.timestamp("us"), datetime.datetime.fromisoformat),
        "VOID": lambda: _Plain(pyarrow.null(), lambda _text: None),
        "NULL": lambda: _Plain(pyarrow.null(), lambda _text: None),
    }.get(word, lambda: None)()


def _struct(rest):
    import pyarrow

    fields = []
    while not rest.lstrip().startswith(">"):
        if fields:
            rest = _after(rest, ",")
        name, colon, rest = rest.partition(":")
        if not colon:
            raise UnreadableType("the fields of a STRUCT cannot be read")
        kind, rest = _parse(rest)
        fields.append((name.strip().strip("`"), kind))
    arrow = pyarrow.struct([(name, kind.arrow) for name, kind in fields])
    return _Nested(arrow, lambda value: {name: kind.from_json(value.get(name)) for name, kind in fields}), _after(rest, ">")


def _after(text, sign):
    text = text.lstrip()
    if not text.startswith(sign):
        raise UnreadableType(f"expected `{sign}` in a type at `{text}`")
    return text[len(sign) :]


def _moment(text):
    """`2013-01-01T10:00:00.000Z`; Python 3.10 does not know the letter Z."""
    return datetime.datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=datetime.timezone.utc)
