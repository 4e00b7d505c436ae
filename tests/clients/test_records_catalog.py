"""What Unity Catalog describes and this workspace does not reach: locations, credentials, connections, shares, recipients, monitors."""

import pytest
from databricks.sdk.common.types.fieldmask import FieldMask
from databricks.sdk.errors import BadRequest, DatabricksError, InvalidParameterValue, NotFound, NotImplemented, PermissionDenied, ResourceConflict
from databricks.sdk.service.catalog import (
    AwsIamRole,
    AwsIamRoleRequest,
    AzureServicePrincipal,
    ConnectionType,
    CredentialPurpose,
    MonitorCronSchedule,
    MonitorSnapshot,
    PermissionsChange,
    Privilege,
    Secret,
)
from databricks.sdk.service.sharing import (
    AuthenticationType,
    IpAccessList,
    SharedDataObject,
    SharedDataObjectDataObjectType,
    SharedDataObjectUpdate,
    SharedDataObjectUpdateAction,
)
from databricks.sdk.service.sharing import PermissionsChange as ShareChange

pytestmark = pytest.mark.witness("behaves")


def test_a_location_has_a_credential(admin, engineer, analyst, name):
    azure = AzureServicePrincipal(directory_id="d", application_id="a", client_secret="very-secret")
    made = admin.storage_credentials.create(name, azure_service_principal=azure, comment="first")
    assert (made.owner, made.comment, made.azure_service_principal.application_id) == ("admin@sluice.test", "first", "a")
    assert made.azure_service_principal.client_secret is None
    role = AwsIamRoleRequest(role_arn="arn:aws:iam::1:role/r")
    admin.storage_credentials.update(name, aws_iam_role=role, owner="engineer@sluice.test")
    read = engineer.storage_credentials.get(name)
    assert (read.aws_iam_role.role_arn, read.owner, read.isolation_mode.value) == (role.role_arn, "engineer@sluice.test", "ISOLATION_MODE_OPEN")
    assert name in [each.name for each in engineer.storage_credentials.list()]
    with pytest.raises(PermissionDenied):
        engineer.external_locations.create(name, f"s3://{name}/data", name)
    location = admin.external_locations.create(name, f"s3://{name}/data/", name)
    assert (location.url, location.credential_name, location.read_only) == (f"s3://{name}/data", name, False)
    with pytest.raises(InvalidParameterValue):
        admin.external_locations.create(name + "2", f"s3://{name}/data/below", name)
    with pytest.raises(NotFound):
        admin.external_locations.create(name + "2", f"s3://{name}2", "no_such")
    with pytest.raises(ResourceConflict):
        admin.external_locations.create(name, f"s3://{name}2", name)
    with pytest.raises(PermissionDenied):
        analyst.external_locations.get(name)
    change = PermissionsChange(principal="analysts", add=[Privilege.READ_FILES])
    admin.grants.update("external_location", name, changes=[change])
    assert analyst.external_locations.get(name).url == f"s3://{name}/data"
    assert admin.external_locations.update(name, comment="mine", new_name=name + "3").name == name + "3"
    assert name + "3" in [each.name for each in admin.external_locations.list()]
    with pytest.raises(BadRequest):
        engineer.storage_credentials.delete(name)
    admin.external_locations.delete(name + "3")
    engineer.storage_credentials.delete(name)
    with pytest.raises(NotFound):
        admin.storage_credentials.get(name)


def test_a_service_credential(admin, name):
    made = admin.credentials.create_credential(name, purpose=CredentialPurpose.SERVICE, aws_iam_role=AwsIamRole(role_arn="arn:1"))
    assert (made.purpose.value, made.aws_iam_role.role_arn) == ("SERVICE", "arn:1")
    assert admin.credentials.update_credential(name, comment="c").comment == "c"
    assert admin.credentials.get_credential(name).comment == "c"
    assert name in [each.name for each in admin.credentials.list_credentials()]
    admin.credentials.delete_credential(name)
    with pytest.raises(NotFound):
        admin.credentials.get_credential(name)


def test_a_connection_keeps_no_password(admin, engineer, name):
    options = {"host": "db.test", "port": "5432", "user": "u", "password": "very-secret"}
    made = admin.connections.create(name, ConnectionType.POSTGRESQL, options, comment="c", properties={"k": "v"})
    assert (made.options, made.properties, made.comment) == ({"host": "db.test", "port": "5432", "user": "u"}, {"k": "v"}, "c")
    changed = admin.connections.update(name, {"host": "other.test"}, owner="engineer@sluice.test")
    assert (changed.options, changed.owner) == ({"host": "other.test"}, "engineer@sluice.test")
    assert engineer.connections.get(name).options == {"host": "other.test"}
    assert name in [each.name for each in engineer.connections.list()]
    engineer.connections.delete(name)
    with pytest.raises(NotFound):
        engineer.connections.get(name)


def test_a_share_has_tables_and_recipients(admin, engineer, schema, execute, name):
    table = f"{schema.full_name}.orders"
    execute(engineer, f"CREATE TABLE {table} (id INT)")
    recipient = admin.recipients.create(name, AuthenticationType.TOKEN, comment="c", ip_access_list=IpAccessList(["10.0.0.1"]))
    assert (recipient.activated, recipient.activation_url, recipient.ip_access_list.allowed_ip_addresses) == (False, None, ["10.0.0.1"])
    assert not recipient.tokens
    admin.recipients.update(name, comment="d")
    assert admin.recipients.get(name).comment == "d"
    assert name in [each.name for each in admin.recipients.list()]
    with pytest.raises(NotImplemented):
        admin.recipients.rotate_token(name, 0)
    admin.shares.create(name, comment="c")
    object_ = SharedDataObject(table, data_object_type=SharedDataObjectDataObjectType.TABLE, shared_as="sales.orders")
    add = SharedDataObjectUpdate(action=SharedDataObjectUpdateAction.ADD, data_object=object_)
    with pytest.raises(PermissionDenied):
        admin.shares.update(name, updates=[add])
    admin.shares.update(name, owner="engineer@sluice.test")
    engineer.shares.update(name, updates=[add], comment="d")
    read = engineer.shares.get(name, include_shared_data=True)
    assert (read.comment, [(each.name, each.shared_as, each.added_by) for each in read.objects]) == ("d", [(table, "sales.orders", "engineer@sluice.test")])
    assert not engineer.shares.get(name).objects
    assert name in [each.name for each in engineer.shares.list_shares()]
    engineer.shares.update_permissions(name, changes=[ShareChange(principal=name, add=["SELECT"])])
    assert [(each.principal, [one.value for one in each.privileges]) for each in engineer.shares.share_permissions(name).privilege_assignments] == [(name, ["SELECT"])]
    assert [each.share_name for each in admin.recipients.share_permissions(name).permissions_out] == [name]
    remove = SharedDataObjectUpdate(action=SharedDataObjectUpdateAction.REMOVE, data_object=SharedDataObject(table))
    engineer.shares.update(name, updates=[remove])
    assert not engineer.shares.get(name, include_shared_data=True).objects
    engineer.shares.delete(name)
    admin.recipients.delete(name)
    for get in (admin.shares.get, admin.recipients.get):
        with pytest.raises(NotFound):
            get(name)


def test_a_secret_shows_its_value_to_who_manages_it(admin, engineer, analyst, schema, name):
    made = engineer.secrets_uc.create_secret(Secret(name, "dev", schema.name, "very-secret", comment="first"))
    full_name = f"{schema.full_name}.{name}"
    assert (made.full_name, made.effective_owner, made.comment, made.value, made.effective_value) == (full_name, "engineer@sluice.test", "first", None, None)
    assert engineer.secrets_uc.get_secret(full_name).effective_value is None
    assert engineer.secrets_uc.get_secret(full_name, include_value=True).effective_value == "very-secret"
    mask = FieldMask()
    mask.FromJsonString("value")
    engineer.secrets_uc.update_secret(full_name, Secret(name, "dev", schema.name, "other-secret", comment="ignored"), mask)
    read = engineer.secrets_uc.get_secret(full_name, include_value=True)
    assert (read.effective_value, read.comment) == ("other-secret", "first")
    assert [each.name for each in engineer.secrets_uc.list_secrets(catalog_name="dev", schema_name=schema.name)] == [name]
    for refused in (lambda: analyst.secrets_uc.get_secret(full_name), lambda: analyst.secrets_uc.create_secret(Secret(name + "2", "dev", schema.name, "x"))):
        with pytest.raises(PermissionDenied):
            refused()
    engineer.secrets_uc.delete_secret(full_name)
    with pytest.raises(NotFound):
        admin.secrets_uc.get_secret(full_name)


def test_a_monitor_computes_nothing_and_says_so(engineer, analyst, schema, execute):
    table = f"{schema.full_name}.orders"
    execute(engineer, f"CREATE TABLE {table} (id INT)")
    made = engineer.quality_monitors.create(table, schema.full_name, "/Shared/monitors", snapshot=MonitorSnapshot(), slicing_exprs=["id > 1"])
    assert (made.table_name, made.status.value, made.slicing_exprs) == (table, "MONITOR_STATUS_FAILED", ["id > 1"])
    with pytest.raises(DatabricksError, match="computes no metrics"):
        engineer.quality_monitors.run_refresh(table)
    schedule = MonitorCronSchedule("0 0 12 * * ?", "UTC")
    changed = engineer.quality_monitors.update(table, schema.full_name, schedule=schedule)
    assert (changed.schedule.timezone_id, changed.slicing_exprs, changed.assets_dir) == ("UTC", None, "/Shared/monitors")
    assert engineer.quality_monitors.get(table).monitor_version == 2
    with pytest.raises(PermissionDenied):
        analyst.quality_monitors.get(table)
    with pytest.raises(NotImplemented):
        engineer.quality_monitors.run_refresh(table)
    with pytest.raises(NotFound):
        engineer.quality_monitors.create(f"{schema.full_name}.none", schema.full_name, "/Shared/monitors")
    engineer.quality_monitors.delete(table)
    with pytest.raises(NotFound):
        engineer.quality_monitors.get(table)
