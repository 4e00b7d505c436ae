//! Tasks on the engine: an unmodified Spark client through the gateway, with the grants of its principal.

use crate::support::{Lab, run};

#[test]
fn data_frames_read_and_write_tables() {
    run(async {
        let lab = Lab::new("frames").await;
        lab.all(&[
            "CREATE TABLE t (id BIGINT, name STRING)",
            "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
        ])
        .await;
        let script = r#"
show("table", lambda: spark.table("t").filter("id > 1").collect())
show("alias", lambda: spark.table("dev.frames.t").select("t.id", "dev.frames.t.name").orderBy("id").collect())
show("sql", lambda: spark.sql("SELECT count(*) AS n FROM t WHERE id > :low", args={"low": 0}).collect())
show("join", lambda: spark.table("t").alias("a").join(spark.sql("SELECT * FROM t").alias("b"), col("a.id") == col("b.id")).count())
spark.table("t").withColumn("twice", col("id") * 2).createOrReplaceTempView("v")
show("view", lambda: spark.sql("SELECT twice FROM v ORDER BY 1").collect())
show("insert from view", lambda: spark.sql("INSERT INTO t SELECT id + 10, name FROM v").collect())
show("update", lambda: spark.sql("UPDATE t SET name = 'u' WHERE id > 10").collect())
spark.sql("CREATE OR REPLACE TEMP VIEW w AS SELECT 1 AS one")
show("temp view", lambda: spark.sql("SELECT one FROM w").collect())
show("exists", lambda: (spark.catalog.tableExists("t"), spark.catalog.tableExists("nothing"), spark.catalog.tableExists("v")))
show("database", lambda: (spark.catalog.currentCatalog(), spark.catalog.currentDatabase()))
frame = spark.createDataFrame([(7, "x")], "id long, name string")
frame.write.mode("append").saveAsTable("t")
frame.select("name", "id").write.mode("append").saveAsTable("t")
frame.write.insertInto("t")
frame.writeTo("t").append()
show("appended", lambda: spark.table("t").filter("id = 7").count())
frame.write.mode("overwrite").saveAsTable("t")
show("overwritten", lambda: spark.table("t").collect())
frame.write.saveAsTable("fresh")
show("fresh", lambda: spark.table("fresh").collect())
show("taken", lambda: frame.write.saveAsTable("fresh"))
spark.table("fresh").selectExpr("id AS other").write.mode("overwrite").option("overwriteSchema", "true").saveAsTable("fresh")
show("new columns", lambda: spark.table("fresh").collect())
spark.range(3).writeTo("made").createOrReplace()
show("made", lambda: spark.table("made").count())
show("user", lambda: spark.sql("SELECT current_user() AS u").collect())
spark.sql("USE dev.frames")
show("used", lambda: spark.catalog.currentDatabase())
show("show", lambda: [row.tableName for row in spark.sql("SHOW TABLES IN frames").collect()])
show("pandas", lambda: spark.table("frames.t").toPandas().to_dict("records"))
try:
    spark.sql("SELECT nope FROM frames.t")
except Exception as error:
    print("wrong:", type(error).__name__)
spark.sql("CREATE TABLE words AS SELECT 'x' AS word")
try:
    spark.sql("SELECT CAST(word AS INT) AS n FROM words").collect()
except Exception as error:
    print("directory shown:", "/managed/" in str(error), "/managed/" in spark.sql("EXPLAIN SELECT * FROM words").collect()[0][0])
"#;
        assert_eq!(
            lab.python("engineer", script).await,
            [
                "table: [Row(id=2, name='b')]",
                "alias: [Row(id=1, name='a'), Row(id=2, name='b')]",
                "sql: [Row(n=2)]",
                "join: 2",
                "view: [Row(twice=2), Row(twice=4)]",
                "insert from view: [Row(num_affected_rows=2, num_inserted_rows=2)]",
                "update: [Row(num_affected_rows=2)]",
                "temp view: [Row(one=1)]",
                "exists: (True, False, True)",
                "database: ('dev', 'frames')",
                "appended: 4",
                "overwritten: [Row(id=7, name='x')]",
                "fresh: [Row(id=7, name='x')]",
                "taken: AnalysisException TABLE_OR_VIEW_ALREADY_EXISTS",
                "new columns: [Row(other=7)]",
                "made: 3",
                "user: [Row(u='engineer@sluice.test')]",
                "used: 'frames'",
                "show: ['fresh', 'made', 't', 'v', 'w']",
                "pandas: [{'id': 7, 'name': 'x'}]",
                "wrong: AnalysisException",
                "directory shown: False False",
            ]
        );
        assert_eq!(lab.independent("fresh").await, ["7"]);
    });
}

#[test]
fn a_task_reaches_only_what_its_principal_may() {
    run(async {
        let lab = Lab::new("limits").await;
        lab.all(&[
            "CREATE TABLE open (id INT)",
            "CREATE TABLE closed (id INT)",
            "INSERT INTO closed VALUES (42)",
            "GRANT USE SCHEMA ON SCHEMA limits TO analysts",
            "GRANT SELECT ON TABLE open TO analysts",
        ])
        .await;
        let location = lab
            .workspace
            .catalog()
            .resolve_table("dev.limits.closed")
            .await
            .unwrap()
            .securable
            .location
            .unwrap();
        let script = r#"
show("granted", lambda: spark.table("open").count())
show("table", lambda: spark.table("closed").collect())
show("sql", lambda: spark.sql("SELECT * FROM closed").collect())
show("subquery", lambda: spark.sql("SELECT (SELECT max(id) FROM closed) FROM open").collect())
show("view", lambda: spark.sql("CREATE TEMP VIEW x AS SELECT * FROM closed"))
show("path", lambda: spark.read.format("delta").load("LOCATION").collect())
show("path in sql", lambda: spark.sql("SELECT * FROM delta.`LOCATION`").collect())
show("path as table", lambda: spark.table("delta.`LOCATION`").collect())
show("path in expression", lambda: spark.range(1).filter("id IN (SELECT id FROM delta.`LOCATION`)").collect())
show("expression", lambda: spark.range(1).selectExpr("(SELECT max(id) FROM closed)").collect())
show("file", lambda: spark.read.text("/etc/passwd").collect())
show("file url", lambda: spark.read.text("file:///etc/passwd").collect())
show("jdbc", lambda: spark.read.format("jdbc").option("url", "jdbc:x").load().collect())
show("write path", lambda: spark.range(1).write.format("delta").mode("append").save("LOCATION"))
show("insert", lambda: spark.sql("INSERT INTO open VALUES (1)"))
show("save", lambda: spark.range(1).selectExpr("CAST(id AS INT) id").write.mode("append").saveAsTable("open"))
show("create", lambda: spark.range(1).write.saveAsTable("mine"))
show("drop", lambda: spark.sql("DROP TABLE open"))
show("grant", lambda: spark.sql("GRANT SELECT ON TABLE closed TO analysts"))
show("udf", lambda: spark.range(1).select(udf(lambda x: open("/etc/passwd").read())(col("id"))).collect())
show("map", lambda: spark.range(1).mapInPandas(lambda frames: frames, "id long").collect())
show("artifact", lambda: spark.addArtifacts(__import__("__main__").__dict__["SELF"], pyfile=True))
show("create location", lambda: spark.sql("CREATE TABLE stolen USING delta location 'LOCATION'"))
show("temp view using", lambda: spark.sql("CREATE TEMP VIEW y USING delta OPTIONS (path 'LOCATION')"))
show("cached name", lambda: spark.catalog.listTables("limits"))
"#
        .replace("LOCATION", &location.to_string_lossy());
        let script = script.replace("listTables(\"limits\")", "tableExists(\"limits.closed\")");
        let printed = lab.python("analyst", &script).await;
        assert_eq!(
            printed,
            [
                "granted: 0",
                "table: AnalysisException INSUFFICIENT_PERMISSIONS",
                "sql: AnalysisException INSUFFICIENT_PERMISSIONS",
                "subquery: AnalysisException INSUFFICIENT_PERMISSIONS",
                "view: AnalysisException INSUFFICIENT_PERMISSIONS",
                "path: UnsupportedOperationException UNSUPPORTED_FEATURE",
                "path in sql: UnsupportedOperationException UNSUPPORTED_FEATURE",
                "path as table: UnsupportedOperationException UNSUPPORTED_FEATURE",
                "path in expression: UnsupportedOperationException UNSUPPORTED_FEATURE",
                "expression: UnsupportedOperationException UNSUPPORTED_FEATURE",
                "file: AnalysisException INSUFFICIENT_PERMISSIONS",
                "file url: AnalysisException INSUFFICIENT_PERMISSIONS",
                "jdbc: UnsupportedOperationException UNSUPPORTED_FEATURE",
                "write path: UnsupportedOperationException UNSUPPORTED_FEATURE",
                "insert: AnalysisException INSUFFICIENT_PERMISSIONS",
                "save: AnalysisException INSUFFICIENT_PERMISSIONS",
                "create: AnalysisException INSUFFICIENT_PERMISSIONS",
                "drop: AnalysisException INSUFFICIENT_PERMISSIONS",
                "grant: AnalysisException INSUFFICIENT_PERMISSIONS",
                "udf: UnsupportedOperationException UNSUPPORTED_FEATURE",
                "map: UnsupportedOperationException UNSUPPORTED_FEATURE",
                "artifact: UnsupportedOperationException UNSUPPORTED_FEATURE",
                "create location: UnsupportedOperationException UNSUPPORTED_FEATURE",
                "temp view using: UnsupportedOperationException UNSUPPORTED_FEATURE",
                "cached name: False",
            ]
        );
        assert_eq!(lab.independent("open").await, Vec::<String>::new());
    });
}

#[test]
fn files_are_reached_in_volumes_alone() {
    run(async {
        let lab = Lab::new("volumes").await;
        lab.all(&[
            "CREATE VOLUME v",
            "CREATE VOLUME secret",
            "CREATE TABLE closed (id INT)",
            "INSERT INTO closed VALUES (42)",
        ])
        .await;
        let grants = [
            "GRANT USE SCHEMA ON SCHEMA volumes TO analysts",
            "GRANT READ VOLUME, WRITE VOLUME ON VOLUME v TO analysts",
        ];
        lab.all(&grants).await;
        let root = lab.volume("v").await;
        let secret = lab.volume("secret").await;
        std::fs::write(root.join("a.csv"), "id,name\n1,x\n2,NA\n").unwrap();
        std::fs::write(secret.join("s.csv"), "id\n99\n").unwrap();
        std::fs::create_dir(root.join("linked")).unwrap();
        std::os::unix::fs::symlink(&secret, root.join("linked/way")).unwrap();
        let script = r#"
base = "/Volumes/dev/volumes/v"
show("csv", lambda: spark.read.csv(f"{base}/a.csv", header=True).collect())
show("dbfs", lambda: spark.read.option("header", True).csv(f"dbfs:{base}/a.csv").count())
show("pattern", lambda: spark.read.csv(f"{base}/*.csv", header=True).count())
show("write", lambda: spark.range(3).write.mode("overwrite").parquet(f"{base}/out"))
show("read back", lambda: spark.read.parquet(f"{base}/out").count())
show("json", lambda: spark.range(2).write.json(f"{base}/lines"))
show("files", lambda: spark.read.parquet(f"{base}/out/*.parquet").count())
show("other volume", lambda: spark.read.csv("/Volumes/dev/volumes/secret/s.csv").collect())
show("up", lambda: spark.read.csv(f"{base}/../secret/s.csv").collect())
show("encoded", lambda: spark.read.csv(f"{base}/%2e%2e/x.csv").collect())
show("braces", lambda: spark.read.csv(f"{base}/{{..,a}}/x.csv").collect())
show("link", lambda: spark.read.csv(f"{base}/linked").collect())
show("through link", lambda: spark.read.csv(f"{base}/linked/way/s.csv").collect())
show("option", lambda: spark.range(1).write.option("path", "/tmp/x").save(f"{base}/y", format="parquet"))
show("root", lambda: spark.range(1).write.mode("overwrite").parquet(base))
show("delta", lambda: spark.read.format("delta").load(f"{base}/out").collect())
"#;
        let (refused, unsupported) = (
            "AnalysisException INSUFFICIENT_PERMISSIONS",
            "UnsupportedOperationException UNSUPPORTED_FEATURE",
        );
        assert_eq!(
            lab.python("analyst", script).await,
            [
                "csv: [Row(id='1', name='x'), Row(id='2', name='NA')]".to_owned(),
                "dbfs: 2".to_owned(),
                format!("pattern: {refused}"),
                "write: None".to_owned(),
                "read back: 3".to_owned(),
                "json: None".to_owned(),
                "files: 3".to_owned(),
                format!("other volume: {refused}"),
                "up: AnalysisException INVALID_PARAMETER_VALUE".to_owned(),
                format!("encoded: {unsupported}"),
                format!("braces: {unsupported}"),
                format!("link: {refused}"),
                format!("through link: {refused}"),
                format!("option: {unsupported}"),
                format!("root: {unsupported}"),
                format!("delta: {unsupported}"),
            ]
        );
        assert!(root.join("out").is_dir() && secret.join("s.csv").is_file());
    });
}

#[test]
fn a_call_without_a_valid_token_is_refused() {
    run(async {
        let lab = Lab::new("tokens").await;
        let port = lab.workspace.compute.gateway().await.unwrap().port;
        let script = r#"
from pyspark.sql import SparkSession
for name, suffix in [("none", ""), ("wrong", ";authorization=Bearer%20wrong")]:
    try:
        SparkSession.builder.remote(f"sc://127.0.0.1:PORT/{suffix}").create().range(1).collect()
        print(name, "answered")
    except Exception as error:
        print(name, error.getCondition())
"#;
        let printed = lab.plain_python(&script.replace("PORT", &port.to_string())).await;
        assert_eq!(printed, ["none UNAUTHENTICATED", "wrong UNAUTHENTICATED"]);
    });
}

#[test]
fn a_token_ends_with_its_session_and_sessions_are_not_shared() {
    run(async {
        let lab = Lab::new("ended").await;
        let first = lab.remote("engineer").await;
        let second = lab.remote("analyst").await;
        let script = r#"
import os
from pyspark.sql import SparkSession
number = ";session_id=0b1e1b1e-1111-4111-8111-000000000042"
mine = SparkSession.builder.remote(os.environ["FIRST"] + number).create()
mine.range(3).createOrReplaceTempView("v")
print(mine.sql("SELECT count(*) AS n FROM v").collect())
try:
    theirs = SparkSession.builder.remote(os.environ["SECOND"] + number).create()
    print(theirs.table("v").collect())
except Exception as error:
    print(error.getCondition())
"#;
        let variables = [("FIRST", first.1.clone()), ("SECOND", second.1.clone())];
        let printed = lab.python_with(script, &variables).await;
        assert_eq!(printed, ["[Row(n=3)]", "PERMISSION_DENIED"]);
        let (session, remote) = first;
        drop(session);
        let script = r#"
import os
from pyspark.sql import SparkSession
try:
    SparkSession.builder.remote(os.environ["FIRST"]).create().range(1).collect()
except Exception as error:
    print(error.getCondition())
"#;
        assert_eq!(lab.python_with(script, &[("FIRST", remote)]).await, ["UNAUTHENTICATED"]);
    });
}
