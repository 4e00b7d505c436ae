//! Keys between tables, and dashboards: captured, taken over, and made again in an empty workspace with the same bytes.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sluice_wire::Method;

use crate::capture::{ROOT, files, product, send, sql, warehouse};
use crate::place::Place;

/// What was captured is taken over, captures again to the same bytes, and is made again elsewhere, where the workspace alone gives them too.
fn is_a_fixpoint(place: &Place, generated: &[&str], recreated: usize) -> Place {
    let written = files(&place.bundle);
    assert_eq!(place.sluice(&["capture", "--check"]).code, Some(0));
    let deployed = place.sluice(&["deploy", "--auto-approve", "-o", "json"]).json(0);
    assert_eq!(deployed["counts"]["delete"], recreated, "{deployed}");
    assert_eq!(place.sluice(&["plan", "--detailed-exitcode"]).code, Some(0));
    place.sluice(&["capture", "-o", "json"]).json(0);
    assert_eq!(files(&place.bundle), written);

    let elsewhere = Place::new();
    for (name, content) in &written {
        elsewhere.write(name, content);
    }
    elsewhere.write("databricks.yml", &ROOT.replace("@HOST@", &elsewhere.host));
    elsewhere.sluice(&["deploy", "-o", "json"]).json(0);
    assert_eq!(elsewhere.sluice(&["plan", "--detailed-exitcode"]).code, Some(0));
    let expected: BTreeMap<String, String> = written
        .into_iter()
        .map(|(name, text)| (name, text.replace(&place.host, &elsewhere.host)))
        .collect();
    elsewhere.sluice(&["capture", "-o", "json"]).json(0);
    assert_eq!(files(&elsewhere.bundle), expected);
    for name in generated {
        std::fs::remove_file(elsewhere.bundle.join(name)).unwrap();
    }
    elsewhere.sluice(&["capture", "-o", "json"]).json(0);
    assert_eq!(files(&elsewhere.bundle), expected);
    elsewhere
}

/// The foreign keys of a table, by name.
fn foreign_keys(place: &Place, table: &str) -> Vec<Value> {
    let path = format!("/api/2.1/unity-catalog/tables/dev.shop_gold.{table}");
    let table = place.get(&path, &[]);
    let found = table["table_constraints"].as_array().cloned().unwrap_or_default();
    let keys = found
        .iter()
        .filter_map(|one| one.get("foreign_key_constraint").cloned());
    let mut keys: Vec<Value> = keys.collect();
    keys.sort_by_key(|key| key["name"].to_string());
    keys
}

#[test]
fn foreign_keys_are_captured_and_made_again() {
    let place = Place::new();
    product(&place);
    place.sluice(&["deploy", "-o", "json"]).json(0);
    for statement in [
        "CREATE TABLE dev.shop_gold.customers (id BIGINT NOT NULL, country STRING NOT NULL, CONSTRAINT customers_pk PRIMARY KEY (id, country))",
        // Its name comes before that of the table that it leads to.
        "CREATE TABLE dev.shop_gold.baskets (id BIGINT NOT NULL, customer BIGINT, land STRING, previous BIGINT, \
         CONSTRAINT baskets_pk PRIMARY KEY (id), CONSTRAINT of_customer FOREIGN KEY (customer, land) REFERENCES dev.shop_gold.customers (id, country))",
        "ALTER TABLE dev.shop_gold.baskets ADD CONSTRAINT before_it FOREIGN KEY (previous) REFERENCES dev.shop_gold.baskets (id)",
        "ALTER TABLE dev.shop_gold.baskets ADD CONSTRAINT positive CHECK (id > 0)",
    ] {
        sql(&place, statement);
    }
    let captured = place.sluice(&["capture", "-o", "json"]).json(0);
    assert_eq!(captured["findings"], json!([]), "{captured}");
    let catalog = &files(&place.bundle)["catalog/gold.yml"];
    assert!(
        catalog.contains("references: ${catalog.tables.customers.name}"),
        "{catalog}"
    );
    let made = foreign_keys(&place, "baskets");
    assert_eq!(made.len(), 2, "{made:?}");
    let elsewhere = is_a_fixpoint(&place, &["catalog/gold.yml", "capture.lock"], 0);
    assert_eq!(foreign_keys(&place, "baskets"), made, "nothing was made anew");
    assert_eq!(foreign_keys(&elsewhere, "baskets"), made);

    // A key that somebody drops is a difference, and gone from the files after a capture.
    sql(
        &elsewhere,
        "ALTER TABLE dev.shop_gold.baskets DROP CONSTRAINT before_it",
    );
    let checked = elsewhere.sluice(&["capture", "--check", "-o", "json"]).json(1);
    assert_eq!(
        checked["differences"][0]["fields"],
        json!(["constraints.foreign_keys.before_it"]),
        "{checked}"
    );
    elsewhere.sluice(&["capture", "-o", "json"]).json(0);
    let catalog = &files(&elsewhere.bundle)["catalog/gold.yml"];
    assert!(
        catalog.contains("of_customer") && !catalog.contains("before_it"),
        "{catalog}"
    );
    assert_eq!(elsewhere.sluice(&["plan", "--detailed-exitcode"]).code, Some(0));
}

const DASHBOARDS: &str = "/api/2.0/lakeview/dashboards";

/// The one dashboard, with its content as JSON.
fn dashboard(place: &Place) -> (Value, Value) {
    let list = place.get(DASHBOARDS, &[]);
    let all = list["dashboards"].as_array().unwrap();
    assert_eq!(all.len(), 1, "{list}");
    let id = all[0]["dashboard_id"].as_str().unwrap();
    let whole = place.get(&format!("{DASHBOARDS}/{id}"), &[]);
    let content = serde_json::from_str(whole["serialized_dashboard"].as_str().unwrap()).unwrap();
    (whole, content)
}

#[test]
fn a_dashboard_is_captured_and_made_again() {
    let place = Place::new();
    product(&place);
    place.sluice(&["deploy", "-o", "json"]).json(0);
    sql(&place, "CREATE TABLE dev.shop_gold.orders (id BIGINT, item STRING)");
    let content = json!({
        "datasets": [{"name": "items", "displayName": "Items", "queryLines": [
            "SELECT item, count(*) AS n\n", "FROM dev.shop_gold.orders\n", "GROUP BY item"]}],
        "pages": [{"name": "first", "displayName": "Sold", "layout": [{
            "widget": {"name": "bars", "queries": [{"name": "main", "query": {"datasetName": "items",
                "fields": [{"name": "n", "expression": "`n`"}], "disaggregated": true}}]},
            "position": {"x": 0, "y": 0, "width": 3, "height": 4},
        }]}],
    });
    let body = json!({
        "display_name": "Sold items", "warehouse_id": warehouse(&place),
        "parent_path": "/Workspace/Users/engineer@sluice.test", "serialized_dashboard": content.to_string(),
    });
    let id = send(&place, Method::Post, DASHBOARDS, body)["dashboard_id"].clone();
    let publish = format!("{DASHBOARDS}/{}/published", id.as_str().unwrap());
    send(&place, Method::Post, &publish, json!({"embed_credentials": false}));
    // One that is about other tables is nobody's here.
    let other = json!({"display_name": "Other", "parent_path": "/Workspace/Users/engineer@sluice.test",
        "serialized_dashboard": json!({"datasets": [{"name": "d", "queryLines": ["SELECT 1"]}], "pages": []}).to_string()});
    let other = send(&place, Method::Post, DASHBOARDS, other)["dashboard_id"].clone();

    let captured = place.sluice(&["capture", "-o", "json"]).json(0);
    assert_eq!(captured["findings"], json!([]), "{captured}");
    let written = files(&place.bundle);
    let names: Vec<&str> = written.keys().map(String::as_str).collect();
    let generated = ["catalog/gold.yml", "resources/sold_items.dashboard.yml", "capture.lock"];
    assert_eq!(
        names,
        [generated[0], "databricks.yml", "resources/schemas.yml", generated[1]]
    );
    let text = &written[generated[1]];
    for expected in [
        "FROM ${var.catalog}.${resources.schemas.gold.name}.orders",
        "warehouse_id: ${var.warehouse_id}",
        "display_name: Sold items",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }

    let path = format!("{DASHBOARDS}/{}", other.as_str().unwrap());
    send(&place, Method::Delete, &path, json!({}));
    // Its folder cannot be changed, so that it is made again in the deployment's: that is for a person to decide.
    let refused = place.sluice(&["deploy"]);
    let message = refused.refusal(3);
    assert!(
        message.contains("recreate resources.dashboards.sold_items"),
        "{message}"
    );
    assert_eq!(dashboard(&place).0["dashboard_id"], id);
    let elsewhere = is_a_fixpoint(&place, &generated, 1);
    let (own, here) = dashboard(&place);
    assert_eq!(own["parent_path"], "/Shared/.bundle/shop/dev/resources");
    let trashed = place.get(&format!("{DASHBOARDS}/{}", id.as_str().unwrap()), &[]);
    assert_eq!(trashed["lifecycle_state"], "TRASHED");
    let (made, there) = dashboard(&elsewhere);
    assert_eq!(here["datasets"], there["datasets"]);
    assert_eq!((&made["display_name"], there), (&json!("Sold items"), here));
    let published = elsewhere.get(
        &format!("{DASHBOARDS}/{}/published", made["dashboard_id"].as_str().unwrap()),
        &[],
    );
    assert_eq!(published["display_name"], "Sold items", "{published}");
}
