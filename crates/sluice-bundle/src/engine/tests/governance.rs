//! Functions, masks, row filters, tags and constraints of the catalog files.

use serde_json::{Value, json};

use super::deployment::{Deployment, assert_unchanged, bundle, changed, deployed};
use crate::engine::Action;

pub(super) fn resources() -> Value {
    json!({
        "schemas": {"gold": {"name": "gold", "catalog_name": "dev"}},
        "volumes": {"files": {"name": "files", "catalog_name": "dev", "schema_name": "${resources.schemas.gold.name}"}},
    })
}

pub(super) fn full() -> Value {
    json!({
        "version": 1,
        "warehouse_id": "w1",
        "functions": {
            "hide": {
                "name": "dev.${resources.schemas.gold.name}.Hide",
                "parameters": [{"name": "tailnum", "type": "STRING", "comment": "Tail number"}, {"name": "origin", "type": "string"}],
                "returns": "string",
                "definition": "CASE WHEN is_account_group_member('analysts')\n  THEN '***' ELSE tailnum END;",
                "deterministic": true,
                "comment": "Hides it's argument",
                "grants": [{"principal": "analysts", "privileges": ["EXECUTE"]}],
            },
            "home": {
                "name": "dev.gold.home", "parameters": [{"name": "origin", "type": "string"}], "returns": "boolean",
                "definition": "EXISTS (SELECT 1 FROM dev.gold.airports a WHERE a.code = origin)",
            },
        },
        "tables": {
            "airports": {
                "name": "dev.gold.airports",
                "columns": [{"name": "code", "type": "string", "nullable": false, "tags": {"key": ""}}],
                "constraints": {"primary_key": {"name": "pk_airports", "columns": ["code"], "rely": true}},
            },
            "flights": {
                "name": "dev.gold.flights",
                "columns": [
                    {"name": "origin", "type": "string"},
                    {"name": "tailnum", "type": "string", "tags": {"pii": "", "source": "faa"},
                     "mask": {"function": "${catalog.functions.hide.full_name}", "using_columns": ["origin"]}},
                    {"name": "miles", "type": "int"},
                ],
                "constraints": {
                    "foreign_keys": {"fk_origin": {"columns": ["origin"], "references": "${catalog.tables.airports.full_name}",
                                                   "referenced_columns": ["code"]}},
                    "checks": {"Far": "miles  >= 0", "known": "(origin IS NOT NULL)"},
                },
                "row_filter": {"function": "dev.gold.HOME", "columns": ["origin"]},
                "tags": {"domain": "aviation"},
                "grants": [{"principal": "analysts", "privileges": ["SELECT"]}],
            },
        },
        "views": {"far": {
            "name": "dev.gold.far", "query": "SELECT * FROM dev.gold.flights WHERE miles > 1000", "tags": {"domain": "aviation"},
        }},
        "tags": {
            "gold": {"securable": "schema", "name": "dev.${resources.schemas.gold.name}", "tags": {"layer": "gold"}},
            "files": {"securable": "volume", "name": "${resources.volumes.files.full_name}", "tags": {"layer": "gold"}},
            "miles": {"securable": "column", "name": "${catalog.tables.flights.full_name}.miles", "tags": {"unit": "miles"}},
        },
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut catalog = full();
    *catalog.pointer_mut(pointer).unwrap() = value;
    catalog
}

fn deploy_full() -> Deployment {
    deployed(&bundle(resources(), full()))
}

#[test]
fn everything_is_made_in_an_order_in_which_nobody_sees_too_much() {
    let deployment = deploy_full();
    let workspace = &deployment.workspace;
    let statements: Vec<&str> = workspace
        .statements
        .iter()
        .map(|sql| sql.split('(').next().unwrap().trim())
        .collect();
    assert_eq!(
        statements,
        [
            "CREATE FUNCTION `dev`.`gold`.`hide`",
            "CREATE TABLE `dev`.`gold`.`airports`",
            "CREATE FUNCTION `dev`.`gold`.`home`",
            "CREATE TABLE `dev`.`gold`.`flights`",
            "ALTER TABLE `dev`.`gold`.`flights` ADD CONSTRAINT `far` CHECK",
            "ALTER TABLE `dev`.`gold`.`flights` ADD CONSTRAINT `known` CHECK",
            "ALTER TABLE `dev`.`gold`.`flights` ALTER COLUMN `tailnum` SET MASK `dev`.`gold`.`hide` USING COLUMNS",
            "ALTER TABLE `dev`.`gold`.`flights` SET ROW FILTER `dev`.`gold`.`home` ON",
            "ALTER TABLE `dev`.`gold`.`flights` ADD CONSTRAINT `fk_origin` FOREIGN KEY",
            "CREATE VIEW `dev`.`gold`.`far` TBLPROPERTIES",
        ]
    );
    let position = |part: &str| {
        let mut requests = workspace.changes.iter();
        requests.position(|(_, path)| path.contains(part)).unwrap()
    };
    let grants = position("/permissions/table/dev.gold.flights");
    let statements = workspace.changes.iter().take(grants);
    assert_eq!(
        statements.filter(|(_, path)| path.ends_with("/sql/statements")).count(),
        9
    );
    assert_eq!(workspace.grants["function/dev.gold.hide"]["analysts"].len(), 1);
    let tags: Vec<String> = workspace
        .tags
        .iter()
        .map(|(entity, tags)| format!("{entity} {tags:?}"))
        .collect();
    assert_eq!(
        tags,
        [
            r#"columns/dev.gold.airports.code {"key": ""}"#,
            r#"columns/dev.gold.flights.miles {"unit": "miles"}"#,
            r#"columns/dev.gold.flights.tailnum {"pii": "", "source": "faa"}"#,
            r#"schemas/dev.gold {"layer": "gold"}"#,
            r#"tables/dev.gold.far {"domain": "aviation"}"#,
            r#"tables/dev.gold.flights {"domain": "aviation"}"#,
            r#"volumes/dev.gold.files {"layer": "gold"}"#,
        ]
    );
}

#[test]
fn the_least_that_can_be_declared_plans_to_nothing_a_second_time() {
    let catalog = json!({
        "version": 1, "warehouse_id": "w1",
        "functions": {"one": {"name": "dev.gold.one", "returns": "int", "definition": "1"}},
    });
    let deployment = deployed(&bundle(resources(), catalog));
    assert_eq!(
        deployment.workspace.statements,
        ["CREATE FUNCTION `dev`.`gold`.`one`() RETURNS int RETURN 1"]
    );
}

/// Pointer into the declaration, its new value, the key that the plan names, the changed field, the requests that follow.
type Case = (&'static str, Value, &'static str, &'static str, Vec<String>);

/// Each changed field is the only one that the plan names, and the requests are those expected.
fn check_changes(cases: Vec<Case>) {
    for (pointer, value, key, path, expected) in cases {
        let mut deployment = deploy_full();
        deployment.workspace.statements.clear();
        deployment.workspace.changes.clear();
        let bundle = bundle(resources(), with(pointer, value));
        let plan = deployment.plan(&bundle).unwrap();
        assert_eq!(changed(&plan, key), [format!("update {path}")], "{pointer}");
        assert_eq!(plan.summary().change, 1, "{pointer}: {:?}", plan.lines());
        deployment.apply(&plan);
        let tags = deployment.workspace.changes.iter().filter_map(|(method, path)| {
            let path = path.split_once("entity-tag-assignments")?.1;
            Some(format!("{method:?} {}", path.trim_start_matches('/')))
        });
        let done: Vec<String> = deployment.workspace.statements.iter().cloned().chain(tags).collect();
        assert_eq!(done, expected, "{pointer}");
        assert_unchanged(&mut deployment, &bundle);
    }
}

const FLIGHTS: &str = "ALTER TABLE `dev`.`gold`.`flights`";

#[test]
fn changed_functions_and_masks_are_the_only_ones_that_the_plan_names() {
    let flights = FLIGHTS;
    let hide = "CREATE OR REPLACE FUNCTION `dev`.`gold`.`hide`(`tailnum` string COMMENT 'Tail number', `origin` string) RETURNS string";
    let body = "RETURN CASE WHEN is_account_group_member('analysts')\n  THEN '***' ELSE tailnum END";
    check_changes(vec![
        (
            "/functions/hide/definition",
            json!("'***'"),
            "catalog.functions.hide",
            "definition",
            vec![format!(
                "{hide} DETERMINISTIC COMMENT 'Hides it\\'s argument' RETURN '***'"
            )],
        ),
        (
            "/functions/hide/comment",
            json!("new"),
            "catalog.functions.hide",
            "comment",
            vec![format!("{hide} DETERMINISTIC COMMENT 'new' {body}")],
        ),
        (
            "/functions/hide/parameters/0/comment",
            json!("new"),
            "catalog.functions.hide",
            "parameters[0].comment",
            vec![format!(
                "{} DETERMINISTIC COMMENT 'Hides it\\'s argument' {body}",
                hide.replace("Tail number", "new")
            )],
        ),
        (
            "/tables/flights/columns/1/mask/using_columns",
            Value::Null,
            "catalog.tables.flights.masks",
            "masks.tailnum.using_columns",
            vec![format!("{flights} ALTER COLUMN `tailnum` SET MASK `dev`.`gold`.`hide`")],
        ),
        (
            "/tables/flights/columns/1/mask",
            Value::Null,
            "catalog.tables.flights.masks",
            "masks.tailnum",
            vec![format!("{flights} ALTER COLUMN `tailnum` DROP MASK")],
        ),
        (
            "/tables/flights/row_filter",
            Value::Null,
            "catalog.tables.flights.masks",
            "row_filter",
            vec![format!("{flights} DROP ROW FILTER")],
        ),
        (
            "/tables/flights/row_filter/columns",
            json!(["tailnum"]),
            "catalog.tables.flights.masks",
            "row_filter.columns",
            vec![format!("{flights} SET ROW FILTER `dev`.`gold`.`home` ON (`tailnum`)")],
        ),
    ]);
}

#[test]
fn changed_constraints_and_tags_are_the_only_ones_that_the_plan_names() {
    let flights = FLIGHTS;
    check_changes(vec![
        (
            "/tables/flights/constraints/checks/Far",
            json!("miles > 0"),
            "catalog.tables.flights",
            "constraints.checks.far",
            vec![
                format!("{flights} DROP CONSTRAINT IF EXISTS `far`"),
                format!("{flights} ADD CONSTRAINT `far` CHECK (miles > 0)"),
            ],
        ),
        (
            "/tables/flights/constraints/checks",
            json!({"known": "origin IS NOT NULL"}),
            "catalog.tables.flights",
            "constraints.checks.far",
            vec![format!("{flights} DROP CONSTRAINT IF EXISTS `far`")],
        ),
        (
            "/tables/flights/constraints/foreign_keys/fk_origin/columns",
            json!(["tailnum"]),
            "catalog.tables.flights.constraints",
            "foreign_keys.fk_origin.columns",
            vec![
                format!("{flights} DROP CONSTRAINT IF EXISTS `fk_origin`"),
                format!(
                    "{flights} ADD CONSTRAINT `fk_origin` FOREIGN KEY (`tailnum`) REFERENCES `dev`.`gold`.`airports` (`code`)"
                ),
            ],
        ),
        (
            "/tables/flights/constraints/foreign_keys",
            json!({}),
            "catalog.tables.flights.constraints",
            "foreign_keys.fk_origin",
            vec![format!("{flights} DROP CONSTRAINT IF EXISTS `fk_origin`")],
        ),
        (
            "/tables/airports/constraints/primary_key/rely",
            json!(false),
            "catalog.tables.airports",
            "constraints.primary_key.rely",
            vec![
                "ALTER TABLE `dev`.`gold`.`airports` DROP PRIMARY KEY IF EXISTS".to_owned(),
                "ALTER TABLE `dev`.`gold`.`airports` ADD CONSTRAINT `pk_airports` PRIMARY KEY (`code`)".to_owned(),
            ],
        ),
        (
            "/tables/flights/tags",
            json!({"domain": "travel"}),
            "catalog.tables.flights.tags",
            "tags.domain",
            vec!["Patch tables/dev.gold.flights/tags/domain".to_owned()],
        ),
        (
            "/tables/flights/columns/1/tags",
            json!({"source": "faa"}),
            "catalog.tables.flights.tags",
            "columns.tailnum.pii",
            vec!["Delete columns/dev.gold.flights.tailnum/tags/pii".to_owned()],
        ),
        (
            "/tables/flights/columns/2",
            json!({"name": "miles", "type": "int", "tags": {"measured": ""}}),
            "catalog.tables.flights.tags",
            "columns.miles",
            vec!["Post ".to_owned()],
        ),
        (
            "/tags/gold/tags",
            json!({"layer": "gold", "tier": 1}),
            "catalog.tags.gold",
            "tags.tier",
            vec!["Post ".to_owned()],
        ),
    ]);
}

#[test]
fn another_signature_makes_another_function() {
    let mut catalog = full();
    let function = &mut catalog["functions"]["home"];
    function["parameters"] = json!([{"name": "origin", "type": "string"}, {"name": "miles", "type": "int"}]);
    catalog["tables"]["flights"]["row_filter"] = Value::Null;
    let bundle = bundle(resources(), catalog);
    let mut deployment = deploy_full();
    // The filter goes first in a deployment of its own, because a function that is in use cannot be dropped.
    deployment.deploy(&super::deployment::bundle(
        resources(),
        with("/tables/flights/row_filter", Value::Null),
    ));
    let plan = deployment.plan(&bundle).unwrap();
    assert_eq!(changed(&plan, "catalog.functions.home"), ["recreate parameters"]);
    deployment.apply(&plan);
    assert_unchanged(&mut deployment, &bundle);
}

#[test]
fn tags_of_others_are_left_alone() {
    let mut deployment = deploy_full();
    let tags = deployment.workspace.tags.get_mut("tables/dev.gold.flights").unwrap();
    tags.insert("steward".to_owned(), "ann".to_owned());
    let tags = deployment
        .workspace
        .tags
        .get_mut("columns/dev.gold.flights.tailnum")
        .unwrap();
    tags.insert("class.identifier".to_owned(), String::new());
    let with_tags = bundle(resources(), full());
    assert_unchanged(&mut deployment, &with_tags);
    let mut without = full();
    without["tables"]["flights"]["tags"] = json!({});
    without["tables"]["flights"]["columns"][1]["tags"] = json!({});
    let without = bundle(resources(), without);
    deployment.deploy(&without);
    assert_unchanged(&mut deployment, &without);
    assert_eq!(
        deployment.workspace.tags["tables/dev.gold.flights"]
            .keys()
            .collect::<Vec<_>>(),
        ["steward"]
    );
    assert_eq!(
        deployment.workspace.tags["columns/dev.gold.flights.tailnum"]
            .keys()
            .collect::<Vec<_>>(),
        ["class.identifier"]
    );
}

#[test]
fn a_mask_or_tag_that_somebody_else_changed_is_put_back() {
    let mut deployment = deploy_full();
    let table = deployment.workspace.tables.get_mut("dev.gold.flights").unwrap();
    table["columns"][1].as_object_mut().unwrap().shift_remove("mask");
    let tags = deployment.workspace.tags.get_mut("tables/dev.gold.flights").unwrap();
    tags.insert("domain".to_owned(), "other".to_owned());
    let bundle = bundle(resources(), full());
    let plan = deployment.plan(&bundle).unwrap();
    assert_eq!(changed(&plan, "catalog.tables.flights.masks"), ["update masks.tailnum"]);
    assert_eq!(changed(&plan, "catalog.tables.flights.tags"), ["update tags.domain"]);
    deployment.apply(&plan);
    assert_unchanged(&mut deployment, &bundle);
}

#[test]
fn what_is_removed_goes_once_and_masks_before_their_functions() {
    let mut catalog = full();
    for kind in ["functions", "tags"] {
        catalog[kind] = json!({});
    }
    catalog["tables"]["flights"]["row_filter"] = Value::Null;
    catalog["tables"]["flights"]["columns"][1]["mask"] = Value::Null;
    let without = bundle(resources(), catalog);
    let mut deployment = deploy_full();
    deployment.workspace.statements.clear();
    deployment.deploy(&without);
    assert_eq!(
        deployment.workspace.statements,
        [
            "ALTER TABLE `dev`.`gold`.`flights` ALTER COLUMN `tailnum` DROP MASK",
            "ALTER TABLE `dev`.`gold`.`flights` DROP ROW FILTER",
            "DROP FUNCTION IF EXISTS `dev`.`gold`.`home`",
            "DROP FUNCTION IF EXISTS `dev`.`gold`.`hide`",
        ]
    );
    assert!(!deployment.workspace.tags.contains_key("schemas/dev.gold"));
    assert_unchanged(&mut deployment, &without);
}

#[test]
fn everything_is_destroyed_with_no_moment_without_masks() {
    let mut deployment = deploy_full();
    deployment.workspace.statements.clear();
    deployment.options.destroy = true;
    deployment.options.allow_destroy = true;
    deployment.deploy(&bundle(resources(), full()));
    assert_eq!(
        deployment.workspace.statements,
        [
            "DROP VIEW IF EXISTS `dev`.`gold`.`far`",
            "DROP TABLE IF EXISTS `dev`.`gold`.`flights`",
            "DROP FUNCTION IF EXISTS `dev`.`gold`.`home`",
            "DROP TABLE IF EXISTS `dev`.`gold`.`airports`",
            "DROP FUNCTION IF EXISTS `dev`.`gold`.`hide`",
        ]
    );
    let workspace = &deployment.workspace;
    assert!(workspace.tables.is_empty() && workspace.functions.is_empty() && workspace.tags.is_empty());
    assert_eq!(deployment.states.entries().count(), 0);
}

#[test]
fn a_table_that_is_made_anew_gets_its_masks_tags_and_keys_again() {
    let mut catalog = with("/tables/flights/columns/2/type", json!("string"));
    catalog["tables"]["flights"]["constraints"]["checks"] = json!({});
    catalog["tables"]["flights"]["on_change"] = json!("recreate");
    let bundle = bundle(resources(), catalog);
    let mut deployment = deploy_full();
    deployment.options.allow_destroy = true;
    let plan = deployment.plan(&bundle).unwrap();
    for sub in ["masks", "tags", "constraints", "grants"] {
        let key = format!("catalog.tables.flights.{sub}").parse().unwrap();
        assert_eq!(plan.plan[&key].action, Action::Create, "{sub}");
    }
    deployment.apply(&plan);
    assert_unchanged(&mut deployment, &bundle);
    assert_eq!(deployment.workspace.tags["columns/dev.gold.flights.tailnum"].len(), 2);
}

#[test]
fn masks_and_filters_of_tables_that_are_declared_elsewhere() {
    let mut deployment = deploy_full();
    // What another deployment made.
    deployment.states.catalog = Default::default();
    let catalog = |masks: Value, filters: Value| json!({"version": 1, "warehouse_id": "w1", "masks": masks, "row_filters": filters});
    let masks = json!({"tail": {"table": "dev.gold.flights", "column": "origin", "function": "dev.gold.Hide", "using_columns": ["tailnum"]}});
    let filters = json!({"home": {"table": "dev.gold.airports", "function": "dev.gold.home", "columns": ["code"]}});
    let declared = bundle(resources(), catalog(masks, filters.clone()));
    deployment.deploy(&declared);
    assert_unchanged(&mut deployment, &declared);
    let table = &deployment.workspace.tables["dev.gold.flights"];
    assert_eq!(
        table["columns"][0]["mask"],
        json!({"function_name": "dev.gold.hide", "using_column_names": ["tailnum"]})
    );
    assert_eq!(table["columns"][1]["mask"]["function_name"], "dev.gold.hide");
    let without = bundle(resources(), catalog(json!({}), filters));
    deployment.deploy(&without);
    assert_unchanged(&mut deployment, &without);
    let table = &deployment.workspace.tables["dev.gold.flights"];
    assert_eq!(
        (
            table["columns"][0].get("mask"),
            table["columns"][1].get("mask").is_some()
        ),
        (None, true)
    );
    assert!(
        deployment.workspace.tables["dev.gold.airports"]
            .get("row_filter")
            .is_some()
    );
}

#[test]
fn a_mask_needs_a_function_that_is_there_and_stays() {
    let missing = with("/tables/flights/columns/1/mask/function", json!("dev.gold.nobody"));
    let faults = Deployment::default().plan(&bundle(resources(), missing)).unwrap_err();
    let summaries: Vec<&str> = faults.iter().map(|fault| fault.summary.as_str()).collect();
    assert_eq!(
        summaries,
        [
            "`catalog.tables.flights.masks` needs the function `dev.gold.nobody`, which is neither declared nor exists in the workspace"
        ]
    );
    let mut leaving = with("/tables/flights/row_filter/function", json!("dev.gold.home"));
    leaving["functions"].as_object_mut().unwrap().shift_remove("home");
    let faults = deploy_full().plan(&bundle(resources(), leaving)).unwrap_err();
    assert_eq!(
        faults[0].summary,
        "`catalog.tables.flights.masks` needs the function `dev.gold.home`, which was `catalog.functions.home` and is deleted by this deployment"
    );
    let parent = with(
        "/tables/flights/constraints/foreign_keys/fk_origin/references",
        json!("dev.gold.ports"),
    );
    let faults = Deployment::default().plan(&bundle(resources(), parent)).unwrap_err();
    assert!(
        faults[0]
            .summary
            .contains("needs the table `dev.gold.ports`, which is neither"),
        "{faults:?}"
    );
}

#[test]
fn the_policy_of_a_tag_is_asked_before_a_value_is_set_and_not_about_one_that_stays() {
    let mut deployment = Deployment::default();
    let policy =
        |values: &[&str]| json!({"values": values.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()});
    for (tag, values) in [("pii", &["name", "address"][..]), ("source", &["faa"]), ("key", &[])] {
        deployment.workspace.tag_policies.insert(tag.to_owned(), policy(values));
    }
    let faults = deployment.plan(&bundle(resources(), full())).unwrap_err();
    let summaries: Vec<&str> = faults.iter().map(|fault| fault.summary.as_str()).collect();
    assert_eq!(summaries, ["`` is not an allowed value of tag `pii` in this workspace"]);
    assert_eq!(faults[0].help.as_deref(), Some("its policy allows name, address"));

    deployment.workspace.tag_policies.clear();
    deployment.deploy(&bundle(resources(), full()));
    deployment
        .workspace
        .tag_policies
        .insert("pii".to_owned(), policy(&["name"]));
    assert_unchanged(&mut deployment, &bundle(resources(), full()));
}

#[test]
fn two_declarations_of_one_mask_or_tag_are_refused() {
    let mut catalog = full();
    catalog["masks"] =
        json!({"again": {"table": "dev.gold.flights", "column": "tailnum", "function": "dev.gold.hide"}});
    catalog["tags"]["again"] =
        json!({"securable": "table", "name": "dev.gold.flights", "tags": {"domain": "x", "other": "y"}});
    let faults = Deployment::default().plan(&bundle(resources(), catalog)).unwrap_err();
    let summaries: Vec<&str> = faults.iter().map(|fault| fault.summary.as_str()).collect();
    assert_eq!(
        summaries,
        [
            "`catalog.masks.again` and `catalog.tables.flights.masks` both declare the mask of the column `tailnum` of `dev.gold.flights`",
            "`catalog.tables.flights.tags` and `catalog.tags.again` both declare the tag `domain` of `tables/dev.gold.flights`",
        ]
    );
}

#[test]
fn faults_of_declarations_are_all_named() {
    let catalog = json!({
        "version": 1, "warehouse_id": "w1",
        "functions": {"f": {"name": "gold.f", "returns": "string", "definition": "1"},
                      "g": {"name": "dev.gold.g", "returns": "strin g", "definition": " ; ",
                            "parameters": [{"name": "a", "type": "int"}, {"name": "a", "type": "map<int"}, {"name": "a", "type": "int"}]}},
        "tables": {"t": {"name": "dev.gold.t", "columns": [{"name": "a", "type": "int", "tags": {"a.b": "x"}}],
            "constraints": {"foreign_keys": {"k": {"columns": ["a"], "references": "dev.gold.u", "referenced_columns": ["x", "y"]}}}}},
    });
    let faults = Deployment::default().plan(&bundle(resources(), catalog)).unwrap_err();
    let summaries: Vec<&str> = faults.iter().map(|fault| fault.summary.as_str()).collect();
    assert_eq!(
        summaries,
        [
            "`catalog.functions.f` has the name `gold.f`, expected `catalog.schema.name`",
            "`catalog.functions.g` has the parameter `a`: expected `,` in the type, found `the end`",
            "`catalog.functions.g` has the parameter \"a\" twice",
            "`catalog.functions.g` has the type of its result: `strin g` is not a type: unexpected `g`",
            "`catalog.functions.g` has no `definition`",
            "`catalog.tables.t.constraints` has the foreign key `k` that leads from 1 columns to 2",
            "`catalog.tables.t.tags` has the tag `a.b`: a key has 1 to 255 characters, and none of `. , - = / :`",
        ]
    );
}
