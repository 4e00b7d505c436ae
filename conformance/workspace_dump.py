"""What a deployment left in a workspace, read with plain requests: the objects that its state names, and the files below its root."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

# How the object of a state entry is read, by kind; `{}` is its id.
OBJECTS = {
    "alerts": ("/api/2.0/alerts/{}",),
    "apps": ("/api/2.0/apps/{}",),
    "catalogs": ("/api/2.1/unity-catalog/catalogs/{}",),
    "clusters": ("/api/2.1/clusters/get?cluster_id={}",),
    "dashboards": ("/api/2.0/lakeview/dashboards/{}", "/api/2.0/lakeview/dashboards/{}/published"),
    "database_catalogs": ("/api/2.0/database/catalogs/{}",),
    "database_instances": ("/api/2.0/database/instances/{}",),
    "experiments": ("/api/2.0/mlflow/experiments/get?experiment_id={}",),
    "external_locations": ("/api/2.1/unity-catalog/external-locations/{}",),
    "genie_spaces": ("/api/2.0/genie/spaces/{}?include_serialized_space=true",),
    "instance_pools": ("/api/2.0/instance-pools/get?instance_pool_id={}",),
    "job_runs": ("/api/2.2/jobs/runs/get?run_id={}",),
    "jobs": ("/api/2.2/jobs/get?job_id={}",),
    "model_serving_endpoints": ("/api/2.0/serving-endpoints/{}",),
    "models": ("/api/2.0/mlflow/databricks/registered-models/get?name={}",),
    "pipelines": ("/api/2.0/pipelines/{}",),
    "postgres_branches": ("/api/2.0/postgres/{}",),
    "postgres_catalogs": ("/api/2.0/postgres/{}",),
    "postgres_databases": ("/api/2.0/postgres/{}",),
    "postgres_endpoints": ("/api/2.0/postgres/{}",),
    "postgres_projects": ("/api/2.0/postgres/{}",),
    "postgres_roles": ("/api/2.0/postgres/{}",),
    "postgres_synced_tables": ("/api/2.0/postgres/{}",),
    "quality_monitors": ("/api/2.1/unity-catalog/tables/{}/monitor",),
    "registered_models": ("/api/2.1/unity-catalog/models/{}",),
    "schemas": ("/api/2.1/unity-catalog/schemas/{}",),
    "secret_scopes": ("/api/2.0/secrets/acls/list?scope={}",),
    "secrets": ("/api/2.1/unity-catalog/secrets/{}",),
    "sql_warehouses": ("/api/2.0/sql/warehouses/{}",),
    "synced_database_tables": ("/api/2.0/database/synced_tables/{}",),
    "vector_search_endpoints": ("/api/2.0/vector-search/endpoints/{}",),
    "vector_search_indexes": ("/api/2.0/vector-search/indexes/{}",),
    "volumes": ("/api/2.1/unity-catalog/volumes/{}",),
    "permissions": ("/api/2.0/permissions{}",),
    "grants": ("/api/2.1/unity-catalog/permissions/{}",),
}


class Reader:
    """Plain requests to a workspace as one principal."""

    def __init__(self, host: str, token: str):
        self.host = host
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and parsed answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.host + path, data=data, method=method, headers=self.headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")

    def get(self, path: str) -> Any:
        """The answer, or its status when it is none."""
        status, answer = self.ask("GET", path)
        return answer if status == 200 else {"status": status}

    def file(self, path: str) -> bytes | None:
        """The content of a file in the workspace."""
        status, answer = self.ask("GET", f"/api/2.0/workspace/export?path={urllib.parse.quote(path)}&format=AUTO")
        return base64.b64decode(answer["content"]) if status == 200 else None

    def tree(self, root: str) -> dict[str, str]:
        """Everything below a folder: path relative to it, and what it is."""
        found: dict[str, str] = {}
        status, answer = self.ask("GET", f"/api/2.0/workspace/list?path={urllib.parse.quote(root)}")
        for each in answer.get("objects", []) if status == 200 else []:
            name = each["path"].rsplit("/", 1)[1]
            found[name] = each["object_type"] + (f" {each['language']}" if "language" in each else "")
            if each["object_type"] == "DIRECTORY":
                found |= {f"{name}/{below}": what for below, what in self.tree(each["path"]).items()}
        return found

    def state(self, state_path: str) -> dict[str, dict[str, Any]]:
        """The entries of the state of a deployment, by key."""
        content = self.file(f"{state_path}/resources.json")
        return (json.loads(content).get("state") or {}) if content else {}

    def objects(self, state: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """What the workspace says about every object of a state."""
        found: dict[str, Any] = {}
        for key, entry in state.items():
            _, kind, _, *below = key.split(".")
            for path in OBJECTS.get(below[0] if below else kind, ()):
                found[f"{key} {path}"] = self.get(path.format(urllib.parse.quote(str(entry["__id__"]))))
        return found

    def files(self, file_path: str, tree: dict[str, str]) -> dict[str, str]:
        """The contents of the uploaded files, by path below the root."""
        contents = {}
        for path, what in tree.items():
            if path.startswith("files/") and what != "DIRECTORY":
                content = self.file(f"{file_path}/{path.removeprefix('files/')}") or b""
                contents[path] = content.decode("utf-8", "backslashreplace")
        return contents
