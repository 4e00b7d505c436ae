"""Runs of MLflow experiments: logged, searched, deleted and restored, with files in a volume."""

import io

import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied
from databricks.sdk.service.catalog import VolumeType
from databricks.sdk.service.iam import PermissionLevel
from databricks.sdk.service.ml import (
    Dataset,
    DatasetInput,
    ExperimentAccessControlRequest,
    Metric,
    Param,
    RunTag,
    UpdateRunStatus,
    ViewType,
)


@pytest.mark.witness("behaves")
def test_a_run_is_logged_and_found(engineer, analyst, schema, name):
    api = engineer.experiments
    engineer.volumes.create(schema.catalog_name, schema.name, "models", VolumeType.MANAGED)
    root = f"/Volumes/{schema.catalog_name}/{schema.name}/models"
    experiment = api.create_experiment(f"/Shared/{name}", artifact_location=f"dbfs:{root}").experiment_id
    run = api.create_run(experiment_id=experiment, run_name="first", start_time=1000, tags=[RunTag("stage", "dev")]).run.info
    api.log_metric("loss", 0.5, 1, run_id=run.run_id, step=0)
    api.log_metric("loss", 0.25, 2, run_id=run.run_id, step=1)
    api.log_param("depth", "3", run_id=run.run_id)
    api.log_batch(run_id=run.run_id, metrics=[Metric(key="acc", value=0.9, timestamp=3, step=0)], params=[Param("kind", "tree")], tags=[RunTag("team", "a")])
    api.set_tag("note", "x", run_id=run.run_id)
    api.delete_tag(run.run_id, "note")
    dataset = Dataset(name="orders", digest="d1", source_type="uc", source="{}")
    api.log_inputs(run.run_id, datasets=[DatasetInput(dataset)])
    assert api.update_run(run_id=run.run_id, status=UpdateRunStatus.FINISHED, end_time=2000).run_info.end_time == 2000
    got = api.get_run(run.run_id).run
    assert (got.info.run_name, got.info.status.value, got.info.lifecycle_stage) == ("first", "FINISHED", "active")
    assert {each.key: each.value for each in got.data.metrics} == {"acc": 0.9, "loss": 0.25}
    assert {each.key: each.value for each in got.data.params} == {"depth": "3", "kind": "tree"}
    assert {each.key: each.value for each in got.data.tags} == {"mlflow.runName": "first", "stage": "dev", "team": "a"}
    assert [each.dataset for each in got.inputs.dataset_inputs] == [dataset]
    assert [each.value for each in api.get_history("loss", run_id=run.run_id, max_results=1)] == [0.5, 0.25]
    with pytest.raises(BadRequest, match="Changing param values is not allowed"):
        api.log_param("depth", "4", run_id=run.run_id)
    for filter, fits in (("metrics.loss < 0.3 AND params.kind = 'tree'", True), ("tags.team = 'b'", False), ("attributes.status = 'FINISHED'", True)):
        assert [each.info.run_id for each in api.search_runs(experiment_ids=[experiment], filter=filter)] == ([run.run_id] if fits else [])
    engineer.files.upload(f"{root}/{run.run_id}/artifacts/model/weights.bin", io.BytesIO(b"12345"))
    assert [(each.path, each.is_dir) for each in api.list_artifacts(run_id=run.run_id)] == [("model", True)]
    assert [(each.path, each.file_size) for each in api.list_artifacts(run_id=run.run_id, path="model")] == [("model/weights.bin", 5)]
    with pytest.raises(PermissionDenied):
        analyst.experiments.get_run(run.run_id)
    api.update_permissions(experiment, access_control_list=[ExperimentAccessControlRequest(user_name="analyst@sluice.test", permission_level=PermissionLevel.CAN_READ)])
    assert analyst.experiments.get_run(run.run_id).run.info.run_id == run.run_id
    with pytest.raises(PermissionDenied):
        analyst.experiments.log_param("x", "y", run_id=run.run_id)


@pytest.mark.witness("behaves")
def test_runs_are_deleted_and_restored(engineer, name):
    api = engineer.experiments
    experiment = api.create_experiment(f"/Shared/{name}").experiment_id
    runs = [api.create_run(experiment_id=experiment, start_time=start).run.info.run_id for start in (1, 2, 3)]

    def found(view=None):
        return [each.info.run_id for each in api.search_runs(experiment_ids=[experiment], order_by=["start_time ASC"], max_results=2, run_view_type=view)]

    assert found() == runs
    api.delete_run(runs[0])
    assert (found(), found(ViewType.DELETED_ONLY)) == (runs[1:], runs[:1])
    with pytest.raises(BadRequest, match="active"):
        api.log_param("a", "b", run_id=runs[0])
    api.restore_run(runs[0])
    assert api.delete_runs(experiment, max_timestamp_millis=2).runs_deleted == 2
    assert found() == runs[2:]
    assert api.restore_runs(experiment, min_timestamp_millis=0).runs_restored == 2
    assert found(ViewType.ALL) == runs
    # Nothing keeps files outside of volumes.
    assert list(api.list_artifacts(run_id=runs[0])) == []
    with pytest.raises(NotFound):
        api.get_run("none")
    api.delete_experiment(experiment)
    with pytest.raises(BadRequest, match="active"):
        api.create_run(experiment_id=experiment)
