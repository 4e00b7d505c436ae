"""Who one is, users, groups and service principals; tokens."""

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, PermissionDenied, ResourceConflict, Unauthenticated
from databricks.sdk.service import iam

pytestmark = pytest.mark.witness("behaves")


@pytest.mark.parametrize("principal", ["admin", "engineer", "steward", "domain-owner", "analyst"])
def test_a_token_is_its_user(workspaces, principal):
    me = workspaces.client(principal).current_user.me()
    assert me.user_name == f"{principal}@sluice.test"
    assert me.active is True


def test_the_deployer_is_a_service_principal(workspaces, admin):
    me = workspaces.client("deployer").current_user.me()
    applications = {each.application_id: each.display_name for each in admin.service_principals.list()}
    assert me.user_name in applications


def test_a_token_of_nobody_and_of_another_workspace_is_refused(workspaces):
    dev, prod = workspaces.profiles["dev-admin"], workspaces.profiles["prod-admin"]
    for token in ("dapi0000", prod["token"]):
        with pytest.raises(Unauthenticated):
            WorkspaceClient(host=dev["host"], token=token).current_user.me()


def test_a_user_is_made_changed_found_and_removed(admin, name):
    user = admin.users.create(user_name=f"{name}@sluice.test", display_name="Before")
    assert admin.users.get(user.id).display_name == "Before"
    with pytest.raises(ResourceConflict):
        admin.users.create(user_name=f"{name}@sluice.test")
    replace = iam.Patch(op=iam.PatchOp.REPLACE, path="displayName", value="Patched")
    admin.users.patch(user.id, operations=[replace], schemas=[iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP])
    assert admin.users.get(user.id).display_name == "Patched"
    admin.users.update(user.id, user_name=f"{name}@sluice.test", display_name="After")
    listed = list(admin.users.list(filter=f'userName eq "{name}@sluice.test"'))
    assert [(each.id, each.display_name) for each in listed] == [(user.id, "After")]
    admin.users.delete(user.id)
    with pytest.raises(NotFound):
        admin.users.get(user.id)


def test_a_group_has_members(admin, name):
    user = admin.users.create(user_name=f"{name}@sluice.test")
    group = admin.groups.create(display_name=name, members=[iam.ComplexValue(value=user.id)])
    assert [member.value for member in admin.groups.get(group.id).members] == [user.id]
    remove = iam.Patch(op=iam.PatchOp.REMOVE, path=f'members[value eq "{user.id}"]')
    admin.groups.patch(group.id, operations=[remove], schemas=[iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP])
    assert not admin.groups.get(group.id).members
    admin.groups.update(group.id, display_name=name, members=[iam.ComplexValue(value=user.id)])
    assert [each.id for each in admin.groups.list(filter=f'displayName eq "{name}"')] == [group.id]
    assert len(admin.groups.get(group.id).members) == 1
    admin.groups.delete(group.id)
    admin.users.delete(user.id)
    with pytest.raises(NotFound):
        admin.groups.get(group.id)


def test_a_service_principal_is_made_changed_and_removed(admin, name):
    made = admin.service_principals.create(display_name=name)
    assert admin.service_principals.get(made.id).application_id
    replace = iam.Patch(op=iam.PatchOp.REPLACE, path="displayName", value=name + "x")
    admin.service_principals.patch(made.id, operations=[replace], schemas=[iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP])
    assert admin.service_principals.get(made.id).display_name == name + "x"
    admin.service_principals.update(made.id, display_name=name + "y")
    assert admin.service_principals.get(made.id).display_name == name + "y"
    admin.service_principals.delete(made.id)
    assert made.id not in {each.id for each in admin.service_principals.list()}


def test_the_seeded_groups_have_their_members(admin):
    members = {group.display_name: {each.display for each in group.members or []} for group in (admin.groups.get(each.id) for each in admin.groups.list())}
    assert {"admins", "engineers", "stewards", "domain-owners", "analysts", "users"} <= set(members)


def test_only_an_administrator_makes_users(engineer, name):
    with pytest.raises(PermissionDenied):
        engineer.users.create(user_name=f"{name}@sluice.test")
