"""Commands, and local workspaces of their own to run them against."""

from __future__ import annotations

import configparser
import json
import os
import pathlib
import subprocess
from dataclasses import dataclass
from typing import Any

from sluice_process import SLUICE, clean_environment


def sluice_program() -> str:
    """The path of the program that is tested."""
    return os.environ.get("SLUICE_PROGRAM", str(SLUICE))


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
        return run((sluice_program(), *arguments), clean_environment(self.data) | {"NO_COLOR": "1"} | (variables or {}), self.data)

    def host(self, principal: str = "engineer", workspace: str = "dev") -> tuple[str, str]:
        """Where a workspace answers, and the token of a principal there."""
        profiles = configparser.ConfigParser()
        profiles.read(self.profiles)
        profile = profiles[f"{workspace}-{principal}"]
        return profile["host"], profile["token"]


def run(arguments: tuple[str, ...], environment: dict[str, str], directory: pathlib.Path) -> Finished:
    """Runs a command to its end."""
    ended = subprocess.run(arguments, env=environment, cwd=directory, capture_output=True, text=True, timeout=600, check=False)
    return Finished(arguments[1:], ended.returncode, ended.stdout, ended.stderr)
