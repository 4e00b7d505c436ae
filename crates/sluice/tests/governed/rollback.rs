//! A deployment fails after it altered and rewrote a table: what ran before comes back, data included, whatever happens on the way.

use serde_json::{Value, json};
use sluice_wire::{Method, Request};

use crate::world::{World, environment};

const CATALOG: &str = r"version: 1
functions:
  hide:
    name: ${var.catalog}.${resources.schemas.gold.name}.hide
    parameters: [{name: buyer, type: string}]
    returns: string
    definition: CASE WHEN is_account_group_member('analysts') THEN 'MASK' ELSE buyer END
tables:
  sales:
    name: ${var.catalog}.${resources.schemas.gold.name}.sales
    comment: COMMENT
    columns:
      - {name: id, type: int, comment: COMMENT}
      - {name: buyer, type: string, tags: {pii: TAG}, mask: {function: '${catalog.functions.hide.full_name}'}}
COLUMN    tags: {layer: TAG}
    grants: [{principal: GRANTEE, privileges: [SELECT]}]
";

const RESOURCES: &str = r#"resources:
  genie_spaces:
    ask:
      title: Ask
      description: COMMENT
      warehouse_id: ${var.warehouse_id}
      serialized_space: {data_sources: {tables: [{identifier: "${var.catalog}.${resources.schemas.gold.name}.sales"}]}}
  jobs:
    fill:
      name: fill
      description: COMMENT
      tasks:
        - task_key: fill
          sql_task:
            warehouse_id: ${var.warehouse_id}
            parameters: {gold: "${var.catalog}.${resources.schemas.gold.name}"}
            file: {path: ../src/fill.sql}
EXTRA"#;

const FIRST: &str = "INSERT OVERWRITE IDENTIFIER(:gold || '.sales') VALUES (1, 'Ann'), (2, 'Bob')";
const SECOND: &str = "INSERT OVERWRITE IDENTIFIER(:gold || '.sales') VALUES (3, 'Cleo', 5)";
pub(crate) const PROMOTE: [&str; 4] = ["promote", "1.1.0", "--to", "qa"];

/// 1.0.0 runs in qa with rows; 1.1.0 is verified in dev and changes a column, a comment, tags, a grant, the mask, the job, the Genie space and
/// the rows, and brings a table and a volume of its own.
pub(crate) fn two_releases(world: &World<'_>) {
    let write = |version: &str, column: &str, table: &str, extra: &str, fill: &str| {
        let grantee = if version == "old" { "stewards" } else { "analysts" };
        let fitted = |text: &str| {
            text.replace("COMMENT", &format!("the {version} one"))
                .replace("MASK", version)
                .replace("TAG", version)
                .replace("GRANTEE", grantee)
                .replace("COLUMN", column)
                .replace("EXTRA", extra)
        };
        let catalog = fitted(CATALOG) + table;
        world.environment.write("flights/catalog/sales.yml", &catalog);
        world
            .environment
            .write("flights/resources/sales.yml", &fitted(RESOURCES));
        world.environment.write("flights/src/fill.sql", fill);
    };
    let path = world.environment.work().join("flights/product.yaml");
    let descriptor = std::fs::read_to_string(path)
        .unwrap()
        .replace("verify: []", "verify: [fill]");
    write("old", "", "", "", FIRST);
    world.commit_as("test@sluice.test", "product.yaml", &descriptor);
    world.to_qa("1.0.0");
    let new_table =
        "  more:\n    name: ${var.catalog}.${resources.schemas.gold.name}.more\n    columns: [{name: id, type: int}]\n";
    let new_volume = "  volumes:\n    more: {catalog_name: \"${var.catalog}\", schema_name: \"${resources.schemas.gold.name}\", name: more}\n";
    write(
        "new",
        "      - {name: amount, type: int}\n",
        new_table,
        new_volume,
        SECOND,
    );
    // An empty table passes no check: something is put in it.
    world.commit_as(
        "test@sluice.test",
        "src/fill.sql",
        &format!("{SECOND};\nINSERT INTO IDENTIFIER(:gold || '.more') VALUES (1)"),
    );
    world.done(&["verify", "-t", "dev"]);
    world.done(&["freeze", "1.1.0"]);
}

/// Every check that counts rows in qa fails from now on: the deployment's last moment.
pub(crate) fn no_count(world: &World<'_>) {
    let fault = [
        "--principal",
        "deployer",
        "--body-contains",
        "count(*)",
        "--status",
        "400",
        "--until-cleared",
    ];
    fault_in_qa(world, &fault);
}

/// Adds a fault to the workspace of qa and gives its id.
pub(crate) fn fault_in_qa(world: &World<'_>, fault: &[&str]) -> String {
    let add = ["workspace", "fault", "add", "--environment", "qa"];
    let added = world.done(&[add.as_slice(), fault].concat());
    added["added"]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{added}"))
        .to_owned()
}

/// How many requests a fault concerned; it is cleared.
pub(crate) fn cleared(world: &World<'_>, id: &str) -> u64 {
    let faults = world.done(&["workspace", "fault", "list", "--environment", "qa"]);
    let mine = faults["faults"]
        .as_array()
        .and_then(|all| all.iter().find(|fault| fault["id"] == id));
    let mine = mine.unwrap_or_else(|| panic!("{id}: {faults}"));
    let hits = mine["fired"].as_u64().unwrap();
    world.done(&["workspace", "fault", "clear", id, "--environment", "qa"]);
    hits
}

/// What qa holds of the product, without times, ids and versions of tables.
pub(crate) fn dump(world: &World<'_>) -> Value {
    let get = |path: &str| world.send_as("qa-deployer", &Request::new(Method::Get, path));
    let list = |path: &str, key: &str| -> Vec<Value> { get(path)[key].as_array().cloned().unwrap_or_default() };
    let sql = |statement: &str| {
        let warehouse = get("/api/2.0/sql/warehouses")["warehouses"][0]["id"].clone();
        let body = json!({"warehouse_id": warehouse, "statement": statement, "wait_timeout": "30s"});
        let answer = world.send_as(
            "qa-deployer",
            &Request::new(Method::Post, "/api/2.0/sql/statements").json(body),
        );
        assert_eq!(answer["status"]["state"], "SUCCEEDED", "{statement}: {answer}");
        answer["result"]["data_array"].clone()
    };
    let without = |mut value: Value, names: &[&str]| {
        if let Some(fields) = value.as_object_mut() {
            fields.retain(|name, _| !names.contains(&name.as_str()));
        }
        value
    };
    let times = [
        "updated_at",
        "updated_by",
        "created_at",
        "etag",
        "update_time",
        "create_time",
    ];
    let unity = "/api/2.1/unity-catalog";
    let schema = "catalog_name=qa&schema_name=flt_gold";
    let query = |path: &str, key: &str| {
        let request = schema
            .split('&')
            .fold(Request::new(Method::Get, format!("{unity}/{path}")), |request, pair| {
                let (name, value) = pair.split_once('=').unwrap();
                request.query(name, value)
            });
        let answer = world.send_as("qa-deployer", &request);
        answer[key].as_array().cloned().unwrap_or_default()
    };
    let tables = query("tables", "tables");
    let jobs = list("/api/2.2/jobs/list", "jobs");
    let spaces = list("/api/2.0/genie/spaces", "spaces");
    json!({
        "tables": tables.iter().map(|table| without(table.clone(), &times)).collect::<Vec<_>>(),
        "functions": query("functions", "functions").into_iter().map(|one| without(one, &times)).collect::<Vec<_>>(),
        "volumes": query("volumes", "volumes").into_iter().map(|one| without(one, &times)).collect::<Vec<_>>(),
        "grants": tables.iter().map(|table| get(&format!("{unity}/permissions/table/{}", table["full_name"].as_str().unwrap()))).collect::<Vec<_>>(),
        "rows": sql("SELECT * FROM qa.flt_gold.sales ORDER BY id"),
        "tags": [
            sql("SELECT table_name, tag_name, tag_value FROM qa.information_schema.table_tags ORDER BY 1, 2"),
            sql("SELECT table_name, column_name, tag_name, tag_value FROM qa.information_schema.column_tags ORDER BY 1, 2, 3"),
        ],
        "jobs": jobs.iter().map(|job| {
            let job = world.send_as("qa-deployer", &Request::new(Method::Get, "/api/2.2/jobs/get").query("job_id", job["job_id"].clone()));
            // The release is named in the tags that say where a job comes from.
            job["settings"].clone()
        }).collect::<Vec<_>>(),
        "spaces": spaces.iter().map(|space| {
            let path = format!("/api/2.0/genie/spaces/{}", space["space_id"].as_str().unwrap());
            without(world.send_as("qa-deployer", &Request::new(Method::Get, path).query("include_serialized_space", true)), &times)
        }).collect::<Vec<_>>(),
    })
}

/// The deployment of the newest promotion.
pub(crate) fn deployment(world: &World<'_>) -> Value {
    let promotions = world.done(&["promotion", "list"]);
    let id = promotions.as_array().unwrap().last().unwrap()["id"].clone();
    world.done(&["promotion", "show", id.as_str().unwrap()])["deployment"].clone()
}

#[test]
fn what_failed_after_it_rewrote_a_table_is_taken_back_with_the_data_and_succeeds_later() {
    let environment = environment();
    let world = World::with_faults(&environment);
    two_releases(&world);
    let before = dump(&world);
    assert_eq!(before["rows"], json!([["1", "Ann"], ["2", "Bob"]]));
    for (key, seen) in [
        ("tables", "the old one"),
        ("tables", "qa.flt_gold.hide"),
        ("functions", "'old'"),
        ("grants", "stewards"),
        ("tags", "\"pii\",\"old\""),
        ("jobs", "the old one"),
        ("spaces", "the old one"),
        ("spaces", "qa.flt_gold.sales"),
    ] {
        assert!(before[key].to_string().contains(seen), "{key}: {}", before[key]);
    }
    no_count(&world);
    let message = world.refused(&PROMOTE, "promotion failed: ");
    assert!(message.contains("hint: what ran before runs again"), "{message}");
    assert_eq!(dump(&world), before);
    let row = deployment(&world);
    assert_eq!(row["state"], "rolled_back", "{row}");
    let restored = row["rollback"]["restored"].to_string();
    for line in [
        "rows and columns of `qa.flt_gold.sales`: version 1",
        "delete catalog.tables.more",
        "update resources.jobs.fill",
    ] {
        assert!(restored.contains(line), "{line}: {restored}");
    }
    assert_eq!(row["rollback"]["needs_human"], json!([]));
    assert_eq!(world.done(&["status"])[1]["running"]["version"], "1.0.0");
    let (_, shown, _) = world.sluice(&["deployment", "show", row["id"].as_str().unwrap()]);
    assert_eq!(shown["deployment"], row);
    crate::page::shows_the_way_back(&world, row["id"].as_str().unwrap());
    world.refused(
        &["deployment", "resume", row["id"].as_str().unwrap()],
        "is rolled_back: there is nothing to go on with",
    );
    world.refused(
        &["deployment", "resolve", row["id"].as_str().unwrap(), "--reason", "x"],
        "is rolled_back: only one that needs attention is resolved by hand",
    );

    world.done(&["workspace", "fault", "clear", "--environment", "qa"]);
    assert_eq!(world.done(&["drift", "-t", "qa"])["version"], "1.0.0");
    assert_eq!(world.done(&PROMOTE)["promotion"]["state"], "completed");
    assert_eq!(world.done(&["drift", "-t", "qa"])["version"], "1.1.0");
    assert_eq!(dump(&world)["rows"], json!([["3", "Cleo", "5"]]));
    world.ledger_is_sound();
}

#[test]
fn killed_after_any_message_it_still_goes_all_the_way_back() {
    let environment = environment();
    let world = World::with_faults(&environment);
    two_releases(&world);
    let before = dump(&world);
    no_count(&world);
    let mut killed = 0;
    while world.killed_after(&PROMOTE, killed + 1) {
        killed += 1;
        let unfinished = deployment(&world);
        let on_its_way_back = !unfinished["rollback"].is_null() && unfinished["state"] == "compensating";
        if on_its_way_back {
            let id = unfinished["id"].as_str().unwrap().to_owned();
            world.refused(&["deployment", "resume", &id], "promotion failed: ");
            assert_eq!(deployment(&world)["id"], unfinished["id"]);
        } else {
            world.refused(&PROMOTE, "promotion failed: ");
        }
        let row = deployment(&world);
        assert_eq!(row["state"], "rolled_back", "killed after {killed} messages: {row}");
        assert_eq!(dump(&world), before, "killed after {killed} messages");
    }
    // Fewer messages would mean that it did not come to deploying and to going back.
    assert!(killed > 40, "{killed}");
}

/// Lets the n-th counted request of the deployer go wrong, for every n (or every so many) until there are no more; whatever that leaves, the same
/// command then ends where it has to. Gives the first n that was never reached.
fn sweep(requests: &str, ways: &[&[&str]], step: usize) -> usize {
    let environment = environment();
    let world = World::with_faults(&environment);
    two_releases(&world);
    let before = dump(&world);
    no_count(&world);
    let mut number = 1;
    loop {
        let nth = number.to_string();
        let counted = ["--principal", "deployer", "--requests", requests, "--nth", &nth];
        let id = fault_in_qa(&world, &[counted.as_slice(), ways[number % ways.len()]].concat());
        let (code, answer, stderr) = world.sluice(&PROMOTE);
        let hits = cleared(&world, &id);
        let place = format!("{requests} request {number}: {answer}\n{stderr}");
        assert_ne!(code, Some(0), "{place}");
        let row = deployment(&world);
        let over = ["rolled_back", "failed"].contains(&row["state"].as_str().unwrap_or("failed"));
        if !over {
            assert!(
                !row["reasons"].as_array().unwrap().is_empty() || row["state"] != "needs_attention",
                "{place}"
            );
            world.refused(&PROMOTE, "promotion failed: ");
        }
        assert_eq!(dump(&world), before, "{place}");
        world.ledger_is_sound();
        if hits == 0 {
            return number;
        }
        number += step;
    }
}

#[test]
fn a_fault_at_any_writing_request_ends_with_what_ran_before() {
    let ways: [&[&str]; 3] = [&["--drop"], &["--commit-then-drop"], &["--commit-then-fail", "500"]];
    assert!(sweep("writing", &ways, 1) > 24);
}

/// Every ninth of them in an ordinary run; every one, which takes many minutes, with `SLUICE_SWEEP_EVERY=1`.
#[test]
fn a_fault_at_reading_requests_ends_with_what_ran_before() {
    let ways: [&[&str]; 2] = [&["--status", "503", "--header", "Retry-After: 0"], &["--status", "403"]];
    let every = std::env::var("SLUICE_SWEEP_EVERY").is_ok_and(|value| value == "1");
    assert!(sweep("reading", &ways, if every { 1 } else { 9 }) > 100);
}
