"""A platform with a release in production and a newer one that waits for approval, its page, and a browser."""

import configparser
import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from sluice_process import SLUICE, clean_environment, free_base_port

ENVIRONMENTS = ("dev", "qa", "prod")
ROLES = """principals: {test@sluice.test: engineer@sluice.test, sluice@localhost: engineer@sluice.test}
roles:
  domain-owner: {groups: [domain-owners]}
"""
SIGNATURE = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "Test"), ("EMAIL", "test@sluice.test"))}


@dataclass
class World:
    """A directory with a platform, its running workspaces and one product."""

    directory: Path
    base_port: int

    @property
    def environment(self) -> dict[str, str]:
        own = {"DATABRICKS_CONFIG_FILE": str(self.profiles), "GIT_CONFIG_NOSYSTEM": "1"}
        return clean_environment(self.directory / "data") | SIGNATURE | own

    @property
    def product(self) -> Path:
        return self.directory / "flights"

    @property
    def profiles(self) -> Path:
        return self.directory / "data" / "trial" / "workspaces" / "databrickscfg"

    def profile(self, name: str) -> configparser.SectionProxy:
        parser = configparser.ConfigParser()
        parser.read(self.profiles)
        return parser[name]

    def start(self, *arguments: str, where: Path | None = None, **streams) -> subprocess.Popen:
        return subprocess.Popen([str(SLUICE), *arguments], cwd=where or self.product, env=self.environment, text=True, **streams)

    def sluice(self, *arguments: str, where: Path | None = None) -> dict:
        process = self.start(*arguments, "--output", "json", where=where, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        stdout, stderr = process.communicate(timeout=300)
        assert process.returncode == 0, f"{arguments}: {stderr[-4000:]}"
        return json.loads(stdout or "null")

    def begin(self) -> None:
        platform = self.directory / "platform.yaml"
        platform.write_text("version: 1\nid: trial\nenvironments: []\n")
        self.sluice("workspace", "up", "--base-port", str(self.base_port), where=self.directory)
        stages = []
        for name, principal, more in (
            ("dev", "engineer", ""),
            ("qa", "deployer", "    requires: [dev]\n"),
            ("prod", "deployer", "    requires: [qa]\n    approvals: [{role: domain-owner}]\n"),
        ):
            profile = self.profile(f"{name}-{principal}")
            token = self.directory / f"{name}.token"
            token.write_text(profile["token"])
            stages.append(
                f"  - name: {name}\n    target: {name}\n    host: {profile['host']}\n    credentials: {{file: {token}}}\n"
                f"    values: {{catalog: {name}}}\n{more}"
            )
        platform.write_text("version: 1\nid: trial\nenvironments:\n" + "".join(stages) + ROLES)
        answers = {
            "product_name": "flights",
            "schema_prefix": "flt",
            "description": "Flights",
            "domain": "aviation",
            "owner": "engineer@sluice.test",
            "steward": "steward@sluice.test",
            "support": "x",
        }
        values = [part for name, value in answers.items() for part in ("--set", f"{name}={value}")]
        self.sluice("new", "data-product", "flights", *values, where=self.directory)

    def commit(self, subject: str, files: dict[str, str]) -> None:
        for path, text in files.items():
            (self.product / path).write_text(text)
        for command in (["add", "--all"], ["commit", "--quiet", "--message", subject]):
            subprocess.run(["git", *command], cwd=self.product, env=self.environment, check=True)

    def ask(self, version: str) -> dict:
        """Brings what is checked out to qa, and asks for production."""
        self.sluice("verify", "-t", "dev")
        self.sluice("freeze", version)
        self.sluice("promote", version, "--to", "qa")
        report = self.sluice("promote", version, "--to", "prod")
        assert report["promotion"]["state"] == "awaiting_approval", report
        return report

    def stop(self) -> None:
        subprocess.run([str(SLUICE), "workspace", "down"], cwd=self.directory, env=self.environment, capture_output=True, timeout=60)


def volumes(names: list[str]) -> str:
    line = '    {0}: {{catalog_name: "${{var.catalog}}", schema_name: "${{resources.schemas.bronze.name}}", name: {0}}}\n'
    return "resources:\n  volumes:\n" + "".join(line.format(name) for name in names)


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """1.0.0 runs in production; 1.1.0 brings ten volumes and waits for the domain owner."""
    world = World(tmp_path_factory.mktemp("page"), free_base_port())
    try:
        world.begin()
        first = world.ask("1.0.0")
        world.sluice("approve", first["promotion"]["id"], "--profile", "prod-domain-owner")
        world.sluice("promote", "1.0.0", "--to", "prod")
        world.commit("Room for raw files", {"resources/raw.yml": volumes([f"raw_{number}" for number in range(10)])})
        world.second = world.ask("1.1.0")
        yield world
    finally:
        world.stop()


@pytest.fixture(scope="session")
def site(world):
    """The address of the page."""
    process = world.start("serve", "--port", "0", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield process.stdout.readline().strip().rstrip("/")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()


def chromium() -> str | None:
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), None)


@pytest.fixture(scope="session")
def browser():
    executable = chromium()
    if executable is None:
        reason = "no Chromium is on PATH (`apt-get install chromium`), so that the page was not looked at"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    # Chromium's own sandbox cannot be set up by root. The other switches keep it from asking for things on the network.
    switches = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=switches, chromium_sandbox=os.getuid() != 0)
        yield launched
        launched.close()


@dataclass
class Visitor:
    """Somebody with a browser of their own. What the page's console says is a failure."""

    site: str
    context: BrowserContext
    page: Page
    complaints: list[str]

    def open(self, path: str) -> None:
        self.page.goto(self.site + path)

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path


@pytest.fixture
def visit(browser: Browser, site, world):
    """Signs somebody in through the form; `script=False` is a browser that runs none."""
    visitors = []

    def begin(profile: str | None, colours: str = "light", script: bool = True) -> Visitor:
        context = browser.new_context(color_scheme=colours, java_script_enabled=script, viewport={"width": 1280, "height": 800})
        page = context.new_page()
        visitor = Visitor(site, context, page, [])
        # An answer other than 2xx is logged as well; tests look at what the page says then.
        page.on("console", lambda said: said.type == "error" and "Failed to load resource" not in said.text and visitor.complaints.append(said.text))
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        visitors.append(visitor)
        if profile is not None:
            visitor.open("/sign-in")
            page.get_by_label("Environment").select_option(profile.split("-", 1)[0])
            page.get_by_label("Token").fill(world.profile(profile)["token"])
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(site + "/")
        return visitor

    yield begin
    for visitor in visitors:
        visitor.context.close()
        assert visitor.complaints == []
