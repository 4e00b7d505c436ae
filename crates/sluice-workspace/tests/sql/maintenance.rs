//! Delta maintenance through SQL, and the engine's life: crash, environment, facts.

use crate::support::{Lab, run};

#[test]
fn old_versions_come_back_files_are_compacted_and_removed() {
    run(async {
        let lab = Lab::new("upkeep").await;
        lab.all(&[
            "CREATE TABLE t (id INT)",
            "INSERT INTO t VALUES (1)",
            "INSERT INTO t VALUES (2)",
            "DELETE FROM t",
        ])
        .await;
        assert_eq!(lab.rows("SELECT count(*) FROM t").await, ["0"]);
        lab.all(&["RESTORE TABLE t TO VERSION AS OF 2"]).await;
        assert_eq!(lab.independent("t").await, ["1", "2"]);
        lab.all(&["OPTIMIZE t", "VACUUM t"]).await;
        assert_eq!(lab.rows("SELECT * FROM t ORDER BY id").await, ["1", "2"]);
        let detail = lab.sql("DESCRIBE DETAIL t").await.unwrap();
        let files = detail
            .columns
            .iter()
            .position(|column| column.name == "numFiles")
            .unwrap();
        assert_eq!(detail.rows[0][files].as_deref(), Some("1"));
        let history = lab.rows("DESCRIBE HISTORY t LIMIT 2").await;
        let operations: Vec<_> = history.iter().filter_map(|row| row.split('|').nth(2)).collect();
        assert_eq!(operations, ["OPTIMIZE", "RESTORE"]);
        let facts = lab
            .workspace
            .compute
            .table_facts(&lab.location("t").await)
            .await
            .unwrap();
        assert_eq!((facts.delta_version, facts.rows), (5, 2));
        assert_eq!(lab.refused("analyst", "VACUUM t").await, "INSUFFICIENT_PERMISSIONS");
    });
}

#[test]
fn columns_come_back_with_the_rows_and_what_hung_on_a_newer_column_is_gone() {
    run(async {
        let lab = Lab::new("restored").await;
        lab.all(&[
            "CREATE TABLE t (id INT COMMENT 'first', amount DECIMAL(10,2), tags ARRAY<STRING>) PARTITIONED BY (id)",
            "INSERT INTO t VALUES (1, 2.50, array('a'))",
            "ALTER TABLE t SET TBLPROPERTIES ('delta.logRetentionDuration' = 'interval 30 days', 'mine' = 'old')",
        ])
        .await;
        let before = (lab.rows("DESCRIBE TABLE t").await, lab.rows("SELECT * FROM t").await);
        lab.all(&[
            "CREATE FUNCTION hide(v STRING) RETURNS STRING RETURN 'x'",
            "ALTER TABLE t ALTER COLUMN id COMMENT 'second'",
            "ALTER TABLE t ADD COLUMNS (more STRING COMMENT 'new')",
            "ALTER TABLE t ALTER COLUMN more SET TAGS ('pii' = 'true')",
            "ALTER TABLE t ALTER COLUMN more SET MASK hide",
            "ALTER TABLE t SET TBLPROPERTIES ('delta.logRetentionDuration' = 'interval 7 days', 'mine' = 'new')",
            "INSERT OVERWRITE t VALUES (7, 1.25, array('b'), 'm')",
        ])
        .await;
        lab.all(&["RESTORE TABLE t TO VERSION AS OF 2"]).await;
        assert_eq!(
            (lab.rows("DESCRIBE TABLE t").await, lab.rows("SELECT * FROM t").await),
            before
        );
        assert_eq!(lab.independent("t").await.len(), 1);
        let properties = lab.rows("SHOW TBLPROPERTIES t").await.join("\n");
        assert!(
            properties.contains("delta.logRetentionDuration|interval 30 days") && properties.contains("mine|new"),
            "{properties}"
        );
        lab.all(&[
            "INSERT INTO t VALUES (2, 3.75, array())",
            "ALTER TABLE t ADD COLUMNS (more STRING)",
        ])
        .await;
        assert_eq!(lab.rows("SELECT count(*) FROM t").await, ["2"]);
        let tags = lab
            .rows("SELECT count(*) FROM information_schema.column_tags WHERE table_name = 't'")
            .await;
        assert_eq!(tags, ["0"], "a tag of the lost column came back");
        assert_eq!(
            lab.refused("engineer", "RESTORE TABLE t TO VERSION AS OF 99").await,
            "DELTA_VERSION_NOT_FOUND"
        );
    });
}

#[test]
fn an_environment_is_made_once_and_then_only_found() {
    run(async {
        let lab = Lab::new("environments").await;
        let first = lab.workspace.compute.environment().await.unwrap().clone();
        let marker = first.directory.join("pyvenv.cfg");
        let before = std::fs::metadata(&marker).unwrap().modified().unwrap();
        let again = sluice_workspace::compute::environment::ensure(&sluice_testkit::shared_cache())
            .await
            .unwrap();
        assert_eq!((again.python, again.sources), (first.python, first.sources));
        assert_eq!(std::fs::metadata(&marker).unwrap().modified().unwrap(), before);
    });
}

/// The processes of an engine below this process, by the directory of its workspace.
fn engine_process(directory: &std::path::Path) -> Option<u32> {
    let scratch = directory.join("engine-scratch");
    let processes = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    processes
        .into_iter()
        .find(|process| std::fs::read_link(format!("/proc/{process}/cwd")).is_ok_and(|cwd| cwd == scratch))
}

/// How long a process has computed, in hundredths of a second.
fn processor_ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    fields.split_whitespace().nth(11).unwrap().parse().unwrap()
}

#[test]
fn a_killed_engine_is_replaced_by_the_next_statement() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let served = crate::support::serve(directory.path()).await;
        let workspace = served.workspace("dev").unwrap().clone();
        let lab = Lab {
            workspace: workspace.clone(),
            schema: "killed".to_owned(),
        };
        lab.all(&[
            "CREATE SCHEMA dev.killed",
            "CREATE TABLE t (id INT)",
            "INSERT INTO t VALUES (1)",
        ])
        .await;
        let process = engine_process(&workspace.directory).unwrap();
        let endless = "SELECT count(*) FROM range(1000000000) a CROSS JOIN range(1000) b WHERE a.id + b.id < 0";
        let kill = async {
            // The statement is under way when the process computes.
            let before = processor_ticks(process);
            while processor_ticks(process) < before + 20 {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            let status = std::process::Command::new("kill")
                .args(["-9", &process.to_string()])
                .status()
                .unwrap();
            assert!(status.success());
        };
        let (refused, ()) = tokio::join!(lab.refused("engineer", endless), kill);
        assert_eq!(refused, "ENGINE_UNAVAILABLE");
        assert_eq!(lab.rows("SELECT * FROM t").await, ["1"]);
        let replacement = engine_process(&workspace.directory).unwrap();
        assert_ne!(replacement, process);
        served.stop().await.unwrap();
        assert_eq!(
            engine_process(&workspace.directory),
            None,
            "the engine ends with its workspace"
        );
    });
}

#[test]
fn engine_and_worker_end_when_nobody_speaks_to_them_any_more() {
    run(async {
        let lab = Lab::new("orphans").await;
        let environment = lab.workspace.compute.environment().await.unwrap();
        // What a killed workspace leaves behind: standard input that ends.
        let script = r#"
import json, subprocess, sys
for name, ready in [("engine.py", True), ("maintenance.py", False)]:
    process = subprocess.Popen([sys.executable, "-B", f"SOURCES/{name}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    started = json.loads(process.stdout.readline())["type"] if ready else "running"
    process.stdin.close()
    print(name, started, process.wait(timeout=60))
"#;
        let printed = lab
            .plain_python(&script.replace("SOURCES", environment.sources.to_str().unwrap()))
            .await;
        assert_eq!(printed, ["engine.py ready 0", "maintenance.py running 0"]);
    });
}
