//! SQL functions of the catalog: what a body may hold, what a call becomes, who may call.

use crate::support::{Lab, run, shown};

#[test]
fn a_function_is_called_wherever_an_expression_stands() {
    run(async {
        let lab = Lab::new("calls").await;
        lab.all(&[
            "CREATE FUNCTION twice(x INT COMMENT 'a number') RETURNS INT COMMENT 'Doubles' DETERMINISTIC LANGUAGE SQL RETURN x * 2",
            "CREATE FUNCTION dev.calls.hull(word STRING, mark STRING) RETURNS STRING RETURN concat(mark, upper(word), mark)",
            "CREATE FUNCTION four(x INT) RETURN twice(twice(x))",
            "CREATE FUNCTION nothing() RETURNS DATE RETURN DATE'2013-01-01'",
            "CREATE TABLE t AS SELECT * FROM VALUES (1, 'a'), (3, 'b') AS v(id, name)",
        ])
        .await;
        assert_eq!(
            lab.rows("SELECT twice(id + 1) FROM t ORDER BY twice(id) DESC").await,
            ["8", "4"]
        );
        assert_eq!(
            lab.rows("SELECT calls.hull(name, '-') FROM t WHERE dev.calls.four(id) > 4")
                .await,
            ["-B-"]
        );
        assert_eq!(
            lab.rows("SELECT twice(sum(twice(id))), count(*) FROM t").await,
            ["16|2"]
        );
        assert_eq!(lab.rows("SELECT nothing()").await, ["2013-01-01"]);
        assert_eq!(
            lab.rows("SELECT twice((SELECT max(id) FROM t)), (SELECT twice(2))")
                .await,
            ["6|4"]
        );
        lab.all(&["INSERT INTO t SELECT twice(id), hull(name, '*') FROM t"])
            .await;
        lab.all(&["UPDATE t SET name = hull(name, '+') WHERE id = twice(3)"])
            .await;
        assert_eq!(lab.independent("t").await, ["1|a", "2|*A*", "3|b", "6|+*B*+"]);
        lab.all(&["CREATE VIEW v AS SELECT twice(id) AS n, id FROM t"]).await;
        assert_eq!(lab.rows("SELECT max(n) FROM v").await, ["12"]);
        let rows = lab
            .sql("SELECT calls.twice(id), twice(id) AS n FROM t LIMIT 1")
            .await
            .unwrap();
        let names: Vec<_> = rows.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["calls.twice(id)", "n"]);
    });
}

#[test]
fn a_parameter_stays_what_it_is_whatever_the_argument_and_the_columns_are_called() {
    run(async {
        let lab = Lab::new("binding").await;
        lab.all(&[
            "CREATE FUNCTION minus(x INT, y INT) RETURNS INT RETURN x - y",
            "CREATE FUNCTION first_of(x STRUCT<a: INT>) RETURNS INT RETURN x.a",
            "CREATE TABLE t AS SELECT 10 AS y, 3 AS x",
        ])
        .await;
        assert_eq!(
            lab.rows("SELECT minus(y, x), minus(x - 1, y - 1), minus(minus(y, x), x) FROM t")
                .await,
            ["7|-7|4"]
        );
        assert_eq!(
            lab.rows("SELECT minus(1 OR 2 > 1, 0)").await.len(),
            1,
            "an argument cannot leave its place"
        );
        assert_eq!(lab.rows("SELECT first_of(named_struct('a', 5))").await, ["5"]);
        assert_eq!(
            lab.rows("SELECT minus('7', 2.9)").await,
            ["5"],
            "arguments are cast to the parameters"
        );
    });
}

/// A statement, the condition of its error (any when empty), and a word of the message.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "CREATE FUNCTION g(x INT) RETURNS INT LANGUAGE PYTHON AS $$ return x $$",
        "UNSUPPORTED_FEATURE",
        "Python",
    ),
    (
        "CREATE FUNCTION g(x INT) RETURNS INT LANGUAGE PYTHON RETURN x",
        "UNSUPPORTED_FEATURE",
        "PYTHON",
    ),
    (
        "CREATE FUNCTION g() RETURNS TABLE (a INT) RETURN SELECT 1",
        "UNSUPPORTED_FEATURE",
        "tables",
    ),
    (
        "CREATE FUNCTION g() RETURNS INT RETURN SELECT 1",
        "UNSUPPORTED_FEATURE",
        "queries",
    ),
    (
        "CREATE FUNCTION g() RETURNS INT RETURN (SELECT max(id) FROM t)",
        "UNSUPPORTED_FEATURE",
        "queries",
    ),
    (
        "CREATE FUNCTION g(x INT) RETURNS INT RETURN CASE WHEN EXISTS (SELECT 1 FROM t) THEN x END",
        "UNSUPPORTED_FEATURE",
        "queries",
    ),
    (
        "CREATE FUNCTION g(x INT) RETURNS INT RETURN y",
        "UNRESOLVED_COLUMN",
        "`y`",
    ),
    (
        "CREATE FUNCTION g(x INT) RETURNS STRING RETURN concat(*)",
        "UNSUPPORTED_FEATURE",
        "`*`",
    ),
    (
        "CREATE FUNCTION g(x ARRAY<INT>) RETURNS ARRAY<INT> RETURN transform(x, y -> y + 1)",
        "UNSUPPORTED_FEATURE",
        "lambdas",
    ),
    (
        "CREATE FUNCTION g(x INT, X INT) RETURNS INT RETURN x",
        "PARSE_SYNTAX_ERROR",
        "twice",
    ),
    (
        "CREATE FUNCTION g(x WORD) RETURNS INT RETURN x",
        "UNSUPPORTED_FEATURE",
        "word",
    ),
    (
        "CREATE FUNCTION g(x INT DEFAULT 1) RETURNS INT RETURN x",
        "UNSUPPORTED_FEATURE",
        "DEFAULT",
    ),
    (
        "CREATE FUNCTION g(x INT) RETURNS INT RETURN missing_function(x)",
        "",
        "missing_function",
    ),
    (
        "CREATE FUNCTION g(x INT) RETURNS INT RETURN dev.bodies.missing(x)",
        "ROUTINE_NOT_FOUND",
        "dev.bodies.missing",
    ),
    (
        "CREATE FUNCTION upper(x STRING) RETURNS STRING RETURN x",
        "UNSUPPORTED_FEATURE",
        "upper",
    ),
    (
        "CREATE FUNCTION f(x INT) RETURNS INT RETURN x",
        "ROUTINE_ALREADY_EXISTS",
        "bodies.f",
    ),
    (
        "CREATE TEMPORARY FUNCTION g(x INT) RETURNS INT RETURN x",
        "UNSUPPORTED_FEATURE",
        "temporary",
    ),
    ("SELECT f()", "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "1 arguments"),
    ("SELECT f(x => 1)", "UNSUPPORTED_FEATURE", "named"),
    ("SELECT f(DISTINCT 1)", "UNSUPPORTED_FEATURE", "DISTINCT"),
    ("SELECT f(id) OVER () FROM t", "UNSUPPORTED_FEATURE", "OVER"),
    ("SELECT bodies.none(1)", "ROUTINE_NOT_FOUND", "dev.bodies.none"),
    ("SELECT * FROM f(1)", "UNSUPPORTED_FEATURE", "table function"),
    (
        "SELECT is_account_group_member(concat('a', 'b'))",
        "UNSUPPORTED_FEATURE",
        "one string",
    ),
];

#[test]
fn what_a_function_cannot_be_is_refused_by_name() {
    run(async {
        let lab = Lab::new("bodies").await;
        lab.all(&[
            "CREATE TABLE t (id INT)",
            "CREATE FUNCTION f(x INT) RETURNS INT RETURN x",
        ])
        .await;
        for (statement, condition, word) in REFUSED.iter().copied() {
            let error = lab.sql(statement).await.unwrap_err();
            let found = error.condition.clone().unwrap_or_default();
            assert!(condition.is_empty() || found == condition, "{statement}: {error:?}");
            assert!(error.message.contains(word), "{statement}: {error:?}");
        }
        assert_eq!(
            lab.rows("SHOW USER FUNCTIONS IN bodies").await,
            ["dev.bodies.f"],
            "nothing half-made is left"
        );
        for aggregate in ["sum(x)", "count(x)", "max(x)"] {
            let made = lab
                .sql(&format!("CREATE FUNCTION g(x INT) RETURNS BIGINT RETURN {aggregate}"))
                .await;
            assert!(made.is_err(), "{aggregate} is no scalar");
        }
        lab.all(&["CREATE FUNCTION both(x DOUBLE) RETURNS DOUBLE RETURN x + x"])
            .await;
        assert_eq!(
            lab.refused("engineer", "SELECT both(rand())").await,
            "UNSUPPORTED_FEATURE"
        );
        lab.all(&["CREATE OR REPLACE FUNCTION f(x INT) RETURNS INT RETURN bodies.f(x)"])
            .await;
        assert_eq!(
            lab.refused("engineer", "SELECT f(1)").await,
            "UNSUPPORTED_FEATURE",
            "it calls itself"
        );
    });
}

#[test]
fn a_call_takes_execute_and_names_are_listed_and_described() {
    run(async {
        let lab = Lab::new("executing").await;
        lab.all(&[
            "CREATE FUNCTION f(x INT) RETURNS INT COMMENT 'Plus one' RETURN x + 1",
            "CREATE FUNCTION IF NOT EXISTS f(x INT) RETURNS INT RETURN x + 2",
            "CREATE FUNCTION g(x INT) RETURNS INT RETURN f(x) + 1",
            "GRANT USE SCHEMA ON SCHEMA executing TO analysts",
        ])
        .await;
        assert_eq!(lab.refused("analyst", "SELECT g(1)").await, "INSUFFICIENT_PERMISSIONS");
        lab.all(&["GRANT EXECUTE ON FUNCTION g TO analysts"]).await;
        assert_eq!(
            shown(lab.as_principal("analyst", "SELECT g(1)").await),
            ["3"],
            "a body calls with the rights of its owner"
        );
        assert_eq!(lab.refused("analyst", "SELECT f(1)").await, "INSUFFICIENT_PERMISSIONS");
        assert_eq!(
            lab.refused("analyst", "CREATE FUNCTION h(x INT) RETURNS INT RETURN x")
                .await,
            "INSUFFICIENT_PERMISSIONS"
        );
        assert_eq!(
            lab.refused("analyst", "DROP FUNCTION g").await,
            "INSUFFICIENT_PERMISSIONS"
        );
        assert_eq!(
            lab.refused("analyst", "CREATE OR REPLACE FUNCTION g(x INT) RETURNS INT RETURN 7")
                .await,
            "INSUFFICIENT_PERMISSIONS"
        );
        assert_eq!(
            shown(lab.as_principal("analyst", "SHOW FUNCTIONS IN executing").await),
            ["dev.executing.g"]
        );
        assert_eq!(
            lab.rows("SHOW FUNCTIONS IN executing LIKE 'f*'").await,
            ["dev.executing.f"]
        );
        assert_eq!(
            lab.rows("DESCRIBE FUNCTION EXTENDED f").await,
            [
                "Function: dev.executing.f",
                "Type: SCALAR",
                "Input: x INT",
                "Returns: INT",
                "Comment: Plus one",
                "Deterministic: true",
                "Owner: engineer@sluice.test",
                "Body: x + 1",
            ]
        );
        lab.all(&[
            "ALTER FUNCTION f OWNER TO `steward@sluice.test`",
            "COMMENT ON FUNCTION g IS 'two more'",
            "DROP FUNCTION g",
            "DROP FUNCTION IF EXISTS g",
        ])
        .await;
        assert_eq!(lab.refused("engineer", "DROP FUNCTION g").await, "ROUTINE_NOT_FOUND");
        assert_eq!(lab.rows("SELECT is_member('engineers'), is_account_group_member('analysts'), is_member('users'), is_account_group_member('users')").await, ["true|false|true|false"]);
    });
}
