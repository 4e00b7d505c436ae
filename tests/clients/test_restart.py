"""What clients have made is there after a stop and a start of the workspaces, and reads the same.

Own workspaces, since all others must not be stopped. Every operation that writes or reads here is a witness for the column *restart* of
`docs/coverage.md`: the answers of all reading requests are compared, byte for byte but for the order of keys.
"""

import base64
import io
import json

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import catalog, dashboards, database, jobs, postgres, serving, sharing, sql, tags, vectorsearch, workspace
from databricks.sdk.service.pipelines import FileLibrary, PipelineLibrary
from sluice_process import free_base_port

from .conftest import RECORDER, Workspaces, sluice

HOME = "/Users/engineer@sluice.test"


@pytest.fixture
def own(tmp_path, workspaces):
    """Workspaces of this test: start them, stop them. (`workspaces` lets the recorder see their clients.)"""

    # The same ports both times: some answers hold the address.
    port = str(free_base_port())

    class Own:
        def start(self) -> Workspaces:
            started = sluice(tmp_path, "workspace", "up", "--base-port", port, "--strict")
            assert started.returncode == 0, started.stderr
            return Workspaces(tmp_path)

        def stop(self) -> None:
            stopped = sluice(tmp_path, "workspace", "down")
            assert stopped.returncode == 0, stopped.stderr

    own = Own()
    yield own
    own.stop()


def statement(client: WorkspaceClient, text: str) -> None:
    warehouse = next(iter(client.warehouses.list())).id
    answer = client.statement_execution.execute_statement(text, warehouse, wait_timeout="50s")
    assert answer.status.state.value == "SUCCEEDED", answer.status.error


def make_catalog(admin: WorkspaceClient, engineer: WorkspaceClient) -> None:
    admin.catalogs.create("kept", comment="a catalog")
    admin.catalogs.update("kept", comment="kept")
    admin.catalogs.get("kept")
    list(admin.catalogs.list())
    engineer.schemas.create("s", "dev", comment="one", properties={"a": "b"})
    engineer.schemas.update("dev.s", comment="two")
    statement(engineer, "CREATE TABLE dev.s.t (id BIGINT NOT NULL, text STRING COMMENT 'text')")
    statement(engineer, "INSERT INTO dev.s.t VALUES (1, 'one'), (2, NULL)")
    statement(engineer, "CREATE VIEW dev.s.v AS SELECT id FROM dev.s.t")
    statement(engineer, "CREATE FUNCTION dev.s.f(x INT) RETURNS INT RETURN x + 1")
    engineer.volumes.create("dev", "s", "files", catalog.VolumeType.MANAGED)
    engineer.volumes.update("dev.s.files", comment="files")
    engineer.files.create_directory("/Volumes/dev/s/files/d")
    engineer.files.upload("/Volumes/dev/s/files/d/f.txt", io.BytesIO(b"content"))
    key = catalog.TableConstraint(primary_key_constraint=catalog.PrimaryKeyConstraint(name="pk", child_columns=["id"]))
    engineer.table_constraints.create("dev.s.t", key)
    engineer.grants.update("table", "dev.s.t", changes=[catalog.PermissionsChange(principal="analysts", add=[catalog.Privilege.SELECT])])
    engineer.registered_models.create(catalog_name="dev", schema_name="s", name="m", comment="a model")
    engineer.secrets_uc.create_secret(catalog.Secret(catalog_name="dev", schema_name="s", name="x", value="hidden"))
    engineer.quality_monitors.create("dev.s.t", "dev.s", f"{HOME}/monitors", snapshot=catalog.MonitorSnapshot())
    admin.tag_policies.create_tag_policy(tags.TagPolicy(tag_key="level", values=[tags.Value(name="high")]))
    engineer.entity_tag_assignments.create(catalog.EntityTagAssignment(entity_type="tables", entity_name="dev.s.t", tag_key="level", tag_value="high"))


def read_catalog(admin: WorkspaceClient, engineer: WorkspaceClient) -> None:
    engineer.schemas.get("dev.s")
    list(engineer.schemas.list("dev"))
    for table in engineer.tables.list("dev", "s"):
        engineer.tables.get(table.full_name)
    list(engineer.tables.list_summaries("dev", schema_name_pattern="s"))
    engineer.tables.exists("dev.s.t")
    engineer.functions.get("dev.s.f")
    list(engineer.functions.list("dev", "s"))
    engineer.volumes.read("dev.s.files")
    list(engineer.volumes.list("dev", "s"))
    list(engineer.files.list_directory_contents("/Volumes/dev/s/files/d"))
    engineer.files.download("/Volumes/dev/s/files/d/f.txt").contents.read()
    engineer.grants.get("table", "dev.s.t")
    engineer.grants.get_effective("table", "dev.s.t")
    engineer.registered_models.get("dev.s.m")
    list(engineer.registered_models.list(catalog_name="dev", schema_name="s"))
    engineer.secrets_uc.get_secret("dev.s.x")
    list(engineer.secrets_uc.list_secrets(catalog_name="dev", schema_name="s"))
    engineer.quality_monitors.get("dev.s.t")
    admin.tag_policies.get_tag_policy("level")
    list(admin.tag_policies.list_tag_policies())
    engineer.entity_tag_assignments.get("tables", "dev.s.t", "level")
    list(engineer.entity_tag_assignments.list("tables", "dev.s.t"))
    engineer.metastores.current()
    engineer.metastores.summary()
    list(admin.metastores.list())


def make_shared(admin: WorkspaceClient, engineer: WorkspaceClient) -> None:
    role = catalog.AwsIamRoleRequest(role_arn="arn:aws:iam::123456789012:role/r")
    admin.storage_credentials.create("c", aws_iam_role=role, skip_validation=True)
    admin.external_locations.create("l", "s3://bucket/path", "c", skip_validation=True)
    admin.credentials.create_credential("k", aws_iam_role=catalog.AwsIamRole(role_arn=role.role_arn), purpose=catalog.CredentialPurpose.SERVICE, skip_validation=True)
    admin.connections.create("n", catalog.ConnectionType.POSTGRESQL, {"host": "h", "port": "5432", "user": "u", "password": "p"})
    admin.shares.create("a")
    admin.recipients.create("r", sharing.AuthenticationType.TOKEN)
    admin.shares.update_permissions("a", changes=[sharing.PermissionsChange(principal="r", add=["SELECT"])])


def read_shared(admin: WorkspaceClient, engineer: WorkspaceClient) -> None:
    admin.storage_credentials.get("c")
    list(admin.storage_credentials.list())
    admin.external_locations.get("l")
    list(admin.external_locations.list())
    admin.credentials.get_credential("k")
    list(admin.credentials.list_credentials())
    admin.connections.get("n")
    list(admin.connections.list())
    admin.shares.get("a")
    list(admin.shares.list_shares())
    admin.shares.share_permissions("a")
    admin.recipients.get("r")
    list(admin.recipients.list())
    admin.recipients.share_permissions("r")


def make_workspace(admin: WorkspaceClient, engineer: WorkspaceClient) -> None:
    engineer.workspace.mkdirs(f"{HOME}/d")
    content = base64.b64encode(b"# Databricks notebook source\nprint(1)\n").decode()
    engineer.workspace.import_(f"{HOME}/d/n", content=content, format=workspace.ImportFormat.SOURCE, language=workspace.Language.PYTHON)
    engineer.secrets.create_scope("scope")
    engineer.secrets.put_secret("scope", "key", string_value="value")
    engineer.secrets.put_acl("scope", "analysts", workspace.AclPermission.READ)
    engineer.git_credentials.create("gitHub", git_username="me", personal_access_token="t")
    admin.groups.create(display_name="kept")
    admin.users.create(user_name="kept@sluice.test")
    admin.service_principals.create(display_name="kept")
    engineer.tokens.create(comment="kept", lifetime_seconds=86400)


def read_workspace(admin: WorkspaceClient, engineer: WorkspaceClient) -> None:
    status = engineer.workspace.get_status(f"{HOME}/d/n")
    list(engineer.workspace.list(f"{HOME}/d"))
    engineer.workspace.export(f"{HOME}/d/n")
    engineer.workspace.get_permissions("notebooks", str(status.object_id))
    engineer.workspace.get_permission_levels("notebooks", str(status.object_id))
    list(engineer.secrets.list_scopes())
    list(engineer.secrets.list_secrets("scope"))
    list(engineer.secrets.list_acls("scope"))
    engineer.secrets.get_acl("scope", "analysts")
    engineer.secrets.get_secret("scope", "key")
    for credential in engineer.git_credentials.list():
        engineer.git_credentials.get(credential.credential_id)
    engineer.current_user.me()
    for group in admin.groups.list(filter='displayName eq "kept"'):
        admin.groups.get(group.id)
    for user in admin.users.list(filter='userName eq "kept@sluice.test"'):
        admin.users.get(user.id)
    for principal in admin.service_principals.list(filter='displayName eq "kept"'):
        admin.service_principals.get(principal.id)
    for api in (admin.groups_v2, admin.users_v2, admin.service_principals_v2):
        for each in api.list():
            api.get(each.id)
    list(engineer.tokens.list())
    for token in admin.token_management.list():
        admin.token_management.get(token.token_id)


def make_work(admin: WorkspaceClient, engineer: WorkspaceClient) -> None:
    engineer.workspace.upload(f"{HOME}/t.py", b"print('done')\n", format=workspace.ImportFormat.RAW)
    task = jobs.Task(task_key="t", spark_python_task=jobs.SparkPythonTask(python_file=f"{HOME}/t.py"))
    job = engineer.jobs.create(name="kept", tasks=[task], tags={"a": "b"})
    engineer.jobs.update(job.job_id, new_settings=jobs.JobSettings(max_concurrent_runs=3))
    engineer.jobs.update_permissions(str(job.job_id), access_control_list=[jobs.JobAccessControlRequest(group_name="analysts", permission_level=jobs.JobPermissionLevel.CAN_VIEW)])
    engineer.jobs.run_now(job.job_id).result()
    engineer.jobs.submit(run_name="once", tasks=[jobs.SubmitTask(task_key="t", spark_python_task=task.spark_python_task)]).result()
    library = PipelineLibrary(file=FileLibrary(path=f"{HOME}/p.sql"))
    engineer.pipelines.create(name="kept", catalog="dev", schema="s", serverless=True, libraries=[library])
    warehouse = next(iter(engineer.warehouses.list())).id
    engineer.queries.create(query=sql.CreateQueryRequestQuery(display_name="kept", query_text="SELECT 1", warehouse_id=warehouse))
    operand = sql.AlertV2Operand(value=sql.AlertV2OperandValue(double_value=1))
    evaluation = sql.AlertV2Evaluation(comparison_operator=sql.ComparisonOperator.GREATER_THAN, source=sql.AlertV2OperandColumn(name="one"), threshold=operand)
    schedule = sql.CronSchedule(quartz_cron_schedule="0 0 8 * * ?", timezone_id="UTC")
    engineer.alerts_v2.create_alert(sql.AlertV2(display_name="kept", query_text="SELECT 1 AS one", warehouse_id=warehouse, evaluation=evaluation, schedule=schedule))
    content = json.dumps({"pages": [{"name": "p", "displayName": "P", "layout": []}]})
    dashboard = engineer.lakeview.create(dashboards.Dashboard(display_name="kept", warehouse_id=warehouse, serialized_dashboard=content))
    engineer.lakeview.publish(dashboard.dashboard_id, warehouse_id=warehouse)
    engineer.genie.create_space(warehouse, json.dumps({"version": 2, "data_sources": {}}), title="kept")


def read_work(admin: WorkspaceClient, engineer: WorkspaceClient) -> None:
    for job in engineer.jobs.list(name="kept"):
        engineer.jobs.get(job.job_id)
        engineer.jobs.get_permissions(str(job.job_id))
        engineer.permissions.get("jobs", str(job.job_id))
        engineer.permissions.get_permission_levels("jobs", str(job.job_id))
        engineer.jobs.get_permission_levels(str(job.job_id))
    for listed in engineer.jobs.list_runs():
        for task in engineer.jobs.get_run(listed.run_id).tasks:
            engineer.jobs.get_run_output(task.run_id)
    for pipeline in engineer.pipelines.list_pipelines():
        engineer.pipelines.get(pipeline.pipeline_id)
        engineer.pipelines.get_permissions(pipeline.pipeline_id)
        engineer.pipelines.get_permission_levels(pipeline.pipeline_id)
        engineer.pipelines.list_updates(pipeline.pipeline_id)
        list(engineer.pipelines.list_pipeline_events(pipeline.pipeline_id))
    for query in engineer.queries.list():
        engineer.queries.get(query.id)
    for alert in engineer.alerts_v2.list_alerts():
        engineer.alerts_v2.get_alert(alert.id)
    for dashboard in engineer.lakeview.list():
        engineer.lakeview.get(dashboard.dashboard_id)
        engineer.lakeview.get_published(dashboard.dashboard_id)
    for space in engineer.genie.list_spaces().spaces:
        engineer.genie.get_space(space.space_id)


def make_stored(admin: WorkspaceClient, engineer: WorkspaceClient) -> None:
    admin.clusters.create(cluster_name="kept", spark_version="16.4.x-scala2.12", node_type_id="i3.xlarge", num_workers=1)
    admin.cluster_policies.create(name="kept", definition='{"spark_version": {"type": "unlimited"}}')
    admin.instance_pools.create("kept", "i3.xlarge")
    engineer.experiments.create_experiment(f"{HOME}/kept")
    engineer.model_registry.create_model("kept")
    entity = serving.ServedEntityInput(entity_name="system.ai.m", entity_version="1", workload_size="Small", scale_to_zero_enabled=True)
    engineer.serving_endpoints.create("kept", config=serving.EndpointCoreConfigInput(name="kept", served_entities=[entity]))
    engineer.vector_search_endpoints.create_endpoint("kept", vectorsearch.EndpointType.STANDARD)
    engineer.database.create_database_instance(database.DatabaseInstance(name="kept", capacity="CU_1", stopped=True))
    engineer.postgres.create_project(postgres.Project(), "kept").wait()
    engineer.postgres.create_branch("projects/kept", postgres.Branch(spec=postgres.BranchSpec(no_expiry=True)), "b").wait()
    role = postgres.Role(spec=postgres.RoleRoleSpec(postgres_role="r"))
    engineer.postgres.create_role("projects/kept/branches/b", role, role_id="r").wait()


def read_stored(admin: WorkspaceClient, engineer: WorkspaceClient) -> None:
    for cluster in admin.clusters.list():
        admin.clusters.get(cluster.cluster_id)
        admin.clusters.get_permissions(cluster.cluster_id)
        admin.clusters.get_permission_levels(cluster.cluster_id)
    for policy in admin.cluster_policies.list():
        admin.cluster_policies.get(policy.policy_id)
        admin.cluster_policies.get_permissions(policy.policy_id)
    for pool in admin.instance_pools.list():
        admin.instance_pools.get(pool.instance_pool_id)
        admin.instance_pools.get_permissions(pool.instance_pool_id)
    for experiment in engineer.experiments.list_experiments():
        engineer.experiments.get_experiment(experiment.experiment_id)
        engineer.experiments.get_permissions(experiment.experiment_id)
    engineer.experiments.get_by_name(f"{HOME}/kept")
    engineer.model_registry.get_model("kept")
    list(engineer.model_registry.list_models())
    engineer.serving_endpoints.get("kept")
    list(engineer.serving_endpoints.list())
    engineer.vector_search_endpoints.get_endpoint("kept")
    list(engineer.vector_search_endpoints.list_endpoints())
    engineer.database.get_database_instance("kept")
    list(engineer.database.list_database_instances())
    engineer.postgres.get_project("projects/kept")
    list(engineer.postgres.list_projects())
    engineer.postgres.get_branch("projects/kept/branches/b")
    list(engineer.postgres.list_branches("projects/kept"))
    engineer.postgres.get_role("projects/kept/branches/b/roles/r")
    list(engineer.postgres.list_roles("projects/kept/branches/b"))
    list(engineer.warehouses.list())


MAKERS = (make_catalog, make_shared, make_workspace, make_work, make_stored)
READERS = (read_catalog, read_shared, read_workspace, read_work, read_stored)


@pytest.mark.witness("behaves")
def test_everything_reads_the_same_after_a_restart(own):
    first = own.start()
    with RECORDER.life() as before:
        for act in (*MAKERS, *READERS):
            act(first.client("admin"), first.client("engineer"))
    own.stop()
    second = own.start()
    with RECORDER.life() as after:
        for read in READERS:
            read(second.client("admin"), second.client("engineer"))
    assert len(after.answers) > 120
    for request, answer in after.answers.items():
        assert before.answers[request] == answer, request
    RECORDER.survived(before.operations)
