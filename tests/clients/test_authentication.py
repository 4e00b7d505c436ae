"""The strategies of the official client that need no browser: OAuth secrets, federated tokens, personal tokens; and who manages them."""

import json

import pytest
from databricks.sdk import AccountClient, WorkspaceClient
from databricks.sdk.common.types.fieldmask import FieldMask
from databricks.sdk.core import Config
from databricks.sdk.errors import NotFound, PermissionDenied, Unauthenticated
from databricks.sdk.service import oauth2, settings

from .conftest import sluice

pytestmark = pytest.mark.witness("behaves")


@pytest.fixture
def robot(admin, name):
    """A service principal of its own."""
    made = admin.service_principals.create(display_name=name)
    yield made
    admin.service_principals.delete(made.id)


@pytest.fixture
def account(workspaces):
    """The account client of the administrator, whose account the workspace names itself."""
    config = Config(config_file=str(workspaces.profile_file), profile="dev-admin")
    return AccountClient(config=config)


def host(workspaces, workspace="dev"):
    return workspaces.profiles[f"{workspace}-admin"]["host"]


def machine(workspaces, robot, secret, workspace="dev"):
    return WorkspaceClient(host=host(workspaces, workspace), client_id=robot.application_id, client_secret=secret, auth_type="oauth-m2m")


def test_a_service_principal_signs_in_with_its_secret(workspaces, admin, robot):
    made = admin.service_principal_secrets_proxy.create(robot.id, lifetime="3600s")
    client = machine(workspaces, robot, made.secret)
    assert client.current_user.me().user_name == robot.application_id
    assert client.config.auth_type == "oauth-m2m"
    assert client.config.oauth_token().access_token.count(".") == 2
    assert [each.id for each in admin.service_principal_secrets_proxy.list(robot.id)] == [made.id]
    admin.service_principal_secrets_proxy.delete(robot.id, made.id)
    assert not list(admin.service_principal_secrets_proxy.list(robot.id))
    with pytest.raises(ValueError, match="invalid_client"):
        machine(workspaces, robot, made.secret).current_user.me()


def test_the_account_client_manages_secrets_too(account, admin, robot):
    made = account.service_principal_secrets.create(robot.id)
    assert [each.id for each in admin.service_principal_secrets_proxy.list(robot.id)] == [made.id]
    assert [each.id for each in account.service_principal_secrets.list(robot.id)] == [made.id]
    account.service_principal_secrets.delete(robot.id, made.id)
    assert not list(account.service_principal_secrets.list(robot.id))


@pytest.fixture
def foreign(workspaces):
    """A token of another issuer (the workspace `qa`), and a policy of dev that trusts it."""
    qa = workspaces.client("admin", "qa")
    other = qa.service_principals.create(display_name="ci")
    secret = qa.service_principal_secrets_proxy.create(other.id).secret
    token = machine(workspaces, other, secret, "qa").config.oauth_token()
    claims = token.jwt_claims()
    keys = workspaces.request("GET", "/oidc/jwks.json").json()
    policy = oauth2.OidcFederationPolicy(issuer=claims["iss"], subject=claims["sub"], audiences=[claims["aud"]], jwks_json=json.dumps(keys))
    yield token.access_token, policy
    qa.service_principals.delete(other.id)


def test_a_token_of_a_trusted_issuer_signs_in_from_a_variable_or_a_file(workspaces, account, robot, foreign, monkeypatch, tmp_path):
    token, oidc = foreign
    number = int(robot.id)
    made = account.service_principal_federation_policy.create(number, oauth2.FederationPolicy(description="CI", oidc_policy=oidc), policy_id="ci")
    assert (made.policy_id, made.service_principal_id) == ("ci", number)
    monkeypatch.setenv("DATABRICKS_OIDC_TOKEN", token)
    from_variable = WorkspaceClient(host=host(workspaces), client_id=robot.application_id, auth_type="env-oidc")
    assert from_variable.current_user.me().user_name == robot.application_id
    file = tmp_path / "token"
    file.write_text(token)
    config = Config(host=host(workspaces), client_id=robot.application_id, auth_type="file-oidc", oidc_token_filepath=str(file))
    from_file = WorkspaceClient(config=config)
    assert from_file.current_user.me().user_name == robot.application_id
    change = oauth2.FederationPolicy(oidc_policy=oauth2.OidcFederationPolicy(subject="somebody else"))
    account.service_principal_federation_policy.update(number, "ci", change, update_mask="oidc_policy.subject")
    assert account.service_principal_federation_policy.get(number, "ci").oidc_policy.subject == "somebody else"
    with pytest.raises(ValueError, match="invalid_grant"):
        WorkspaceClient(host=host(workspaces), client_id=robot.application_id, auth_type="env-oidc").current_user.me()
    assert [each.policy_id for each in account.service_principal_federation_policy.list(number)] == ["ci"]
    account.service_principal_federation_policy.delete(number, "ci")
    with pytest.raises(NotFound):
        account.service_principal_federation_policy.get(number, "ci")


def test_a_personal_token_is_made_used_renamed_and_taken_back(workspaces, engineer):
    made = engineer.tokens.create(comment="notebook", lifetime_seconds=600)
    client = WorkspaceClient(host=host(workspaces), token=made.token_value)
    assert client.current_user.me().display_name == "engineer"
    engineer.tokens.update(made.token_info.token_id, settings.PublicTokenInfo(comment="renamed"), FieldMask(["comment"]))
    comments = {each.token_id: each.comment for each in engineer.tokens.list()}
    assert comments[made.token_info.token_id] == "renamed"
    engineer.tokens.delete(made.token_info.token_id)
    with pytest.raises(Unauthenticated):
        client.current_user.me()


def test_an_administrator_manages_the_tokens_of_others(workspaces, admin, engineer, robot):
    made = admin.token_management.create_obo_token(robot.application_id, comment="robot", lifetime_seconds=600)
    client = WorkspaceClient(host=host(workspaces), token=made.token_value)
    assert client.current_user.me().user_name == robot.application_id
    token_id = made.token_info.token_id
    assert admin.token_management.update_token_management(token_id, settings.TokenInfo(comment="seen"), FieldMask(["comment"])).comment == "seen"
    assert admin.token_management.get(token_id).token_info.last_used_day
    assert token_id in {each.token_id for each in admin.token_management.list(created_by_username="admin@sluice.test")}
    with pytest.raises(PermissionDenied):
        list(engineer.token_management.list())
    admin.token_management.delete(token_id)
    with pytest.raises(Unauthenticated):
        client.current_user.me()


def test_who_may_make_tokens_can_be_said(admin, engineer, workspaces):
    def may(group):
        return settings.TokenAccessControlRequest(group_name=group, permission_level=settings.TokenPermissionLevel.CAN_USE)

    assert admin.token_management.get_permission_levels().permission_levels
    admin.token_management.set_permissions(access_control_list=[may("stewards")])
    try:
        with pytest.raises(PermissionDenied):
            engineer.tokens.create()
    finally:
        admin.token_management.update_permissions(access_control_list=[may("users")])
    groups = {each.group_name for each in admin.token_management.get_permissions().access_control_list}
    assert groups == {"stewards", "users", "admins"}
    engineer.tokens.delete(engineer.tokens.create().token_info.token_id)


def test_the_audit_says_which_rule_decided(workspaces, schema, analyst):
    with pytest.raises(PermissionDenied):
        analyst.schemas.get(schema.full_name)
    data = workspaces.profile_file.parents[2]
    shown = sluice(data, "workspace", "audit", "--environment", "dev", "--principal", "analyst", "--object", schema.full_name, "--denied", "-o", "json")
    assert shown.returncode == 0, shown.stderr
    (decision,) = json.loads(shown.stdout)["decisions"]
    assert (decision["principal"], decision["rule"]) == ("analyst@sluice.test", "none")
    text = sluice(data, "workspace", "audit", "--environment", "dev", "--object", schema.full_name, "--limit", "1")
    assert " on Schema '" in text.stdout, text.stderr
