"""Genie spaces: create, read, change with an etag, permissions, trash; questions are refused."""

import json

import pytest
from databricks.sdk.errors import DatabricksError, InvalidParameterValue, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel

pytestmark = pytest.mark.witness("behaves")

FIRST, SECOND = "0" * 31 + "1", "0" * 31 + "2"


@pytest.fixture
def table(engineer, schema, execute):
    """A table of the engineer."""
    execute(engineer, f"CREATE TABLE {schema.full_name}.delays (carrier STRING, minutes INT)")
    return f"{schema.full_name}.delays"


def document(table):
    """What a space says about one table."""
    return {
        "version": 2,
        "config": {"sample_questions": [{"id": FIRST, "question": ["Who is late?"]}, {"id": SECOND, "question": ["How late?"]}]},
        "data_sources": {"tables": [{"identifier": table, "column_configs": [{"column_name": "carrier", "synonyms": ["airline"]}]}]},
        "instructions": {"text_instructions": [{"id": FIRST, "content": ["Minutes are minutes of delay."]}]},
    }


@pytest.fixture
def space(engineer, warehouse, table):
    """A space of the engineer, trashed afterwards."""
    created = engineer.genie.create_space(
        warehouse, json.dumps(document(table)), title="Delays", description="Who is late", parent_path="/Workspace/Users/engineer@sluice.test"
    )
    yield created
    engineer.genie.trash_space(created.space_id)


def test_a_space_is_made_read_and_listed(engineer, space, table, warehouse):
    read = engineer.genie.get_space(space.space_id, include_serialized_space=True)
    assert json.loads(read.serialized_space) == document(table)
    assert (read.title, read.description, read.warehouse_id, read.parent_path) == ("Delays", "Who is late", warehouse, "/Users/engineer@sluice.test")
    assert engineer.genie.get_space(space.space_id).serialized_space is None
    assert space.space_id in [each.space_id for each in engineer.genie.list_spaces().spaces]
    page = engineer.genie.list_spaces(page_size=1)
    assert len(page.spaces) == 1


def test_a_change_with_an_old_etag_is_refused(engineer, space, table):
    etag = engineer.genie.get_space(space.space_id, include_serialized_space=True).etag
    changed = document(table) | {"config": {"sample_questions": []}}
    updated = engineer.genie.update_space(space.space_id, title="Late", serialized_space=json.dumps(changed), etag=etag)
    assert (updated.title, json.loads(updated.serialized_space)) == ("Late", changed)
    with pytest.raises(ResourceConflict):
        engineer.genie.update_space(space.space_id, title="Lost", etag=etag)
    assert engineer.genie.get_space(space.space_id).title == "Late"


def test_what_breaks_a_rule_is_named(engineer, space, table, warehouse):
    broken = document(table)
    broken["config"]["sample_questions"].reverse()
    broken["data_sources"]["tables"][0]["column_configs"][0]["build_value_dictionary"] = True
    with pytest.raises(InvalidParameterValue, match="sorted by id.*build_value_dictionary is a field of version 1"):
        engineer.genie.create_space(warehouse, json.dumps(broken))
    with pytest.raises(InvalidParameterValue, match="does not exist"):
        engineer.genie.create_space(warehouse, json.dumps(document(f"{table}_absent")))


def test_a_space_is_shared_by_its_permissions(engineer, analyst, space):
    with pytest.raises(PermissionDenied):
        analyst.genie.get_space(space.space_id)
    run = AccessControlRequest(group_name="analysts", permission_level=PermissionLevel.CAN_RUN)
    engineer.permissions.update("genie", space.space_id, access_control_list=[run])
    assert analyst.genie.get_space(space.space_id).title == "Delays"
    with pytest.raises(PermissionDenied):
        analyst.genie.update_space(space.space_id, title="Mine")
    levels = [level.permission_level for level in engineer.permissions.get_permission_levels("genie", space.space_id).permission_levels]
    assert levels == [PermissionLevel.CAN_READ, PermissionLevel.CAN_RUN, PermissionLevel.CAN_EDIT, PermissionLevel.CAN_MANAGE]


def test_a_trashed_space_is_gone(engineer, warehouse, table):
    created = engineer.genie.create_space(warehouse, json.dumps(document(table)))
    assert created.parent_path == "/Users/engineer@sluice.test"
    engineer.genie.trash_space(created.space_id)
    with pytest.raises(NotFound):
        engineer.genie.get_space(created.space_id)


def test_nothing_pretends_to_answer_a_question(engineer, space):
    with pytest.raises(DatabricksError, match="start_conversation"):
        engineer.genie.start_conversation(space.space_id, "Who is late?")


def test_functions_of_a_space_are_ones_that_its_writer_may_execute(engineer, warehouse, schema, table, execute):
    execute(engineer, f"CREATE FUNCTION {schema.full_name}.hours(minutes INT) RETURNS INT RETURN minutes / 60")
    trusted = document(table)
    trusted["instructions"]["sql_functions"] = [{"id": SECOND, "identifier": f"{schema.full_name}.hours"}]
    made = engineer.genie.create_space(warehouse, json.dumps(trusted))
    assert json.loads(engineer.genie.get_space(made.space_id, include_serialized_space=True).serialized_space) == trusted
    engineer.genie.trash_space(made.space_id)
    trusted["instructions"]["sql_functions"][0]["identifier"] += "_absent"
    with pytest.raises(InvalidParameterValue, match="hours_absent' does not exist"):
        engineer.genie.create_space(warehouse, json.dumps(trusted))
