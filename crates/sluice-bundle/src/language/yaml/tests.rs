//! Texts against trees and refusals.

use proptest::prelude::*;

use super::parse;

fn json(text: &str) -> String {
    match parse(text, "a.yml") {
        Ok(tree) => tree.to_json().to_string(),
        Err(diagnostics) => panic!("refused: {diagnostics:?}"),
    }
}

fn refused(text: &str) -> String {
    let Err(diagnostics) = parse(text, "a.yml") else {
        panic!("accepted: {text}")
    };
    diagnostics
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn documents_become_trees_in_order() {
    assert_eq!(
        json("b: [1, 2.5, yes, 'no', null]\na:\n  x: \"1\"\n  y: |\n    text\n").as_str(),
        r#"{"b":[1,2.5,"yes","no",null],"a":{"x":"1","y":"text\n"}}"#
    );
    assert_eq!(json(""), "null");
    assert_eq!(json("\u{feff}a: 1"), r#"{"a":1}"#);
    assert_eq!(json("a: 1\r\nb:\r\n  - x\r\n"), r#"{"a":1,"b":["x"]}"#);
    assert_eq!(json("{\n\t\"a\": [true]\n}"), r#"{"a":[true]}"#);
}

#[test]
fn places_count_from_one_in_characters() {
    let tree = parse("é: 1\nkey:\n  - {ü: é, value: x}\n", "a.yml").unwrap();
    let item = &tree.get("key").unwrap().as_sequence().unwrap()[0];
    let value = item.get("value").unwrap();
    assert_eq!(value.location.as_ref().unwrap().to_string(), "a.yml:3:19");
    assert_eq!(value.key_location.as_ref().unwrap().to_string(), "a.yml:3:12");
}

#[test]
fn aliases_and_merges_are_expanded() {
    assert_eq!(
        json("base: &b {x: 1, y: 2}\none: {<<: *b, y: 3}\nlist: *b\n"),
        r#"{"base":{"x":1,"y":2},"one":{"y":3,"x":1},"list":{"x":1,"y":2}}"#
    );
    assert_eq!(
        json("a: &a {x: 1}\nb: &b {x: 2, z: 3}\nc:\n  <<: [*a, *b]\n"),
        r#"{"a":{"x":1},"b":{"x":2,"z":3},"c":{"x":2,"z":3}}"#
    );
}

#[test]
fn faults_name_their_place() {
    insta::assert_snapshot!(refused("a: 1\nb: 2\na: 3\n"), @r"
    error: key `a` stands twice in one map
      in a.yml:3:1
      in a.yml:1:1
      help: keep one of them
    ");
    insta::assert_snapshot!(refused("x: &x {}\na:\n  <<: *x\n  <<: *x\n"), @r"
    error: key `<<` stands twice in one map
      in a.yml:4:3
      in a.yml:3:3
      help: keep one of them
    ");
    insta::assert_snapshot!(refused("a: [1, 2\nb: 3\n"), @r"
    error: broken YAML: illegal placement of ':' indicator
      in a.yml:2:2
    ");
    insta::assert_snapshot!(refused("a:\n\tb: 1\n"), @r"
    error: broken YAML: tabs disallowed within this context (block indentation)
      in a.yml:2:2
      help: indent with spaces
    ");
    insta::assert_snapshot!(refused("a: 1\n  b: 2\n"), @r"
    error: broken YAML: mapping values are not allowed in this context
      in a.yml:2:4
    ");
    insta::assert_snapshot!(refused("a: *missing\n"), @r"
    error: broken YAML: while parsing node, found unknown anchor
      in a.yml:1:4
    ");
    insta::assert_snapshot!(refused("a: &a [*a]\n"), @r"
    error: an alias refers to a value that contains it
      in a.yml:1:8
    ");
    insta::assert_snapshot!(refused("1: x\ntrue: y\n"), @r#"
    error: a key has to be a string, `1` is of type integer
      in a.yml:1:1
      help: write "1"
    error: a key has to be a string, `true` is of type boolean
      in a.yml:2:1
      help: write "true"
    "#);
    insta::assert_snapshot!(refused("a: 1\n---\nb: 2\n"), @r"
    error: a file holds one YAML document, this is a second one
      in a.yml:2:1
      help: move it to a file of its own
    ");
    insta::assert_snapshot!(refused("a: 99999999999999999999\nb: !!int x\n"), @r"
    error: `99999999999999999999` does not fit 64 bits
      in a.yml:1:4
      help: put it between quotes to have a string
    error: `x` is no integer, as its tag says
      in a.yml:2:4
    ");
    insta::assert_snapshot!(refused("a:\n  <<: 3\n"), @r"
    error: `<<` merges a map or a list of maps, and this is neither
      in a.yml:2:3
    ");
    insta::assert_snapshot!(refused("? [a]\n: b\n"), @r"
    error: a key has to be a string, this is a list
      in a.yml:1:3
    ");
}

#[test]
fn growth_by_aliases_is_bounded() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let previous = format!("*a{}", level - 1);
        text.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            [previous.as_str(); 10].join(", ")
        ));
    }
    assert!(
        refused(&text).contains("more than 1000000 values"),
        "{}",
        refused(&text)
    );
    let nested = format!("{}{}", "[".repeat(150), "]".repeat(150));
    assert!(
        refused(&nested).contains("nested more than 100 deep"),
        "{}",
        refused(&nested)
    );
    assert!(refused(&"- ".repeat(20_000)).contains("a.yml:1:"));
}

#[test]
fn hostile_texts_do_not_panic() {
    for text in [
        "%YAML 9.9\n---\n",
        "--- >\n\u{0}",
        "&",
        "*",
        "!<",
        "? ? ?",
        "- - - -\n -",
        "a: |9\n b",
        "a: >-\n\t\tx",
        "{a: b, ? }",
        "'",
        "\"\\u12",
        "\"\\xZZ\"",
        "[[[,]]]",
        "%TAG ! x\n",
        "...\n...\n",
        "---\n---\n---",
        ": :",
        "a: b: c",
        "\u{2028}: \u{85}",
        "&a a: &a b\n*a : c",
        "<<: {<<: {<<: 1}}",
        "!!map [a]",
        "@x",
        "`x",
        "- \t- x",
        "{",
        "}",
        "]",
        ",",
        "#",
        "\r\r\n\r",
    ] {
        match parse(text, "a.yml") {
            Ok(_) => {}
            Err(diagnostics) => assert!(
                !diagnostics.is_empty() && !diagnostics[0].locations.is_empty(),
                "{text:?}"
            ),
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_a_tree_or_a_refusal(text in "(?s).{0,200}") {
        if let Err(diagnostics) = parse(&text, "a.yml") {
            prop_assert!(diagnostics.iter().all(|each| each.is_error() && !each.locations.is_empty()));
        }
    }

    #[test]
    fn yaml_like_text_is_a_tree_or_a_refusal(text in r#"([ \t\n:\-\[\]{},&*!|>'"?#%<a-c0-1~]|<<: |- |: |\*a|&a ){0,80}"#) {
        if let Err(diagnostics) = parse(&text, "a.yml") {
            prop_assert!(diagnostics.iter().all(|each| each.is_error() && !each.locations.is_empty()));
        }
    }
}
