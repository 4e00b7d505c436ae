"""The text of notebooks becomes the right cells."""

import pytest

from sluice_driver import notebook


def test_python_notebook_has_cells_of_all_offered_kinds_with_their_lines():
    text = """# Databricks notebook source
x = 1

# COMMAND ----------

# DBTITLE 1,What this is
# MAGIC %md
# MAGIC # A title

# COMMAND ----------

# MAGIC %sql
# MAGIC SELECT 1;
# MAGIC
# MAGIC SELECT 2

# COMMAND ----------

# MAGIC %run ./other $name="a b" $empty=""
"""
    cells = notebook.parse(text, "PYTHON", "nb")
    assert [(cell.kind, cell.number, cell.line) for cell in cells] == [
        ("python", 1, 1),
        ("md", 2, 5),
        ("sql", 3, 11),
        ("run", 4, 18),
    ]
    assert cells[0].source.strip() == "x = 1"
    assert cells[0].source.splitlines()[1] == "x = 1", "line numbers stay those of the file"
    assert cells[2].source.strip().splitlines() == ["SELECT 1;", "", "SELECT 2"]
    target = notebook.run_target(cells[3], "nb")
    assert (target.path, target.arguments) == ("./other", {"name": "a b", "empty": ""})


def test_sql_notebook_runs_sql_by_default_and_python_by_magic():
    text = "-- Databricks notebook source\nSELECT 1\n\n-- COMMAND ----------\n\n-- MAGIC %python\n-- MAGIC print(1)\n"
    assert [(cell.kind, cell.source.strip()) for cell in notebook.parse(text, "SQL", "nb")] == [
        ("sql", "SELECT 1"),
        ("python", "print(1)"),
    ]


@pytest.mark.parametrize("magic", ["pip install x", "sh ls", "scala", "fs ls /", "r"])
def test_other_magics_are_refused_by_name_before_anything_runs(magic):
    text = f"# Databricks notebook source\nprint(1)\n# COMMAND ----------\n# MAGIC %{magic}\n"
    with pytest.raises(notebook.NotebookError, match=f"cell 2: `%{magic.split()[0]}` is not offered"):
        notebook.parse(text, "PYTHON", "nb")


def test_a_magic_between_python_lines_is_refused():
    text = "# Databricks notebook source\nx = 1\n# MAGIC %pip install y\n"
    with pytest.raises(notebook.NotebookError, match="`%pip` is not offered"):
        notebook.parse(text, "PYTHON", "nb")


def test_other_languages_are_refused_by_name():
    with pytest.raises(notebook.NotebookError, match="written in SCALA"):
        notebook.parse("// Databricks notebook source", "SCALA", "nb")
