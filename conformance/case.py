"""The cases under `acceptance/bundles/<area>/<name>/`: a bundle, and in `case.toml` how it is run when it is not simply deployed.

Fields of `case.toml`, all optional:

- `target`: value of `--target`; `flags`: list of `NAME=VALUE` for `--var`; `environment`: variables of the environment;
- `directory`: where the bundle stands in the case, when it is not the case's own directory;
- `principal`: who runs the programs, `engineer` when not given;
- `until`: the last thing that happens: `validate`, `plan` or `deploy`;
- `fails`: the command (`validate`, `plan` or `deploy`) that both programs are expected to refuse;
- `git`: `true` for a Git checkout with one commit on the branch `main`;
- `lenient`: `true` when Sluice is to warn where the CLI only warns;
- `overwrites`: `true` when Sluice is told to overwrite what somebody changed in the workspace, as the CLI always does;
- `venv`: `true` for a bundle that needs the package `databricks-bundles`: `.venv` becomes the virtual environment `DATABRICKS_BUNDLES_VENV`, without
  which the case is skipped;
- `waits_for`: names of kinds or blocks of bundles that Sluice does not have yet; the case is skipped, and fails once Sluice has them all;
- `before`: a list of requests (`method`, `path`, `body`, `principal`) that each workspace gets first; `between`: the same, before the second step; `{warehouse}` and
  `{resources.jobs.load}` in them are ids;
- `refused`: a part of the message with which the deployment ends because what it waits for never comes in a local workspace.

Files below `then/` take the place of the first ones for a second deployment; a file there that is empty removes the first one.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import Any

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

BUNDLES = pathlib.Path(__file__).resolve().parents[1] / "acceptance" / "bundles"
SECOND_STEP = "then"


@dataclass(frozen=True)
class Case:
    """One bundle and how it is run."""

    name: str
    place: pathlib.Path
    target: str | None = None
    flags: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    directory: str = "."
    principal: str = "engineer"
    until: str = "deploy"
    fails: str | None = None
    git: bool = False
    lenient: bool = False
    overwrites: bool = False
    venv: bool = False
    waits_for: tuple[str, ...] = ()
    before: tuple[dict[str, Any], ...] = ()
    between: tuple[dict[str, Any], ...] = ()
    refused: str | None = None

    @property
    def area(self) -> str:
        """The first part of its name."""
        return self.name.split("/")[0]

    @property
    def options(self) -> list[str]:
        """The options of every command of a bundle."""
        target = ["--target", self.target] if self.target else []
        return target + [part for flag in self.flags for part in ("--var", flag)]

    @property
    def has_second_step(self) -> bool:
        """Whether something changes after the first deployment."""
        return bool(self.between) or (self.place / SECOND_STEP).is_dir()

    def write(self, directory: pathlib.Path) -> pathlib.Path:
        """Copies its files to an empty directory; where the bundle stands there."""
        shutil.copytree(self.place, directory, ignore=lambda at, names: {SECOND_STEP, "case.toml"} & set(names) if pathlib.Path(at) == self.place else ())
        if self.venv:
            (directory / self.directory / ".venv").symlink_to(os.environ["DATABRICKS_BUNDLES_VENV"])
        if self.git:
            _commit(directory)
        return directory / self.directory

    def change(self, directory: pathlib.Path) -> None:
        """Changes the files that it wrote as the second step says."""
        changed = self.place / SECOND_STEP
        for file in sorted(changed.rglob("*")):
            if file.is_file():
                at = directory / file.relative_to(changed)
                if file.stat().st_size == 0:
                    at.unlink()
                else:
                    at.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(file, at)


def _commit(directory: pathlib.Path) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@sluice.test", "-c", "commit.gpgsign=false"]
    date = "2026-01-31T12:00:00Z"
    for command in (
        ["init", "--quiet", "--initial-branch", "main"],
        ["remote", "add", "origin", "https://git.sluice.test/team/product.git"],
        ["add", "--all"],
        [*identity, "commit", "--quiet", "--message", "first"],
    ):
        variables = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(directory), "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        subprocess.run(["git", *command], cwd=directory, env=variables, check=True, capture_output=True)


def load() -> list[Case]:
    """All cases, by name."""
    cases = []
    for area in sorted(path for path in BUNDLES.iterdir() if path.is_dir()):
        for place in sorted(path for path in area.iterdir() if path.is_dir()):
            file = place / "case.toml"
            said = tomllib.loads(file.read_text()) if file.exists() else {}
            listed = {key: tuple(value) for key, value in said.items() if isinstance(value, list)}
            cases.append(Case(name=f"{area.name}/{place.name}", place=place, **(said | listed)))
    return cases
