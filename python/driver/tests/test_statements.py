"""SQL text is split and bound the way that a notebook's author means it."""

import pytest

from sluice_driver import statements, widgets


def test_semicolons_inside_text_and_comments_do_not_split():
    text = """-- one; two
SELECT ';' AS a, "b;" AS b, `c;d`, r'\\' /* x; y */;
;
  SELECT 'it''s; \\'; ' ;
-- nothing follows;
"""
    found = statements.split(text)
    assert len(found) == 2
    assert found[0].endswith("/* x; y */") and found[1].startswith("SELECT 'it''s")


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("SELECT :a, x::int, ':b', `:c`, -- :d\n :e /* :f */", ["a", "e"]),
        ("SELECT payload:field.sub, f(x):y, arr[0]:z, \"s\":q", []),
        ("SELECT *, :a FROM t WHERE b=:b", ["a", "b"]),
    ],
)
def test_markers_are_found_where_they_are_markers(statement, names):
    text, arguments = statements.bind(statement, {name: f"v{name}" for name in "abcdefqyz"} | {"field": "no"})
    assert text == statement
    assert sorted(arguments) == names
    assert all(arguments[name] == f"v{name}" for name in names)


def test_a_marker_without_value_is_named():
    with pytest.raises(statements.StatementError, match="marker `:missing` has no value; parameters with a value: `a`"):
        statements.bind("SELECT :missing", {"a": "1"})


def test_the_older_form_is_replaced_textually_and_unknown_ones_stay():
    assert statements.bind("SELECT '${a}' FROM ${ a }.t WHERE x = '${b}'", {"a": "cat"}) == (
        "SELECT 'cat' FROM cat.t WHERE x = '${b}'",
        {},
    )


def test_identifier_of_constants_becomes_a_quoted_name():
    statement = "CREATE TABLE IDENTIFIER(:catalog || '.' || :schema || '.t') AS SELECT :catalog AS c"
    assert statements.bind(statement, {"catalog": "dev", "schema": "gold"}) == (
        "CREATE TABLE `dev`.`gold`.`t` AS SELECT :catalog AS c",
        {"catalog": "dev"},
    )
    assert statements.bind("SELECT IDENTIFIER(lower(:x))", {"x": "A"})[0] == "SELECT IDENTIFIER(lower(:x))"


@pytest.mark.parametrize("value", ["a; DROP TABLE b", "a`b", "a..b", ""])
def test_a_value_cannot_add_sql_through_identifier(value):
    try:
        text, _ = statements.bind("SELECT * FROM IDENTIFIER(:x)", {"x": value})
    except statements.StatementError as error:
        assert "not an object's name" in str(error)
    else:
        assert text == f"SELECT * FROM `{value}`"


def test_widget_statements_declare_defaults():
    found = widgets.Widgets({"b": "given"})
    assert widgets.run_statement(found, "CREATE WIDGET TEXT a DEFAULT 'one'")
    assert widgets.run_statement(found, 'create widget dropdown b default "x" choices SELECT 1')
    assert not widgets.run_statement(found, "CREATE TABLE widget (a INT)")
    assert found.getAll() == {"a": "one", "b": "given"}
    assert widgets.run_statement(found, "REMOVE WIDGET a")
    with pytest.raises(widgets.InputWidgetNotDefined, match="`a`"):
        found.get("a")
