"""The demo as a whole: its report, and that `kill -9` at ten moments costs nothing but time."""

import json
import os
import random
import shutil
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
    assert [step["number"] for step in report["steps"]] == list(range(1, 13))
    assert {step["status"] for step in report["steps"]} == {"done"}
    assert all(step["evidence"] for step in report["steps"])
    first, second = report["releases"]
    assert (first["version"], first["environments"]) == ("1.0.0", [])
    assert second["version"] == "1.0.1"
    assert second["tag"] == "sluice/flight-punctuality/v1.0.1"
    assert sorted(second["environments"]) == ["prod", "qa"]
    assert report["ledger"]["verified"] is True
    assert report["ledger"]["entries"] > 0


def evidence(report: dict, number: int) -> list[str]:
    [step] = [step for step in report["steps"] if step["number"] == number]
    return [one["text"] for one in step["evidence"]]


def test_people_and_policies_had_their_say(finished):
    """What was refused on the way is in the report and in the ledger, with who decided in the end."""
    demo, report = finished
    assert any(text.startswith("AC-02 blocks: SELECT is granted to the person `analyst@sluice.test`") for text in evidence(report, 7))
    assert "business-acceptance: accepted by business@sluice.test" in evidence(report, 9)
    refused, approved, notified = evidence(report, 11)
    assert refused.startswith("refused: `engineer@sluice.test` does not hold role `domain-owner` in `prod`")
    assert approved == "domain-owner@sluice.test approved 1.0.1 for prod"
    assert int(notified.split()[0]) >= 3
    assert any("an analyst sees a mask" in text and "in prod" in text for text in evidence(report, 12))
    kinds = {json.loads(line).get("kind") for line in export(demo).splitlines()}
    assert {"approval.refused", "approval.consumed", "signoff.rejected", "signoff.accepted", "policy_report.allow"} <= kinds, kinds


@pytest.mark.parametrize("target", ["dev", "qa", "prod"])
def test_git_holds_all_that_lives_in_a_workspace(finished, target):
    """What was captured in dev and deployed to the empty workspaces of qa and prod leaves nothing to capture there, metadata included."""
    demo, _ = finished
    command = demo.command("capture", "--target", target, "--check", "--platform", str(demo.platform), "--output", "json")
    environment = demo.environment | {"DATABRICKS_CONFIG_FILE": str(demo.profiles), "DATABRICKS_CONFIG_PROFILE": "dev-engineer"}
    looked = subprocess.run(command, env=environment, cwd=demo.directory / "demo" / "flight-punctuality", capture_output=True, text=True)
    assert looked.returncode == 0, looked.stdout + looked.stderr
    assert json.loads(looked.stdout)["differences"] == []


def export(demo) -> str:
    whole = demo.directory / "whole.jsonl"
    whole.unlink(missing_ok=True)
    command = demo.command("ledger", "export", str(whole), "--platform", str(demo.platform))
    assert subprocess.run(command, env=demo.environment, capture_output=True).returncode == 0
    return whole.read_text()


def test_the_same_command_again_reaches_the_same_end(finished):
    demo, report = finished
    again = demo.run()
    assert essence(again) == essence(report)
    assert [release["digest"] for release in again["releases"]] == [release["digest"] for release in report["releases"]]


def test_ten_kills_at_random_moments_and_then_the_same_end(demo, finished):
    """One demo, killed ten times on its way and started again by the same command each time. Every second time the process behind
    the workspaces is killed too, with whatever it was doing. The moments lie so that the kills are spread over the whole demo."""
    _, report = finished
    share = sum(step["seconds"] for step in report["steps"]) / MOMENTS
    moments = random.Random(2013)
    killed_at = []
    for number in range(MOMENTS):
        after = moments.uniform(0.3, 1.7) * share
        running = subprocess.Popen(
            demo.demo_command(), env=demo.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            running.wait(timeout=after)
        except subprocess.TimeoutExpired:
            os.kill(running.pid, signal.SIGKILL)
            killed_at.append(round(after, 1))
            if number % 2:
                demo.kill_workspaces()
        running.wait()
    assert essence(demo.run()) == essence(report), f"killed after {killed_at} s"
    assert len(killed_at) == MOMENTS, f"it ended before the last kill: {killed_at}"


# Stands in the way of Git. Twice it kills the command that it was started by and the demo whose child that is: instead of the commit of
# the first edit of metadata, and while the grant that policies are to find stands in the working copy.
KILLS_TWICE = """#!/bin/sh
kill_once() {{
    if mkdir {once}-$1 2>/dev/null; then
        kill -9 $(ps -o ppid= -p $PPID) $PPID
        exit 1
    fi
}}
case "$*" in
*commit*carrier_name*) kill_once edit ;;
esac
if grep -q analyst@sluice.test catalog/gold.yml 2>/dev/null; then
    kill_once plant
fi
exec {git} "$@"
"""


def test_an_edit_killed_before_its_commit_or_its_taking_back_is_in_nobodys_way(demo, tmp_path):
    program = tmp_path / "programs" / "git"
    program.parent.mkdir()
    program.write_text(KILLS_TWICE.format(once=tmp_path / "once", git=shutil.which("git")))
    program.chmod(0o755)
    started = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    started["env"] = demo.environment | {"PATH": f"{program.parent}:{demo.environment['PATH']}"}
    product = demo.directory / "demo" / "flight-punctuality"
    for left in ["contracts/", "catalog/gold.yml"]:
        with subprocess.Popen(demo.demo_command(), **started) as running:
            _, messages = running.communicate()
        assert running.returncode == -signal.SIGKILL, messages[-2000:]
        status = subprocess.run(["git", "status", "--porcelain"], cwd=product, capture_output=True, text=True)
        assert left in status.stdout, "the edit was written"
    with subprocess.Popen(demo.demo_command(), **started) as running:
        messages = []
        while not messages or messages[-1] and "Step 8:" not in messages[-1]:
            messages.append(running.stderr.readline())
        running.kill()
    assert messages[-1], "it ended before step 8:\n" + "".join(messages[-40:])


def test_the_ledger_is_verified_offline_and_an_edited_entry_is_named(finished, tmp_path):
    demo, report = finished
    exported = export(demo)
    lines = exported.splitlines()
    nowhere = {"PATH": os.environ["PATH"]}

    def verify(text):
        file = tmp_path / "ledger.jsonl"
        file.write_text(text)
        return subprocess.run(demo.command("ledger", "verify", str(file), "--output", "json"), env=nowhere, capture_output=True, text=True)

    sound = verify(exported)
    assert sound.returncode == 0, sound.stderr
    assert json.loads(sound.stdout)["entries"] >= report["ledger"]["entries"]
    middle = len(lines) // 2
    edited = verify("\n".join(line.replace("engineer@", "nobody00@") if number >= middle else line for number, line in enumerate(lines)) + "\n")
    assert edited.returncode == 1
    assert json.loads(edited.stdout)["verified"] is False
