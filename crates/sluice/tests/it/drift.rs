//! Drift: each change that somebody makes past Sluice is found alone, and an untouched environment is in sync.

use std::process::Command;

use serde_json::{Value, json};
use sluice_wire::{Method, Request};

use crate::capture::{send, sql};
use crate::place::Place;

const PRODUCT: &str = "version: 1
name: shop
domain: sales
kind: consumer-aligned
owner: engineer@sluice.test
steward: steward@sluice.test
support: '#shop'
criticality: low
classification: internal
ports: []
dependencies: []
verify: []
";

const BUNDLE: &str = r#"
bundle: {name: shop}
variables:
  warehouse_id: {lookup: {warehouse: Sluice Starter Warehouse}}
targets:
  dev: {default: true, workspace: {host: "HOST", root_path: "/Workspace/Shared/.bundle/shop"}}
resources:
  schemas:
    gold: {catalog_name: dev, name: shop, comment: What is sold, grants: [{principal: analysts, privileges: [USE_SCHEMA]}]}
  volumes:
    landing: {catalog_name: dev, schema_name: "${resources.schemas.gold.name}", name: landing, comment: What arrives}
  jobs:
    load:
      name: shop load
      timeout_seconds: 600
      permissions: [{group_name: analysts, level: CAN_VIEW}]
      tasks: [{task_key: load, notebook_task: {notebook_path: ./src/load.py}}]
  genie_spaces:
    ask:
      title: Ask
      warehouse_id: ${var.warehouse_id}
      serialized_space:
        config: {sample_questions: [{question: [Who buys?]}]}
        data_sources:
          tables: [{identifier: "dev.${resources.schemas.gold.name}.sales"}]
"#;

const CATALOG: &str = r"
version: 1
warehouse_id: ${var.warehouse_id}
functions:
  hide:
    name: dev.shop.hide
    parameters: [{name: buyer, type: string}]
    returns: string
    definition: CASE WHEN is_account_group_member('analysts') THEN '***' ELSE buyer END
tables:
  sales:
    name: dev.shop.sales
    comment: One row per sale
    columns:
      - {name: id, type: bigint, nullable: false, comment: Number of the sale}
      - {name: buyer, type: string, mask: {function: '${catalog.functions.hide.full_name}'}, tags: {pii: name}}
      - {name: amount, type: int}
    properties: {team: shop}
    tags: {domain: sales}
    grants: [{principal: analysts, privileges: [SELECT]}]
  returns:
    name: dev.shop.returns
    columns: [{name: id, type: bigint}, {name: why, type: string}]
views:
  totals:
    name: dev.shop.totals
    query: SELECT sum(amount) AS amount FROM dev.shop.sales
";

const FILES: &str = "/Workspace/Shared/.bundle/shop/files";
const TAGS: &str = "/api/2.1/unity-catalog/entity-tag-assignments";

/// A shop that is active in the environment `dev`.
fn shop() -> Place {
    let place = Place::new();
    let platform = format!(
        "version: 1\nid: trial\nenvironments:\n  - {{name: dev, target: dev, host: \"{}\"}}\n",
        place.host
    );
    place.write("../platform.yaml", &platform);
    place.write("product.yaml", PRODUCT);
    place.write("databricks.yml", &BUNDLE.replace("HOST", &place.host));
    place.write("catalog/shop.yml", CATALOG);
    place.write("src/load.py", "# Databricks notebook source\nprint('load')\n");
    place.write("src/names.py", "NAMES = ['a']\n");
    place.write(".gitignore", ".databricks/\n");
    git(&place, &["init", "--quiet", "--initial-branch", "main"]);
    git(&place, &["add", "--all"]);
    git(&place, &["commit", "--quiet", "--message", "begin"]);
    deploy(&place);
    place
}

fn git(place: &Place, arguments: &[&str]) {
    let author = ["-c", "user.name=Test", "-c", "user.email=test@sluice.test"];
    let done = Command::new("git")
        .args(author)
        .args(arguments)
        .current_dir(&place.bundle)
        .output()
        .unwrap();
    assert!(done.status.success(), "{arguments:?}: {done:?}");
}

/// Deploys, and verifies with rows in the tables, which makes the deployment active.
fn deploy(place: &Place) {
    place.sluice(&["deploy", "-t", "dev", "-o", "json"]).json(0);
    sql(place, "INSERT INTO dev.shop.sales VALUES (1, 'Ann', 3)");
    sql(place, "INSERT INTO dev.shop.returns VALUES (1, 'too big')");
    let report = place.sluice(&["verify", "-t", "dev", "-o", "json"]).json(0);
    assert_eq!(report["state"], "active", "{report}");
}

/// Object, kind and path of every difference.
fn differences(report: &Value) -> Vec<[String; 3]> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let found = report["differences"].as_array().unwrap().iter();
    found
        .map(|one| [&one["object"], &one["kind"], &one["path"]].map(text))
        .collect()
}

fn in_sync(place: &Place, after: &str) {
    let report = place.sluice(&["drift", "-t", "dev", "-o", "json"]);
    assert_eq!(
        report.code,
        Some(0),
        "after {after}: {}\n{}",
        report.stdout,
        report.stderr
    );
    let report = report.json(0);
    assert_eq!(
        (&report["state"], &report["notes"]),
        (&json!("in_sync"), &json!([])),
        "{report}"
    );
}

/// One change past Sluice.
struct Plant {
    what: &'static str,
    plant: fn(&Place),
    found: [&'static str; 3],
    /// Declared and live value.
    values: [Value; 2],
    undo: fn(&Place),
}

fn job(place: &Place) -> Value {
    place.get("/api/2.2/jobs/list", &[])["jobs"][0]["job_id"].clone()
}

fn change_job(place: &Place, settings: Value) {
    let body = json!({"job_id": job(place), "new_settings": settings});
    send(place, Method::Post, "/api/2.2/jobs/update", body);
}

fn space(place: &Place) -> String {
    let spaces = place.get("/api/2.0/genie/spaces", &[]);
    format!(
        "/api/2.0/genie/spaces/{}",
        spaces["spaces"][0]["space_id"].as_str().unwrap()
    )
}

fn ask(place: &Place, question: &str) {
    let space = space(place);
    let whole = place.get(&space, &[("include_serialized_space", "true")]);
    let mut content: Value = serde_json::from_str(whole["serialized_space"].as_str().unwrap()).unwrap();
    content["config"]["sample_questions"][0]["question"][0] = question.into();
    send(
        place,
        Method::Patch,
        &space,
        json!({"serialized_space": content.to_string()}),
    );
}

fn tag(place: &Place, method: Method, entity: &str, name: &str, key: &str, value: &str) {
    let body = json!({"entity_type": entity, "entity_name": name, "tag_key": key, "tag_value": value});
    if method == Method::Post {
        send(place, method, TAGS, body);
        return;
    }
    let request = Request::new(method, format!("{TAGS}/{entity}/{name}/tags/{key}"));
    let client = place.client("engineer");
    let request = request.query("update_mask", "tag_value").json(body);
    place.runtime.block_on(client.send(&request)).unwrap();
}

fn permissions(place: &Place, changes: Value) {
    let path = "/api/2.1/unity-catalog/permissions/table/dev.shop.sales";
    send(place, Method::Patch, path, json!({"changes": changes}));
}

fn upload(place: &Place, path: &str, content: &str) {
    let client = place.client("engineer");
    let path = format!("{FILES}/{path}");
    let uploaded = client.upload(&path, content.as_bytes().to_vec());
    place.runtime.block_on(uploaded).unwrap();
}

fn remove(place: &Place, path: &str) {
    let client = place.client("engineer");
    let path = match path.strip_prefix("../") {
        Some(beside) => format!("{}/{beside}", FILES.trim_end_matches("/files")),
        None => format!("{FILES}/{path}"),
    };
    let removed = client.delete(&path, false);
    assert!(place.runtime.block_on(removed).unwrap());
}

fn delete(place: &Place, path: &str) {
    send(place, Method::Delete, path, json!({}));
}

fn comment_of_schema(place: &Place, comment: &str) {
    let path = "/api/2.1/unity-catalog/schemas/dev.shop";
    send(place, Method::Patch, path, json!({"comment": comment}));
}

fn acl(place: &Place, list: Value) {
    let id = job(place);
    let path = format!("/api/2.0/permissions/jobs/{id}");
    send(place, Method::Put, &path, json!({"access_control_list": list}));
}

const VIEWER: &str = r#"{"group_name": "analysts", "permission_level": "CAN_VIEW"}"#;
const OWNER: &str = r#"{"user_name": "engineer@sluice.test", "permission_level": "IS_OWNER"}"#;

fn entry(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

const SALES: &str = "catalog.tables.sales";

fn any() -> [Value; 2] {
    [json!("*"), json!("*")]
}

/// Definitions and tags of tables.
fn of_tables() -> Vec<Plant> {
    vec![
        Plant {
            what: "the comment of a table",
            plant: |place| sql(place, "COMMENT ON TABLE dev.shop.sales IS 'Sold'"),
            found: [SALES, "field", "comment"],
            values: [json!("One row per sale"), json!("Sold")],
            undo: |place| sql(place, "COMMENT ON TABLE dev.shop.sales IS 'One row per sale'"),
        },
        Plant {
            what: "the comment of a column",
            plant: |place| sql(place, "ALTER TABLE dev.shop.sales ALTER COLUMN id COMMENT 'x'"),
            found: [SALES, "field", "columns[name='id'].comment"],
            values: [json!("Number of the sale"), json!("x")],
            undo: |place| {
                sql(
                    place,
                    "ALTER TABLE dev.shop.sales ALTER COLUMN id COMMENT 'Number of the sale'",
                )
            },
        },
        Plant {
            what: "a property of a table",
            plant: |place| sql(place, "ALTER TABLE dev.shop.sales SET TBLPROPERTIES ('team' = 'other')"),
            found: [SALES, "field", "properties.team"],
            values: [json!("shop"), json!("other")],
            undo: |place| sql(place, "ALTER TABLE dev.shop.sales SET TBLPROPERTIES ('team' = 'shop')"),
        },
        Plant {
            what: "the value of a tag",
            plant: |place| tag(place, Method::Patch, "tables", "dev.shop.sales", "domain", "other"),
            found: [SALES, "tag", "tags.domain"],
            values: [json!("sales"), json!("other")],
            undo: |place| tag(place, Method::Patch, "tables", "dev.shop.sales", "domain", "sales"),
        },
        Plant {
            what: "a tag that nobody declared",
            plant: |place| tag(place, Method::Post, "tables", "dev.shop.returns", "owner", "me"),
            found: ["catalog.tables.returns", "tag", "tags.owner"],
            values: [json!(null), json!("me")],
            undo: |place| delete(place, &format!("{TAGS}/tables/dev.shop.returns/tags/owner")),
        },
        Plant {
            what: "a tag of a column that nobody declared",
            plant: |place| tag(place, Method::Post, "columns", "dev.shop.returns.why", "free", "text"),
            found: ["catalog.tables.returns", "tag", "columns.why.free"],
            values: [json!(null), json!("text")],
            undo: |place| delete(place, &format!("{TAGS}/columns/dev.shop.returns.why/tags/free")),
        },
        Plant {
            what: "a tag of a column taken away",
            plant: |place| delete(place, &format!("{TAGS}/columns/dev.shop.sales.buyer/tags/pii")),
            found: [SALES, "tag", "columns.buyer"],
            values: [json!({"pii": "name"}), json!(null)],
            undo: |place| tag(place, Method::Post, "columns", "dev.shop.sales.buyer", "pii", "name"),
        },
        Plant {
            what: "a grant that nobody declared",
            plant: |place| permissions(place, json!([{"principal": "stewards", "add": ["SELECT"]}])),
            found: [SALES, "grant", "grants[principal='stewards'].privileges"],
            values: [json!(null), json!(["SELECT"])],
            undo: |place| permissions(place, json!([{"principal": "stewards", "remove": ["SELECT"]}])),
        },
    ]
}

/// Access, masks, functions, views and owners.
fn of_access() -> Vec<Plant> {
    vec![
        Plant {
            what: "a grant taken away",
            plant: |place| permissions(place, json!([{"principal": "analysts", "remove": ["SELECT"]}])),
            found: [SALES, "grant", "grants[principal='analysts']"],
            values: [json!({"principal": "analysts", "privileges": ["SELECT"]}), json!(null)],
            undo: |place| permissions(place, json!([{"principal": "analysts", "add": ["SELECT"]}])),
        },
        Plant {
            what: "another privilege for somebody who is declared",
            plant: |place| permissions(place, json!([{"principal": "analysts", "add": ["MODIFY"]}])),
            found: [SALES, "grant", "grants[principal='analysts'].privileges"],
            values: [json!(["SELECT"]), json!(["MODIFY", "SELECT"])],
            undo: |place| permissions(place, json!([{"principal": "analysts", "remove": ["MODIFY"]}])),
        },
        Plant {
            what: "a mask taken away",
            plant: |place| sql(place, "ALTER TABLE dev.shop.sales ALTER COLUMN buyer DROP MASK"),
            found: [SALES, "field", "masks.buyer"],
            values: [json!({"function": "dev.shop.hide"}), json!(null)],
            undo: |place| {
                sql(
                    place,
                    "ALTER TABLE dev.shop.sales ALTER COLUMN buyer SET MASK dev.shop.hide",
                )
            },
        },
        Plant {
            what: "a mask that nobody declared",
            plant: |place| {
                sql(
                    place,
                    "ALTER TABLE dev.shop.returns ALTER COLUMN why SET MASK dev.shop.hide",
                )
            },
            found: ["catalog.tables.returns", "field", "masks.why"],
            values: any(),
            undo: |place| sql(place, "ALTER TABLE dev.shop.returns ALTER COLUMN why DROP MASK"),
        },
        Plant {
            what: "the body of a function",
            plant: |place| {
                sql(
                    place,
                    "CREATE OR REPLACE FUNCTION dev.shop.hide(buyer STRING) RETURNS STRING RETURN buyer",
                )
            },
            found: ["catalog.functions.hide", "field", "definition"],
            values: any(),
            undo: |place| {
                sql(
                    place,
                    "CREATE OR REPLACE FUNCTION dev.shop.hide(buyer STRING) RETURNS STRING \
                     RETURN CASE WHEN is_account_group_member('analysts') THEN '***' ELSE buyer END",
                );
            },
        },
        Plant {
            what: "the query of a view",
            plant: |place| {
                sql(
                    place,
                    "ALTER VIEW dev.shop.totals AS SELECT max(amount) AS amount FROM dev.shop.sales",
                )
            },
            found: ["catalog.views.totals", "field", "query"],
            values: any(),
            undo: |place| {
                sql(
                    place,
                    "ALTER VIEW dev.shop.totals AS SELECT sum(amount) AS amount FROM dev.shop.sales",
                )
            },
        },
        Plant {
            what: "the owner of a table",
            plant: |place| sql(place, "ALTER TABLE dev.shop.returns OWNER TO `analysts`"),
            found: ["catalog.tables.returns", "field", "owner"],
            values: [json!("engineer@sluice.test"), json!("analysts")],
            undo: |place| {
                let client = place.client("admin");
                let body = json!({"owner": "engineer@sluice.test"});
                let request = Request::new(Method::Patch, "/api/2.1/unity-catalog/tables/dev.shop.returns").json(body);
                place.runtime.block_on(client.send(&request)).unwrap();
            },
        },
        Plant {
            what: "a table that nobody declared",
            plant: |place| sql(place, "CREATE TABLE dev.shop.scratch (id BIGINT)"),
            found: ["dev.shop.scratch", "unmanaged", ""],
            values: [json!(null), json!("table")],
            undo: |place| sql(place, "DROP TABLE dev.shop.scratch"),
        },
    ]
}

/// Jobs, Genie spaces, schemas and files.
fn of_the_workspace() -> Vec<Plant> {
    vec![
        Plant {
            what: "the timeout of a job",
            plant: |place| change_job(place, json!({"timeout_seconds": 60})),
            found: ["resources.jobs.load", "field", "timeout_seconds"],
            values: [json!(600), json!(60)],
            undo: |place| change_job(place, json!({"timeout_seconds": 600})),
        },
        Plant {
            what: "the name of a job",
            plant: |place| change_job(place, json!({"name": "mine"})),
            found: ["resources.jobs.load", "field", "name"],
            values: [json!("shop load"), json!("mine")],
            undo: |place| change_job(place, json!({"name": "shop load"})),
        },
        Plant {
            what: "a schedule of a job",
            plant: |place| {
                let schedule =
                    json!({"quartz_cron_expression": "0 0 5 * * ?", "timezone_id": "UTC", "pause_status": "PAUSED"});
                change_job(place, json!({"schedule": schedule}));
            },
            found: ["resources.jobs.load", "field", "schedule"],
            values: any(),
            undo: |place| {
                let body = json!({"job_id": job(place), "fields_to_remove": ["schedule"]});
                send(place, Method::Post, "/api/2.2/jobs/update", body);
            },
        },
        Plant {
            what: "a permission on a job",
            plant: |place| {
                let more = json!({"group_name": "stewards", "permission_level": "CAN_MANAGE"});
                acl(place, json!([entry(OWNER), entry(VIEWER), more]));
            },
            found: ["resources.jobs.load", "grant", "permissions[group_name='stewards']"],
            values: any(),
            undo: |place| acl(place, json!([entry(OWNER), entry(VIEWER)])),
        },
        Plant {
            what: "a sample question of a Genie space",
            plant: |place| ask(place, "Who returns?"),
            found: [
                "resources.genie_spaces.ask",
                "field",
                "serialized_space.config.sample_questions[id='5391777d096820d616dc4cfbaec89b07'].question",
            ],
            values: [json!(["Who buys?"]), json!(["Who returns?"])],
            undo: |place| ask(place, "Who buys?"),
        },
        Plant {
            what: "the comment of a schema",
            plant: |place| comment_of_schema(place, "mine"),
            found: ["resources.schemas.gold", "field", "comment"],
            values: [json!("What is sold"), json!("mine")],
            undo: |place| comment_of_schema(place, "What is sold"),
        },
        Plant {
            what: "the content of a notebook",
            plant: |place| upload(place, "src/load.py", "# Databricks notebook source\nprint('mine')\n"),
            found: ["/Workspace/Shared/.bundle/shop/files/src/load", "file", ""],
            values: any(),
            undo: |place| upload(place, "src/load.py", "# Databricks notebook source\nprint('load')\n"),
        },
        Plant {
            what: "a file deleted",
            plant: |place| remove(place, "src/names.py"),
            found: ["/Workspace/Shared/.bundle/shop/files/src/names.py", "file", ""],
            values: any(),
            undo: |place| upload(place, "src/names.py", "NAMES = ['a']\n"),
        },
        Plant {
            what: "a file added",
            plant: |place| upload(place, "src/mine.py", "x = 1\n"),
            found: ["/Workspace/Shared/.bundle/shop/files/src/mine.py", "file", ""],
            values: any(),
            undo: |place| remove(place, "src/mine.py"),
        },
    ]
}

/// What cannot be taken back, and is deployed again.
fn of_whole_objects() -> Vec<Plant> {
    vec![
        Plant {
            what: "a volume deleted",
            plant: |place| delete(place, "/api/2.1/unity-catalog/volumes/dev.shop.landing"),
            found: ["resources.volumes.landing", "identity", ""],
            values: [json!(null), json!(null)],
            undo: deploy,
        },
        Plant {
            what: "a table dropped",
            plant: |place| sql(place, "DROP TABLE dev.shop.returns"),
            found: ["catalog.tables.returns", "identity", ""],
            values: [json!(null), json!(null)],
            undo: deploy,
        },
        Plant {
            what: "a column added",
            plant: |place| sql(place, "ALTER TABLE dev.shop.returns ADD COLUMN more STRING"),
            found: ["catalog.tables.returns", "field", "columns[name='more']"],
            values: any(),
            undo: |place| {
                sql(place, "DROP TABLE dev.shop.returns");
                deploy(place);
            },
        },
        Plant {
            what: "a table dropped and made again",
            plant: |place| {
                sql(place, "DROP TABLE dev.shop.sales");
                sql(
                    place,
                    "CREATE TABLE dev.shop.sales (id BIGINT NOT NULL, buyer STRING, amount INT)",
                );
            },
            found: [SALES, "identity", ""],
            values: any(),
            undo: |place| {
                sql(place, "DROP TABLE dev.shop.sales");
                deploy(place);
            },
        },
        Plant {
            what: "a job deleted and made again under its name",
            plant: |place| {
                send(
                    place,
                    Method::Post,
                    "/api/2.2/jobs/delete",
                    json!({"job_id": job(place)}),
                );
                send(
                    place,
                    Method::Post,
                    "/api/2.2/jobs/create",
                    json!({"name": "shop load"}),
                );
            },
            found: ["resources.jobs.load", "identity", ""],
            values: any(),
            undo: |place| {
                send(
                    place,
                    Method::Post,
                    "/api/2.2/jobs/delete",
                    json!({"job_id": job(place)}),
                );
                deploy(place);
            },
        },
    ]
}

fn plants() -> Vec<Plant> {
    [of_tables(), of_access(), of_the_workspace(), of_whole_objects()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn every_change_past_sluice_is_found_alone_and_none_where_nothing_was_touched() {
    let place = shop();
    in_sync(&place, "the deployment");
    assert!(plants().len() >= 20);
    let mut wrong = Vec::new();
    for Plant {
        what,
        plant,
        found,
        values,
        undo,
    } in plants()
    {
        plant(&place);
        let answer = place.sluice(&["drift", "-t", "dev", "-o", "json"]);
        let report = answer.json(1);
        let [declared, live] = ["declared", "live"].map(|side| &report["differences"][0][side]);
        let same = |expected: &Value, value: &Value| *expected == "*" || expected == value;
        if differences(&report) != [found.map(str::to_owned)]
            || report["state"] != "drifted"
            || !same(&values[0], declared)
            || !same(&values[1], live)
            || what.contains("a job deleted")
                && !report["differences"][0]["note"]
                    .to_string()
                    .contains(") is named `shop load`")
            || report["differences"][0]["remedy"]["restore"]
                .as_str()
                .unwrap_or_default()
                .is_empty()
        {
            wrong.push(format!("{what}: {:#}", report["differences"]));
        }
        undo(&place);
        in_sync(&place, what);
    }
    assert_eq!(wrong, Vec::<String>::new(), "{}", wrong.join("\n"));
}

#[test]
fn what_cannot_be_read_is_told_and_is_never_in_sync() {
    let mut place = shop();
    for name in ["resources.json", "sluice.json"] {
        remove(&place, &format!("../state/{name}"));
    }
    let gone = place.sluice(&["drift", "-t", "dev", "-o", "json"]).json(4);
    assert!(gone["reason"].as_str().unwrap().contains("state is gone"), "{gone}");
    place.stop_workspace();
    let answer = place.sluice(&["drift", "-t", "dev"]);
    let message = answer.refusal(4);
    assert!(
        message.starts_with("error: whether `dev` has drifted cannot be told: ")
            && message.matches("error:").count() == 1,
        "{message}"
    );
    let report = place.sluice(&["drift", "-t", "dev", "-o", "json"]).json(4);
    assert_eq!(report["state"], "unreadable", "{report}");
    assert!(!report["reason"].as_str().unwrap().is_empty(), "{report}");
    let unknown = place.sluice(&["drift", "-t", "nowhere"]);
    assert!(unknown.refusal(2).contains("nowhere"), "{unknown:?}");
}

#[test]
fn while_a_deployment_is_not_finished_nothing_is_said() {
    let place = shop();
    sql(&place, "DELETE FROM dev.shop.returns");
    assert_eq!(place.sluice(&["verify", "-t", "dev"]).code, Some(1));
    let answer = place.sluice(&["drift", "-t", "dev"]);
    let message = answer.refusal(4);
    assert!(
        message.contains("is needs_attention: what has to be there is not decided yet") && message.contains("hint: "),
        "{message}"
    );
}

#[test]
fn without_a_platform_a_target_is_compared_with_what_was_deployed_there_last() {
    let place = Place::new();
    place.write_bundle("shop", &place.host);
    let nothing = place.sluice(&["drift", "-t", "dev"]);
    assert!(
        nothing.refusal(2).contains("nothing of `shop` is active in `dev`"),
        "{nothing:?}"
    );
    place.sluice(&["deploy", "-o", "json"]).json(0);
    in_sync(&place, "the deployment");
    // The files went on, and nobody deployed them.
    let bundle = std::fs::read_to_string(place.bundle.join("databricks.yml")).unwrap();
    place.write(
        "databricks.yml",
        &bundle.replace("name: shop load", "name: shop reload"),
    );
    place.write("src/shared/more.py", "MORE = ['b']\n");
    in_sync(&place, "a change of the files");
    change_job(&place, json!({"name": "mine"}));
    change_job(
        &place,
        json!({"description": format!("token dapi{}", "0123456789abcdef".repeat(2))}),
    );
    let report = place.sluice(&["drift", "-t", "dev", "-o", "json"]).json(1);
    let job = ["resources.jobs.load", "field"];
    let expected = [[job[0], job[1], "description"], [job[0], job[1], "name"]];
    assert_eq!(differences(&report), expected.map(|one| one.map(str::to_owned)));
    let answer = place.sluice(&["drift", "-t", "dev"]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    let expected = format!(
        "resources.jobs.load ({})
  field     description
            declared (none)
            live     \"(a secret, not shown)\"
            restore  `sluice deploy -t dev --overwrite-uncaptured` puts it back
            adopt    `sluice capture -t dev`
  field     name
            declared \"shop load\"
            live     \"mine\"
            restore  `sluice deploy -t dev --overwrite-uncaptured` puts it back
            adopt    `sluice capture -t dev`

Drifted: 2 differences between dev and shop
",
        self::job(&place)
    );
    assert_eq!(answer.stdout, expected);
    // What it says puts it right.
    place.write("databricks.yml", &bundle);
    std::fs::remove_file(place.bundle.join("src/shared/more.py")).unwrap();
    assert_eq!(place.sluice(&["deploy", "-t", "dev"]).code, Some(3));
    place
        .sluice(&["deploy", "-t", "dev", "--overwrite-uncaptured", "-o", "json"])
        .json(0);
    in_sync(&place, "a deployment over it");
}
