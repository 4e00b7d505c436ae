//! Start, memory, and requests that need no engine.

use std::time::Instant;

use serde_json::json;

use crate::figures::{Figures, median, milliseconds};
use crate::{Served, load};

const HOME: &str = "/Users/engineer@sluice.test";
const STARTS: usize = 5;

/// From the start of the process to the first answer, and its memory then.
pub(crate) async fn start(figures: &mut Figures) {
    let directory = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    drop(Served::start(directory.path()).await);
    figures.add("first answer of three new workspaces", milliseconds(begun.elapsed()));
    let mut starts = Vec::new();
    let mut resident = 0.0;
    for _ in 0..STARTS {
        let begun = Instant::now();
        let served = Served::start(directory.path()).await;
        starts.push(begun.elapsed());
        resident = served.resident();
    }
    figures.add("first answer of workspaces that exist", milliseconds(median(starts)));
    figures.add("memory after the first answer, no engine", format!("{resident:.0} MiB"));
}

/// Readings and writings, eight requests in flight.
pub(crate) async fn requests(figures: &mut Figures) {
    let directory = tempfile::tempdir().unwrap();
    let served = &Served::start(directory.path()).await;
    for number in 0..50 {
        let schema = json!({"catalog_name": "dev", "name": format!("read_{number}")});
        served.post("/api/2.1/unity-catalog/schemas", &schema).await;
    }
    let job = served.post("/api/2.2/jobs/create", &job("read")).await["job_id"].clone();
    for number in 0..1000 {
        served
            .post("/api/2.2/jobs/create", &self::job(&format!("read {number}")))
            .await;
    }

    load::measure(figures, "reads: schema get", async |_| {
        served.get("/api/2.1/unity-catalog/schemas/dev.read_7").await;
    })
    .await;
    let path = format!("/api/2.2/jobs/get?job_id={job}");
    let path = path.as_str();
    load::measure(figures, "reads: job get", async |_| {
        served.get(path).await;
    })
    .await;
    load::measure(figures, "reads: workspace get-status", async |_| {
        served.get(&format!("/api/2.0/workspace/get-status?path={HOME}")).await;
    })
    .await;
    load::measure(figures, "reads: these three in turn", async |number| {
        match number % 3 {
            0 => served.get("/api/2.1/unity-catalog/schemas/dev.read_7").await,
            1 => served.get(path).await,
            _ => served.get(&format!("/api/2.0/workspace/get-status?path={HOME}")).await,
        };
    })
    .await;
    load::measure(figures, "reads: list of 50 schemas", async |_| {
        served
            .get("/api/2.1/unity-catalog/schemas?catalog_name=dev&max_results=50")
            .await;
    })
    .await;
    load::measure(figures, "reads: list of 20 jobs", async |_| {
        served.get("/api/2.2/jobs/list").await;
    })
    .await;
    load::measure(figures, "writes: schema create", async |number| {
        create_schema(served, number).await
    })
    .await;
    load::measure(figures, "writes: workspace mkdirs", async |number| {
        make_directory(served, number).await
    })
    .await;
    load::measure(figures, "writes: job create", async |number| {
        served
            .post("/api/2.2/jobs/create", &self::job(&format!("job {number}")))
            .await;
    })
    .await;
    load::measure(figures, "writes: these three in turn", async |number| {
        let number = number + 1_000_000;
        match number % 3 {
            0 => create_schema(served, number).await,
            1 => make_directory(served, number).await,
            _ => {
                served
                    .post("/api/2.2/jobs/create", &self::job(&format!("job {number}")))
                    .await;
            }
        }
    })
    .await;
    figures.add("memory after these requests", format!("{:.0} MiB", served.resident()));
}

fn job(name: &str) -> serde_json::Value {
    json!({"name": name, "tasks": [{"task_key": "one", "notebook_task": {"notebook_path": format!("{HOME}/n")}}]})
}

async fn create_schema(served: &Served, number: usize) {
    let schema = json!({"catalog_name": "dev", "name": format!("write_{number}")});
    served.post("/api/2.1/unity-catalog/schemas", &schema).await;
}

async fn make_directory(served: &Served, number: usize) {
    let path = format!("{HOME}/d{}/e{number}", number % 50);
    served.post("/api/2.0/workspace/mkdirs", &json!({ "path": path })).await;
}
