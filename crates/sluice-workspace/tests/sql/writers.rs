//! Several writers of the same tables: statements through the engine, data frames, the maintenance worker, and `deltalake` from outside.
//!
//! Whatever is acknowledged is there afterwards, whatever is refused is not, and a refusal has a name. `deltalake` reads the result.

use std::collections::BTreeSet;

use crate::support::{Lab, run};

/// What a refused change may say: somebody else was faster, or the log grew while the engine read it.
const CONFLICTS: [&str; 2] = ["DELTA_CONCURRENT_WRITE", "DELTA_VERSIONS_NOT_CONTIGUOUS"];

/// The outcome of one change: its mark when it was acknowledged, its condition when it was refused.
type Outcomes = Vec<Result<i64, String>>;

/// Changes one after the other, each with the mark that it leaves.
async fn changes(lab: &Lab, statements: Vec<(i64, String)>) -> Outcomes {
    let mut outcomes = Vec::new();
    for (mark, statement) in statements {
        outcomes.push(match lab.sql(&statement).await {
            Ok(_) => Ok(mark),
            Err(error) => Err(error
                .condition
                .unwrap_or_else(|| format!("without a name: {}", error.message))),
        });
    }
    outcomes
}

/// Refusals that say that somebody else was faster.
fn check_names(outcomes: &Outcomes) {
    for refused in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert!(CONFLICTS.contains(&refused.as_str()), "{refused}");
    }
}

fn acknowledged(outcomes: &Outcomes) -> BTreeSet<i64> {
    outcomes.iter().filter_map(|outcome| outcome.clone().ok()).collect()
}

/// What `deltalake` writes into a table meanwhile; prints the marks that were written, or what it says about a conflict. It does not compact: two
/// compactions of `deltalake` at the same time write rows twice, and the workspace can only keep its own apart.
fn outside(location: &str, kind: &str) -> String {
    format!(
        r#"
import pyarrow, deltalake
schema = pyarrow.schema([pyarrow.field("id", pyarrow.int64(), nullable={kind}), pyarrow.field("n", pyarrow.int64())])
for mark in range(5000, 5012):
    try:
        deltalake.write_deltalake("{location}", pyarrow.table({{"id": [mark], "n": [0]}}, schema=schema), mode="append")
        print(mark)
    except Exception as error:
        print("refused", type(error).__name__)
"#
    )
}

/// The ids that are in the table in the end, and those that were acknowledged.
async fn everybody_writes(schema: &str, column: &str, nullable: &str) -> (Vec<i64>, Vec<i64>) {
    let lab = Lab::new(schema).await;
    let seeded: Vec<String> = (-40..0).map(|id| format!("({id}, 0)")).collect();
    lab.all(&[
        &format!("CREATE TABLE t ({column}, n BIGINT)"),
        &format!("INSERT INTO t VALUES {}", seeded.join(", ")),
    ])
    .await;
    let location = lab.location("t").await;
    let inserts = |from: i64| {
        (from..from + 12)
            .map(|id| (id, format!("INSERT INTO t VALUES ({id}, 0)")))
            .collect()
    };
    let updates = (1..=12)
        .map(|mark| (mark, "UPDATE t SET n = n + 1 WHERE id = -1".to_owned()))
        .collect();
    let deletes = (-40..-28)
        .map(|id| (id, format!("DELETE FROM t WHERE id = {id}")))
        .collect();
    let merges = (3000..3012)
        .map(|id| {
            let merge = format!(
                "MERGE INTO t USING (SELECT {id} AS id UNION ALL SELECT -2) s ON t.id = s.id \
                 WHEN MATCHED THEN UPDATE SET n = t.n + 1 WHEN NOT MATCHED THEN INSERT (id, n) VALUES (s.id, 0)"
            );
            (id, merge)
        })
        .collect();
    let maintenance = (0..4).map(|mark| (mark, "OPTIMIZE t".to_owned())).collect();
    let frames = r#"
for mark in range(6000, 6008):
    show(mark, lambda: spark.createDataFrame([(mark, 0)], "id long, n long").write.mode("append").saveAsTable("t"))
"#;
    let outside = outside(&location, nullable);
    let (first, second, updated, deleted, merged, maintained, framed, external) = tokio::join!(
        changes(&lab, inserts(1000)),
        changes(&lab, inserts(2000)),
        changes(&lab, updates),
        changes(&lab, deletes),
        changes(&lab, merges),
        changes(&lab, maintenance),
        lab.python("engineer", frames),
        lab.plain_python(&outside),
    );
    for outcomes in [&first, &second, &updated, &deleted, &merged, &maintained] {
        check_names(outcomes);
    }
    let mut expected: BTreeSet<i64> = (-40..0).filter(|id| !acknowledged(&deleted).contains(id)).collect();
    for outcomes in [&first, &second, &merged] {
        expected.extend(acknowledged(outcomes));
    }
    for line in &framed {
        let (mark, outcome) = line.split_once(": ").unwrap();
        if outcome == "None" {
            expected.insert(mark.parse().unwrap());
        } else {
            // Where the engine has no condition, a task is told its own words.
            let named =
                CONFLICTS.iter().any(|name| outcome.contains(name)) || outcome.to_lowercase().contains("commit");
            assert!(named, "{line}");
        }
    }
    expected.extend(external.iter().filter_map(|line| line.parse::<i64>().ok()));
    assert!(
        expected.len() > 40 - 12 + 12,
        "somebody got through: {}",
        expected.len()
    );
    let rows = lab.independent("t").await;
    let mut found: Vec<i64> = rows
        .iter()
        .map(|row| row.split('|').next().unwrap().parse().unwrap())
        .collect();
    found.sort_unstable();
    let count = |id: &str| {
        let prefix = format!("{id}|");
        rows.iter()
            .find_map(|row| row.strip_prefix(&prefix))
            .unwrap()
            .to_owned()
    };
    assert_eq!(count("-1"), acknowledged(&updated).len().to_string());
    assert_eq!(count("-2"), acknowledged(&merged).len().to_string());
    // The engine sees the same.
    assert_eq!(lab.rows("SELECT count(*) FROM t").await, [rows.len().to_string()]);
    (found, expected.into_iter().collect())
}

#[test]
fn no_acknowledged_row_is_lost_when_everybody_writes() {
    let (found, acknowledged) = run(everybody_writes("everybody", "id BIGINT", "True"));
    assert_eq!(found, acknowledged);
}

#[test]
fn no_acknowledged_row_is_lost_when_everybody_writes_into_a_table_with_rules() {
    let (found, acknowledged) = run(everybody_writes("everybody_rules", "id BIGINT NOT NULL", "False"));
    assert_eq!(found, acknowledged);
}

#[test]
fn a_restore_among_inserts_loses_only_what_came_before_it() {
    run(async {
        let lab = Lab::new("restored_among").await;
        lab.all(&[
            "CREATE TABLE t (id BIGINT)",
            "INSERT INTO t VALUES (1), (2)",
            "INSERT INTO t VALUES (3)",
        ])
        .await;
        let inserts = |from: i64| {
            (from..from + 10)
                .map(|id| (id, format!("INSERT INTO t VALUES ({id})")))
                .collect()
        };
        let restores = vec![(0, "RESTORE TABLE t TO VERSION AS OF 1".to_owned())];
        let (first, second, restored) = tokio::join!(
            changes(&lab, inserts(100)),
            changes(&lab, inserts(200)),
            changes(&lab, restores),
        );
        for outcomes in [&first, &second, &restored] {
            check_names(outcomes);
        }
        // Each insert is a commit of its own: those after the restore are what is left of them.
        let operations = lab.rows("DESCRIBE HISTORY t").await;
        let operations: Vec<&str> = operations.iter().map(|row| row.split('|').nth(2).unwrap()).collect();
        let after = operations
            .iter()
            .take_while(|operation| **operation != "RESTORE")
            .count();
        let inserted = acknowledged(&first).len() + acknowledged(&second).len();
        assert_eq!(
            operations.iter().filter(|operation| **operation == "WRITE").count(),
            inserted + 2
        );
        let rows = lab.independent("t").await;
        assert_eq!(rows.len(), 2 + if restored[0].is_ok() { after } else { inserted + 1 });
        assert!(["1", "2"].iter().all(|id| rows.iter().any(|row| row == id)));
    });
}
