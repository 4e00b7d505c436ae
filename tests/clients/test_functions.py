"""SQL functions, column masks and row filters through the official client: SQL and REST share one catalog."""

import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied
from databricks.sdk.service.catalog import (
    ColumnTypeName,
    CreateFunction,
    CreateFunctionParameterStyle,
    CreateFunctionRoutineBody,
    CreateFunctionSecurityType,
    CreateFunctionSqlDataAccess,
    FunctionParameterInfo,
    FunctionParameterInfos,
    PermissionsChange,
    Privilege,
)

pytestmark = pytest.mark.witness("executes")


def definition(schema, name, body, language=CreateFunctionRoutineBody.SQL):
    """A function over one text that gives a text."""
    parameter = FunctionParameterInfo(name="word", type_text="string", type_name=ColumnTypeName.STRING, position=0, comment="A word")
    return CreateFunction(
        name=name,
        catalog_name="dev",
        schema_name=schema.name,
        input_params=FunctionParameterInfos(parameters=[parameter]),
        data_type=ColumnTypeName.STRING,
        full_data_type="STRING",
        routine_body=language,
        routine_definition=body,
        parameter_style=CreateFunctionParameterStyle.S,
        is_deterministic=True,
        sql_data_access=CreateFunctionSqlDataAccess.CONTAINS_SQL,
        is_null_call=True,
        security_type=CreateFunctionSecurityType.DEFINER,
        specific_name=name,
        comment="Shouts",
    )


def test_a_function_made_by_rest_is_called_by_sql(engineer, schema, execute):
    made = engineer.functions.create(definition(schema, "shout", "concat(upper(word), '!')"))
    full_name = f"{schema.full_name}.shout"
    assert (made.full_name, made.owner, made.comment) == (full_name, "engineer@sluice.test", "Shouts")
    assert execute(engineer, f"SELECT {full_name}('hey')") == [["HEY!"]]
    assert engineer.functions.get(full_name).routine_definition == "concat(upper(word), '!')"
    assert engineer.functions.update(full_name, owner="steward@sluice.test").owner == "steward@sluice.test"
    engineer.functions.delete(full_name)
    with pytest.raises(NotFound):
        engineer.functions.get(full_name)


def test_a_function_made_by_sql_is_seen_by_rest(engineer, analyst, schema, execute):
    full_name = f"{schema.full_name}.plus"
    execute(engineer, f"CREATE FUNCTION {full_name}(x INT COMMENT 'A number', y DECIMAL(10,2)) RETURNS DOUBLE COMMENT 'Adds' RETURN x + y")
    (seen,) = engineer.functions.list("dev", schema.name)
    assert (seen.full_name, seen.comment, seen.full_data_type, seen.data_type) == (full_name, "Adds", "double", ColumnTypeName.DOUBLE)
    assert [(each.name, each.type_text, each.comment) for each in seen.input_params.parameters] == [
        ("x", "int", "A number"),
        ("y", "decimal(10,2)", None),
    ]
    with pytest.raises(PermissionDenied):
        analyst.functions.get(full_name)
    changes = [PermissionsChange(principal="analysts", add=[Privilege.EXECUTE])]
    engineer.grants.update("function", full_name, changes=changes)
    assert analyst.functions.get(full_name).name == "plus"
    with pytest.raises(PermissionDenied):
        analyst.functions.delete(full_name)


def test_what_a_function_cannot_be_is_refused(engineer, schema):
    with pytest.raises(BadRequest, match="`other`"):
        engineer.functions.create(definition(schema, "wrong", "upper(other)"))
    with pytest.raises(BadRequest, match="queries"):
        engineer.functions.create(definition(schema, "wrong", "(SELECT 1)"))
    with pytest.raises(Exception, match="SQL functions only"):
        engineer.functions.create(definition(schema, "wrong", "return word", CreateFunctionRoutineBody.EXTERNAL))
    assert list(engineer.functions.list("dev", schema.name)) == []


def test_a_mask_and_a_row_filter_hide_what_they_are_for(engineer, analyst, schema, execute):
    name = schema.full_name
    execute(engineer, f"CREATE FUNCTION {name}.hide(x STRING) RETURNS STRING RETURN CASE WHEN is_account_group_member('analysts') THEN '***' ELSE x END")
    execute(engineer, f"CREATE FUNCTION {name}.jfk(x STRING) RETURNS BOOLEAN RETURN x = 'JFK' OR NOT is_account_group_member('analysts')")
    execute(engineer, f"CREATE TABLE {name}.flights (tailnum STRING, origin STRING)")
    execute(engineer, f"INSERT INTO {name}.flights VALUES ('N1', 'JFK'), ('N2', 'EWR')")
    execute(engineer, f"ALTER TABLE {name}.flights ALTER COLUMN tailnum SET MASK {name}.hide")
    execute(engineer, f"ALTER TABLE {name}.flights SET ROW FILTER {name}.jfk ON (origin)")
    for kind, object_name, privilege in [("schema", name, Privilege.USE_SCHEMA), ("table", f"{name}.flights", Privilege.SELECT)]:
        engineer.grants.update(kind, object_name, changes=[PermissionsChange(principal="analysts", add=[privilege])])
    assert execute(analyst, f"SELECT * FROM {name}.flights") == [["***", "JFK"]]
    assert sorted(execute(engineer, f"SELECT * FROM {name}.flights")) == [["N1", "JFK"], ["N2", "EWR"]]
    table = engineer.tables.get(f"{name}.flights")
    assert [column.mask and column.mask.function_name for column in table.columns] == [f"{name}.hide", None]
    assert (table.row_filter.function_name, table.row_filter.input_column_names) == (f"{name}.jfk", ["origin"])
    with pytest.raises(BadRequest, match="mask"):
        engineer.functions.delete(f"{name}.hide")
    execute(engineer, f"ALTER TABLE {name}.flights ALTER COLUMN tailnum DROP MASK")
    execute(engineer, f"ALTER TABLE {name}.flights DROP ROW FILTER")
    assert engineer.tables.get(f"{name}.flights").row_filter is None
    assert sorted(execute(analyst, f"SELECT * FROM {name}.flights")) == [["N1", "JFK"], ["N2", "EWR"]]
