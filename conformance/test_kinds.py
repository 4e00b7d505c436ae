"""Every kind of a bundle is deployed, planned again, shown and destroyed by the CLI."""

import json

import pytest
from conformance import bundle
from conformance.kinds import KINDS


def declared(cli) -> set[str]:
    """The kinds that this CLI knows, from the schema that it prints."""
    schema = json.loads(cli()("bundle", "schema").ok().out)

    def follow(node):
        while "properties" not in node:
            if "$ref" in node:
                place = schema
                for part in node["$ref"].removeprefix("#/").split("/"):
                    place = place[part]
                node = place
            else:
                node = next(iter(node.get("oneOf") or node["anyOf"]))
        return node

    return set(follow(schema["properties"]["resources"])["properties"])


def test_every_kind_that_the_cli_knows_is_here(cli):
    assert declared(cli) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_deployed_planned_shown_and_destroyed(kind, cli, name, warehouse, tmp_path):
    described = KINDS[kind]
    run = cli(described.principal)
    bundle.write(tmp_path, name, warehouse, described.resources, described.files, described.variables)
    values = {f"BUNDLE_VAR_{variable}": value for variable, value in described.variables.items()}
    for command in described.before:
        answer = run(*[bundle.fill(argument, name, warehouse) for argument in command]).ok()
        assert '"FAILED"' not in answer.out, answer.out

    deployed = run("bundle", "deploy", "--auto-approve", directory=tmp_path, **values)
    if described.refused:
        assert deployed.code == 1 and described.refused in deployed.err, deployed
    else:
        deployed.ok()
        plan = run.json("bundle", "plan", directory=tmp_path, **values)["plan"]
        assert {key: entry for key, entry in plan.items() if entry["action"] != "skip"} == {}
        shown = run.json("bundle", "summary", directory=tmp_path, **values)["resources"]
        assert {group: set(entries) for group, entries in shown.items()} == {
            group: set(entries) for group, entries in described.resources.items()
        }

    run("bundle", "destroy", "--auto-approve", directory=tmp_path, **values).ok()
    left = run.json("bundle", "plan", directory=tmp_path, **values)["plan"]
    assert {entry["action"] for entry in left.values()} == {"create"}
