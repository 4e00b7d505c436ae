"""Unity Catalog: catalogs, schemas, tables, grants, and what they allow."""

import json

import pytest
from databricks.sdk.errors import NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.catalog import ColumnInfo, ColumnTypeName, DataSourceFormat, PermissionsChange, Privilege, SecurableType, TableType

pytestmark = pytest.mark.witness("behaves")


def grant(client, kind, name, principal, *privileges):
    """Adds privileges."""
    return client.grants.update(kind, name, changes=[PermissionsChange(principal=principal, add=list(privileges))])


def test_the_metastore_is_the_same_by_every_way(admin):
    assigned = admin.metastores.current()
    assert admin.metastores.summary().metastore_id == assigned.metastore_id
    assert [each.metastore_id for each in admin.metastores.list()] == [assigned.metastore_id]
    assert admin.metastores.get(assigned.metastore_id).name


def test_a_catalog_is_made_changed_and_removed(admin, name):
    admin.catalogs.create(name, comment="Before")
    assert admin.catalogs.get(name).comment == "Before"
    assert name in {each.name for each in admin.catalogs.list()}
    admin.catalogs.update(name, comment="After")
    assert admin.catalogs.get(name).comment == "After"
    with pytest.raises(ResourceConflict):
        admin.catalogs.create(name)
    admin.catalogs.delete(name, force=True)
    with pytest.raises(NotFound):
        admin.catalogs.get(name)


def test_the_seeded_catalog_bears_the_name_of_its_workspace(workspaces):
    for workspace in ("dev", "qa", "prod"):
        assert workspaces.client("admin", workspace).catalogs.get(workspace).owner == "admin@sluice.test"


def test_in_production_only_the_deployer_makes_schemas(workspaces, name):
    with pytest.raises(PermissionDenied):
        workspaces.client("engineer", "prod").schemas.create(name=name, catalog_name="prod")
    deployer = workspaces.client("deployer", "prod")
    made = deployer.schemas.create(name=name, catalog_name="prod")
    deployer.schemas.delete(made.full_name)


def test_a_schema_is_read_changed_and_listed(engineer, schema):
    assert engineer.schemas.get(schema.full_name).owner == "engineer@sluice.test"
    assert engineer.schemas.update(schema.full_name, comment="Bronze").comment == "Bronze"
    assert schema.name in {each.name for each in engineer.schemas.list("dev")}
    with pytest.raises(ResourceConflict):
        engineer.schemas.create(name=schema.name, catalog_name="dev")


def test_a_table_made_by_sql_is_seen_by_rest(engineer, schema, execute):
    table = f"{schema.full_name}.flights"
    execute(engineer, f"CREATE TABLE {table} (carrier STRING NOT NULL COMMENT 'Code', delay DOUBLE) COMMENT 'Flights'")
    seen = engineer.tables.get(table)
    assert (seen.owner, seen.comment) == ("engineer@sluice.test", "Flights")
    assert [(column.name, column.type_text, column.nullable, column.comment) for column in seen.columns] == [
        ("carrier", "string", False, "Code"),
        ("delay", "double", True, None),
    ]
    assert engineer.tables.exists(table).table_exists is True
    assert engineer.tables.exists(f"{table}x").table_exists is False
    assert [each.full_name for each in engineer.tables.list("dev", schema.name)] == [table]
    assert [each.full_name for each in engineer.tables.list_summaries("dev", schema_name_pattern=schema.name)] == [table]
    engineer.tables.delete(table)
    with pytest.raises(NotFound):
        engineer.tables.get(table)


def test_a_table_changes_its_owner(engineer, analyst, schema, execute):
    table = f"{schema.full_name}.owned"
    execute(engineer, f"CREATE TABLE {table} (a INT)")
    engineer.tables.update(table, owner="steward@sluice.test")
    assert engineer.tables.get(table).owner == "steward@sluice.test"
    with pytest.raises((PermissionDenied, NotFound)):
        analyst.tables.update(table, owner="analyst@sluice.test")


def test_a_grant_opens_a_table_to_sql_and_a_revoke_closes_it(engineer, analyst, schema, execute, warehouse):
    table = f"{schema.full_name}.shared"
    execute(engineer, f"CREATE TABLE {table} (a INT)")
    execute(engineer, f"INSERT INTO {table} VALUES (1), (2)")
    refused = analyst.statement_execution.execute_statement(f"SELECT * FROM {table}", warehouse, wait_timeout="50s")
    assert refused.status.state.value == "FAILED"
    grant(engineer, "schema", schema.full_name, "analysts", Privilege.USE_SCHEMA)
    grant(engineer, "table", table, "analysts", Privilege.SELECT)
    direct = {each.principal: set(each.privileges) for each in engineer.grants.get("table", table).privilege_assignments}
    assert direct["analysts"] == {Privilege.SELECT}
    assert execute(analyst, f"SELECT count(*) FROM {table}") == [["2"]]
    effective = analyst.grants.get_effective("table", table, principal="analysts").privilege_assignments
    assert {privilege.privilege for each in effective for privilege in each.privileges} >= {Privilege.SELECT}
    with pytest.raises(PermissionDenied):
        grant(analyst, "table", table, "analyst@sluice.test", Privilege.MODIFY)
    engineer.grants.update("table", table, changes=[PermissionsChange(principal="analysts", remove=[Privilege.SELECT])])
    closed = analyst.statement_execution.execute_statement(f"SELECT * FROM {table}", warehouse, wait_timeout="50s")
    assert closed.status.state.value == "FAILED"


def test_a_grant_on_a_schema_reaches_its_tables(engineer, analyst, schema, execute):
    table = f"{schema.full_name}.inherited"
    execute(engineer, f"CREATE TABLE {table} (a INT)")
    grant(engineer, SecurableType.SCHEMA.value, schema.full_name, "analysts", Privilege.USE_SCHEMA, Privilege.SELECT)
    assert execute(analyst, f"SELECT * FROM {table}") == []


def test_files_on_disk_become_an_external_table(admin, engineer, schema, execute, tmp_path):
    kind = {"type": "struct", "fields": [{"name": "a", "type": "integer", "nullable": True, "metadata": {}}]}
    commit = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {"metaData": {"id": "0", "format": {"provider": "parquet", "options": {}}, "schemaString": json.dumps(kind), "partitionColumns": [], "configuration": {}}},
    ]
    (tmp_path / "_delta_log").mkdir()
    (tmp_path / "_delta_log" / f"{0:020}.json").write_text("\n".join(json.dumps(action) for action in commit))
    column = ColumnInfo(name="a", type_name=ColumnTypeName.INT, type_text="int", type_json=json.dumps(kind["fields"][0]), position=0)
    table = {
        "name": "outside",
        "catalog_name": "dev",
        "schema_name": schema.name,
        "table_type": TableType.EXTERNAL,
        "data_source_format": DataSourceFormat.DELTA,
        "storage_location": f"file://{tmp_path}",
        "columns": [column],
    }
    with pytest.raises(PermissionDenied):
        engineer.tables.create(**table)
    grant(engineer, "schema", schema.full_name, "admin@sluice.test", Privilege.USE_SCHEMA, Privilege.CREATE_TABLE)
    assert admin.tables.create(**table).table_type == TableType.EXTERNAL
    assert execute(admin, f"SELECT count(*) FROM {schema.full_name}.outside") == [["0"]]
