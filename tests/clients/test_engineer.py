"""The engineer of the demo builds the product in dev with the official client, without Sluice."""

import io
import json
import os
import pathlib
import subprocess
import sys

import pytest
from databricks.sdk.service.catalog import PermissionsChange, Privilege, VolumeType
from databricks.sdk.service.jobs import RunResultState

pytestmark = pytest.mark.witness("executes")

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = {layer: f"dev.engineer_test_{layer}" for layer in ("bronze", "silver", "gold")}
FLIGHT = "2013,1,1,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-01-01T10:00:00Z"
SOURCE = {
    "airlines": "carrier,name\nUA,United\n",
    "airports": "faa,name,lat,lon,alt,tz,dst,tzone\nIAH,Houston,29.9,-95.3,97,-6,A,America/Chicago\n",
    "planes": "tailnum,year,type,manufacturer,model,engines,seats,speed,engine\nN14228,1999,Fixed wing,BOEING,737,2,149,NA,Turbo-fan\n",
    "weather": "origin,year,month,day,hour,temp,dewp,humid,wind_dir,wind_speed,wind_gust,precip,pressure,visib,time_hour\n"
    "EWR,2013,1,1,5,39,28,64,260,12,NA,0,1011,10,2013-01-01T10:00:00Z\n",
    "flights": "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,origin,dest,air_time,"
    f"distance,hour,minute,time_hour\n{FLIGHT}\n",
}


@pytest.fixture
def shell(admin, engineer):
    """What stands before an engineer begins: the source volume of the platform, and the product's empty schemas."""
    admin.schemas.create("sources", "dev")
    admin.volumes.create("dev", "sources", "nycflights13", VolumeType.MANAGED)
    for kind, name, privilege in (("schema", "dev.sources", Privilege.USE_SCHEMA), ("volume", "dev.sources.nycflights13", Privilege.READ_VOLUME)):
        admin.grants.update(kind, name, changes=[PermissionsChange(principal="account users", add=[privilege])])
    for name, text in SOURCE.items():
        admin.files.upload(f"/Volumes/dev/sources/nycflights13/{name}.csv", io.BytesIO(text.encode()))
    for name in LAYERS.values():
        engineer.schemas.create(name.split(".")[1], "dev")
    yield
    for name in LAYERS.values():
        engineer.schemas.delete(name, force=True)
    admin.schemas.delete("dev.sources", force=True)


def command(workspaces):
    """The build as the demo starts it: arguments and environment."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DATABRICKS_")}
    environment = kept | {"DATABRICKS_CONFIG_FILE": str(workspaces.profile_file), "DATABRICKS_CONFIG_PROFILE": "dev-engineer"}
    script = ROOT / "demo" / "engineer" / "build.py"
    arguments = [sys.executable, str(script), "--sources", str(ROOT / "demo/engineer/src"), "--schema-prefix", "engineer_test"]
    return arguments, environment


def test_a_build_that_was_killed_goes_on_and_a_second_one_changes_nothing(workspaces, engineer, analyst, execute, shell):
    arguments, environment = command(workspaces)
    killed = subprocess.Popen(arguments, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    for line in killed.stderr:
        if line.startswith("mask"):
            killed.kill()
    assert killed.wait() == -9
    first = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
    assert first.returncode == 0, first.stderr
    made = json.loads(first.stdout)
    assert engineer.jobs.get_run(made["run_id"]).state.result_state == RunResultState.SUCCESS
    silver = f"{LAYERS['silver']}.flights_enriched"
    assert execute(engineer, f"SELECT tailnum, carrier_name FROM {silver}") == [["N14228", "United"]]
    assert execute(analyst, f"SELECT tailnum, carrier_name FROM {silver}") == [["***", "United"]]
    assert execute(engineer, f"SELECT flights FROM {LAYERS['silver']}.flights_by_carrier") == [["1"]]
    keys = [each.primary_key_constraint for each in engineer.tables.get(f"{LAYERS['gold']}.carrier_month_punctuality").table_constraints]
    assert keys[0].child_columns == ["carrier", "year", "month"]
    tags = {each.tag_key: each.tag_value for each in engineer.entity_tag_assignments.list("columns", f"{silver}.tailnum")}
    assert tags == {"pii": ""}
    space = engineer.genie.get_space(made["space_id"], include_serialized_space=True)
    assert len(json.loads(space.serialized_space)["config"]["sample_questions"]) == 2
    second = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
    assert (second.returncode, json.loads(second.stdout)) == (0, made), second.stderr
    assert engineer.genie.get_space(made["space_id"], include_serialized_space=True) == space
    assert len(list(engineer.jobs.list(name="flight-punctuality"))) == 1
