"""Runs the statements of the workspace on the engine and returns rows.

The workspace has already checked and rewritten what arrives here; this module adds nothing to the text. `bindings` are names
under which a Delta directory is registered in the session before the statement runs, because the engine cannot insert into a path.
"""

import base64
import re
import threading
import traceback

import arrow_stream
import conditions
import values

_DEFAULT_ROWS = 1_000_000


class Statements:
    """The statements under way."""

    def __init__(self, channel, address):
        self._channel = channel
        self._address = address
        self._running = {}
        self._lock = threading.Lock()

    def execute(self, message):
        """Runs one statement in a thread of its own and sends its result."""
        threading.Thread(target=self._run, args=(message,), daemon=True).start()

    def encode(self, message):
        """Writes rows as an Arrow stream, in a thread of its own."""
        threading.Thread(target=self._encode, args=(message,), daemon=True).start()

    def _encode(self, message):
        number = message["id"]
        try:
            data = base64.b64encode(arrow_stream.encode(message["columns"], message["rows"])).decode("ascii")
            self._channel.send({"type": "encoded", "id": number, "data": data})
        except Exception as error:  # noqa: BLE001 - whatever happened has to reach the caller
            self._channel.send({"type": "failed", "id": number, "error": describe(error)})

    def cancel(self, message):
        """Interrupts a statement; one that has already ended is left alone."""
        with self._lock:
            session = self._running.get(message["id"])
        if session is not None:
            session.interruptAll()

    def bind(self, session_id, bindings):
        """Registers Delta directories in the session of a task."""
        session = self._session(session_id)
        try:
            bind(session, bindings)
        finally:
            _close(session, release=False)

    def _session(self, session_id):
        from pyspark.sql import SparkSession

        suffix = f"/;session_id={session_id};user_id=sluice" if session_id else "/;user_id=sluice"
        return SparkSession.builder.remote(f"sc://{self._address}{suffix}").create()

    def _run(self, message):
        number, shared = message["id"], message.get("session_id")
        try:
            session = self._session(shared)
        except Exception as error:  # noqa: BLE001 - whatever happened has to reach the caller
            self._channel.send({"type": "failed", "id": number, "error": describe(error)})
            return
        with self._lock:
            self._running[number] = session
        try:
            bind(session, message.get("bindings", []))
            self._channel.send({"type": "result", "id": number} | self._result(session, message))
        except Exception as error:  # noqa: BLE001 - as above
            self._channel.send({"type": "failed", "id": number, "error": describe(error)})
        finally:
            with self._lock:
                self._running.pop(number, None)
            _close(session, release=not shared)

    def _result(self, session, message):
        frame = session.sql(message["sql"])
        columns = values.columns(frame.schema)
        if message.get("schema_only"):
            return {"columns": columns, "rows": [], "truncated": False}
        limit = message.get("row_limit") or _DEFAULT_ROWS
        # One row more than wanted tells whether the result was cut; a command's rows are few and already there.
        table = (frame.limit(limit + 1) if message.get("query") else frame).toArrow()
        return {"columns": columns, "rows": values.rows(table, limit), "truncated": table.num_rows > limit}


def bind(session, bindings):
    """Registers Delta directories under the names that the workspace chose."""
    for binding in bindings:
        location = binding["location"].replace("\\", "\\\\").replace("'", "\\'")
        session.sql(f"CREATE TABLE IF NOT EXISTS {binding['name']} USING delta LOCATION '{location}'").collect()


def _close(session, release):
    """Ends a session, or only this connection to a session that belongs to a task."""
    try:
        if release:
            session.stop()
        else:
            session.client.close()
    except Exception:  # noqa: BLE001 - the result has been sent; an unclosed session ends with the engine
        traceback.print_exc()


def describe(error):
    """An error as the workspace wants it: class, message, SQL state."""
    state = error.getSqlState() if hasattr(error, "getSqlState") else None
    condition = error.getCondition() if hasattr(error, "getCondition") else None
    text = (getattr(error, "_message", None) or str(error)).strip() or type(error).__name__
    # The engine writes its conditions into the text only.
    found = re.match(r"\[([A-Z][A-Z0-9_.]+)\] *", text)
    if found:
        condition, text = condition or found[1], text[found.end():]
    if condition is None:
        condition, known_state = conditions.condition(text)
        state = state or known_state
        if condition == "INTERNAL_ERROR":
            text = f"the engine broke off in the middle of the statement: {text}"
    return {"class": type(error).__name__, "condition": condition, "message": text.split("\n\nJVM stacktrace")[0], "sql_state": state}
