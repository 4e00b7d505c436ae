//! Laws of editing, and the places where it is easy to go wrong.

use proptest::prelude::*;
use sluice_model::{Node, Tree};

use super::{EditError, emit, rewrite};
use crate::language::parse_yaml;

const WRITTEN: &str = r#"# Bronze, as received.
version: 1
tables:
  # one row per carrier
  airlines:
    name: ${var.catalog}.${resources.schemas.bronze.name}.airlines   # full name
    comment: Carriers by code, as received.
    columns:
      - {name: carrier, type: string, comment: "Two-letter carrier code"}
      - {name: name, type: string, comment: 'Name of the carrier'} # second
    grants: [{principal: analysts, privileges: [SELECT]}]

  airports:
    columns:
      - name: faa
        type: string   # code
"#;

fn edited(change: impl FnOnce(&mut Tree)) -> String {
    let mut tree = parse_yaml(WRITTEN, "a.yml").unwrap();
    change(&mut tree);
    rewrite(WRITTEN, "a.yml", &tree).unwrap()
}

#[test]
fn nothing_changes_when_nothing_is_wanted() {
    assert_eq!(edited(|_| {}), WRITTEN);
}

#[test]
fn a_changed_scalar_changes_one_line() {
    let result = edited(|tree| {
        let airlines = tree.get_mut("tables").unwrap().get_mut("airlines").unwrap();
        airlines.set("comment", "Carriers: by code");
        let Node::Sequence(columns) = &mut airlines.get_mut("columns").unwrap().node else {
            panic!("a list")
        };
        columns[1].set("comment", "It's a name");
        columns.insert(
            1,
            Tree::from_json(&serde_json::json!({"name": "iata", "type": "int", "nullable": false})),
        );
    });
    insta::assert_snapshot!(result, @r#"
    # Bronze, as received.
    version: 1
    tables:
      # one row per carrier
      airlines:
        name: ${var.catalog}.${resources.schemas.bronze.name}.airlines   # full name
        comment: 'Carriers: by code'
        columns:
          - {name: carrier, type: string, comment: "Two-letter carrier code"}
          - {name: iata, type: int, nullable: false}
          - {name: name, type: string, comment: "It's a name"} # second
        grants: [{principal: analysts, privileges: [SELECT]}]

      airports:
        columns:
          - name: faa
            type: string   # code
    "#);
}

#[test]
fn what_comes_from_an_anchor_is_refused_with_its_place() {
    let text = "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  r: 3\n";
    let mut tree = parse_yaml(text, "a.yml").unwrap();
    let Node::Mapping(fields) = &mut tree.get_mut("b").unwrap().node else {
        panic!("a map")
    };
    fields.shift_remove("p");
    let error = rewrite(text, "a.yml", &tree).unwrap_err();
    assert!(matches!(error, EditError::Shared { .. }), "{error}");
    assert!(error.to_string().contains("a.yml:"), "{error}");
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        "[ -~]{0,12}",
        "[a-z:#'\"\\\\ \n\t,\\[\\]{}&*!|>%@`é-]{0,12}",
        Just("0777".to_owned()),
        Just("1_000".to_owned()),
        Just("~".to_owned()),
        Just("yes".to_owned()),
        Just("2024-01-01".to_owned()),
        Just("${var.catalog}.${resources.schemas.gold.name}.t".to_owned()),
        Just("SELECT 1,\n  2\nFROM x -- c\n".to_owned()),
        Just("\t a\n".to_owned()),
    ]
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        text().prop_map(Tree::from),
        any::<bool>().prop_map(Tree::from),
        any::<i64>().prop_map(Tree::from),
        Just(Tree::default()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| Node::Sequence(items).into()),
            prop::collection::vec(("[a-d]{1,2}|[ -~]{1,8}", inner), 0..4)
                .prop_map(|fields| Node::Mapping(fields.into_iter().collect()).into()),
        ]
    })
}

fn document() -> impl Strategy<Value = Tree> {
    prop::collection::vec(("[a-d]", tree()), 1..4).prop_map(|fields| Node::Mapping(fields.into_iter().collect()).into())
}

#[test]
fn keys_that_would_read_as_no_text_are_quoted_wherever_they_are_written() {
    let keys = [
        "._7", "+_0", "1_0", "0o7", "0x1_f", "true", "~", "null", ".inf", "-.5_", "12",
    ];
    let one = |key: &str| Tree::from(Node::Mapping([(key.to_owned(), Tree::from("v"))].into_iter().collect()));
    for key in keys {
        let nested = Node::Mapping([("a".to_owned(), one(key))].into_iter().collect());
        let item = Node::Mapping(
            [("b".to_owned(), Node::Sequence(vec![one(key)]).into())]
                .into_iter()
                .collect(),
        );
        for wanted in [one(key), nested.into(), item.into()] {
            let text = emit(&wanted);
            assert_eq!(parse_yaml(&text, "a.yml"), Ok(wanted.clone()), "{text}");
            for before in ["c: 1\n", "a:\n  d: 1\n", "b:\n  - d: 1\n    e: [1]\n"] {
                let edited = rewrite(before, "a.yml", &wanted).unwrap();
                assert_eq!(parse_yaml(&edited, "a.yml"), Ok(wanted.clone()), "{before}{edited}");
            }
        }
    }
}

proptest! {
    #[test]
    fn what_is_emitted_reads_back(tree in document()) {
        let text = emit(&tree);
        prop_assert_eq!(parse_yaml(&text, "a.yml").map_err(|error| format!("{error:?}\n{text}")).unwrap(), tree);
    }

    #[test]
    fn every_edit_reads_back_as_wanted(one in document(), two in document()) {
        let text = emit(&one);
        let edited = rewrite(&text, "a.yml", &two).map_err(|error| format!("{error}\n{text}"));
        prop_assert_eq!(parse_yaml(&edited.unwrap(), "a.yml").unwrap(), two);
    }
}
