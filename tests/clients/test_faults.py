"""What the unmodified client makes of a workspace that fails on purpose."""

import json
import time

import pytest
from databricks.sdk.errors import InternalError

from .conftest import Workspaces, sluice


class Faults:
    """Injects faults into dev, with the command that people use."""

    def __init__(self, data, workspaces):
        self.data = data
        self.workspaces = workspaces

    def command(self, verb, *arguments):
        answer = sluice(self.data, "workspace", "fault", verb, "--environment", "dev", *arguments, "-o", "json")
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    def add(self, *arguments):
        self.command("clear")
        return self.command("add", *arguments)["added"]

    def only(self):
        (fault,) = self.command("list")["faults"]
        return fault


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    """Workspaces of their own, started with faults allowed."""
    data = tmp_path_factory.mktemp("faults")
    started = sluice(data, "workspace", "up", "--base-port", "0", "--allow-faults")
    assert started.returncode == 0, started.stderr
    try:
        yield Faults(data, Workspaces(data))
    finally:
        stopped = sluice(data, "workspace", "down")
        assert stopped.returncode == 0, stopped.stderr


@pytest.fixture
def engineer(faults):
    """A new client: it has asked the workspace nothing yet."""
    return faults.workspaces.client("engineer")


def test_too_many_requests_are_waited_out(faults, engineer):
    faults.add("--operation", "iam.CurrentUserAPI.me", "--times", "2", "--status", "429", "--header", "Retry-After: 1")
    begun = time.monotonic()
    assert engineer.current_user.me().user_name == "engineer@sluice.test"
    assert time.monotonic() - begun >= 2
    fault = faults.only()
    assert (fault["counted"], fault["fired"]) == (3, 2)


def test_a_read_whose_connection_is_lost_is_repeated(faults, engineer):
    created = engineer.jobs.create(name="kept")
    faults.add("--operation", "jobs.JobsAPI.get", "--drop")
    assert engineer.jobs.get(created.job_id).settings.name == "kept"
    fault = faults.only()
    assert (fault["counted"], fault["fired"]) == (2, 1)
    engineer.jobs.delete(created.job_id)


def test_an_error_after_the_effect_is_believed(faults, engineer):
    faults.add("--operation", "jobs.JobsAPI.create", "--commit-then-fail", "500", "--message", "broken on purpose")
    with pytest.raises(InternalError, match="broken on purpose"):
        engineer.jobs.create(name="made")
    (made,) = engineer.jobs.list(name="made")
    assert faults.only()["hits"][0]["executed"] == 200
    engineer.jobs.delete(made.job_id)


def test_an_answer_that_is_lost_makes_the_client_create_twice(faults, engineer):
    """The client repeats whatever lost its connection: what a fault is for is to see this before production does."""
    faults.add("--operation", "jobs.JobsAPI.create", "--commit-then-drop")
    engineer.jobs.create(name="twice")
    made = list(engineer.jobs.list(name="twice"))
    assert len(made) == 2
    for each in made:
        engineer.jobs.delete(each.job_id)


def test_latency_is_waited_for(faults, engineer):
    faults.add("--principal", "engineer", "--requests", "reading", "--latency", "300")
    begun = time.monotonic()
    engineer.current_user.me()
    assert time.monotonic() - begun >= 0.3
