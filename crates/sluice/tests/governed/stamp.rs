//! An environment belongs to one ledger.

use serde_json::json;
use sluice_wire::{Method, Request};

use crate::world::{World, environment};

#[test]
fn a_second_ledger_is_refused_until_the_stamp_is_removed() {
    let environment = environment();
    let world = World::new(&environment, "");
    world.to_qa("1.0.0");
    let other = environment.work().join("other-data");
    let as_other = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        let output = command
            .env("SLUICE_DATA_DIR", &other)
            .args(["-o", "json"])
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    // The blueprint deploys dev to a shared folder, and qa to the folder of who deploys there.
    let path = |name: &str| {
        let folder = match name {
            "dev" => "Shared",
            _ => "Users/de910e50-0000-4000-8000-000000000001",
        };
        format!("/Workspace/{folder}/.bundle/flights/{name}/state/ledger.json")
    };
    let (code, stderr) = as_other(&["verify", "-t", "dev"]);
    assert_eq!(code, Some(3), "{stderr}");
    assert!(
        stderr.contains(&format!(
            "remove `{}` from the workspace to hand the deployment over",
            path("dev")
        )),
        "{stderr}"
    );
    let frozen = as_other(&["freeze", "1.0.0"]);
    assert_eq!(frozen.0, Some(0), "{}", frozen.1);
    let (code, stderr) = as_other(&["promote", "1.0.0", "--to", "qa"]);
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains(&path("qa")), "{stderr}");
    // The first ledger goes on.
    world.commit_volume("more");
    world.to_qa("1.1.0");
    let status = world.done(&["status"]);
    assert_eq!(status[1]["running"]["version"], json!("1.1.0"));
    world.ledger_is_sound();
    let stamp = json!({"path": path("dev"), "recursive": false});
    world.send_as(
        "dev-admin",
        &Request::new(Method::Post, "/api/2.0/workspace/delete").json(stamp),
    );
    let (code, stderr) = as_other(&["verify", "-t", "dev"]);
    assert_eq!(code, Some(0), "{stderr}");
    world.refused(&["verify", "-t", "dev"], "the deployment belongs to ledger");
}
