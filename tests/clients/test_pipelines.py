"""Pipelines through the official client: updates that really compute tables, which `deltalake` reads without the workspace."""

import base64
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest
from databricks.sdk.errors import BadRequest, NotFound, NotImplemented, PermissionDenied, ResourceConflict
from databricks.sdk.service.catalog import PermissionsChange, Privilege
from databricks.sdk.service.jobs import PipelineTask, RunLifeCycleState, RunResultState, Task
from databricks.sdk.service.pipelines import (
    FileLibrary,
    NotebookLibrary,
    PathPattern,
    PipelineAccessControlRequest,
    PipelineLibrary,
    PipelinePermissionLevel,
    RunAs,
    UpdateInfoState,
)
from databricks.sdk.service.workspace import ImportFormat

from .conftest import Workspaces, sluice

pytestmark = pytest.mark.witness("executes")

FINAL = (UpdateInfoState.COMPLETED, UpdateInfoState.FAILED, UpdateInfoState.CANCELED)
RAW = "CREATE TABLE {0}.raw AS SELECT * FROM VALUES (1, 'a', 10), (2, 'b', -1), (3, NULL, 30), (4, 'd', 40) AS t(id, word, n)"


@pytest.fixture
def folder(engineer, name):
    """Writes sources into a folder of the engineer."""
    path = f"/Users/engineer@sluice.test/{name}"
    engineer.workspace.mkdirs(path)

    def write(file, text):
        content = base64.b64encode(text.encode()).decode()
        engineer.workspace.import_(f"{path}/{file}", content=content, format=ImportFormat.AUTO, overwrite=True)
        return f"{path}/{file}"

    yield write
    engineer.workspace.delete(path, recursive=True)


@pytest.fixture
def pipeline(engineer, schema, name):
    """Makes pipelines into the schema, and removes them afterwards."""
    made = []

    def create(*libraries, client=engineer, **settings):
        settings = {"catalog": "dev", "schema": schema.name} | settings
        made.append(client.pipelines.create(name=f"{name}-{len(made)}", libraries=list(libraries), **settings).pipeline_id)
        return made[-1]

    yield create
    for each in made:
        try:
            engineer.pipelines.delete(each)
        except NotFound:
            pass


def file(path):
    """A source in a file."""
    return PipelineLibrary(file=FileLibrary(path=path))


def wait(client, pipeline, update):
    """The update, once it has ended."""
    for _ in range(1200):
        found = client.pipelines.get_update(pipeline, update).update
        if found.state in FINAL:
            return found
        time.sleep(0.1)
    raise AssertionError(f"the update did not end: {found}")


def run(client, pipeline, **options):
    """Starts an update and waits for its end."""
    return wait(client, pipeline, client.pipelines.start_update(pipeline, **options).update_id)


def events(client, pipeline, **options):
    """Events as the API sends them: the client leaves their details out."""
    return client.api_client.do("GET", f"/api/2.0/pipelines/{pipeline}/events", query=options)["events"]


def quality(client, pipeline, dataset):
    """What the last computation of a dataset told about its expectations: passed and failed records, and how many were left out."""
    told = [event["details"]["flow_progress"] for event in events(client, pipeline) if event["event_type"] == "flow_progress" and event["origin"]["dataset_name"] == dataset]
    found = next(each["data_quality"] for each in told if "data_quality" in each)
    return {each["name"]: (each["passed_records"], each["failed_records"]) for each in found["expectations"]}, found["dropped_records"]


def read(client, table, columns):
    """The rows of a table as `deltalake` finds them on disk, sorted."""
    cache = pathlib.Path(os.environ.get("SLUICE_CACHE_DIR") or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "sluice")
    python = next(found.parents[3] / "bin" / "python" for found in sorted(cache.glob("python/*/lib/python3*/site-packages/deltalake")))
    location = client.tables.get(table).storage_location.removeprefix("file://")
    code = "import json, os, sys; from deltalake import DeltaTable; print(json.dumps(DeltaTable(sys.argv[1]).to_pyarrow_table().select(sys.argv[2:]).to_pylist(), default=str), flush=True)"
    # The libraries' threads now and then abort an interpreter that takes itself apart.
    code += "; os._exit(0)"
    found = subprocess.run([python, "-c", code, location, *columns], capture_output=True, text=True, check=True)
    return sorted((tuple(row[column] for column in columns) for row in json.loads(found.stdout)), key=str)


def test_sql_is_computed_in_the_order_of_its_inputs_with_expectations(engineer, schema, execute, folder, pipeline):
    execute(engineer, RAW.format(schema.full_name))
    gold = folder(
        "gold.sql",
        "CREATE OR REFRESH MATERIALIZED VIEW gold (total COMMENT 'all of them') COMMENT 'What ''counts''' TBLPROPERTIES ('quality' = 'gold')\n"
        "AS SELECT sum(clean.n) AS s FROM LIVE.clean;",
    )
    notebook = folder(
        "silver.sql",
        "-- Databricks notebook source\n-- MAGIC %md Silver\n\n-- COMMAND ----------\n\n"
        "CREATE OR REPLACE TEMPORARY VIEW large AS SELECT * FROM raw WHERE n > ${least};\n\n-- COMMAND ----------\n\n"
        "CREATE MATERIALIZED VIEW clean (\n"
        "  CONSTRAINT has_word EXPECT (word IS NOT NULL) ON VIOLATION DROP ROW,\n"
        "  CONSTRAINT small EXPECT (n < 40),\n"
        "  CONSTRAINT sane EXPECT (id > 0) ON VIOLATION FAIL UPDATE)\n"
        "AS SELECT id, word, n FROM LIVE.large",
    )
    made = pipeline(file(gold), PipelineLibrary(notebook=NotebookLibrary(path=notebook.removesuffix(".sql"))), configuration={"least": "0"})
    assert engineer.pipelines.get(made).state.value == "IDLE"
    update = run(engineer, made)
    assert update.state == UpdateInfoState.COMPLETED, events(engineer, made)
    assert (update.cause.value, update.config.configuration) == ("API_CALL", {"least": "0"})
    assert read(engineer, f"{schema.full_name}.clean", ["id", "word", "n"]) == [(1, "a", 10), (4, "d", 40)]
    assert read(engineer, f"{schema.full_name}.gold", ["total"]) == [(50,)]
    assert quality(engineer, made, "clean") == ({"has_word": (2, 1), "small": (2, 1), "sane": (3, 0)}, 1)
    table = engineer.tables.get(f"{schema.full_name}.gold")
    assert (table.table_type.value, table.pipeline_id, table.comment, table.properties["quality"]) == ("MATERIALIZED_VIEW", made, "What 'counts'", "gold")
    assert (table.columns[0].comment, table.view_definition) == ("all of them", "SELECT sum(clean.n) AS s FROM LIVE.clean")
    names = sorted(each.name for each in engineer.tables.list("dev", schema.name))
    assert names == ["clean", "gold", "raw"], "views and what an update needs for itself are not there"
    read_back = engineer.pipelines.get(made)
    assert (read_back.state.value, read_back.health.value) == ("IDLE", "HEALTHY")
    assert [(each.update_id, each.state.value) for each in read_back.latest_updates] == [(update.update_id, "COMPLETED")]
    # Everything is computed anew.
    execute(engineer, f"DELETE FROM {schema.full_name}.raw WHERE id = 4")
    assert run(engineer, made, full_refresh=True).state == UpdateInfoState.COMPLETED
    assert execute(engineer, f"SELECT total FROM {schema.full_name}.gold") == [["10"]]


def test_nobody_but_the_pipeline_writes_its_datasets_and_they_go_with_it(engineer, schema, execute, warehouse, folder, pipeline):
    execute(engineer, f"CREATE TABLE {schema.full_name}.taken AS SELECT 1 AS one")
    source = folder("a.sql", "CREATE MATERIALIZED VIEW a AS SELECT 1 AS one; CREATE VIEW seen AS SELECT * FROM a")
    made = pipeline(PipelineLibrary(glob=PathPattern(include=source.rsplit("/", 1)[0] + "/**")))
    assert run(engineer, made).state == UpdateInfoState.COMPLETED
    assert execute(engineer, f"SELECT * FROM {schema.full_name}.seen") == [["1"]]
    for statement in ("INSERT INTO {}.a VALUES (2)", "DELETE FROM {}.a", "DROP TABLE {}.a", "CREATE OR REPLACE TABLE {}.a AS SELECT 2 AS one", "ALTER TABLE {}.a ADD COLUMN two INT"):
        answer = engineer.statement_execution.execute_statement(statement.format(schema.full_name), warehouse)
        assert answer.status.state.value == "FAILED" and made in answer.status.error.message, statement
    folder("a.sql", "CREATE MATERIALIZED VIEW taken AS SELECT 2 AS one")
    refused = run(engineer, made)
    assert refused.state == UpdateInfoState.FAILED
    assert "belongs to no pipeline" in engineer.pipelines.get(made).cause
    assert read(engineer, f"{schema.full_name}.taken", ["one"]) == [(1,)]
    other = pipeline(file(folder("b.sql", "CREATE MATERIALIZED VIEW b AS SELECT 3 AS three")))
    assert run(engineer, other).state == UpdateInfoState.COMPLETED
    engineer.pipelines.delete(made)
    assert sorted(each.name for each in engineer.tables.list("dev", schema.name)) == ["b", "taken"]
    engineer.pipelines.delete(other, cascade=False)
    assert read(engineer, f"{schema.full_name}.b", ["three"]) == [(3,)]


def test_a_failed_update_names_the_dataset_and_keeps_what_it_did_not_write(engineer, schema, execute, folder, pipeline):
    execute(engineer, RAW.format(schema.full_name))
    text = (
        "CREATE MATERIALIZED VIEW first AS SELECT count(*) AS n FROM raw;"
        "CREATE MATERIALIZED VIEW strict (CONSTRAINT positive EXPECT (n > {0}) ON VIOLATION FAIL UPDATE) AS SELECT id, n FROM raw, (SELECT max(n) AS m FROM first) AS f;"
        "CREATE MATERIALIZED VIEW last AS SELECT count(*) AS n FROM strict"
    )
    made = pipeline(file(folder("a.sql", text.format(-5))))
    assert run(engineer, made).state == UpdateInfoState.COMPLETED
    execute(engineer, f"INSERT INTO {schema.full_name}.raw VALUES (5, 'e', 50)")
    folder("a.sql", text.format(0))
    assert run(engineer, made).state == UpdateInfoState.FAILED
    read_back = engineer.pipelines.get(made)
    assert (read_back.state.value, read_back.health.value) == ("FAILED", "UNHEALTHY")
    assert "`strict`" in read_back.cause and "`positive`" in read_back.cause
    assert quality(engineer, made, "strict") == ({"positive": (4, 1)}, 0)
    assert read(engineer, f"{schema.full_name}.first", ["n"]) == [(5,)], "it was written before the failure"
    assert len(read(engineer, f"{schema.full_name}.strict", ["id"])) == 4 and read(engineer, f"{schema.full_name}.last", ["n"]) == [(4,)]
    errors = list(engineer.pipelines.list_pipeline_events(made, filter="level = 'ERROR'"))
    assert [each.event_type for each in errors] == ["update_progress", "flow_progress"]
    assert errors[1].origin.dataset_name == "strict" and "positive" in errors[1].error.exceptions[0].message
    skipped = list(engineer.pipelines.list_pipeline_events(made, filter="level in ('WARN')"))
    assert [each.origin.dataset_name for each in skipped] == ["last"]
    assert engineer.pipelines.stop_and_wait(made).state.value == "IDLE", "a stop puts a failed pipeline to rest"
    # What is selected is computed, with the views that it reads, and nothing else.
    execute(engineer, f"DELETE FROM {schema.full_name}.raw WHERE n < 0")
    assert run(engineer, made, refresh_selection=["strict"]).state == UpdateInfoState.COMPLETED
    assert read(engineer, f"{schema.full_name}.first", ["n"]) == [(5,)] and read(engineer, f"{schema.full_name}.last", ["n"]) == [(4,)]
    assert run(engineer, made, full_refresh_selection=[f"{schema.full_name}.last"]).state == UpdateInfoState.COMPLETED
    assert read(engineer, f"{schema.full_name}.last", ["n"]) == [(4,)]
    assert run(engineer, made, refresh_selection=["nothing"]).state == UpdateInfoState.FAILED


def test_python_declares_datasets_that_sql_reads_and_the_other_way_round(engineer, schema, execute, folder, pipeline):
    execute(engineer, RAW.format(schema.full_name))
    folder("rules.py", "RULES = {'has_word': 'word IS NOT NULL', 'positive': 'n > 0'}\n")
    older = folder(
        "older.py",
        "import dlt\nfrom rules import RULES\nfrom pyspark.sql import functions as F\n\n"
        "@dlt.view\ndef large():\n    return spark.read.table('raw').where(F.col('id') < int(spark.conf.get('most')))\n\n"
        "@dlt.table(name='silver', comment='Clean', table_properties={'quality': 'silver'}, partition_cols=['id'])\n"
        "@dlt.expect_all_or_drop(RULES)\n@dlt.expect('short', 'length(word) < 1')\n"
        "def any_name():\n    return dlt.read('large').select('id', 'word', 'n')\n",
    )
    newer = folder(
        "newer.py",
        "# Databricks notebook source\nfrom pyspark import pipelines as dp\n\n# COMMAND ----------\n\n"
        "@dp.temporary_view()\ndef doubled():\n    return spark.sql('SELECT id, 2 * n AS n FROM LIVE.from_sql')\n\n"
        "@dp.materialized_view(private=True)\ndef inner():\n    return spark.table('doubled')\n\n"
        "@dp.materialized_view\n@dp.expect_or_fail('there', 'n IS NOT NULL')\n"
        "def gold():\n    rows = spark.sql('SELECT max(n) AS n FROM doubled WHERE id >= :least', args={'least': 1}).collect()\n"
        "    return spark.createDataFrame([(rows[0].n, spark.read.table('inner').count())], 'n INT, rows BIGINT')\n",
    )
    between = folder("between.sql", "CREATE MATERIALIZED VIEW from_sql AS SELECT silver.id, silver.n FROM LIVE.silver")
    libraries = [file(older), PipelineLibrary(notebook=NotebookLibrary(path=newer.removesuffix(".py"))), file(between)]
    made = pipeline(*libraries, configuration={"most": "4"})
    update = run(engineer, made)
    assert update.state == UpdateInfoState.COMPLETED, engineer.pipelines.get(made).cause
    assert read(engineer, f"{schema.full_name}.silver", ["id", "word", "n"]) == [(1, "a", 10)]
    assert quality(engineer, made, "silver") == ({"has_word": (2, 1), "positive": (2, 1), "short": (0, 3)}, 2)
    assert read(engineer, f"{schema.full_name}.gold", ["n", "rows"]) == [(20, 1)]
    silver = engineer.tables.get(f"{schema.full_name}.silver")
    assert (silver.comment, silver.properties["quality"], silver.pipeline_id) == ("Clean", "silver", made)
    assert sorted(each.name for each in engineer.tables.list("dev", schema.name)) == ["from_sql", "gold", "raw", "silver"]


def test_what_streams_is_refused_by_name(engineer, folder, pipeline):
    for number, (text, word) in enumerate(
        [
            ("CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(raw)", "CREATE STREAMING TABLE"),
            ("APPLY CHANGES INTO t FROM s KEYS (id) SEQUENCE BY n", "APPLY CHANGES"),
            ("CREATE MATERIALIZED VIEW t AS SELECT * FROM STREAM(LIVE.s)", "STREAM"),
        ]
    ):
        made = pipeline(file(folder(f"s{number}.sql", text)))
        assert run(engineer, made).state == UpdateInfoState.FAILED
        assert word in engineer.pipelines.get(made).cause
    for number, (text, word) in enumerate(
        [
            ("import dlt\ndlt.create_streaming_table('t')", "create_streaming_table"),
            ("import dlt\n@dlt.table\ndef t():\n    return spark.readStream.table('raw')", "readStream"),
            ("from pyspark import pipelines as dp\n@dp.table\ndef t():\n    return spark.range(1)", "pyspark.pipelines.table"),
        ]
    ):
        made = pipeline(file(folder(f"p{number}.py", text)))
        assert run(engineer, made).state == UpdateInfoState.FAILED
        assert word in engineer.pipelines.get(made).cause
    for settings in ({"continuous": True}, {"catalog": None}):
        with pytest.raises((NotImplemented, BadRequest)):
            engineer.pipelines.start_update(pipeline(file("/Shared/a.sql"), **settings))
    made = pipeline(file("/Shared/a.sql"))
    with pytest.raises(NotImplemented, match="reset_checkpoint_selection"):
        engineer.pipelines.start_update(made, reset_checkpoint_selection=["t"])
    with pytest.raises(NotImplemented, match="filter"):
        list(engineer.pipelines.list_pipeline_events(made, filter="message = 'x'"))
    with pytest.raises(NotImplemented, match="ordered"):
        list(engineer.pipelines.list_pipeline_events(made, order_by=["level asc"]))


def test_circles_and_missing_inputs_are_named_and_a_validation_writes_nothing(engineer, schema, folder, pipeline):
    made = pipeline(file(folder("a.sql", "CREATE MATERIALIZED VIEW a AS SELECT 1 AS one; CREATE MATERIALIZED VIEW b AS SELECT one + 1 AS two FROM a WHERE one > 0")))
    update = run(engineer, made, validate_only=True)
    assert (update.state, update.validate_only) == (UpdateInfoState.COMPLETED, True)
    assert not list(engineer.tables.list("dev", schema.name))
    for text, said in [
        ("CREATE MATERIALIZED VIEW a AS SELECT * FROM b; CREATE MATERIALIZED VIEW b AS SELECT * FROM a", "`a`, `b` read each other in a circle"),
        ("CREATE MATERIALIZED VIEW a AS SELECT * FROM nowhere", "the dataset `a` could not be computed: it reads `nowhere`"),
        ("CREATE MATERIALIZED VIEW a AS SELECT 1 AS one; CREATE MATERIALIZED VIEW c AS SELECT two FROM a", "the dataset `c` could not be computed"),
        ("CREATE MATERIALIZED VIEW a (CONSTRAINT x EXPECT (two > 1)) AS SELECT 1 AS one", "the dataset `a` could not be computed"),
        ("CREATE MATERIALIZED VIEW a AS SELECT * FROM LIVE.b", "`LIVE.b`, which no source of the pipeline declares"),
        ("SELECT 1", "CREATE MATERIALIZED VIEW"),
    ]:
        folder("a.sql", text)
        assert run(engineer, made, validate_only=True).state == UpdateInfoState.FAILED, text
        assert said in engineer.pipelines.get(made).cause
    python = "import dlt\n@dlt.table\ndef one():\n    return spark.range(1).select('{0}')\n@dlt.table\ndef two():\n    return dlt.read('one').select('id')\n"
    other = pipeline(file(folder("a.py", python.format("id"))))
    assert run(engineer, other, validate_only=True).state == UpdateInfoState.COMPLETED
    (unsure,) = engineer.pipelines.list_pipeline_events(other, filter="level = 'WARN'")
    assert unsure.message.startswith("Flow 'two' was not validated"), "its input is not there"
    folder("a.py", python.format("other"))
    assert run(engineer, other, validate_only=True).state == UpdateInfoState.FAILED
    assert "the dataset `one` could not be computed" in engineer.pipelines.get(other).cause
    assert not list(engineer.tables.list("dev", schema.name))


def test_updates_and_events_are_listed_page_by_page(engineer, folder, pipeline):
    made = pipeline(file(folder("a.sql", "CREATE MATERIALIZED VIEW a AS SELECT 1 AS one")))
    updates = [run(engineer, made).update_id for _ in range(3)]
    first = engineer.pipelines.list_updates(made, max_results=2)
    assert [each.update_id for each in first.updates] == [updates[2], updates[1]]
    second = engineer.pipelines.list_updates(made, max_results=2, page_token=first.next_page_token)
    assert ([each.update_id for each in second.updates], second.next_page_token) == ([updates[0]], None)
    assert [each.update_id for each in engineer.pipelines.list_updates(made, until_update_id=updates[1]).updates] == [updates[2], updates[1]]
    newest = list(engineer.pipelines.list_pipeline_events(made, max_results=4))
    oldest = list(engineer.pipelines.list_pipeline_events(made, max_results=3, order_by=["timestamp asc"]))
    assert [each.id for each in newest] == [each.id for each in reversed(oldest)] and len(newest) > 12
    assert (oldest[0].event_type, newest[0].message) == ("create_update", f"Update {updates[2]} is COMPLETED.")
    since = newest[0].timestamp
    late = list(engineer.pipelines.list_pipeline_events(made, filter=f"level = 'INFO' AND timestamp >= '{since}'"))
    assert newest[0].id in [each.id for each in late] and all(each.timestamp >= since for each in late)
    assert [each.id for each in engineer.pipelines.list_pipeline_events(made, filter=f"id='{newest[2].id}'")] == [newest[2].id]
    with pytest.raises(NotFound):
        engineer.pipelines.get_update(made, "00000000-0000-0000-0000-000000000000")


def test_an_update_has_the_grants_of_run_as_and_needs_a_level_to_be_started(admin, engineer, analyst, schema, execute, folder, pipeline):
    execute(engineer, RAW.format(schema.full_name))
    execute(engineer, f"CREATE FUNCTION {schema.full_name}.hide(word STRING) RETURNS STRING RETURN CASE WHEN current_user() = 'engineer@sluice.test' THEN word ELSE '***' END")
    source = folder("a.sql", "CREATE MATERIALIZED VIEW words AS SELECT id, word FROM raw")
    made = pipeline(file(source))
    with pytest.raises(PermissionDenied):
        analyst.pipelines.start_update(made)
    engineer.pipelines.update_permissions(made, access_control_list=[PipelineAccessControlRequest(user_name="analyst@sluice.test", permission_level=PipelinePermissionLevel.CAN_RUN)])
    assert run(analyst, made).state == UpdateInfoState.COMPLETED, "it runs with the grants of its owner"
    with pytest.raises(PermissionDenied):
        analyst.pipelines.update(made, name="stolen", run_as=RunAs(user_name="admin@sluice.test"))
    with pytest.raises(PermissionDenied):
        engineer.pipelines.create(name="risen" + made, run_as=RunAs(user_name="admin@sluice.test"))
    # As somebody without grants it fails and names the dataset.
    foreign = admin.pipelines.create(name="foreign" + made, catalog="dev", schema=schema.name, libraries=[file(source)], run_as=RunAs(user_name="analyst@sluice.test")).pipeline_id
    assert admin.pipelines.get(foreign).run_as_user_name == "analyst@sluice.test"
    admin.workspace.get_status(source)
    assert run(admin, foreign).state == UpdateInfoState.FAILED
    cause = admin.pipelines.get(foreign).cause
    assert "analyst@sluice.test" in cause
    # With grants it reads what a statement of that principal would: masked values.
    execute(engineer, f"ALTER TABLE {schema.full_name}.raw ALTER COLUMN word SET MASK {schema.full_name}.hide")
    granted = [Privilege.USE_SCHEMA, Privilege.SELECT, Privilege.CREATE_TABLE, Privilege.EXECUTE]
    engineer.grants.update("schema", schema.full_name, changes=[PermissionsChange(principal="analyst@sluice.test", add=granted)])
    shared = f"/Shared/{schema.name}.sql"
    admin.workspace.import_(shared, content=base64.b64encode(b"CREATE MATERIALIZED VIEW masked AS SELECT id, word FROM raw").decode(), format=ImportFormat.RAW)
    admin.pipelines.update(foreign, name="foreign" + made, catalog="dev", schema=schema.name, libraries=[file(shared)], run_as=RunAs(user_name="analyst@sluice.test"))
    assert run(admin, foreign).state == UpdateInfoState.COMPLETED, admin.pipelines.get(foreign).cause
    assert read(admin, f"{schema.full_name}.masked", ["id", "word"])[0] == (1, "***")
    admin.pipelines.delete(foreign)
    admin.workspace.delete(shared)


def test_an_update_is_stopped_and_another_one_waits_for_nobody(engineer, folder, pipeline):
    made = pipeline(file(folder("slow.py", "import dlt, time\n@dlt.table\ndef slow():\n    time.sleep(600)\n    return spark.range(1)\n")))
    update = engineer.pipelines.start_update(made).update_id
    with pytest.raises(ResourceConflict, match=update):
        engineer.pipelines.start_update(made)
    assert engineer.pipelines.stop_and_wait(made).state.value == "IDLE"
    assert wait(engineer, made, update).state == UpdateInfoState.CANCELED
    assert engineer.pipelines.stop_and_wait(made).state.value == "IDLE", "there is nothing to stop"


def test_a_task_of_a_job_runs_an_update(engineer, schema, name, folder, pipeline):
    made = pipeline(file(folder("a.sql", "CREATE MATERIALIZED VIEW a AS SELECT ${one} AS one, :one AS word")), configuration={"one": "1"})
    broken = pipeline(file(folder("b.sql", "CREATE MATERIALIZED VIEW b AS SELECT nothing")))
    slow = pipeline(file(folder("slow.py", "import dlt, time\n@dlt.table\ndef slow():\n    time.sleep(600)\n    return spark.range(1)\n")))
    tasks = [Task(task_key=key, pipeline_task=PipelineTask(pipeline_id=each, full_refresh=key == "good", parameters={"one": "7"})) for key, each in (("good", made), ("bad", broken))]
    job = engineer.jobs.create(name=name, tasks=tasks).job_id
    endless = engineer.jobs.create(name=name + "2", tasks=[Task(task_key="slow", pipeline_task=PipelineTask(pipeline_id=slow))]).job_id
    ended = engineer.jobs.run_now(job)
    engineer.jobs.wait_get_run_job_terminated_or_skipped(ended.run_id)
    states = {task.task_key: task.state for task in engineer.jobs.get_run(ended.run_id).tasks}
    assert (states["good"].result_state, states["bad"].result_state) == (RunResultState.SUCCESS, RunResultState.FAILED)
    assert "`b`" in states["bad"].state_message
    assert read(engineer, f"{schema.full_name}.a", ["one", "word"]) == [(7, "7")]
    (update,) = engineer.pipelines.list_updates(made).updates
    assert (update.cause.value, update.full_refresh) == ("JOB_TASK", True)
    task = next(task for task in engineer.jobs.get_run(ended.run_id).tasks if task.task_key == "good")
    assert update.update_id in engineer.jobs.get_run_output(task.run_id).info
    waiting = engineer.jobs.run_now(endless)
    for _ in range(600):
        if engineer.pipelines.list_updates(slow).updates:
            break
        time.sleep(0.1)
    engineer.jobs.cancel_run_and_wait(waiting.run_id)
    cancelled = engineer.jobs.get_run(waiting.run_id)
    assert (cancelled.state.life_cycle_state, cancelled.state.result_state) == (RunLifeCycleState.TERMINATED, RunResultState.CANCELED)
    assert [each.state for each in engineer.pipelines.list_updates(slow).updates] == [UpdateInfoState.CANCELED]
    for each in (job, endless):
        engineer.jobs.delete(each)


def test_an_update_that_was_killed_has_failed_and_leaves_nothing_of_its_own(tmp_path):
    def command(*arguments):
        done = sluice(tmp_path, "workspace", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    command("up", "--base-port", "0")
    try:
        client = Workspaces(tmp_path).client("admin")
        client.workspace.mkdirs("/Shared/p")
        source = b"import dlt, time\n@dlt.view\ndef kept():\n    return spark.range(3)\n@dlt.table\ndef slow():\n    rows = dlt.read('kept').count()\n    time.sleep(600)\n    return spark.range(rows)\n"
        client.workspace.import_("/Shared/p/a.py", content=base64.b64encode(source).decode(), format=ImportFormat.AUTO)
        made = client.pipelines.create(name="p", catalog="dev", schema="default", libraries=[file("/Shared/p/a.py")]).pipeline_id
        update = client.pipelines.start_update(made).update_id
        for _ in range(1200):
            told = [each for each in client.pipelines.list_pipeline_events(made) if each.event_type == "flow_progress" and each.origin.dataset_name == "slow"]
            if told or client.pipelines.get_update(made, update).update.state in FINAL:
                break
            time.sleep(0.1)
        assert told and [each.name for each in client.tables.list("dev", "default")], "it is in the midst of it"
        os.kill(json.loads(command("status", "--output", "json"))["pid"], signal.SIGKILL)
        command("up", "--base-port", "0")
        client = Workspaces(tmp_path).client("admin")
        assert client.pipelines.get_update(made, update).update.state == UpdateInfoState.FAILED
        read_back = client.pipelines.get(made)
        assert read_back.state.value == "FAILED" and "in flight" in read_back.cause
        assert not list(client.tables.list("dev", "default"))
        (last,) = client.pipelines.list_pipeline_events(made, filter="level = 'ERROR'")
        assert last.message.startswith(f"Update {update} is FAILED")
        client.workspace.import_("/Shared/p/a.py", content=base64.b64encode(b"import dlt\n@dlt.table\ndef slow():\n    return spark.range(2)\n").decode(), format=ImportFormat.AUTO, overwrite=True)
        assert run(client, made).state == UpdateInfoState.COMPLETED
        assert read(client, "dev.default.slow", ["id"]) == [(0,), (1,)]
    finally:
        command("down")
