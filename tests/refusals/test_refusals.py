"""One clear message each, with file:line:column or the object's name, the documented exit code, and nothing changed."""

import contextlib
import json
import shutil
import socket
import sqlite3
from pathlib import Path

import pytest

from sluice_process import free_base_port


def test_without_a_fault_the_same_deployment_changes_everything(bundle):
    """Else the comparisons below could not fail."""
    before = bundle.snapshot()
    bundle.done("deploy")
    after = bundle.snapshot()
    assert after["files"] != before["files"]
    for kind in ("jobs", "schemas", "files"):
        assert after["objects"]["dev"][kind] != before["objects"]["dev"][kind], kind


def test_broken_yaml(bundle):
    bundle.replace("resources/shop.yml", "      name: load", "\tname: load")
    (bundle.directory / "resources" / "more.yml").write_text("resources:\n  jobs: [a\nx: 1\n")
    assert bundle.refused("deploy", code=2) == (
        "error: broken YAML: invalid indentation\n"
        "  in resources/more.yml:3:2\n"
        "error: broken YAML: tabs disallowed within this context (block indentation)\n"
        "  in resources/shop.yml:9:2\n"
        "  help: indent with spaces\n"
    )


def test_a_key_that_stands_twice(bundle):
    bundle.replace("databricks.yml", "  name: shop\n", "  name: shop\n  name: shop\n")
    assert bundle.refused("deploy", code=2) == (
        "error: key `name` stands twice in one map\n"
        "  in databricks.yml:3:3\n"
        "  in databricks.yml:2:3\n"
        "  help: keep one of them\n"
    )


def test_unknown_fields(bundle):
    bundle.replace("resources/shop.yml", "task_key", "tusk_key")
    bundle.replace("databricks.yml", "    default: true", "    defaul: true")
    assert bundle.refused("deploy", code=2) == (
        "error: unknown field `defaul`\n"
        "  at targets.dev.defaul\n"
        "  in databricks.yml:10:5\n"
        "  help: did you mean `default`?\n"
        "error: unknown field `tusk_key`\n"
        "  at resources.jobs.load.tasks[0].tusk_key\n"
        "  in resources/shop.yml:12:11\n"
        "  help: did you mean `task_key`?\n"
        "error: `task_key` is missing\n"
        "  at resources.jobs.load.tasks[0].task_key\n"
        "  in resources/shop.yml:11:11\n"
        "  help: a task needs it\n"
    )


def test_an_undefined_variable(bundle):
    bundle.replace("resources/shop.yml", "${var.greeting}", "${var.gretting}")
    assert bundle.refused("deploy", code=2) == (
        "error: variable `gretting` is not defined\n"
        "  at resources.jobs.load.name\n"
        "  in resources/shop.yml:9:13\n"
        "  help: did you mean `${var.greeting}`?\n"
    )


def test_cyclic_references_of_variables(bundle):
    bundle.replace("databricks.yml", "    default: hello\n", "    default: ${var.other}\n  other:\n    default: ${var.greeting}\n")
    assert bundle.refused("deploy", code=2) == (
        "error: cyclic references: var.greeting → var.other → var.greeting\n"
        "  in databricks.yml:7:14\n"
        "  in databricks.yml:9:14\n"
        "  help: give one of them a value of its own\n"
    )


def test_cyclic_references_of_resources(bundle):
    bundle.replace("resources/shop.yml", "name: shop", "name: shop\n      properties: {job: '${resources.jobs.load.id}'}")
    bundle.replace("resources/shop.yml", "${var.greeting}", "${resources.schemas.sales.id}")
    assert bundle.refused("deploy", code=2) == (
        "error: resources need each other in a circle: resources.jobs.load → resources.schemas.sales → resources.jobs.load\n"
        "  in resources/shop.yml:10:13\n"
        "  in resources/shop.yml:6:25\n"
        "  help: take one of the references out\n"
    )


def test_an_include_of_a_file_that_is_not_there(bundle):
    bundle.replace("databricks.yml", "resources/*.yml", "jobs/a.yml")
    assert bundle.refused("deploy", code=2) == (
        "error: `include` names `jobs/a.yml`, which does not exist\n"
        "  at include[0]\n"
        "  in databricks.yml:4:5\n"
        "  help: correct the path or remove it\n"
    )


def test_a_pattern_that_matches_nothing_is_said_and_deletes_nothing_by_itself(bundle):
    """A pattern may match nothing, as with the Databricks CLI: a new bundle has no resources yet. What is deployed is not lost by a slip."""
    bundle.replace("databricks.yml", "resources/*.yml", "jobs/*.yml")
    assert bundle.refused("deploy", code=3) == (
        "recommendation: `include` pattern `jobs/*.yml` matches no file\n"
        "  at include[0]\n"
        "  in databricks.yml:4:5\n"
        "  help: correct the pattern or remove it\n"
        "This would delete what holds data:\n"
        "  delete resources.schemas.sales\n"
        "error: not confirmed: delete what holds data?\n"
        "hint: run it again with `--auto-approve`, if this is what you want, or with `--allow-destroy schemas` for nothing else\n"
    )


def test_a_missing_notebook(bundle):
    (bundle.directory / "src" / "greet.py").unlink()
    assert bundle.refused("deploy", code=2) == (
        "error: notebook `src/greet.py` does not exist\n"
        "  at resources.jobs.load.tasks[0].notebook_task.notebook_path\n"
        "  in resources/shop.yml:14:28\n"
        "  help: paths are relative to the file that they stand in\n"
    )


def test_several_faults_are_reported_together(bundle):
    (bundle.directory / "src" / "greet.py").unlink()
    bundle.replace("resources/shop.yml", "catalog_name", "catalogue_name")
    bundle.replace("resources/shop.yml", "${var.greeting}", "${var.gretting}")
    assert bundle.refused("deploy", code=2) == (
        "error: unknown field `catalogue_name`\n"
        "  at resources.schemas.sales.catalogue_name\n"
        "  in resources/shop.yml:4:7\n"
        "  help: did you mean `catalog_name`?\n"
        "error: variable `gretting` is not defined\n"
        "  at resources.jobs.load.name\n"
        "  in resources/shop.yml:9:13\n"
        "  help: did you mean `${var.greeting}`?\n"
        "error: `catalog_name` is missing\n"
        "  at resources.schemas.sales.catalog_name\n"
        "  in resources/shop.yml:3:5\n"
        "  help: a schema needs it\n"
        "error: notebook `src/greet.py` does not exist\n"
        "  at resources.jobs.load.tasks[0].notebook_task.notebook_path\n"
        "  in resources/shop.yml:14:28\n"
        "  help: paths are relative to the file that they stand in\n"
    )


def test_an_unknown_target(bundle):
    assert bundle.refused("deploy", "--target", "prod", code=2) == (
        "error: target `prod` does not exist\n  in databricks.yml:8:1\n  help: known here: `dev`\n"
    )


@pytest.mark.parametrize("command", [["deploy"], ["plan"], ["run", "load"], ["destroy", "--auto-approve"]], ids=" ".join)
def test_a_wrong_token(bundle, command):
    bundle.variables["DATABRICKS_TOKEN"] = "dapi-canary"
    assert bundle.refused(*command, code=3) == (
        f"error: {bundle.workspaces.hosts['dev']} does not accept the token: Invalid access token. [401 SCIM_401, request ID]\n"
        "hint: check DATABRICKS_TOKEN, the profile that DATABRICKS_CONFIG_PROFILE names, or the credentials in `platform.yaml`\n"
    )


@pytest.mark.parametrize("command", [["deploy"], ["plan"], ["run", "load"], ["destroy", "--auto-approve"]], ids=" ".join)
def test_a_workspace_that_is_not_running(bundle, command):
    host = f"http://127.0.0.1:{free_base_port()}"
    bundle.replace("databricks.yml", bundle.workspaces.hosts["dev"], host)
    assert bundle.refused(*command, code=4) == f"error: workspace not running at {host}; start it with `sluice workspace up`\n"


def test_a_port_that_is_taken(bundle):
    with socket.socket() as listener:
        base = free_base_port()
        listener.bind(("127.0.0.1", base + 1))
        listener.listen()
        assert bundle.refused("workspace", "up", "--base-port", str(base), code=2) == (
            f"error: port {base + 1} of 127.0.0.1, needed for the workspace `qa`, is in use by another program, "
            "perhaps the local workspaces of another platform: stop that program, or choose other ports with `--base-port`\n"
        )
    assert not list(bundle.data.glob("**/store.sqlite")), "no workspace was begun"
    status = bundle.sluice("workspace", "status", "--output", "json")
    assert (status.returncode, json.loads(status.stdout)["running"]) == (1, False)


def test_a_full_disk_under_a_deployment(bundle):
    lock = bundle.directory / ".databricks" / "bundle" / "dev" / "deploy.lock.json"
    assert bundle.refused("deploy", code=2, largest_file=0) == f"error: cannot write `{lock}`: File too large (os error 27)\n"


def test_a_full_disk_under_a_first_deployment(bundle):
    state = bundle.directory / ".databricks"
    shutil.rmtree(state)
    before = bundle.snapshot()
    refused = bundle.sluice("deploy", largest_file=0)
    assert (refused.returncode, refused.stderr) == (2, f"error: cannot write `{state}/.gitignore`: File too large (os error 27)\n")
    assert bundle.snapshot() == before, "not even an empty file stays behind"


def test_a_full_disk_under_a_saved_plan(bundle):
    bundle.done("plan", "--out", "plan.json")
    message = "error: cannot write `plan.json`: File too large (os error 27)\n"
    assert bundle.refused("plan", "--out", "plan.json", code=2, largest_file=0) == message


def test_a_full_disk_under_the_workspaces(bundle):
    for largest_file, message in (
        (0, "could not access `{}/pepper`: File too large (os error 27)"),
        (4096, "could not open the store `{}/store.sqlite`: error returned from database: (code: 4874) disk I/O error"),
    ):
        refused = bundle.sluice("workspace", "up", "--base-port", "0", largest_file=largest_file)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr == f"error: {message.format(bundle.data / 'local' / 'workspaces' / 'dev')}\n"
        status = bundle.sluice("workspace", "status", "--output", "json")
        assert (status.returncode, json.loads(status.stdout)["running"]) == (1, False)
    assert not list(bundle.data.glob("**/databrickscfg")), "nobody has a token"


def test_a_full_disk_under_a_new_product(bundle):
    answers = [f"{name}=abc" for name in ("product_name", "schema_prefix", "description", "domain", "owner", "steward", "support")]
    arguments = ["new", "data-product", "flights", *(part for answer in answers for part in ("--set", answer))]
    before = bundle.snapshot()
    refused = bundle.sluice(*arguments, largest_file=0)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("error: ") and refused.stderr.endswith("File too large (os error 27)\n"), refused.stderr
    assert bundle.snapshot() == before


def test_a_full_disk_under_an_export_of_the_ledger(product):
    message = "error: cannot write `ledger.jsonl`: File too large (os error 27)\n"
    # Another reader has made the files that the database itself needs.
    with contextlib.closing(sqlite3.connect(product.ledger)) as reader:
        reader.execute("SELECT * FROM events").fetchone()
        assert product.refused("ledger", "export", "ledger.jsonl", code=2, largest_file=1024) == message


def test_a_full_disk_under_the_ledger(product):
    for command in (["freeze", "1.1.0"], ["promote", "1.0.0", "--to", "qa"], ["verify", "--target", "dev"]):
        assert product.refused(*command, code=2, largest_file=1024) == (
            f"error: cannot open the ledger `{product.ledger}`: error returned from database: (code: 4874) disk I/O error\n"
            "hint: make room on the disk, or give access to the file; nothing was recorded\n"
        )


def test_a_tag_that_moved_after_the_freeze(product):
    frozen = product.git("rev-parse", product.TAG).strip()
    commit = product.git("rev-parse", "HEAD").strip()
    message = product.git("for-each-ref", "--format=%(contents)", f"refs/tags/{product.TAG}")
    (product.directory / "src" / "new.py").write_text("print('not in the release')\n")
    product.git("add", "--all")
    product.git("commit", "--quiet", "--message", "after the freeze")
    # With the message of the frozen tag: only what it points to gives it away.
    product.git("tag", "--force", "--annotate", "--message", message, product.TAG)

    before = product.snapshot()
    refused = product.sluice("promote", "1.0.0", "--to", "qa")
    head = product.git("rev-parse", "HEAD").strip()
    assert (refused.returncode, refused.stdout) == (3, "")
    assert refused.stderr == (
        f"error: release 1.0.0 of `flights` is quarantined: tag `{product.TAG}` was moved from commit {commit} to {head}; "
        "nothing is deployed from it\n"
        "hint: restore the tag to lift the quarantine, or freeze a new version\n"
    )
    after = product.snapshot()
    [before_entries], [after_entries] = before.pop("entries"), after.pop("entries")
    assert after == before
    assert after_entries[:-1] == before_entries, "one entry is added"
    assert "release.quarantined" in after_entries[-1]

    for command in (["promote", "1.0.0", "--to", "qa"], ["release", "verify", "1.0.0"]):
        assert product.refused(*command, code=3) == refused.stderr
    product.git("update-ref", f"refs/tags/{product.TAG}", frozen)
    product.done("release", "verify", "1.0.0")


def test_policies_that_are_no_rego(product, tmp_path):
    """A pack that cannot be read stops `check` and `policy test`, with the place in the rule."""
    pack = tmp_path / "house"
    (pack / "metadata").mkdir(parents=True)
    (pack / "pack.yaml").write_text("version: 1\nname: house\nrelease: 1.0.0\ndescription: Rules of the house.\n")
    rule = pack / "metadata" / "hx_01.rego"
    rule.write_text('package house.metadata.hx_01\n\nimport rego.v1\n\nresult := {"outcome": "pass" if\n')
    platform = tmp_path / "platform.yaml"
    text = Path(product.variables["SLUICE_PLATFORM"]).read_text()
    platform.write_text(text.replace("environments:\n", f"policies: [{pack}]\nenvironments:\n"))
    product.variables["SLUICE_PLATFORM"] = str(platform)
    message = f"error: expecting `}}` while parsing object\n  in {rule}:5:30\n"
    assert product.refused("check", "--for", "qa", code=2) == message
    assert product.refused("policy", "test", str(pack), code=2) == message


@pytest.mark.parametrize("lost", ["a plain tag", "no tag"])
def test_a_tag_that_was_replaced_or_deleted(product, lost):
    if lost == "no tag":
        product.git("tag", "--delete", product.TAG)
        reason = f"tag `{product.TAG}` is gone"
    else:
        product.git("tag", "--force", product.TAG)
        reason = f"tag `{product.TAG}` is not what was frozen: it names a commit directly and carries no message"
    message = (
        f"error: release 1.0.0 of `flights` is quarantined: {reason}; nothing is deployed from it\n"
        "hint: restore the tag to lift the quarantine, or freeze a new version\n"
    )
    objects = product.workspaces.objects("qa")
    refused = product.sluice("promote", "1.0.0", "--to", "qa")
    assert (refused.returncode, refused.stdout, refused.stderr) == (3, "", message)
    assert product.workspaces.objects("qa") == objects
    assert product.refused("promote", "1.0.0", "--to", "qa", code=3) == message


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE events SET kind = 'release.thawed' WHERE seq = 7", "entry 7 is not what was recorded"),
        ("UPDATE events SET actor = replace(actor, 'engineer', 'steward') WHERE seq = 5", "entry 5 is not what was recorded"),
        ("UPDATE events SET at = '2026-01-01T00:00:00Z' WHERE seq = 3", "entry 3 is not what was recorded"),
        ("UPDATE events SET payload = replace(payload, 'flights', 'fights') WHERE seq = 2", "the payload of entry 2 is not what was recorded"),
        ("DELETE FROM events WHERE seq = 4", "entry 4 is missing: the next one is 5"),
        ("UPDATE releases SET record = replace(record, '1.0.0', '1.0.1')", "row `releases flights 1.0.1` was made by no entry"),
    ],
)
def test_an_edited_ledger(product, statement, fault):
    assert product.done("ledger", "verify")["verified"] is True
    product.edit_ledger(statement)
    before = product.snapshot()
    answer = product.sluice("ledger", "verify")
    head = before["entries"][0][-1]
    assert (answer.returncode, answer.stderr) == (1, "")
    assert answer.stdout.splitlines()[0] == f"NOT verified: {fault}"
    assert f"  head   {head[2]}" in answer.stdout.splitlines()
    answer = product.sluice("ledger", "verify", "--output", "json")
    assert answer.returncode == 1
    found = json.loads(answer.stdout)
    assert (found["verified"], found["fault"]["message"]) == (False, fault)
    assert product.snapshot() == before
