"""Single commands of the CLI: what one writes, another reads."""

import json

import pytest

HOME = "/Users/engineer@sluice.test"


def given(**fields) -> tuple[str, str]:
    """The body of a request."""
    return "--json", json.dumps(fields)


@pytest.fixture
def run(cli, record_commands):
    """The engineer's commands; their output as JSON, or nothing."""
    return record_commands(cli())


@pytest.fixture
def admin(cli, record_commands):
    """The administrator's commands."""
    return record_commands(cli("admin"))


@pytest.fixture(scope="module")
def record_commands():
    """Notes which commands have succeeded."""

    def recorded(cli):
        def run(*arguments, **options):
            ended = cli(*arguments, "-o", "json", **options).ok()
            SUCCEEDED.add(" ".join(arguments[:2]))
            try:
                return json.loads(ended.out)
            except ValueError:
                # Commands that report progress or say nothing.
                return None

        return run

    return recorded


SUCCEEDED: set[str] = set()


def test_identity(run, admin, name):
    assert run("current-user", "me")["userName"] == "engineer@sluice.test"
    assert run("auth", "describe")["status"] == "success"
    group = admin("groups", "create", "--display-name", name)
    assert admin("groups", "get", group["id"])["displayName"] == name
    assert name in {each["displayName"] for each in admin("groups", "list")}
    admin("groups", "delete", group["id"])
    principal = admin("service-principals", "create", "--display-name", name)
    assert admin("service-principals", "get", principal["id"])["displayName"] == name
    assert principal["id"] in {each["id"] for each in admin("service-principals", "list")}
    admin("service-principals", "delete", principal["id"])
    user = admin("users", "create", "--user-name", f"{name}@sluice.test")
    assert admin("users", "get", user["id"])["userName"] == f"{name}@sluice.test"
    assert user["id"] in {each["id"] for each in admin("users", "list")}
    admin("users", "delete", user["id"])
    token = run("tokens", "create", "--comment", name, "--lifetime-seconds", "600")
    token_id = token["token_info"]["token_id"]
    assert token_id in {each["token_id"] for each in run("tokens", "list")}
    assert token_id in {each["token_id"] for each in admin("token-management", "list")}
    run("tokens", "delete", token_id)
    assert token_id not in {each["token_id"] for each in run("tokens", "list")}


def test_workspace_files(run, name, tmp_path):
    (tmp_path / "tree" / "below").mkdir(parents=True)
    (tmp_path / "tree" / "n.py").write_text("# Databricks notebook source\nprint(1)\n")
    (tmp_path / "tree" / "below" / "f.txt").write_text("text\n")
    place = f"{HOME}/{name}"
    run("workspace", "mkdirs", place)
    run("workspace", "import", f"{place}/one", "--file", str(tmp_path / "tree" / "n.py"), "--language", "PYTHON", "--format", "SOURCE")
    assert run("workspace", "get-status", f"{place}/one")["object_type"] == "NOTEBOOK"
    run("workspace", "import-dir", str(tmp_path / "tree"), f"{place}/tree")
    assert {each["path"] for each in run("workspace", "list", f"{place}/tree")} == {f"{place}/tree/n", f"{place}/tree/below"}
    run("workspace", "export-dir", f"{place}/tree", str(tmp_path / "back"))
    assert (tmp_path / "back" / "below" / "f.txt").read_text() == "text\n"
    assert "print(1)" in (tmp_path / "back" / "n.py").read_text()
    levels = run("workspace", "get-permission-levels", "directories", str(run("workspace", "get-status", place)["object_id"]))
    assert "CAN_MANAGE" in {each["permission_level"] for each in levels["permission_levels"]}
    run("workspace", "delete", place, "--recursive")


def test_files_are_synchronised(cli, run, name, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / ".gitignore").write_text("b.txt\n")
    (tmp_path / "b.txt").write_text("b")
    cli()("sync", str(tmp_path), f"{HOME}/{name}").ok()
    assert {each["path"].rsplit("/", 1)[1] for each in run("workspace", "list", f"{HOME}/{name}")} == {"a.txt", ".gitignore"}


def test_files_of_volumes(cli, run, name, tmp_path):
    run("schemas", "create", name, "dev")
    run("volumes", "create", "dev", name, "v", "MANAGED")
    assert run("volumes", "read", f"dev.{name}.v")["volume_type"] == "MANAGED"
    assert [each["name"] for each in run("volumes", "list", "dev", name)] == ["v"]
    (tmp_path / "f.csv").write_text("a,b\n1,2\n")
    volume = f"dbfs:/Volumes/dev/{name}/v"
    run("fs", "mkdirs", f"{volume}/d/e")
    run("fs", "cp", str(tmp_path / "f.csv"), f"{volume}/d/f.csv")
    assert cli()("fs", "cat", f"{volume}/d/f.csv").ok().out == "a,b\n1,2\n"
    assert {each["name"] for each in run("fs", "ls", f"{volume}/d")} == {"e", "f.csv"}
    run("fs", "rm", "-r", f"{volume}/d")
    assert run("fs", "ls", volume) in ([], None)
    assert run("volumes", "update", f"dev.{name}.v", "--comment", "files")["comment"] == "files"
    run("volumes", "delete", f"dev.{name}.v")
    run("schemas", "delete", f"dev.{name}")


def test_secrets(run, name):
    run("secrets", "create-scope", name)
    assert name in {each["name"] for each in run("secrets", "list-scopes")}
    run("secrets", "put-secret", name, "key", "--string-value", "value")
    assert [each["key"] for each in run("secrets", "list-secrets", name)] == ["key"]
    assert run("secrets", "get-secret", name, "key")["value"] == "dmFsdWU="
    run("secrets", "put-acl", name, "users", "READ")
    assert run("secrets", "get-acl", name, "users")["permission"] == "READ"
    assert "users" in {each["principal"] for each in run("secrets", "list-acls", name)}
    run("secrets", "delete-acl", name, "users")
    run("secrets", "delete-secret", name, "key")
    run("secrets", "delete-scope", name)


def test_catalog(run, admin, name, warehouse):
    assert admin("catalogs", "create", name)["name"] == name
    assert admin("catalogs", "get", name)["owner"] == "admin@sluice.test"
    assert name in {each["name"] for each in admin("catalogs", "list")}
    assert admin("catalogs", "update", name, "--comment", "mine")["comment"] == "mine"
    admin("catalogs", "delete", name, "--force")
    run("schemas", "create", name, "dev", "--comment", "one")
    assert run("schemas", "update", f"dev.{name}", "--comment", "two")["comment"] == "two"
    assert run("schemas", "get", f"dev.{name}")["comment"] == "two"
    assert name in {each["name"] for each in run("schemas", "list", "dev")}
    statement = {"warehouse_id": warehouse, "wait_timeout": "50s"}
    for text in (f"CREATE TABLE dev.{name}.t (id BIGINT NOT NULL, text STRING)", f"CREATE FUNCTION dev.{name}.f(x INT) RETURNS INT RETURN x + 1"):
        answer = run("api", "post", "/api/2.0/sql/statements", *given(statement=text, **statement))
        assert answer["status"]["state"] == "SUCCEEDED", answer
    table = run("tables", "get", f"dev.{name}.t")
    assert [column["name"] for column in table["columns"]] == ["id", "text"]
    assert run("tables", "exists", f"dev.{name}.t")["table_exists"]
    assert [each["name"] for each in run("tables", "list", "dev", name)] == ["t"]
    assert [each["full_name"] for each in run("tables", "list-summaries", "dev", "--schema-name-pattern", name)] == [f"dev.{name}.t"]
    assert run("functions", "get", f"dev.{name}.f")["routine_definition"] == "x + 1"
    assert [each["name"] for each in run("functions", "list", "dev", name)] == ["f"]
    key = {"primary_key_constraint": {"name": "pk", "child_columns": ["id"]}}
    run("table-constraints", "create", *given(full_name_arg=f"dev.{name}.t", constraint=key))
    run("table-constraints", "delete", f"dev.{name}.t", "pk", "false")
    change = given(changes=[{"principal": "analysts", "add": ["SELECT"]}])
    run("grants", "update", "table", f"dev.{name}.t", *change)
    assert run("grants", "get", "table", f"dev.{name}.t")["privilege_assignments"] == [{"principal": "analysts", "privileges": ["SELECT"]}]
    effective = run("grants", "get-effective", "table", f"dev.{name}.t")["privilege_assignments"]
    assert "analysts" in {each["principal"] for each in effective}
    run("registered-models", "create", *given(catalog_name="dev", schema_name=name, name="m"))
    assert run("registered-models", "get", f"dev.{name}.m")["full_name"] == f"dev.{name}.m"
    assert f"dev.{name}.m" in {each["full_name"] for each in run("registered-models", "list")}
    run("registered-models", "delete", f"dev.{name}.m")
    run("tables", "delete", f"dev.{name}.t")
    run("functions", "delete", f"dev.{name}.f")
    run("schemas", "delete", f"dev.{name}")


def test_jobs_and_runs(run, name, tmp_path):
    (tmp_path / "t.py").write_text("print('done')\n")
    run("workspace", "mkdirs", f"{HOME}/{name}")
    run("workspace", "import", f"{HOME}/{name}/t.py", "--file", str(tmp_path / "t.py"), "--format", "RAW")
    task = {"task_key": "t", "spark_python_task": {"python_file": f"{HOME}/{name}/t.py"}}
    job = str(run("jobs", "create", *given(name=name, tasks=[task]))["job_id"])
    assert run("jobs", "get", job)["settings"]["name"] == name
    assert [each["settings"]["name"] for each in run("jobs", "list", "--name", name)] == [name]
    run("jobs", "update", *given(job_id=int(job), new_settings={"tags": {"a": "b"}}))
    run("jobs", "reset", *given(job_id=int(job), new_settings={"name": name, "tasks": [task], "max_concurrent_runs": 2}))
    assert run("jobs", "get", job)["settings"]["max_concurrent_runs"] == 2
    ended = run("jobs", "run-now", job)
    assert ended["state"]["result_state"] == "SUCCESS"
    assert run("jobs", "get-run", str(ended["run_id"]))["state"]["life_cycle_state"] == "TERMINATED"
    assert run("jobs", "get-run-output", str(ended["tasks"][0]["run_id"]))["logs"] == "done\n"
    assert ended["run_id"] in {each["run_id"] for each in run("jobs", "list-runs", "--job-id", job)}
    submitted = run("jobs", "submit", *given(run_name=name, tasks=[task]))
    assert submitted["state"]["result_state"] == "SUCCESS"
    run("jobs", "cancel-all-runs", "--job-id", job)
    run("jobs", "delete-run", str(ended["run_id"]))
    listed = given(access_control_list=[{"group_name": "analysts", "permission_level": "CAN_VIEW"}])
    run("jobs", "update-permissions", job, *listed)
    assert "analysts" in {each.get("group_name") for each in run("jobs", "get-permissions", job)["access_control_list"]}
    assert "analysts" in {each.get("group_name") for each in run("permissions", "get", "jobs", job)["access_control_list"]}
    run("jobs", "get-permission-levels", job)
    run("jobs", "delete", job)
    assert run("jobs", "list", "--name", name) in ([], None)


def test_warehouses_queries_and_alerts(run, name, warehouse):
    assert run("warehouses", "get", warehouse)["id"] == warehouse
    assert run("warehouses", "start", warehouse)["state"] == "RUNNING"
    query = run("queries", "create", *given(query={"display_name": name, "query_text": "SELECT 1", "warehouse_id": warehouse}))
    assert run("queries", "get", query["id"])["query_text"] == "SELECT 1"
    changed = {"query": {"query_text": "SELECT 2"}, "update_mask": "query_text"}
    assert run("queries", "update", query["id"], *given(**changed))["query_text"] == "SELECT 2"
    assert query["id"] in {each["id"] for each in run("queries", "list")}
    condition = {"op": "GREATER_THAN", "operand": {"column": {"name": "one"}}, "threshold": {"value": {"double_value": 1}}}
    made = {"display_name": name, "query_text": "SELECT 1 AS one", "warehouse_id": warehouse}
    made |= {"evaluation": {"comparison_operator": condition["op"], "source": {"name": "one"}, "threshold": {"value": {"double_value": 1}}}}
    made |= {"schedule": {"quartz_cron_schedule": "0 0 8 * * ?", "timezone_id": "UTC"}}
    alert = run("alerts-v2", "create-alert", *given(**made))
    assert run("alerts-v2", "get-alert", alert["id"])["query_text"] == "SELECT 1 AS one"
    assert alert["id"] in {each["id"] for each in run("alerts-v2", "list-alerts")}
    run("alerts-v2", "trash-alert", alert["id"])
    run("queries", "delete", query["id"])


def test_dashboards_and_spaces(run, name, warehouse):
    content = json.dumps({"pages": [{"name": "p", "displayName": "P", "layout": []}]})
    dashboard = run("lakeview", "create", *given(display_name=name, warehouse_id=warehouse, serialized_dashboard=content))
    board = dashboard["dashboard_id"]
    assert run("lakeview", "get", board)["display_name"] == name
    assert run("lakeview", "update", board, *given(display_name=f"{name} 2"))["display_name"] == f"{name} 2"
    run("lakeview", "publish", board, "--warehouse-id", warehouse)
    assert run("lakeview", "get-published", board)["warehouse_id"] == warehouse
    assert board in {each["dashboard_id"] for each in run("lakeview", "list")}
    run("lakeview", "unpublish", board)
    run("lakeview", "trash", board)
    space = run("genie", "create-space", warehouse, json.dumps({"version": 2, "data_sources": {}}), "--title", name)
    assert run("genie", "get-space", space["space_id"])["title"] == name
    assert space["space_id"] in {each["space_id"] for each in run("genie", "list-spaces")["spaces"]}
    run("genie", "trash-space", space["space_id"])


def test_compute_that_is_stored(run, admin, name):
    made = {"cluster_name": name, "spark_version": "16.4.x-scala2.12", "node_type_id": "i3.xlarge", "num_workers": 1}
    cluster = admin("clusters", "create", "--no-wait", *given(**made))["cluster_id"]
    assert admin("clusters", "get", cluster)["cluster_name"] == name
    assert cluster in {each["cluster_id"] for each in admin("clusters", "list")}
    admin("clusters", "permanent-delete", cluster)
    pool = admin("instance-pools", "create", name, "i3.xlarge")["instance_pool_id"]
    assert admin("instance-pools", "get", pool)["instance_pool_name"] == name
    assert pool in {each["instance_pool_id"] for each in admin("instance-pools", "list")}
    admin("instance-pools", "delete", pool)
    definition = json.dumps({"spark_version": {"type": "unlimited"}})
    policy = admin("cluster-policies", "create", *given(name=name, definition=definition))["policy_id"]
    assert admin("cluster-policies", "get", policy)["name"] == name
    assert policy in {each["policy_id"] for each in admin("cluster-policies", "list")}
    admin("cluster-policies", "delete", policy)
    pipeline = run("pipelines", "create", *given(name=name, catalog="dev", schema=name, serverless=True, libraries=[]))["pipeline_id"]
    assert run("pipelines", "get", pipeline)["name"] == name
    assert pipeline in {each["pipeline_id"] for each in run("pipelines", "list-pipelines")}
    run("pipelines", "delete", pipeline)


def test_models_and_experiments(run, name):
    experiment = run("experiments", "create-experiment", f"{HOME}/{name}")["experiment_id"]
    assert run("experiments", "get-experiment", experiment)["experiment"]["name"] == f"{HOME}/{name}"
    assert run("experiments", "get-by-name", f"{HOME}/{name}")["experiment"]["experiment_id"] == experiment
    run("experiments", "delete-experiment", experiment)
    run("model-registry", "create-model", name)
    assert run("model-registry", "get-model", name)["registered_model_databricks"]["name"] == name
    assert name in {each["name"] for each in run("model-registry", "list-models")}
    run("model-registry", "delete-model", name)


def test_what_is_shared(admin, name):
    role = {"role_arn": "arn:aws:iam::123456789012:role/r"}
    admin("storage-credentials", "create", *given(name=name, aws_iam_role=role, skip_validation=True))
    assert admin("storage-credentials", "get", name)["name"] == name
    admin("external-locations", "create", name, f"s3://{name}/path", name, "--skip-validation")
    assert admin("external-locations", "get", name)["credential_name"] == name
    assert name in {each["name"] for each in admin("external-locations", "list")}
    admin("external-locations", "delete", name)
    admin("storage-credentials", "delete", name)
    admin("shares", "create", name)
    assert admin("shares", "get", name)["name"] == name
    assert name in {each["name"] for each in admin("shares", "list-shares")}
    admin("shares", "delete", name)
    admin("recipients", "create", name, "TOKEN")
    assert admin("recipients", "get", name)["name"] == name
    assert name in {each["name"] for each in admin("recipients", "list")}
    admin("recipients", "delete", name)


def test_git(run):
    made = run("git-credentials", "create", "gitHub", "--git-username", "me", "--personal-access-token", "secret")
    credential = str(made["credential_id"])
    assert run("git-credentials", "get", credential)["git_username"] == "me"
    assert int(credential) in {each["credential_id"] for each in run("git-credentials", "list")}
    assert "secret" not in json.dumps(run("git-credentials", "list"))
    run("git-credentials", "delete", credential)


def test_what_is_not_there_is_an_error(cli):
    ended = cli()("clean-rooms", "list")
    assert ended.code == 1 and "the local workspace does not have the operation" in ended.err, ended
    ended = cli("admin")("jobs", "get", "12345")
    assert ended.code == 1 and "Job 12345 does not exist" in ended.err, ended
    ended = cli("analyst")("schemas", "create", "forbidden", "dev")
    assert ended.code == 1 and "does not have CREATE SCHEMA" in ended.err, ended


def test_sixty_commands_and_more_were_run():
    assert len(SUCCEEDED) >= 60, sorted(SUCCEEDED)
