"""A fault at every request of a deployment by the CLI: the next deployment converges."""

import json
import os

import pytest
from conformance import bundle

RESOURCES = {
    "schemas": {"place": {"catalog_name": "dev", "name": "{name}_${var.number}"}},
    "volumes": {"files": {"catalog_name": "dev", "schema_name": "${resources.schemas.place.name}", "name": "files"}},
    "jobs": {
        "job": {
            "name": "{name}-${var.number}",
            "tasks": [{"task_key": "t", "spark_python_task": {"python_file": "./t.py"}, "environment_key": "e"}],
            "environments": [{"environment_key": "e", "spec": {"client": "1"}}],
            "permissions": [{"level": "CAN_VIEW", "group_name": "users"}],
        }
    },
}
# Each run deploys a bundle of its own, which is not there yet.
DEPLOY = """#!/bin/sh
set -e
cd "$PLACE"
[ -d "$SLUICE_SWEEP" ] || cp -r template "$SLUICE_SWEEP"
cd "$SLUICE_SWEEP"
BUNDLE_VAR_number="$SLUICE_SWEEP" exec "$DATABRICKS_CLI" bundle deploy --auto-approve --force-lock
"""


# Faults without an effect: what the CLI makes of an effect whose answer was lost is its own affair.
@pytest.mark.parametrize("fault", [("--status", "500"), ("--status", "403"), ("--drop",)], ids=" ".join)
@pytest.mark.parametrize("requests", ["reading", "writing"])
def test_the_next_deployment_converges(fault, requests, place, cli, name, warehouse, tmp_path):
    run = cli()
    template = tmp_path / "template"
    template.mkdir()
    bundle.write(template, name, warehouse, RESOURCES, {"t.py": "print(1)\n"}, variables=["number"])
    written = json.loads((template / "databricks.yml").read_text())
    written["workspace"] = {"root_path": f"~/.bundle/{name}/${{var.number}}"}
    (template / "databricks.yml").write_text(json.dumps(written))
    script = tmp_path / "deploy"
    script.write_text(DEPLOY)
    script.chmod(0o755)

    injected = ("--environment", "dev", "--principal", "engineer", "--requests", requests, *fault)
    mine = {key: value for key, value in run.environment.items() if key.startswith("DATABRICKS_")}
    mine |= {"PLACE": str(tmp_path), "DATABRICKS_CLI": os.environ["DATABRICKS_CLI"]}
    swept = place.sluice("workspace", "fault", "sweep", "-o", "json", *injected, "--", str(script), variables=mine)
    runs = json.loads(swept.ok().out)["runs"]
    assert len(runs) > 10, runs
    for number in range(1, len(runs) + 1):
        plan = run.json("bundle", "plan", directory=tmp_path / str(number), BUNDLE_VAR_number=str(number))["plan"]
        assert {key: entry for key, entry in plan.items() if entry["action"] != "skip"} == {}, number
        assert len(run.json("jobs", "list", "--name", f"{name}-{number}")) == 1, "one job, not two"
