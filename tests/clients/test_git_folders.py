"""Git folders and Git credentials, as the official client uses them."""

import subprocess

import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied
from databricks.sdk.service import workspace

pytestmark = pytest.mark.witness("executes")


@pytest.fixture(scope="module")
def repository(workspaces):
    """A repository in the directory that the workspaces may clone from, with a branch and a tag."""
    directory = workspaces.git_directory / "product"
    directory.mkdir()

    def git(*arguments):
        identity = ["-c", "user.name=Ann", "-c", "user.email=ann@sluice.test"]
        subprocess.run(["git", *identity, "-C", str(directory), *arguments], check=True, capture_output=True)

    git("init", "--initial-branch=main")
    (directory / "main.py").write_text("# Databricks notebook source\nprint('main')")
    git("add", "--all")
    git("commit", "--message", "first")
    git("tag", "v1")
    git("checkout", "-b", "feature")
    (directory / "feature.txt").write_text("feature")
    git("add", "--all")
    git("commit", "--message", "second")
    git("checkout", "main")
    return directory


@pytest.fixture
def folder(engineer, repository, name):
    """A Git folder of the engineer, removed afterwards."""
    made = engineer.repos.create(url=f"file://{repository}", provider="gitHub", path=f"/Users/engineer@sluice.test/{name}")
    yield made
    engineer.repos.delete(made.id)


def test_a_clone_is_a_repository_of_the_tree(engineer, folder):
    assert folder.branch == "main"
    assert engineer.workspace.get_status(folder.path).object_type == workspace.ObjectType.REPO
    assert engineer.workspace.get_status(f"{folder.path}/main").object_type == workspace.ObjectType.NOTEBOOK
    assert engineer.repos.get(folder.id).head_commit_id == folder.head_commit_id
    assert folder.id in {each.id for each in engineer.repos.list(path_prefix=folder.path)}


def test_a_branch_and_a_tag_are_checked_out(engineer, folder):
    engineer.repos.update(folder.id, branch="feature")
    with engineer.workspace.download(f"{folder.path}/feature.txt") as file:
        assert file.read() == b"feature"
    engineer.repos.update(folder.id, tag="v1")
    assert engineer.repos.get(folder.id).head_commit_id == folder.head_commit_id
    with pytest.raises(NotFound):
        engineer.workspace.get_status(f"{folder.path}/feature.txt")
    with pytest.raises(NotFound):
        engineer.repos.update(folder.id, branch="none")


def test_who_may_what_with_a_git_folder(engineer, analyst, folder):
    with pytest.raises(PermissionDenied):
        analyst.repos.get(folder.id)
    levels = {each.permission_level.value for each in engineer.repos.get_permission_levels(str(folder.id)).permission_levels}
    assert {"CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE"} == levels
    read = workspace.RepoAccessControlRequest(group_name="analysts", permission_level=workspace.RepoPermissionLevel.CAN_READ)
    engineer.repos.update_permissions(str(folder.id), access_control_list=[read])
    assert analyst.repos.get(folder.id).path == folder.path
    assert "analysts" in {each.group_name for each in engineer.repos.get_permissions(str(folder.id)).access_control_list}
    engineer.repos.set_permissions(str(folder.id), access_control_list=[])
    # The engineer manages it through the home directory that it is in.
    with pytest.raises(PermissionDenied):
        analyst.repos.get(folder.id)


def test_other_paths_of_this_machine_are_refused(engineer, tmp_path):
    with pytest.raises(PermissionDenied, match="allow-git-directory"):
        engineer.repos.create(url=f"file://{tmp_path}", provider="gitHub")
    with pytest.raises(BadRequest):
        engineer.repos.create(url="ext::sh -c true", provider="gitHub")


def test_a_git_credential_is_made_changed_and_removed(engineer):
    made = engineer.git_credentials.create("gitHub", git_username="ann", personal_access_token="ghp_x")
    engineer.git_credentials.update(made.credential_id, "gitHub", git_username="bob")
    shown = engineer.git_credentials.get(made.credential_id)
    assert (shown.git_username, shown.git_provider) == ("bob", "gitHub")
    assert "ghp_x" not in str(shown.as_dict())
    assert made.credential_id in {each.credential_id for each in engineer.git_credentials.list()}
    engineer.git_credentials.delete(made.credential_id)
    with pytest.raises(NotFound):
        engineer.git_credentials.get(made.credential_id)
