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
        lab.all(&["ALTER TABLE t ADD COLUMNS (more INT)"]).await;
        assert_eq!(
            lab.refused("engineer", "RESTORE TABLE t TO VERSION AS OF 1").await,
            "UNSUPPORTED_FEATURE"
        );
        assert_eq!(lab.refused("analyst", "VACUUM t").await, "INSUFFICIENT_PERMISSIONS");
    });
}

#[test]
fn an_environment_is_made_once_and_then_only_found() {
    run(async {
        let lab = Lab::new("environments").await;
        let first = lab.workspace.compute.environment().await.unwrap().clone();
        let marker = first.directory.join("pyvenv.cfg");
        let before = std::fs::metadata(&marker).unwrap().modified().unwrap();
        let again = sluice_workspace::compute::environment::ensure(&crate::support::cache())
            .await
            .unwrap();
        assert_eq!((again.python, again.sources), (first.python, first.sources));
        assert_eq!(std::fs::metadata(&marker).unwrap().modified().unwrap(), before);
    });
}
