//! Laws of edits on generated contracts: what is so already keeps every byte, and an edit changes what it says and nothing else.

use proptest::prelude::*;
use sluice_bundle::language::parse_yaml;
use sluice_governance::descriptor;
use sluice_governance::metadata::{ContractEdit, Subject};
use sluice_model::Tree;

use super::{Change, Product, contract_edit};
use crate::product::DESCRIPTOR;

const FILE: &str = "contracts/a.odcs.yaml";

const PRODUCT: &str = "version: 1
name: shop
domain: sales
kind: aggregate
owner: o
steward: s
support: x
criticality: low
classification: internal
ports: [{name: a, kind: output, contract: contracts/a.odcs.yaml}]
";

/// One column in one of the ways that people write it.
fn column(name: &str, style: usize, description: Option<&str>, comment: &str) -> String {
    let quoted = description.map(|text| format!("{text:?}"));
    match (style, quoted) {
        (0, Some(text)) => format!("      - {{name: {name},  description: {text}}} # {comment}\n"),
        (0, None) => format!("      - {{ name: {name} }}   # {comment}\n"),
        (1, Some(text)) => format!(
            "      # {comment}\n      - name: {name}\n\n        description: {text}   # why\n        required:   true\n"
        ),
        (_, Some(text)) => {
            format!("      - name: '{name}' # {comment}\n        tags: [ a,   b ]\n        description: {text}\n")
        }
        (_, None) => format!("      - name: \"{name}\"\n        # {comment}\n        logicalType: string\n"),
    }
}

fn contract() -> impl Strategy<Value = String> {
    let one = (0..3_usize, proptest::option::of("[ -~]{0,20}"), "[a-z ]{0,10}");
    (proptest::collection::vec(one, 1..5), any::<bool>(), "[a-z ]{0,20}").prop_map(|(columns, head, comment)| {
        let mut text = String::new();
        if head {
            text.push_str(&format!("# {comment}\n\n"));
        }
        text.push_str("apiVersion: v3.2.0\nkind:   DataContract # the kind\nid: 'a'\nversion: \"1.0.0\"\nschema:\n");
        text.push_str("  - name: t\n    properties:\n");
        for (index, (style, description, comment)) in columns.iter().enumerate() {
            text.push_str(&column(&format!("c{index}"), *style, description.as_deref(), comment));
        }
        text.push_str(&format!("# {comment}\nstatus: draft\n"));
        text
    })
}

fn edited(text: &str, subject: &str, edit: &ContractEdit) -> Change {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("contracts")).unwrap();
    std::fs::write(directory.path().join(FILE), text).unwrap();
    let product = Product {
        root: directory.path().to_owned(),
        descriptor: descriptor::read(&parse_yaml(PRODUCT, DESCRIPTOR).unwrap()).unwrap(),
    };
    let subject: Subject = subject.parse().unwrap();
    contract_edit(&product, None, &subject, edit).unwrap()
}

fn comments(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| Some(line.split_once(" # ")?.1))
        .collect()
}

fn description(tree: &Tree, column: usize) -> Option<&str> {
    let object = &tree.get("schema")?.as_sequence()?[0];
    object.get("properties")?.as_sequence()?[column]
        .get("description")?
        .as_str()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_edit_that_says_what_is_there_keeps_every_byte(text in contract()) {
        let tree = parse_yaml(&text, FILE).unwrap();
        if let Some(known) = description(&tree, 0) {
            let change = edited(&text, "a.c0", &ContractEdit::Describe(known.to_owned()));
            prop_assert_eq!(change.after, text);
        }
    }

    #[test]
    fn an_edit_changes_what_it_says_and_nothing_else(text in contract(), said in "[ -~]{1,40}") {
        let edit = ContractEdit::Describe(said.clone());
        let once = edited(&text, "a.c0", &edit).after;
        let tree = parse_yaml(&once, FILE).unwrap();
        prop_assert_eq!(description(&tree, 0), Some(said.as_str()));
        // Put back what stood there, and the two documents are the same.
        let mut wanted = parse_yaml(&text, FILE).unwrap();
        sluice_governance::metadata::edit_contract(&mut wanted, &"a.c0".parse().unwrap(), &edit).unwrap();
        prop_assert_eq!(tree, wanted);
        if !said.contains(" # ") {
            let kept = comments(&once);
            prop_assert!(comments(&text).iter().all(|comment| comment.contains('"') || kept.contains(comment)), "{}", once);
        }
        prop_assert_eq!(&edited(&once, "a.c0", &edit).after, &once);
    }
}
