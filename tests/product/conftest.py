"""Runs the demo in a place of its own: own data directory, own ports, own copy of the product."""

import json
import os
import random
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SLUICE = ROOT / "bin" / "sluice"


def free_base_port() -> int:
    """The first of three consecutive ports that nobody listens on."""
    while True:
        base = random.randrange(20000, 60000, 3)
        sockets = []
        try:
            for offset in range(3):
                listener = socket.socket()
                listener.bind(("127.0.0.1", base + offset))
                sockets.append(listener)
            return base
        except OSError:
            continue
        finally:
            for listener in sockets:
                listener.close()


@dataclass
class Demo:
    """One demo: where it lives and how to run it."""

    directory: Path
    base_port: int

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "SLUICE_CACHE_DIR", "XDG_CACHE_HOME", "HOME") if name in os.environ}
        tls = {name: value for name, value in os.environ.items() if name.startswith(("SSL_", "UV_", "PIP_"))}
        return kept | tls | {"SLUICE_DATA_DIR": str(self.directory / "data"), "TZ": "UTC", "LC_ALL": "C.UTF-8"}

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
