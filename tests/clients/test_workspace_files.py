"""Workspace files and folders: import, export, list, delete, permissions."""

import base64
import io

import pytest
from databricks.sdk.errors import NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel
from databricks.sdk.service.workspace import (
    ExportFormat,
    ImportFormat,
    Language,
    ObjectType,
    WorkspaceObjectAccessControlRequest,
    WorkspaceObjectPermissionLevel,
)

pytestmark = pytest.mark.witness("behaves")

NOTEBOOK = "# Databricks notebook source\nprint(1)\n"


@pytest.fixture
def folder(engineer, name):
    """A folder in the engineer's home, removed afterwards."""
    path = f"/Workspace/Users/engineer@sluice.test/{name}"
    engineer.workspace.mkdirs(path)
    yield path
    engineer.workspace.delete(path, recursive=True)


def test_a_notebook_is_imported_listed_and_exported(engineer, folder):
    content = base64.b64encode(NOTEBOOK.encode()).decode()
    engineer.workspace.import_(f"{folder}/load", content=content, format=ImportFormat.SOURCE, language=Language.PYTHON)
    status = engineer.workspace.get_status(f"{folder}/load")
    assert (status.object_type, status.language) == (ObjectType.NOTEBOOK, Language.PYTHON)
    exported = engineer.workspace.export(f"{folder}/load", format=ExportFormat.SOURCE)
    assert base64.b64decode(exported.content).decode() == NOTEBOOK
    assert [each.path.removeprefix("/Workspace") for each in engineer.workspace.list(folder)] == [f"{folder}/load".removeprefix("/Workspace")]


def test_a_file_is_uploaded_and_downloaded_byte_for_byte(engineer, folder):
    data = bytes(range(256)) * 40
    engineer.workspace.upload(f"{folder}/data.bin", io.BytesIO(data), format=ImportFormat.AUTO)
    assert engineer.workspace.get_status(f"{folder}/data.bin").object_type == ObjectType.FILE
    assert engineer.workspace.download(f"{folder}/data.bin").read() == data
    with pytest.raises(ResourceConflict):
        engineer.workspace.upload(f"{folder}/data.bin", io.BytesIO(b"x"), format=ImportFormat.AUTO)
    engineer.workspace.upload(f"{folder}/data.bin", io.BytesIO(b"x"), format=ImportFormat.AUTO, overwrite=True)
    assert engineer.workspace.download(f"{folder}/data.bin").read() == b"x"


def test_import_file_creates_once(engineer, folder):
    path = f"/api/2.0/workspace-files/import-file{folder}/deploy.lock"
    engineer.api_client.do("POST", path, query={"overwrite": "false"}, data=b"first")
    with pytest.raises(ResourceConflict):
        engineer.api_client.do("POST", path, query={"overwrite": "false"}, data=b"second")
    assert engineer.workspace.download(f"{folder}/deploy.lock").read() == b"first"


def test_a_folder_with_content_goes_only_when_asked_for(engineer, folder):
    engineer.workspace.mkdirs(f"{folder}/a/b")
    with pytest.raises(Exception, match="(?i)not empty|directory"):
        engineer.workspace.delete(f"{folder}/a")
    engineer.workspace.delete(f"{folder}/a", recursive=True)
    with pytest.raises(NotFound):
        engineer.workspace.get_status(f"{folder}/a")


def test_what_is_not_there_is_not_found(engineer, folder):
    for call in (engineer.workspace.get_status, engineer.workspace.export, lambda path: list(engineer.workspace.list(path))):
        with pytest.raises(NotFound):
            call(f"{folder}/absent")


def test_a_home_is_closed_until_it_is_shared(engineer, analyst, folder):
    engineer.workspace.upload(f"{folder}/a.txt", io.BytesIO(b"a"), format=ImportFormat.AUTO)
    with pytest.raises((PermissionDenied, NotFound)):
        analyst.workspace.download(f"{folder}/a.txt")
    object_id = str(engineer.workspace.get_status(folder).object_id)
    levels = engineer.workspace.get_permission_levels("directories", object_id).permission_levels
    assert WorkspaceObjectPermissionLevel.CAN_MANAGE in {level.permission_level for level in levels}
    share = WorkspaceObjectAccessControlRequest(group_name="analysts", permission_level=WorkspaceObjectPermissionLevel.CAN_READ)
    engineer.workspace.update_permissions("directories", object_id, access_control_list=[share])
    assert analyst.workspace.download(f"{folder}/a.txt").read() == b"a"
    with pytest.raises(PermissionDenied):
        analyst.workspace.upload(f"{folder}/b.txt", io.BytesIO(b"b"), format=ImportFormat.AUTO)
    engineer.workspace.set_permissions("directories", object_id, access_control_list=[])
    with pytest.raises((PermissionDenied, NotFound)):
        analyst.workspace.download(f"{folder}/a.txt")


def test_permissions_of_any_object_by_type_and_id(engineer, folder):
    object_id = str(engineer.workspace.get_status(folder).object_id)
    assert engineer.permissions.get_permission_levels("directories", object_id).permission_levels
    reader = AccessControlRequest(group_name="analysts", permission_level=PermissionLevel.CAN_READ)
    engineer.permissions.set("directories", object_id, access_control_list=[reader])
    groups = {each.group_name for each in engineer.permissions.get("directories", object_id).access_control_list}
    assert "analysts" in groups
    editor = AccessControlRequest(group_name="stewards", permission_level=PermissionLevel.CAN_EDIT)
    engineer.permissions.update("directories", object_id, access_control_list=[editor])
    groups = {each.group_name for each in engineer.permissions.get("directories", object_id).access_control_list}
    assert {"analysts", "stewards"} <= groups
    assert engineer.workspace.get_permissions("directories", object_id).object_id.endswith(object_id)
