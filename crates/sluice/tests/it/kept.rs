//! What a deployment leaves alone: fields that `sluice.yml` names, objects that were protected, and kinds that nobody allowed to delete.

use serde_json::{Value, json};
use sluice_wire::Method;

use crate::capture::send;
use crate::place::Place;

fn write(place: &Place, resources: &Value) {
    let bundle = json!({
        "bundle": {"name": "kept"},
        "targets": {"dev": {"default": true, "workspace": {"host": place.host}}},
        "resources": resources,
    });
    place.write("databricks.yml", &bundle.to_string());
}

fn job(name: &str) -> Value {
    json!({"jobs": {"load": {"name": name, "schedule": {"quartz_cron_expression": "0 0 8 * * ?", "timezone_id": "UTC"}}}})
}

#[test]
fn a_field_that_is_left_to_the_workspace_stays_as_it_is_there() {
    let place = Place::new();
    write(&place, &job("load"));
    place.write(
        "sluice.yml",
        "version: 1\nignore_changes: {jobs.load: [schedule.pause_status]}\n",
    );
    place.sluice(&["deploy", "-o", "json"]).json(0);
    let id = place.get("/api/2.2/jobs/list", &[])["jobs"][0]["job_id"].clone();
    let settings = || place.get("/api/2.2/jobs/get", &[("job_id", &id.to_string())])["settings"].clone();
    assert_eq!(settings()["schedule"]["pause_status"], "UNPAUSED");
    let paused = json!({"quartz_cron_expression": "0 0 8 * * ?", "timezone_id": "UTC", "pause_status": "PAUSED"});
    send(
        &place,
        Method::Post,
        "/api/2.2/jobs/update",
        json!({"job_id": id, "new_settings": {"schedule": paused}}),
    );
    let plan = place.sluice(&["plan"]);
    assert!(
        plan.stdout.starts_with("Plan: 0 to add, 0 to change, 0 to delete"),
        "{plan:?}"
    );
    write(&place, &job("load all"));
    place.sluice(&["deploy", "-o", "json"]).json(0);
    let now = settings();
    assert_eq!(
        (&now["name"], &now["schedule"]["pause_status"]),
        (&json!("load all"), &json!("PAUSED"))
    );
    place.write("sluice.yml", "version: 1\nignore_changes: {jobs.lod: [name]}\n");
    let refused = place.sluice(&["plan"]);
    assert!(
        refused
            .refusal(2)
            .contains("names `resources.jobs.lod`, which is not declared"),
        "{refused:?}"
    );
}

fn schema(lifecycle: &Value) -> Value {
    json!({"schemas": {"gold": {"catalog_name": "dev", "name": "kept_gold", "lifecycle": lifecycle}}})
}

#[test]
fn what_was_protected_is_not_deleted_by_taking_its_block_away() {
    let place = Place::new();
    write(&place, &schema(&json!({"prevent_destroy": true})));
    place.sluice(&["deploy", "-o", "json"]).json(0);
    write(&place, &json!({}));
    for command in [&["plan"][..], &["deploy", "--auto-approve"]] {
        let refused = place.sluice(command);
        assert!(
            refused
                .refusal(3)
                .contains("`resources.schemas.gold` was deployed with `lifecycle.prevent_destroy`"),
            "{refused:?}"
        );
    }
    // Without the protection, and with nothing else to do, the deployment records that.
    write(&place, &schema(&json!({})));
    place.sluice(&["deploy", "-o", "json"]).json(0);
    write(&place, &json!({}));
    place.sluice(&["deploy", "--auto-approve", "-o", "json"]).json(0);
}

#[test]
fn a_kind_that_is_allowed_to_be_deleted_is_deleted_without_a_question() {
    let place = Place::new();
    let both = json!({
        "schemas": {"gold": {"catalog_name": "dev", "name": "kept_gold"}},
        "volumes": {"landing": {"catalog_name": "dev", "schema_name": "${resources.schemas.gold.name}", "name": "landing"}},
    });
    write(&place, &both);
    place.sluice(&["deploy", "-o", "json"]).json(0);
    let mut moved = both.clone();
    moved["schemas"]["gold"]["name"] = json!("kept_golden");
    write(&place, &moved);
    let plan = place.sluice(&["plan"]);
    assert!(
        plan.stdout
            .contains("recreate schemas.gold\n  needed by volumes.landing\n"),
        "{plan:?}"
    );
    write(&place, &json!({"schemas": both["schemas"]}));
    for arguments in [
        &["deploy"][..],
        &["deploy", "--allow-destroy", "schemas"],
        &["deploy", "--allow-destroy"],
    ] {
        let refused = place.sluice(arguments);
        assert!(refused.refusal(3).contains("`--allow-destroy volumes`"), "{refused:?}");
    }
    let done = place
        .sluice(&["deploy", "--allow-destroy", "volumes", "-o", "json"])
        .json(0);
    assert_eq!(done["counts"]["delete"], 1, "{done}");
    let refused = place.sluice(&["destroy", "--allow-destroy", "volumes"]);
    assert_eq!(refused.code, Some(3), "{refused:?}");
    let unknown = place.sluice(&["destroy", "--allow-destroy", "jobs"]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    place
        .sluice(&["destroy", "--allow-destroy", "schemas", "-o", "json"])
        .json(0);
}
