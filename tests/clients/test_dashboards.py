"""Dashboards: drafts, publishing, permissions, trash."""

import json

import pytest
from databricks.sdk.errors import NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.dashboards import Dashboard, LifecycleState
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel
from databricks.sdk.service.workspace import ObjectType

pytestmark = pytest.mark.witness("behaves")

DOCUMENT = {"datasets": [{"name": "d", "queryLines": ["select 1"]}], "pages": [{"displayName": "Page", "name": "p"}]}


@pytest.fixture
def dashboard(engineer, warehouse, name):
    """A draft of the engineer, trashed afterwards."""
    draft = Dashboard(display_name=name, warehouse_id=warehouse, serialized_dashboard=json.dumps(DOCUMENT), parent_path="/Workspace/Users/engineer@sluice.test")
    made = engineer.lakeview.create(draft, dataset_catalog="dev", dataset_schema="default")
    yield made
    engineer.lakeview.trash(made.dashboard_id)


def test_a_draft_is_made_read_listed_and_shown_in_its_folder(engineer, dashboard, name):
    read = engineer.lakeview.get(dashboard.dashboard_id)
    held = json.loads(read.serialized_dashboard)
    assert held["datasets"][0] == {"name": "d", "queryLines": ["select 1"], "catalog": "dev", "schema": "default"}
    assert held["pages"][0]["pageType"] == "PAGE_TYPE_CANVAS"
    assert dashboard.dashboard_id in [each.dashboard_id for each in engineer.lakeview.list(page_size=1)]
    assert engineer.workspace.get_status(f"/Workspace/Users/engineer@sluice.test/{name}.lvdash.json").object_type == ObjectType.DASHBOARD


def test_a_change_with_an_old_etag_is_refused(engineer, dashboard, name):
    changed = engineer.lakeview.update(dashboard.dashboard_id, Dashboard(display_name=f"{name}-2", etag=dashboard.etag))
    assert int(changed.etag) == int(dashboard.etag) + 1
    with pytest.raises(ResourceConflict):
        engineer.lakeview.update(dashboard.dashboard_id, Dashboard(display_name="lost", etag=dashboard.etag))


def test_a_draft_is_published_and_taken_back(engineer, dashboard, warehouse, name):
    published = engineer.lakeview.publish(dashboard.dashboard_id, embed_credentials=False, warehouse_id=warehouse)
    assert (published.display_name, published.embed_credentials, published.warehouse_id) == (name, False, warehouse)
    assert engineer.lakeview.get_published(dashboard.dashboard_id) == published
    engineer.lakeview.unpublish(dashboard.dashboard_id)
    with pytest.raises(NotFound):
        engineer.lakeview.get_published(dashboard.dashboard_id)


def test_a_draft_is_shared_by_its_permissions(engineer, analyst, dashboard, name):
    with pytest.raises(PermissionDenied):
        analyst.lakeview.get(dashboard.dashboard_id)
    read = AccessControlRequest(group_name="analysts", permission_level=PermissionLevel.CAN_READ)
    engineer.permissions.update("dashboards", dashboard.dashboard_id, access_control_list=[read])
    assert analyst.lakeview.get(dashboard.dashboard_id).display_name == name
    with pytest.raises(PermissionDenied):
        analyst.lakeview.trash(dashboard.dashboard_id)


def test_a_trashed_draft_says_so(engineer, name):
    made = engineer.lakeview.create(Dashboard(display_name=name))
    engineer.lakeview.trash(made.dashboard_id)
    assert engineer.lakeview.get(made.dashboard_id).lifecycle_state == LifecycleState.TRASHED
    assert made.dashboard_id in [each.dashboard_id for each in engineer.lakeview.list(show_trashed=True)]
