//! The Statement Execution API over HTTP.

use serde_json::{Value, json};
use sluice_workspace::{profiles, warehouses};

use crate::support::{Lab, profile_file, run};

pub(crate) struct Api {
    host: String,
    token: String,
    warehouse: String,
}

impl Api {
    pub(crate) async fn new(lab: &Lab, principal: &str) -> Self {
        let profiles = profiles::read(&profile_file().await).unwrap();
        let profile = &profiles[&format!("dev-{principal}")];
        let token = profile.token.expose().clone();
        let admin = lab.principal("admin").await;
        let warehouse = warehouses::list(&lab.workspace, &admin).await.unwrap().remove(0).id;
        Self {
            host: lab.workspace.host(),
            token,
            warehouse,
        }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let client = reqwest::Client::builder().build().unwrap();
        let request = client.request(
            method.parse().unwrap(),
            format!("{}/api/2.0/sql/statements{path}", self.host),
        );
        let response = request.bearer_auth(&self.token).json(&body).send().await.unwrap();
        let status = response.status().as_u16();
        (
            status,
            serde_json::from_slice(&response.bytes().await.unwrap()).unwrap(),
        )
    }

    pub(crate) async fn execute(&self, statement: &str, more: Value) -> (u16, Value) {
        let mut body =
            json!({"statement": statement, "warehouse_id": self.warehouse, "catalog": "dev", "wait_timeout": "50s"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.send("POST", "", body).await
    }
}

#[test]
fn a_statement_answers_with_manifest_and_rows() {
    run(async {
        let lab = Lab::new("api").await;
        let api = Api::new(&lab, "engineer").await;
        let parameters =
            json!({"parameters": [{"name": "n", "type": "INT", "value": "2"}], "row_limit": 1, "schema": "api"});
        let (status, answer) = api
            .execute(
                "SELECT id + :n AS a, CAST(NULL AS STRING) AS b FROM range(3) ORDER BY 1",
                parameters,
            )
            .await;
        assert_eq!(
            (status, &answer["status"]["state"]),
            (200, &json!("SUCCEEDED")),
            "{answer}"
        );
        assert_eq!(answer["result"]["data_array"], json!([["2", null]]));
        assert_eq!(
            answer["manifest"]["schema"]["columns"][0],
            json!({"name": "a", "type_name": "LONG", "type_text": "BIGINT", "position": 0})
        );
        assert_eq!(answer["manifest"]["truncated"], true);
        let (_, again) = api
            .send(
                "GET",
                &format!("/{}", answer["statement_id"].as_str().unwrap()),
                json!({}),
            )
            .await;
        assert_eq!(again, answer);
    });
}

#[test]
fn failed_sql_is_an_answer_and_refusals_name_what_is_missing() {
    run(async {
        let lab = Lab::new("api_errors").await;
        let api = Api::new(&lab, "engineer").await;
        let (status, answer) = api.execute("SELECT * FROM nowhere.nothing", json!({})).await;
        assert_eq!((status, &answer["status"]["state"]), (200, &json!("FAILED")));
        let message = answer["status"]["error"]["message"].as_str().unwrap();
        assert_eq!(
            message,
            "[TABLE_OR_VIEW_NOT_FOUND] Table 'dev.nowhere.nothing' does not exist."
        );
        assert_eq!(answer["status"]["sql_state"], "42P01");
        for wrong in [
            json!({"format": "ARROW_STREAM"}),
            json!({"disposition": "BY_POST"}),
            json!({"disposition": "EXTERNAL_LINKS", "format": "XML"}),
            json!({"row_limit": 0}),
        ] {
            let (status, answer) = api.execute("SELECT 1", wrong).await;
            assert_eq!(
                (status, answer["error_code"].as_str().unwrap()),
                (400, "INVALID_PARAMETER_VALUE")
            );
        }
        let (status, _) = api.execute("SELECT 1", json!({"wait_timeout": "3s"})).await;
        assert_eq!(status, 400);
        let (status, _) = api
            .execute("SELECT 1", json!({"warehouse_id": "0000000000000000"}))
            .await;
        assert_eq!(status, 404);
    });
}

#[test]
fn large_results_come_in_chunks_and_belong_to_who_asked() {
    run(async {
        let lab = Lab::new("api_chunks").await;
        let api = Api::new(&lab, "engineer").await;
        let (_, answer) = api.execute("SELECT id FROM range(25000) ORDER BY id", json!({})).await;
        assert_eq!(answer["manifest"]["total_chunk_count"], 3, "{}", answer["status"]);
        let id = answer["statement_id"].as_str().unwrap();
        let (status, chunk) = api.send("GET", &format!("/{id}/result/chunks/2"), json!({})).await;
        assert_eq!(
            (status, &chunk["row_count"], &chunk["data_array"][4999][0]),
            (200, &json!(5000), &json!("24999"))
        );
        assert_eq!(
            api.send("GET", &format!("/{id}/result/chunks/3"), json!({})).await.0,
            404
        );
        let stranger = Api::new(&lab, "analyst").await;
        assert_eq!(stranger.send("GET", &format!("/{id}"), json!({})).await.0, 404);
    });
}

#[test]
fn a_running_statement_is_cancelled() {
    run(async {
        let lab = Lab::new("api_cancel").await;
        let api = Api::new(&lab, "engineer").await;
        let endless = "SELECT count(*) FROM range(1000000000) a CROSS JOIN range(1000) b WHERE a.id + b.id < 0";
        let (_, answer) = api.execute(endless, json!({"wait_timeout": "0s"})).await;
        assert_eq!(answer["status"]["state"], "RUNNING");
        let id = answer["statement_id"].as_str().unwrap();
        assert_eq!(api.send("POST", &format!("/{id}/cancel"), json!({})).await.0, 200);
        let (_, answer) = api.send("GET", &format!("/{id}"), json!({})).await;
        assert_eq!(answer["status"]["state"], "CANCELED");
        // The engine is free again: another statement is answered.
        let (_, answer) = api.execute("SELECT 1 AS one", json!({})).await;
        assert_eq!(answer["result"]["data_array"], json!([["1"]]));
    });
}

#[test]
fn the_third_statement_with_a_text_is_executed_and_seems_to_fail() {
    run(async {
        let lab = Lab::new("faulty").await;
        let (engineer, admin) = (Api::new(&lab, "engineer").await, Api::new(&lab, "admin").await);
        let fault = json!({
            "match": {
                "operation": "sql.StatementExecutionAPI.execute_statement",
                "principal": "engineer",
                "body_contains": "alter table dev.faulty.",
            },
            "nth": 3,
            "action": {"kind": "commit_then_fail", "status": 503},
        });
        let faults = format!("{}/_sluice/faults", admin.host);
        let client = reqwest::Client::builder().build().unwrap();
        let added = client
            .post(&faults)
            .bearer_auth(&admin.token)
            .json(&fault)
            .send()
            .await
            .unwrap();
        assert_eq!(added.status().as_u16(), 200);
        let mut statuses = Vec::new();
        for statement in [
            "CREATE TABLE dev.faulty.t (id BIGINT) USING DELTA",
            "ALTER TABLE dev.faulty.t ADD COLUMN a STRING",
            "INSERT INTO dev.faulty.t VALUES (1, 'x')",
            "ALTER TABLE dev.faulty.t ADD COLUMN b STRING",
            "ALTER TABLE dev.faulty.t ADD COLUMN c STRING",
            "ALTER TABLE dev.faulty.t ADD COLUMN d STRING",
        ] {
            let (status, answer) = engineer.execute(statement, json!({})).await;
            assert!(
                status == 503 || answer["status"]["state"] == "SUCCEEDED",
                "{statement}: {answer}"
            );
            statuses.push(status);
        }
        assert_eq!(statuses, [200, 200, 200, 200, 503, 200]);
        let (_, read) = engineer.execute("SELECT id, a, c FROM dev.faulty.t", json!({})).await;
        assert_eq!(read["result"]["data_array"], json!([["1", "x", null]]), "{read}");
        let cleared = client.delete(&faults).bearer_auth(&admin.token).send().await.unwrap();
        assert_eq!(cleared.status().as_u16(), 200);
    });
}
