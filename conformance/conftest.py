"""The Databricks CLI, unmodified, against local workspaces: `make conformance`.

Whoever runs this supplies the CLI: `DATABRICKS_CLI` is the path of the program. Nothing here is a part of `make test`, and nothing of the
CLI is kept: it is asked while the tests run.
"""

from __future__ import annotations

import os
import pathlib
import uuid
from collections import Counter
from typing import Any

import pytest

from . import test_pairs
from .process import Finished, Place, run


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
        return run((os.environ["DATABRICKS_CLI"], *arguments), environment, directory or self.home)

    def json(self, *arguments: str, **options: Any) -> Any:
        """What a command prints as JSON."""
        return self(*arguments, "-o", "json", **options).json()


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


def pytest_terminal_summary(terminalreporter):
    """What the comparison of bundles came to: figures by area, then every open difference."""
    figures, differences = test_pairs.FIGURES, test_pairs.OPEN
    if not figures:
        return
    terminalreporter.section("bundles by area")
    kinds = ("bundles", "equal", "accepted", "open", "waiting")
    total = sum(figures.values(), start=Counter())
    rows = [("area", *kinds), *((area, *(str(each[kind]) for kind in kinds)) for area, each in sorted([*figures.items(), ("all", total)], key=_all_last))]
    for row in rows:
        terminalreporter.write_line(f"{row[0]:<24}" + "".join(f"{cell:>10}" for cell in row[1:]))
    if differences:
        terminalreporter.section("open differences: case | what | where | cli | sluice")
        for each in differences:
            terminalreporter.write_line(" | ".join((each.case, each.what, each.where, each.cli, each.sluice)))


def _all_last(row):
    return (row[0] == "all", row[0])
