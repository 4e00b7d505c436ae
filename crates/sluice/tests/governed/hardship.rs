//! What production does to a deployment: somebody else deploys, the workspace goes away, the token ends, the disk is full. Each is one clear
//! message, and afterwards the same command, or `deployment resume`, brings the environment to a whole release.

use sluice_model::{Actor, Timestamp};
use sluice_store::Store;

use crate::rollback::{PROMOTE, cleared, deployment, dump, fault_in_qa, no_count, two_releases};
use crate::world::{World, environment};

const EXPIRED: &str = "the token has expired";

/// Half of the deployment is done when its token ends.
fn token_ends(world: &World<'_>) -> String {
    let from = ["--principal", "deployer", "--requests", "writing", "--nth", "12"];
    let way = ["--status", "401", "--message", EXPIRED, "--until-cleared"];
    fault_in_qa(world, &[from.as_slice(), &way].concat())
}

/// Puts a lease of another machine on qa, which ends so many seconds from now.
fn leased_elsewhere(world: &World<'_>, seconds: i64) -> u64 {
    let now = Timestamp::now().as_second();
    let at = |second: i64| Timestamp::from_second(second).unwrap();
    let actor = Actor {
        subject: "deployer".to_owned(),
        display_name: "deployer".to_owned(),
        issuer: String::new(),
        service: true,
    };
    let ledger = world.environment.data().join("trial/ledger.sqlite");
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = Store::open(&ledger).await.unwrap();
        let (product, environment) = ("flights".parse().unwrap(), "qa".parse().unwrap());
        let place = (&product, &environment);
        let taken = store
            .take_lease(at(now - 60), at(now + seconds), &actor, place, "runner-7", None)
            .await;
        store.close().await;
        taken.unwrap().epoch
    })
}

#[test]
fn of_two_deployments_at_once_one_is_refused_by_name_and_a_lease_that_ended_is_taken_over() {
    let environment = environment();
    let world = World::with_faults(&environment);
    two_releases(&world);
    let answers = world.at_once(&[&PROMOTE, &PROMOTE]);
    let codes: Vec<_> = answers.iter().map(|answer| answer.0).collect();
    assert!(codes.contains(&Some(0)) && codes.contains(&Some(3)), "{answers:?}");
    let (_, _, message) = answers.iter().find(|answer| answer.0 == Some(3)).unwrap();
    assert!(message.contains("`flights` in `qa` is locked by "), "{message}");
    assert_eq!(message.matches("error: ").count(), 1, "{message}");

    let elsewhere = leased_elsewhere(&world, 600);
    world.refused(
        &["promote", "1.0.0", "--to", "qa"],
        "`flights` in `qa` is locked by runner-7 until ",
    );
    let running = world.done(&["status"])[1]["running"].clone();
    assert_eq!(running["version"], "1.1.0");
    assert!(elsewhere > 0);
}

#[test]
fn a_lease_that_ended_is_taken_over_under_a_higher_number() {
    let environment = environment();
    let world = World::with_faults(&environment);
    two_releases(&world);
    let elsewhere = leased_elsewhere(&world, -1);
    let report = world.done(&PROMOTE);
    assert_eq!(report["promotion"]["state"], "completed", "{report}");
    assert!(report["deployment"]["epoch"].as_u64().unwrap() > elsewhere, "{report}");
    world.ledger_is_sound();
}

/// From now on qa is deployed with a profile that gives a silent workspace one second.
fn gives_up_after_a_second(world: &World<'_>) {
    let profiles = std::fs::read_to_string(world.profile_file()).unwrap();
    let section = "[qa-deployer]\n";
    assert!(profiles.contains(section), "no profile of the deployer");
    let patient = format!("{section}retry_timeout_seconds = 1\n");
    std::fs::write(world.profile_file(), profiles.replace(section, &patient)).unwrap();
    let path = world.environment.work().join("platform.yaml");
    let platform = std::fs::read_to_string(&path).unwrap();
    let file = format!("{{file: {}}}", world.environment.work().join("tokens/qa").display());
    assert!(platform.contains(&file), "{platform}");
    std::fs::write(path, platform.replace(&file, "{profile: qa-deployer}")).unwrap();
}

#[test]
fn a_workspace_that_goes_away_is_named_once_and_the_same_command_goes_on_when_it_is_back() {
    let environment = environment();
    let world = World::with_faults(&environment);
    gives_up_after_a_second(&world);
    two_releases(&world);
    let before = dump(&world);
    no_count(&world);
    let mut half_way = 0;
    for number in (20..).step_by(40) {
        let nth = number.to_string();
        let from = ["--principal", "deployer", "--nth", &nth, "--drop", "--until-cleared"];
        let id = fault_in_qa(&world, &from);
        let (code, answer, stderr) = world.sluice(&PROMOTE);
        let place = format!("gone after {number} requests: {answer}\n{stderr}");
        // A few probes and the state of what was begun; without an end each of them would be asked for a second.
        let asked = cleared(&world, &id);
        if asked == 0 {
            break;
        }
        assert!([Some(3), Some(4), Some(5)].contains(&code), "{place}");
        assert!(stderr.contains("no answer came"), "{place}");
        assert_eq!(stderr.matches("error: ").count(), 1, "{place}");
        assert!(!stderr.contains("panicked"), "{place}");
        half_way += usize::from(code == Some(5));
        world.refused(&PROMOTE, "promotion failed: ");
        assert_eq!(deployment(&world)["state"], "rolled_back", "{place}");
        assert_eq!(dump(&world), before, "{place}");
        world.ledger_is_sound();
    }
    assert!(half_way > 2, "{half_way}");
}

#[test]
fn a_token_that_ends_is_named_and_the_way_back_goes_on_with_a_new_one() {
    let environment = environment();
    let world = World::with_faults(&environment);
    two_releases(&world);
    let before = dump(&world);
    no_count(&world);
    let id = token_ends(&world);
    let (code, answer, stderr) = world.sluice(&PROMOTE);
    assert_eq!(code, Some(5), "{answer}\n{stderr}");
    assert!(stderr.contains(EXPIRED), "{stderr}");
    assert_eq!(stderr.matches("\nerror: ").count(), 1, "{stderr}");
    let row = deployment(&world);
    assert_eq!(row["state"], "needs_attention", "{row}");
    let needs = row["rollback"]["needs_human"].to_string();
    assert!(needs.contains(EXPIRED), "{needs}");

    world.done(&["workspace", "fault", "clear", &id, "--environment", "qa"]);
    world.refused(
        &["deployment", "resume", row["id"].as_str().unwrap()],
        "promotion failed: ",
    );
    assert_eq!(deployment(&world)["state"], "rolled_back");
    assert_eq!(dump(&world), before);
    world.ledger_is_sound();
}

#[test]
fn what_a_deployment_left_is_closed_by_hand_with_a_reason() {
    let environment = environment();
    let world = World::with_faults(&environment);
    two_releases(&world);
    no_count(&world);
    token_ends(&world);
    assert_eq!(world.sluice(&PROMOTE).0, Some(5));
    let row = deployment(&world);
    let open = row["id"].as_str().unwrap();
    // What ran before counts as running only when all of it is back.
    world.refused(
        &["promote", "1.0.0", "--to", "qa"],
        "is half-way back to what ran before",
    );
    let resolved = world.done(&[
        "deployment",
        "resolve",
        open,
        "--reason",
        "restored by hand, ticket OPS-7",
    ]);
    assert_eq!(resolved["deployment"]["state"], "failed");
    let reasons = resolved["deployment"]["reasons"].to_string();
    assert!(
        reasons.contains("resolved by ") && reasons.contains("restored by hand, ticket OPS-7"),
        "{reasons}"
    );
    world.done(&["workspace", "fault", "clear", "--environment", "qa"]);
    assert_eq!(world.done(&PROMOTE)["promotion"]["state"], "completed");
}

#[test]
fn a_full_disk_on_the_way_loses_nothing() {
    let environment = environment();
    let world = World::with_faults(&environment);
    two_releases(&world);
    let before = dump(&world);
    no_count(&world);
    let ledger = world.environment.data().join("trial");
    let longest = std::fs::read_dir(&ledger)
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap().metadata().ok()?.len()))
        .max()
        .unwrap();
    let mut failed = 0;
    for more in [16, 64, 256] {
        let mut limited = environment.command("bash".as_ref());
        limited
            .current_dir(environment.work().join("flights"))
            .env("DATABRICKS_CONFIG_FILE", world.profile_file());
        let blocks = longest / 1024 + more;
        let script = format!("ulimit -f {blocks}; exec \"$0\" promote 1.1.0 --to qa");
        limited.args(["-c", &script, env!("CARGO_BIN_EXE_sluice")]);
        let output = limited.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_ne!(output.status.code(), Some(0), "{stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
        failed += usize::from(stderr.contains("disk I/O error") || stderr.contains("File too large"));
        world.refused(&PROMOTE, "promotion failed: ");
        assert_eq!(dump(&world), before, "{stderr}");
        world.ledger_is_sound();
    }
    assert!(failed > 0, "no attempt met the limit");
}
