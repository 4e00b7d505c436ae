"""Isolated catalogs, external locations and credentials, and the workspaces that they are bound to."""

import pytest
from databricks.sdk.errors import BadRequest, PermissionDenied
from databricks.sdk.service.catalog import (
    CatalogIsolationMode,
    IsolationMode,
    WorkspaceBinding,
    WorkspaceBindingBindingType,
)

READ_ONLY = WorkspaceBindingBindingType.BINDING_TYPE_READ_ONLY
READ_WRITE = WorkspaceBindingBindingType.BINDING_TYPE_READ_WRITE


@pytest.mark.witness("behaves")
def test_an_isolated_catalog_is_shut_where_it_is_not_bound(workspaces, name):
    admin, other = workspaces.client("admin"), workspaces.client("admin", "qa").get_workspace_id()
    here = admin.get_workspace_id()
    assert here != other
    admin.catalogs.create(name)
    api = admin.workspace_bindings
    assert admin.catalogs.update(name, isolation_mode=CatalogIsolationMode.ISOLATED).isolation_mode is CatalogIsolationMode.ISOLATED
    assert list(api.get_bindings("catalog", name)) == [WorkspaceBinding(here, READ_WRITE)]
    assert api.update_bindings("catalog", name, add=[WorkspaceBinding(other, READ_ONLY)], remove=[WorkspaceBinding(here)]).bindings == [WorkspaceBinding(other, READ_ONLY)]
    with pytest.raises(PermissionDenied, match="not accessible in this workspace"):
        admin.catalogs.get(name)
    with pytest.raises(PermissionDenied, match="not accessible in this workspace"):
        list(admin.schemas.list(name))
    assert name not in [each.name for each in admin.catalogs.list()]
    assert name in [each.name for each in admin.catalogs.list(include_unbound=True)]
    api.update_bindings("catalog", name, add=[WorkspaceBinding(here, READ_ONLY)])
    assert [each.workspace_id for each in api.get_bindings("catalog", name, max_results=1)] == sorted([here, other])
    assert admin.catalogs.get(name).name == name
    with pytest.raises(PermissionDenied, match="for reading alone"):
        admin.schemas.create("s", name)
    assert api.update(name, assign_workspaces=[here], unassign_workspaces=[other]).workspaces == [here]
    assert api.get(name).workspaces == [here]
    admin.schemas.create("s", name)
    with pytest.raises(PermissionDenied):
        workspaces.client("analyst").workspace_bindings.get_bindings("catalog", name).__next__()
    with pytest.raises(BadRequest):
        list(api.get_bindings("schema", f"{name}.s"))
    admin.catalogs.delete(name, force=True)


def test_a_credential_and_a_location_can_be_isolated(admin, name):
    here = admin.get_workspace_id()
    admin.storage_credentials.create(name)
    admin.external_locations.create(name, f"s3://{name}/x", name)
    assert admin.storage_credentials.update(name, isolation_mode=IsolationMode.ISOLATION_MODE_ISOLATED).isolation_mode.value == "ISOLATION_MODE_ISOLATED"
    admin.external_locations.update(name, isolation_mode=IsolationMode.ISOLATION_MODE_ISOLATED)
    for kind, api in (("external_location", admin.external_locations), ("storage_credential", admin.storage_credentials)):
        assert [each.workspace_id for each in admin.workspace_bindings.get_bindings(kind, name)] == [here]
        admin.workspace_bindings.update_bindings(kind, name, remove=[WorkspaceBinding(here)])
        with pytest.raises(PermissionDenied, match="not accessible in this workspace"):
            api.get(name)
        assert name in [each.name for each in api.list(include_unbound=True)]
        assert name not in [each.name for each in api.list()]
        admin.workspace_bindings.update_bindings(kind, name, add=[WorkspaceBinding(here)])
        api.delete(name)
