"""The maintenance worker: what the engine cannot do with Delta tables, done with `deltalake`.

One JSON request per line on standard input (`{"id", "op", "location", ...}`), one answer per line on standard output (`{"id", "result"}` or `{"id",
"error"}`). Starts at `OPERATIONS`. Ends when standard input ends.
"""

import json
import os
import sys
import time

import pyarrow
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

import values


def facts(table, request):
    """Version and exact number of rows."""
    return {"version": table.version(), "rows": table.count()}


def history(table, request):
    """The commits, newest first, as columns of DESCRIBE HISTORY."""
    return {"commits": [_commit(entry) for entry in table.history(request.get("limit"))]}


def _commit(entry):
    return {
        "version": entry.get("version"),
        "timestamp": entry.get("timestamp"),
        "operation": entry.get("operation"),
        "operation_parameters": _texts(entry.get("operationParameters")),
        "operation_metrics": _texts(entry.get("operationMetrics")),
        "is_blind_append": entry.get("isBlindAppend"),
        "engine_info": entry.get("engineInfo"),
    }


def _texts(mapping):
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in (mapping or {}).items()}


def detail(table, request):
    """What DESCRIBE DETAIL tells."""
    metadata, protocol = table.metadata(), table.protocol()
    actions = pyarrow.table(table.get_add_actions(flatten=True))
    sizes = actions.column("size_bytes").to_pylist() if actions.num_rows else []
    return {
        "id": str(metadata.id),
        "created_at": metadata.created_time,
        "partition_columns": list(metadata.partition_columns),
        "properties": dict(metadata.configuration or {}),
        "files": len(sizes),
        "bytes": sum(sizes),
        "min_reader_version": protocol.min_reader_version,
        "min_writer_version": protocol.min_writer_version,
        "version": table.version(),
    }


def restore(table, request):
    """Brings a table back to a version; the rows of that version become the newest ones."""
    metrics = table.restore(request["version"])
    return {"metrics": _texts(metrics)}


def optimize(table, request):
    """Compacts small files; the rows stay the same."""
    return {"metrics": _texts(table.optimize.compact())}


def vacuum(table, request):
    """Deletes files that no version younger than the retention needs."""
    files = table.vacuum(retention_hours=request.get("retention_hours"), dry_run=request.get("dry_run", False))
    return {"files": sorted(files)}


def rows(table, request):
    """All rows, as the statement API prints them: an independent reader for tests and comparisons."""
    table = table.to_pyarrow_table()
    names = request.get("columns") or table.column_names
    return {"columns": names, "rows": values.rows(table.select(names), request.get("limit"))}


OPERATIONS = {operation.__name__: operation for operation in (facts, history, detail, restore, optimize, vacuum, rows)}


def _described(error):
    """An error as the workspace wants it; a commit that others were faster with has the name that it has in Delta."""
    # A commit that was tried as often as it may be has no class of its own.
    if isinstance(error, CommitFailedError) or str(error).startswith("Failed to commit transaction"):
        message = f"the table was changed by somebody else meanwhile: try the statement once more ({error})"
        return {"class": type(error).__name__, "message": message, "condition": "DELTA_CONCURRENT_WRITE", "sql_state": "2D521"}
    return {"class": type(error).__name__, "message": str(error), "condition": None, "sql_state": None}


def main():
    """Answers requests one after the other."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        started = time.monotonic()
        try:
            answer = {"result": OPERATIONS[request["op"]](DeltaTable(request["location"]), request)}
        except Exception as error:  # noqa: BLE001 - whatever happened has to reach the caller
            answer = {"error": _described(error)}
        answer |= {"id": request["id"], "seconds": round(time.monotonic() - started, 3)}
        output.write(json.dumps(answer, separators=(",", ":")) + "\n")
        output.flush()


if __name__ == "__main__":
    main()
