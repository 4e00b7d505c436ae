"""Constraints of tables through the official client."""

import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied
from databricks.sdk.service.catalog import ForeignKeyConstraint, PrimaryKeyConstraint, TableConstraint

pytestmark = pytest.mark.witness("executes")


def test_keys_are_made_and_removed(engineer, analyst, schema, execute):
    parent, child = f"{schema.full_name}.carriers", f"{schema.full_name}.flights"
    execute(engineer, f"CREATE TABLE {parent} (code STRING NOT NULL, name STRING)")
    execute(engineer, f"CREATE TABLE {child} (carrier STRING, delay DOUBLE)")
    keys = engineer.table_constraints
    key = TableConstraint(primary_key_constraint=PrimaryKeyConstraint(name="carriers_pk", child_columns=["code"], rely=True))
    with pytest.raises(PermissionDenied):
        analyst.table_constraints.create(parent, key)
    assert keys.create(parent, key).primary_key_constraint.name == "carriers_pk"
    reference = ForeignKeyConstraint(name="flights_fk", child_columns=["carrier"], parent_table=parent, parent_columns=["code"])
    keys.create(child, TableConstraint(foreign_key_constraint=reference))
    (made,) = engineer.tables.get(parent).table_constraints
    assert (made.primary_key_constraint.child_columns, made.primary_key_constraint.rely) == (["code"], True)
    (made,) = engineer.tables.get(child).table_constraints
    assert (made.foreign_key_constraint.parent_table, made.foreign_key_constraint.parent_columns) == (parent, ["code"])
    assert not any(each.table_constraints for each in engineer.tables.list("dev", schema.name))
    with pytest.raises(BadRequest, match=r"flights"):
        keys.delete(parent, "carriers_pk", False)
    keys.delete(parent, "carriers_pk", True)
    assert not engineer.tables.get(child).table_constraints
    with pytest.raises(NotFound):
        keys.delete(parent, "carriers_pk", False)
    nullable = TableConstraint(primary_key_constraint=PrimaryKeyConstraint(name="k", child_columns=["carrier"]))
    with pytest.raises(BadRequest, match="null"):
        keys.create(child, nullable)


def test_a_check_is_a_property_and_holds(engineer, schema, execute, warehouse):
    table = f"{schema.full_name}.checked"
    execute(engineer, f"CREATE TABLE {table} (n INT)")
    execute(engineer, f"ALTER TABLE {table} ADD CONSTRAINT positive CHECK (n > 0)")
    assert engineer.tables.get(table).properties["delta.constraints.positive"] == "n > 0"
    refused = engineer.statement_execution.execute_statement(f"INSERT INTO {table} VALUES (0)", warehouse, wait_timeout="50s")
    assert "positive" in refused.status.error.message
    assert execute(engineer, f"SELECT count(*) FROM {table}") == [["0"]]
