"""Runs the demo in a place of its own: own data directory, own ports, own copy of the product."""

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from sluice_process import SLUICE, clean_environment, free_base_port


@dataclass
class Demo:
    """One demo: where it lives and how to run it."""

    directory: Path
    base_port: int

    @property
    def environment(self) -> dict[str, str]:
        return clean_environment(self.directory / "data")

    @property
    def platform(self) -> Path:
        return self.directory / "demo" / "platform" / "platform.yaml"

    @property
    def profiles(self) -> Path:
        [found] = self.directory.glob("data/*/workspaces/databrickscfg")
        return found

    def command(self, *arguments: str) -> list[str]:
        return [str(SLUICE), *arguments]

    def demo_command(self) -> list[str]:
        return self.command(
            "demo", "--yes", "--output", "json", "--dir", str(self.directory / "demo"), "--base-port", str(self.base_port)
        )

    def run(self) -> dict:
        done = subprocess.run(self.demo_command(), env=self.environment, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr[-6000:]
        return json.loads(done.stdout)

    def kill_workspaces(self) -> None:
        """Ends the process behind the workspaces as `kill -9` does; nothing happens when it does not run."""
        status = self.command("workspace", "status", "--output", "json", "--platform", str(self.platform))
        answer = subprocess.run(status, env=self.environment, capture_output=True, text=True, timeout=60)
        if answer.returncode == 0:
            os.kill(json.loads(answer.stdout)["pid"], signal.SIGKILL)

    def stop(self) -> None:
        if self.platform.exists():
            subprocess.run(
                self.command("workspace", "down", "--platform", str(self.platform)), env=self.environment, capture_output=True, timeout=60
            )


@pytest.fixture
def demo(tmp_path):
    """A demo that has not run yet."""
    demo = Demo(tmp_path, free_base_port())
    yield demo
    demo.stop()


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A demo that has run to its end, and its report."""
    demo = Demo(tmp_path_factory.mktemp("finished"), free_base_port())
    report = demo.run()
    yield demo, report
    demo.stop()
