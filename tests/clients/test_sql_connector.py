"""The SQL driver `databricks-sql-connector`, unmodified, on its Statement Execution backend.

Its Thrift backend wants TLS, which the local workspace does not offer; the other one speaks plain http when the host says so.
"""

import datetime
import decimal
import threading
import urllib.parse

import pyarrow
import pytest
from databricks import sql
from databricks.sql.exc import Error, RequestError, ServerOperationError
from databricks.sql.parameters.native import (
    ArrayParameter,
    BigIntegerParameter,
    BooleanParameter,
    DateParameter,
    DecimalParameter,
    DoubleParameter,
    FloatParameter,
    IntegerParameter,
    SmallIntParameter,
    StringParameter,
    TimestampNTZParameter,
    TimestampParameter,
    TinyIntParameter,
    VoidParameter,
)

pytestmark = pytest.mark.witness("executes")

UTC = datetime.timezone.utc


@pytest.fixture
def connect(workspaces, warehouse):
    """Opens connections in the name of a principal, and closes what is still open afterwards."""
    opened = []

    def open_connection(principal="engineer", **options):
        profile = workspaces.profiles[f"dev-{principal}"]
        address = urllib.parse.urlparse(profile["host"])
        opened.append(
            sql.connect(
                server_hostname=f"http://{address.hostname}",
                _port=address.port,
                http_path=f"/sql/1.0/warehouses/{options.pop('warehouse', warehouse)}",
                access_token=profile["token"],
                use_sea=True,
                enable_telemetry=False,
                _retry_stop_after_attempts_count=2,
                **options,
            )
        )
        return opened[-1]

    yield open_connection
    for connection in opened:
        connection.close()


@pytest.fixture
def cursor(connect, schema):
    """A cursor of the engineer in a schema of their own."""
    return connect(catalog="dev", schema=schema.name).cursor()


def test_rows_come_one_by_one_in_parts_and_all_at_once(cursor):
    cursor.execute("SELECT id, id * id AS square FROM range(10) ORDER BY id")
    assert [(column[0], column[1]) for column in cursor.description] == [("id", "bigint"), ("square", "bigint")]
    first = cursor.fetchone()
    assert (first.id, first["square"], first.asDict()) == (0, 0, {"id": 0, "square": 0})
    assert [row.id for row in cursor.fetchmany(3)] == [1, 2, 3]
    assert [tuple(row) for row in cursor.fetchall()] == [(number, number * number) for number in range(4, 10)]
    assert (cursor.fetchone(), cursor.fetchall()) == (None, [])
    cursor.execute("SELECT id FROM range(3) ORDER BY id")
    assert [row.id for row in cursor] == [0, 1, 2]


def test_results_come_as_arrow(cursor):
    cursor.execute("SELECT id, CAST(id AS STRING) AS text FROM range(5) ORDER BY id")
    part = cursor.fetchmany_arrow(2)
    assert part.schema == pyarrow.schema([("id", pyarrow.int64()), ("text", pyarrow.string())])
    assert part.to_pydict() == {"id": [0, 1], "text": ["0", "1"]}
    assert cursor.fetchall_arrow().column("id").to_pylist() == [2, 3, 4]


def test_every_type_makes_the_round_trip(connect, schema):
    cursor = connect(catalog="dev", schema=schema.name, _disable_pandas=True).cursor()
    cursor.execute(
        "CREATE TABLE t (ti TINYINT, si SMALLINT, i INT, b BIGINT, f FLOAT, d DOUBLE, dec DECIMAL(20,4), s STRING, yes BOOLEAN,"
        " bin BINARY, day DATE, ts TIMESTAMP, ntz TIMESTAMP_NTZ, list ARRAY<INT>, m MAP<STRING, BIGINT>, st STRUCT<a: INT, b: ARRAY<STRING>>)"
    )
    cursor.execute(
        "INSERT INTO t VALUES (-128, -32768, 2147483647, -9223372036854775808, 1.5, 2.25, 1234567890123456.7891, 'Ünï ''q'' \\\\ \\n', true,"
        " X'00FF10', DATE '1969-12-31', TIMESTAMP '2024-02-29 23:59:59.123456', TIMESTAMP_NTZ '2024-02-29 01:02:03', array(1, NULL, 3),"
        " map('k', 7), named_struct('a', 1, 'b', array('x'))),"
        " (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
    )
    cursor.execute("SELECT * FROM t ORDER BY ti NULLS LAST")
    assert [column[1] for column in cursor.description] == [
        "tinyint", "smallint", "int", "bigint", "float", "double", "decimal", "string", "boolean",
        "binary", "date", "timestamp", "timestamp_ntz", "array", "map", "struct",
    ]  # fmt: skip
    assert cursor.description[6][4:6] == (20, 4)
    full, empty = cursor.fetchall()
    assert tuple(full) == (
        -128, -32768, 2147483647, -9223372036854775808, 1.5, 2.25, decimal.Decimal("1234567890123456.7891"), "Ünï 'q' \\ \n", True,
        b"\x00\xff\x10", datetime.date(1969, 12, 31), datetime.datetime(2024, 2, 29, 23, 59, 59, 123456, UTC),
        datetime.datetime(2024, 2, 29, 1, 2, 3), [1, None, 3], [("k", 7)], {"a": 1, "b": ["x"]},
    )  # fmt: skip
    assert set(empty) == {None}


def test_parameters_of_each_type_are_values(cursor):
    moment = datetime.datetime(2024, 5, 6, 7, 8, 9, 120000)
    given = {
        "text": StringParameter(value="x'); DROP TABLE t; --", name="text"),
        "tiny": TinyIntParameter(value=-1, name="tiny"),
        "small": SmallIntParameter(value=300, name="small"),
        "whole": IntegerParameter(value=70000, name="whole"),
        "big": BigIntegerParameter(value=2**40, name="big"),
        "single": FloatParameter(value=0.5, name="single"),
        "real": DoubleParameter(value=2.5, name="real"),
        "exact": DecimalParameter(value=decimal.Decimal("12.340"), name="exact"),
        "yes": BooleanParameter(value=True, name="yes"),
        "day": DateParameter(value=datetime.date(2024, 5, 6), name="day"),
        "moment": TimestampParameter(value=moment.replace(tzinfo=UTC), name="moment"),
        "wall": TimestampNTZParameter(value=moment, name="wall"),
        "nothing": VoidParameter(value=None, name="nothing"),
    }
    cursor.execute("SELECT " + ", ".join(f":{name} AS {name}" for name in given), parameters=list(given.values()))
    assert [column[1] for column in cursor.description] == [
        "string", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal", "boolean", "date", "timestamp", "timestamp_ntz", "null",
    ]  # fmt: skip
    row = cursor.fetchone().asDict()
    assert row["moment"] == moment.replace(tzinfo=UTC)
    assert {name: row[name] for name in given if name != "moment"} == {name: each.value for name, each in given.items() if name != "moment"}
    # What is no parameter object has its type inferred.
    cursor.execute("SELECT :a + 1 AS a, :b AS b", parameters={"a": 41, "b": "x"})
    assert tuple(cursor.fetchone()) == (42, "x")


def test_a_parameter_that_the_driver_cannot_carry_is_refused_and_never_null(cursor):
    # The driver sends an array without its elements; as NULL it would be another value.
    with pytest.raises(ServerOperationError, match="`ARRAY`, which parameters cannot have"):
        cursor.execute("SELECT :list AS list", parameters=[ArrayParameter(value=[1, 2], name="list")])
    with pytest.raises(ServerOperationError, match="UNBOUND_SQL_PARAMETER"):
        cursor.execute("SELECT :missing")


def test_big_results_come_over_several_links(cursor):
    cursor.execute("SELECT id, repeat('x', 20) AS text FROM range(35000) ORDER BY id")
    read = []
    while part := cursor.fetchmany(9000):
        read += [row.id for row in part]
    assert read == list(range(35000))
    cursor.execute("SELECT id FROM range(25001) ORDER BY id")
    assert cursor.fetchall_arrow().column("id").to_pylist() == list(range(25001))


def test_rows_are_limited_by_the_cursor(connect):
    cursor = connect().cursor(row_limit=7)
    cursor.execute("SELECT id FROM range(100) ORDER BY id")
    assert [row.id for row in cursor.fetchall()] == list(range(7))


def test_a_session_keeps_catalog_schema_and_settings(connect, schema):
    connection = connect(session_configuration={"STATEMENT_TIMEOUT": "60", "ansi_mode": "true"})
    cursor = connection.cursor()
    cursor.execute("SELECT current_catalog(), current_schema()")
    assert tuple(cursor.fetchone()) == ("dev", "default")
    cursor.execute(f"USE dev.{schema.name}")
    cursor.execute("CREATE TABLE kept AS SELECT 1 AS one")
    other = connection.cursor()
    other.execute("SELECT current_schema(), one FROM kept")
    assert tuple(other.fetchone()) == (schema.name, 1)
    other.execute("SET statement_timeout")
    assert tuple(other.fetchone()) == ("statement_timeout", "60")
    other.execute("SET statement_timeout = 120")
    other.execute("SET statement_timeout")
    assert tuple(other.fetchone()) == ("statement_timeout", "120")
    other.execute("RESET statement_timeout")
    other.execute("SET statement_timeout")
    assert tuple(other.fetchone()) == ("statement_timeout", "0")
    with pytest.raises(ServerOperationError, match="TABLE_OR_VIEW_NOT_FOUND"):
        connect().cursor().execute("SELECT * FROM kept")


def test_a_setting_that_would_change_results_is_refused(connect, cursor):
    for name, value in (("TIMEZONE", "Europe/Berlin"), ("ANSI_MODE", "false")):
        with pytest.raises(RequestError, match="501"):
            connect(session_configuration={name: value})
        with pytest.raises(ServerOperationError, match="UNSUPPORTED_FEATURE"):
            cursor.execute(f"SET {name} = '{value}'")


def test_a_statement_ends_with_its_timeout(connect):
    cursor = connect(session_configuration={"STATEMENT_TIMEOUT": "1"}).cursor()
    with pytest.raises(ServerOperationError, match="STATEMENT_TIMEOUT"):
        cursor.execute("SELECT count(*) FROM range(100000000000) AS a WHERE id % 7 = 3 AND sqrt(id) > 2")


def test_drivers_list_catalogs_schemas_tables_and_columns(connect, cursor, schema):
    cursor.execute("CREATE TABLE orders (id BIGINT NOT NULL COMMENT 'key', amount DECIMAL(10,2)) COMMENT 'sold'")
    cursor.execute("CREATE VIEW recent AS SELECT id FROM orders")
    assert "dev" in [row.catalog for row in cursor.catalogs().fetchall()]
    assert [row.databaseName for row in cursor.schemas(catalog_name="dev", schema_name=schema.name).fetchall()] == [schema.name]
    tables = cursor.tables(catalog_name="dev", schema_name=schema.name).fetchall()
    assert [(row.catalogName, row.namespace, row.tableName, row.tableType, row.remarks) for row in tables] == [
        ("dev", schema.name, "orders", "TABLE", "sold"),
        ("dev", schema.name, "recent", "VIEW", None),
    ]
    views = cursor.tables(catalog_name="dev", schema_name=schema.name, table_types=["VIEW"]).fetchall()
    assert [row.tableName for row in views] == ["recent"]
    assert [row.tableName for row in cursor.tables(schema_name=schema.name, table_name="ord*").fetchall()] == ["orders"]
    columns = cursor.columns(catalog_name="dev", schema_name=schema.name, table_name="orders").fetchall()
    assert [(row.col_name, row.columnType, row.columnSize, row.decimalDigits, row.isNullable, row.remarks, row.ordinalPosition) for row in columns] == [
        ("id", "BIGINT", 19, 0, "false", "key", 1),
        ("amount", "DECIMAL(10,2)", 10, 2, "true", None, 2),
    ]
    named = cursor.columns(catalog_name="dev", schema_name=schema.name, column_name="am*").fetchall()
    assert [(row.tableName, row.col_name) for row in named] == [("orders", "amount")]
    # Who may not see it finds nothing.
    assert connect("analyst").cursor().tables(catalog_name="dev", schema_name=schema.name).fetchall() == []


def test_failed_sql_is_an_error_that_names_the_reason(cursor):
    for statement, reason in (
        ("SELEC 1", "SELEC"),
        ("SELECT * FROM nothing_there", "TABLE_OR_VIEW_NOT_FOUND"),
        ("SELECT 1 / 0", "DIVIDE_BY_ZERO"),
        ("SELECT CAST('x' AS INT)", "CAST_INVALID_INPUT"),
        ("COPY INTO t FROM '/Volumes/dev/default/v'", "UNSUPPORTED_FEATURE"),
    ):
        with pytest.raises(ServerOperationError, match=reason):
            cursor.execute(statement)
    # The connection goes on.
    cursor.execute("SELECT 1 AS one")
    assert cursor.fetchone().one == 1


def test_a_statement_is_cancelled_from_another_thread(cursor):
    ended = []

    def execute():
        try:
            cursor.execute("SELECT count(*) FROM range(100000000000) AS a WHERE id % 7 = 3 AND sqrt(id) > 2")
            ended.append(cursor.fetchall())
        except Exception as error:  # What the driver makes of a cancelled statement is its own.
            ended.append(error)

    thread = threading.Thread(target=execute)
    thread.start()
    # The driver knows what to cancel once the statement's first answer is there, which takes ten seconds.
    while cursor.active_command_id is None and thread.is_alive():
        thread.join(0.05)
    cursor.cancel()
    thread.join(60)
    assert not thread.is_alive()
    assert isinstance(ended[0], Exception), ended


def test_a_statement_runs_in_the_background_until_its_result_is_fetched(cursor):
    cursor.execute_async("SELECT sum(id) AS total FROM range(1000)")
    while cursor.is_query_pending():
        pass
    cursor.get_async_execution_result()
    assert cursor.fetchone().total == 499500


def test_what_is_closed_answers_no_more(connect, cursor):
    connection = connect()
    first = connection.cursor()
    first.execute("SELECT 1")
    first.close()
    with pytest.raises(Error):
        first.execute("SELECT 1")
    second = connection.cursor()
    connection.close()
    with pytest.raises(Error):
        second.execute("SELECT 1")
    with pytest.raises(Error):
        connection.cursor()
    cursor.execute("SELECT 1 AS one")
    assert cursor.fetchone().one == 1


def test_who_has_no_grant_is_refused_by_name(connect, cursor, schema):
    cursor.execute("CREATE TABLE secret AS SELECT 1 AS one")
    stranger = connect("analyst").cursor()
    for statement in (f"SELECT * FROM dev.{schema.name}.secret", f"INSERT INTO dev.{schema.name}.secret VALUES (2)", f"DROP TABLE dev.{schema.name}.secret"):
        with pytest.raises(ServerOperationError, match="INSUFFICIENT_PERMISSIONS|TABLE_OR_VIEW_NOT_FOUND"):
            stranger.execute(statement)
    cursor.execute("SELECT one FROM secret")
    assert [tuple(row) for row in cursor.fetchall()] == [(1,)]
    with pytest.raises(RequestError, match="404|400"):
        connect(warehouse="0123456789abcdef")
