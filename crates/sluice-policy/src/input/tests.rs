//! Drives [`build`] with a small product in YAML and looks at what rules would see.

use sluice_bundle::language::parse_yaml;

use super::*;
use crate::embedded;
use crate::evaluation::{Evaluator, Question};
use crate::pack::Pack;
use crate::report::Outcome;
use crate::scan::{EnvironmentWords, SourceFile, scan};
use crate::schema::Shape;

const PRODUCT: &str = "version: 1
name: shop
domain: retail
owner: domain-owners
steward: stewards
support: '#shop'
criticality: low
classification: confidential
description: What was sold where, by day, for those who plan the shops.
ports:
  - {name: sales, kind: output, table: catalog.tables.sales, contract: contracts/sales.odcs.yaml}
verify: [load]
";

const CATALOG: &str = "tables:
  sales:
    name: qa.${resources.schemas.gold.name}.sales
    columns:
      - {name: day, type: date}
      - name: email
        type: string
        tags: {pii: ''}
    grants: [{principal: jane@sluice.test, privileges: [SELECT]}]
masks:
  hide: {table: 'qa.shop_gold.sales', column: email, function: qa.shop_gold.hide}
functions:
  hide: {name: 'qa.${resources.schemas.gold.name}.hide', deterministic: true, definition: \"'*'\"}
";

const CONFIG: &str = "bundle: {name: shop, target: qa}
resources:
  schemas:
    gold: {name: shop_gold, grants: [{principal: analysts, privileges: [USE_SCHEMA]}]}
  jobs:
    load: {name: load}
";

const CONTRACT: &str = "apiVersion: v3.2.0
id: sales
version: 1.0.0
schema:
  - name: sales
    properties:
      - {name: day, physicalType: date, description: Day of the sale}
      - name: email
        tags: ['pii:email']
        authoritativeDefinitions: [{type: businessDefinition, url: 'glossary://retail/customer'}]
";

fn yaml(text: &str, path: &str) -> Tree {
    parse_yaml(text, path).unwrap()
}

fn document() -> Tree {
    document_with(true)
}

fn document_with(resolved: bool) -> Tree {
    let (product, config, catalog) = (
        yaml(PRODUCT, "product.yaml"),
        yaml(CONFIG, "databricks.yml"),
        yaml(CATALOG, "catalog/sales.yml"),
    );
    let environment = EnvironmentFacts {
        name: "qa".to_owned(),
        stage: Stage::Qa,
        target: "qa".to_owned(),
        host: "https://qa.sluice.test".to_owned(),
    };
    let mut live = Tree::mapping();
    for part in ["principals", "tables", "grants"] {
        live.set(part, Tree::mapping());
    }
    build(&Sources {
        now: "2026-11-27T12:00:00Z".parse().unwrap(),
        environments: vec![environment.clone()],
        environment,
        deployer: Some(Deployer {
            name: "jane@sluice.test".to_owned(),
            service: false,
        }),
        product: &product,
        release: Some(ReleaseFacts {
            version: "1.0.0".to_owned(),
            digest: "sha256:1".to_owned(),
            commit: "a".to_owned(),
            recorded: true,
        }),
        bundle: resolved.then_some(BundleFacts {
            config: &config,
            catalog: &catalog,
            root_path: "/Workspace/Users/x",
        }),
        contracts: &[DocumentFile {
            path: "contracts/sales.odcs.yaml".to_owned(),
            tree: yaml(CONTRACT, "contracts/sales.odcs.yaml"),
        }],
        glossary: Tree::mapping(),
        previous: None,
        changes: Vec::new(),
        live,
        plan: Tree::mapping(),
        scan: scan(
            &[SourceFile {
                path: "src/a.py",
                text: "x = 1\n",
            }],
            &EnvironmentWords::default(),
        ),
        evidence: [
            ("files", Evidence::Present),
            (
                "bundle",
                if resolved {
                    Evidence::Present
                } else {
                    Evidence::Missing("the workspace does not answer".to_owned())
                },
            ),
            ("contracts", Evidence::Present),
            ("glossary", Evidence::Present),
            ("principals", Evidence::Missing("not read".to_owned())),
            ("changes", Evidence::None("first release".to_owned())),
        ]
        .into(),
    })
}

#[test]
fn what_is_built_is_what_the_schema_says() {
    assert_eq!(Shape::input().unknown(&document(), "input"), Vec::<String>::new());
}

#[test]
fn references_masks_tags_and_grants_are_brought_together() {
    let document = document();
    let at = |path: &[&str]| {
        path.iter()
            .try_fold(&document, |tree, key| tree.get(key))
            .map(Tree::to_json)
    };
    assert_eq!(at(&["assets", "tables", "sales", "schema"]), Some("shop_gold".into()));
    assert_eq!(
        at(&["assets", "tables", "sales", "columns", "email", "mask", "function"]),
        Some("qa.shop_gold.hide".into())
    );
    let email = [
        "contracts",
        "contracts/sales.odcs.yaml",
        "objects",
        "sales",
        "properties",
        "email",
    ];
    let field = |name| at(&[&email[..], &[name]].concat());
    assert_eq!(field("labels"), Some(serde_json::json!(["pii"])));
    assert_eq!(field("terms"), Some(serde_json::json!(["retail/customer"])));
    assert_eq!(field("detected"), Some("email".into()));
    let grants = document
        .get("assets")
        .unwrap()
        .get("grants")
        .unwrap()
        .as_mapping()
        .unwrap();
    assert_eq!(
        grants.keys().collect::<Vec<_>>(),
        [
            "resources.schemas.gold/analysts",
            "catalog.tables.sales/jane@sluice.test"
        ]
    );
}

#[test]
fn findings_lead_to_the_file_and_unknown_and_undecidable_are_told_apart() {
    let pack = Pack::read(&[embedded::files()], &parse_yaml).unwrap();
    let evaluator = Evaluator::new(pack, &Tree::mapping()).unwrap();
    let document = document();
    let report = evaluator.evaluate(&Question {
        document: &document,
        environment: "qa",
        stage: Stage::Qa,
        now: "2026-11-27T12:00:00Z".parse().unwrap(),
        waivers: &[],
    });
    let finding = report.findings.iter().find(|finding| finding.id == "AC-02").unwrap();
    assert_eq!(finding.message, "SELECT is granted to the person `jane@sluice.test`");
    assert_eq!(finding.source.as_ref().unwrap().to_string(), "catalog/sales.yml:9:14");
    assert_eq!(finding.effect, "deny");
    let missing = report.findings.iter().find(|finding| finding.id == "MC-02").unwrap();
    assert_eq!(
        missing.source.as_ref().unwrap().to_string(),
        "contracts/sales.odcs.yaml:8:9"
    );
    let outcome = |id: &str| report.rules.iter().find(|rule| rule.id == id).unwrap().outcome;
    assert_eq!(outcome("MC-07"), Outcome::Unknown);
    assert_eq!(outcome("DC-01"), Outcome::NotApplicable);
    assert_eq!(outcome("AC-04"), Outcome::Pass);
    assert_eq!(report.summary.errored, 0);
}

#[test]
fn a_bundle_that_cannot_be_resolved_is_missing_evidence_and_no_error() {
    let pack = Pack::read(&[embedded::files()], &parse_yaml).unwrap();
    let evaluator = Evaluator::new(pack, &Tree::mapping()).unwrap();
    let document = document_with(false);
    let report = evaluator.evaluate(&Question {
        document: &document,
        environment: "qa",
        stage: Stage::Qa,
        now: "2026-11-27T12:00:00Z".parse().unwrap(),
        waivers: &[],
    });
    assert_eq!(report.summary.errored, 0);
    let finding = report.findings.iter().find(|finding| finding.id == "AC-04").unwrap();
    assert_eq!(
        (finding.outcome, finding.effect, finding.message.as_str()),
        (
            Outcome::Unknown,
            "deny",
            "cannot be decided without evidence `bundle`: the workspace does not answer"
        )
    );
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.id == "MC-02" && finding.outcome == Outcome::Fail)
    );
}
