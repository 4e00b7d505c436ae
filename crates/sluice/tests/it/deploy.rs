//! Deploy, plan, summary, destroy.

use serde_json::json;

use crate::place::Place;

/// As the workspace lists it: without the mount point.
const FILES: &str = "/Users/engineer@sluice.test/.bundle/shop/dev/files";

#[test]
fn a_bundle_is_deployed_planned_again_changed_and_destroyed() {
    let place = Place::new();
    place.write_bundle("shop", &place.host);
    let deployed = place.sluice(&["deploy", "-o", "json"]).json(0);
    assert_eq!(
        deployed["resources"]["done"],
        json!([
            "resources.jobs.load",
            "resources.jobs.load.permissions",
            "resources.schemas.sales",
            "resources.schemas.sales.grants",
            "resources.volumes.landing",
        ])
    );
    assert_eq!(deployed["files"], json!({"uploaded": 3, "deleted": 0, "unchanged": 0}));
    let files: Vec<String> = place.remote_files(FILES);
    assert_eq!(
        files,
        ["databricks.yml", "src/greet", "src/shared/names.py"].map(|name| format!("{FILES}/{name}"))
    );

    let second = place.sluice(&["plan", "-o", "json", "--detailed-exitcode"]).json(0);
    let actions: Vec<&str> = second["plan"]
        .as_object()
        .unwrap()
        .values()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["skip"; 5]);
    let again = place.sluice(&["deploy", "-o", "json"]).json(0);
    assert_eq!(again["resources"]["done"], json!([]));
    assert_eq!(again["files"], json!({"uploaded": 0, "deleted": 0, "unchanged": 3}));

    let changed = ["--var", "greeting=good day"];
    let plan = place.sluice(&[&["plan", "--detailed-exitcode"], &changed[..]].concat());
    assert_eq!(
        (plan.code, plan.stdout.as_str()),
        (
            Some(1),
            "update jobs.load\n\nPlan: 0 to add, 1 to change, 0 to delete, 4 unchanged\n"
        )
    );
    std::fs::remove_dir_all(place.bundle.join("src/shared")).unwrap();
    let redeployed = place
        .sluice(&[&["deploy", "-o", "json"], &changed[..]].concat())
        .json(0);
    assert_eq!(redeployed["resources"]["done"], json!(["resources.jobs.load"]));
    assert_eq!(
        redeployed["files"],
        json!({"uploaded": 0, "deleted": 1, "unchanged": 2})
    );
    assert_eq!(
        place.remote_files(FILES),
        ["databricks.yml", "src/greet"].map(|name| format!("{FILES}/{name}"))
    );

    let summary = place.sluice(&["summary", "-o", "json"]).json(0);
    let job = &summary["resources"]["jobs"]["load"];
    let id = job["id"].as_str().unwrap();
    assert_eq!(job["url"], format!("{}/jobs/{id}", place.host));

    let destroyed = place.sluice(&["destroy", "--auto-approve", "-o", "json"]).json(0);
    assert_eq!(destroyed["deleted"].as_array().unwrap().len(), 5);
    assert_eq!(place.jobs(), Vec::<String>::new());
    let left = place.get("/api/2.1/unity-catalog/schemas/dev.shop", &[]);
    assert_eq!(left["error_code"], "SCHEMA_DOES_NOT_EXIST");
    let plan = place.sluice(&["plan"]);
    assert!(
        plan.stdout
            .ends_with("Plan: 5 to add, 0 to change, 0 to delete, 0 unchanged\n"),
        "{plan:?}"
    );
}

#[test]
fn a_saved_plan_is_applied_only_while_it_holds() {
    let place = Place::new();
    place.write_bundle("shop", &place.host);
    let planned = place.sluice(&["plan", "--out", "saved.json", "-o", "json"]).json(0);
    assert!(
        planned.get("pinned").is_none(),
        "what is printed has the form of the CLI"
    );
    let edited = std::fs::read_to_string(place.bundle.join("saved.json"))
        .unwrap()
        .replace("shop load", "shop lead");
    place.write("edited.json", &edited);
    let refused = place.sluice(&["deploy", "--plan", "edited.json"]);
    assert!(
        refused
            .refusal(2)
            .starts_with("error: `edited.json` cannot be used: the plan was changed after it was made"),
        "{refused:?}"
    );
    assert_eq!(refused.stderr.matches("the plan was changed").count(), 1, "{refused:?}");
    let refused = place.sluice(&["deploy", "--plan", "saved.json", "--var", "greeting=other"]);
    assert!(
        refused.refusal(3).contains("the saved plan does not hold any more"),
        "{refused:?}"
    );
    let refused = place.sluice(&["deploy", "--plan", "saved.json"]);
    assert!(
        refused
            .refusal(3)
            .contains("the files are not those that it was made with: `edited.json`"),
        "{refused:?}"
    );
    std::fs::remove_file(place.bundle.join("edited.json")).unwrap();
    assert_eq!(place.jobs(), Vec::<String>::new());
    let deployed = place.sluice(&["deploy", "--plan", "saved.json", "-o", "json"]).json(0);
    assert_eq!(deployed["effect_digest"], planned["effect_digest"]);
    let refused = place.sluice(&["deploy", "--plan", "saved.json"]);
    assert!(
        refused.refusal(3).contains("the saved plan was made for another state"),
        "{refused:?}"
    );
}

#[test]
fn a_part_of_a_bundle_is_deployed_alone() {
    let place = Place::new();
    place.write_bundle("shop", &place.host);
    let refused = place.sluice(&["plan", "--select", "lod"]);
    assert!(
        refused.refusal(3).contains("there is no resource `lod` to select"),
        "{refused:?}"
    );
    let planned = place.sluice(&["plan", "--select", "landing", "--out", "part.json"]);
    assert_eq!(planned.code, Some(0), "{planned:?}");
    assert_eq!(
        planned.stdout,
        "create schemas.sales\ncreate volumes.landing\n\nPlan: 2 to add, 0 to change, 0 to delete, 0 unchanged, 1 not selected\n"
    );
    // The saved plan knows what it was about.
    let deployed = place.sluice(&["deploy", "--plan", "part.json", "-o", "json"]).json(0);
    assert_eq!(deployed["counts"]["create"], 2, "{deployed}");
    assert_eq!(place.jobs(), Vec::<String>::new());
    let rest = place.sluice(&["deploy", "--select", "jobs.load", "-o", "json"]).json(0);
    assert_eq!(
        rest["counts"],
        serde_json::json!({"create": 2, "change": 0, "delete": 0, "unchanged": 0}),
        "{rest}"
    );
    assert_eq!(place.jobs(), ["shop load"]);
    // One that left the configuration is deleted when it is chosen, and only then.
    let text = std::fs::read_to_string(place.bundle.join("databricks.yml")).unwrap();
    let start = text.find("  jobs:").unwrap();
    place.write("databricks.yml", &text[..start]);
    let other = place.sluice(&["plan", "--select", "schemas.sales"]);
    assert!(other.stdout.ends_with("1 unchanged, 2 not selected\n"), "{other:?}");
    let gone = place.sluice(&["deploy", "--select", "load"]);
    assert_eq!(gone.code, Some(0), "{gone:?}");
    assert_eq!(place.jobs(), Vec::<String>::new());
}

#[test]
fn what_holds_data_is_deleted_only_with_approval() {
    let place = Place::new();
    place.write_bundle("shop", &place.host);
    assert_eq!(place.sluice(&["deploy"]).code, Some(0));
    let text = std::fs::read_to_string(place.bundle.join("databricks.yml")).unwrap();
    let start = text.find("  volumes:").unwrap();
    let end = text.find("  jobs:").unwrap();
    place.write("databricks.yml", &format!("{}{}", &text[..start], &text[end..]));
    let refused = place.sluice(&["deploy"]);
    assert!(
        refused.refusal(3).contains("delete resources.volumes.landing"),
        "{refused:?}"
    );
    let volume = place.get("/api/2.1/unity-catalog/volumes/dev.shop.landing", &[]);
    assert_eq!(volume["name"], "landing");
    assert_eq!(place.sluice(&["deploy", "--auto-approve"]).code, Some(0));
    let volume = place.get("/api/2.1/unity-catalog/volumes/dev.shop.landing", &[]);
    assert_eq!(volume["error_code"], "VOLUME_DOES_NOT_EXIST");
}

#[test]
fn the_state_in_the_workspace_has_the_format_of_the_databricks_cli() {
    let place = Place::new();
    place.write_bundle("shop", &place.host);
    assert_eq!(place.sluice(&["deploy"]).code, Some(0));
    let client = place.client("engineer");
    let read = |name: &str| -> serde_json::Value {
        let path = format!("/Workspace/Users/engineer@sluice.test/.bundle/shop/dev/state/{name}");
        let content = place.runtime.block_on(client.download(&path)).unwrap().unwrap();
        serde_json::from_slice(&content).unwrap()
    };
    let state = read("resources.json");
    assert_eq!((&state["state_version"], &state["serial"]), (&json!(2), &json!(1)));
    let keys: Vec<&String> = state["state"].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "resources.jobs.load",
            "resources.jobs.load.permissions",
            "resources.schemas.sales",
            "resources.schemas.sales.grants",
            "resources.volumes.landing",
        ]
    );
    let job = &state["state"]["resources.jobs.load"];
    assert!(job["__id__"].as_str().unwrap().parse::<i64>().is_ok(), "{job}");
    assert_eq!(job["state"]["name"], "shop load");
    let files = read("deployment.json");
    assert_eq!(files["files"][1]["local_path"], "src/greet.py");
    assert_eq!(files["files"][1]["is_notebook"], true);
    let metadata = read("metadata.json");
    assert_eq!(metadata["config"]["resources"]["jobs"]["load"]["id"], job["__id__"]);
    // Nothing is left of the lock and the journal.
    let lock = place
        .runtime
        .block_on(client.download("/Workspace/Users/engineer@sluice.test/.bundle/shop/dev/state/deploy.lock"));
    assert_eq!(lock.unwrap(), None);
    assert!(!place.local_state().join("sluice-journal.jsonl").exists());
}
