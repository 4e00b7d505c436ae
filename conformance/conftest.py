"""The Databricks CLI, unmodified, against local workspaces: `make conformance`.

Whoever runs this supplies the CLI: `DATABRICKS_CLI` is the path of the program. Nothing here is a part of `make test`, and nothing of the
CLI is kept: it is asked while the tests run.
"""

from __future__ import annotations

import configparser
import json
import os
import pathlib
import subprocess
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from sluice_process import SLUICE, clean_environment


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    def ok(self) -> Finished:
        """Itself, when it succeeded."""
        assert self.code == 0, f"{' '.join(self.arguments)}: exit {self.code}\n{self.out}\n{self.err}"
        return self

    def json(self) -> Any:
        """What it printed."""
        return json.loads(self.ok().out)


class Place:
    """Three running workspaces with a data directory of their own."""

    def __init__(self, data: pathlib.Path):
        self.data = data
        self.profiles = data / "local" / "workspaces" / "databrickscfg"

    def sluice(self, *arguments: str, variables: dict[str, str] | None = None) -> Finished:
        """Runs this program, with more variables for the commands that it runs."""
        program = os.environ.get("SLUICE_PROGRAM", str(SLUICE))
        return _run((program, *arguments), clean_environment(self.data) | {"NO_COLOR": "1"} | (variables or {}), self.data)

    def host(self, principal: str = "engineer", workspace: str = "dev") -> tuple[str, str]:
        """Where a workspace answers, and the token of a principal there."""
        profiles = configparser.ConfigParser()
        profiles.read(self.profiles)
        profile = profiles[f"{workspace}-{principal}"]
        return profile["host"], profile["token"]


class Cli:
    """The Databricks CLI as a principal."""

    def __init__(self, place: Place, principal: str):
        host, token = place.host(principal)
        home = place.data / "home"
        home.mkdir(exist_ok=True)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("DATABRICKS_", "SLUICE_"))}
        self.environment |= {
            "HOME": str(home),
            "DATABRICKS_HOST": host,
            "DATABRICKS_TOKEN": token,
            "DATABRICKS_BUNDLE_ENGINE": "direct",
            "NO_COLOR": "1",
        }
        self.home = home

    def __call__(self, *arguments: str, directory: pathlib.Path | None = None, **variables: str) -> Finished:
        """Runs a command to its end."""
        environment = self.environment | variables
        return _run((os.environ["DATABRICKS_CLI"], *arguments), environment, directory or self.home)

    def json(self, *arguments: str, **options: Any) -> Any:
        """What a command prints as JSON."""
        return self(*arguments, "-o", "json", **options).json()


def _run(arguments: tuple[str, ...], environment: dict[str, str], directory: pathlib.Path) -> Finished:
    ended = subprocess.run(arguments, env=environment, cwd=directory, capture_output=True, text=True, timeout=600, check=False)
    return Finished(arguments[1:], ended.returncode, ended.stdout, ended.stderr)


def pytest_sessionstart(session):
    """Without the CLI nothing can be compared, which is an error and not a success."""
    if not os.environ.get("DATABRICKS_CLI"):
        pytest.exit("conformance: set DATABRICKS_CLI to the path of the Databricks CLI", returncode=2)


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """Starts workspaces, and stops them afterwards."""
    place = Place(tmp_path_factory.mktemp("data"))
    place.sluice("workspace", "up", "--base-port", "0", "--allow-faults").ok()
    yield place
    place.sluice("workspace", "down").ok()


@pytest.fixture(scope="session")
def cli(place):
    """The CLI as a principal."""
    made: dict[str, Cli] = {}
    return lambda principal="engineer": made.setdefault(principal, Cli(place, principal))


@pytest.fixture(scope="session")
def warehouse(cli):
    """The id of the warehouse that every workspace has."""
    return cli().json("warehouses", "list")[0]["id"]


@pytest.fixture
def name():
    """A name that nothing has yet."""
    return "t" + uuid.uuid4().hex[:12]
