//! One table of everything that permissions stand on, and the cases that follow from it: the privilege is there, is missing, comes from
//! above, through a group, or is somebody else's.

mod data;

use serde_json::{Value, json};
use sluice_workspace::Principal;
use sluice_workspace::Workspace;
use sluice_workspace::audit::RuleKind;
use sluice_workspace::catalog::{Decision, GrantChange, Privilege, Securable, SecurableKind};
use sluice_workspace::permissions::{Level, Object, ObjectKind};

use self::data::{MAKING, OBJECTS, PRIVILEGES, Row, SECURABLES};
use crate::catalog::{make_table, principal};
use crate::support::Environment;

const UC: &str = "/api/2.1/unity-catalog";

/// Makes an object of each kind that stands in the tree, in a directory, and returns the directory and each object.
async fn stand_in_tree(environment: &Environment) -> (Object, Vec<Object>) {
    let engineer = environment.client("engineer");
    let directory = "/Users/engineer@sluice.test/d";
    let below = format!("{directory}/below");
    engineer
        .post("/api/2.0/workspace/mkdirs", json!({ "path": below }))
        .await
        .ok();
    for (name, content) in [("f", "x"), ("n.py", "# Databricks notebook source")] {
        let route = format!("/api/2.0/workspace-files/import-file{directory}/{name}");
        engineer.send(engineer.request("POST", &route).body(content)).await.ok();
    }
    let number = async |path: &str| {
        let status = engineer
            .get(&format!("/api/2.0/workspace/get-status?path={path}"))
            .await
            .ok();
        status["object_id"].to_string()
    };
    let document = json!({"pages": [{"name": "p", "displayName": "P"}], "datasets": []}).to_string();
    let dashboard = json!({"display_name": "dash", "serialized_dashboard": document, "parent_path": directory});
    let dashboard = engineer.post("/api/2.0/lakeview/dashboards", dashboard).await.ok();
    let warehouses = engineer.get("/api/2.0/sql/warehouses").await.ok();
    make_schema_and_table(environment).await;
    let document = json!({"version": 2, "data_sources": {"tables": [{"identifier": "dev.s.t"}]}}).to_string();
    let space = json!({"title": "space", "warehouse_id": warehouses["warehouses"][0]["id"], "serialized_space": document,
        "parent_path": directory});
    let space = engineer.post("/api/2.0/genie/spaces", space).await.ok();
    let object = |kind, id: String| Object { kind, id };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let objects = vec![
        object(ObjectKind::Directory, number(&below).await),
        object(ObjectKind::File, number(&format!("{directory}/f")).await),
        object(ObjectKind::Notebook, number(&format!("{directory}/n")).await),
        object(ObjectKind::Dashboard, text(&dashboard["dashboard_id"])),
        object(ObjectKind::GenieSpace, text(&space["space_id"])),
    ];
    (object(ObjectKind::Directory, number(directory).await), objects)
}

async fn make_schema_and_table(environment: &Environment) {
    crate::catalog::make_schema(&environment.client("engineer"), "s").await;
    make_table(environment, "engineer", "dev.s.t").await;
}

/// Gives one entry, or takes all of an object away.
async fn put(workspace: &Workspace, object: &Object, entry: Option<(&str, Level)>) {
    let mut transaction = workspace.store.begin().await.unwrap();
    let permissions = workspace.permissions();
    match entry {
        Some((name, level)) => permissions.put(&mut transaction, object, name, level).await.unwrap(),
        None => permissions.clear(&mut transaction, object).await.unwrap(),
    }
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn a_level_is_there_missing_inherited_or_somebody_elses_on_every_kind_of_object() {
    let environment = Environment::start().await;
    let workspace = environment.workspaces.workspace("dev").unwrap();
    let (directory, standing) = stand_in_tree(&environment).await;
    let (analyst, steward, admin) = (
        principal(&environment, "analyst").await,
        principal(&environment, "steward").await,
        principal(&environment, "admin").await,
    );
    let mut wrong = Vec::new();
    for (kind, comes_down) in OBJECTS {
        let object = standing.iter().find(|object| object.kind == kind).cloned();
        assert_eq!(object.is_some(), comes_down, "{kind:?}");
        let object = object.unwrap_or_else(|| Object {
            kind,
            id: "4711".to_owned(),
        });
        let mut places = vec![&object];
        places.extend(comes_down.then_some(&directory));
        for needed in kind.levels().iter().map(|(level, _)| *level) {
            let allows = async |principal: &Principal| {
                workspace
                    .permissions()
                    .allows(principal, &object, needed)
                    .await
                    .unwrap()
            };
            let case = |what: &str, is: bool, should: bool| {
                (is != should).then(|| format!("{kind:?} {}: {what}: {is}", needed.as_str()))
            };
            wrong.extend(case("missing", allows(&analyst).await, false));
            wrong.extend(case("administrator", allows(&admin).await, true));
            for place in &places {
                for held in place.kind.levels().iter().map(|(level, _)| *level) {
                    for (name, what) in [("analyst@sluice.test", "own"), ("analysts", "of a group")] {
                        put(workspace, place, Some((name, held))).await;
                        let what = format!("{what} {} on {:?}", held.as_str(), place.kind);
                        wrong.extend(case(&what, allows(&analyst).await, held >= needed));
                        wrong.extend(case(&format!("{what} of another"), allows(&steward).await, false));
                        put(workspace, place, None).await;
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Makes an object of each kind of securable, which the administrator owns, and returns them in the order of the table.
async fn make_securables(environment: &Environment) -> Vec<Securable> {
    let admin = environment.client("admin");
    let catalog = environment.workspaces.workspace("dev").unwrap().catalog();
    let mut made = Vec::new();
    for Row {
        kind,
        full_name,
        made_by,
        ..
    } in &SECURABLES
    {
        if let Some((route, body)) = made_by {
            let body: Value = serde_json::from_str(body).unwrap();
            let answer = admin.post(&format!("{UC}/{route}"), body).await;
            assert!(
                answer.status < 300,
                "{kind}: {}",
                String::from_utf8_lossy(&answer.bytes)
            );
        }
        if *kind == SecurableKind::Table {
            let all = GrantChange {
                principal: "admin@sluice.test".to_owned(),
                add: vec![Privilege::UseCatalog, Privilege::UseSchema, Privilege::CreateTable],
                remove: Vec::new(),
            };
            let above = catalog.find(SecurableKind::Catalog, "c").await.unwrap();
            let admin = principal(environment, "admin").await;
            catalog.change_grants(&admin, &above, &[all]).await.unwrap();
            make_table(environment, "admin", full_name).await;
        }
        made.push(catalog.find(*kind, full_name).await.unwrap());
    }
    made
}

struct Table<'a> {
    workspace: &'a Workspace,
    admin: Principal,
}

impl Table<'_> {
    async fn grant(&self, securable: &Securable, to: &str, privilege: Privilege, take: bool) {
        let (add, remove) = if take {
            (Vec::new(), vec![privilege])
        } else {
            (vec![privilege], Vec::new())
        };
        let change = GrantChange {
            principal: to.to_owned(),
            add,
            remove,
        };
        let changed = self
            .workspace
            .catalog()
            .change_grants(&self.admin, securable, &[change])
            .await;
        changed.unwrap_or_else(|error| panic!("{privilege} on {}: {error}", securable.full_name));
    }

    /// Where the rule stands that allows it; none when it is refused.
    async fn decides(&self, principal: &Principal, privilege: Privilege, securable: &Securable) -> Option<String> {
        let decision = self
            .workspace
            .catalog()
            .authorize(principal, privilege, securable)
            .await
            .unwrap();
        match decision {
            Decision::Allowed { rule } => {
                assert_eq!(rule.kind, RuleKind::Grant, "{rule}");
                rule.stands_on
            }
            Decision::Denied { .. } | Decision::Unbound { .. } => None,
        }
    }
}

/// What it takes beside the privilege: reaching into what contains the object, and into the object itself to make something in it. The way
/// is everybody's in these cases, and no part of it is the privilege itself.
fn way_to(row: &Row, privilege: Privilege) -> Vec<(SecurableKind, &'static str, Privilege)> {
    let itself = MAKING
        .contains(&(row.kind, privilege.as_str()))
        .then_some((row.kind, row.full_name));
    let places = row.inside.iter().copied().chain(itself);
    let needed = |kind| match kind {
        SecurableKind::Catalog => Some(Privilege::UseCatalog),
        SecurableKind::Schema => Some(Privilege::UseSchema),
        _ => None,
    };
    let way = places.filter_map(|(kind, name)| Some((kind, name, needed(kind)?)));
    way.filter(|(_, _, needed)| *needed != privilege).collect()
}

#[tokio::test]
async fn a_privilege_is_there_missing_inherited_or_somebody_elses_on_every_kind_of_securable() {
    let environment = Environment::start().await;
    let workspace = environment.workspaces.workspace("dev").unwrap();
    let made = make_securables(&environment).await;
    let (analyst, steward) = (
        principal(&environment, "analyst").await,
        principal(&environment, "steward").await,
    );
    let table = Table {
        workspace,
        admin: principal(&environment, "admin").await,
    };
    let named = |kind: SecurableKind, name: &str| {
        made.iter()
            .find(|each| each.kind == kind && (name.is_empty() || each.full_name == name))
            .unwrap()
    };
    let mut wrong = Vec::new();
    let mut cases = 0;
    for (row, securable) in SECURABLES.iter().zip(&made) {
        for privilege in PRIVILEGES.iter().map(|text| text.parse::<Privilege>().unwrap()) {
            if !privilege.applies_to(row.kind) {
                continue;
            }
            let way = way_to(row, privilege);
            let way: Vec<_> = way
                .iter()
                .map(|(kind, name, needed)| (named(*kind, name), *needed))
                .collect();
            for (place, needed) in &way {
                table.grant(place, "users", *needed, false).await;
            }
            let mut case = |what: &str, is: Option<String>, should: Option<String>| {
                cases += 1;
                if is != should {
                    wrong.push(format!(
                        "{} {privilege}: {what}: {is:?} instead of {should:?}",
                        row.kind
                    ));
                }
            };
            case("missing", table.decides(&analyst, privilege, securable).await, None);
            let above = row.inside.iter().map(|(kind, name)| named(*kind, name));
            for place in above
                .filter(|place| privilege.applies_to(place.kind))
                .chain([securable])
            {
                for to in ["analyst@sluice.test", "analysts"] {
                    table.grant(place, to, privilege, false).await;
                    let what = format!("granted to {to} on {}", place.title());
                    case(
                        &what,
                        table.decides(&analyst, privilege, securable).await,
                        Some(place.title()),
                    );
                    case(
                        &format!("{what}, for another"),
                        table.decides(&steward, privilege, securable).await,
                        None,
                    );
                    table.grant(place, to, privilege, true).await;
                }
            }
            for (place, needed) in &way {
                table.grant(place, "users", *needed, true).await;
                table.grant(securable, "analysts", privilege, false).await;
                let without = table.decides(&analyst, privilege, securable).await;
                let should = (privilege == Privilege::Manage).then(|| securable.title());
                case(&format!("without {needed} on {}", place.title()), without, should);
                table.grant(securable, "analysts", privilege, true).await;
                table.grant(place, "users", *needed, false).await;
            }
            for (place, needed) in &way {
                table.grant(place, "users", *needed, true).await;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases > 500, "{cases} cases");
}

/// Binds an isolated object to this workspace as it is told, or to another one alone.
async fn bind(environment: &Environment, object: &Securable, here: Option<&str>) {
    let admin = environment.client("admin");
    let id = environment.workspaces.workspace("dev").unwrap().org_id;
    let kind = object.kind.as_str().to_lowercase();
    let change = match here {
        Some(binding_type) => json!({"add": [{"workspace_id": id, "binding_type": binding_type}]}),
        None => json!({"add": [{"workspace_id": 4711}], "remove": [{"workspace_id": id}]}),
    };
    admin
        .patch(&format!("{UC}/bindings/{kind}/{}", object.full_name), change)
        .await
        .ok();
}

#[tokio::test]
async fn a_binding_decides_before_every_privilege_on_what_can_be_isolated_and_all_that_is_in_it() {
    let environment = Environment::start().await;
    let workspace = environment.workspaces.workspace("dev").unwrap();
    let made = make_securables(&environment).await;
    let (admin, client) = (principal(&environment, "admin").await, environment.client("admin"));
    let routes = [
        (SecurableKind::Catalog, "catalogs/c", "ISOLATED"),
        (
            SecurableKind::StorageCredential,
            "storage-credentials/storage",
            "ISOLATION_MODE_ISOLATED",
        ),
        (
            SecurableKind::Credential,
            "credentials/service",
            "ISOLATION_MODE_ISOLATED",
        ),
        (
            SecurableKind::ExternalLocation,
            "external-locations/location",
            "ISOLATION_MODE_ISOLATED",
        ),
    ];
    let mut wrong = Vec::new();
    let mut cases = 0;
    for (kind, route, isolated) in routes {
        let shut = made.iter().find(|each| each.kind == kind).unwrap();
        client
            .patch(&format!("{UC}/{route}"), json!({ "isolation_mode": isolated }))
            .await
            .ok();
        for (here, reads, writes) in [
            (Some("BINDING_TYPE_READ_WRITE"), true, true),
            (Some("BINDING_TYPE_READ_ONLY"), true, false),
            (None, false, false),
        ] {
            bind(&environment, shut, here).await;
            let inside =
                |row: &Row| row.kind == kind || kind == SecurableKind::Catalog && row.inside.contains(&(kind, "c"));
            for (row, securable) in SECURABLES.iter().zip(&made).filter(|(row, _)| inside(row)) {
                for privilege in PRIVILEGES.iter().map(|text| text.parse::<Privilege>().unwrap()) {
                    if !privilege.applies_to(row.kind) {
                        continue;
                    }
                    cases += 1;
                    let only_reads = [
                        "BROWSE",
                        "EXECUTE",
                        "READ_FILES",
                        "READ_VOLUME",
                        "SELECT",
                        "USE_CATALOG",
                        "USE_SCHEMA",
                    ]
                    .contains(&privilege.as_str());
                    // The administrator owns everything here, so that nothing but the binding can be in the way.
                    let decision = workspace
                        .catalog()
                        .authorize(&admin, privilege, securable)
                        .await
                        .unwrap();
                    let unbound = matches!(decision, Decision::Unbound { .. });
                    if unbound == if only_reads { reads } else { writes } {
                        wrong.push(format!("{here:?}: {privilege} on {}: {decision:?}", securable.title()));
                    }
                }
            }
        }
        bind(&environment, shut, Some("BINDING_TYPE_READ_WRITE")).await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases > 200, "{cases} cases");
}
