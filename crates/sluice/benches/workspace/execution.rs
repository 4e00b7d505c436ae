//! Trivial Python tasks, and statements beside the same statements on the engine alone.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Served;
use crate::figures::{Figures, median, milliseconds};

const HOME: &str = "/Users/engineer@sluice.test";
const TASKS: usize = 40;
const REPEATS: usize = 31;
/// What is asked of both; `{table}` is the table's name here and its Delta directory there.
const STATEMENTS: [(&str, &str); 3] = [
    ("SELECT 1", "SELECT 1"),
    ("one row of 100,000 by key", "SELECT name FROM {table} WHERE id = 4711"),
    (
        "groups of 100,000 rows",
        "SELECT id % 10 AS k, count(*), sum(id) FROM {table} GROUP BY 1 ORDER BY 1",
    ),
];

pub(crate) async fn measure(figures: &mut Figures) {
    let directory = tempfile::tempdir().unwrap();
    let served = Served::start(directory.path()).await;
    statements(figures, &served, directory.path()).await;
    tasks(figures, &served).await;
}

/// The warehouse that every workspace has.
pub(crate) async fn warehouse(served: &Served) -> String {
    let answer = served.get("/api/2.0/sql/warehouses").await;
    answer["warehouses"][0]["id"].as_str().unwrap().to_owned()
}

async fn statements(figures: &mut Figures, served: &Served, directory: &Path) {
    let warehouse = &warehouse(served).await;
    let begun = Instant::now();
    served.statement(warehouse, "SELECT 1").await;
    figures.add("first statement, engine started for it", milliseconds(begun.elapsed()));
    served.statement(warehouse, "CREATE SCHEMA dev.bench").await;
    let create = "CREATE TABLE dev.bench.t AS SELECT id, concat('name ', id) AS name FROM range(100000)";
    served.statement(warehouse, create).await;
    let table = served.get("/api/2.1/unity-catalog/tables/dev.bench.t").await;
    let location = table["storage_location"]
        .as_str()
        .unwrap()
        .trim_start_matches("file://");
    let alone = engine_alone(&directory.join("dev"), location);
    for ((what, text), alone) in STATEMENTS.into_iter().zip(alone) {
        let text = text.replace("{table}", "dev.bench.t");
        let mut taken = Vec::new();
        for _ in 0..REPEATS {
            let begun = Instant::now();
            served.statement(warehouse, &text).await;
            taken.push(begun.elapsed());
        }
        let here = median(taken);
        let figure = format!(
            "{}, on the engine alone {}: {} more",
            milliseconds(here),
            milliseconds(alone),
            milliseconds(here.saturating_sub(alone))
        );
        figures.add(format!("statement: {what}"), figure);
    }
}

/// Medians of the same statements on a Sail of its own, from a Spark Connect client.
fn engine_alone(workspace: &Path, location: &str) -> Vec<Duration> {
    assert!(workspace.is_dir());
    let python = engine_python();
    let texts: Vec<_> = STATEMENTS
        .iter()
        .map(|(_, text)| text.replace("{table}", &format!("delta.`{location}`")))
        .collect();
    let output = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/workspace/engine_alone.py"))
        .arg(REPEATS.to_string())
        .args(texts)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "the engine alone failed");
    let seconds: Vec<f64> = serde_json::from_slice(&output.stdout).unwrap();
    seconds.into_iter().map(Duration::from_secs_f64).collect()
}

/// The Python of the environment that the engine runs in.
fn engine_python() -> std::path::PathBuf {
    let environments = sluice_testkit::shared_cache().join("python");
    let entries = std::fs::read_dir(&environments)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let pythons = entries.map(|path| path.join("bin/python")).filter(|python| {
        let probe = Command::new(python)
            .args(["-c", "import pysail, pyspark"])
            .stderr(Stdio::null())
            .status();
        probe.is_ok_and(|status| status.success())
    });
    pythons
        .max()
        .unwrap_or_else(|| panic!("no environment with Sail in {}", environments.display()))
}

async fn tasks(figures: &mut Figures, served: &Served) {
    served.post("/api/2.0/workspace/mkdirs", &json!({ "path": HOME })).await;
    let import =
        json!({"path": format!("{HOME}/trivial.py"), "format": "RAW", "content": "cHJpbnQoMSkK", "overwrite": true});
    served.post("/api/2.0/workspace/import", &import).await;
    let run = |tasks: usize| {
        let tasks: Vec<_> = (0..tasks)
            .map(|number| json!({"task_key": format!("t{number}"), "spark_python_task": {"python_file": format!("{HOME}/trivial.py")}}))
            .collect();
        json!({"run_name": "trivial", "tasks": tasks})
    };
    let one = finished(served, &run(1)).await;
    figures.add("a run of one trivial Python task", milliseconds(one));
    let many = finished(served, &run(TASKS)).await;
    #[expect(clippy::cast_precision_loss, reason = "forty")]
    let rate = TASKS as f64 / many.as_secs_f64();
    figures.add(
        format!("a run of {TASKS} trivial Python tasks side by side"),
        format!("{rate:.1} tasks a second"),
    );
}

/// Submits a run and waits for its success.
async fn finished(served: &Served, run: &Value) -> Duration {
    let begun = Instant::now();
    let run = served.post("/api/2.2/jobs/runs/submit", run).await["run_id"].clone();
    loop {
        let answer = served.get(&format!("/api/2.2/jobs/runs/get?run_id={run}")).await;
        let state = &answer["state"];
        if state["life_cycle_state"] == "TERMINATED" {
            assert_eq!(state["result_state"], "SUCCESS", "{answer}");
            return begun.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
