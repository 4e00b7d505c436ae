"""One small bundle for every kind that a bundle can declare.

`{name}` is a name that nothing has yet, `{warehouse}` the id of a warehouse. A kind that nothing here runs, and whose deployment waits for it to
run, ends with the reason in `refused`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Resources = dict[str, dict[str, Any]]

_SCHEMA = {"schemas": {"place": {"catalog_name": "dev", "name": "{name}"}}}
_PLACE = "${resources.schemas.place.name}"
_CONSTANT = {"table_name": "dev.{name}.watched"}


@dataclass(frozen=True)
class Kind:
    """Resources in which the kind appears; commands of the CLI that come first; files beside `databricks.yml`; values of variables; who deploys;
    a part of the message with which the CLI ends because what it waits for never comes."""

    resources: Resources
    before: tuple[tuple[str, ...], ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    principal: str = "engineer"
    refused: str | None = None


def _one(kind: str, body: dict[str, Any], **others: Any) -> Kind:
    return Kind({kind: {"it": body}}, **others)


def _placed(kind: str, body: dict[str, Any], **others: Any) -> Kind:
    placed = {"catalog_name": "dev", "schema_name": _PLACE, "name": "{name}"} | body
    return Kind(_SCHEMA | {kind: {"it": placed}}, **others)


_STATEMENT = '{"warehouse_id": "{warehouse}", "wait_timeout": "50s", "statement": "%s"}'


def _statement(text: str) -> tuple[str, ...]:
    return ("api", "post", "/api/2.0/sql/statements", "--json", _STATEMENT % text)


_TABLE = (
    _statement("CREATE SCHEMA dev.{name}"),
    _statement("CREATE TABLE dev.{name}.watched (id BIGINT NOT NULL, text STRING)"),
)
_PROJECT = {"postgres_projects": {"project": {"project_id": "p-{name}"}}}
_BRANCH = {"postgres_branches": {"branch": {"branch_id": "b-{name}", "parent": "${resources.postgres_projects.project.id}", "no_expiry": True}}}
_CREDENTIAL = (
    ("storage-credentials", "create", "--json", '{"name": "{name}", "aws_iam_role": {"role_arn": "arn:aws:iam::123456789012:role/r"}, "skip_validation": true}'),
)

KINDS: dict[str, Kind] = {
    "alerts": _one(
        "alerts",
        {
            "display_name": "{name}",
            "query_text": "SELECT 1 AS one",
            "warehouse_id": "{warehouse}",
            "evaluation": {
                "comparison_operator": "GREATER_THAN",
                "source": {"name": "one"},
                "threshold": {"value": {"double_value": 5}},
            },
            "schedule": {"quartz_cron_schedule": "0 0 8 * * ?", "timezone_id": "UTC", "pause_status": "PAUSED"},
        },
    ),
    "apps": _one("apps", {"name": "a-{name}", "description": "an app", "source_code_path": "./app"}, files={"app/app.py": "print(1)\n"}),
    "catalogs": _one("catalogs", {"name": "{name}", "comment": "a catalog"}, principal="admin"),
    "clusters": _one(
        "clusters",
        {"cluster_name": "{name}", "spark_version": "16.4.x-scala2.12", "node_type_id": "i3.xlarge", "num_workers": 1},
        refused="the local workspace starts no clusters",
    ),
    "dashboards": _one(
        "dashboards",
        {"display_name": "{name}", "warehouse_id": "{warehouse}", "file_path": "./d.lvdash.json"},
        files={"d.lvdash.json": '{"pages": [{"name": "p", "displayName": "Page", "layout": []}]}'},
    ),
    "database_catalogs": Kind(
        {
            "database_instances": {"instance": {"name": "i-{name}", "capacity": "CU_1"}},
            "database_catalogs": {
                "it": {"name": "{name}", "database_instance_name": "${resources.database_instances.instance.name}", "database_name": "d"}
            },
        },
        refused="runs no database",
    ),
    "database_instances": _one("database_instances", {"name": "i-{name}", "capacity": "CU_1"}, refused="runs no database"),
    "experiments": _one("experiments", {"name": "/Users/engineer@sluice.test/{name}"}),
    "external_locations": _one(
        "external_locations",
        {"name": "{name}", "credential_name": "{name}", "url": "s3://bucket-{name}/path", "skip_validation": True},
        before=_CREDENTIAL,
        principal="admin",
    ),
    "genie_spaces": _one(
        "genie_spaces",
        {"title": "{name}", "warehouse_id": "{warehouse}", "serialized_space": '{"version": 2, "data_sources": {}}'},
    ),
    "instance_pools": _one("instance_pools", {"instance_pool_name": "{name}", "node_type_id": "i3.xlarge"}, principal="admin"),
    "job_runs": Kind(
        {
            "jobs": {"job": {"name": "{name}", "tasks": [{"task_key": "t", "spark_python_task": {"python_file": "./t.py"}, "environment_key": "e"}], "environments": [{"environment_key": "e", "spec": {"client": "1"}}]}},
            "job_runs": {"it": {"job_id": "${resources.jobs.job.id}"}},
        },
        files={"t.py": "print(1)\n"},
    ),
    "jobs": _one(
        "jobs",
        {
            "name": "{name}",
            "tasks": [{"task_key": "t", "spark_python_task": {"python_file": "./t.py"}, "environment_key": "e"}],
            "environments": [{"environment_key": "e", "spec": {"client": "1"}}],
            "permissions": [{"level": "CAN_VIEW", "group_name": "users"}],
        },
        files={"t.py": "print(1)\n"},
    ),
    "model_serving_endpoints": _one(
        "model_serving_endpoints",
        {
            "name": "{name}",
            "config": {"served_entities": [{"entity_name": "system.ai.llama", "entity_version": "1", "workload_size": "Small", "scale_to_zero_enabled": True}]},
        },
    ),
    "models": _one("models", {"name": "{name}", "description": "a model"}),
    "pipelines": _one(
        "pipelines",
        {"name": "{name}", "catalog": "dev", "schema": "{name}", "serverless": True, "libraries": [{"file": {"path": "./p.sql"}}]},
        files={"p.sql": "CREATE OR REFRESH MATERIALIZED VIEW one AS SELECT 1 AS one;\n"},
    ),
    "postgres_branches": Kind(_PROJECT | _BRANCH),
    "postgres_catalogs": Kind(
        _PROJECT | _BRANCH | {"postgres_catalogs": {"it": {"catalog_id": "{name}", "postgres_database": "d", "branch": "${resources.postgres_branches.branch.id}"}}}
    ),
    "postgres_databases": Kind(
        _PROJECT
        | _BRANCH
        | {
            "postgres_roles": {"role": {"role_id": "r-{name}", "parent": "${resources.postgres_branches.branch.id}", "postgres_role": "r"}},
            "postgres_databases": {
                "it": {"database_id": "d-{name}", "parent": "${resources.postgres_branches.branch.id}", "role": "${resources.postgres_roles.role.id}", "postgres_database": "d"}
            },
        }
    ),
    "postgres_endpoints": Kind(
        _PROJECT
        | _BRANCH
        | {"postgres_endpoints": {"it": {"endpoint_id": "e-{name}", "parent": "${resources.postgres_branches.branch.id}", "endpoint_type": "ENDPOINT_TYPE_READ_ONLY"}}}
    ),
    "postgres_projects": Kind(_PROJECT),
    "postgres_roles": Kind(
        _PROJECT | _BRANCH | {"postgres_roles": {"it": {"role_id": "r-{name}", "parent": "${resources.postgres_branches.branch.id}", "postgres_role": "r"}}}
    ),
    "postgres_synced_tables": Kind(
        _PROJECT
        | _BRANCH
        | {
            "postgres_synced_tables": {
                "it": {
                    "synced_table_id": "dev.{name}.copy",
                    "source_table_full_name": "dev.{name}.watched",
                    "branch": "${resources.postgres_branches.branch.id}",
                    "primary_key_columns": ["id"],
                    "postgres_database": "d",
                    "scheduling_policy": "SNAPSHOT",
                }
            }
        },
        before=_TABLE,
    ),
    "quality_monitors": _one(
        "quality_monitors",
        _CONSTANT | {"assets_dir": "/Users/engineer@sluice.test/{name}", "output_schema_name": "dev.{name}", "snapshot": {}},
        before=_TABLE,
    ),
    "registered_models": _placed("registered_models", {"comment": "a model", "grants": [{"principal": "users", "privileges": ["EXECUTE"]}]}),
    "schemas": Kind({"schemas": {"it": {"catalog_name": "dev", "name": "{name}", "comment": "a schema", "grants": [{"principal": "users", "privileges": ["USE_SCHEMA"]}]}}}),
    "secret_scopes": _one("secret_scopes", {"name": "{name}", "permissions": [{"level": "READ", "group_name": "users"}]}),
    "secrets": _placed("secrets", {"value": "${var.secret}"}, variables={"secret": "hidden"}),
    "sql_warehouses": _one("sql_warehouses", {"name": "{name}", "cluster_size": "2X-Small", "auto_stop_mins": 10}, principal="admin"),
    "synced_database_tables": Kind(
        {
            "database_instances": {"instance": {"name": "i-{name}", "capacity": "CU_1"}},
            "synced_database_tables": {
                "it": {
                    "name": "dev.{name}.copy",
                    "database_instance_name": "${resources.database_instances.instance.name}",
                    "logical_database_name": "d",
                    "spec": {"source_table_full_name": "dev.{name}.watched", "primary_key_columns": ["id"], "scheduling_policy": "SNAPSHOT"},
                }
            },
        },
        before=_TABLE,
        refused="runs no database",
    ),
    "vector_search_endpoints": _one("vector_search_endpoints", {"name": "{name}", "endpoint_type": "STANDARD"}, refused="searches nothing"),
    "vector_search_indexes": Kind(
        {
            "vector_search_endpoints": {"endpoint": {"name": "{name}", "endpoint_type": "STANDARD"}},
            "vector_search_indexes": {
                "it": {
                    "name": "dev.{name}.found",
                    "endpoint_name": "${resources.vector_search_endpoints.endpoint.name}",
                    "primary_key": "id",
                    "index_type": "DELTA_SYNC",
                    "delta_sync_index_spec": {
                        "source_table": "dev.{name}.watched",
                        "pipeline_type": "TRIGGERED",
                        "embedding_source_columns": [{"name": "text", "embedding_model_endpoint_name": "e"}],
                    },
                }
            },
        },
        before=_TABLE,
        refused="searches nothing",
    ),
    "volumes": _placed("volumes", {"grants": [{"principal": "users", "privileges": ["READ_VOLUME"]}]}),
}
