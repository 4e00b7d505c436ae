//! Results behind links: their formats, chunks and limits, and parameters with types.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::statement_api::Api;
use crate::support::{Lab, run};

/// What a link leads to, fetched without a token.
async fn fetch(link: &Value) -> (u16, String, Vec<u8>) {
    let client = reqwest::Client::builder().build().unwrap();
    let response = client
        .get(link["external_link"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    (
        response.status().as_u16(),
        media_type,
        response.bytes().await.unwrap().to_vec(),
    )
}

fn linked(format: &str) -> Value {
    json!({"disposition": "EXTERNAL_LINKS", "format": format})
}

/// Reads an Arrow stream with `pyarrow`: names, types and rows.
async fn read_arrow(lab: &Lab, bytes: &[u8]) -> Value {
    const READER: &str = "import json, sys, pyarrow as pa\n\
        table = pa.ipc.open_stream(sys.stdin.buffer).read_all()\n\
        types = [[field.name, str(field.type)] for field in table.schema]\n\
        print(json.dumps({'types': types, 'rows': [list(row.values()) for row in table.to_pylist()]}, default=str))";
    let python = lab.workspace.compute.environment().await.unwrap().python.clone();
    let mut child = Command::new(python)
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn arrow_has_the_types_of_the_columns() {
    run(async {
        let lab = Lab::new("results_arrow").await;
        let api = Api::new(&lab, "engineer").await;
        let query = "SELECT CAST(7 AS INT) AS i, 9007199254740993 AS l, CAST(2.50 AS DECIMAL(5,2)) AS d, CAST(0.1 AS DOUBLE) AS f, \
                     'x' AS s, true AS b, DATE'2013-01-02' AS t, TIMESTAMP'2013-01-02 03:04:05' AS m, CAST(NULL AS STRING) AS n, \
                     array(1, 2) AS a, named_struct('k', 'v', 'w', array(1.5D)) AS o, map('p', 1) AS p, CAST('hi' AS BINARY) AS y";
        let (_, answer) = api.execute(query, linked("ARROW_STREAM")).await;
        assert_eq!(answer["status"]["state"], "SUCCEEDED", "{answer}");
        assert_eq!(answer["manifest"]["format"], "ARROW_STREAM");
        let link = &answer["result"]["external_links"][0];
        let (status, media_type, bytes) = fetch(link).await;
        assert_eq!(
            (status, media_type.as_str()),
            (200, "application/vnd.apache.arrow.stream")
        );
        assert_eq!(link["byte_count"], json!(bytes.len()));
        assert_eq!(answer["manifest"]["total_byte_count"], json!(bytes.len()));
        let read = read_arrow(&lab, &bytes).await;
        let expected = json!([
            ["i", "int32"],
            ["l", "int64"],
            ["d", "decimal128(5, 2)"],
            ["f", "double"],
            ["s", "string"],
            ["b", "bool"],
            ["t", "date32[day]"],
            ["m", "timestamp[us, tz=UTC]"],
            ["n", "string"],
            ["a", "list<item: int32>"],
            ["o", "struct<k: string, w: list<item: double>>"],
            ["p", "map<string, int32>"],
            ["y", "binary"],
        ]);
        assert_eq!(read["types"], expected);
        let row = json!([
            7, 9_007_199_254_740_993_i64, "2.50", 0.1, "x", true, "2013-01-02", "2013-01-02 03:04:05+00:00", null, [1, 2],
            {"k": "v", "w": [1.5]}, [["p", 1]], "b'hi'",
        ]);
        assert_eq!(read["rows"], json!([row]));
    });
}

#[test]
fn what_the_workspace_answers_itself_and_what_has_no_rows_is_arrow_too() {
    run(async {
        let lab = Lab::new("results_own").await;
        let api = Api::new(&lab, "engineer").await;
        let (_, shown) = api
            .execute("SHOW SCHEMAS LIKE 'results_own'", linked("ARROW_STREAM"))
            .await;
        let (_, _, bytes) = fetch(&shown["result"]["external_links"][0]).await;
        assert_eq!(read_arrow(&lab, &bytes).await["rows"], json!([["results_own"]]));
        let (_, empty) = api.execute("SELECT 1 AS a WHERE false", linked("ARROW_STREAM")).await;
        assert_eq!(empty["manifest"]["total_row_count"], 0);
        let (_, _, bytes) = fetch(&empty["result"]["external_links"][0]).await;
        let read = read_arrow(&lab, &bytes).await;
        assert_eq!(read, json!({"types": [["a", "int32"]], "rows": []}));
        let (_, made) = api
            .execute(
                "CREATE TABLE dev.results_own.t (id INT) USING DELTA",
                linked("ARROW_STREAM"),
            )
            .await;
        assert_eq!(made["status"]["state"], "SUCCEEDED", "{made}");
    });
}

#[test]
fn csv_and_json_come_in_chunks_of_their_own_links() {
    run(async {
        let lab = Lab::new("results_chunks").await;
        let api = Api::new(&lab, "engineer").await;
        let query = "SELECT id, CASE WHEN id = 0 THEN 'a,\"b\"' END AS text FROM range(25000) ORDER BY id";
        let (_, answer) = api.execute(query, linked("CSV")).await;
        assert_eq!(answer["manifest"]["total_chunk_count"], 3, "{answer}");
        let (_, media_type, first) = fetch(&answer["result"]["external_links"][0]).await;
        assert_eq!(media_type, "text/csv");
        let first = String::from_utf8(first).unwrap();
        assert!(
            first.starts_with("id,text\r\n0,\"a,\"\"b\"\"\"\r\n1,null\r\n"),
            "{}",
            &first[..60]
        );
        assert_eq!(first.lines().count(), 10_001, "the header and 10000 rows");
        assert_eq!(answer["result"]["external_links"][0]["next_chunk_index"], 1);
        let id = answer["statement_id"].as_str().unwrap();
        let (status, last) = api.send("GET", &format!("/{id}/result/chunks/2"), json!({})).await;
        let link = &last["external_links"][0];
        assert_eq!(
            (status, &link["row_offset"], &link["row_count"]),
            (200, &json!(20_000), &json!(5000))
        );
        assert_eq!(link.get("next_chunk_index"), None);
        let (_, _, rows) = fetch(link).await;
        assert!(rows.starts_with(b"20000,null\r\n"), "no second header");

        let (_, answer) = api
            .execute("SELECT 1 AS a, CAST(NULL AS INT) AS b", linked("JSON_ARRAY"))
            .await;
        let (_, media_type, rows) = fetch(&answer["result"]["external_links"][0]).await;
        assert_eq!(
            (media_type.as_str(), rows.as_slice()),
            ("application/json", br#"[["1",null]]"#.as_slice())
        );
    });
}

#[test]
fn limits_cut_and_say_so() {
    run(async {
        let lab = Lab::new("results_limits").await;
        let api = Api::new(&lab, "engineer").await;
        for (limits, rows, truncated) in [
            (json!({"row_limit": 2}), 2, true),
            (json!({"row_limit": 5}), 5, false),
            // A row is one digit and what stands around it.
            (json!({"byte_limit": 12}), 3, true),
            (json!({"byte_limit": 3}), 0, true),
        ] {
            for more in [json!({}), linked("CSV")] {
                let mut body = limits.as_object().unwrap().clone();
                body.extend(more.as_object().unwrap().clone());
                let (_, answer) = api
                    .execute("SELECT id FROM range(5) ORDER BY id", Value::Object(body))
                    .await;
                let manifest = &answer["manifest"];
                assert_eq!(
                    (&manifest["total_row_count"], &manifest["truncated"]),
                    (&json!(rows), &json!(truncated)),
                    "{limits} {answer}"
                );
            }
        }
        let wide = "SELECT repeat('x', 1000) FROM range(30000)";
        let (_, inline) = api.execute(wide, json!({})).await;
        assert_eq!(inline["status"]["state"], "FAILED");
        assert!(
            inline["status"]["error"]["message"]
                .as_str()
                .unwrap()
                .contains("EXTERNAL_LINKS"),
            "{inline}"
        );
        let (_, behind_links) = api.execute(wide, linked("CSV")).await;
        assert_eq!(behind_links["manifest"]["total_row_count"], 30_000);
    });
}

#[test]
fn parameters_have_the_types_that_they_are_given() {
    run(async {
        let lab = Lab::new("results_parameters").await;
        let api = Api::new(&lab, "engineer").await;
        let parameters = json!({"parameters": [
            {"name": "d", "type": "DATE", "value": "2013-01-31"},
            {"name": "n", "type": "DECIMAL(10,2)", "value": "1.005"},
            {"name": "m", "type": "TIMESTAMP", "value": "2013-01-31T10:00:00Z"},
            {"name": "b", "type": "BOOLEAN", "value": "true"},
            {"name": "l", "type": "BIGINT", "value": "9007199254740993"},
            {"name": "z", "type": "INT"},
            {"name": "s", "value": "it's"},
        ]});
        let query = "SELECT date_add(:d, 1) AS d, :n AS n, :m AS m, NOT :b AS b, :l AS l, :z AS z, :s AS s";
        let (_, answer) = api.execute(query, parameters).await;
        let rows = json!([[
            "2013-02-01",
            "1.01",
            "2013-01-31T10:00:00.000Z",
            "false",
            "9007199254740993",
            null,
            "it's"
        ]]);
        assert_eq!(answer["result"]["data_array"], rows, "{answer}");
        let types: Vec<_> = answer["manifest"]["schema"]["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| &column["type_text"])
            .collect();
        assert_eq!(
            types,
            [
                "DATE",
                "DECIMAL(10,2)",
                "TIMESTAMP",
                "BOOLEAN",
                "BIGINT",
                "INT",
                "STRING"
            ]
        );
        let wrong = json!({"parameters": [{"name": "n", "type": "INT", "value": "many"}]});
        let (_, answer) = api.execute("SELECT :n + 1", wrong).await;
        assert_eq!(answer["status"]["state"], "FAILED", "{answer}");
        let (_, answer) = api.execute("SELECT :absent", json!({})).await;
        let message = answer["status"]["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("[UNBOUND_SQL_PARAMETER]"), "{message}");
    });
}
