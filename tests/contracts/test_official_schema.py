"""Contracts against the official JSON schema of the Open Data Contract Standard, and Sluice's own check against that schema."""

import copy
import importlib.resources
import json
import subprocess
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from sluice_process import ROOT, SLUICE, clean_environment

SOUND = sorted((Path(__file__).parent / "sound").glob("*.odcs.yaml"))
DEMO = sorted((ROOT / "demo").glob("*/contracts/*.odcs.yaml"))


class Reader(yaml.SafeLoader):
    """YAML with the types of JSON alone: a moment stays a text."""


Reader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def published() -> dict:
    """The schema as it is published with the Python model of the standard."""
    text = (importlib.resources.files("open_data_contract_standard") / "schema.json").read_text()
    return json.loads(text)


def corrected() -> dict:
    """The schema with what its later text corrects.

    The rules for maps and vectors ask whether `logicalType` has their word, which is also true where there is no `logicalType` at all: as
    published, a property without a logical type would need a `map`. Ids may have more characters, and objects may be blobs.
    """
    schema = published()
    definitions = schema["$defs"]
    for rule in definitions["SchemaBaseProperty"]["allOf"]:
        if rule.get("if", {}).get("properties", {}).get("logicalType", {}).get("const") in ("map", "vector"):
            rule["if"]["required"] = ["logicalType"]
            if rule["if"]["properties"]["logicalType"]["const"] == "vector":
                rule["then"]["required"] = ["logicalTypeOptions"]
    definitions["SchemaObject"]["properties"]["logicalType"]["enum"] = ["object", "blob"]
    part = r"[^\s.#/\\@!%&^]+"
    definitions["StableId"]["pattern"] = f"^{part}$"
    name = r"[A-Za-z_][A-Za-z0-9_]*"
    definitions["FullyQualifiedReference"]["pattern"] = (
        rf"^(?:(?:https?:\/\/)?[A-Za-z0-9._\-\/]+\.ya?ml#)?\/?{name}\/{part}(?:\/{name}\/{part})*$"
    )
    return schema


def faults_by_file(directory: Path, files: list[Path]) -> dict[str, list[dict]]:
    """The errors that `sluice contract check` finds in each file."""
    found: dict[str, list[dict]] = {path.name: [] for path in files}
    for start in range(0, len(files), 500):
        names = [path.name for path in files[start : start + 500]]
        command = [SLUICE, "contract", "check", "-o", "json", *names]
        done = subprocess.run(command, cwd=directory, env=clean_environment(directory / "data"), capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        report = json.loads(done.stdout)
        errors = [finding for finding in report["findings"] if finding["severity"] == "error"]
        assert done.returncode == (1 if errors else 0)
        for error in errors:
            found[error["locations"][0]["file"]].append(error)
    return found


@pytest.mark.parametrize("path", SOUND + DEMO, ids=lambda path: path.name)
def test_contracts_validate_against_the_official_schema(path: Path) -> None:
    document = yaml.load(path.read_text(), Reader)
    errors = [error.message for error in jsonschema_rs.validator_for(published()).iter_errors(document)]
    assert errors == []


def test_sluice_accepts_the_sound_contracts(tmp_path: Path) -> None:
    files = []
    for path in SOUND + DEMO:
        copied = tmp_path / path.name
        copied.write_bytes(path.read_bytes())
        files.append(copied)
    assert faults_by_file(tmp_path, files) == {path.name: [] for path in files}


def places(value: object, path: tuple = ()) -> list[tuple]:
    """The paths of all values inside a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in inside for found in [(*path, key), *places(item, (*path, key))]]


def changed(document: dict, path: tuple, change: object) -> dict:
    """A copy of the document with one value changed."""
    other = copy.deepcopy(document)
    holder = other
    for step in path[:-1]:
        holder = holder[step]
    change(holder, path[-1])
    return other


REPLACEMENTS = [None, True, 7, -1, 2.5, "", "word", "with space", "a.b", [], ["one"], [1, 1], [1, 2], {}, {"property": "p", "value": 1}]


def broken(document: dict) -> list[dict]:
    """The document with one change at each of its places: another type, one key less, an unknown key, an item twice."""
    variants = []
    for path in places(document):
        for value in REPLACEMENTS:
            variants.append(changed(document, path, lambda holder, key, value=value: holder.__setitem__(key, value)))
        variants.append(changed(document, path, lambda holder, key: holder.pop(key)))

        def extend(holder: dict | list, key: str | int) -> None:
            value = holder[key]
            if isinstance(value, dict):
                value["house"] = "mine"
            elif isinstance(value, list) and value:
                value.append(copy.deepcopy(value[0]))

        variants.append(changed(document, path, extend))
    return variants


def test_sluice_refuses_what_the_official_schema_refuses_and_nothing_else(tmp_path: Path) -> None:
    variants = [variant for path in SOUND for variant in broken(yaml.load(path.read_text(), Reader))]
    validator = jsonschema_rs.validator_for(corrected())
    files = []
    for index, variant in enumerate(variants):
        file = tmp_path / f"{index}.json"
        file.write_text(json.dumps(variant, indent=1))
        files.append(file)
    found = faults_by_file(tmp_path, files)
    refused = [not validator.is_valid(variant) for variant in variants]
    assert sum(refused) > len(variants) / 4 and sum(refused) < len(variants)
    different = []
    for variant, file, official in zip(variants, files, refused, strict=True):
        ours = [finding["summary"] for finding in found[file.name]]
        if bool(ours) != official:
            messages = [f"{list(error.instance_path)}: {error.message[:200]}" for error in validator.iter_errors(variant)]
            different.append((file.name, ours, messages[:2]))
    assert different == []
