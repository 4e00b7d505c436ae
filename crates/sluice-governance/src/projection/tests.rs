//! Contracts on trees of a resolved bundle.

use serde_json::json;

use super::*;
use crate::{contract, descriptor};

fn product() -> Descriptor {
    let document = json!({
        "version": 1, "name": "punctuality", "domain": "aviation", "kind": "consumer-aligned", "owner": "o", "steward": "s",
        "support": "#s", "criticality": "low", "classification": "internal",
        "ports": [
            {"name": "months", "kind": "output", "table": "catalog.tables.months", "contract": "contracts/months.odcs.yaml"},
            {"name": "airlines", "kind": "output", "table": "catalog.tables.airlines", "contract": "contracts/airlines.odcs.yaml"}
        ]
    });
    descriptor::read(&Tree::from_json(&document)).unwrap()
}

fn contracts() -> Vec<BoundContract> {
    let months = json!({
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "months", "version": "1.0.0", "tags": ["layer=gold"],
        "description": {"purpose": "Compare\n carriers", "limitations": "2013 only."},
        "context": {
            "instructions": "Cancelled flights have no delay.",
            "verifiedStatements": [
                {"question": "Who is best?"},
                {"id": "worst", "question": "Who is worst?",
                 "customProperties": [{"vendor": "databricks", "property": "sql", "value": "SELECT carrier FROM ${table}"}]}
            ],
            "constraints": [{"constraint": "Never add shares up."}]
        },
        "schema": [{
            "name": "months", "description": "Punctuality by month.",
            "properties": [
                {"name": "carrier", "logicalType": "string", "description": "Code.", "primaryKey": true, "criticalDataElement": true,
                 "synonyms": [{"synonym": "airline"}], "enum": [{"value": "AA", "label": "American"}],
                 "authoritativeDefinitions": [{"type": "businessDefinition", "url": "glossary://aviation/carrier"}],
                 "relationships": [{"to": "airlines.carrier"}]},
                {"name": "tailnum", "logicalType": "string", "description": "Tail.", "classification": "restricted", "tags": ["pii:asset"],
                 "deprecated": true}
            ]
        }]
    });
    let airlines = json!({
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "airlines", "version": "1.0.0",
        "schema": [{"name": "airlines", "properties": [{"name": "carrier", "logicalType": "string", "primaryKey": true}]}]
    });
    let product = product();
    [months, airlines]
        .iter()
        .zip(product.ports)
        .map(|(document, port)| BoundContract {
            file: port.contract.clone().unwrap(),
            port,
            contract: contract::read(&Tree::from_json(document)).unwrap(),
        })
        .collect()
}

fn catalog() -> Tree {
    Tree::from_json(&json!({"tables": {
        "months": {
            "name": "dev.${resources.schemas.gold.name}.months", "comment": "Punctuality by month.",
            "columns": [{"name": "carrier", "type": "string", "nullable": false, "comment": "Two letters."}, {"name": "tailnum", "type": "string"}],
            "tags": {"layer": "silver"}
        },
        "airlines": {"name": "dev.x.airlines", "columns": [{"name": "carrier", "type": "string", "nullable": false}]}
    }}))
}

fn config() -> Tree {
    Tree::from_json(
        &json!({"resources": {"schemas": {"gold": {"name": "shiny"}}, "genie_spaces": {"ask": {"title": "Ask", "serialized_space": {
            "version": 2,
            "data_sources": {"tables": [{"identifier": "dev.${resources.schemas.gold.name}.months"}, {"identifier": "dev.x.other"}]},
            "instructions": {"text_instructions": [{"id": "a", "content": ["Be brief."]}]}
        }}}}}),
    )
}

fn projected() -> (Tree, Tree, Vec<String>) {
    let (mut config, mut catalog) = (config(), catalog());
    let findings = project(&mut config, &mut catalog, &product(), &contracts());
    let findings = findings
        .iter()
        .map(|one| one.to_string().lines().next().unwrap().to_owned())
        .collect();
    (config, catalog, findings)
}

#[test]
fn tables_get_comments_tags_and_keys() {
    let (_, catalog, findings) = projected();
    let months = catalog.get("tables").unwrap().get("months").unwrap();
    let expected = Tree::from_json(&json!({
        "name": "dev.${resources.schemas.gold.name}.months",
        "comment": "Punctuality by month. Limitations: 2013 only.",
        "columns": [
            {"name": "carrier", "type": "string", "nullable": false, "comment": "Code.", "tags": {"term": "aviation/carrier", "cde": "true"}},
            {"name": "tailnum", "type": "string", "comment": "Deprecated. Tail.",
             "tags": {"pii": "asset", "classification": "restricted", "lifecycle": "deprecated"}}
        ],
        "tags": {"layer": "gold", "data_product": "punctuality", "domain": "aviation", "classification": "internal"},
        "constraints": {
            "primary_key": ["carrier"],
            "foreign_keys": {"fk_carrier": {
                "columns": ["carrier"], "references": "${catalog.tables.airlines.name}", "referenced_columns": ["carrier"]
            }}
        }
    }));
    assert_eq!(months, &expected, "{}", months.to_json());
    assert_eq!(
        findings,
        [
            "warning: the contract and the catalog file give tag `layer` different values; the contract's is used",
            "warning: the contract and the catalog file describe this differently; the contract's description is used",
        ]
    );
}

#[test]
fn genie_spaces_get_meaning_instructions_and_questions() {
    let (config, ..) = projected();
    let space = &config.to_json()["resources"]["genie_spaces"]["ask"]["serialized_space"];
    assert_eq!(
        space["data_sources"]["tables"],
        json!([
            {"identifier": "dev.${resources.schemas.gold.name}.months", "description": ["Punctuality by month."], "column_configs": [
                {"column_name": "carrier", "description": ["Code. Values: AA = American."], "synonyms": ["airline"], "enable_entity_matching": true},
                {"column_name": "tailnum", "description": ["Deprecated. Tail."], "exclude": true}
            ]},
            {"identifier": "dev.x.other"}
        ])
    );
    assert_eq!(
        space["instructions"]["text_instructions"],
        json!([{"id": "a", "content": [
            "Be brief.\n", "[contract of months]\n", "Purpose: Compare carriers\n", "Limitations: 2013 only.\n",
            "Cancelled flights have no delay.\n", "Must not be done: Never add shares up.\n", "[end of the contract of months]\n"
        ]}])
    );
    let example = &space["instructions"]["example_question_sqls"][0];
    assert_eq!(example["question"], json!(["Who is worst?"]));
    assert_eq!(
        example["sql"],
        json!(["SELECT carrier FROM dev.${resources.schemas.gold.name}.months"])
    );
    assert_eq!(example["id"].as_str().map(str::len), Some(32));
    assert_eq!(
        space["config"]["sample_questions"][0]["question"],
        json!(["Who is best?"])
    );
}

#[test]
fn a_space_may_name_its_table_in_any_way() {
    for identifier in [
        "DEV.shiny.months",
        "${catalog.tables.months.name}",
        "dev.${resources.schemas.gold.name}.months",
    ] {
        let (mut config, mut catalog) = (config(), catalog());
        let mut sources = Tree::mapping();
        sources.set("tables", Tree::from_json(&json!([{"identifier": identifier}])));
        let spaces = config.get_mut("resources").unwrap().get_mut("genie_spaces").unwrap();
        let space = spaces.get_mut("ask").unwrap().get_mut("serialized_space").unwrap();
        space.set("data_sources", sources);
        let _findings = project(&mut config, &mut catalog, &product(), &contracts());
        let space = &config.to_json()["resources"]["genie_spaces"]["ask"]["serialized_space"];
        let table = &space["data_sources"]["tables"][0];
        assert_eq!(table["description"], json!(["Punctuality by month."]), "{identifier}");
    }
}

#[test]
fn doing_it_again_changes_nothing() {
    let (config, catalog, _) = projected();
    let (mut again_config, mut again_catalog) = (config.clone(), catalog.clone());
    let findings = project(&mut again_config, &mut again_catalog, &product(), &contracts());
    assert_eq!((again_config, again_catalog), (config, catalog));
    assert!(findings.is_empty(), "{findings:?}");
}

#[test]
fn a_key_whose_columns_may_be_null_is_not_set_and_said_so() {
    let (mut config, mut catalog) = (config(), catalog());
    let months = catalog.get_mut("tables").unwrap().get_mut("months").unwrap();
    months.set(
        "columns",
        Tree::from_json(&json!([{"name": "carrier", "type": "string"}])),
    );
    let findings = project(&mut config, &mut catalog, &product(), &contracts());
    let months = catalog.get("tables").unwrap().get("months").unwrap();
    assert_eq!(months.get("constraints").and_then(|all| all.get("primary_key")), None);
    assert!(
        findings
            .iter()
            .any(|one| one.summary == "the primary key of the contract is not set: `carrier` may be null"),
        "{findings:?}"
    );
}
