"""Experiments, models of the workspace's registry and of Unity Catalog, serving endpoints."""

import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, ResourceAlreadyExists
from databricks.sdk.service.catalog import PermissionsChange, Privilege
from databricks.sdk.service.ml import ExperimentTag, ViewType
from databricks.sdk.service.serving import (
    AiGatewayUsageTrackingConfig,
    EmailNotifications,
    EndpointCoreConfigInput,
    EndpointTag,
    ExternalModel,
    ExternalModelProvider,
    OpenAiConfig,
    RateLimit,
    RateLimitRenewalPeriod,
    ServedEntityInput,
    TelemetryConfig,
)

from .records import check_permissions

pytestmark = pytest.mark.witness("behaves")


def test_an_experiment_is_made_renamed_tagged_and_deleted(engineer, analyst, name):
    path = f"/Workspace/Users/engineer@sluice.test/{name}"
    experiment = engineer.experiments.create_experiment(path, tags=[ExperimentTag("team", "sales")]).experiment_id
    read = engineer.experiments.get_experiment(experiment).experiment
    assert (read.name, read.lifecycle_stage) == (f"/Users/engineer@sluice.test/{name}", "active")
    assert read.artifact_location == f"dbfs:/databricks/mlflow-tracking/{experiment}"
    engineer.experiments.set_experiment_tag(experiment, "team", "finance")
    engineer.experiments.set_experiment_tag(experiment, "stage", "new")
    engineer.experiments.update_experiment(experiment, new_name=f"/Shared/{name}")
    read = engineer.experiments.get_by_name(f"/Shared/{name}").experiment
    assert {tag.key: tag.value for tag in read.tags} == {"team": "finance", "stage": "new"}
    with pytest.raises(ResourceAlreadyExists):
        engineer.experiments.create_experiment(f"/Shared/{name}")
    with pytest.raises(BadRequest):
        engineer.experiments.create_experiment(name)
    with pytest.raises(PermissionDenied):
        analyst.experiments.get_experiment(experiment)
    check_permissions(engineer.experiments, experiment, "CAN_READ", "CAN_MANAGE")
    assert analyst.experiments.get_experiment(experiment).experiment.experiment_id == experiment
    engineer.experiments.delete_experiment(experiment)
    assert experiment not in [each.experiment_id for each in engineer.experiments.list_experiments()]
    deleted = engineer.experiments.search_experiments(view_type=ViewType.DELETED_ONLY, filter=f"name = '/Shared/{name}'", max_results=1)
    assert [each.experiment_id for each in deleted] == [experiment]
    engineer.experiments.restore_experiment(experiment)
    assert experiment in [each.experiment_id for each in engineer.experiments.list_experiments(max_results=1)]


def test_a_model_of_the_workspace(engineer, analyst, name):
    registry = engineer.model_registry
    assert registry.create_model(name, description="first").registered_model.name == name
    identifier = registry.get_model(name).registered_model_databricks.id
    registry.update_model(name, description="second")
    registry.set_model_tag(name, "team", "sales")
    registry.set_model_tag(name, "stage", "new")
    registry.delete_model_tag(name, "stage")
    read = registry.get_model(name).registered_model_databricks
    assert (read.description, [(tag.key, tag.value) for tag in read.tags]) == ("second", [("team", "sales")])
    with pytest.raises(ResourceAlreadyExists):
        registry.create_model(name)
    check_permissions(registry, identifier, "CAN_READ", "CAN_MANAGE")
    assert analyst.model_registry.get_model(name).registered_model_databricks.id == identifier
    assert registry.rename_model(name, new_name=name + "2").registered_model.name == name + "2"
    assert registry.get_model(name + "2").registered_model_databricks.id == identifier
    assert name + "2" in [each.name for each in registry.list_models()]
    assert [each.name for each in registry.search_models(filter=f"name = '{name}2'")] == [name + "2"]
    registry.delete_model(name + "2")
    with pytest.raises(NotFound):
        registry.get_model(name + "2")


def test_a_model_of_the_catalog_follows_its_schema(admin, engineer, analyst, schema, name):
    made = engineer.registered_models.create(name=name, catalog_name="dev", schema_name=schema.name, comment="first")
    assert (made.full_name, made.owner, made.comment) == (f"{schema.full_name}.{name}", "engineer@sluice.test", "first")
    assert engineer.registered_models.update(made.full_name, comment="second").comment == "second"
    assert [each.name for each in engineer.registered_models.list(catalog_name="dev", schema_name=schema.name)] == [name]
    assert made.full_name in [each.full_name for each in engineer.registered_models.list()]
    assert list(engineer.model_versions.list(made.full_name)) == []
    with pytest.raises(PermissionDenied):
        analyst.registered_models.get(made.full_name)
    change = PermissionsChange(principal="analysts", add=[Privilege.EXECUTE])
    engineer.grants.update("function", made.full_name, changes=[change])
    assert analyst.registered_models.get(made.full_name).comment == "second"
    renamed = engineer.registered_models.update(made.full_name, new_name=name + "2").full_name
    assert engineer.registered_models.get(renamed).name == name + "2"
    engineer.registered_models.delete(renamed)
    with pytest.raises(NotFound):
        admin.registered_models.get(renamed)


def test_a_serving_endpoint_serves_nothing_and_keeps_no_keys(engineer, analyst, name):
    openai = OpenAiConfig(openai_api_key_plaintext="sk-very-secret", openai_api_base="https://models.test")
    outside = ExternalModel(provider=ExternalModelProvider.OPENAI, name="gpt", task="llm/v1/chat", openai_config=openai)
    waiting = engineer.serving_endpoints.create(name, config=EndpointCoreConfigInput(name=name, served_entities=[ServedEntityInput(external_model=outside)]))
    made = waiting.result()
    assert (made.state.ready.value, made.state.config_update.value) == ("NOT_READY", "NOT_UPDATING")
    entity = made.config.served_entities[0]
    assert (entity.external_model.openai_config.openai_api_base, entity.external_model.openai_config.openai_api_key_plaintext) == ("https://models.test", None)
    assert (entity.state.deployment.value, made.config.traffic_config.routes[0].traffic_percentage) == ("DEPLOYMENT_ABORTED", 100)
    changed = engineer.serving_endpoints.update_config(name, served_entities=[ServedEntityInput(entity_name="dev.default.m", entity_version="2", workload_size="Small")]).result()
    assert (changed.config.config_version, changed.config.served_entities[0].entity_version, changed.id) == (2, "2", made.id)
    tracking = AiGatewayUsageTrackingConfig(enabled=True)
    assert engineer.serving_endpoints.put_ai_gateway(name, usage_tracking_config=tracking).usage_tracking_config.enabled
    limit = RateLimit(calls=5, renewal_period=RateLimitRenewalPeriod.MINUTE)
    assert engineer.serving_endpoints.put(name, rate_limits=[limit]).rate_limits == [limit]
    mails = EmailNotifications(on_update_failure=["a@sluice.test"])
    assert engineer.serving_endpoints.update_notifications(name, email_notifications=mails).email_notifications == mails
    telemetry = TelemetryConfig(telemetry_profile_id="p")
    assert engineer.serving_endpoints.patch_telemetry_config(name, telemetry_config=telemetry).telemetry_config.telemetry_profile_id == "p"
    engineer.serving_endpoints.patch(name, add_tags=[EndpointTag("team", "sales"), EndpointTag("old", "1")])
    assert [tag.key for tag in engineer.serving_endpoints.patch(name, delete_tags=["old"]).tags] == ["team"]
    assert name in [each.name for each in engineer.serving_endpoints.list()]
    with pytest.raises(PermissionDenied):
        analyst.serving_endpoints.get(name)
    check_permissions(engineer.serving_endpoints, made.id, "CAN_QUERY", "CAN_MANAGE")
    read = analyst.serving_endpoints.get(name)
    assert (read.ai_gateway.usage_tracking_config.enabled, read.email_notifications) == (True, mails)
    engineer.serving_endpoints.delete(name)
    with pytest.raises(NotFound):
        engineer.serving_endpoints.get(name)
