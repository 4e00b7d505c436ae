//! From blueprint to production with the built binary, on the local workspaces, real Git and a real ledger.
#![expect(
    clippy::unwrap_used,
    reason = "the helper functions of these tests panic as the tests do"
)]

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;
use sluice_testkit::{Environment, Workspaces};

/// A platform with its workspaces and a product from the shipped blueprint.
struct World<'environment> {
    environment: &'environment Environment,
    _workspaces: Workspaces<'environment>,
}

impl<'environment> World<'environment> {
    fn new(environment: &'environment Environment) -> Self {
        let id = "version: 1\nid: trial\n";
        environment.write("platform.yaml", &format!("{id}environments: []\n"));
        let workspaces = environment.workspaces().unwrap();
        let profiles = environment.data().join("trial/workspaces/databrickscfg");
        let profiles = std::fs::read_to_string(profiles).unwrap();
        let stage = |name: &str, principal: &str, rest: &str| {
            let profile = format!("{name}-{principal}");
            let section = profiles.split(&format!("[{profile}]")).nth(1).unwrap();
            let value = |key: &str| {
                let line = section.lines().find(|line| line.starts_with(key)).unwrap();
                line.split_once('=').unwrap().1.trim().to_owned()
            };
            environment.write(&format!("tokens/{name}"), &value("token"));
            let file = environment.work().join("tokens").join(name);
            format!(
                "  - name: {name}\n    target: {name}\n    host: {}\n    credentials: {{file: {}}}\n    values: {{catalog: {name}}}\n{rest}",
                value("host"),
                file.display(),
            )
        };
        let stages = [
            stage("dev", "engineer", ""),
            stage("qa", "deployer", "    requires: [dev]\n"),
            stage("prod", "deployer", "    requires: [qa]\n"),
        ];
        environment.write("platform.yaml", &format!("{id}environments:\n{}", stages.concat()));
        let answers = [
            "product_name=flights",
            "schema_prefix=flt",
            "description=Flights",
            "domain=aviation",
            "owner=engineer@sluice.test",
            "steward=steward@sluice.test",
            "support=x",
        ];
        let set = answers.iter().flat_map(|answer| ["--set", answer]);
        let _made = environment
            .sluice(["new", "data-product", "flights"].into_iter().chain(set))
            .success()
            .to_owned();
        Self {
            environment,
            _workspaces: workspaces,
        }
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.environment.command(env!("CARGO_BIN_EXE_sluice").as_ref());
        command
            .current_dir(self.environment.work().join("flights"))
            .args(arguments);
        command
    }

    /// Runs a command in the product and gives its exit code, its answer as JSON and its messages.
    fn sluice(&self, arguments: &[&str]) -> (Option<i32>, Value, String) {
        let output = self.command(arguments).args(["-o", "json"]).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!stderr.contains("panicked at"), "{stderr}");
        (
            output.status.code(),
            serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
            stderr,
        )
    }

    /// As [`Self::sluice`], of a command that must succeed.
    fn done(&self, arguments: &[&str]) -> Value {
        let (code, answer, stderr) = self.sluice(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {answer}\n{stderr}");
        answer
    }

    /// Runs a command and kills it (SIGKILL) when a line of its messages contains a text. Whether it came to that.
    fn killed_at(&self, arguments: &[&str], text: &str) -> bool {
        let mut child = self
            .command(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let messages = BufReader::new(child.stderr.take().unwrap());
        let found = messages.lines().map_while(Result::ok).any(|line| line.contains(text));
        child.kill().unwrap();
        child.wait().unwrap();
        found
    }

    fn commit(&self, path: &str, text: &str) {
        self.environment.write(&format!("flights/{path}"), text);
        let _added = self.environment.git("flights", ["add", "--all"]).success().to_owned();
        let _committed = self
            .environment
            .git("flights", ["commit", "--quiet", "--message", path])
            .success()
            .to_owned();
    }

    fn ledger_is_sound(&self) -> u64 {
        let verified = self.done(&["ledger", "verify"]);
        assert_eq!(verified["verified"], true, "{verified}");
        verified["entries"].as_u64().unwrap()
    }
}

const VOLUME: &str = "resources:\n  volumes:\n    more: {catalog_name: \"${var.catalog}\", schema_name: \"${resources.schemas.bronze.name}\", name: more}\n";

#[test]
fn a_release_goes_from_dev_to_prod_and_every_step_is_in_the_ledger() {
    let environment = Environment::new(env!("CARGO_BIN_EXE_sluice"));
    let world = World::new(&environment);
    let verified = world.done(&["verify", "-t", "dev"]);
    assert_eq!(verified["passed"], true);
    let frozen = world.done(&["freeze", "1.0.0"]);
    assert_eq!(frozen["verification"], verified["verification"]);

    let (code, blocked, stderr) = world.sluice(&["promote", "1.0.0", "--to", "prod"]);
    assert_eq!(
        (code, &blocked["promotion"]["state"]),
        (Some(3), &Value::from("blocked")),
        "{stderr}"
    );
    assert!(stderr.contains("flights 1.0.0 was never verified in `qa`"), "{stderr}");
    assert!(
        stderr.contains("hint: `sluice promote 1.0.0 --to qa` verifies it there"),
        "{stderr}"
    );

    for past_the_gates in [["deploy", "-t", "qa"], ["destroy", "-t", "qa"], ["verify", "-t", "qa"]] {
        let (code, _, stderr) = world.sluice(&past_the_gates);
        let message = "error: environment `qa` is gated: only frozen releases go there, by `sluice promote`";
        assert_eq!(
            (code, stderr.lines().next()),
            (Some(3), Some(message)),
            "{past_the_gates:?}"
        );
    }

    for environment in ["qa", "prod"] {
        let promoted = world.done(&["promote", "1.0.0", "--to", environment]);
        assert_eq!(promoted["promotion"]["state"], "completed");
        let gates: Vec<_> = promoted["gates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|gate| gate["verdict"].clone())
            .collect();
        assert_eq!(gates, ["pass", "pass"]);
        let steps = promoted["steps"].as_array().unwrap();
        assert!(
            !steps.is_empty() && steps.iter().all(|step| step["state"] == "done"),
            "{steps:?}"
        );
        let entries = world.ledger_is_sound();
        let again = world.done(&["promote", "1.0.0", "--to", environment]);
        assert_eq!(again, promoted, "a finished promotion is no change");
        assert_eq!(world.ledger_is_sound(), entries);
    }
    let status = world.done(&["status"]);
    let running: Vec<_> = status
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| {
            (
                cell["environment"].as_str().unwrap(),
                cell["running"]["version"].as_str(),
            )
        })
        .collect();
    assert_eq!(running, [("dev", None), ("qa", Some("1.0.0")), ("prod", Some("1.0.0"))]);
    assert_eq!(status[2]["running"]["digest"], frozen["digest"]);
    assert_eq!(status[0]["running"]["by"], "engineer@sluice.test");
    let for_people = String::from_utf8(world.command(&["status"]).output().unwrap().stdout).unwrap();
    let in_prod = for_people
        .lines()
        .find(|line| line.contains(" in prod: 1.0.0 "))
        .unwrap();
    assert!(in_prod.ends_with("by deployer"), "{in_prod}");

    let export = environment.work().join("ledger.jsonl");
    world.done(&["ledger", "export", export.to_str().unwrap()]);
    let text = std::fs::read_to_string(&export).unwrap();
    assert_eq!(
        world.done(&["ledger", "verify", export.to_str().unwrap()])["verified"],
        true
    );
    std::fs::write(
        &export,
        text.replacen("engineer@sluice.test", "engineer@sluice.tesT", 1),
    )
    .unwrap();
    let (code, answer, _) = world.sluice(&["ledger", "verify", export.to_str().unwrap()]);
    assert_eq!((code, &answer["fault"]["kind"]), (Some(1), &Value::from("edited")));
}

#[test]
fn what_was_killed_at_any_state_is_finished_by_the_same_command() {
    let environment = Environment::new(env!("CARGO_BIN_EXE_sluice"));
    let world = World::new(&environment);
    world.done(&["verify", "-t", "dev"]);
    world.done(&["freeze", "1.0.0"]);
    world.commit("resources/more.yml", VOLUME);
    let places = [
        "locked",
        "preflight",
        "applying",
        "create resources.volumes.more",
        "verifying",
    ];
    for place in places {
        world.killed_at(&["verify", "-t", "dev"], place);
    }
    world.done(&["verify", "-t", "dev"]);
    world.done(&["freeze", "1.1.0"]);
    let places = [
        "requested",
        "planning",
        "gating",
        "ready",
        "executing",
        "locked",
        "applying",
        "create resources",
        "verifying",
    ];
    for version in ["1.0.0", "1.1.0"] {
        let mut came_to_it = 0;
        for place in places {
            came_to_it += usize::from(world.killed_at(&["promote", version, "--to", "qa"], place));
        }
        assert!(came_to_it >= 5, "{came_to_it}");
        let promoted = world.done(&["promote", version, "--to", "qa"]);
        assert_eq!(promoted["promotion"]["state"], "completed");
        world.ledger_is_sound();
    }
    let promotions = world.done(&["promotion", "list"]);
    assert_eq!(
        promotions.as_array().unwrap().len(),
        2,
        "each was resumed, none begun again: {promotions}"
    );
}

#[test]
fn a_newer_release_takes_over_what_another_left_unfinished() {
    let environment = Environment::new(env!("CARGO_BIN_EXE_sluice"));
    let world = World::new(&environment);
    world.done(&["verify", "-t", "dev"]);
    world.done(&["freeze", "1.0.0"]);
    assert!(world.killed_at(&["promote", "1.0.0", "--to", "qa"], "applying"));
    let unfinished = world.done(&["status"])[1]["unfinished"].clone();
    assert!(unfinished["deployment"].is_string(), "{unfinished}");
    world.commit("resources/more.yml", VOLUME);
    world.done(&["verify", "-t", "dev"]);
    world.done(&["freeze", "1.1.0"]);
    world.done(&["promote", "1.1.0", "--to", "qa"]);
    let promotions = world.done(&["promotion", "list"]);
    let states: Vec<_> = promotions
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["superseded", "completed"]);
    let status = world.done(&["status"]);
    assert_eq!(
        (&status[1]["running"]["version"], &status[1]["unfinished"]),
        (&Value::from("1.1.0"), &Value::Null)
    );
    world.ledger_is_sound();
}

#[test]
fn a_moved_tag_and_an_unverified_commit_are_refused_and_nothing_is_deployed() {
    let environment = Environment::new(env!("CARGO_BIN_EXE_sluice"));
    let world = World::new(&environment);
    world.done(&["freeze", "1.0.0"]);
    let (code, _, stderr) = world.sluice(&["promote", "1.0.0", "--to", "qa"]);
    assert_eq!(code, Some(3));
    assert!(stderr.contains("flights 1.0.0 was never verified in `dev`"), "{stderr}");

    world.done(&["verify", "-t", "dev"]);
    world.commit("README.md", "changed\n");
    let tag = "sluice/flights/v1.0.0";
    let _moved = environment
        .git("flights", ["tag", "--force", "--annotate", "--message", "x", tag])
        .success()
        .to_owned();
    let (code, answer, stderr) = world.sluice(&["promote", "1.0.0", "--to", "qa"]);
    assert_eq!((code, answer), (Some(3), Value::Null));
    assert!(stderr.contains("release 1.0.0 of `flights` is quarantined"), "{stderr}");
    assert_eq!(world.sluice(&["release", "verify", "1.0.0"]).0, Some(3));
    assert_eq!(world.done(&["release", "list"])[0]["state"], "quarantined");
    assert_eq!(world.done(&["status"])[1]["running"], Value::Null);

    environment.write("flights/new.txt", "x");
    let (code, _, stderr) = world.sluice(&["freeze", "2.0.0"]);
    assert_eq!(code, Some(3));
    assert!(stderr.contains("changes that are not committed: new.txt"), "{stderr}");
    world.ledger_is_sound();
}

#[test]
fn what_product_yaml_names_must_exist_before_anything_is_deployed() {
    let environment = Environment::new(env!("CARGO_BIN_EXE_sluice"));
    let world = World::new(&environment);
    let descriptor = std::fs::read_to_string(environment.work().join("flights/product.yaml")).unwrap();
    let job = "resources:\n  jobs:\n    build: {name: build}\n";
    let lock = std::fs::read_to_string(environment.work().join("flights/blueprint.lock")).unwrap();
    world.commit("blueprint.lock", &lock.replace("\"jobs\",", ""));
    world.commit("resources/build.yml", job);
    world.commit("product.yaml", &descriptor.replace("verify: []", "verify: [biuld]"));
    let (code, _, stderr) = world.sluice(&["verify", "-t", "dev"]);
    assert_eq!(code, Some(2), "{stderr}");
    let line = descriptor.lines().position(|line| line == "verify: []").unwrap() + 1;
    assert!(
        stderr.contains(&format!(
            "error: the bundle has no job `biuld`\n  at verify[0]\n  in product.yaml:{line}:10\n  help: did you mean `build`?"
        )),
        "{stderr}"
    );
    assert!(
        stderr.contains("blueprint `data-product` does not allow jobs"),
        "{stderr}"
    );
    assert_eq!(world.done(&["status"]), Value::Array(Vec::new()));
}

#[test]
fn a_full_disk_is_named_and_leaves_the_ledger_sound() {
    let environment = Environment::new(env!("CARGO_BIN_EXE_sluice"));
    let world = World::new(&environment);
    world.done(&["verify", "-t", "dev"]);
    let entries = world.ledger_is_sound();
    let mut limited = environment.command("bash".as_ref());
    limited.current_dir(environment.work().join("flights"));
    // Blocks of 1024 bytes; every write to a longer file fails as on a full disk.
    limited.args([
        "-c",
        "ulimit -f 4; exec \"$0\" freeze 1.0.0",
        env!("CARGO_BIN_EXE_sluice"),
    ]);
    let output = limited.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("ledger.sqlite") && stderr.contains("disk I/O error"),
        "{stderr}"
    );
    assert_eq!(world.ledger_is_sound(), entries);
    world.done(&["freeze", "1.0.0"]);
}
