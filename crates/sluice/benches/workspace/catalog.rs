//! A catalog of 100,000 tables.
//!
//! One table is made by a statement; the others are copies of its row in the store, ten schemas of 10,000, since making each would measure the engine.

use std::path::Path;
use std::time::Instant;

use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Executor as _};

use crate::Served;
use crate::execution::warehouse;
use crate::figures::{Figures, median, milliseconds};

const REPEATS: usize = 21;

pub(crate) async fn measure(figures: &mut Figures) {
    let directory = tempfile::tempdir().unwrap();
    {
        let served = Served::start(directory.path()).await;
        let warehouse = warehouse(&served).await;
        for schema in 0..10 {
            let schema = json!({"catalog_name": "dev", "name": format!("s{schema}")});
            served.post("/api/2.1/unity-catalog/schemas", &schema).await;
        }
        let columns: Vec<_> = (0..12)
            .map(|column| format!("c{column} STRING COMMENT 'a column'"))
            .collect();
        let create = format!("CREATE TABLE dev.s0.t0 ({})", columns.join(", "));
        served.statement(&warehouse, &create).await;
    }
    multiply(directory.path()).await;

    let begun = Instant::now();
    let served = Served::start(directory.path()).await;
    figures.add(
        "100,000 tables: first answer after a start",
        milliseconds(begun.elapsed()),
    );
    figures.add(
        "100,000 tables: memory after the first answer",
        format!("{:.0} MiB", served.resident()),
    );
    let tables = "/api/2.1/unity-catalog/tables?catalog_name=dev&schema_name=s7&max_results=50";
    page(figures, &served, "list page of 50 tables, the first", tables).await;
    let mut token = String::new();
    for _ in 0..100 {
        let answer = served.get(&format!("{tables}{token}")).await;
        token = format!("&page_token={}", answer["next_page_token"].as_str().unwrap());
    }
    page(
        figures,
        &served,
        "list page of 50 tables, the 101st",
        &format!("{tables}{token}"),
    )
    .await;
    let summaries = "/api/2.1/unity-catalog/table-summaries?catalog_name=dev&max_results=50";
    page(
        figures,
        &served,
        "page of 50 table summaries over all schemas",
        summaries,
    )
    .await;
    page(
        figures,
        &served,
        "one table",
        "/api/2.1/unity-catalog/tables/dev.s7.t4711",
    )
    .await;
}

async fn page(figures: &mut Figures, served: &Served, what: &str, path: &str) {
    let mut taken = Vec::new();
    for _ in 0..REPEATS {
        let begun = Instant::now();
        served.get(path).await;
        taken.push(begun.elapsed());
    }
    figures.add(format!("100,000 tables: {what}"), milliseconds(median(taken)));
}

async fn multiply(directory: &Path) {
    let options = SqliteConnectOptions::new().filename(directory.join("dev/store.sqlite"));
    let mut store = SqliteConnection::connect_with(&options).await.unwrap();
    let copy = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 99999)
        INSERT INTO securable
        SELECT printf('00000000-0000-4000-8000-%012d', n), 'TABLE', s.id, 't' || (n / 10), s.full_name || '.t' || (n / 10), t.owner, t.comment,
               t.properties, t.location || '-' || n, t.details, t.created_at, t.created_by, t.updated_at, t.updated_by
        FROM number
        JOIN securable s ON s.kind = 'SCHEMA' AND s.full_name = 'dev.s' || (n % 10)
        JOIN securable t ON t.kind = 'TABLE' AND t.full_name = 'dev.s0.t0'";
    let copied = store.execute(copy).await.unwrap().rows_affected();
    assert_eq!(copied, 99_999);
    store.close().await.unwrap();
}
