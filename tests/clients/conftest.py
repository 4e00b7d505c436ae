"""Local workspaces of their own for the client suite, and what the client asked them.

The clients are `databricks-sdk` and `databricks-sql-connector`, unmodified and pinned in `python/dev/requirements.txt`. Each session has a data directory of its own and free
ports, so that it touches no workspace that somebody uses.
"""

import configparser
import os
import pathlib
import subprocess
import uuid

import pytest
import requests
import urllib3
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config

from .coverage import Recorder
from .operations import Operation, find

ROOT = pathlib.Path(__file__).resolve().parents[2]
PRINCIPALS = ("admin", "engineer", "steward", "domain-owner", "analyst", "deployer")


RECORDER = Recorder()


def pytest_runtest_setup(item):
    """What the test sees of operations counts for its level."""
    marker = item.get_closest_marker("witness")
    RECORDER.begin(marker.args[0] if marker else "answers")


def pytest_collection_modifyitems(items):
    """What judges the whole session comes last."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


def environment(data: pathlib.Path) -> dict[str, str]:
    """The environment of a command: the caller's without anything that points to a workspace, and its own data directory."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DATABRICKS_", "SLUICE_"))}
    if cache := os.environ.get("SLUICE_CACHE_DIR"):
        kept["SLUICE_CACHE_DIR"] = cache
    return kept | {"SLUICE_DATA_DIR": str(data), "NO_COLOR": "1"}


def sluice(data: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the built program."""
    program = os.environ.get("SLUICE_PROGRAM", str(ROOT / "bin" / "sluice"))
    return subprocess.run([program, *arguments], env=environment(data), capture_output=True, text=True, check=False)


class Workspaces:
    """The running local workspaces: clients by principal, and what the clients saw."""

    def __init__(self, data: pathlib.Path):
        self.profile_file = data / "local" / "workspaces" / "databrickscfg"
        self.profiles = configparser.ConfigParser()
        self.profiles.read(self.profile_file)
        self.recorder = RECORDER
        # What Git folders may be cloned from.
        self.git_directory = data / "repositories"

    def client(self, principal: str = "admin", workspace: str = "dev") -> WorkspaceClient:
        """An official client that acts as a principal."""
        config = Config(config_file=str(self.profile_file), profile=f"{workspace}-{principal}", retry_timeout_seconds=30)
        return WorkspaceClient(config=config)

    def request(self, method: str, path: str, workspace: str = "qa", principal: str = "admin") -> requests.Response:
        """A plain request, for what no client sends."""
        profile = self.profiles[f"{workspace}-{principal}"]
        headers = {"Authorization": f"Bearer {profile['token']}"}
        # A relative body would not matter: an operation that is not offered is refused before its body is read.
        return requests.request(method, profile["host"] + path, headers=headers, json={} if method in ("POST", "PUT", "PATCH") else None, timeout=30)


@pytest.fixture(scope="session")
def workspaces(tmp_path_factory):
    """Starts three workspaces, and stops them afterwards."""
    data = tmp_path_factory.mktemp("data")
    repositories = data / "repositories"
    repositories.mkdir()
    started = sluice(data, "workspace", "up", "--base-port", "0", "--strict", "--allow-git-directory", str(repositories))
    assert started.returncode == 0, started.stderr
    running = Workspaces(data)
    original = requests.Session.send
    original_of_driver = urllib3.HTTPConnectionPool.urlopen

    def send(session, request, **options):
        """Sends as ever, and notes which operation answered with success."""
        response = original(session, request, **options)
        operation = find(request.method, request.path_url.partition("?")[0])
        if operation and response.ok:
            streamed = options.get("stream") or operation.method == "HEAD"
            RECORDER.saw(operation, request.path_url, request.body, b"" if streamed else response.content, request.headers.get("User-Agent", ""))
        return response

    def urlopen(pool, method, url, body=None, headers=None, **options):
        """As `send`, for the SQL driver, which does without `requests`."""
        response = original_of_driver(pool, method, url, body=body, headers=headers, **options)
        agent = str((headers or {}).get("User-Agent", ""))
        operation = find(method, url.partition("?")[0]) if agent.startswith("PyDatabricksSqlConnector/") else None
        if operation and 200 <= response.status < 300:
            # The answer is the driver's to read.
            RECORDER.saw(operation, url, body, b"", agent)
        return response

    requests.Session.send = send
    urllib3.HTTPConnectionPool.urlopen = urlopen
    try:
        yield running
    finally:
        requests.Session.send = original
        urllib3.HTTPConnectionPool.urlopen = original_of_driver
        stopped = sluice(data, "workspace", "down")
        assert stopped.returncode == 0, stopped.stderr


@pytest.fixture(scope="session")
def admin(workspaces):
    """The client of the administrator of dev."""
    return workspaces.client("admin")


@pytest.fixture(scope="session")
def engineer(workspaces):
    """The client of an engineer in dev."""
    return workspaces.client("engineer")


@pytest.fixture(scope="session")
def analyst(workspaces):
    """The client of an analyst in dev."""
    return workspaces.client("analyst")


@pytest.fixture(scope="session")
def warehouse(admin):
    """The id of the seeded warehouse."""
    found = [each for each in admin.warehouses.list() if each.name == "Sluice Starter Warehouse"]
    assert len(found) == 1
    return found[0].id


@pytest.fixture
def name():
    """A name that nothing has yet."""
    return "t" + uuid.uuid4().hex[:12]


@pytest.fixture
def schema(engineer, name):
    """A schema of the engineer in the catalog `dev`, removed afterwards."""
    created = engineer.schemas.create(name=name, catalog_name="dev")
    yield created
    engineer.schemas.delete(created.full_name, force=True)


@pytest.fixture
def execute(warehouse):
    """Runs a statement as a client and gives its rows; fails when the statement did."""

    def run(client, statement, **options):
        answer = client.statement_execution.execute_statement(statement, warehouse, wait_timeout="50s", **options)
        assert answer.status.state.value == "SUCCEEDED", answer.status.error
        return (answer.result.data_array or []) if answer.result else []

    return run


__all__ = ["Operation", "sluice"]
