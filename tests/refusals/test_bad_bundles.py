"""What is wrong with a bundle's files is said before anybody signs in: the exact words, for each of `cases/`.

A case is one file: what is wrong, the files of a bundle, and what `sluice validate` says. `SLUICE_WRITE_REFUSALS=1` writes the last part
anew; look at the difference before you commit it.
"""

import os
import resource
import subprocess
from pathlib import Path

import pytest

from sluice_process import SLUICE, clean_environment

CASES = sorted((Path(__file__).parent / "cases").glob("*.case"))
REFUSED = "refused"
MOST_MEMORY = 1 << 30


def parts(text: str) -> dict[str, str]:
    found, name = {}, None
    for line in text.splitlines(keepends=True):
        if line.startswith("--- "):
            name = line.removeprefix("--- ").strip()
            found[name] = ""
        elif name is not None:
            found[name] += line
    return found


def validate(bundle: Path, directory: Path) -> subprocess.CompletedProcess:
    # Nobody listens there: a case that needs a workspace fails.
    environment = clean_environment(directory / "data") | {"DATABRICKS_HOST": "http://127.0.0.1:1", "DATABRICKS_TOKEN": "unused"}
    # Address space that is only set aside for the threads of a large machine must not count.
    environment |= {"MALLOC_ARENA_MAX": "2", "TOKIO_WORKER_THREADS": "2"}
    # Whatever stands in the files, a gibibyte is enough to refuse it.
    bounded = lambda: resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))  # noqa: E731
    return subprocess.run(
        [str(SLUICE), "validate"], cwd=bundle, env=environment, capture_output=True, text=True, timeout=60, preexec_fn=bounded
    )


def test_there_are_many():
    assert len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_refused_with_these_words(case, tmp_path):
    text = case.read_text()
    files = parts(text)
    expected = files.pop(REFUSED)
    bundle = tmp_path / "bundle"
    for name, content in files.items():
        path = bundle / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    before = sorted(path for path in bundle.rglob("*"))
    done = validate(bundle, tmp_path)
    assert (done.returncode, done.stdout) == (2, ""), done
    if os.environ.get("SLUICE_WRITE_REFUSALS"):
        case.write_text(text.split(f"--- {REFUSED}\n")[0] + f"--- {REFUSED}\n" + done.stderr)
    else:
        assert done.stderr == expected
    assert sorted(path for path in bundle.rglob("*")) == before


HEAD = "bundle:\n  name: shop\n"


def refused(tmp_path, prepare) -> str:
    """What is said of a bundle that `prepare` makes, within bounded time and memory."""
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    prepare(bundle)
    done = validate(bundle, tmp_path)
    assert (done.returncode, done.stdout) == (2, ""), done
    return done.stderr


def test_lines_that_end_as_on_windows_count_as_one(tmp_path):
    def prepare(bundle):
        (bundle / "databricks.yml").write_bytes(f"{HEAD}nme: ä\n".replace("\n", "\r\n").encode("utf-8-sig"))

    assert refused(tmp_path, prepare) == (
        "error: unknown field `nme`\n  at nme\n  in databricks.yml:3:1\n"
        "  help: a bundle file has no such field; remove it\n"
    )


def test_bytes_that_are_no_text(tmp_path):
    def prepare(bundle):
        (bundle / "databricks.yml").write_bytes(b"bundle:\n  name: \xff\xfe\n")

    assert refused(tmp_path, prepare) == (
        f"error: cannot read `{tmp_path}/bundle/databricks.yml`: stream did not contain valid UTF-8\n"
    )


def test_a_root_file_that_is_a_folder(tmp_path):
    def prepare(bundle):
        (bundle / "databricks.yml").mkdir()

    assert refused(tmp_path, prepare) == (
        f"error: no bundle here: neither `{tmp_path}/bundle` nor a directory above it has a `databricks.yml`\n"
        "hint: change to the directory of a bundle, or make one with `sluice new`\n"
    )


def test_an_included_link_that_leads_to_itself(tmp_path):
    def prepare(bundle):
        (bundle / "databricks.yml").write_text(f"{HEAD}include:\n  - r/*.yml\n")
        (bundle / "r").mkdir()
        (bundle / "r" / "a.yml").symlink_to("a.yml")

    assert refused(tmp_path, prepare) == (
        f"error: cannot read `{tmp_path}/bundle/r/a.yml`: Too many levels of symbolic links (os error 40)\n"
    )


def test_aliases_that_would_grow_without_bound(tmp_path):
    lines = ["variables:", "  a0: &a0 {default: [x, x, x, x, x, x, x, x, x, x]}"]
    lines += [f"  a{n}: &a{n} {{default: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 12)]

    def prepare(bundle):
        (bundle / "databricks.yml").write_text(HEAD + "\n".join(lines) + "\n")

    assert refused(tmp_path, prepare) == (
        "error: the document has more than 1000000 values, aliases included\n  in databricks.yml:9:47\n"
    )


def test_variables_that_would_grow_without_bound(tmp_path):
    lines = ["variables:", "  a0:", "    default: xxxxxxxxxx"]
    for n in range(1, 12):
        lines += [f"  a{n}:", f"    default: {f'${{var.a{n - 1}}}' * 10}"]

    def prepare(bundle):
        (bundle / "databricks.yml").write_text(HEAD + "\n".join(lines) + "\n")

    assert refused(tmp_path, prepare) == (
        "error: references bring in more than a bundle can hold\n  in databricks.yml:19:14\n"
    )


def test_brackets_that_nobody_can_follow(tmp_path):
    def prepare(bundle):
        (bundle / "databricks.yml").write_text(f"{HEAD}variables: {'[' * 100_000}\n")

    assert refused(tmp_path, prepare) == "error: broken YAML: recursion limit exceeded\n  in databricks.yml:3:267\n"


def test_ten_megabytes_with_a_fault_at_their_end(tmp_path):
    def prepare(bundle):
        parameters = "".join(f"        - name: p{n}\n          default: {'x' * 60}\n" for n in range(100_000))
        jobs = f"resources:\n  jobs:\n    load:\n      name: load\n      parameters:\n{parameters}      tsks: []\n"
        (bundle / "databricks.yml").write_text(HEAD + jobs)
        assert (bundle / "databricks.yml").stat().st_size > 9_000_000

    assert refused(tmp_path, prepare) == (
        "error: unknown field `tsks`\n  at resources.jobs.load.tsks\n  in databricks.yml:200008:7\n  help: did you mean `tasks`?\n"
    )
