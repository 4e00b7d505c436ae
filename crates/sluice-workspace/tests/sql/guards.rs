//! What the engine does wrong or does not do: each case is refused by name, or brought to a form that is right.

use crate::support::{Lab, run};

/// Every row of a partitioned table, as an independent reader sees it.
async fn partitioned(lab: &Lab) {
    lab.all(&[
        "CREATE OR REPLACE TABLE p (id BIGINT, k STRING) PARTITIONED BY (k)",
        "INSERT INTO p VALUES (1, 'a'), (2, 'b')",
    ])
    .await;
}

#[test]
fn replacing_some_rows_keeps_the_others() {
    run(async {
        let lab = Lab::new("replacing").await;
        partitioned(&lab).await;
        assert_eq!(
            lab.rows("INSERT INTO p REPLACE WHERE k = 'a' SELECT 10 AS id, 'a' AS k")
                .await,
            ["1|1"]
        );
        assert_eq!(lab.independent("p").await, ["10|a", "2|b"]);
        // A row that the condition does not hold for is none that the statement may write.
        for source in ["SELECT 11, 'b'", "VALUES (11, 'a'), (12, NULL)"] {
            let mismatch = format!("INSERT INTO p REPLACE WHERE k = 'a' {source}");
            assert_eq!(lab.refused("engineer", &mismatch).await, "DELTA_REPLACE_WHERE_MISMATCH");
        }
        assert_eq!(lab.independent("p").await, ["10|a", "2|b"]);
        partitioned(&lab).await;
        let script = r#"
frame = spark.sql("SELECT 20L AS id, 'a' AS k")
show("save", lambda: frame.write.mode("overwrite").option("replaceWhere", "k = 'a'").saveAsTable("p"))
show("v2", lambda: spark.sql("SELECT 30L AS id, 'b' AS k").writeTo("p").overwrite(col("k") == "b"))
other = spark.sql("SELECT 40L AS id, 'c' AS k UNION ALL SELECT 41L, 'a'")
show("save mismatch", lambda: other.write.mode("overwrite").option("replaceWhere", "k = 'a'").saveAsTable("p"))
show("v2 mismatch", lambda: other.writeTo("p").overwrite(col("k") == "a"))
show("dynamic", lambda: frame.write.mode("overwrite").option("partitionOverwriteMode", "dynamic").saveAsTable("p"))
show("dynamic insert", lambda: frame.write.option("partitionOverwriteMode", "dynamic").insertInto("p", overwrite=True))
show("dynamic setting", lambda: spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic"))
show("dynamic v2", lambda: frame.writeTo("p").overwritePartitions())
"#;
        let refused = "UnsupportedOperationException UNSUPPORTED_FEATURE";
        let mismatch = "AnalysisException [DELTA_REPLACE_WHERE_MISMATCH] a row does not match the condition of the overwrite; 'p' is as it was";
        assert_eq!(
            lab.python("engineer", script).await,
            [
                "save: None".to_owned(),
                "v2: None".to_owned(),
                format!("save mismatch: {mismatch}"),
                format!("v2 mismatch: {mismatch}"),
                format!("dynamic: {refused}"),
                format!("dynamic insert: {refused}"),
                format!("dynamic setting: {refused}"),
                format!("dynamic v2: {refused}"),
            ]
        );
        assert_eq!(lab.independent("p").await, ["20|a", "30|b"]);
        let refused = lab
            .refused("engineer", "INSERT OVERWRITE p PARTITION (k = 'a') SELECT 1")
            .await;
        assert_eq!(
            (refused.as_str(), lab.independent("p").await.len()),
            ("UNSUPPORTED_FEATURE", 2)
        );
    });
}

#[test]
fn replacing_some_rows_keeps_those_for_which_the_condition_is_null() {
    run(async {
        let lab = Lab::new("replacing_null").await;
        lab.all(&[
            "CREATE TABLE t (id BIGINT, k STRING)",
            "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, NULL)",
            "INSERT INTO t REPLACE WHERE k = 'a' SELECT 10, 'a'",
        ])
        .await;
        assert_eq!(lab.independent("t").await, ["10|a", "2|b", "3|-"]);
        let script = r#"
frame = spark.sql("SELECT 20L AS id, 'b' AS k")
show("save", lambda: frame.write.mode("overwrite").option("replaceWhere", "k = 'b'").saveAsTable("t"))
show("v2", lambda: spark.sql("SELECT 30L AS id, 'a' AS k").writeTo("t").overwrite(col("k") == "a"))
"#;
        assert_eq!(lab.python("engineer", script).await, ["save: None", "v2: None"]);
        assert_eq!(lab.independent("t").await, ["20|b", "30|a", "3|-"]);
    });
}

#[test]
fn tables_stay_readable_by_other_readers() {
    run(async {
        let lab = Lab::new("readable").await;
        for property in [
            "delta.columnMapping.mode' = 'name",
            "delta.enableDeletionVectors' = 'true",
            "delta.enableChangeDataFeed' = 'true",
        ] {
            let create = format!("CREATE TABLE t (id INT) TBLPROPERTIES ('{property}')");
            assert_eq!(
                lab.refused("engineer", &create).await,
                "UNSUPPORTED_FEATURE",
                "{property}"
            );
        }
        lab.all(&[
            "CREATE TABLE t (id INT, b TIMESTAMP_NTZ)",
            "INSERT INTO t VALUES (1, TIMESTAMP_NTZ '2013-01-01 05:00:00')",
        ])
        .await;
        assert_eq!(
            lab.refused(
                "engineer",
                "ALTER TABLE t SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')"
            )
            .await,
            "UNSUPPORTED_FEATURE"
        );
        // Nothing that the engine wrote needs a feature that `deltalake` lacks: it reads rows and log alike.
        assert_eq!(lab.independent("t").await, ["1|2013-01-01T05:00:00.000"]);
        let location = lab.location("t").await;
        assert_eq!(lab.workspace.compute.table_facts(&location).await.unwrap().rows, 1);
    });
}

#[test]
fn what_the_engine_lacks_fails_by_name_and_changes_nothing() {
    run(async {
        let lab = Lab::new("lacks").await;
        lab.all(&["CREATE TABLE t (id INT, b BIGINT)", "INSERT INTO t VALUES (1, 2)"])
            .await;
        for statement in [
            "CREATE TABLE c SHALLOW CLONE t",
            "CREATE TABLE c LIKE t",
            "CREATE TABLE c (id INT) USING parquet",
            "CREATE TABLE c (id INT) LOCATION '/tmp/c'",
            "CREATE TABLE c (id INT DEFAULT 1)",
            "CREATE TABLE c (id INT GENERATED ALWAYS AS IDENTITY)",
            "CREATE TABLE c (v VARCHAR(3))",
            "COPY INTO t FROM '/Volumes/dev/lacks/v'",
            "SELECT * FROM t PIVOT (sum(id) FOR b IN (1))",
            "BEGIN SELECT 1; END",
            "ALTER TABLE t DROP COLUMN b",
            "ALTER TABLE t RENAME COLUMN b TO c",
            "ALTER TABLE t ALTER COLUMN b TYPE INT",
            "CREATE FUNCTION f(x INT) RETURNS TABLE (y INT) RETURN SELECT x",
            "SET TIME ZONE 'Europe/Berlin'",
            "WITH x AS (SELECT 1) DELETE FROM t",
            "EXPLAIN DELETE FROM t",
            "CACHE TABLE t",
            "WITH RECURSIVE r AS (SELECT 1) SELECT * FROM r",
        ] {
            assert_eq!(
                lab.refused("engineer", statement).await,
                "UNSUPPORTED_FEATURE",
                "{statement}"
            );
        }
        assert_eq!(lab.independent("t").await, ["1|2"]);
        assert_eq!(lab.rows("SHOW TABLES").await, ["lacks|t|false"]);
    });
}

#[test]
fn columns_become_wider_and_old_rows_stay_readable() {
    run(async {
        let lab = Lab::new("wider").await;
        lab.all(&[
            "CREATE TABLE t (id INT, name STRING)",
            "INSERT INTO t VALUES (1, 'a')",
            "ALTER TABLE t ALTER COLUMN id TYPE BIGINT",
            "INSERT INTO t VALUES (10000000000, 'b')",
        ])
        .await;
        assert_eq!(lab.rows("SELECT id FROM t ORDER BY id").await, ["1", "10000000000"]);
        assert_eq!(lab.independent("t").await, ["10000000000|b", "1|a"]);
    });
}

#[test]
fn a_whole_number_beyond_its_type_is_an_error() {
    run(async {
        let lab = Lab::new("overflow").await;
        let statement = "SELECT CAST(2147483647 AS INT) + CAST(1 AS INT) AS a";
        assert_eq!(lab.refused("engineer", statement).await, "ARITHMETIC_OVERFLOW");
    });
}

#[test]
fn a_new_catalog_is_known_at_once() {
    run(async {
        let lab = Lab::new("catalogs").await;
        for statement in [
            "CREATE CATALOG later",
            "CREATE SCHEMA later.s",
            "CREATE TABLE later.s.t AS SELECT 1 AS a",
        ] {
            lab.as_principal("admin", statement).await.unwrap();
        }
        let rows = lab.as_principal("admin", "SELECT a FROM later.s.t").await;
        assert_eq!(crate::support::shown(rows), ["1"]);
    });
}

#[test]
fn writers_of_two_kinds_lose_nothing() {
    run(async {
        let lab = Lab::new("writers").await;
        lab.all(&["CREATE TABLE t (id BIGINT)"]).await;
        let location = lab.location("t").await;
        let script = format!(
            r#"
import pyarrow, deltalake
for number in range(20):
    deltalake.write_deltalake("{location}", pyarrow.table({{"id": pyarrow.array([1000 + number], pyarrow.int64())}}), mode="append")
print("done")
"#
        );
        let inserts = async {
            for number in 0..20 {
                lab.all(&[&format!("INSERT INTO t VALUES ({number})")]).await;
            }
        };
        let (printed, ()) = tokio::join!(lab.plain_python(&script), inserts);
        assert_eq!(printed, ["done"]);
        let facts = lab.workspace.compute.table_facts(&location).await.unwrap();
        assert_eq!((facts.rows, facts.delta_version), (40, 40));
        assert_eq!(lab.rows("SELECT count(DISTINCT id) FROM t").await, ["40"]);
    });
}

#[test]
fn a_statement_that_is_too_deep_is_refused_and_everything_goes_on() {
    run(async {
        let lab = Lab::new("deep").await;
        let long = |count: usize| {
            [
                format!("SELECT 1{}", " + 1".repeat(count)),
                format!("SELECT true{}", " OR true".repeat(count)),
                format!("SELECT 1{}", " IS NULL".repeat(count)),
                format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(count)),
                format!("SELECT (1{}){}", " + 1".repeat(count / 2), " + 1".repeat(count / 2)),
            ]
        };
        for statement in long(30_000) {
            let condition = lab.refused("engineer", &statement).await;
            assert_eq!(condition, "UNSUPPORTED_FEATURE", "{}", &statement[..40]);
        }
        let nested = format!(
            "CREATE TABLE t (a {}INT{})",
            "ARRAY<".repeat(30_000),
            ">".repeat(30_000)
        );
        assert_eq!(lab.refused("engineer", &nested).await, "UNSUPPORTED_FEATURE");
        assert_eq!(lab.rows(&long(150)[0]).await, ["151"]);
        let many = format!("SELECT count(*) FROM VALUES (-1){} AS t(x)", ", (-1)".repeat(3000));
        assert_eq!(lab.rows(&many).await, ["3001"]);
    });
}
