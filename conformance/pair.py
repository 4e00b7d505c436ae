"""One bundle through both programs, each in a workspace of its own, and where they differ."""

from __future__ import annotations

import json
import pathlib
import re
import urllib.parse
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from . import findings
from .case import Case
from .comparison import Difference, compare, shown
from .program import Finished, Program
from .recorder import READING, Recorder, Request
from .workspace_dump import Reader

# How files, locks and states travel is each program's own affair; what arrives is compared in the workspace's tree.
_OWN_AFFAIRS = ("/api/2.0/workspace/", "/api/2.0/workspace-files/", "/telemetry-ext", "/api/2.0/fs/", "/oidc/")


@dataclass
class Seen:
    """What one program did with a case, part by part, and how its commands ended."""

    parts: dict[str, Any] = field(default_factory=dict)
    commands: dict[str, Finished] = field(default_factory=dict)


class _Run:
    """One program at one case."""

    def __init__(self, case: Case, program: Program, other: Program, directory: pathlib.Path):
        self.case, self.program, self.other, self.directory = case, program, other, directory
        self.host, self.token = program.place.host(case.principal)
        self.reader = Reader(self.host, self.token)
        self.masks = program.seeded_masks()
        self.masks.replace(directory / program.name, "bundle")
        self.seen = Seen()

    def run(self) -> Seen:
        case = self.case
        bundle = case.write(self.directory / self.program.name)
        self._prepare(case.before)
        with Recorder(self.host) as self.recorder:
            self._read_only(bundle)
            if self.seen.parts["validate exit"] and case.until == "deploy" and case.fails not in ("validate", "plan"):
                if self._deploy(bundle, ""):
                    self._hand_over("")
                    if case.has_second_step:
                        self._prepare(case.between)
                        case.change(self.directory / self.program.name)
                        self._plan(bundle, "second ")
                        if self._deploy(bundle, "second "):
                            self._hand_over("second ")
                self._destroy(bundle)
        return self.seen

    def _prepare(self, requests: tuple[dict[str, Any], ...]) -> None:
        for each in requests:
            reader = Reader(*self.program.place.host(each.get("principal", self.case.principal)))
            status, answer = reader.ask(each["method"], self._filled(each["path"]), self._filled_value(each.get("body")))
            assert status == 200, f"{self.case.name}: {each['method']} {each['path']}: {status} {answer}"
            if isinstance(answer, dict):
                for key, value in answer.items():
                    if key.endswith("_id") and isinstance(value, str | int):
                        self.masks.add(value, key)

    def _filled(self, text: str) -> str:
        """A text with `{warehouse}` as the id of a warehouse, and `{resources.jobs.load}` as that of a resource that is deployed."""
        text = text.replace("{warehouse}", self.program.warehouse)
        for key, entry in getattr(self, "state", {}).items():
            text = text.replace("{" + key + "}", str(entry["__id__"]))
        return text

    def _filled_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._filled_value(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._filled_value(each) for each in value]
        if not isinstance(value, str):
            return value
        # Ids of jobs are numbers.
        filled = self._filled(value)
        return int(filled) if value.startswith("{resources.jobs.") and filled.isdigit() else filled

    def _command(self, name: str, *arguments: str, bundle: pathlib.Path, program: Program | None = None, step: str = "") -> Finished:
        by = program or self.program
        ended = by.run(name, *self.case.options, *arguments, case=self.case, host=self.recorder.host, token=self.token, directory=bundle)
        self.seen.commands[step + name if program is None else step + "hand-over"] = ended
        return ended

    def _read_only(self, bundle: pathlib.Path) -> None:
        case, parts = self.case, self.seen.parts
        validated = self._command("validate", "-o", "json", bundle=bundle)
        parts["findings"] = findings.read(validated.err)
        parts["validate exit"] = validated.code == 0
        if validated.code == 0:
            config = json.loads(validated.out)
            self.paths = config["workspace"]
            parts["validate"] = self.masks.apply(config)
        if case.until != "validate" and case.fails != "validate":
            self._plan(bundle, "")

    def _plan(self, bundle: pathlib.Path, step: str) -> None:
        planned = self._command("plan", "-o", "json", bundle=bundle, step=step)
        self.seen.parts[f"{step}plan exit"] = planned.code == 0
        if planned.code == 0:
            self.seen.parts[f"{step}plan"] = actions(json.loads(planned.out))

    def _deploy(self, bundle: pathlib.Path, step: str) -> bool:
        parts = self.seen.parts
        self.recorder.take()
        deployed = self._command("deploy", "--auto-approve", bundle=bundle, step=step)
        requests = self.recorder.take()
        parts[f"{step}deploy exit"] = deployed.code == 0
        self.state = self.reader.state(self.paths["state_path"])
        for key, entry in self.state.items():
            self.masks.add(entry["__id__"], key)
        parts[f"{step}requests"] = self._written(requests)
        if deployed.code != 0:
            if self.case.refused and self.case.refused not in deployed.err:
                parts[f"{step}refusal"] = deployed.err
            return False
        tree = self.reader.tree(self.paths["root_path"])
        parts[f"{step}tree"] = tree
        parts[f"{step}files"] = self.reader.files(self.paths["file_path"], tree)
        parts[f"{step}objects"] = self.masks.apply(self.reader.objects(self.state))
        parts[f"{step}state"] = self.masks.apply(self.state)
        summary = self._command("summary", "-o", "json", bundle=bundle, step=step)
        parts[f"{step}summary exit"] = summary.code == 0
        if summary.code == 0:
            parts[f"{step}summary"] = self.masks.apply(json.loads(summary.out))
        return True

    def _hand_over(self, step: str) -> None:
        """The other program, from a checkout of its own, finds nothing to do."""
        fresh = self.directory / f"{self.program.name}-{step.strip() or 'first'}-handed-over"
        bundle = self.case.write(fresh)
        if step:
            self.case.change(fresh)
        planned = self._command("plan", "-o", "json", bundle=bundle, program=self.other, step=step)
        to_do = {key: entry for key, entry in actions(json.loads(planned.out)).items() if entry["action"] != "skip"} if planned.code == 0 else planned.err
        self.seen.parts[f"{step}hand-over from {self.program.name}"] = to_do

    def _destroy(self, bundle: pathlib.Path) -> None:
        parts = self.seen.parts
        self.recorder.take()
        destroyed = self._command("destroy", "--auto-approve", bundle=bundle)
        parts["destroy exit"] = destroyed.code == 0
        parts["destroy requests"] = self._written(self.recorder.take())
        parts["left"] = self.reader.tree(self.paths["root_path"])

    def _written(self, requests: list[Request]) -> dict[str, Any]:
        """The requests that change something: by method and path, their bodies sorted. The same request again has a number."""
        written: dict[str, Any] = {}
        seen: Counter[str] = Counter()
        rows = []
        for each in requests:
            path = urllib.parse.unquote(each.path)
            if each.method not in READING and each.status < 400 and not path.startswith(_OWN_AFFAIRS):
                rows.append((f"{each.method} {self.masks.apply(path)}", self.masks.apply(each.body)))
        for key, body in sorted(rows, key=lambda row: (row[0], json.dumps(row[1], sort_keys=True))):
            seen[key] += 1
            written[key if seen[key] == 1 else f"{key} #{seen[key]}"] = body
        return written


def _plain(path: str) -> str:
    """A changed path without what each program writes in its own way: keys of maps, and a body that is a list."""
    return re.sub(r"\['([^']*)'\]", r".\1", path).removeprefix("__embed__")


def actions(plan: dict[str, Any]) -> dict[str, Any]:
    """What a plan does: action and changed paths by key."""
    found = {}
    for key, entry in (plan.get("plan") or {}).items():
        changed = {_plain(path): change["action"] for path, change in (entry.get("changes") or {}).items() if change.get("action") != "skip"}
        found[key] = {"action": entry["action"]} | ({"changes": changed} if changed else {})
    return found


@dataclass
class Compared:
    """The result of one case."""

    case: Case
    differences: list[Difference]
    commands: dict[str, dict[str, Finished]]


def run(case: Case, cli: Program, sluice: Program, directory: pathlib.Path) -> Compared:
    """A case through both programs."""
    one = _Run(case, cli, sluice, directory).run()
    two = _Run(case, sluice, cli, directory).run()
    differences: list[Difference] = []
    for what in [*one.parts, *(part for part in two.parts if part not in one.parts)]:
        if what == "findings":
            refused = not one.parts["validate exit"] and not two.parts["validate exit"]
            for finding, who in findings.compare(one.parts[what], two.parts[what], refused):
                row = {"cli": "", "sluice": ""} | {who: "said"}
                differences.append(Difference(case.name, what, str(finding), row["cli"], row["sluice"]))
        elif "hand-over" in what:
            seen = one.parts.get(what, two.parts.get(what))
            for key, entry in seen.items() if isinstance(seen, dict) else [("", seen)]:
                row = {"cli": "", "sluice": ""} | {("sluice" if what.endswith("cli") else "cli"): shown(entry)}
                differences.append(Difference(case.name, what, key, row["cli"], row["sluice"]))
        elif what in one.parts and what in two.parts:
            # A summary shows the configuration again.
            said = {(each.where, each.cli, each.sluice) for each in differences if each.what == "validate" and what.endswith("summary")}
            differences += [each for each in compare(case.name, what, one.parts[what], two.parts[what]) if (each.where, each.cli, each.sluice) not in said]
        # A part that only one program came to: how the command before it ended differs already.
    differences += _expectations(case, one)
    return Compared(case, differences, {"cli": one.commands, "sluice": two.commands})


def _expectations(case: Case, cli: Seen) -> list[Difference]:
    """A case is about what it says: a command fails when `fails` names it, and only then."""
    found = []
    for what, value in cli.parts.items():
        if what.endswith(" exit") and what != "destroy exit":
            command = what.removesuffix(" exit").removeprefix("second ")
            expected = case.fails != command and not (command == "deploy" and case.refused)
            if value != expected:
                text = cli.commands[what.removesuffix(" exit")].err
                found.append(Difference(case.name, "case", f"{command} {'failed' if expected else 'succeeded'}", shown(text), ""))
    return found
