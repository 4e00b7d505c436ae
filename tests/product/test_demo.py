"""The demo as a whole: its report, and that `kill -9` at any moment costs nothing but time."""

import json
import os
import random
import signal
import subprocess

import pytest

MOMENTS = 10


def essence(report: dict) -> dict:
    """What two demos have in common: everything but places, times, digests that contain times, and counts of attempts."""
    return {
        "steps": [(step["number"], step["title"], step["status"]) for step in report["steps"]],
        "outputs": sorted((output["environment"], output["table"], output["rows"]) for output in report["outputs"]),
        "releases": [(release["version"], release["tag"], sorted(release["environments"])) for release in report["releases"]],
        "verified": report["ledger"]["verified"],
    }


def test_the_report_names_what_was_done_and_nothing_else(finished):
    demo, report = finished
    assert [step["number"] for step in report["steps"]] == [1, 2, 6, 8, 12]
    assert {step["status"] for step in report["steps"]} == {"done"}
    assert all(step["evidence"] for step in report["steps"])
    [release] = report["releases"]
    assert release["version"] == "1.0.0"
    assert release["tag"] == "sluice/flight-punctuality/v1.0.0"
    assert sorted(release["environments"]) == ["prod", "qa"]
    assert report["ledger"]["verified"] is True
    assert report["ledger"]["entries"] > 0


def test_the_same_command_again_reaches_the_same_end(finished):
    demo, report = finished
    again = demo.run()
    assert essence(again) == essence(report)
    assert [release["digest"] for release in again["releases"]] == [release["digest"] for release in report["releases"]]


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_kill_at_a_random_moment_then_the_same_command(demo, finished, moment):
    _, report = finished
    whole = sum(step["seconds"] for step in report["steps"])
    after = random.Random(moment).uniform((moment + 0.1) * whole / MOMENTS, (moment + 0.9) * whole / MOMENTS)
    killed = subprocess.Popen(
        demo.demo_command(), env=demo.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        killed.wait(timeout=after)
    except subprocess.TimeoutExpired:
        os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert essence(demo.run()) == essence(report), f"killed after {after:.1f} s"


def test_the_ledger_is_verified_offline(finished):
    demo, report = finished
    done = subprocess.run(
        demo.command("ledger", "verify", "--output", "json", "--platform", str(demo.platform)),
        env=demo.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["entries"] == report["ledger"]["entries"]
