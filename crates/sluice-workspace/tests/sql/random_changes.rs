//! Random sequences of changes, compared after each step with the same changes of a list in memory.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Lab, run};

/// A change of a table `(id BIGINT, k STRING, v BIGINT)` whose ids are keys.
#[derive(Clone, Debug)]
enum Change {
    /// Rows with new ids; `None` leaves `k` NULL.
    Insert(Vec<(Option<u8>, i64)>),
    Update {
        k: u8,
        add: i64,
    },
    Delete {
        above: i64,
        k: u8,
    },
    /// Upserts rows by id; matched ones below a value go.
    Merge {
        ids: std::ops::Range<i64>,
        v: i64,
        delete_below: i64,
    },
    ReplaceWhere {
        k: u8,
        rows: Vec<i64>,
    },
    Overwrite(Vec<(Option<u8>, i64)>),
    Truncate,
    Optimize,
}

type Model = BTreeMap<i64, (Option<u8>, i64)>;

fn rows() -> impl Strategy<Value = Vec<(Option<u8>, i64)>> {
    prop::collection::vec((prop::option::of(0..3_u8), -9..9_i64), 1..4)
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => rows().prop_map(Change::Insert),
        3 => (0..3_u8, -5..5_i64).prop_map(|(k, add)| Change::Update { k, add }),
        2 => (-5..9_i64, 0..3_u8).prop_map(|(above, k)| Change::Delete { above, k }),
        3 => (0..8_i64, 1..4_i64, -9..9_i64, -9..2_i64)
            .prop_map(|(from, count, v, delete_below)| Change::Merge { ids: from..from + count, v, delete_below }),
        2 => (0..3_u8, prop::collection::vec(-9..9_i64, 0..3)).prop_map(|(k, rows)| Change::ReplaceWhere { k, rows }),
        1 => rows().prop_map(Change::Overwrite),
        1 => Just(Change::Truncate),
        1 => Just(Change::Optimize),
    ]
}

fn values(rows: &[(i64, Option<u8>, i64)]) -> String {
    let row = |(id, k, v): &(i64, Option<u8>, i64)| match k {
        Some(k) => format!("({id}, 'k{k}', {v})"),
        None => format!("({id}, NULL, {v})"),
    };
    rows.iter().map(row).collect::<Vec<_>>().join(", ")
}

/// Gives each row the next free id, and puts it into the model.
fn add(model: &mut Model, next: &mut i64, rows: &[(Option<u8>, i64)]) -> Vec<(i64, Option<u8>, i64)> {
    let mut added = Vec::new();
    for (k, v) in rows {
        model.insert(*next, (*k, *v));
        added.push((*next, *k, *v));
        *next += 1;
    }
    added
}

/// Changes the model, and gives the statement that changes the table alike, with how many rows it says to have changed.
fn apply(model: &mut Model, next: &mut i64, change: &Change) -> (String, Option<usize>) {
    match change {
        Change::Insert(rows) => {
            let added = add(model, next, rows);
            (format!("INSERT INTO t VALUES {}", values(&added)), Some(added.len()))
        }
        Change::Update { k, add } => {
            let mut updated = 0;
            for (_, v) in model.values_mut().filter(|(found, _)| *found == Some(*k)) {
                *v += add;
                updated += 1;
            }
            (format!("UPDATE t SET v = v + ({add}) WHERE k = 'k{k}'"), Some(updated))
        }
        Change::Delete { above, k } => {
            let before = model.len();
            // `k <> x` is not true of NULL.
            model.retain(|_, (found, v)| !(*v > *above && found.is_some_and(|found| found != *k)));
            (
                format!("DELETE FROM t WHERE v > {above} AND k <> 'k{k}'"),
                Some(before - model.len()),
            )
        }
        Change::Merge { ids, v, delete_below } => {
            let count = usize::try_from(ids.end - ids.start).unwrap();
            for id in ids.clone() {
                match model.get(&id).copied() {
                    Some((_, old)) if old < *delete_below => drop(model.remove(&id)),
                    Some((k, _)) => drop(model.insert(id, (k, *v))),
                    None => drop(model.insert(id, (None, *v))),
                }
                *next = (*next).max(id + 1);
            }
            let source: Vec<_> = ids.clone().map(|id| format!("({id})")).collect();
            let merge = format!(
                "MERGE INTO t USING (SELECT * FROM VALUES {} AS x(id)) s ON t.id = s.id \
                 WHEN MATCHED AND t.v < {delete_below} THEN DELETE WHEN MATCHED THEN UPDATE SET v = {v} \
                 WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, {v})",
                source.join(", ")
            );
            (merge, Some(count))
        }
        Change::ReplaceWhere { k, rows } => {
            model.retain(|_, (found, _)| *found != Some(*k));
            let rows: Vec<_> = rows.iter().map(|v| (Some(*k), *v)).collect();
            let added = add(model, next, &rows);
            let source = if added.is_empty() {
                "SELECT * FROM t WHERE false".to_owned()
            } else {
                format!("VALUES {}", values(&added))
            };
            (
                format!("INSERT INTO t REPLACE WHERE k = 'k{k}' {source}"),
                Some(added.len()),
            )
        }
        Change::Overwrite(rows) => {
            model.clear();
            let added = add(model, next, rows);
            (
                format!("INSERT OVERWRITE t VALUES {}", values(&added)),
                Some(added.len()),
            )
        }
        Change::Truncate => {
            model.clear();
            ("TRUNCATE TABLE t".to_owned(), None)
        }
        Change::Optimize => ("OPTIMIZE t".to_owned(), None),
    }
}

fn shown(model: &Model) -> Vec<String> {
    let row = |(id, (k, v)): (&i64, &(Option<u8>, i64))| match k {
        Some(k) => format!("{id}|k{k}|{v}"),
        None => format!("{id}|-|{v}"),
    };
    let mut rows: Vec<_> = model.iter().map(row).collect();
    rows.sort();
    rows
}

async fn agree(lab: &Lab, columns: &str, changes: &[Change]) -> Result<(), TestCaseError> {
    lab.all(&[&format!("CREATE OR REPLACE TABLE t {columns}")]).await;
    let (mut model, mut next) = (Model::new(), 0);
    for change in changes {
        let (statement, count) = apply(&mut model, &mut next, change);
        let answer = lab.sql(&statement).await;
        let answer = answer.map_err(|error| TestCaseError::fail(format!("{statement}: {error:?}")))?;
        if let Some(count) = count {
            prop_assert_eq!(&answer.rows[0][0], &Some(count.to_string()), "{}", &statement);
        }
        let mut rows = lab.rows("SELECT * FROM t").await;
        rows.sort();
        prop_assert_eq!(&rows, &shown(&model), "after {}", &statement);
    }
    prop_assert_eq!(lab.independent("t").await, shown(&model));
    Ok(())
}

/// The smallest sequence of changes after which table and list differ.
fn difference(schema: &str, columns: &str) -> Option<String> {
    // Each case takes seconds; `PROPTEST_CASES` asks for more.
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(4);
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 40,
        ..Config::default()
    });
    let lab = run(Lab::new(schema));
    let outcome = runner.run(&prop::collection::vec(change(), 1..12), |changes| {
        run(agree(&lab, columns, &changes))
    });
    outcome.err().map(|error| error.to_string())
}

#[test]
fn changes_of_a_table_agree_with_a_list_in_memory() {
    assert_eq!(difference("random_plain", "(id BIGINT, k STRING, v BIGINT)"), None);
}

#[test]
fn changes_of_a_partitioned_table_with_rules_agree_with_a_list_in_memory() {
    let columns = "(id BIGINT NOT NULL, k STRING, v BIGINT) PARTITIONED BY (k)";
    assert_eq!(difference("random_ruled", columns), None);
}
