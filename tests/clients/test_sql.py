"""Warehouses and statements."""

import pytest
from databricks.sdk.errors import NotFound
from databricks.sdk.service.iam import PermissionLevel
from databricks.sdk.service.sql import (
    ExecuteStatementRequestOnWaitTimeout,
    StatementParameterListItem,
    StatementState,
    WarehouseAccessControlRequest,
    WarehousePermissionLevel,
)

pytestmark = pytest.mark.witness("executes")


def test_a_warehouse_is_made_stopped_started_and_removed(admin, name):
    made = admin.warehouses.create(name=name, cluster_size="2X-Small").result()
    assert admin.warehouses.get(made.id).name == name
    admin.warehouses.edit(made.id, name=name + "2", auto_stop_mins=30).result()
    edited = admin.warehouses.get(made.id)
    assert (edited.name, edited.auto_stop_mins, edited.cluster_size) == (name + "2", 30, "2X-Small")
    assert admin.warehouses.stop(made.id).result().state.value == "STOPPED"
    assert admin.warehouses.start(made.id).result().state.value == "RUNNING"
    admin.warehouses.delete(made.id)
    assert made.id not in {each.id for each in admin.warehouses.list()}


def test_a_warehouse_has_permissions(admin, warehouse):
    levels = admin.warehouses.get_permission_levels(warehouse).permission_levels
    assert WarehousePermissionLevel.CAN_USE in {level.permission_level for level in levels}
    before = admin.warehouses.get_permissions(warehouse).access_control_list
    use = WarehouseAccessControlRequest(group_name="stewards", permission_level=WarehousePermissionLevel.CAN_MANAGE)
    admin.warehouses.update_permissions(warehouse, access_control_list=[use])
    after = {each.group_name: each.all_permissions[0].permission_level for each in admin.warehouses.get_permissions(warehouse).access_control_list}
    assert after["stewards"] == WarehousePermissionLevel.CAN_MANAGE
    restored = [
        WarehouseAccessControlRequest(
            group_name=each.group_name,
            user_name=each.user_name,
            service_principal_name=each.service_principal_name,
            permission_level=each.all_permissions[0].permission_level,
        )
        for each in before
        if not each.all_permissions[0].inherited
    ]
    admin.warehouses.set_permissions(warehouse, access_control_list=restored)
    assert PermissionLevel.CAN_USE.value == WarehousePermissionLevel.CAN_USE.value
    assert "stewards" not in {each.group_name for each in admin.warehouses.get_permissions(warehouse).access_control_list}


def test_types_come_back_as_the_documentation_says(engineer, warehouse):
    statement = "SELECT 1 AS i, CAST(2.5 AS DECIMAL(5,2)) AS d, 'x' AS s, true AS b, CAST(NULL AS STRING) AS n, DATE'2013-01-02' AS t"
    answer = engineer.statement_execution.execute_statement(statement, warehouse, wait_timeout="50s")
    assert answer.status.state == StatementState.SUCCEEDED, answer.status.error
    assert [(column.name, column.type_text) for column in answer.manifest.schema.columns] == [
        ("i", "INT"),
        ("d", "DECIMAL(5,2)"),
        ("s", "STRING"),
        ("b", "BOOLEAN"),
        ("n", "STRING"),
        ("t", "DATE"),
    ]
    assert answer.result.data_array == [["1", "2.50", "x", "true", None, "2013-01-02"]]


def test_parameters_are_values_and_never_text_of_the_statement(engineer, warehouse):
    answer = engineer.statement_execution.execute_statement(
        "SELECT :who AS who, :number + 1 AS next",
        warehouse,
        wait_timeout="50s",
        parameters=[StatementParameterListItem("who", value="x'); DROP TABLE y; --"), StatementParameterListItem("number", type="INT", value="41")],
    )
    assert answer.status.state == StatementState.SUCCEEDED, answer.status.error
    assert answer.result.data_array == [["x'); DROP TABLE y; --", "42"]]


def test_a_statement_is_found_again_with_its_chunks(engineer, warehouse):
    answer = engineer.statement_execution.execute_statement("SELECT id FROM range(5) ORDER BY id", warehouse, wait_timeout="50s")
    again = engineer.statement_execution.get_statement(answer.statement_id)
    assert again.status.state == StatementState.SUCCEEDED
    chunk = engineer.statement_execution.get_statement_result_chunk_n(answer.statement_id, 0)
    assert chunk.data_array == [["0"], ["1"], ["2"], ["3"], ["4"]]
    with pytest.raises(NotFound):
        engineer.statement_execution.get_statement("01ef0000-0000-1000-8000-000000000000")


def test_a_statement_can_be_started_and_cancelled(engineer, warehouse):
    started = engineer.statement_execution.execute_statement(
        "SELECT count(*) FROM range(100000000000) AS a",
        warehouse,
        wait_timeout="0s",
        on_wait_timeout=ExecuteStatementRequestOnWaitTimeout.CONTINUE,
    )
    engineer.statement_execution.cancel_execution(started.statement_id)
    state = engineer.statement_execution.get_statement(started.statement_id).status.state
    assert state in (StatementState.CANCELED, StatementState.SUCCEEDED)


def test_a_broken_statement_fails_with_its_reason(engineer, warehouse):
    for statement, reason in (("SELEC 1", "SELEC"), ("SELECT * FROM dev.no_such.table_at_all", "no_such"), ("", "")):
        try:
            answer = engineer.statement_execution.execute_statement(statement, warehouse, wait_timeout="50s")
        except Exception as refusal:  # An empty statement is refused before it runs.
            assert statement == "", refusal
            continue
        assert answer.status.state == StatementState.FAILED
        assert reason in answer.status.error.message
