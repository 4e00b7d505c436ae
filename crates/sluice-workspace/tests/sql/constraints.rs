//! Constraints: CHECK and NOT NULL hold on every way into a table, keys inform.

use crate::support::{Lab, run};

const CHECK: &str = "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES";
const NULL: &str = "DELTA_NOT_NULL_CONSTRAINT_VIOLATED";

#[test]
fn check_and_not_null_hold_on_every_way_into_a_table() {
    run(async {
        let lab = Lab::new("rules").await;
        lab.all(&[
            "CREATE TABLE t (id INT NOT NULL, n INT, CONSTRAINT positive CHECK (n > 0)) PARTITIONED BY (id)",
            "INSERT INTO t VALUES (1, 10), (2, 20)",
        ])
        .await;
        let before = lab.rows("DESCRIBE HISTORY t").await.len();
        for (statement, condition) in [
            ("INSERT INTO t VALUES (3, 30), (4, 0)", CHECK),
            ("INSERT INTO t (id) VALUES (3)", CHECK),
            ("INSERT INTO t BY NAME SELECT -1 AS n, 3 AS id", CHECK),
            ("INSERT INTO t SELECT NULL, 5", NULL),
            ("INSERT OVERWRITE t VALUES (1, -1)", CHECK),
            ("INSERT INTO t REPLACE WHERE id = 1 SELECT 1, -1", CHECK),
            ("UPDATE t SET n = n - 15", CHECK),
            ("UPDATE t SET id = NULL WHERE n = 10", NULL),
            (
                "MERGE INTO t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET n = 0",
                CHECK,
            ),
            (
                "MERGE INTO t USING (SELECT 9 AS id) s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id, n) VALUES (9, -9)",
                CHECK,
            ),
        ] {
            assert_eq!(lab.refused("engineer", statement).await, condition, "{statement}");
        }
        let script = r#"
bad = spark.createDataFrame([(7, -7)], "id int, n int")
show("append", lambda: bad.write.mode("append").saveAsTable("t"))
show("overwrite", lambda: bad.write.mode("overwrite").saveAsTable("t"))
show("insert", lambda: bad.write.insertInto("t"))
show("replace some", lambda: bad.write.mode("overwrite").option("replaceWhere", "id = 7").saveAsTable("t"))
show("replace all", lambda: bad.write.mode("overwrite").option("overwriteSchema", "true").saveAsTable("t"))
show("sql", lambda: spark.sql("INSERT INTO t VALUES (7, -7)"))
show("good", lambda: spark.createDataFrame([(7, 70)], "id int, n int").write.mode("append").saveAsTable("t"))
show("other columns", lambda: spark.createDataFrame([(7, 70, 1)], "id int, n int, more int").write.mode("overwrite").option("overwriteSchema", "true").saveAsTable("u"))
"#;
        lab.all(&["CREATE TABLE u (id INT, n INT, CONSTRAINT positive CHECK (n > 0))"])
            .await;
        let written = lab.python("engineer", script).await;
        for line in &written[..6] {
            assert!(line.ends_with(CHECK), "{line}");
        }
        assert_eq!(&written[6..], ["good: None", "other columns: None"]);
        assert_eq!(
            lab.independent("t").await,
            ["1|10", "2|20", "7|70"],
            "what was refused left nothing"
        );
        assert_eq!(lab.rows("DESCRIBE HISTORY t").await.len(), before + 1, "nor a version");
        assert_eq!(
            lab.refused("engineer", "INSERT INTO u VALUES (1, 0, 1)").await,
            CHECK,
            "a CHECK outlives other columns"
        );
        assert_eq!(lab.rows("INSERT INTO t VALUES (3, 30)").await, ["1|1"]);
        assert_eq!(lab.rows("UPDATE t SET n = 31 WHERE id = 3").await, ["1"]);
        assert_eq!(lab.rows("DELETE FROM t WHERE id = 3").await, ["1"]);
    });
}

#[test]
fn a_check_is_added_when_the_rows_keep_it_and_shown_as_a_property() {
    run(async {
        let lab = Lab::new("checks").await;
        lab.all(&["CREATE TABLE t (n INT)", "INSERT INTO t VALUES (1)"]).await;
        for (statement, condition) in [
            (
                "ALTER TABLE t ADD CONSTRAINT big CHECK (n > 1)",
                "DELTA_NEW_CHECK_CONSTRAINT_VIOLATION",
            ),
            ("ALTER TABLE t ADD CONSTRAINT big CHECK (n + 1)", "PARSE_SYNTAX_ERROR"),
            (
                "ALTER TABLE t ADD CONSTRAINT big CHECK (n > (SELECT max(n) FROM t))",
                "UNSUPPORTED_FEATURE",
            ),
            (
                "ALTER TABLE t ADD CONSTRAINT big CHECK (n > rand())",
                "UNSUPPORTED_FEATURE",
            ),
            ("ALTER TABLE t DROP CONSTRAINT big", "CONSTRAINT_NOT_FOUND"),
            (
                "ALTER TABLE t SET TBLPROPERTIES ('delta.constraints.x' = 'n > 5')",
                "UNSUPPORTED_FEATURE",
            ),
        ] {
            assert_eq!(lab.refused("engineer", statement).await, condition, "{statement}");
        }
        lab.all(&["ALTER TABLE t ADD CONSTRAINT Small CHECK (n < 100)"]).await;
        assert_eq!(
            lab.rows("SHOW TBLPROPERTIES t").await,
            ["delta.constraints.small|n < 100"]
        );
        let unset = "ALTER TABLE t UNSET TBLPROPERTIES ('delta.constraints.small')";
        assert_eq!(lab.refused("engineer", unset).await, "UNSUPPORTED_FEATURE");
        assert_eq!(
            lab.refused("engineer", "ALTER TABLE t ADD CONSTRAINT small CHECK (n > 0)")
                .await,
            "DELTA_CONSTRAINT_ALREADY_EXISTS"
        );
        assert_eq!(lab.refused("engineer", "INSERT INTO t VALUES (100)").await, CHECK);
        lab.all(&[
            "ALTER TABLE t DROP CONSTRAINT small",
            "ALTER TABLE t DROP CONSTRAINT IF EXISTS small",
            "INSERT INTO t VALUES (100)",
        ])
        .await;
        lab.all(&[
            "GRANT USE SCHEMA ON SCHEMA checks TO analysts",
            "GRANT SELECT, MODIFY ON TABLE t TO analysts",
        ])
        .await;
        let probe = "ALTER TABLE t ADD CONSTRAINT probe CHECK (n <> 100)";
        assert_eq!(lab.refused("analyst", probe).await, "INSUFFICIENT_PERMISSIONS");
    });
}

#[test]
fn keys_fit_their_tables() {
    run(async {
        let lab = Lab::new("keys").await;
        lab.all(&[
            "CREATE TABLE parent (id INT, name STRING, CONSTRAINT parent_key PRIMARY KEY (id) RELY)",
            "CREATE TABLE child (id INT PRIMARY KEY, parent_id INT REFERENCES parent, name STRING)",
            "CREATE TABLE plain (id INT, other STRING)",
        ])
        .await;
        for (statement, words) in [
            ("ALTER TABLE plain ADD CONSTRAINT k PRIMARY KEY (id)", "may be null"),
            (
                "ALTER TABLE plain ADD CONSTRAINT k PRIMARY KEY (none)",
                "no column `none`",
            ),
            (
                "ALTER TABLE parent ADD CONSTRAINT k PRIMARY KEY (id)",
                "has the primary key",
            ),
            (
                "ALTER TABLE plain ADD CONSTRAINT k FOREIGN KEY (other) REFERENCES parent",
                "`other`",
            ),
            (
                "ALTER TABLE parent ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES plain",
                "has no primary key",
            ),
            (
                "ALTER TABLE plain ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES parent (name)",
                "does not fit the primary key",
            ),
            ("ALTER TABLE parent ALTER COLUMN id DROP NOT NULL", "primary key"),
            ("ALTER TABLE parent DROP PRIMARY KEY", "dev.keys.child"),
            ("CREATE TABLE bad (id INT, PRIMARY KEY (none))", "no column `none`"),
        ] {
            let error = lab.sql(statement).await.unwrap_err();
            assert!(error.message.contains(words), "{statement}: {error:?}");
        }
        assert_eq!(
            lab.refused("engineer", "INSERT INTO child VALUES (NULL, 1, 'a')").await,
            NULL
        );
        lab.all(&[
            "INSERT INTO child VALUES (1, 99, 'a')",
            "INSERT INTO child VALUES (1, 99, 'b')",
        ])
        .await;
        lab.all(&[
            "ALTER TABLE plain ALTER COLUMN id SET NOT NULL",
            "ALTER TABLE plain ADD CONSTRAINT k PRIMARY KEY (id)",
            "ALTER TABLE parent RENAME TO elder",
            "ALTER TABLE elder DROP PRIMARY KEY CASCADE",
            "ALTER TABLE child DROP FOREIGN KEY IF EXISTS (parent_id)",
            "ALTER TABLE plain DROP CONSTRAINT k",
        ])
        .await;
        let child = lab.workspace.catalog().resolve_table("dev.keys.child").await.unwrap();
        let names: Vec<_> = child.constraints.iter().map(|key| key.name().to_owned()).collect();
        assert_eq!(names, ["child_pk"]);
    });
}
