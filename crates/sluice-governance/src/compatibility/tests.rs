//! One or more rows per rule of the table of kinds: what was, what is, and what it means for whom.

use proptest::prelude::*;
use serde_json::{Map, json};
use sluice_model::Tree;

use super::*;
use crate::contract;

/// Where the fragments of a row stand.
#[derive(Clone, Copy, Debug)]
enum Scope {
    /// In the column `c` of the table `t`.
    Column,
    /// In the table `t`.
    Table,
    /// In the contract.
    Contract,
}

/// A row of the table.
struct Row {
    rule: &'static str,
    scope: Scope,
    before: &'static str,
    after: &'static str,
    expected: Vec<&'static str>,
}

fn table() -> Vec<Row> {
    let rows = include_str!("verdicts.table")
        .lines()
        .filter(|line| !line.starts_with('#'));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [rule, scope, before, after, expected] = cells[..] else {
            panic!("{line}")
        };
        let scope = match scope {
            "column" => Scope::Column,
            "table" => Scope::Table,
            "contract" => Scope::Contract,
            other => panic!("{other}"),
        };
        let expected = expected
            .split(';')
            .map(str::trim)
            .filter(|one| !one.is_empty())
            .collect();
        Row {
            rule,
            scope,
            before,
            after,
            expected,
        }
    })
    .collect()
}

fn contract(scope: Scope, fragment: &str) -> Contract {
    let fragment: Map<String, _> = serde_json::from_str(&format!("{{{fragment}}}")).unwrap();
    let mut column = json!({"name": "c"});
    let mut table = json!({"name": "t"});
    let mut document =
        json!({"apiVersion": "v3.2.0", "kind": "DataContract", "id": "x", "version": "1.0.0", "status": "active"});
    let place = match scope {
        Scope::Column => &mut column,
        Scope::Table => &mut table,
        Scope::Contract => &mut document,
    };
    place.as_object_mut().unwrap().extend(fragment);
    let table = table.as_object_mut().unwrap();
    table.entry("properties").or_insert(json!([column]));
    let document = document.as_object_mut().unwrap();
    document.entry("schema").or_insert(json!([table]));
    contract::read(&Tree::from_json(&document.clone().into())).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn described(change: &ContractChange) -> String {
    let letter = |level| match level {
        Level::Break => 'B',
        Level::Warn => 'W',
        Level::Info => 'I',
        Level::None => '-',
    };
    let letters: String = change.verdicts.iter().map(|(_, level)| letter(level)).collect();
    format!("{} {letters} {}", change.kind, change.bump)
}

#[test]
fn each_row_of_the_table_gives_its_verdicts() {
    for row in table() {
        let Row {
            rule,
            scope,
            before,
            after,
            expected,
        } = row;
        let changes = compare(&contract(scope, before), &contract(scope, after));
        let found: Vec<String> = changes.iter().map(described).collect();
        assert_eq!(found, expected, "{rule}: {before} → {after}: {changes:#?}");
        assert!(changes.iter().all(|change| change.rule == rule), "{rule}: {changes:#?}");
    }
}

#[test]
fn the_table_tests_every_rule_that_a_contract_can_express() {
    let tested: Vec<&str> = table().iter().map(|row| row.rule).collect();
    let untested: Vec<&str> = Kind::ALL
        .iter()
        .map(|kind| kind.rule())
        .filter(|rule| !tested.contains(rule))
        .collect();
    assert_eq!(untested, Vec::<&str>::new());
}

#[test]
fn nothing_changes_between_a_contract_and_itself() {
    for row in table() {
        for fragment in [row.before, row.after] {
            let same = compare(&contract(row.scope, fragment), &contract(row.scope, fragment));
            assert_eq!(same, [], "{}: {fragment}", row.rule);
        }
    }
}

#[test]
fn what_is_unknown_is_at_least_a_warning_and_what_breaks_readers_needs_at_least_a_minor_version() {
    for kind in Kind::ALL {
        if kind.direction() == Direction::Unknown {
            assert!(kind.verdicts().worst() >= Level::Warn, "{kind:?}");
        }
        if kind.verdicts().worst_of_consumers() == Level::Break {
            assert!(kind.bump() >= Bump::Minor, "{kind:?}");
        }
    }
}

#[test]
fn a_dropped_column_that_looks_renamed_gets_a_hint_and_data_that_is_shared_a_major_version() {
    let before = r#""properties":[{"name":"arr_delay","physicalType":"double"}]"#;
    let after = r#""properties":[{"name":"arrival_delay","physicalType":"double"}]"#;
    let changes = compare(&contract(Scope::Table, before), &contract(Scope::Table, after));
    assert_eq!(changes[0].kind, "column_dropped");
    let remedy = changes[0].remedy.as_deref().unwrap();
    assert!(
        remedy.contains("if `arrival_delay` is its new name") && remedy.contains("value: [arr_delay]"),
        "{remedy}"
    );

    let shared = |kind: &str| {
        let fragment = format!(
            r#""customProperties":[{{"property":"shared","value":true,"vendor":"sluice"}}],"schema":[{{"name":"t","properties":[{{"name":"a","physicalType":"{kind}"}}]}}]"#
        );
        contract(Scope::Contract, &fragment)
    };
    let changes = compare(&shared("int"), &shared("bigint"));
    assert_eq!(
        changes.iter().map(described).collect::<Vec<_>>(),
        ["shared_type_widened WBWWBI major"]
    );
}

#[test]
fn a_lowered_classification_names_who_must_agree_and_the_json_has_the_agreed_fields() {
    let changes = compare(
        &contract(Scope::Column, r#""classification":"pii""#),
        &contract(Scope::Column, r#""classification":"public""#),
    );
    assert_eq!(
        serde_json::to_value(&changes[0]).unwrap(),
        json!({
            "rule": "C39", "kind": "classification_lowered", "path": "t.c", "direction": "access",
            "verdicts": {"batch": "none", "streaming": "none", "dashboards": "none", "genie": "none", "sharing": "none", "producer": "warn"},
            "bump": "minor", "gate": "privacy", "message": "the classification of `t.c` was `pii` and is `public`",
            "remedy": "have it approved by those who answer for privacy",
        })
    );
}

#[test]
fn the_version_must_rise_as_much_as_the_changes_need() {
    let dropped = compare(
        &contract(Scope::Table, r#""properties":[{"name":"a"},{"name":"b"}]"#),
        &contract(Scope::Table, r#""properties":[{"name":"a"}]"#),
    );
    let judged = |changes: &[ContractChange], previous: &str, current: &str, differs: bool| {
        let judged = judge_version(changes, previous, current, differs);
        (judged.required.as_str(), judged.fault)
    };
    let fault = |text: &str| Some(text.to_owned());
    assert_eq!(judged(&dropped, "1.2.0", "2.0.0", true), ("major", None));
    assert_eq!(
        judged(&dropped, "1.2.0", "1.3.0", true),
        (
            "major",
            fault("from 1.2.0 to 1.3.0 is a minor bump; the changes need a major one: 2.0.0")
        )
    );
    assert_eq!(
        judged(&dropped, "1.2.0", "1.2.0", true),
        (
            "major",
            fault("version 1.2.0 is used again for other content; the changes need 2.0.0")
        )
    );
    assert_eq!(
        judged(&dropped, "0.2.0", "0.3.0", true),
        ("minor", None),
        "one level less before 1.0"
    );
    assert_eq!(judged(&[], "1.2.0", "1.2.0", false), ("none", None));
    assert_eq!(
        judged(&[], "1.2.0", "1.2.0", true),
        (
            "none",
            fault("version 1.2.0 is used again for other content; the changes need 1.2.1")
        )
    );
    assert_eq!(judged(&[], "v1.2", "1.2.1", true), ("none", None));
    assert_eq!(
        judged(&[], "1.2.0", "1.1.9", true),
        ("none", fault("version 1.1.9 is lower than 1.2.0, which runs"))
    );
    assert_eq!(
        judged(&[], "1.2.0", "next", true).1,
        fault("`next` is no version of the form 1.2.3")
    );
    let huge = format!("{}.0.0", u64::MAX);
    assert!(judged(&dropped, &huge, &huge, true).1.is_some());
}

proptest! {
    /// Comparing is total, is empty for equal contracts, and knows for each change whom it hits.
    #[test]
    fn any_two_contracts_can_be_compared(
        one: prop::sample::Index, other: prop::sample::Index, flip: bool, kinds in prop::collection::vec("[a-z<>(),: `0-9]{0,24}", 2),
        names in prop::collection::vec("[a-zA-Z]{1,2}", 0..6), after in prop::collection::vec("[a-zA-Z]{1,2}", 0..6),
    ) {
        let rows = table();
        let side = |index: prop::sample::Index| {
            let row = index.get(&rows);
            contract(row.scope, if flip { row.before } else { row.after })
        };
        let (previous, current) = (side(one), side(other));
        for change in compare(&previous, &current) {
            prop_assert!(!change.message.is_empty() && change.rule.len() == 3);
        }
        prop_assert_eq!(compare(&previous, &previous), []);
        let typed = |kind: &str, names: &[String]| {
            let columns: Vec<_> = names.iter().map(|name| json!({"name": name, "physicalType": kind})).collect();
            let document = json!({"apiVersion": "v3.2.0", "kind": "DataContract", "id": "x", "version": "1.0.0", "status": "active",
                "schema": [{"name": "t", "properties": columns}]});
            contract::read(&Tree::from_json(&document)).unwrap()
        };
        let (previous, current) = (typed(&kinds[0], &names), typed(&kinds[1], &after));
        let changes = compare(&previous, &current);
        let dropped = changes.iter().filter(|change| change.kind == "column_dropped" && change.rule == "C03").count();
        let added = changes.iter().filter(|change| change.kind == "column_added" && change.rule == "C04").count();
        prop_assert_eq!(names.len() + added, after.len() + dropped, "each column is paired, dropped or added");
        prop_assert_eq!(compare(&current, &current), []);
    }
}
