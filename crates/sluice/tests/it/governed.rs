//! One bundle with what governs tables and what people look at: functions, masks, a row filter, tags, a Genie space.

use serde_json::{Value, json};
use sluice_wire::{Method, Request};

use crate::place::Place;

const BUNDLE: &str = r#"
bundle: {name: shop}
variables:
  warehouse_id: {lookup: {warehouse: Sluice Starter Warehouse}}
  greeting: {default: hello}
targets:
  dev: {default: true, workspace: {host: "HOST"}}
resources:
  schemas:
    gold: {catalog_name: dev, name: shop, grants: [{principal: analysts, privileges: [USE_SCHEMA]}]}
  genie_spaces:
    ask:
      title: Ask
      description: "${var.greeting}"
      warehouse_id: ${var.warehouse_id}
      serialized_space:
        config: {sample_questions: [{question: [Who buys?]}, {question: ["How much? ${var.greeting}"]}]}
        data_sources:
          tables: [{identifier: "dev.${resources.schemas.gold.name}.sales", column_configs: [{column_name: note}, {column_name: buyer}]}]
      permissions: [{level: CAN_RUN, group_name: analysts}]
"#;

const CATALOG: &str = r"
version: 1
warehouse_id: ${var.warehouse_id}
functions:
  hide:
    name: dev.shop.hide
    parameters: [{name: buyer, type: string, comment: Who bought}]
    returns: string
    definition: CASE WHEN is_account_group_member('analysts') THEN '***' ELSE buyer END
    comment: MASKED
    grants: [{principal: analysts, privileges: [EXECUTE]}]
  visible:
    name: dev.shop.visible
    parameters: [{name: id, type: bigint}]
    returns: boolean
    definition: id > 0
tables:
  sales:
    name: dev.shop.sales
    columns:
      - {name: id, type: bigint, nullable: false}
      - {name: buyer, type: string, mask: {function: '${catalog.functions.hide.full_name}'}, tags: {pii: , source: shop}}
      - {name: note, type: string}
    row_filter: {function: dev.shop.visible, columns: [id]}
    tags: {domain: sales}
    grants: [{principal: analysts, privileges: [SELECT]}]
tags:
  gold: {securable: schema, name: dev.shop, tags: {layer: gold}}
";

fn place() -> Place {
    let place = Place::new();
    place.write("databricks.yml", &BUNDLE.replace("HOST", &place.host));
    place.write("catalog/shop.yml", CATALOG);
    place
}

/// The resources that a plan would touch, with what happens to each.
fn planned(place: &Place, flags: &[&str]) -> Vec<String> {
    let plan = place.sluice(&[&["plan", "-o", "json"], flags].concat()).json(0);
    let entries = plan["plan"].as_object().unwrap().iter();
    entries
        .filter(|(_, entry)| entry["action"] != "skip")
        .map(|(key, entry)| format!("{} {key}", entry["action"].as_str().unwrap()))
        .collect()
}

fn table(place: &Place) -> Value {
    place.get("/api/2.1/unity-catalog/tables/dev.shop.sales", &[])
}

#[test]
fn a_governed_bundle_is_deployed_changed_and_destroyed() {
    let place = place();
    let deployed = place.sluice(&["deploy", "-o", "json"]).json(0);
    assert_eq!(deployed["resources"]["failed"], json!([]));
    assert_eq!(planned(&place, &[]), Vec::<String>::new());
    assert_eq!(table(&place)["columns"][1]["mask"]["function_name"], "dev.shop.hide");
    assert_eq!(table(&place)["row_filter"]["function_name"], "dev.shop.visible");
    let tags = place.get(
        "/api/2.1/unity-catalog/entity-tag-assignments/columns/dev.shop.sales.buyer/tags",
        &[],
    );
    let tags: Vec<&Value> = tags["tag_assignments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["tag_key"])
        .collect();
    assert_eq!(tags, ["pii", "source"]);

    let changes = [
        (
            "comment: MASKED",
            "comment: changed",
            vec!["update catalog.functions.hide"],
        ),
        ("'***'", "'---'", vec!["update catalog.functions.hide"]),
        (
            "[EXECUTE]",
            "[ALL_PRIVILEGES]",
            vec!["update catalog.functions.hide.grants"],
        ),
        (
            ", mask: {function: '${catalog.functions.hide.full_name}'}",
            "",
            vec!["update catalog.tables.sales.masks"],
        ),
        (
            "pii: , source: shop",
            "source: till",
            vec!["update catalog.tables.sales.tags"],
        ),
        (
            "tags: {domain: sales}",
            "tags: {}",
            vec!["update catalog.tables.sales.tags"],
        ),
        (
            "tags: {layer: gold}",
            "tags: {layer: }",
            vec!["update catalog.tags.gold"],
        ),
        (
            "    row_filter: {function: dev.shop.visible, columns: [id]}\n",
            "",
            vec!["update catalog.tables.sales.masks"],
        ),
    ];
    let mut catalog = CATALOG.to_owned();
    for (from, to, expected) in changes {
        assert!(catalog.contains(from), "{from}");
        catalog = catalog.replace(from, to);
        place.write("catalog/shop.yml", &catalog);
        assert_eq!(planned(&place, &[]), expected, "{from}");
        assert_eq!(place.sluice(&["deploy"]).code, Some(0), "{from}");
        assert_eq!(planned(&place, &[]), Vec::<String>::new(), "{from}");
    }
    assert_eq!(table(&place).get("row_filter"), None);
    let greeting = ["--var", "greeting=good day"];
    assert_eq!(planned(&place, &greeting), ["update resources.genie_spaces.ask"]);
    place
        .sluice(&[&["deploy", "-o", "json"], &greeting[..]].concat())
        .json(0);
    assert_eq!(planned(&place, &greeting), Vec::<String>::new());

    let summary = place.sluice(&["summary", "-o", "json"]).json(0);
    let space = summary["resources"]["genie_spaces"]["ask"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let shown = format!("/api/2.0/genie/spaces/{space}");
    let shown = place.get(&shown, &[("include_serialized_space", "true")]);
    assert_eq!(shown["description"], "good day");
    place
        .sluice(&["destroy", "--auto-approve", "--allow-destroy", "-o", "json"])
        .json(0);
    assert_eq!(
        place.get("/api/2.1/unity-catalog/functions/dev.shop.hide", &[])["error_code"],
        "FUNCTION_DOES_NOT_EXIST"
    );
    assert_eq!(place.get("/api/2.0/genie/spaces", &[])["spaces"], json!([]));
}

#[test]
fn a_mask_of_a_function_that_is_not_there_is_refused_with_its_place() {
    let place = place();
    let catalog = CATALOG.replace("'${catalog.functions.hide.full_name}'", "dev.shop.nobody");
    place.write("catalog/shop.yml", &catalog);
    let refused = place.sluice(&["plan"]);
    let text = refused.refusal(3);
    assert!(
        text.contains("needs the function `dev.shop.nobody`, which is neither declared nor exists in the workspace"),
        "{text}"
    );
    assert!(text.contains("catalog/shop.yml:22:54"), "{text}");
}

#[test]
fn a_value_that_the_policy_of_a_tag_does_not_allow_is_refused_with_its_place() {
    let place = place();
    let policy = json!({"tag_key": "domain", "values": [{"name": "sales"}, {"name": "stock"}]});
    let request = Request::new(Method::Post, "/api/2.1/tag-policies").json(policy);
    let client = place.client("admin");
    let made = place
        .runtime
        .block_on(async { client.exchange(&request, false).await })
        .unwrap();
    assert!(made.status < 300, "{}", String::from_utf8_lossy(&made.body));
    place.write(
        "catalog/shop.yml",
        &CATALOG.replace("{domain: sales}", "{domain: sale}"),
    );
    for command in ["plan", "deploy"] {
        let refused = place.sluice(&[command]);
        assert_eq!(
            refused.refusal(3),
            "error: `sale` is not an allowed value of tag `domain` in this workspace\n  at catalog.tables.sales.tags\n  \
             in catalog/shop.yml:25:20\n  help: its policy allows sales, stock\n",
            "{command}"
        );
    }
    let schema = place.get("/api/2.1/unity-catalog/schemas/dev.shop", &[]);
    assert_eq!(schema["error_code"], "SCHEMA_DOES_NOT_EXIST", "nothing was made");
    place.write("catalog/shop.yml", CATALOG);
    place.sluice(&["deploy", "-o", "json"]).json(0);
    assert_eq!(planned(&place, &[]), Vec::<String>::new());
}
