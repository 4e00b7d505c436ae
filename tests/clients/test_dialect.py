"""The SQL dialect: every statement of `dialect/*.sql` gives the rows that stand below it, or is refused by the name that stands there.

A file is a script: comments begin with `--`, a statement ends with a semicolon at the end of a line, and what it owes follows:

    ok                      it succeeds; its rows are not looked at
    => a | NULL             one row, cell by cell as the Statement Execution API writes them; `↵` is a line break, `''` no text
    => (none)               no rows
    :: INT | STRING         the types of the columns
    !! CONDITION words      it fails with this error condition (or one below it), and the message holds the words

Rows are compared in their order when the statement has an ORDER BY, as a set with repetitions otherwise. What stands there comes from the language
reference of Databricks and from arithmetic by hand, never from what the local workspace answered.
"""

import pathlib
from collections import Counter
from dataclasses import dataclass, field

import pytest
from databricks.sdk.service.sql import StatementState

pytestmark = pytest.mark.witness("executes")

FILES = sorted((pathlib.Path(__file__).parent / "dialect").glob("*.sql"))


@dataclass
class Case:
    """A statement, and what it owes."""

    line: int
    statement: str
    succeeds: bool = False
    rows: list[tuple[str, ...]] | None = None
    types: tuple[str, ...] | None = None
    refusal: str | None = None

    def owe(self, line: str) -> None:
        """Reads a line below the statement."""
        kind, _, rest = line.partition(" ")
        if kind == "ok":
            self.succeeds = True
        elif kind == "::":
            self.types = _cells(rest)
        elif kind == "!!":
            self.refusal = rest
        else:
            self.rows = [*(self.rows or []), *([] if rest == "(none)" else [_cells(rest)])]


@dataclass
class Script:
    """The statements of a file, in order."""

    cases: list[Case] = field(default_factory=list)

    @classmethod
    def read(cls, path: pathlib.Path) -> "Script":
        """Reads a file; a line that fits nowhere is an error of the file."""
        script, statement, begun = cls(), "", 0
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if statement or (line and not line.startswith(("--", "=> ", ":: ", "!! ")) and line != "ok"):
                begun = begun if statement else number
                statement += line + "\n"
                if line.endswith(";"):
                    script.cases.append(Case(begun, statement.rstrip()[:-1]))
                    statement = ""
            elif line and not line.startswith("--"):
                script.cases[-1].owe(line)
        assert not statement, f"{path.name}:{begun}: a statement does not end"
        return script


def _cells(text: str) -> tuple[str, ...]:
    return tuple("" if cell == "''" else cell.strip(" ") for cell in text.split(" | "))


def _shown(row: list[str | None]) -> tuple[str, ...]:
    return tuple("NULL" if cell is None else cell.replace("\n", "↵").strip(" ") for cell in row)


def _wrong(case: Case, answer) -> str | None:
    """What is wrong about an answer; nothing when it is what the case asks for."""
    if case.refusal is not None:
        condition, _, words = case.refusal.partition(" ")
        if answer.status.state != StatementState.FAILED:
            return f"it was to be refused with {condition}, and gave {answer.result and answer.result.data_array}"
        message = answer.status.error.message
        named = message.startswith((f"[{condition}]", f"[{condition}."))
        return None if named and words in message else f"it was to be refused with {case.refusal}: {message}"
    if answer.status.state != StatementState.SUCCEEDED:
        return f"{answer.status.state}: {answer.status.error and answer.status.error.message}"
    if case.types and (given := tuple(column.type_text for column in answer.manifest.schema.columns)) != case.types:
        return f"types {given}, expected {case.types}"
    if case.rows is None:
        return None
    given = [_shown(row) for row in (answer.result.data_array or [])]
    ordered = "ORDER BY" in case.statement.upper()
    same = given == case.rows if ordered else Counter(given) == Counter(case.rows)
    return None if same else f"rows {given}, expected {case.rows}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_statement_is_right_or_refused_by_name(engineer, warehouse, path):
    schema = f"dialect_{path.stem}"
    engineer.schemas.create(name=schema, catalog_name="dev")
    wrong = []
    for case in Script.read(path).cases:
        answer = engineer.statement_execution.execute_statement(case.statement, warehouse, catalog="dev", schema=schema, wait_timeout="50s")
        if reason := _wrong(case, answer):
            wrong.append(f"{path.name}:{case.line}: {case.statement[:120]}\n    {reason}")
    engineer.schemas.delete(f"dev.{schema}", force=True)
    assert not wrong, "\n".join(["", *wrong])


def test_the_suite_is_as_large_as_it_says():
    cases = [case for path in FILES for case in Script.read(path).cases]
    assert len(cases) >= 300
    # A statement that owes nothing would show nothing.
    assert [case.statement for case in cases if not (case.succeeds or case.rows is not None or case.refusal)] == []
