"""Release 1.1.0 fails in prod after tables were altered and rewritten: prod then equals what it was before, data included; later it succeeds.

What prod holds is read through the unmodified `databricks-sdk`. Times, etags and the deployment's own state files are masked, and nothing else.
"""

import configparser
import io
import json
import subprocess
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.sql import StatementState
from databricks.sdk.service.workspace import ExportFormat, ObjectType

from .conftest import Demo

CATALOG = "prod"
MASKED = {"created_at", "updated_at", "created_time", "update_time", "create_time", "updated_by", "modified_at", "etag", "effective_file_events_config"}
# Files in which a deployment keeps its own record: serial numbers and times.
RECORDS = ("/state/", "/deploy.lock")


def client(demo: Demo, principal: str) -> WorkspaceClient:
    profiles = configparser.ConfigParser()
    profiles.read(demo.profiles)
    profile = profiles[f"{CATALOG}-{principal}"]
    return WorkspaceClient(host=profile["host"], token=profile["token"])


def masked(value):
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items() if key not in MASKED}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return value


def rows(owner: WorkspaceClient, table: str, columns: list[str]) -> list:
    """Columns, number of rows, and a sum over a 64-bit hash of each row, which does not depend on their order."""
    [warehouse] = owner.warehouses.list()
    texts = ", ".join(f"coalesce(CAST(`{column}` AS STRING), '(none)')" for column in columns)
    statement = f"SELECT count(*), sum(CAST(xxhash64({texts}) AS DECIMAL(38, 0))) FROM {table}"
    answer = owner.statement_execution.execute_statement(statement, warehouse.id, wait_timeout="50s")
    assert answer.status.state is StatementState.SUCCEEDED, answer.status
    [[count, digest]] = answer.result.data_array
    return [columns, int(count), digest]


def unity_catalog(admin: WorkspaceClient, owner: WorkspaceClient) -> dict:
    found = {}

    def add(kind: str, name: str, definition: dict) -> None:
        found[f"{kind} {name}"] = masked(definition)
        grants = admin.grants.get(kind, name)
        found[f"grants of {kind} {name}"] = sorted(json.dumps(each.as_dict(), sort_keys=True) for each in grants.privilege_assignments or [])
        if kind in {"schema", "table", "volume"}:
            tags = admin.entity_tag_assignments.list(f"{kind}s", name)
            found[f"tags of {kind} {name}"] = sorted((each.tag_key, each.tag_value) for each in tags)

    add("catalog", CATALOG, admin.catalogs.get(CATALOG).as_dict())
    for schema in owner.schemas.list(CATALOG):
        if schema.name == "information_schema":
            continue
        add("schema", schema.full_name, schema.as_dict())
        for table in owner.tables.list(CATALOG, schema.name):
            add("table", table.full_name, owner.tables.get(table.full_name).as_dict())
            for column in table.columns or []:
                tags = owner.entity_tag_assignments.list("columns", f"{table.full_name}.{column.name}")
                found[f"tags of column {table.full_name}.{column.name}"] = sorted((each.tag_key, each.tag_value) for each in tags)
            columns = [column.name for column in table.columns or []]
            found[f"rows of {table.full_name}"] = rows(owner, table.full_name, columns)
        for function in owner.functions.list(CATALOG, schema.name):
            add("function", function.full_name, function.as_dict())
        for volume in owner.volumes.list(CATALOG, schema.name):
            add("volume", volume.full_name, volume.as_dict())
    return found


def workspace_files(admin: WorkspaceClient) -> dict:
    found = {}
    folders = ["/"]
    while folders:
        try:
            objects = list(admin.workspace.list(folders.pop()))
        except NotFound:
            continue
        for each in objects:
            if each.object_type in {ObjectType.DIRECTORY, ObjectType.REPO}:
                folders.append(each.path)
            elif any(record in each.path for record in RECORDS):
                continue
            elif each.object_type is ObjectType.DASHBOARD:
                found[f"dashboard {each.path}"] = masked(admin.lakeview.get(each.resource_id).as_dict())
            else:
                content = admin.workspace.download(each.path, format=ExportFormat.SOURCE).read()
                found[f"file {each.path}"] = [each.object_type.value, io.BytesIO(content).getvalue().hex()[:400], len(content)]
    return found


def dump(demo: Demo) -> dict:
    """What the workspace of prod holds, one entry for each part that can differ."""
    admin, owner = client(demo, "admin"), client(demo, "deployer")
    found = unity_catalog(admin, owner) | workspace_files(admin)
    for job in admin.jobs.list():
        whole = admin.jobs.get(job.job_id)
        found[f"job {whole.settings.name}"] = [job.job_id, masked(whole.settings.as_dict())]
        found[f"permissions of job {whole.settings.name}"] = masked(admin.permissions.get("jobs", str(job.job_id)).as_dict())
    for space in owner.genie.list_spaces().spaces or []:
        found[f"Genie space {space.title}"] = masked(owner.genie.get_space(space.space_id, include_serialized_space=True).as_dict())
    for warehouse in admin.warehouses.list():
        found[f"warehouse {warehouse.name}"] = warehouse.id
    return found


def run_until(demo: Demo, line: str) -> None:
    """Runs the demo with its failure and kills it when it says this."""
    command = [*demo.demo_command(), "--failure"]
    with subprocess.Popen(command, env=demo.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
        said = []
        for text in running.stderr:
            said.append(text)
            if text.startswith(line):
                break
        else:
            pytest.fail("".join(said)[-6000:])
        running.kill()


def test_what_failed_in_prod_is_taken_back_with_the_data_and_succeeds_later(demo):
    demo.run()
    before = dump(demo)
    kinds = {key.split(" ", 1)[0] for key in before}
    assert kinds >= {"catalog", "schema", "table", "function", "volume", "grants", "tags", "rows", "file", "job", "permissions", "Genie"}, kinds
    weather = "prod.flight_punctuality_gold.weather_delay"
    assert before[f"rows of {weather}"][:2] == [["origin", "visibility_band", "flights", "mean_departure_delay"], 15]

    run_until(demo, "Step 14")
    after = dump(demo)
    assert {key: (before.get(key), after.get(key)) for key in before | after if before.get(key) != after.get(key)} == {}

    command = [*demo.demo_command(), "--failure"]
    done = subprocess.run(command, env=demo.environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-6000:]
    steps = json.loads(done.stdout)["steps"]
    assert [step["number"] for step in steps] == list(range(1, 15))
    failure = " ".join(each["text"] for each in steps[12]["evidence"])
    assert "1.1.0 failed in prod: " in failure and " 0 recreated, 0 for a human" in failure, failure
    succeeded = dump(demo)
    differing = {key for key in before | succeeded if before.get(key) != succeeded.get(key)}
    expected = {f"table {weather}", f"rows of {weather}", "grants of table prod.flight_punctuality_gold.carrier_month_punctuality", "function prod.flight_punctuality_silver.mask_tailnum", "job flight-punctuality"}
    assert differing >= expected, sorted(differing)
    assert any(key.startswith("Genie space") for key in differing), sorted(differing)
    assert Path(demo.directory / "demo" / "flight-punctuality" / "catalog" / "gold.yml").read_text().count("worst_departure_delay") == 1
