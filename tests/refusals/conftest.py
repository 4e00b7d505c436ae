"""Local workspaces, a deployed bundle and a frozen product to be refused at, and snapshots that show whether a refusal changed anything."""

import configparser
import hashlib
import json
import re
import resource
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient

from sluice_process import SLUICE, clean_environment

@dataclass(frozen=True)
class Workspaces:
    """Three running local workspaces."""

    directory: Path
    hosts: dict[str, str]

    def token(self, workspace: str, principal: str) -> str:
        profiles = configparser.ConfigParser()
        [file] = self.directory.glob("data/*/workspaces/databrickscfg")
        profiles.read(file)
        return profiles[f"{workspace}-{principal}"]["token"]

    def objects(self, workspace: str) -> dict:
        """Everything that a deployment could have made or changed there, as the unmodified SDK reads it."""
        client = WorkspaceClient(host=self.hosts[workspace], token=self.token(workspace, "admin"))
        schemas = list(client.schemas.list(workspace))
        volumes = [volume for schema in schemas for volume in client.volumes.list(workspace, schema.name)]
        return {
            "jobs": [client.jobs.get(job.job_id).as_dict() for job in client.jobs.list()],
            "runs": [run.run_id for run in client.jobs.list_runs()],
            "schemas": [schema.as_dict() for schema in schemas],
            "volumes": [volume.as_dict() for volume in volumes],
            "files": {found.path: found.as_dict() for found in client.workspace.list("/", recursive=True)},
        }


def files(directory: Path) -> dict[str, str]:
    """Digest of every file below a directory."""
    paths = [path for path in directory.rglob("*") if path.is_file()]
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@dataclass
class Place:
    """A directory to run commands in, with the ledger and the workspaces that they could touch."""

    directory: Path
    data: Path
    workspaces: Workspaces
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return clean_environment(self.data) | {"HOME": str(self.data)} | self.variables

    def sluice(self, *arguments: str, largest_file: int | None = None) -> subprocess.CompletedProcess:
        def limit() -> None:
            if largest_file is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

        return subprocess.run(
            [str(SLUICE), *arguments],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            preexec_fn=limit,
        )

    def done(self, *arguments: str) -> dict:
        """The answer of a command that has to succeed."""
        done = self.sluice(*arguments, "--output", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def git(self, *arguments: str) -> str:
        author = {f"GIT_{role}_{what}": "engineer@sluice.test" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        done = subprocess.run(["git", *arguments], cwd=self.directory, env=self.environment | author, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def ledger(self) -> Path:
        [found] = self.data.glob("*/ledger.sqlite")
        return found

    def entries(self) -> list[tuple]:
        with sqlite3.connect(self.ledger) as database:
            return database.execute("SELECT * FROM events ORDER BY seq").fetchall()

    def edit_ledger(self, statement: str) -> None:
        with sqlite3.connect(self.ledger) as database:
            assert database.execute(statement).rowcount == 1

    def snapshot(self) -> dict:
        """All that a refusal must leave as it is: the files (with Git's and the deployment's own), the ledger, the workspaces."""
        return {
            "files": files(self.directory),
            "entries": [self.entries() for _ in self.data.glob("*/ledger.sqlite")],
            "objects": {name: self.workspaces.objects(name) for name in ("dev", "qa")},
        }

    def refused(self, *arguments: str, code: int, largest_file: int | None = None) -> str:
        """The message of a command that is refused with this exit code, the same for people and programs, and changes nothing."""
        before = self.snapshot()
        messages = set()
        for form in ("text", "json"):
            refused = self.sluice(*arguments, "--output", form, largest_file=largest_file)
            assert (refused.returncode, refused.stdout) == (code, ""), refused
            messages.add(re.sub(r"request [0-9a-f-]{36}", "request ID", refused.stderr))
        assert self.snapshot() == before
        [message] = messages
        return message


@pytest.fixture(scope="session")
def workspaces(tmp_path_factory) -> Workspaces:
    directory = tmp_path_factory.mktemp("workspaces")
    environment = clean_environment(directory / "data")

    def workspace(*arguments: str) -> str:
        done = subprocess.run([str(SLUICE), "workspace", *arguments], cwd=directory, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    up = json.loads(workspace("up", "--base-port", "0", "--output", "json"))
    yield Workspaces(directory, {one["workspace"]: one["host"] for one in up["workspaces"]})
    workspace("down")


BUNDLE = """\
bundle:
  name: shop
include:
  - resources/*.yml
variables:
  greeting:
    default: hello
targets:
  dev:
    default: true
    workspace:
      host: {host}
"""

RESOURCES = """\
resources:
  schemas:
    sales:
      catalog_name: dev
      name: shop
      comment: as deployed
  jobs:
    load:
      name: load ${var.greeting}
      tasks:
        - task_key: greet
          notebook_task:
            notebook_path: ../src/greet.py
"""


class Bundle(Place):
    """A bundle that is deployed to dev, with changes that are not."""

    def replace(self, file: str, old: str, new: str) -> None:
        path = self.directory / file
        text = path.read_text()
        assert text.count(old) == 1, (old, text)
        path.write_text(text.replace(old, new))


@pytest.fixture(scope="session")
def deployed(tmp_path_factory, workspaces) -> Bundle:
    directory = tmp_path_factory.mktemp("deployed")
    bundle = directory / "shop"
    for path, text in {
        "databricks.yml": BUNDLE.format(host=workspaces.hosts["dev"]),
        "resources/shop.yml": RESOURCES,
        "src/greet.py": "# Databricks notebook source\nprint('hello')\n",
    }.items():
        (bundle / path).parent.mkdir(parents=True, exist_ok=True)
        (bundle / path).write_text(text)
    place = Bundle(bundle, directory / "data", workspaces, {"DATABRICKS_TOKEN": workspaces.token("dev", "engineer")})
    place.done("deploy")
    return place


@pytest.fixture
def bundle(deployed, tmp_path, request) -> Bundle:
    """The deployed bundle with a pending change in each thing that a deployment brings: files, jobs, schemas."""
    copied = shutil.copytree(deployed.directory, tmp_path / "shop")
    place = Bundle(copied, tmp_path / "data", deployed.workspaces, dict(deployed.variables))
    place.replace("resources/shop.yml", "as deployed", f"changed by {request.node.name}")
    place.replace("resources/shop.yml", "task_key: greet", "description: changed\n          task_key: greet")
    (place.directory / "src" / "new.txt").write_text("new\n")
    return place


class Product(Place):
    """A product with release 1.0.0: verified in dev, frozen, and in no other environment."""

    TAG = "sluice/flights/v1.0.0"


@pytest.fixture(scope="session")
def frozen(tmp_path_factory, workspaces) -> Product:
    directory = tmp_path_factory.mktemp("frozen")
    environments = ""
    for name, principal, requires in (("dev", "engineer", ""), ("qa", "deployer", "dev")):
        token = directory / f"{name}.token"
        token.write_text(workspaces.token(name, principal))
        environments += (
            f"  - name: {name}\n    target: {name}\n    host: {workspaces.hosts[name]}\n"
            f"    credentials: {{file: {token}}}\n    values: {{catalog: {name}}}\n    requires: [{requires}]\n"
        )
    platform = directory / "platform.yaml"
    platform.write_text(f"version: 1\nid: trial\nenvironments:\n{environments}")
    place = Product(directory, directory / "data", workspaces, {"SLUICE_PLATFORM": str(platform)})
    answers = {
        "product_name": "flights",
        "schema_prefix": "flights",
        "description": "Flights",
        "domain": "aviation",
        "owner": "engineer@sluice.test",
        "steward": "steward@sluice.test",
        "support": "engineer@sluice.test",
    }
    place.done("new", "data-product", "flights", *(part for name, value in answers.items() for part in ("--set", f"{name}={value}")))
    place.directory = directory / "flights"
    place.done("verify", "--target", "dev")
    place.done("freeze", "1.0.0")
    return place


@pytest.fixture
def product(frozen, tmp_path) -> Product:
    """A copy of the frozen product's repository and ledger."""
    repository = shutil.copytree(frozen.directory, tmp_path / "flights", symlinks=True)
    data = tmp_path / "data" / "trial"
    data.mkdir(parents=True)
    with sqlite3.connect(frozen.ledger) as source, sqlite3.connect(data / "ledger.sqlite") as target:
        source.backup(target)
    return Product(repository, tmp_path / "data", frozen.workspaces, dict(frozen.variables))
