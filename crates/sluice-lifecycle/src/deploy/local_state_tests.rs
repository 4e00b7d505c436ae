//! The local state file and its write-ahead log, also after a crash.

use serde_json::json;
use sluice_bundle::engine::StateEntry;

use super::*;

fn place(host: &str) -> Place {
    Place {
        host: host.to_owned(),
        state_path: "/Workspace/state".to_owned(),
    }
}

fn set(id: &str) -> StateChange {
    StateChange::Set(StateEntry {
        id: id.to_owned(),
        state: json!({"name": id}),
        depends_on: Vec::new(),
    })
}

fn job(name: &str) -> ResourceKey {
    ResourceKey::bundle("jobs", name)
}

fn ids(states: &States) -> Vec<(String, String)> {
    states
        .entries()
        .map(|(key, entry)| (key.to_string(), entry.id.clone()))
        .collect()
}

fn directory() -> (tempfile::TempDir, LocalState) {
    let directory = tempfile::tempdir().unwrap();
    let local = LocalState::new(&directory.path().join(".databricks/bundle/dev"));
    (directory, local)
}

/// Begins a deployment after `base` and applies one job and one table.
fn interrupted(local: &LocalState, base: &States) -> States {
    let mut begun = base.clone();
    begun.begin("lineage-1", "sluice-test");
    let mut log = local
        .begin(&place("one"), base, version(base).as_ref(), &begun)
        .unwrap();
    log.append(&job("load"), &set("7")).unwrap();
    log.append(&ResourceKey::catalog("tables", "flights"), &set("dev.a.flights"))
        .unwrap();
    begun
}

#[test]
fn an_interrupted_first_deployment_is_recovered() {
    let (_directory, local) = directory();
    interrupted(&local, &States::default());
    let snapshot = local.read(&place("one")).unwrap();
    assert!(snapshot.unpushed);
    assert_eq!(snapshot.recovered.len(), 2);
    assert_eq!(
        ids(&snapshot.states),
        [
            ("resources.jobs.load".to_owned(), "7".to_owned()),
            ("catalog.tables.flights".to_owned(), "dev.a.flights".to_owned())
        ]
    );
    let serials = (snapshot.states.resources.serial, snapshot.states.catalog.serial);
    assert_eq!(
        (serials, snapshot.states.catalog.lineage.as_str()),
        ((1, 1), "lineage-1")
    );
}

#[test]
fn a_pushed_deployment_leaves_nothing_to_recover() {
    let (_directory, local) = directory();
    let mut states = interrupted(&local, &States::default());
    states.record(&job("load"), set("7"));
    local.finalise(&states).unwrap();
    assert!(local.read(&place("one")).unwrap().unpushed);
    local.record_push(&place("one"), &states).unwrap();
    let snapshot = local.read(&place("one")).unwrap();
    assert_eq!((snapshot.unpushed, snapshot.recovered.len()), (false, 0));
    assert_eq!(snapshot.states, states);
    assert_eq!(local.read(&place("two")).unwrap(), LocalSnapshot::default());
}

#[test]
fn a_deletion_and_a_cut_off_line_are_replayed_rightly() {
    let (_directory, local) = directory();
    let mut base = States::default();
    base.begin("lineage-1", "sluice-test");
    base.record(&job("old"), set("1"));
    let mut begun = base.clone();
    begun.begin("unused", "sluice-test");
    let mut log = local
        .begin(&place("one"), &base, version(&base).as_ref(), &begun)
        .unwrap();
    log.append(&job("old"), &StateChange::Remove).unwrap();
    log.append(&job("new"), &set("2")).unwrap();
    let wal = local.directory().join("resources.json.wal");
    let mut text = fs::read(&wal).unwrap();
    text.extend_from_slice(b"{\"k\":\"resources.jobs.third\",\"v\":{\"__id");
    fs::write(&wal, text).unwrap();
    let snapshot = local.read(&place("one")).unwrap();
    assert_eq!(
        ids(&snapshot.states),
        [("resources.jobs.new".to_owned(), "2".to_owned())]
    );
    assert_eq!(snapshot.states.resources.serial, 2);
}

#[test]
fn a_log_with_a_header_alone_changes_nothing() {
    let (_directory, local) = directory();
    let mut base = States::default();
    base.begin("lineage-1", "sluice-test");
    let mut begun = base.clone();
    begun.begin("unused", "sluice-test");
    local
        .begin(&place("one"), &base, version(&base).as_ref(), &begun)
        .unwrap();
    assert_eq!(local.read(&place("one")).unwrap().states, base);
}

#[test]
fn a_log_of_another_state_is_refused() {
    let (_directory, local) = directory();
    let begun = interrupted(&local, &States::default());
    let mut other = begun.clone();
    other.resources.serial = 5;
    other.resources.lineage = "lineage-2".to_owned();
    other.catalog = other.resources.clone();
    local.write_states(&other).unwrap();
    let error = local.read(&place("one")).unwrap_err();
    assert!(
        matches!(
            error,
            LocalStateError::ForeignLog {
                serial: 5,
                wal_serial: 1,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn an_interrupted_deployment_elsewhere_is_not_mixed_with_this_one() {
    let (_directory, local) = directory();
    interrupted(&local, &States::default());
    let error = local.read(&place("two")).unwrap_err();
    assert!(
        matches!(error, LocalStateError::OtherPlace { ref host, .. } if host == "one"),
        "{error}"
    );
}

#[test]
fn a_deployment_that_begins_anew_does_not_continue_an_old_one() {
    let (_directory, local) = directory();
    let mut old = States::default();
    old.begin("lineage-old", "sluice-test");
    local.finalise(&old).unwrap();
    local.record_push(&place("two"), &old).unwrap();
    interrupted(&local, &States::default());
    let snapshot = local.read(&place("one")).unwrap();
    assert_eq!(
        (snapshot.recovered.len(), snapshot.states.resources.lineage.as_str()),
        (2, "lineage-1")
    );
}

#[test]
fn only_one_process_deploys_from_a_directory() {
    let (top, local) = directory();
    let guard = local.guard().unwrap();
    assert!(matches!(local.guard(), Err(LocalStateError::Busy { .. })));
    drop(guard);
    local.guard().unwrap();
    assert_eq!(
        fs::read_to_string(top.path().join(".databricks/.gitignore")).unwrap(),
        "*\n"
    );
}
