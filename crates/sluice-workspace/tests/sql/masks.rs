//! Column masks and row filters: what each reader gets, and every way around them that we could think of.

use crate::support::{Lab, run, shown};

const DENIED: &str = "INSUFFICIENT_PERMISSIONS";

impl Lab {
    /// A table with a mask on `tail` for analysts, who may do almost everything with it, and with a row filter that shows analysts New York only.
    async fn masked(schema: &str) -> Self {
        let lab = Self::new(schema).await;
        lab.all(&[
            "CREATE FUNCTION hide(tail STRING) RETURNS STRING RETURN CASE WHEN is_account_group_member('analysts') THEN '***' ELSE tail END",
            "CREATE FUNCTION near(origin STRING) RETURNS BOOLEAN RETURN NOT is_account_group_member('analysts') OR origin = 'JFK'",
            "CREATE TABLE t (id INT, tail STRING MASK hide, origin STRING) WITH ROW FILTER near ON (origin)",
            "INSERT INTO t VALUES (1, 'N1', 'JFK'), (2, 'N2', 'EWR')",
            &format!("GRANT USE SCHEMA, CREATE TABLE, CREATE VOLUME, CREATE FUNCTION ON SCHEMA {schema} TO analysts"),
            "GRANT SELECT, MODIFY ON TABLE t TO analysts",
        ])
        .await;
        lab
    }

    async fn analyst(&self, text: &str) -> Vec<String> {
        shown(self.as_principal("analyst", text).await)
    }
}

#[test]
fn a_mask_hides_values_from_whom_it_is_for_whatever_the_query_looks_like() {
    run(async {
        let lab = Lab::masked("hiding").await;
        assert_eq!(lab.rows("SELECT * FROM t ORDER BY id").await, ["1|N1|JFK", "2|N2|EWR"]);
        for (query, expected) in [
            ("SELECT * FROM t", vec!["1|***|JFK"]),
            ("TABLE t", vec!["1|***|JFK"]),
            ("SELECT a.tail FROM t AS a", vec!["***"]),
            ("SELECT t.tail, hiding.t.tail FROM hiding.t", vec!["***|***"]),
            ("SELECT tail FROM (SELECT tail FROM t)", vec!["***"]),
            ("WITH c AS (SELECT * FROM t) SELECT max(tail) FROM c", vec!["***"]),
            ("SELECT tail FROM t UNION SELECT tail FROM t", vec!["***"]),
            ("SELECT (SELECT min(tail) FROM t)", vec!["***"]),
            ("SELECT count(*) FROM t WHERE tail = 'N1'", vec!["0"]),
            ("SELECT count(*) FROM t WHERE tail LIKE 'N%'", vec!["0"]),
            ("SELECT id FROM t ORDER BY tail", vec!["1"]),
            ("SELECT tail, count(*) FROM t GROUP BY tail", vec!["***|1"]),
            (
                "SELECT a.id FROM t a JOIN (SELECT 'N1' AS tail) b ON a.tail = b.tail",
                vec![],
            ),
            ("SELECT to_json(named_struct('a', tail)) FROM t", vec![r#"{"a":"***"}"#]),
            ("SELECT tail FROM t VERSION AS OF 1", vec!["***"]),
            (
                "SELECT tail FROM t VERSION AS OF 1 AS old WHERE old.tail <> 'x'",
                vec!["***"],
            ),
            ("SELECT count(*) FROM t", vec!["1"]),
            ("SELECT upper(tail) FROM t TABLESAMPLE (100 PERCENT)", vec!["***"]),
        ] {
            assert_eq!(lab.analyst(query).await, expected, "{query}");
        }
        let explained = lab.analyst("EXPLAIN SELECT * FROM t").await.join("\n");
        assert!(
            !explained.contains("N1") && !explained.contains("/managed/"),
            "{explained}"
        );
    });
}

#[test]
fn views_copies_and_functions_of_others_do_not_lead_around_a_mask() {
    run(async {
        let lab = Lab::masked("around").await;
        lab.all(&[
            "CREATE VIEW lent AS SELECT id, tail FROM t",
            "CREATE VIEW who AS SELECT current_user() AS name, is_member('analysts') AS is_analyst",
            "GRANT SELECT ON VIEW lent TO analysts",
            "GRANT SELECT ON VIEW who TO analysts",
        ])
        .await;
        assert_eq!(
            lab.analyst("SELECT * FROM lent").await,
            ["1|***"],
            "a mask answers for who asks"
        );
        assert_eq!(lab.analyst("SELECT * FROM who").await, ["analyst@sluice.test|true"]);
        assert_eq!(lab.rows("SELECT * FROM who").await, ["engineer@sluice.test|false"]);
        for statement in [
            "CREATE VIEW own AS SELECT * FROM t",
            "CREATE TABLE copy AS SELECT * FROM t",
            "CREATE TABLE filled (id INT, tail STRING, origin STRING)",
            "INSERT INTO filled SELECT * FROM t",
            "INSERT INTO filled BY NAME SELECT * FROM t VERSION AS OF 1",
            "MERGE INTO filled USING t ON filled.id = t.id + 10 WHEN NOT MATCHED THEN INSERT (id, tail, origin) VALUES (t.id + 10, t.tail, t.origin)",
            "UPDATE filled SET origin = (SELECT max(tail) FROM t)",
        ] {
            let done = lab.as_principal("analyst", statement).await;
            assert!(done.is_ok() || statement.starts_with("UPDATE"), "{statement}: {done:?}");
        }
        assert_eq!(lab.analyst("SELECT * FROM own").await, ["1|***|JFK"]);
        assert_eq!(lab.independent("copy").await, ["1|***|JFK"]);
        let filled = lab.independent("filled").await;
        assert!(
            filled.len() == 3 && filled.iter().all(|row| row.contains("|***|")),
            "{filled:?}"
        );
        lab.all(&["GRANT SELECT ON TABLE t TO `steward@sluice.test`"]).await;
        let made = lab
            .as_principal("analyst", "GRANT SELECT ON VIEW own TO engineers")
            .await;
        assert!(made.is_ok(), "{made:?}");
        assert_eq!(
            lab.rows("SELECT tail FROM own ORDER BY id").await,
            ["N1", "N2"],
            "and not for who made the view"
        );
        let function = "CREATE FUNCTION peek() RETURNS STRING RETURN (SELECT max(tail) FROM t)";
        assert_eq!(lab.refused("analyst", function).await, "UNSUPPORTED_FEATURE");
    });
}

#[test]
fn changes_that_would_tell_what_a_mask_hides_are_refused() {
    run(async {
        let lab = Lab::masked("telling").await;
        for statement in [
            "UPDATE t SET id = 9 WHERE tail = 'N1'",
            "DELETE FROM t WHERE tail = 'N1'",
            "MERGE INTO t USING (SELECT 'N1' AS tail) s ON t.tail = s.tail WHEN MATCHED THEN UPDATE SET id = 9",
            "INSERT INTO t REPLACE WHERE tail = 'N1' SELECT 1, 'x', 'JFK'",
            "ALTER TABLE t ALTER COLUMN tail SET NOT NULL",
        ] {
            assert_eq!(
                lab.refused("analyst", statement).await,
                "UNSUPPORTED_FEATURE",
                "{statement}"
            );
        }
        for statement in [
            "ALTER TABLE t ALTER COLUMN tail DROP MASK",
            "ALTER TABLE t DROP ROW FILTER",
            "CREATE OR REPLACE TABLE t AS SELECT 1 AS id, 'x' AS tail, 'JFK' AS origin",
            "CREATE OR REPLACE FUNCTION hide(tail STRING) RETURNS STRING RETURN tail",
            "DROP FUNCTION hide",
            "ALTER FUNCTION hide OWNER TO analysts",
        ] {
            assert_eq!(lab.refused("analyst", statement).await, DENIED, "{statement}");
        }
        assert_eq!(
            lab.analyst("INSERT INTO t VALUES (3, 'N3', 'JFK')").await,
            ["1|1"],
            "what is written is not hidden"
        );
        assert_eq!(lab.independent("t").await, ["1|N1|JFK", "2|N2|EWR", "3|N3|JFK"]);
        lab.all(&[
            "UPDATE t SET id = 4 WHERE tail = 'N3'",
            "DELETE FROM t WHERE tail = 'N2'",
        ])
        .await;
        assert_eq!(
            lab.independent("t").await,
            ["1|N1|JFK", "4|N3|JFK"],
            "who sees all changes all"
        );
    });
}

#[test]
fn a_mask_stays_with_its_table_and_its_function() {
    run(async {
        let lab = Lab::masked("staying").await;
        assert_eq!(
            lab.refused("engineer", "DROP FUNCTION hide").await,
            "INVALID_PARAMETER_VALUE"
        );
        lab.all(&[
            "CREATE OR REPLACE TABLE t AS SELECT 5 AS id, 'N5' AS tail, 'JFK' AS origin",
            "INSERT OVERWRITE t SELECT 6, 'N6', 'JFK'",
            "ALTER TABLE t ADD COLUMNS (more INT)",
            "ALTER TABLE t SET TBLPROPERTIES ('a' = 'b')",
            "COMMENT ON TABLE t IS 'c'",
            "ALTER TABLE t RENAME TO u",
        ])
        .await;
        assert_eq!(lab.analyst("SELECT id, tail FROM u").await, ["6|***"]);
        for statement in [
            "CREATE OR REPLACE TABLE u AS SELECT 1 AS id, 'JFK' AS origin",
            "CREATE OR REPLACE TABLE u AS SELECT 1 AS id, 2 AS tail, 'JFK' AS origin",
        ] {
            assert_eq!(
                lab.refused("engineer", statement).await,
                "UNSUPPORTED_FEATURE",
                "{statement}"
            );
        }
        let shown_create = lab.rows("SHOW CREATE TABLE u").await.join("\n");
        assert!(
            shown_create.contains("`tail` STRING MASK `dev`.`staying`.`hide`"),
            "{shown_create}"
        );
        assert!(
            shown_create.contains("WITH ROW FILTER `dev`.`staying`.`near` ON (`origin`)"),
            "{shown_create}"
        );
        lab.all(&[
            "ALTER TABLE u ALTER COLUMN tail DROP MASK",
            "ALTER TABLE u DROP ROW FILTER",
            "DROP FUNCTION hide",
        ])
        .await;
        assert_eq!(lab.analyst("SELECT id, tail FROM u").await, ["6|N6"]);
    });
}

#[test]
fn a_mask_that_does_not_fit_is_refused_naming_what_does_not() {
    run(async {
        let lab = Lab::new("fitting").await;
        lab.all(&[
            "CREATE TABLE t (id INT, name STRING)",
            "CREATE VIEW v AS SELECT * FROM t",
            "CREATE FUNCTION text(x STRING) RETURNS STRING RETURN x",
            "CREATE FUNCTION number(x INT) RETURNS INT RETURN x",
            "CREATE FUNCTION of_text(x STRING) RETURNS INT RETURN length(x)",
        ])
        .await;
        for (statement, words) in [
            (
                "ALTER TABLE t ALTER COLUMN name SET MASK missing",
                "dev.fitting.missing",
            ),
            ("ALTER TABLE t ALTER COLUMN nothing SET MASK text", "`nothing`"),
            (
                "ALTER TABLE t ALTER COLUMN id SET MASK text",
                "the parameter `x` of 'dev.fitting.text' is string, the column `id` is int",
            ),
            (
                "ALTER TABLE t ALTER COLUMN name SET MASK of_text",
                "returns int, the column is string",
            ),
            (
                "ALTER TABLE t ALTER COLUMN name SET MASK text USING COLUMNS (id)",
                "takes 1 arguments, and 2 columns are given",
            ),
            (
                "ALTER TABLE t ALTER COLUMN name SET MASK text USING COLUMNS ('x')",
                "literals",
            ),
            (
                "ALTER TABLE t SET ROW FILTER number ON (id)",
                "a row filter returns boolean",
            ),
            ("ALTER TABLE v ALTER COLUMN name SET MASK text", "ALTER VIEW"),
            ("CREATE TABLE u (name STRING MASK missing)", "dev.fitting.missing"),
            (
                "CREATE TABLE u (name STRING) WITH ROW FILTER missing ON (name)",
                "dev.fitting.missing",
            ),
        ] {
            let error = lab.sql(statement).await.unwrap_err();
            assert!(error.message.contains(words), "{statement}: {error:?}");
        }
        assert_eq!(
            lab.refused("engineer", "SELECT * FROM u").await,
            "TABLE_OR_VIEW_NOT_FOUND",
            "nothing half-made is left"
        );
        lab.all(&[
            "CREATE FUNCTION pair(x STRING, other INT) RETURNS STRING RETURN IF(other > 1, 'big', x)",
            "ALTER TABLE t ALTER COLUMN name SET MASK pair USING COLUMNS (id)",
            "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
        ])
        .await;
        assert_eq!(lab.rows("SELECT name FROM t ORDER BY id").await, ["a", "big"]);
        lab.all(&["CREATE OR REPLACE FUNCTION pair(x STRING) RETURNS STRING RETURN x"])
            .await;
        let error = lab.sql("SELECT id FROM t").await.unwrap_err();
        assert!(
            error.message.contains("mask of the column `name`") && error.message.contains("dev.fitting.pair"),
            "{error:?}"
        );
    });
}

#[test]
fn a_task_that_is_subject_to_a_mask_is_refused_the_table_and_others_work() {
    run(async {
        let lab = Lab::masked("tasks").await;
        lab.all(&["CREATE VIEW v AS SELECT * FROM t", "GRANT SELECT ON VIEW v TO analysts"])
            .await;
        let location = lab.location("t").await;
        let script = format!(
            r#"
show("by name", lambda: spark.table("t").collect())
show("by SQL", lambda: spark.sql("SELECT * FROM t").collect())
show("by view", lambda: spark.table("v").collect())
show("old", lambda: spark.read.option("versionAsOf", 1).table("t").collect())
show("by path", lambda: spark.read.format("delta").load("{location}").collect())
show("files", lambda: spark.read.parquet("{location}").collect())
show("path in SQL", lambda: spark.sql("SELECT * FROM delta.`{location}`").collect())
show("temporary", lambda: spark.sql("CREATE TEMP VIEW w AS SELECT * FROM t"))
show("insert", lambda: spark.sql("INSERT INTO own SELECT id, tail FROM t"))
show("replace", lambda: spark.createDataFrame([(1, "x", "JFK")], "id int, tail string, origin string").writeTo("t").overwrite(col("tail") == "N1"))
"#
        );
        lab.as_principal("analyst", "CREATE TABLE own (id INT, tail STRING)")
            .await
            .unwrap();
        let refused = lab.python("analyst", &script).await;
        assert_eq!(refused.len(), 10, "{refused:?}");
        for line in &refused {
            assert!(!line.contains("Row(") && !line.contains("N1'"), "{line}");
        }
        for line in refused.iter().take(4) {
            assert!(line.ends_with("AnalysisException INSUFFICIENT_PERMISSIONS"), "{line}");
        }
        assert_eq!(lab.independent("own").await, Vec::<String>::new());
        assert_eq!(lab.independent("t").await, ["1|N1|JFK", "2|N2|EWR"]);
        let all = lab
            .python(
                "engineer",
                r#"
show("by name", lambda: [row.tail for row in spark.table("t").orderBy("id").collect()])
show("by SQL", lambda: [row.tail for row in spark.sql("SELECT * FROM v ORDER BY id").collect()])
show("function", lambda: spark.table("t").selectExpr("tasks.hide(tail) AS h").orderBy("h").first())
spark.createDataFrame([(3, "N3", "LGA")], "id int, tail string, origin string").write.mode("append").saveAsTable("t")
show("appended", lambda: spark.table("t").count())
"#,
            )
            .await;
        assert_eq!(
            all,
            [
                "by name: ['N1', 'N2']",
                "by SQL: ['N1', 'N2']",
                "function: Row(h='N1')",
                "appended: 3",
            ]
        );
    });
}
