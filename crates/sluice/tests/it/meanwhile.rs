//! Somebody else works in the workspace at the same moment: what was there is gone when it is to be read or changed.

use serde_json::json;
use sluice_wire::{Method, Request};

use crate::capture::{ROOT, files, product, sql};
use crate::gate::Gate;
use crate::place::Place;

#[test]
fn an_object_deleted_between_list_and_read_stops_the_capture_and_nothing_is_written() {
    let place = Place::new();
    product(&place);
    place.sluice(&["deploy", "-o", "json"]).json(0);
    sql(&place, "CREATE TABLE dev.shop_gold.orders (id BIGINT)");
    sql(&place, "CREATE TABLE dev.shop_gold.returns (id BIGINT)");
    let gate = Gate::new(&place);
    place.write("databricks.yml", &ROOT.replace("@HOST@", &gate.host));
    let before = files(&place.bundle);
    let path = "/api/2.1/unity-catalog/tables/dev.shop_gold.returns";
    gate.meanwhile(path, Request::new(Method::Delete, path));
    let stopped = place.sluice(&["capture"]);
    assert_eq!(
        stopped.refusal(4),
        "error: table `dev.shop_gold.returns` was deleted while it was being captured\nhint: capture again; nothing was written\n"
    );
    assert_eq!(files(&place.bundle), before);
    assert!(!place.bundle.join("capture.lock").exists());
    place.sluice(&["capture", "-o", "json"]).json(0);
    let catalog = &files(&place.bundle)["catalog/gold.yml"];
    assert!(catalog.contains("orders") && !catalog.contains("returns"), "{catalog}");
}

#[test]
fn a_job_deleted_between_plan_and_change_is_named_and_made_again_by_the_same_command() {
    let place = Place::new();
    let gate = Gate::new(&place);
    place.write_bundle("shop", &gate.host);
    place.sluice(&["deploy", "-o", "json"]).json(0);
    let id = place.get("/api/2.2/jobs/list", &[])["jobs"][0]["job_id"].clone();
    let bundle = std::fs::read_to_string(place.bundle.join("databricks.yml")).unwrap();
    place.write(
        "databricks.yml",
        &bundle.replace("name: shop load", "name: shop reload"),
    );
    let delete = Request::new(Method::Post, "/api/2.2/jobs/delete").json(json!({"job_id": id}));
    gate.meanwhile("/api/2.2/jobs/reset", delete);
    let stopped = place.sluice(&["deploy"]);
    let message = stopped.refusal(5);
    assert!(
        message.contains(&format!("failed resources.jobs.load: Job {id} does not exist.")),
        "{message}"
    );
    assert_eq!(place.jobs(), Vec::<String>::new());
    place.sluice(&["deploy", "-o", "json"]).json(0);
    assert_eq!(place.jobs(), ["shop reload"]);
    assert_eq!(place.sluice(&["plan", "--detailed-exitcode"]).code, Some(0));
}
