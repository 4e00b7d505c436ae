//! One clear message each, the documented exit code, and nothing changed.

use crate::gate::Gate;
use crate::place::{Place, finish};

/// The objects that a deployment makes; none of them may be there after a refusal.
fn assert_nothing_changed(place: &Place) {
    assert_eq!(place.jobs(), Vec::<String>::new());
    let home = place.remote_files("/Workspace/Users/engineer@sluice.test");
    assert_eq!(home, Vec::<String>::new());
    let schema = place.get("/api/2.1/unity-catalog/schemas/dev.shop", &[]);
    assert_eq!(schema["error_code"], "SCHEMA_DOES_NOT_EXIST");
}

#[test]
fn a_wrong_token_is_named_and_not_shown() {
    let place = Place::new();
    place.write_bundle("shop", &place.host);
    let refused = place.sluice_with(&["deploy"], &[("DATABRICKS_TOKEN", "dapi-canary")]);
    let message = refused.refusal(3);
    assert!(
        message.contains(&format!("{} does not accept the token", place.host)),
        "{message}"
    );
    assert!(!message.contains("canary"), "{message}");
    assert_nothing_changed(&place);
}

#[test]
fn a_workspace_that_is_not_running_is_named() {
    let mut place = Place::new();
    place.write_bundle("shop", &place.host);
    place.stop_workspace();
    assert_eq!(
        place.sluice(&["deploy"]).refusal(4),
        format!(
            "error: workspace not running at {}; start it with `sluice workspace up`\n",
            place.host
        )
    );
}

#[test]
fn unknown_targets_and_profiles_are_named() {
    let place = Place::new();
    place.write_bundle("shop", &place.host);
    let refused = place.sluice(&["deploy", "--target", "prod"]);
    let message = refused.refusal(2);
    assert!(message.contains("prod") && message.contains("dev"), "{message}");
    let refused = place.sluice_with(
        &["deploy"],
        &[("DATABRICKS_TOKEN", ""), ("DATABRICKS_CONFIG_PROFILE", "dev-zebra")],
    );
    let message = refused.refusal(2);
    assert!(
        message.contains("has no profile `dev-zebra`; it has dev-admin"),
        "{message}"
    );
    assert_nothing_changed(&place);
}

#[test]
fn a_missing_notebook_is_named_with_its_place() {
    let place = Place::new();
    place.write_bundle("shop", &place.host);
    std::fs::remove_file(place.bundle.join("src/greet.py")).unwrap();
    let refused = place.sluice(&["deploy"]);
    let message = refused.refusal(2);
    assert!(
        message.contains("src/greet.py") && message.contains("databricks.yml:"),
        "{message}"
    );
    assert_nothing_changed(&place);
}

#[test]
fn a_full_disk_stops_before_anything_is_changed() {
    let place = Place::new();
    place.write_bundle("shop", &place.host);
    // `ulimit -f` is RLIMIT_FSIZE: no file may grow.
    let mut command = std::process::Command::new("sh");
    let inner = place.command(&["deploy"]);
    command
        .arg("-c")
        .arg("ulimit -f 0 && exec \"$0\" deploy")
        .arg(inner.get_program())
        .current_dir(&place.bundle)
        .env_clear()
        .envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let refused = finish(command.spawn().unwrap());
    let message = refused.refusal(2);
    assert!(
        message.contains("cannot write") && message.contains(".databricks"),
        "{message}"
    );
    assert_nothing_changed(&place);
    assert_eq!(place.sluice(&["deploy"]).code, Some(0));
}

#[test]
fn a_lock_of_somebody_else_is_respected_until_it_is_forced() {
    let place = Place::new();
    place.write_bundle("shop", &place.host);
    let client = place.client("engineer");
    let state = "/Workspace/Users/engineer@sluice.test/.bundle/shop/dev/state";
    let lock =
        br#"{"ID": "x", "AcquisitionTime": "2026-01-02T03:04:05Z", "IsForced": false, "User": "ada@sluice.test"}"#;
    place.runtime.block_on(async {
        client.mkdirs(state).await.unwrap();
        client
            .upload_new(&format!("{state}/deploy.lock"), lock.to_vec())
            .await
            .unwrap();
    });
    let refused = place.sluice(&["deploy"]);
    let message = refused.refusal(3);
    assert!(
        message.contains("ada@sluice.test holds the deployment lock since 2026-01-02T03:04:05Z"),
        "{message}"
    );
    assert_eq!(place.jobs(), Vec::<String>::new());
    assert_eq!(place.sluice(&["deploy", "--force-lock"]).code, Some(0));
}

#[test]
fn a_refused_resource_stops_its_dependents_and_nothing_else() {
    let place = Place::new();
    let gate = Gate::new(&place);
    place.write_bundle("shop", &gate.host);
    gate.fail(Some("/api/2.1/unity-catalog/schemas"), 400);
    let answer = place.sluice(&["deploy"]);
    let message = answer.refusal(5);
    assert!(
        message.contains("failed resources.schemas.sales: broken on purpose"),
        "{message}"
    );
    for dependent in ["resources.schemas.sales.grants", "resources.volumes.landing"] {
        let line = format!("not begun {dependent}: it depends on resources.schemas.sales\n");
        assert!(message.contains(&line), "{message}");
    }
    assert_eq!(place.jobs(), ["shop load"]);
    gate.fail(None, 0);
    let again = place.sluice(&["deploy", "-o", "json"]).json(0);
    assert_eq!(
        again["resources"]["done"],
        serde_json::json!([
            "resources.schemas.sales",
            "resources.schemas.sales.grants",
            "resources.volumes.landing"
        ])
    );
    assert_eq!(place.jobs(), ["shop load"]);
}
