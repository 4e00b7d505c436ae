//! Tables, views and grants of the catalog files.

use serde_json::{Value, json};

use super::deployment::{Deployment, assert_unchanged, bundle, changed, deployed};
use crate::engine::Action;

fn resources() -> Value {
    json!({"schemas": {"gold": {"name": "gold", "catalog_name": "dev"}}})
}

fn full() -> Value {
    json!({
        "version": 1,
        "warehouse_id": "w1",
        "tables": {"flights": {
            "name": "dev.${resources.schemas.gold.name}.Flights",
            "comment": "One row per flight; it's \\ \"all\" of them,\nreally.",
            "columns": [
                {"name": "carrier", "type": "STRING", "nullable": false, "comment": "IATA's code"},
                {"name": "flight-no", "type": "integer", "nullable": false},
                {"name": "fare", "type": "decimal(10, 2)", "nullable": true},
                {"name": "legs", "type": "array<struct<origin: string, miles: int>>", "comment": "in order"},
            ],
            "constraints": {"primary_key": ["carrier", "flight-no"]},
            "properties": {"delta.enableTypeWidening": "true", "team": "flights"},
            "grants": [{"principal": "analysts", "privileges": ["SELECT"]}],
        }},
        "views": {
            "carriers": {
                "name": "dev.gold.carriers",
                "comment": "distinct",
                "query": "SELECT DISTINCT carrier\nFROM `dev`.`gold`.`flights`;",
                "columns": [{"name": "carrier", "comment": "code"}],
            },
            "busy": {"name": "dev.gold.busy", "query": "SELECT * FROM ${catalog.views.carriers.full_name}"},
        },
        "grants": {"browse": {
            "securable_type": "catalog", "full_name": "dev",
            "grants": [{"principal": "analysts", "privileges": ["USE CATALOG"]}],
        }},
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
fn deployed_tables_and_views_plan_to_nothing() {
    let minimal = json!({
        "version": 1,
        "warehouse_id": "w1",
        "tables": {"t": {"name": "dev.gold.t", "columns": [{"name": "a", "type": "int"}]}},
        "views": {"v": {"name": "dev.gold.v", "query": "SELECT 1 AS x"}},
    });
    let deployment = deployed(&bundle(resources(), minimal));
    assert_eq!(
        deployment.workspace.statements,
        [
            "CREATE TABLE `dev`.`gold`.`t` (`a` int) USING DELTA TBLPROPERTIES ('sluice.product' = 'flights/dev')",
            "CREATE VIEW `dev`.`gold`.`v` TBLPROPERTIES ('sluice.product' = 'flights/dev') AS SELECT 1 AS x",
        ]
    );
    let deployment = deploy_full();
    let table = &deployment.workspace.tables["dev.gold.flights"];
    assert_eq!(table["comment"], full()["tables"]["flights"]["comment"]);
    assert_eq!(
        table["columns"][3]["type_text"],
        "array<struct<origin:string,miles:int>>"
    );
    assert_eq!(deployment.workspace.grants["catalog/dev"].len(), 1);
    assert_eq!(deployment.states.catalog.state.len(), 5);
}

#[test]
fn what_a_view_reads_is_made_before_it() {
    let deployment = deploy_full();
    let made: Vec<&str> = deployment
        .workspace
        .statements
        .iter()
        .map(|sql| sql.split(' ').nth(2).unwrap())
        .collect();
    assert_eq!(
        made,
        [
            "`dev`.`gold`.`flights`",
            "`dev`.`gold`.`carriers`",
            "`dev`.`gold`.`busy`"
        ]
    );
}

#[test]
fn every_changed_field_is_the_only_one_that_the_plan_names() {
    let table = "catalog.tables.flights";
    let cases = [
        (
            "/tables/flights/comment",
            json!("new"),
            table,
            "comment",
            "COMMENT ON TABLE `dev`.`gold`.`flights` IS 'new'",
        ),
        (
            "/tables/flights/comment",
            Value::Null,
            table,
            "comment",
            "COMMENT ON TABLE `dev`.`gold`.`flights` IS NULL",
        ),
        (
            "/tables/flights/properties/team",
            json!("it's"),
            table,
            "properties.team",
            "ALTER TABLE `dev`.`gold`.`flights` SET TBLPROPERTIES ('team' = 'it\\'s')",
        ),
        (
            "/tables/flights/properties",
            json!({"delta.enableTypeWidening": "true"}),
            table,
            "properties.team",
            "ALTER TABLE `dev`.`gold`.`flights` UNSET TBLPROPERTIES IF EXISTS ('team')",
        ),
        (
            "/tables/flights/columns/2/type",
            json!("decimal(12,2)"),
            table,
            "columns[name='fare'].type",
            "ALTER TABLE `dev`.`gold`.`flights` ALTER COLUMN `fare` TYPE decimal(12,2)",
        ),
        (
            "/tables/flights/columns/2/nullable",
            json!(false),
            table,
            "columns[name='fare'].nullable",
            "ALTER TABLE `dev`.`gold`.`flights` ALTER COLUMN `fare` SET NOT NULL",
        ),
        (
            "/tables/flights/columns/0/comment",
            json!("code"),
            table,
            "columns[name='carrier'].comment",
            "ALTER TABLE `dev`.`gold`.`flights` ALTER COLUMN `carrier` COMMENT 'code'",
        ),
        (
            "/views/carriers/query",
            json!("SELECT carrier FROM dev.gold.flights"),
            "catalog.views.carriers",
            "query",
            "ALTER VIEW `dev`.`gold`.`carriers` AS SELECT carrier FROM dev.gold.flights",
        ),
        (
            "/views/carriers/comment",
            json!("new"),
            "catalog.views.carriers",
            "comment",
            "COMMENT ON TABLE `dev`.`gold`.`carriers` IS 'new'",
        ),
    ];
    for (pointer, value, key, path, statement) in cases {
        let mut deployment = deploy_full();
        deployment.workspace.statements.clear();
        let bundle = bundle(resources(), with(pointer, value));
        let plan = deployment.plan(&bundle).unwrap();
        assert_eq!(changed(&plan, key), [format!("update {path}")]);
        assert_eq!(plan.summary().change, 1);
        deployment.apply(&plan);
        assert_eq!(deployment.workspace.statements, [statement]);
        assert_unchanged(&mut deployment, &bundle);
    }
}

#[test]
fn layout_of_a_query_and_another_warehouse_change_nothing_there() {
    let mut deployment = deploy_full();
    let relaid = bundle(
        resources(),
        with(
            "/views/carriers/query",
            json!("SELECT DISTINCT carrier  FROM `dev`.`gold`.`flights`"),
        ),
    );
    let plan = deployment.plan(&relaid).unwrap();
    assert!(plan.is_empty(), "{:?}", plan.lines());
    let moved = bundle(resources(), with("/warehouse_id", json!("w2")));
    assert!(deployment.plan(&moved).unwrap().is_empty());
}

#[test]
fn new_columns_take_their_declared_places() {
    let mut deployment = deploy_full();
    deployment.workspace.statements.clear();
    let mut catalog = full();
    let columns = catalog["tables"]["flights"]["columns"].as_array_mut().unwrap();
    columns.insert(0, json!({"name": "id", "type": "bigint"}));
    columns.insert(3, json!({"name": "a`b", "type": "date", "comment": "x"}));
    columns.push(json!({"name": "y", "type": "int"}));
    columns.push(json!({"name": "z", "type": "int"}));
    let bundle = bundle(resources(), catalog);
    deployment.deploy(&bundle);
    assert_eq!(
        deployment.workspace.statements,
        [
            "ALTER TABLE `dev`.`gold`.`flights` ADD COLUMN `id` bigint FIRST",
            "ALTER TABLE `dev`.`gold`.`flights` ADD COLUMN `a``b` date COMMENT 'x' AFTER `flight-no`",
            "ALTER TABLE `dev`.`gold`.`flights` ADD COLUMN `y` int",
            "ALTER TABLE `dev`.`gold`.`flights` ADD COLUMN `z` int",
        ]
    );
    assert_unchanged(&mut deployment, &bundle);
}

#[test]
fn a_primary_key_is_replaced_in_place() {
    let mut deployment = deploy_full();
    deployment.workspace.statements.clear();
    let bundle = bundle(
        resources(),
        with("/tables/flights/constraints/primary_key", json!(["carrier"])),
    );
    deployment.deploy(&bundle);
    assert_eq!(
        deployment.workspace.statements,
        [
            "ALTER TABLE `dev`.`gold`.`flights` DROP PRIMARY KEY IF EXISTS",
            "ALTER TABLE `dev`.`gold`.`flights` ADD CONSTRAINT `flights_pk` PRIMARY KEY (`carrier`)",
        ]
    );
    assert_unchanged(&mut deployment, &bundle);
}

#[test]
fn what_would_lose_rows_or_values_is_refused_with_the_reason() {
    let columns = |change: fn(&mut Vec<Value>)| {
        let mut catalog = full();
        change(catalog["tables"]["flights"]["columns"].as_array_mut().unwrap());
        catalog
    };
    let cases = [
        (
            columns(|columns| drop(columns.remove(2))),
            "column `fare` would be dropped with its values",
        ),
        (
            columns(|columns| columns.swap(2, 3)),
            "column `legs` would move; the order in the table is `carrier`, `flight-no`, `fare`, `legs`",
        ),
        (
            columns(|columns| columns[2]["type"] = json!("decimal(8,2)")),
            "column `fare` cannot change from `decimal(10,2)` to `decimal(8,2)` without losing values",
        ),
        (
            columns(|columns| columns.push(json!({"name": "new", "type": "int", "nullable": false}))),
            "column `new` is new and forbids nulls, but existing rows have no value; add it with `nullable: true`, fill it, then forbid nulls",
        ),
        (
            with("/tables/flights/name", json!("dev.gold.other")),
            "`name` would make it another table",
        ),
        (
            with("/tables/flights", {
                let mut table = full()["tables"]["flights"].clone();
                table["columns"][2]["type"] = json!("decimal(12,2)");
                table["properties"] = json!({"team": "flights"});
                table
            }),
            "column `fare` can be widened from `decimal(10,2)` to `decimal(12,2)` when the property `delta.enableTypeWidening` is `\"true\"`",
        ),
    ];
    for (catalog, reason) in cases {
        let mut deployment = deploy_full();
        let faults = deployment.plan(&bundle(resources(), catalog)).unwrap_err();
        let summaries: Vec<&str> = faults.iter().map(|fault| fault.summary.as_str()).collect();
        assert_eq!(
            summaries,
            [format!("`catalog.tables.flights` cannot be changed in place: {reason}")]
        );
        assert!(faults[0].help.as_ref().unwrap().contains("on_change: recreate"));
    }
}

#[test]
fn a_table_is_made_anew_only_when_both_the_file_and_the_caller_say_so() {
    let mut catalog = with("/tables/flights/columns/2/type", json!("string"));
    catalog["tables"]["flights"]["on_change"] = json!("recreate");
    let bundle = bundle(resources(), catalog);
    let mut deployment = deploy_full();
    assert!(
        deployment.plan(&bundle).unwrap_err()[0]
            .help
            .as_ref()
            .unwrap()
            .contains("--allow-destroy")
    );
    deployment.options.allow_destroy = true;
    let plan = deployment.plan(&bundle).unwrap();
    assert_eq!(
        plan.destructive(),
        [(&"catalog.tables.flights".parse().unwrap(), Action::Recreate)]
    );
    deployment.apply(&plan);
    assert_unchanged(&mut deployment, &bundle);
    assert_eq!(deployment.workspace.grants["table/dev.gold.flights"].len(), 1);
}

#[test]
fn a_removed_table_is_dropped_once_and_only_when_allowed_and_ours() {
    let mut without = full();
    for kind in ["tables", "views"] {
        without[kind] = json!({});
    }
    let without = bundle(resources(), without);
    let mut deployment = deploy_full();
    let faults = deployment.plan(&without).unwrap_err();
    assert_eq!(
        faults[0].summary,
        "`catalog.tables.flights` is to be deleted: the table `dev.gold.flights` and its rows would be lost"
    );
    deployment.options.allow_destroy = true;
    let table = deployment.workspace.tables.get_mut("dev.gold.flights").unwrap();
    let marker = table["properties"]
        .as_object_mut()
        .unwrap()
        .shift_remove("sluice.product")
        .unwrap();
    assert!(
        deployment.plan(&without).unwrap_err()[0]
            .summary
            .contains("does not carry the marker")
    );
    deployment.workspace.tables.get_mut("dev.gold.flights").unwrap()["properties"]["sluice.product"] = marker;
    deployment.workspace.statements.clear();
    deployment.deploy(&without);
    assert_eq!(
        deployment.workspace.statements,
        [
            "DROP VIEW IF EXISTS `dev`.`gold`.`busy`",
            "DROP VIEW IF EXISTS `dev`.`gold`.`carriers`",
            "DROP TABLE IF EXISTS `dev`.`gold`.`flights`",
        ]
    );
    assert_unchanged(&mut deployment, &without);
}

#[test]
fn a_table_that_exists_is_taken_over_by_its_marker_or_on_request() {
    let bundle = bundle(resources(), full());
    let mut deployment = deploy_full();
    deployment.states.catalog = Default::default();
    let plan = deployment.plan(&bundle).unwrap();
    let table = &plan.plan[&"catalog.tables.flights".parse().unwrap()];
    assert!(table.adopted && table.action == Action::Update);
    deployment.apply(&plan);
    assert_unchanged(&mut deployment, &bundle);
    deployment.states.catalog = Default::default();
    let table = deployment.workspace.tables.get_mut("dev.gold.flights").unwrap();
    table["properties"]["sluice.product"] = json!("other/dev");
    assert!(
        deployment.plan(&bundle).unwrap_err()[0]
            .summary
            .contains("does not belong to this deployment")
    );
    deployment.options.adopt = true;
    let plan = deployment.plan(&bundle).unwrap();
    assert_eq!(
        changed(&plan, "catalog.tables.flights"),
        ["update properties['sluice.product']"]
    );
}

#[test]
fn grants_on_their_own_are_taken_back_when_they_are_removed_or_moved() {
    let mut deployment = deploy_full();
    let moved = bundle(resources(), with("/grants/browse/full_name", json!("qa")));
    deployment.deploy(&moved);
    assert!(!deployment.workspace.grants.contains_key("catalog/dev"));
    assert_eq!(deployment.workspace.grants["catalog/qa"].len(), 1);
    assert_unchanged(&mut deployment, &moved);
    let removed = bundle(resources(), with("/grants", json!({})));
    deployment.deploy(&removed);
    assert!(!deployment.workspace.grants.contains_key("catalog/qa"));
    assert_unchanged(&mut deployment, &removed);
}

#[test]
fn faults_of_a_declaration_are_all_named() {
    let catalog = json!({
        "version": 1,
        "tables": {"t": {"name": "dev.gold.t", "columns": [{"name": "a", "type": "int"}]}},
    });
    let mut deployment = Deployment::default();
    let faults = deployment.plan(&bundle(resources(), catalog)).unwrap_err();
    assert_eq!(
        faults[0].summary,
        "`catalog.tables.t` needs a warehouse to be made with: set `warehouse_id` in one of the catalog files"
    );
    let catalog = json!({
        "version": 1,
        "warehouse_id": "w1",
        "tables": {
            "one": {"name": "gold.t", "columns": [{"name": "a", "type": "int"}], "properties": {"sluice.product": "x"}},
            "two": {"name": "dev.gold.t",
                    "columns": [{"name": "a", "type": "array<int"}, {"name": "b", "type": "int"}, {"name": "b", "type": "int"},
                                {"name": "c d", "type": "int"}],
                    "constraints": {"primary_key": ["b", "c"]}},
        },
    });
    let faults = deployment.plan(&bundle(resources(), catalog)).unwrap_err();
    let summaries: Vec<&str> = faults.iter().map(|fault| fault.summary.as_str()).collect();
    assert_eq!(
        summaries,
        [
            "`catalog.tables.one` has the name `gold.t`, expected `catalog.schema.name`",
            "`catalog.tables.one` sets the property `sluice.product`, which the deployment sets itself",
            "`catalog.tables.two` has the column `a`: expected `>` in the type, found `the end`",
            "`catalog.tables.two` has the column \"b\" twice",
            "`catalog.tables.two` has the column `c d`: Delta takes white space and `,;{}()=` in names only with the property `delta.columnMapping.mode`",
            "`catalog.tables.two` has `b` in its primary key: set `nullable: false` on that column",
            "`catalog.tables.two` has `c` in its primary key, which is not one of its columns",
        ]
    );
}

#[test]
fn two_declarations_of_one_thing_are_refused() {
    let mut catalog = full();
    catalog["views"]["other"] = json!({"name": "${resources.schemas.gold.full_name}.FLIGHTS", "query": "SELECT 1"});
    catalog["grants"]["more"] = json!({
        "securable_type": "table", "full_name": "${catalog.tables.flights.full_name}",
        "grants": [{"principal": "analysts", "privileges": ["MODIFY"]}, {"principal": "stewards", "privileges": ["MODIFY"]}],
    });
    let faults = Deployment::default().plan(&bundle(resources(), catalog)).unwrap_err();
    let summaries: Vec<&str> = faults.iter().map(|fault| fault.summary.as_str()).collect();
    assert_eq!(
        summaries,
        [
            "`catalog.grants.more` and `catalog.tables.flights.grants` both declare the privileges of `analysts` on `table/dev.gold.flights`",
            "`catalog.tables.flights` and `catalog.views.other` both declare the table `dev.gold.flights`",
        ]
    );
}

#[test]
fn a_schema_is_not_deleted_or_made_anew_under_its_tables() {
    let moved = json!({"schemas": {"gold": {"name": "gold", "catalog_name": "dev", "storage_root": "s3://b/gold"}}});
    let moved = bundle(moved, full());
    let mut deployment = deploy_full();
    let faults = deployment.plan(&moved).unwrap_err();
    assert_eq!(
        faults[0].summary,
        "`catalog.tables.flights` would be lost with its rows: its schema is to be deleted and made again"
    );
    deployment.options.allow_destroy = true;
    deployment.deploy(&moved);
    assert_unchanged(&mut deployment, &moved);

    let mut without = full();
    without["tables"]["flights"]["name"] = json!("dev.gold.Flights");
    let faults = deployment.plan(&bundle(json!({}), without)).unwrap_err();
    assert_eq!(
        faults[0].summary,
        "`resources.schemas.gold` is to be deleted, and `catalog.tables.flights`, which is declared, stands in it"
    );
}

#[test]
fn a_view_stays_when_a_schema_that_it_only_reads_is_made_anew() {
    let resources = |root: &str| {
        json!({"schemas": {
            "gold": {"name": "gold", "catalog_name": "dev"},
            "raw": {"name": "raw", "catalog_name": "dev", "storage_root": root},
        }})
    };
    let catalog = json!({"warehouse_id": "w1", "views": {"v": {
        "name": "dev.gold.v", "query": "SELECT * FROM dev.${resources.schemas.raw.name}.t",
    }}});
    let mut deployment = deployed(&bundle(resources("s3://a"), catalog.clone()));
    let plan = deployment.plan(&bundle(resources("s3://b"), catalog)).unwrap();
    assert_eq!(plan.lines()[0], "recreate schemas.raw");
    assert_eq!(plan.plan[&"catalog.views.v".parse().unwrap()].action, Action::Skip);
}
