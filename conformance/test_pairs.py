"""Every bundle under `acceptance/bundles/` through the Databricks CLI and through Sluice: both have to do the same.

All cases run side by side before the first test looks at its own; `case.py` says what a case can hold, `pair.py` what is compared.
A difference that is meant has a line with its reason in `acceptance/differences.toml`.
"""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from . import accepted, case, pair
from .process import Place, sluice_program
from .program import Program

CASES = case.load()
NOT_YET = "is not supported by this version of Sluice"
SIDE_BY_SIDE = int(os.environ.get("CONFORMANCE_THREADS", "4"))


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """Both programs, each with running workspaces of its own."""
    places = [Place(tmp_path_factory.mktemp(name)) for name in ("cli", "sluice")]
    for place in places:
        place.sluice("workspace", "up", "--base-port", "0").ok()
    yield (
        Program("cli", (os.environ["DATABRICKS_CLI"], "bundle"), places[0]),
        Program("sluice", (sluice_program(),), places[1]),
    )
    for place in places:
        place.sluice("workspace", "down").ok()


@pytest.fixture(scope="session")
def results(programs, tmp_path_factory, request):
    """What came of every chosen case, by name; for one that waits, what Sluice says about it."""
    chosen = [item.callspec.params["compared"] for item in request.session.items if "compared" in getattr(item, "callspec", _NONE).params]

    def one(chosen_case):
        directory = tmp_path_factory.mktemp(chosen_case.name.replace("/", "-"))
        if chosen_case.venv and not os.environ.get("DATABRICKS_BUNDLES_VENV"):
            return None
        if chosen_case.waits_for:
            return _waiting(chosen_case, programs[1], directory)
        return pair.run(chosen_case, *programs, directory)

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return dict(zip([each.name for each in chosen], pool.map(_kept(one), chosen), strict=True))


class _NONE:
    params: dict[str, object] = {}


def _kept(act):
    """An exception as a result, so that one broken case does not end the others."""

    def kept(value):
        try:
            return act(value)
        except Exception as error:  # noqa: BLE001 - it is raised in the test of the case
            return error

    return kept


def _waiting(waiting, sluice, directory):
    bundle = waiting.write(directory / "sluice")
    host, token = sluice.place.host(waiting.principal)
    return sluice.run("validate", *waiting.options, case=waiting, host=host, token=token, directory=bundle).err


@pytest.fixture(scope="session")
def lines():
    """The accepted differences."""
    return accepted.load()


FIGURES: dict[str, Counter] = {}
OPEN: list = []


@pytest.mark.parametrize("compared", CASES, ids=lambda each: each.name)
def test_both_programs_do_the_same(compared, results, lines):
    result = results[compared.name]
    if isinstance(result, Exception):
        raise result
    if result is None:
        pytest.skip(f"{compared.name} needs a virtual environment with `databricks-bundles`: set DATABRICKS_BUNDLES_VENV")
    figures = FIGURES.setdefault(compared.area, Counter())
    figures["bundles"] += 1
    if compared.waits_for:
        waits_for = ", ".join(compared.waits_for)
        assert NOT_YET in result, f"Sluice has {waits_for} now: remove `waits_for` from {compared.name}/case.toml\n{result}"
        figures["waiting"] += 1
        pytest.skip(f"{compared.name} waits for {waits_for}")
    left = accepted.open_ones(result.differences, lines)
    figures["accepted" if result.differences and not left else "open" if left else "equal"] += 1
    OPEN.extend(left)
    said = "\n".join(f"{who} {name}: {ended.err}" for who, commands in result.commands.items() for name, ended in commands.items() if ended.code)
    table = "\n".join(f"{each.what} | {each.where} | {each.cli} | {each.sluice}" for each in left)
    if left:
        pytest.fail(f"what | where | cli | sluice\n{table}\n{said}", pytrace=False)


def test_every_accepted_difference_is_needed(results, lines):
    if len(results) < len(CASES):
        pytest.skip("only some of the cases ran")
    unused = [line for line in lines if not line.uses]
    assert not unused, "nothing differs there any more: " + "; ".join(f"{line.case} {line.what} {line.where}" for line in unused)


