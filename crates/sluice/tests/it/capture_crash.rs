//! kill -9 while a capture writes: all of its files are there or none, or the next command says so; the same command again ends well.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use crate::capture::{files, product, sql};
use crate::place::Place;

/// So many files that writing them takes longer than noticing that it has begun.
const CODE: usize = 80;
const FOLDER: &str = "/Workspace/Users/engineer@sluice.test/work";
const CAPTURE: [&str; 5] = ["capture", "--folder", FOLDER, "-o", "json"];

/// What a killed capture has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    /// As before.
    Nothing,
    /// Every content is on the disk, and what is left to do is listed.
    Half,
    /// It had done everything.
    Everything,
}

/// A moment to end the program at.
type Moment = fn(&Path) -> bool;

fn staged(root: &Path) -> usize {
    std::fs::read_dir(root.join(".databricks/capture")).map_or(0, Iterator::count)
}

fn placed(root: &Path) -> usize {
    std::fs::read_dir(root.join("src")).map_or(0, Iterator::count)
}

const MOMENTS: [(&str, Moment); 7] = [
    ("the program runs", |_| true),
    ("the first is staged", |root| staged(root) > 0),
    ("half are staged", |root| staged(root) > CODE / 2),
    ("all are listed", is_half_way),
    ("the catalog is in its place", |root| {
        root.join("catalog/gold.yml").exists()
    }),
    ("the first code is in its place", |root| placed(root) > 0),
    ("half of the code is in its place", |root| placed(root) > CODE / 2),
];

fn is_half_way(root: &Path) -> bool {
    root.join(".databricks/capture/list.json").exists()
}

/// Runs a capture and ends it when the moment has come; what it left.
fn killed_at(place: &Place, moment: Moment, whole: &BTreeMap<String, String>) -> Left {
    let before = files(&place.bundle);
    let mut child = place.command(&CAPTURE).spawn().unwrap();
    while !moment(&place.bundle) && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let after = files(&place.bundle);
    if is_half_way(&place.bundle) {
        Left::Half
    } else if after == before {
        Left::Nothing
    } else {
        assert_eq!(&after, whole, "a part of the files and nothing that tells");
        assert!(place.bundle.join("capture.lock").exists());
        Left::Everything
    }
}

/// Takes what was captured away again.
fn forget(place: &Place) {
    let gone = |removed: std::io::Result<()>| {
        if let Err(error) = removed {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        }
    };
    for name in ["catalog", "src", ".databricks/capture"] {
        gone(std::fs::remove_dir_all(place.bundle.join(name)));
    }
    for name in ["resources/greet.job.yml", "capture.lock"] {
        gone(std::fs::remove_file(place.bundle.join(name)));
    }
}

/// A mask needs a function: a document with the one and without the other is no bundle.
fn build(place: &Place) {
    sql(place, "CREATE TABLE dev.shop_gold.orders (id BIGINT, item STRING)");
    sql(
        place,
        "CREATE FUNCTION dev.shop_gold.hide(x STRING) RETURNS STRING RETURN CASE WHEN is_account_group_member('analysts') THEN '***' ELSE x END",
    );
    sql(
        place,
        "ALTER TABLE dev.shop_gold.orders ALTER COLUMN item SET MASK dev.shop_gold.hide",
    );
    let client = place.client("engineer");
    place.runtime.block_on(async {
        client.mkdirs(FOLDER).await.unwrap();
        for number in 0..CODE {
            let source = format!("# Databricks notebook source\nprint({number})\n").into_bytes();
            client
                .upload(&format!("{FOLDER}/step_{number:03}.py"), source)
                .await
                .unwrap();
        }
    });
    let job = json!({"name": "greet", "tags": {"data_product": "shop"}, "parameters": [{"name": "table", "default": "dev.shop_gold.orders"}],
        "tasks": [{"task_key": "greet", "notebook_task": {"notebook_path": format!("{FOLDER}/step_000")}}]});
    crate::capture::send(place, sluice_wire::Method::Post, "/api/2.2/jobs/create", job);
}

/// Nothing is done with half of the files; the capture is completed, and comes to what an undisturbed one does.
fn is_completed(place: &Place, left: Left, whole: &BTreeMap<String, String>, name: &str) {
    if left == Left::Half {
        let refused = place.sluice(&["plan"]);
        let message = refused.refusal(3);
        assert!(
            message.contains("are those of a capture that did not come to its end")
                && message.contains("hint: `sluice capture` completes it"),
            "{name}: {message}"
        );
    }
    // The last file may have come to its place just before the end.
    let wanting = left == Left::Half && files(&place.bundle) != *whole;
    let again = place.sluice(&CAPTURE).json(0);
    let completed = again["completed"].as_array().unwrap().len();
    assert_eq!(completed > 0, wanting, "{name}: {left:?}: {again}");
    assert_eq!(&files(&place.bundle), whole, "{name}: {left:?}");
    assert!(!place.bundle.join(".databricks/capture").exists(), "{name}");
}

fn captured() -> (Place, BTreeMap<String, String>) {
    let place = Place::new();
    product(&place);
    place.sluice(&["deploy", "-o", "json"]).json(0);
    build(&place);
    place.sluice(&CAPTURE).json(0);
    let whole = files(&place.bundle);
    assert_eq!(whole.len(), CODE + 4, "{:?}", whole.keys());
    (place, whole)
}

#[test]
fn a_capture_that_was_killed_has_written_all_or_nothing_or_is_completed() {
    let (place, whole) = captured();
    for (name, moment) in MOMENTS {
        forget(&place);
        let left = killed_at(&place, moment, &whole);
        is_completed(&place, left, &whole, name);
    }
    assert_eq!(place.sluice(&[&CAPTURE[..], &["--check"]].concat()).code, Some(0));
}

/// The same as a kill between two files, at a place of our choice: something is in the way of the next file.
#[test]
fn a_capture_that_stopped_between_two_files_is_completed_before_anything_else_is_done() {
    let (place, whole) = captured();
    // Without the first, the job names a file that is not there.
    for obstacle in ["src/step_000.py", "src/step_040.py", "src/step_079.py"] {
        forget(&place);
        let way = place.bundle.join(obstacle);
        std::fs::create_dir_all(way.join("x")).unwrap();
        let stopped = place.sluice(&CAPTURE);
        let message = stopped.refusal(5);
        assert!(
            message.contains(&format!("{obstacle}`: ")) && message.contains("hint: put that right, then capture again"),
            "{message}"
        );
        let there = whole.keys().filter(|name| place.bundle.join(name).is_file()).count();
        assert!((2..whole.len()).contains(&there), "{obstacle}: {there}");
        let again = place.sluice(&CAPTURE);
        assert_eq!(again.refusal(5), message, "{obstacle}: it is still in the way");
        std::fs::remove_dir_all(way).unwrap();
        is_completed(&place, Left::Half, &whole, obstacle);
    }
}
