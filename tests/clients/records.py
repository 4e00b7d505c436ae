"""What the tests of stored kinds share."""

from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel


def check_permissions(api, identifier: str, level: str, highest: str) -> None:
    """The four requests about an access control list: its levels, setting, extending and reading it."""
    levels = [each.permission_level.value for each in api.get_permission_levels(identifier).permission_levels]
    assert level in levels and highest in levels
    analysts = AccessControlRequest(group_name="analysts", permission_level=PermissionLevel(level))
    owner = AccessControlRequest(user_name="engineer@sluice.test", permission_level=PermissionLevel(highest))
    api.set_permissions(identifier, access_control_list=[owner])
    changed = api.update_permissions(identifier, access_control_list=[analysts])
    read = api.get_permissions(identifier)
    for answer in (changed, read):
        held = {each.group_name or each.user_name: [one.permission_level.value for one in each.all_permissions] for each in answer.access_control_list}
        assert held["analysts"] == [level] and held["engineer@sluice.test"] == [highest]
