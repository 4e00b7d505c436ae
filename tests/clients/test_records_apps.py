"""Apps, alerts, queries, database instances, projects of databases, vector search: stored, and nothing says that it is available."""

import pytest
from databricks.sdk.common.types.fieldmask import FieldMask
from databricks.sdk.errors import BadRequest, InvalidParameterValue, NotFound, NotImplemented, OperationFailed, PermissionDenied, ResourceConflict
from databricks.sdk.service.apps import App, AppDeployment
from databricks.sdk.service.catalog import PermissionsChange, Privilege
from databricks.sdk.service.database import DatabaseCatalog, DatabaseInstance, SyncedDatabaseTable, SyncedTableSpec
from databricks.sdk.service.postgres import (
    Branch,
    BranchSpec,
    Catalog,
    CatalogCatalogSpec,
    Database,
    DatabaseDatabaseSpec,
    Endpoint,
    EndpointSpec,
    EndpointType,
    Project,
    ProjectSpec,
    Role,
    RoleRoleSpec,
    SyncedTable,
    SyncedTableSyncedTableSpec,
)
from databricks.sdk.service.sql import (
    AlertCondition,
    AlertConditionOperand,
    AlertOperandColumn,
    AlertOperator,
    AlertV2,
    AlertV2Evaluation,
    AlertV2OperandColumn,
    ComparisonOperator,
    CreateAlertRequestAlert,
    CreateQueryRequestQuery,
    CronSchedule,
    UpdateAlertRequestAlert,
    UpdateQueryRequestQuery,
)
from databricks.sdk.service.vectorsearch import CustomTag, DeltaSyncVectorIndexSpecRequest, PipelineType, VectorIndexType
from databricks.sdk.service.vectorsearch import EndpointType as SearchType

from .records import check_permissions

pytestmark = pytest.mark.witness("behaves")


def test_an_app_has_no_compute(engineer, analyst, name):
    name = name[:10]
    waiting = engineer.apps.create(App(name=name, description="first"))
    with pytest.raises(OperationFailed, match="runs none"):
        waiting.result()
    made = engineer.apps.get(name)
    assert (made.description, made.compute_status.state.value, made.app_status.state.value, made.url) == ("first", "STOPPED", "UNAVAILABLE", None)
    assert engineer.apps.update(name, App(name=name, description="second")).description == "second"
    update = engineer.apps.create_update(name, "description", app=App(name=name, description="third")).result()
    assert (update.description, engineer.apps.get_update(name).description) == ("third", "third")
    assert name in [each.name for each in engineer.apps.list()]
    assert engineer.apps.stop(name).result().compute_status.state.value == "STOPPED"
    assert list(engineer.apps.list_deployments(name)) == []
    with pytest.raises(NotImplemented):
        engineer.apps.start(name)
    with pytest.raises(NotImplemented):
        engineer.apps.deploy(name, AppDeployment(source_code_path="/Shared/app"))
    with pytest.raises(ResourceConflict):
        engineer.apps.create(App(name=name))
    with pytest.raises(InvalidParameterValue):
        engineer.apps.create(App(name="Not Good"))
    with pytest.raises(PermissionDenied):
        analyst.apps.get(name)
    check_permissions(engineer.apps, name, "CAN_USE", "CAN_MANAGE")
    assert analyst.apps.get(name).id == made.id
    assert engineer.apps.delete(name).name == name
    with pytest.raises(NotFound):
        engineer.apps.get(name)


def test_an_alert_is_stored_and_not_evaluated(engineer, analyst, warehouse, name):
    evaluation = AlertV2Evaluation(AlertV2OperandColumn("n"), ComparisonOperator.GREATER_THAN)
    schedule = CronSchedule("0 0 12 * * ?", "UTC")
    made = engineer.alerts_v2.create_alert(AlertV2(name, "SELECT 1 AS n", warehouse, evaluation, schedule, custom_summary="s"))
    assert (made.display_name, made.lifecycle_state.value, made.owner_user_name, made.evaluation.state) == (name, "ACTIVE", "engineer@sluice.test", None)
    changed = engineer.alerts_v2.update_alert(made.id, AlertV2(name + "2", "SELECT 2 AS n", warehouse, evaluation, schedule), "display_name,custom_summary")
    assert (changed.display_name, changed.query_text, changed.custom_summary) == (name + "2", "SELECT 1 AS n", None)
    assert made.id in [each.id for each in engineer.alerts_v2.list_alerts()]
    with pytest.raises(PermissionDenied):
        analyst.alerts_v2.get_alert(made.id)
    check_permissions(PermissionsOf(engineer, "alertsv2"), made.id, "CAN_READ", "CAN_MANAGE")
    assert analyst.alerts_v2.get_alert(made.id).display_name == name + "2"
    engineer.alerts_v2.trash_alert(made.id)
    assert engineer.alerts_v2.get_alert(made.id).lifecycle_state.value == "DELETED"
    assert made.id not in [each.id for each in engineer.alerts_v2.list_alerts()]


class PermissionsOf:
    """The permissions of a kind whose API has no methods for them."""

    def __init__(self, client, kind):
        self.api, self.kind = client.permissions, kind

    def get_permission_levels(self, identifier):
        return self.api.get_permission_levels(self.kind, identifier)

    def set_permissions(self, identifier, access_control_list):
        return self.api.set(self.kind, identifier, access_control_list=access_control_list)

    def update_permissions(self, identifier, access_control_list):
        return self.api.update(self.kind, identifier, access_control_list=access_control_list)

    def get_permissions(self, identifier):
        return self.api.get(self.kind, identifier)


def test_a_query_and_an_alert_on_it(engineer, analyst, warehouse, name):
    query = engineer.queries.create(query=CreateQueryRequestQuery(display_name=name, query_text="SELECT 1 AS n", warehouse_id=warehouse, tags=["a"]))
    assert (query.display_name, query.tags, query.lifecycle_state.value) == (name, ["a"], "ACTIVE")
    changed = engineer.queries.update(query.id, "query_text", query=UpdateQueryRequestQuery(query_text="SELECT 2 AS n", display_name="ignored"))
    assert (changed.query_text, changed.display_name, changed.last_modifier_user_name) == ("SELECT 2 AS n", name, "engineer@sluice.test")
    assert query.id in [each.id for each in engineer.queries.list()]
    assert list(engineer.queries.list_visualizations(query.id)) == []
    condition = AlertCondition(op=AlertOperator.EQUAL, operand=AlertConditionOperand(column=AlertOperandColumn(name="n")))
    alert = engineer.alerts.create(alert=CreateAlertRequestAlert(display_name=name, query_id=query.id, condition=condition))
    assert (alert.query_id, alert.state.value, alert.condition) == (query.id, "UNKNOWN", condition)
    assert engineer.alerts.update(alert.id, "display_name", alert=UpdateAlertRequestAlert(display_name=name + "2")).condition == condition
    assert engineer.alerts.get(alert.id).display_name == name + "2"
    assert alert.id in [each.id for each in engineer.alerts.list()]
    for kind, identifier, api in (("queries", query.id, analyst.queries), ("alerts", alert.id, analyst.alerts)):
        with pytest.raises(PermissionDenied):
            api.get(identifier)
        check_permissions(PermissionsOf(engineer, kind), identifier, "CAN_VIEW", "CAN_MANAGE")
        assert api.get(identifier).id == identifier
    engineer.alerts.delete(alert.id)
    engineer.queries.delete(query.id)
    assert engineer.queries.get(query.id).lifecycle_state.value == "TRASHED"
    assert query.id not in [each.id for each in engineer.queries.list()]


def test_a_database_instance_is_stopped(engineer, analyst, schema, name):
    api = engineer.database
    # No state of the waiter means failure: an instance that is to run is refused at once, so that nobody waits for it.
    for refused in (lambda: api.create_database_instance(DatabaseInstance(name=name)).result(), lambda: api.create_database_instance_and_wait(DatabaseInstance(name=name, stopped=False))):
        with pytest.raises(NotImplemented, match="stopped"):
            refused()
    api.create_database_instance(DatabaseInstance(name=name, capacity="CU_1", stopped=True))
    made = api.get_database_instance(name)
    assert (made.state.value, made.effective_stopped, made.effective_capacity, made.read_write_dns) == ("STOPPED", True, "CU_1", None)
    assert api.update_database_instance(name, DatabaseInstance(name=name, capacity="CU_2"), "capacity").effective_capacity == "CU_2"
    with pytest.raises(NotImplemented, match="stopped"):
        api.update_database_instance(name, DatabaseInstance(name=name, stopped=False), "stopped")
    assert api.find_database_instance_by_uid(uid=made.uid).name == name
    assert name in [each.name for each in api.list_database_instances()]
    catalog = api.create_database_catalog(DatabaseCatalog(name=name, database_instance_name=name, database_name="d"))
    assert api.get_database_catalog(name).uid == catalog.uid
    assert api.update_database_catalog(name, DatabaseCatalog(name, name, "d", create_database_if_not_exists=True), "create_database_if_not_exists").create_database_if_not_exists
    assert [each.name for each in api.list_database_catalogs(name)] == [name]
    table = f"{schema.full_name}.synced"
    spec = SyncedTableSpec(source_table_full_name="dev.default.t", primary_key_columns=["id"])
    synced = api.create_synced_database_table(SyncedDatabaseTable(table, database_instance_name=name, logical_database_name="d", spec=spec))
    assert (synced.unity_catalog_provisioning_state.value, synced.spec.as_dict()) == ("FAILED", spec.as_dict())
    changed = SyncedTableSpec(source_table_full_name="dev.default.u", primary_key_columns=["id"])
    assert api.update_synced_database_table(table, SyncedDatabaseTable(table, spec=changed), "spec").spec.as_dict() == changed.as_dict()
    assert api.get_synced_database_table(table).effective_database_instance_name == name
    assert [each.name for each in api.list_synced_database_tables(name)] == [table]
    with pytest.raises(PermissionDenied):
        analyst.database.get_synced_database_table(table)
    check_permissions(PermissionsOf(engineer, "database-instances"), name, "CAN_USE", "CAN_MANAGE")
    assert analyst.database.get_synced_database_table(table).name == table
    for options in ({}, {"purge": True}):
        with pytest.raises(BadRequest):
            api.delete_database_instance(name, **options)
    api.delete_synced_database_table(table)
    api.delete_database_catalog(name)
    api.delete_database_instance(name, purge=True)
    with pytest.raises(NotFound):
        api.get_database_instance(name)


def mask(*paths):
    """A field mask."""
    built = FieldMask()
    built.FromJsonString(",".join(paths))
    return built


def test_a_project_of_databases_runs_none(engineer, analyst, name):
    api = engineer.postgres
    project = api.create_project(Project(spec=ProjectSpec(display_name="first", pg_version=17)), name).wait()
    assert (project.name, project.status.display_name, project.status.owner) == (f"projects/{name}", "first", "engineer@sluice.test")
    api.update_project(project.name, Project(spec=ProjectSpec(display_name="second")), mask("spec.displayName")).wait()
    read = api.get_project(project.name)
    assert (read.status.display_name, read.spec.pg_version) == ("second", 17)
    branch = api.create_branch(project.name, Branch(spec=BranchSpec(no_expiry=True)), "main").wait()
    assert (branch.name, branch.parent, branch.status.current_state.value) == (f"projects/{name}/branches/main", project.name, "INIT")
    assert api.update_branch(branch.name, Branch(spec=BranchSpec(is_protected=True)), mask("spec.isProtected")).wait().status.is_protected
    endpoint = api.create_endpoint(branch.name, Endpoint(spec=EndpointSpec(EndpointType.ENDPOINT_TYPE_READ_WRITE)), "primary").wait()
    assert (endpoint.status.current_state.value, endpoint.status.hosts) == ("INIT", None)
    api.update_endpoint(endpoint.name, Endpoint(spec=EndpointSpec(EndpointType.ENDPOINT_TYPE_READ_WRITE, disabled=True)), mask("spec.disabled")).wait()
    assert api.get_endpoint(endpoint.name).status.disabled
    role = api.create_role(branch.name, Role(spec=RoleRoleSpec(postgres_role="app"))).wait()
    api.update_role(role.name, Role(spec=RoleRoleSpec(postgres_role="app2")), mask("spec.postgresRole")).wait()
    assert api.get_role(role.name).status.postgres_role == "app2"
    database = api.create_database(branch.name, Database(spec=DatabaseDatabaseSpec(role=role.name)), database_id="main").wait()
    api.update_database(database.name, Database(spec=DatabaseDatabaseSpec(role=role.name, postgres_database="d")), mask("spec.postgresDatabase")).wait()
    assert api.get_database(database.name).status.postgres_database == "d"
    catalog = api.create_catalog(Catalog(spec=CatalogCatalogSpec(postgres_database="d", branch=branch.name)), name).wait()
    assert api.get_catalog(catalog.name).status.branch == branch.name
    spec = SyncedTableSyncedTableSpec(source_table_full_name="dev.default.t", branch=branch.name)
    table = api.create_synced_table(SyncedTable(spec=spec), f"dev.default.{name}").wait()
    assert (api.get_synced_table(table.name).status.unity_catalog_provisioning_state.value, table.spec.as_dict()) == ("FAILED", spec.as_dict())
    assert project.name in [each.name for each in api.list_projects()]
    for listed, one in ((api.list_branches(project.name), branch), (api.list_endpoints(branch.name), endpoint), (api.list_roles(branch.name), role), (api.list_databases(branch.name), database)):
        assert [each.name for each in listed] == [one.name]
    assert api.get_branch(branch.name).uid == branch.uid
    with pytest.raises(PermissionDenied):
        analyst.postgres.get_branch(branch.name)
    check_permissions(PermissionsOf(engineer, "database-projects"), name, "CAN_USE", "CAN_MANAGE")
    assert analyst.postgres.get_branch(branch.name).uid == branch.uid
    with pytest.raises(NotFound):
        api.create_branch("projects/none", Branch(), "main")
    for delete, one in ((api.delete_synced_table, table), (api.delete_catalog, catalog), (api.delete_database, database), (api.delete_role, role), (api.delete_endpoint, endpoint)):
        delete(one.name).wait()
    api.delete_branch(branch.name).wait()
    api.delete_project(project.name).wait()
    for get, one in ((api.get_project, project), (api.get_branch, branch), (api.get_endpoint, endpoint)):
        with pytest.raises(NotFound):
            get(one.name)


def test_vector_search_searches_nothing(engineer, analyst, schema, name):
    endpoints, indexes = engineer.vector_search_endpoints, engineer.vector_search_indexes
    waiting = endpoints.create_endpoint(name, SearchType.STANDARD, budget_policy_id="b")
    with pytest.raises(OperationFailed, match="searches nothing"):
        waiting.result()
    made = endpoints.get_endpoint(name)
    assert (made.endpoint_status.state.value, made.effective_budget_policy_id) == ("OFFLINE", "b")
    endpoints.patch_endpoint(name, target_qps=5)
    assert endpoints.update_endpoint_budget_policy(name, "c").effective_budget_policy_id == "c"
    assert endpoints.update_endpoint_custom_tags(name, [CustomTag("k", "v")]).custom_tags[0].value == "v"
    assert name in [each.name for each in endpoints.list_endpoints()]
    with pytest.raises(PermissionDenied):
        analyst.vector_search_endpoints.get_endpoint(name)
    check_permissions(endpoints, made.id, "CAN_USE", "CAN_MANAGE")
    assert analyst.vector_search_endpoints.get_endpoint(name).id == made.id
    index = f"{schema.full_name}.{name}"
    spec = DeltaSyncVectorIndexSpecRequest(pipeline_type=PipelineType.TRIGGERED, columns_to_sync=["a"])
    built = indexes.create_index(index, name, "id", VectorIndexType.DELTA_SYNC, delta_sync_index_spec=spec)
    assert (built.status.ready, built.name, built.endpoint_id, built.delta_sync_index_spec.columns_to_sync) == (False, index, made.id, ["a"])
    assert [each.name for each in indexes.list_indexes(name)] == [index]
    with pytest.raises(PermissionDenied):
        analyst.vector_search_indexes.get_index(index)
    engineer.grants.update("table", index, changes=[PermissionsChange(principal="analysts", add=[Privilege.SELECT])])
    assert analyst.vector_search_indexes.get_index(index).primary_key == "id"
    with pytest.raises(BadRequest):
        endpoints.delete_endpoint(name)
    indexes.delete_index(index)
    endpoints.delete_endpoint(name)
    for get, one in ((endpoints.get_endpoint, name), (indexes.get_index, index)):
        with pytest.raises(NotFound):
            get(one)
