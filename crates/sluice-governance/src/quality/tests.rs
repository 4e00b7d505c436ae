//! What rules compile to, and what measured values mean.

use serde_json::json;
use sluice_model::Tree;

use super::*;
use crate::contract::{self, Contract};

fn read(object: &str, rest: &str) -> Contract {
    let text = format!(
        r#"{{"apiVersion": "v3.2.0", "kind": "DataContract", "id": "x", "version": "1.0.0", "status": "active", "schema": [{object}]{rest}}}"#
    );
    contract::read(&Tree::from_json(&serde_json::from_str(&text).unwrap()))
        .unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn found(object: &str, rest: &str) -> TableRules {
    let contract = read(object, rest);
    rules(&contract, &contract.schema[0], "cat.sch.tab")
}

fn ids(rules: &TableRules) -> Vec<&str> {
    rules.rules.iter().map(|rule| rule.id.as_str()).collect()
}

#[test]
fn everything_that_counts_rows_is_one_scan() {
    let rules = found(
        r#"{"name": "flights", "properties": [
            {"name": "carrier", "logicalType": "string", "primaryKey": true, "required": true, "unique": true,
             "enum": [{"value": "AA"}, {"value": "O'Hare \\ Co"}], "logicalTypeOptions": {"maxLength": 2, "pattern": "^[A-Z\\d]+$"},
             "quality": [{"name": "no N/A", "metric": "missingValues", "arguments": {"missingValues": [null, "", "N/A", 0]}, "mustBe": 0},
                         {"metric": "invalidValues", "arguments": {"validValues": ["AA", 7]}, "mustBeLessThan": 5, "unit": "percent"},
                         {"metric": "duplicateValues", "mustBeGreaterThan": 0, "severity": "warning"}]},
            {"name": "day", "physicalName": "flight`day", "logicalType": "date", "logicalTypeOptions": {"minimum": "2013-01-01"},
             "primaryKey": true, "quality": [{"metric": "nullValues", "mustBe": 0}]}],
          "quality": [{"metric": "rowCount", "mustBeBetween": [1, 100]},
                      {"metric": "duplicateValues", "arguments": {"properties": ["flights.carrier", "day"]}, "mustBe": 0}]}"#,
        r#", "slaProperties": [{"property": "freshness", "value": 2, "unit": "d", "element": "flights.day"}]"#,
    );
    assert_eq!(rules.gaps, []);
    let compiled = compile(&rules.rules, "cat.s`ch.tab");
    let expected = [
        "SELECT count(*) AS c0",
        "count_if(`carrier` IS NOT NULL AND `flight``day` IS NOT NULL) - count(DISTINCT `carrier`, `flight``day`) AS c1",
        "count_if(`carrier` IS NULL) AS c2",
        "count_if(`carrier` IS NOT NULL) - count(DISTINCT `carrier`) AS c3",
        r"count_if(NOT (`carrier` IN ('AA', 'O\'Hare \\ Co'))) AS c4",
        "count_if(length(`carrier`) > 2) AS c5",
        r"count_if(NOT (`carrier` RLIKE '^[A-Z\\d]+$')) AS c6",
        "count_if(`carrier` IS NULL OR CAST(`carrier` AS STRING) IN ('', 'N/A', '0')) AS c7",
        "count_if(NOT (`carrier` IN ('AA', 7))) AS c8",
        "count_if(`carrier` IS NOT NULL) - count(DISTINCT `carrier`) AS c9",
        "count_if(`flight``day` IS NULL) AS c10",
        "count_if(`flight``day` < CAST('2013-01-01' AS DATE)) AS c11",
        "count_if(`flight``day` IS NULL) AS c12",
        "count(*) AS c13",
        "count_if(`carrier` IS NOT NULL AND `flight``day` IS NOT NULL) - count(DISTINCT `carrier`, `flight``day`) AS c14",
        "round((unix_timestamp(current_timestamp()) - unix_timestamp(max(CAST(`flight``day` AS TIMESTAMP)))) / 86400.0, 2) AS c15 FROM `cat`.`s``ch`.`tab`",
    ];
    assert_eq!(compiled.aggregate.sql, expected.join(", "));
    assert_eq!(compiled.queries, []);
    let expected = [
        "flights.primaryKey",
        "flights.carrier.required",
        "flights.carrier.unique",
        "flights.carrier.enum",
        "flights.carrier.maxLength",
        "flights.carrier.pattern",
        "no N/A",
        "flights.carrier.invalidValues",
        "flights.carrier.duplicateValues",
        "flights.flight`day.required",
        "flights.flight`day.minimum",
        "flights.flight`day.nullValues",
        "flights.rowCount",
        "flights.duplicateValues",
        "flights.freshness",
    ];
    assert_eq!(ids(&rules), expected);
    let severe = |rule: &&Rule| rule.severity == RuleSeverity::Warning;
    assert_eq!(
        rules.rules.iter().find(severe).unwrap().id,
        "flights.carrier.duplicateValues"
    );
}

#[test]
fn queries_are_run_only_when_they_read() {
    let query = |query: &str| {
        let quality = json!([{"id": "q", "type": "sql", "query": query, "mustBe": 0}]);
        let rules = found(
            &format!(r#"{{"name": "t", "properties": [{{"name": "a`b", "quality": {quality}}}]}}"#),
            "",
        );
        match compile(&rules.rules, "c.s.t").queries.as_slice() {
            [(0, sql)] => Ok(sql.clone()),
            _ => Err((rules.gaps[0].reason.clone(), rules.gaps[0].fault)),
        }
    };
    assert_eq!(
        query("SELECT count(*) FROM ${table} WHERE ${column} < 0;"),
        Ok("SELECT count(*) FROM `cat`.`sch`.`tab` WHERE `a``b` < 0".to_owned())
    );
    assert_eq!(
        query("WITH x AS (SELECT 1 AS `update`) SELECT x.delete FROM ${object} AS x").unwrap(),
        "WITH x AS (SELECT 1 AS `update`) SELECT x.delete FROM `cat`.`sch`.`tab` AS x"
    );
    let refused = |text: &str| query(text).unwrap_err();
    for (text, reason) in [
        (
            "DROP TABLE ${table}",
            "its query contains `DROP`; only a SELECT is run (a column of this name needs backticks)",
        ),
        ("SELECT 1; SELECT 2", "its query is 2 statements, not one"),
        ("  ", "its query is 0 statements, not one"),
        (
            "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x",
            "its query contains `INSERT`; only a SELECT is run (a column of this name needs backticks)",
        ),
        (
            "SELECT count(*) FROM ${tabel}",
            "its query uses `${tabel}`, which has no meaning here",
        ),
        ("SELECT ${", "its query uses `${`, which has no meaning here"),
    ] {
        assert_eq!(refused(text), (reason.to_owned(), true), "{text}");
    }
    assert!(
        refused("SELECT count( FROM")
            .0
            .starts_with("its query cannot be read: ")
    );
    assert!(
        refused(&format!("SELECT {}1", "1 + ".repeat(3000)))
            .0
            .contains("more than 4000")
    );
    assert!(
        refused(&format!("SELECT {}1", "(".repeat(1900)))
            .0
            .starts_with("its query cannot be read: ")
    );
}

#[test]
fn what_no_query_can_check_is_a_gap_with_its_reason() {
    let rules = found(
        r#"{"name": "t", "properties": [
            {"name": "a", "quality": [{"description": "Looks right"}, {"metric": "invalidValues", "mustBe": 0},
                {"id": "ge", "type": "custom", "engine": "greatExpectations", "implementation": "x"},
                {"metric": "nullValues", "mustBe": [1]}, {"metric": "nullValues", "mustBe": 0, "unit": "furlong"}]},
            {"name": "l", "logicalType": "array", "items": {"logicalType": "integer", "quality": [{"metric": "nullValues", "mustBe": 0}]}}],
          "quality": [{"metric": "nullValues", "mustBe": 0}, {"metric": "rowCount", "mustBe": 1, "unit": "percent"}]}"#,
        r#", "slaProperties": [{"property": "freshness", "value": 2, "unit": "d"}, {"property": "freshness", "value": 1, "element": "t.a"}]"#,
    );
    assert_eq!(rules.rules, []);
    let gaps: Vec<String> = rules
        .gaps
        .iter()
        .map(|gap| format!("{} {}{}", gap.rule, gap.reason, if gap.fault { " !" } else { "" }))
        .collect();
    assert_eq!(
        gaps,
        [
            "t.a.text it is written in words, which no query can check",
            "t.a.invalidValues `invalidValues` needs the argument `validValues` or `pattern` !",
            "ge it is a rule of `greatExpectations`, which does not run here",
            "t.a.nullValues its expectation is a list or a map, not one value !",
            "t.a.nullValues#2 its unit `furlong` is neither `rows` nor `percent` !",
            "t.l.nullValues it is about the inside of an array or map",
            "t.nullValues `nullValues` needs a column: write the rule at one !",
            "t.rowCount the number of rows cannot be a percentage of itself !",
            "t.freshness freshness needs `element: object.column`, one column with the time of a row !",
            "t.freshness its unit `` is none of `s`, `min`, `h`, `d`, `w`, `y` !",
        ]
    );
}

#[test]
fn values_are_judged_by_value_and_an_absent_one_fails() {
    let rule = |expectation: &str, more: &str| {
        let rules = found(
            &format!(
                r#"{{"name": "t", "properties": [{{"name": "a", "quality": [{{"metric": "nullValues", {expectation}{more}}}]}}]}}"#
            ),
            "",
        );
        rules.rules.into_iter().next().unwrap()
    };
    for (expectation, passing, failing) in [
        (r#""mustBe": 3"#, "3.0", "4"),
        (r#""mustNotBe": 3"#, "4", "3"),
        (r#""mustBe": "yes""#, "YES", "no"),
        (r#""mustBe": true"#, "true", "false"),
        (r#""mustBeGreaterThan": 3"#, "3.5", "3"),
        (r#""mustBeGreaterOrEqualTo": 3"#, "3", "2.9"),
        (r#""mustBeLessThan": 3"#, "2", "3"),
        (r#""mustBeLessOrEqualTo": 3"#, "3", "3.1"),
        (r#""mustBeBetween": [1, 2]"#, "2", "2.1"),
        (r#""mustNotBeBetween": [1, 2]"#, "3", "1"),
        (r#""mustBeLessThan": 3"#, "-1", "none"),
        (r#""mustBeLessThan": 3"#, "-1", "NaN"),
    ] {
        let rule = rule(expectation, "");
        assert!(judge(&rule, Some(passing), 9).passed, "{expectation} {passing}");
        assert!(!judge(&rule, Some(failing), 9).passed, "{expectation} {failing}");
        assert!(!judge(&rule, None, 9).passed, "{expectation}");
    }
    let share = rule(
        r#""mustBeLessThan": 5"#,
        r#", "unit": "percent", "severity": "warning""#,
    );
    let outcome = judge(&share, Some("1"), 10);
    assert_eq!(
        (
            outcome.passed,
            outcome.observed.as_deref(),
            outcome.expected.as_str(),
            outcome.severity
        ),
        (false, Some("10 %"), "less than 5 %", RuleSeverity::Warning)
    );
    assert!(judge(&share, Some("0"), 0).passed, "of no rows, none is null");
}
