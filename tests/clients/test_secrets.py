"""Secrets: scopes, values, permissions; a job reads them and does not show them."""

import base64

import pytest
from databricks.sdk.errors import NotFound, PermissionDenied, ResourceAlreadyExists
from databricks.sdk.service.workspace import AclPermission

pytestmark = pytest.mark.witness("behaves")


@pytest.fixture
def scope(engineer, name):
    """A scope of the engineer, removed afterwards."""
    engineer.secrets.create_scope(name)
    yield name
    engineer.secrets.delete_scope(name)


def test_secrets_are_written_listed_read_and_deleted(engineer, scope):
    engineer.secrets.put_secret(scope, "text", string_value="wörd")
    engineer.secrets.put_secret(scope, "bytes", bytes_value=base64.b64encode(b"\x00\xff").decode())
    assert [each.key for each in engineer.secrets.list_secrets(scope)] == ["bytes", "text"]
    assert base64.b64decode(engineer.secrets.get_secret(scope, "text").value).decode() == "wörd"
    assert base64.b64decode(engineer.secrets.get_secret(scope, "bytes").value) == b"\x00\xff"
    assert engineer.dbutils.secrets.get(scope, "text") == "wörd"
    engineer.secrets.put_secret(scope, "text", string_value="other")
    assert base64.b64decode(engineer.secrets.get_secret(scope, "text").value) == b"other"
    engineer.secrets.delete_secret(scope, "text")
    with pytest.raises(NotFound):
        engineer.secrets.get_secret(scope, "text")


def test_a_scope_exists_once(engineer, scope):
    assert scope in [each.name for each in engineer.secrets.list_scopes()]
    with pytest.raises(ResourceAlreadyExists, match="already exists"):
        engineer.secrets.create_scope(scope)


def test_a_scope_is_shared_by_its_permissions(engineer, analyst, scope):
    engineer.secrets.put_secret(scope, "k", string_value="v")
    with pytest.raises(PermissionDenied):
        analyst.secrets.get_secret(scope, "k")
    engineer.secrets.put_acl(scope, "analysts", AclPermission.READ)
    assert analyst.secrets.get_secret(scope, "k").key == "k"
    with pytest.raises(PermissionDenied):
        analyst.secrets.put_secret(scope, "k", string_value="mine")
    assert engineer.secrets.get_acl(scope, "analysts").permission == AclPermission.READ
    assert {each.principal for each in engineer.secrets.list_acls(scope)} == {"analysts", "engineer@sluice.test"}
    engineer.secrets.delete_acl(scope, "analysts")
    with pytest.raises(PermissionDenied):
        list(analyst.secrets.list_secrets(scope))
