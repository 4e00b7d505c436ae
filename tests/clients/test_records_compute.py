"""Cluster policies, instance pools, clusters: stored, never started. Pipelines: their definitions."""

import json

import pytest
from databricks.sdk.errors import BadRequest, InvalidParameterValue, NotFound, NotImplemented, OperationFailed, PermissionDenied, ResourceConflict
from databricks.sdk.service.compute import AutoScale, DataSecurityMode, UpdateClusterResource
from databricks.sdk.service.pipelines import NotebookLibrary, PipelineLibrary

from .records import check_permissions

pytestmark = pytest.mark.witness("behaves")


def test_a_policy_is_made_changed_listed_and_deleted(admin, engineer, name):
    definition = json.dumps({"autotermination_minutes": {"type": "range", "maxValue": 60}})
    policy = admin.cluster_policies.create(name=name, definition=definition, max_clusters_per_user=2).policy_id
    read = admin.cluster_policies.get(policy)
    assert (read.name, read.definition, read.max_clusters_per_user, read.is_default) == (name, definition, 2, False)
    admin.cluster_policies.edit(policy, name=name, definition="{}")
    assert admin.cluster_policies.get(policy).max_clusters_per_user is None, "an edit replaces"
    assert policy in [each.policy_id for each in admin.cluster_policies.list()]
    assert policy not in [each.policy_id for each in engineer.cluster_policies.list()]
    with pytest.raises(PermissionDenied):
        engineer.cluster_policies.get(policy)
    check_permissions(admin.cluster_policies, policy, "CAN_USE", "CAN_USE")
    assert engineer.cluster_policies.get(policy).name == name
    with pytest.raises(PermissionDenied):
        engineer.cluster_policies.edit(policy, name=name)
    with pytest.raises(PermissionDenied):
        engineer.cluster_policies.create(name=name + "2")
    with pytest.raises(InvalidParameterValue):
        admin.cluster_policies.create(name=name)
    with pytest.raises(InvalidParameterValue):
        admin.cluster_policies.create(name=name + "3", definition="[1]")
    admin.cluster_policies.delete(policy)
    with pytest.raises(NotFound):
        admin.cluster_policies.get(policy)


def test_a_pool_holds_no_machines(admin, name):
    pool = admin.instance_pools.create(instance_pool_name=name, node_type_id="i3.xlarge", max_capacity=3).instance_pool_id
    read = admin.instance_pools.get(pool)
    assert (read.instance_pool_name, read.max_capacity, read.idle_instance_autotermination_minutes) == (name, 3, 60)
    assert (read.state.value, read.stats.idle_count) == ("STOPPED", 0)
    admin.instance_pools.edit(pool, name, "i3.xlarge", min_idle_instances=1)
    read = admin.instance_pools.get(pool)
    assert (read.min_idle_instances, read.max_capacity, read.enable_elastic_disk) == (1, None, True), "an edit replaces what it can name"
    assert pool in [each.instance_pool_id for each in admin.instance_pools.list()]
    check_permissions(admin.instance_pools, pool, "CAN_ATTACH_TO", "CAN_MANAGE")
    admin.instance_pools.delete(pool)
    with pytest.raises(NotFound):
        admin.instance_pools.get(pool)


def test_a_cluster_is_stored_and_never_runs(admin, engineer, analyst, name):
    waiting = engineer.clusters.create("15.4.x-scala2.12", cluster_name=name, num_workers=1, node_type_id="i3.xlarge", data_security_mode=DataSecurityMode.SINGLE_USER)
    cluster = waiting.cluster_id
    with pytest.raises(OperationFailed, match="starts no clusters"):
        waiting.result()
    read = engineer.clusters.get(cluster)
    assert (read.cluster_name, read.num_workers, read.state.value, read.spec.num_workers) == (name, 1, "TERMINATED", 1)
    assert (read.single_user_name, read.driver_node_type_id) == ("engineer@sluice.test", "i3.xlarge")
    engineer.clusters.edit(cluster, "15.4.x-scala2.12", cluster_name=name, autoscale=AutoScale(min_workers=1, max_workers=4))
    engineer.clusters.update(cluster, "autotermination_minutes", cluster=UpdateClusterResource(autotermination_minutes=20))
    read = engineer.clusters.get(cluster)
    assert (read.num_workers, read.autoscale.max_workers, read.autotermination_minutes) == (None, 4, 20)
    assert engineer.clusters.delete(cluster).result().state.value == "TERMINATED"
    for start in (engineer.clusters.start, engineer.clusters.restart):
        with pytest.raises(NotImplemented, match="starts no clusters"):
            start(cluster)
    with pytest.raises(PermissionDenied):
        analyst.clusters.get(cluster)
    check_permissions(engineer.clusters, cluster, "CAN_ATTACH_TO", "CAN_MANAGE")
    assert cluster in [each.cluster_id for each in analyst.clusters.list()]
    with pytest.raises(PermissionDenied):
        analyst.clusters.permanent_delete(cluster)
    engineer.clusters.permanent_delete(cluster)
    with pytest.raises(NotFound):
        admin.clusters.get(cluster)


def test_a_pipeline_is_a_definition(engineer, analyst, name):
    libraries = [PipelineLibrary(notebook=NotebookLibrary(path="/Workspace/Shared/bronze"))]
    dry = engineer.pipelines.create(name=name, dry_run=True, libraries=libraries)
    assert (dry.pipeline_id, dry.effective_settings.name) == (None, name)
    pipeline = engineer.pipelines.create(name=name, libraries=libraries, catalog="dev", schema="default", development=True).pipeline_id
    read = engineer.pipelines.get(pipeline)
    assert (read.name, read.state.value, read.creator_user_name, read.run_as_user_name) == (name, "IDLE", "engineer@sluice.test", "engineer@sluice.test")
    assert (read.spec.libraries, read.spec.catalog, read.spec.edition, read.spec.storage) == (libraries, "dev", "ADVANCED", None)
    with pytest.raises(ResourceConflict):
        engineer.pipelines.create(name=name)
    twin = engineer.pipelines.create(name=name, allow_duplicate_names=True).pipeline_id
    assert engineer.pipelines.get(twin).spec.storage == f"dbfs:/pipelines/{twin}"
    engineer.pipelines.update(pipeline, name=name + "2", catalog="dev", schema="default")
    assert not engineer.pipelines.get(pipeline).spec.libraries, "an update replaces"
    assert [each.pipeline_id for each in engineer.pipelines.list_pipelines(filter=f"name LIKE '{name}2'")] == [pipeline]
    with pytest.raises(BadRequest):
        engineer.pipelines.update(twin, name=name, target="dev.default")
    with pytest.raises(BadRequest, match="libraries"):
        engineer.pipelines.start_update(pipeline)
    with pytest.raises(PermissionDenied):
        analyst.pipelines.get(pipeline)
    check_permissions(engineer.pipelines, pipeline, "CAN_VIEW", "IS_OWNER")
    assert analyst.pipelines.get(pipeline).name == name + "2"
    for each in (pipeline, twin):
        engineer.pipelines.delete(each)
    with pytest.raises(NotFound):
        engineer.pipelines.get(pipeline)
