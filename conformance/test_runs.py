"""What a bundle runs: `bundle run` waits for work that was really done."""

from conformance import bundle

JOB = {
    "jobs": {
        "counts": {
            "name": "{name}",
            "parameters": [{"name": "upto", "default": "3"}],
            "tasks": [
                {
                    "task_key": "count",
                    "notebook_task": {"notebook_path": "./count.py", "base_parameters": {"upto": "{{job.parameters.upto}}"}},
                },
                {
                    "task_key": "fail",
                    "depends_on": [{"task_key": "count"}],
                    "run_if": "AT_LEAST_ONE_FAILED",
                    "notebook_task": {"notebook_path": "./count.py", "base_parameters": {"upto": "none"}},
                },
            ],
        }
    }
}
COUNT = """# Databricks notebook source
upto = int(dbutils.widgets.get("upto"))
dbutils.notebook.exit(str(spark.sql(f"SELECT sum(id) FROM range({upto} + 1)").collect()[0][0]))
"""
PIPELINE = {
    "pipelines": {
        "squares": {
            "name": "{name}",
            "catalog": "dev",
            "schema": "{name}",
            "serverless": True,
            "libraries": [{"file": {"path": "./squares.sql"}}],
        }
    }
}
SQUARES = "CREATE OR REFRESH MATERIALIZED VIEW squares AS SELECT id, id * id AS square FROM range(10);\n"


def test_a_job_runs_with_parameters_and_its_result_is_shown(cli, name, warehouse, tmp_path):
    run = cli()
    bundle.write(tmp_path, name, warehouse, JOB, {"count.py": COUNT})
    run("bundle", "deploy", directory=tmp_path).ok()
    ended = run("bundle", "run", "counts", "--params", "upto=4", "-o", "json", directory=tmp_path).json()
    assert [(output["TaskKey"], output["Output"]["result"]) for output in ended["task_outputs"] if output["TaskKey"] == "count"] == [("count", "10")]
    failed = run("bundle", "run", "counts", "--params", "upto=many", directory=tmp_path)
    assert failed.code == 1 and "many" in failed.out + failed.err, failed
    run("bundle", "destroy", "--auto-approve", directory=tmp_path).ok()


def test_a_pipeline_runs_and_its_rows_are_there(cli, name, warehouse, tmp_path):
    run = cli()
    run("schemas", "create", name, "dev").ok()
    bundle.write(tmp_path, name, warehouse, PIPELINE, {"squares.sql": SQUARES})
    run("bundle", "deploy", directory=tmp_path).ok()
    run("bundle", "run", "squares", directory=tmp_path).ok()
    statement = '{"warehouse_id": "%s", "wait_timeout": "50s", "statement": "SELECT sum(square) FROM dev.%s.squares"}' % (warehouse, name)
    answer = run("api", "post", "/api/2.0/sql/statements", "--json", statement).json()
    assert answer["result"]["data_array"] == [["285"]], answer
    run("bundle", "destroy", "--auto-approve", directory=tmp_path).ok()
