//! Contracts read from JSON; `tests/contracts` compares with the schema of the standard.

use serde_json::json;

use super::*;

fn sound() -> serde_json::Value {
    json!({
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "carrier-month", "version": "1.2.0", "status": "active",
        "description": {"purpose": "Punctuality", "limitations": "2013 only", "house": {"free": true}},
        "context": {
            "instructions": "Cancelled flights have no delay.",
            "verifiedStatements": [{"question": "Which carrier is best?", "customProperties": [
                {"vendor": "databricks", "property": "sql", "value": "SELECT 1"}]}],
            "constraints": [{"constraint": "Never add shares up."}]
        },
        "schema": [{
            "name": "carrier_month", "id": "cm", "quality": [{"metric": "rowCount", "mustBeGreaterThan": 0}],
            "relationships": [{"from": ["carrier_month.carrier"], "to": ["airlines.carrier"]}],
            "properties": [
                {"name": "month", "logicalType": "integer", "primaryKey": true, "primaryKeyPosition": 2,
                 "logicalTypeOptions": {"minimum": 1, "maximum": 12, "format": "i32"}},
                {"name": "carrier", "logicalType": "string", "primaryKey": true, "primaryKeyPosition": 1, "classification": "internal",
                 "logicalTypeOptions": {"maxLength": 2}, "enum": [{"value": "AA", "label": "American"}],
                 "synonyms": [{"synonym": "airline"}],
                 "authoritativeDefinitions": [{"type": "businessDefinition", "url": "glossary://aviation/carrier"}],
                 "quality": [{"type": "sql", "query": "SELECT 1", "mustBeBetween": [0, 1.5]}]},
                {"name": "codes", "logicalType": "array", "items": {"logicalType": "string"}},
                {"name": "extra", "logicalType": "map", "map": {"key": {"logicalType": "string"}, "value": {"logicalType": "integer"}}}
            ]
        }],
        "servers": [{"server": "prod", "type": "databricks", "catalog": "prod", "schema": "gold"}],
        "team": {"members": [{"username": "jane"}]},
        "slaProperties": [{"property": "latency", "value": 1, "unit": "d"}],
    })
}

fn faults(change: impl FnOnce(&mut serde_json::Value)) -> Vec<String> {
    let mut document = sound();
    change(&mut document);
    let found = read(&Tree::from_json(&document)).err().unwrap_or_default();
    let mut found: Vec<String> = found.iter().map(|one| one.to_string().replace('\n', " |")).collect();
    // Without a file there are no lines to order them by.
    found.sort();
    found
}

#[test]
fn a_sound_contract_is_read_with_its_places() {
    let contract = read(&Tree::from_json(&sound())).unwrap();
    let object = &contract.schema[0];
    let keys: Vec<&str> = object
        .primary_key()
        .iter()
        .map(|one| one.element.name.as_str())
        .collect();
    assert_eq!(keys, ["carrier", "month"]);
    let carrier = object.column("CARRIER").unwrap();
    assert_eq!(carrier.element.place.path.to_string(), "schema[0].properties[1]");
    assert_eq!(
        carrier.classification.as_ref().unwrap().place.path.to_string(),
        "schema[0].properties[1].classification"
    );
    let terms: Vec<&str> = carrier.element.annotations.terms().map(|term| term.value).collect();
    assert_eq!(terms, ["aviation/carrier"]);
    assert_eq!(
        carrier.element.quality[0].expectation.as_ref().unwrap().value,
        Expectation::Between(0.0, 1.5)
    );
    let statement = &contract.context.as_ref().unwrap().verified_statements[0];
    assert_eq!(
        statement.annotations.custom("databricks", "sql").unwrap().value,
        "SELECT 1".into()
    );
    assert_eq!(
        (contract.team.len(), contract.service_levels[0].value.value.clone()),
        (1, 1.into())
    );
    assert_eq!(object.relationships[0].to[0].value, "airlines.carrier");
}

#[test]
fn every_fault_is_reported_with_its_path_and_what_would_be_right() {
    let found = faults(|document| {
        document["verion"] = "2".into();
        document["house"] = "mine".into();
        document.as_object_mut().unwrap().remove("id");
        document["version"] = json!(1.2);
        document["apiVersion"] = "v3.3.0".into();
        document["schema"][0]["properties"][0]["logicalTypeOptions"]["minimun"] = 1.into();
        document["schema"][0]["properties"][1]["logicalType"] = "strng".into();
        document["schema"][0]["quality"][0]["mustBe"] = 3.into();
        document["servers"][0].as_object_mut().unwrap().remove("catalog");
        document["schema"][0]["relationships"][0]["to"] = "airlines".into();
    });
    assert_eq!(
        found,
        [
            "error: `airlines` is not a value of `schema[0].relationships[0].to` |  at schema[0].relationships[0].to |  help: write `object.property`, or `schema/<id>/properties/<id>` with an optional `file.yaml#` before it",
            "error: `from` and `to` must both be one reference, or both be lists |  at schema[0].relationships[0].to |  help: write both as lists, in the same order",
            "error: `id` is missing",
            "error: `servers[0].catalog` is missing |  at servers[0]",
            "error: `strng` is not a value of `schema[0].properties[1].logicalType` |  at schema[0].properties[1].logicalType |  help: did you mean `string`?",
            "error: `v3.3.0` is not a value of `apiVersion` |  at apiVersion |  help: did you mean `v3.0.0`?",
            "error: `version` must be a text, not number |  at version |  help: put it between quotes",
            "error: only one comparison can stand here, found `mustBe`, `mustBeGreaterThan` |  at schema[0].quality[0].mustBeGreaterThan |  help: exactly one of `mustBe`, `mustNotBe`, `mustBeGreaterThan`, `mustBeGreaterOrEqualTo`, `mustBeLessThan`, `mustBeLessOrEqualTo`, `mustBeBetween`, `mustNotBeBetween`",
            "error: unknown key `house` |  at house |  help: fields of your own stand in `customProperties`: `{property: …, value: …}`",
            "error: unknown key `minimun` |  at schema[0].properties[0].logicalTypeOptions.minimun |  help: did you mean `minimum`?",
            "error: unknown key `verion` |  at verion |  help: did you mean `version`?",
        ]
    );
}

#[test]
fn fields_are_allowed_where_other_fields_make_them_so() {
    let property = |document: &mut serde_json::Value| document["schema"][0]["properties"][0].take();
    let with = |one: serde_json::Value| {
        faults(|document| {
            property(document);
            document["schema"][0]["properties"][0] = one;
        })
    };
    assert!(with(json!({"name": "a", "logicalType": "object", "properties": [{"name": "b"}]})).is_empty());
    assert_eq!(
        with(json!({"name": "a", "logicalType": "string", "properties": []}))[0],
        "error: unknown key `properties` |  at schema[0].properties[0].properties |  help: fields of your own stand in `customProperties`: `{property: …, value: …}`"
    );
    assert_eq!(
        with(json!({"name": "a", "logicalTypeOptions": {"minimum": 1}}))[0]
            .split(" |")
            .next(),
        Some("error: options without a `logicalType`")
    );
    assert_eq!(
        with(json!({"name": "a", "quality": [{"type": "custom", "engine": "dqx", "mustBe": 1}]})),
        [
            "error: `schema[0].properties[0].quality[0].implementation` is missing |  at schema[0].properties[0].quality[0]",
            "error: unknown key `mustBe` |  at schema[0].properties[0].quality[0].mustBe |  help: fields of your own stand in `customProperties`: `{property: …, value: …}`",
        ]
    );
}
