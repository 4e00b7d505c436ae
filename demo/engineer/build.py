"""An engineer builds `flight-punctuality` in the dev workspace, with the official `databricks-sdk` and without Sluice.

Schemas and volume are there from the first deployment of the empty shell. This makes what an engineer makes by hand: tables, a view, a mask, tags,
a key and grants with SQL; notebooks and SQL files in a folder; a job; a Genie space. Then it runs the job.

Every part looks at what is there first, so a build that was stopped goes on where it was, and a second build changes nothing. Who builds is the profile that
the environment names (`DATABRICKS_CONFIG_FILE`, `DATABRICKS_CONFIG_PROFILE`). What was made goes to standard output as JSON.
"""

import argparse
import hashlib
import io
import json
import pathlib
import sys
import time
from datetime import timedelta

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service import jobs
from databricks.sdk.service.compute import Environment
from databricks.sdk.service.sql import StatementState
from databricks.sdk.service.workspace import ImportFormat

PRODUCT = "flight-punctuality"
SQL = pathlib.Path(__file__).resolve().parent / "sql"
# Files of the product's `src`; in the workspace a notebook loses its extension.
FILES = ("bronze/load.py", "silver/flights_enriched.sql", "gold/carrier_month_punctuality.sql", "gold/weather_delay.sql", "checks/reconcile.py")
MASK = """CREATE FUNCTION {silver}.mask_tailnum(tailnum STRING)
RETURNS STRING
COMMENT 'Hides tail numbers from analysts.'
DETERMINISTIC
RETURN CASE WHEN is_account_group_member('analysts') THEN '***' ELSE tailnum END"""
SILVER_TAGS = {"layer": "silver"}
GOLD_TAGS = {"layer": "gold", "domain": "aviation"}
QUESTIONS = ("Which carrier was the most punctual in December?", "How much does poor visibility delay departures?")


def say(text: str) -> None:
    """Tells how far the build is."""
    print(text, file=sys.stderr, flush=True)


class Build:
    """One build: a client, the names of the layers and the folder."""

    def __init__(self, client: WorkspaceClient, catalog: str, prefix: str, folder: str):
        self.client = client
        self.catalog = catalog
        self.layers = {layer: f"{catalog}.{prefix}_{layer}" for layer in ("bronze", "silver", "gold")}
        self.folder = folder
        warehouses = sorted(client.warehouses.list(), key=lambda each: each.name)
        if not warehouses:
            sys.exit("the engineer may use no SQL warehouse of this workspace: ask an administrator for CAN_USE on one")
        self.warehouse = warehouses[0].id

    def sql(self, statement: str) -> None:
        """Executes a statement and waits for it; ends the build when it fails."""
        statement = statement.format(**self.layers)
        answer = self.client.statement_execution.execute_statement(statement, self.warehouse, wait_timeout="50s")
        while answer.status.state in (StatementState.PENDING, StatementState.RUNNING):
            time.sleep(0.2)
            answer = self.client.statement_execution.get_statement(answer.statement_id)
        if answer.status.state != StatementState.SUCCEEDED:
            reason = answer.status.error.message if answer.status.error else answer.status.state.value
            sys.exit(f"this statement failed: {reason}\n{statement}")

    def tables(self) -> None:
        """Tables and a view, where they are not there yet."""
        for layer in self.layers:
            text = (SQL / f"{layer}.sql").read_text(encoding="utf-8")
            for statement in filter(None, (part.strip() for part in text.split(";\n"))):
                self.sql(statement.removesuffix(";"))

    def protect(self) -> None:
        """The mask on tail numbers, and what analysts may read."""
        silver = self.layers["silver"]
        try:
            self.client.functions.get(f"{silver}.mask_tailnum")
        except NotFound:
            self.sql(MASK)
        columns = self.client.tables.get(f"{silver}.flights_enriched").columns
        tailnum = next(column for column in columns if column.name == "tailnum")
        if tailnum.mask is None:
            self.sql("ALTER TABLE {silver}.flights_enriched ALTER COLUMN tailnum SET MASK {silver}.mask_tailnum")
        self.sql("GRANT USE SCHEMA ON SCHEMA {silver} TO `analysts`")
        self.sql("GRANT SELECT ON TABLE {silver}.flights_enriched TO `analysts`")
        self.sql("GRANT EXECUTE ON FUNCTION {silver}.mask_tailnum TO `analysts`")

    def describe(self) -> None:
        """Tags and a primary key."""

        def pairs(tags):
            return ", ".join(f"'{key}' = '{value}'" for key, value in tags.items())

        self.sql(f"ALTER TABLE {{silver}}.flights_enriched SET TAGS ({pairs(SILVER_TAGS)})")
        self.sql("ALTER TABLE {silver}.flights_enriched ALTER COLUMN tailnum SET TAGS ('pii' = '')")
        for table in ("carrier_month_punctuality", "weather_delay"):
            self.sql(f"ALTER TABLE {{gold}}.{table} SET TAGS ({pairs(GOLD_TAGS)})")
        gold = self.client.tables.get(f"{self.layers['gold']}.carrier_month_punctuality")
        if not any(constraint.primary_key_constraint for constraint in gold.table_constraints or []):
            key = "CONSTRAINT carrier_month_key PRIMARY KEY (carrier, year, month)"
            self.sql(f"ALTER TABLE {{gold}}.carrier_month_punctuality ADD {key}")

    def upload(self, sources: pathlib.Path) -> None:
        """The product's files, as an engineer keeps them in a folder of their home."""
        for name in FILES:
            path = f"{self.folder}/{name}"
            self.client.workspace.mkdirs(path.rsplit("/", 1)[0])
            content = io.BytesIO((sources / name).read_bytes())
            self.client.workspace.upload(path, content, format=ImportFormat.AUTO, overwrite=True)

    def settings(self) -> jobs.JobSettings:
        """The job, with everything written out as it is in a job that was made by hand."""
        parameters = {"source": f"/Volumes/{self.catalog}/sources/nycflights13"} | self.layers
        references = {layer: f"{{{{job.parameters.{layer}}}}}" for layer in self.layers}

        def after(*keys):
            return [jobs.TaskDependency(task_key=key) for key in keys]

        def gold(name, *layers):
            file = jobs.SqlTaskFile(path=f"{self.folder}/gold/{name}.sql", source=jobs.Source.WORKSPACE)
            given = {layer: references[layer] for layer in layers}
            return jobs.SqlTask(warehouse_id=self.warehouse, file=file, parameters=given)

        notebook = jobs.NotebookTask(notebook_path=f"{self.folder}/bronze/load", source=jobs.Source.WORKSPACE)
        silver = jobs.NotebookTask(
            notebook_path=f"{self.folder}/silver/flights_enriched", source=jobs.Source.WORKSPACE, warehouse_id=self.warehouse
        )
        reconcile = jobs.SparkPythonTask(python_file=f"{self.folder}/checks/reconcile.py", parameters=list(references.values()))
        tasks = [
            jobs.Task(task_key="bronze", notebook_task=notebook),
            jobs.Task(task_key="silver", depends_on=after("bronze"), notebook_task=silver),
            jobs.Task(
                task_key="gold_carrier_month", depends_on=after("silver"), sql_task=gold("carrier_month_punctuality", "silver", "gold")
            ),
            jobs.Task(task_key="gold_weather", depends_on=after("silver"), sql_task=gold("weather_delay", "bronze", "silver", "gold")),
            jobs.Task(
                task_key="checks",
                depends_on=after("gold_carrier_month", "gold_weather"),
                spark_python_task=reconcile,
                environment_key="default",
            ),
        ]
        return jobs.JobSettings(
            name=PRODUCT,
            description="Loads flights and weather, joins them, and computes punctuality by carrier and by visibility.",
            max_concurrent_runs=1,
            timeout_seconds=3600,
            email_notifications=jobs.JobEmailNotifications(on_failure=["flights@sluice.test"]),
            tags={"data_product": PRODUCT, "product": PRODUCT, "cost_center": "CC-4711"},
            parameters=[jobs.JobParameterDefinition(name=name, default=value) for name, value in parameters.items()],
            tasks=tasks,
            environments=[jobs.JobEnvironment(environment_key="default", spec=Environment(environment_version="2"))],
        )

    def job(self) -> int:
        """The job's id; one that is there is set anew."""
        settings = self.settings()
        for job in self.client.jobs.list(name=PRODUCT):
            if (job.settings.tags or {}).get("data_product") == PRODUCT:
                self.client.jobs.reset(job.job_id, settings)
                return job.job_id
        return self.client.jobs.create(**settings.__dict__).job_id

    def run(self, job_id: int) -> int:
        """The id of a run that succeeded: the last one, one that is under way, or a new one."""
        last = next(iter(self.client.jobs.list_runs(job_id=job_id)), None)
        state = last.state if last else None
        if state and state.result_state == jobs.RunResultState.SUCCESS:
            return last.run_id
        run_id = last.run_id if state and state.result_state is None else self.client.jobs.run_now(job_id).run_id
        run = self.client.jobs.wait_get_run_job_terminated_or_skipped(run_id, timeout=timedelta(minutes=10))
        if run.state.result_state != jobs.RunResultState.SUCCESS:
            sys.exit(f"run {run_id} of the job did not succeed: {run.state.state_message}")
        return run_id

    def space(self) -> str:
        """The id of the Genie space over the gold tables."""

        def identifier(text):
            return hashlib.sha256(f"{PRODUCT}/{text}".encode()).hexdigest()[:32]

        questions = [{"id": identifier(question), "question": [question]} for question in QUESTIONS]
        tables = [{"identifier": f"{self.layers['gold']}.{table}"} for table in ("carrier_month_punctuality", "weather_delay")]
        document = {
            "version": 2,
            "config": {"sample_questions": sorted(questions, key=lambda each: each["id"])},
            "data_sources": {"tables": tables},
        }
        title = "Flight punctuality"
        token = None
        while True:
            page = self.client.genie.list_spaces(page_token=token)
            for space in page.spaces or []:
                if space.title == title and f"/Workspace{space.parent_path}" == self.folder:
                    return self.update_space(space.space_id, document)
            token = page.next_page_token
            if not token:
                break
        made = self.client.genie.create_space(
            self.warehouse, json.dumps(document), title=title, description="How punctual flights from New York City are", parent_path=self.folder
        )
        return made.space_id

    def update_space(self, space_id: str, document: dict) -> str:
        """Brings a space that is there to the document."""
        space = self.client.genie.get_space(space_id, include_serialized_space=True)
        if json.loads(space.serialized_space) != document:
            self.client.genie.update_space(space_id, serialized_space=json.dumps(document), etag=space.etag)
        return space_id


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=pathlib.Path, required=True, help="directory with the product's notebooks, SQL and Python files")
    parser.add_argument("--catalog", default="dev")
    parser.add_argument("--schema-prefix", default="flight_punctuality")
    parser.add_argument("--folder", help="folder of the workspace; by default `flight-punctuality` in the home of who builds")
    wishes = parser.parse_args()
    client = WorkspaceClient()
    folder = wishes.folder or f"/Workspace/Users/{client.current_user.me().user_name}/{PRODUCT}"
    build = Build(client, wishes.catalog, wishes.schema_prefix, folder)
    say("tables and a view")
    build.tables()
    say("mask, grants, tags and key")
    build.protect()
    build.describe()
    say(f"files in {folder}")
    build.upload(wishes.sources)
    say("job")
    job_id = build.job()
    say(f"run of job {job_id}")
    run_id = build.run(job_id)
    say("Genie space")
    space_id = build.space()
    json.dump({"folder": folder, "job_id": job_id, "run_id": run_id, "space_id": space_id, "schemas": build.layers}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
