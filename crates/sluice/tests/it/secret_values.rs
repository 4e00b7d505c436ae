//! The value of a secret reaches the workspace and nothing else: no plan, no state, no journal, no answer, no message.

use std::path::Path;

use serde_json::json;
use sluice_wire::Method;

use crate::capture::send;
use crate::place::{Answer, Place};

const FIRST: &str = "canary-9f31-first";
const SECOND: &str = "canary-9f31-second";
const NAME: &str = "dev.vault.key";

fn bundle(place: &Place, comment: &str) {
    let text = format!(
        "bundle: {{name: vault}}\n\
         variables:\n  key: {{description: what opens the door}}\n\
         targets: {{dev: {{default: true, workspace: {{host: \"{}\"}}}}}}\n\
         resources:\n  \
           schemas: {{vault: {{catalog_name: dev, name: vault}}}}\n  \
           secrets: {{key: {{catalog_name: dev, schema_name: \"${{resources.schemas.vault.name}}\", name: key, value: \"${{var.key}}\", comment: {comment}}}}}\n",
        place.host
    );
    place.write("databricks.yml", &text);
}

/// Runs the binary with this value of the secret; nothing that it says has the value.
fn run(place: &Place, arguments: &[&str], value: &str) -> Answer {
    let answer = place.sluice_with(arguments, &[("BUNDLE_VAR_key", value)]);
    for text in [&answer.stdout, &answer.stderr] {
        assert!(!text.contains("canary-9f31"), "{arguments:?}: {answer:?}");
    }
    answer
}

/// The value that the workspace holds.
fn held(place: &Place) -> String {
    let path = format!("/api/2.1/unity-catalog/secrets/{NAME}");
    let secret = place.get(&path, &[("include_value", "true")]);
    secret["effective_value"].as_str().unwrap().to_owned()
}

fn assert_not_in_files(directory: &Path) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files += assert_not_in_files(&path);
        } else {
            let content = std::fs::read(&path).unwrap();
            let found = content.windows(11).any(|window| window == b"canary-9f31");
            assert!(!found, "{} holds the value of a secret", path.display());
            files += 1;
        }
    }
    files
}

#[test]
fn the_value_of_a_secret_is_in_the_workspace_alone() {
    let place = Place::new();
    bundle(&place, "c");
    let shown = run(&place, &["validate", "-o", "json"], FIRST).json(0);
    assert_eq!(shown["resources"]["secrets"]["key"]["value"], "[redacted]");
    assert_eq!(shown["variables"]["key"]["value"], "[redacted]");
    let plan = run(&place, &["plan", "--out", "saved.json", "-o", "json"], FIRST).json(0);
    let key = "resources.secrets.key";
    assert_eq!(plan["plan"][key]["new_state"]["value"]["value"], "[redacted]");
    assert_not_in_files(&place.bundle);
    run(&place, &["deploy", "--plan", "saved.json", "-o", "json"], FIRST).json(0);
    assert_eq!(held(&place), FIRST);
    let again = run(&place, &["plan", "-o", "json"], FIRST).json(0);
    assert_eq!(again["plan"][key]["action"], "skip", "{again}");

    // Another value is a change; the one that is there is not shown either.
    let changed = run(&place, &["plan", "-o", "json"], SECOND).json(0);
    let change = &changed["plan"][key];
    assert_eq!(
        (&change["action"], &change["changes"]["value"]["new"]),
        (&json!("update"), &json!("[redacted]"))
    );
    run(&place, &["deploy", "-o", "json"], SECOND).json(0);
    assert_eq!(held(&place), SECOND);
    bundle(&place, "other");
    run(&place, &["deploy", "-o", "json"], SECOND).json(0);
    assert_eq!(held(&place), SECOND);
    run(&place, &["summary", "-o", "json"], SECOND).json(0);
    assert!(assert_not_in_files(&place.bundle) > 2);
    let state = place.remote_files("/Workspace/Users/engineer@sluice.test/.bundle/vault/dev/state");
    assert!(state.iter().any(|file| file.ends_with("/resources.json")), "{state:?}");
    let exported = place.get(
        "/api/2.0/workspace/export",
        &[
            (
                "path",
                "/Workspace/Users/engineer@sluice.test/.bundle/vault/dev/state/resources.json",
            ),
            ("format", "AUTO"),
            ("direct_download", "true"),
        ],
    );
    assert_eq!(exported["state"][key]["state"]["value"], "", "{exported}");
}

#[test]
fn somebody_elses_value_is_replaced_and_a_refusal_does_not_repeat_ours() {
    let place = Place::new();
    bundle(&place, "c");
    run(&place, &["deploy", "-o", "json"], FIRST).json(0);
    let body = json!({"name": "key", "catalog_name": "dev", "schema_name": "vault", "value": "theirs"});
    let path = format!("/api/2.1/unity-catalog/secrets/{NAME}");
    send(&place, Method::Patch, &path, body);
    let drifted = run(&place, &["plan", "-o", "json"], FIRST).json(0);
    assert_eq!(drifted["plan"]["resources.secrets.key"]["action"], "update");
    run(&place, &["deploy", "-o", "json"], FIRST).json(0);
    assert_eq!(held(&place), FIRST);
    run(&place, &["destroy", "--auto-approve", "-o", "json"], FIRST).json(0);
    assert_not_in_files(&place.bundle);
}

#[test]
fn a_value_that_stands_in_a_file_is_refused() {
    let place = Place::new();
    bundle(&place, "c");
    let text = std::fs::read_to_string(place.bundle.join("databricks.yml")).unwrap();
    place.write("databricks.yml", &text.replace("\"${var.key}\"", "canary-9f31"));
    let refused = run(&place, &["validate"], FIRST);
    assert!(
        refused
            .refusal(2)
            .contains("the value of secret `key` has to come from a variable"),
        "{refused:?}"
    );
    place.write(
        "databricks.yml",
        &text.replace("{description: what opens the door}", "{default: canary-9f31}"),
    );
    let refused = run(&place, &["validate"], FIRST);
    assert!(
        refused
            .refusal(2)
            .contains("variable `key` gives secret `key` its value and has a default"),
        "{refused:?}"
    );
}
