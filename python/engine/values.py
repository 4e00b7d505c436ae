"""Turns Arrow results into what the statement API returns: one string or None per value, and the names of the types.

Starts at `columns` and `rows`. Formats: dates `2013-01-01`, timestamps `2013-01-01T10:00:00.000Z` (six digits when there are
microseconds), decimals exact, floating-point numbers as the JVM prints them, nested values as JSON text.
"""

import base64
import datetime
import decimal
import json
import math

UTC = datetime.timezone.utc

_TYPE_NAMES = {
    "tinyint": "BYTE",
    "smallint": "SHORT",
    "int": "INT",
    "bigint": "LONG",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "STRING",
    "boolean": "BOOLEAN",
    "binary": "BINARY",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamp_ntz": "TIMESTAMP_NTZ",
    "void": "NULL",
}


def columns(schema):
    """Name, type name, type text and nullability of every column of a Spark schema."""
    found = []
    for field in schema.fields:
        text = field.dataType.simpleString()
        column = {"name": field.name, "type_text": _type_text(text), "type_name": _type_name(text), "nullable": field.nullable}
        if text.startswith("decimal("):
            precision, scale = text[len("decimal("):-1].split(",")
            column |= {"type_precision": int(precision), "type_scale": int(scale)}
        found.append(column)
    return found


def rows(table, limit=None):
    """The rows of an Arrow table as lists of strings and None."""
    if limit is not None:
        table = table.slice(0, limit)
    texts = [[text(value) for value in column.to_pylist()] for column in map(_exact, table.columns)]
    return [list(row) for row in zip(*texts)] if texts else [[] for _ in range(table.num_rows)]


def text(value):
    """One value as the statement API prints it."""
    if value is None:
        return None
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False)
    plain = _plain(value)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, float):
        return _floating(plain)
    return str(plain)


def _exact(column):
    """Nanoseconds do not fit Python's own timestamps; Spark knows microseconds only."""
    import pyarrow

    if pyarrow.types.is_timestamp(column.type) and column.type.unit == "ns":
        return column.cast(pyarrow.timestamp("us", column.type.tz))
    return column


def _plain(value):
    if isinstance(value, dict):
        return {_key(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(entry, tuple) and len(entry) == 2 for entry in value):
            return {_key(key): _plain(entry) for key, entry in value}
        return [_plain(entry) for entry in value]
    if isinstance(value, datetime.datetime):
        return _timestamp(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return _interval(value)
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    return value


def _key(value):
    return text(value) if value is not None else "null"


def _timestamp(value):
    zone = ""
    if value.tzinfo is not None:
        value, zone = value.astimezone(UTC).replace(tzinfo=None), "Z"
    precision = "milliseconds" if value.microsecond % 1000 == 0 else "microseconds"
    return value.isoformat(timespec=precision) + zone


def _interval(value):
    """`INTERVAL '1 02:03:04.000000' DAY TO SECOND` without the words, as a day-time interval casts to a string."""
    micros = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    seconds, micros = divmod(micros, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{sign}{days} {hours:02}:{minutes:02}:{seconds:02}.{micros:06}"


def _floating(value):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    size = abs(value)
    if size == 0 or 1e-3 <= size < 1e7:
        shortest = format(decimal.Decimal(repr(value)), "f")
        return shortest if "." in shortest else shortest + ".0"
    sign, digits, exponent = decimal.Decimal(repr(value)).as_tuple()
    figures = "".join(map(str, digits)).rstrip("0") or "0"
    power = exponent + len(digits) - 1
    return f"{'-' if sign else ''}{figures[0]}.{figures[1:] or '0'}E{power}"


def _type_name(simple):
    head = simple.split("(")[0].split("<")[0].split(" ")[0]
    return {"decimal": "DECIMAL", "array": "ARRAY", "map": "MAP", "struct": "STRUCT", "interval": "INTERVAL"}.get(
        head, _TYPE_NAMES.get(head, "USER_DEFINED_TYPE")
    )


def _type_text(simple):
    """Type words in capitals; the names of struct fields, which stand before a colon, keep theirs."""
    word, result = "", []
    for character in simple + "\0":
        if character.isalnum() or character == "_":
            word += character
            continue
        result.append(word if character == ":" else word.upper())
        word = ""
        result.append(": " if character == ":" else "" if character == "\0" else character)
    return "".join(result)
