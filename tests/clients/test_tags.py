"""Tags of Unity Catalog objects and the policies of their keys, through the official client."""

import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.catalog import EntityTagAssignment
from databricks.sdk.service.tags import TagPolicy, Value

pytestmark = pytest.mark.witness("behaves")


def test_tags_are_created_changed_and_removed(engineer, analyst, schema, execute):
    table = f"{schema.full_name}.flights"
    execute(engineer, f"CREATE TABLE {table} (tailnum STRING)")
    tags = engineer.entity_tag_assignments
    for kind, name in [("schemas", schema.full_name), ("tables", table), ("columns", f"{table}.tailnum")]:
        made = tags.create(EntityTagAssignment(entity_type=kind, entity_name=name, tag_key="pii", tag_value="high"))
        assert (made.tag_key, made.tag_value, made.updated_by) == ("pii", "high", "engineer@sluice.test")
        with pytest.raises(ResourceConflict):
            tags.create(EntityTagAssignment(entity_type=kind, entity_name=name, tag_key="pii"))
        changed = EntityTagAssignment(entity_type=kind, entity_name=name, tag_key="pii", tag_value="")
        assert tags.update(kind, name, "pii", changed, "tag_value").tag_value == ""
        assert [(each.tag_key, each.tag_value) for each in tags.list(kind, name)] == [("pii", "")]
        assert tags.get(kind, name, "pii").tag_value == ""
        with pytest.raises(PermissionDenied):
            analyst.entity_tag_assignments.delete(kind, name, "pii")
        tags.delete(kind, name, "pii")
        with pytest.raises(NotFound):
            tags.get(kind, name, "pii")
        with pytest.raises(NotFound):
            tags.delete(kind, name, "pii")


def test_sql_and_rest_share_tags(engineer, schema, execute):
    table = f"{schema.full_name}.shared"
    execute(engineer, f"CREATE TABLE {table} (a INT)")
    execute(engineer, f"ALTER TABLE {table} SET TAGS ('domain' = 'aviation')")
    assert engineer.entity_tag_assignments.get("tables", table, "domain").tag_value == "aviation"
    engineer.entity_tag_assignments.create(EntityTagAssignment(entity_type="columns", entity_name=f"{table}.a", tag_key="key"))
    found = f"SELECT column_name, tag_name, tag_value FROM dev.information_schema.column_tags WHERE schema_name = '{schema.name}'"
    assert execute(engineer, found) == [["a", "key", ""]]


def test_a_policy_limits_the_values_of_its_key(admin, engineer, schema, name, execute, warehouse):
    key = f"class_{name}"
    with pytest.raises(PermissionDenied):
        engineer.tag_policies.create_tag_policy(TagPolicy(tag_key=key))
    made = admin.tag_policies.create_tag_policy(TagPolicy(tag_key=key, description="Who may see it", values=[Value("public"), Value("internal")]))
    assert made.id
    assert [value.name for value in made.values] == ["public", "internal"]
    with pytest.raises(ResourceConflict):
        admin.tag_policies.create_tag_policy(TagPolicy(tag_key=key))
    assignment = EntityTagAssignment(entity_type="schemas", entity_name=schema.full_name, tag_key=key, tag_value="secret")
    with pytest.raises(BadRequest, match="secret.*public, internal"):
        engineer.entity_tag_assignments.create(assignment)
    refused = engineer.statement_execution.execute_statement(f"ALTER SCHEMA {schema.full_name} SET TAGS ('{key}' = 'secret')", warehouse, wait_timeout="50s")
    assert "public, internal" in refused.status.error.message
    execute(engineer, f"ALTER SCHEMA {schema.full_name} SET TAGS ('{key}' = 'public')")
    changed = admin.tag_policies.update_tag_policy(key, TagPolicy(tag_key=key, values=[Value("secret")]), "values")
    assert (changed.description, [value.name for value in changed.values]) == ("Who may see it", ["secret"])
    engineer.entity_tag_assignments.update("schemas", schema.full_name, key, assignment, "tag_value")
    assert key in {each.tag_key for each in engineer.tag_policies.list_tag_policies()}
    assert engineer.tag_policies.get_tag_policy(key).tag_key == key
    admin.tag_policies.delete_tag_policy(key)
    with pytest.raises(NotFound):
        engineer.tag_policies.get_tag_policy(key)
