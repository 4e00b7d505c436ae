"""The Python sources of a pipeline: reads them, declares their datasets to the workspace, and computes those that it names.

The workspace is asked over REST: every request tells what was done and is answered with what to do next. A dataset's function is called once to find
out what it reads, and again when its turn has come. Start at `run`.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import sys
import types
from pathlib import Path
from typing import Any

from sluice_driver import datasets, interpreter, notebook
from sluice_driver import spark as session

_COMMANDS = "/_sluice/pipelines/commands"
# A string, a quoted name, a comment, or `LIVE.` before a name.
_PIECES = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|\b(live)\s*\.\s*(?=[\w`])", re.IGNORECASE | re.DOTALL)
_QUERY = re.compile(r"^\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*\(*\s*(?:SELECT|WITH|VALUES|FROM|TABLE)\b", re.IGNORECASE | re.DOTALL)


class NeedsFirst(BaseException):
    """A dataset reads others that are not computed yet; not an `Exception`, so that `except Exception` lets it pass."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


class Reads:
    """What the function of a dataset reads while it runs. Names in lower case."""

    def __init__(self) -> None:
        self.inside = False
        self.tables: list[str] = []
        self.queries: list[str] = []
        # Queries from the first call: the workspace knows what they read.
        self.known: set[str] = set()
        self.hidden: dict[str, str] = {}
        self.waiting: set[str] = set()

    def begin(self) -> None:
        """Before a function is called."""
        self.inside, self.tables, self.queries = True, [], []

    def table(self, name: str) -> str:
        """Notes a table, and returns the name under which it is read."""
        plain = _without_live(name)
        if not self.inside:
            return plain
        self.tables.append(plain)
        self._wait_for([plain.replace("`", "").lower()])
        return self.hidden.get(plain.replace("`", "").lower(), plain)

    def query(self, text: str) -> str:
        """Notes a query, and returns it without `LIVE`."""
        self.queries.append(text)
        plain = _PIECES.sub(lambda found: "" if found.group(1) else found.group(0), text)
        if text not in self.known:
            # The workspace did not see it, so any word may be a table.
            self._wait_for(sorted(set(re.findall(r"\w+", plain.lower()))))
        return plain

    def views_in(self, text: str) -> list[str]:
        """What only the pipeline sees and the query may read."""
        words = set(re.findall(r"\w+", text.lower()))
        return sorted(name for name in self.hidden if name in words and name not in self.waiting)

    def _wait_for(self, names: list[str]) -> None:
        last = {each.rsplit(".", 1)[-1]: each for each in self.waiting}
        needed = [last[name.rsplit(".", 1)[-1]] for name in names if name in self.waiting or name in last]
        if needed:
            raise NeedsFirst(needed)


def _without_live(name: str) -> str:
    return re.sub(r"^\s*`?live`?\s*\.", "", name, flags=re.IGNORECASE).strip()


class _PipelineNotebook(interpreter.Interpreter):
    """A notebook of a pipeline: its cells in Python and those that it runs."""

    def _run_sql(self, cell: notebook.Cell) -> None:
        raise notebook.NotebookError(
            f"notebook `{self._path}`, cell {cell.number}: `%sql` is not offered in a Python notebook of a pipeline: "
            "write the dataset into a SQL notebook or file"
        )


def run(services: Any, described: Any) -> None:
    """Serves one update until the workspace ends this process."""
    given = described.parameters
    # Its classes are changed below, so it has to be there.
    services.spark = session.session()
    reads, registry = Reads(), datasets.Registry()
    _patch(services.spark, reads, given["configuration"])
    datasets.install(registry, services.spark.read.table)
    _read_sources(services, described, registry)
    spark = services.spark
    message: dict[str, Any] = {"kind": "declared", "datasets": [_declared(each, reads, given["analyse"]) for each in registry.datasets]}
    reads.known = {query for each in message["datasets"] for query in each["queries"]}
    while True:
        command = _ask(services.workspace, given["channel"], message)
        message = _compute(spark, registry, reads, command)


def _ask(workspace: Any, channel: str, message: dict[str, Any]) -> dict[str, Any]:
    """Tells the workspace what was done and waits, however long, for what to do."""
    address = workspace._address
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    body = json.dumps({"channel": channel, "message": message})
    headers = {"Authorization": f"Bearer {workspace._token}", "Content-Type": "application/json"}
    try:
        connection.request("POST", _COMMANDS, body=body, headers=headers)
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise RuntimeError(f"the workspace does not answer the process of the pipeline: {answer.decode('utf-8', 'replace')}")
    return json.loads(answer)


def _read_sources(services: Any, described: Any, registry: datasets.Registry) -> None:
    root = described.parameters.get("root")
    if root:
        directory = described.source + "/" + root.removeprefix("/Workspace").strip("/")
        if os.path.isdir(directory):
            os.chdir(directory)
            sys.path.insert(0, directory)
    for source in described.parameters["sources"]:
        registry.source = source["path"]
        if source["notebook"]:
            notebook_source = _PipelineNotebook(services, source["path"], {})
            _offer_dbutils(notebook_source.dbutils)
            notebook_source.run()
        else:
            _run_file(services, described.source + source["path"], source["path"])


def _run_file(services: Any, file: str, path: str) -> None:
    code = compile(Path(file).read_bytes(), file, "exec")
    directory = os.path.dirname(file)
    if directory not in sys.path:
        sys.path.insert(0, directory)
    dbutils = interpreter.Interpreter(services, path, {}).dbutils
    _offer_dbutils(dbutils)
    module = types.ModuleType("__main__")
    module.__dict__.update(interpreter.names_of_a_task(services.spark, dbutils), __file__=file)
    with interpreter._main_module(module):
        exec(code, module.__dict__)


def _offer_dbutils(dbutils: Any) -> None:
    from sluice_driver.task import _offer_dbutils as offer

    offer(dbutils)


def _declared(dataset: datasets.Dataset, reads: Reads, analyse: bool) -> dict[str, Any]:
    """Calls a dataset's function for the first time, to find out what it reads; with `analyse` its columns too."""
    error = None
    reads.begin()
    try:
        frame = _frame(dataset)
        if analyse:
            frame.schema  # noqa: B018 - asks the engine
    except Exception as raised:  # noqa: BLE001 - it may need rows that are not there yet
        error = _trace(raised)
    finally:
        reads.inside = False
    return {
        "name": dataset.name,
        "kind": dataset.kind,
        "expectations": dataset.expectations,
        "comment": dataset.comment,
        "properties": dataset.properties,
        "partitioning": dataset.partitioning,
        "reads": list(dict.fromkeys(reads.tables)),
        "queries": list(dict.fromkeys(reads.queries)),
        "source": dataset.source,
        "error": error,
    }


def _frame(dataset: datasets.Dataset) -> Any:
    frame = dataset.function()
    # Looked for in the class: asking the object for its schema would ask the engine.
    if not hasattr(type(frame), "writeTo"):
        raise TypeError(f"the function of the dataset `{dataset.name}` must return a Spark DataFrame, it returned {type(frame).__name__}")
    return frame


def _compute(spark: Any, registry: datasets.Registry, reads: Reads, command: dict[str, Any]) -> dict[str, Any]:
    """Calls a dataset's function again and writes the rows of its DataFrame into a new table."""
    wanted = [each for each in registry.datasets if _without_live(each.name).replace("`", "") == command["dataset"]]
    reads.hidden = {name.lower(): table for name, table in command["hidden"].items()}
    reads.waiting = {name.lower() for name in command["waiting"]}
    reads.begin()
    try:
        _frame(wanted[0]).write.mode("error").saveAsTable(command["table"])
    except NeedsFirst as needs:
        return {"kind": "needs", "names": needs.names}
    except BaseException as error:  # noqa: BLE001 - whatever ends it is why the dataset failed
        return {"kind": "failed", "class": type(error).__name__, "message": str(error), "trace": _trace(error)}
    finally:
        reads.inside = False
    return {"kind": "computed"}


def _trace(error: BaseException) -> str:
    from sluice_driver.task import _trace as trace

    return trace(error)


def _patch(spark: Any, reads: Reads, configuration: dict[str, str]) -> None:
    """Lets reads of tables and of settings know the pipeline, for every session object of this process."""
    from pyspark.sql.connect import functions
    from pyspark.sql.connect.conf import RuntimeConf
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.plan import SQL
    from pyspark.sql.connect.readwriter import DataFrameReader
    from pyspark.sql.connect.session import SparkSession

    table, sql, get = DataFrameReader.table, SparkSession.sql, RuntimeConf.get

    def read_table(self: Any, tableName: str) -> Any:
        return table(self, reads.table(tableName))

    def run_sql(self: Any, sqlQuery: str, args: Any = None, **named: Any) -> Any:
        if not reads.inside:
            return sql(self, sqlQuery, args, **named)
        if not _QUERY.match(sqlQuery):
            raise datasets.NotOffered("the function of a dataset only reads: `spark.sql` takes a query there")
        text = reads.query(sqlQuery)
        for name in reads.views_in(text):
            table(self.read, reads.hidden[name]).createOrReplaceTempView(name)
        if named or isinstance(args, list):
            return sql(self, text, args, **named)
        # Not sent yet: what it reads may not be there before the dataset's turn.
        return DataFrame(SQL(text, [], {key: functions.lit(value) for key, value in (args or {}).items()}, []), self)

    def get_setting(self: Any, key: str, *default: Any, **named: Any) -> Any:
        if key in configuration:
            return configuration[key]
        return get(self, key, *default, **named)

    def read_stream(_self: Any) -> Any:
        raise datasets.NotOffered(
            "`spark.readStream` is not offered by the local workspace: no stream is processed here, read the whole table with `spark.read`"
        )

    DataFrameReader.table = read_table
    SparkSession.sql = run_sql
    RuntimeConf.get = get_setting
    SparkSession.readStream = property(read_stream)
