//! Functions, tags, masks and constraints in catalog files.

use super::{Project, json, project};

const HEAD: &str = "
bundle: {name: shop}
workspace: {host: 'https://one.test'}
variables: {catalog: {default: main}}
targets: {dev: {default: true, mode: development}}
resources:
  schemas:
    gold: {catalog_name: main, name: gold}
";

fn shop(catalog: &str) -> Project {
    project(HEAD).file("catalog/shop.yml", catalog)
}

const FULL: &str = "
version: 1
warehouse_id: w
functions:
  hide:
    name: ${var.catalog}.gold.hide
    parameters: [{name: note, type: string}]
    returns: string
    file: sql/hide.sql
    deterministic: yes
tables:
  sales:
    name: main.gold.sales
    columns:
      - {name: id, type: bigint, nullable: false}
      - {name: note, type: string, tags: {pii: , level: 3}, mask: {function: main.gold.hide, using_columns: [ID]}}
    constraints:
      primary_key: {name: pk, columns: [id], rely: true}
      foreign_keys: {itself: {columns: [id], references: '${catalog.tables.sales.name}'}}
      checks: {positive: id > 0}
    row_filter: {function: '${catalog.functions.hide.name}', columns: [note]}
    tags: {domain: shop}
tags:
  gold: {securable: schema, name: main.gold, tags: {layer: gold}}
  note: {securable: column, name: '${catalog.tables.sales.name}.note', tags: {layer: gold}}
masks:
  other: {table: main.gold.others, column: note, function: main.gold.hide}
";

#[test]
fn names_of_managed_schemas_become_references_wherever_they_stand() {
    let shop = shop(FULL).file("catalog/sql/hide.sql", "'***'\n");
    let catalog = shop.bundle().catalog;
    insta::assert_snapshot!(json(catalog.get("functions").unwrap()), @r#"
    {
      "hide": {
        "name": "main.${resources.schemas.gold.name}.hide",
        "parameters": [
          {
            "name": "note",
            "type": "string"
          }
        ],
        "returns": "string",
        "deterministic": true,
        "definition": "'***'"
      }
    }
    "#);
    insta::assert_snapshot!(json(catalog.get("tags").unwrap()), @r#"
    {
      "gold": {
        "securable": "schema",
        "name": "main.${resources.schemas.gold.name}",
        "tags": {
          "layer": "gold"
        }
      },
      "note": {
        "securable": "column",
        "name": "${catalog.tables.sales.name}.note",
        "tags": {
          "layer": "gold"
        }
      }
    }
    "#);
    insta::assert_snapshot!(json(catalog.get("masks").unwrap()), @r#"
    {
      "other": {
        "table": "main.${resources.schemas.gold.name}.others",
        "column": "note",
        "function": "main.${resources.schemas.gold.name}.hide"
      }
    }
    "#);
    let sales = catalog.get("tables").unwrap().get("sales").unwrap();
    insta::assert_snapshot!(json(sales.get("constraints").unwrap()), @r#"
    {
      "primary_key": {
        "name": "pk",
        "columns": [
          "id"
        ],
        "rely": true
      },
      "foreign_keys": {
        "itself": {
          "columns": [
            "id"
          ],
          "references": "${catalog.tables.sales.name}"
        }
      },
      "checks": {
        "positive": "id > 0"
      }
    }
    "#);
    insta::assert_snapshot!(json(&sales.get("columns").unwrap().as_sequence().unwrap()[1]), @r#"
    {
      "name": "note",
      "type": "string",
      "tags": {
        "pii": "",
        "level": "3"
      },
      "mask": {
        "function": "main.${resources.schemas.gold.name}.hide",
        "using_columns": [
          "ID"
        ]
      }
    }
    "#);
}

#[test]
fn what_does_not_fit_is_named_with_its_place() {
    let catalog = "
version: 1
warehouse_id: w
functions:
  f: {name: main.gold.f, returns: string}
  g: {name: main.gold.F, returns: string, definition: '1', file: g.sql}
  h: {name: main.gold.f, returns: string, definition: '1', language: python}
tables:
  t:
    name: main.gold.t
    columns:
      - {name: a, type: int, tags: {a.b: x, c: [1]}}
      - {name: b, type: int, mask: {function: gold.f, using_columns: [c], with: x}}
    constraints:
      primary_key: {columns: [z]}
      foreign_keys: {k: {columns: [y], referenced_columns: [a]}}
      checks: [a > 0]
    row_filter: {function: '${catalog.functions.nobody.name}', columns: [x]}
tags:
  one: {securable: function, name: main, tags: {a: b}}
  two: {securable: schema, name: main, tags: {a: b}}
masks:
  m: {table: t, function: '${catalog.tables.t.name}'}
shares: {s: {}}
";
    insta::assert_snapshot!(shop(catalog).findings(), @r#"
    refused
    error: catalog kind `shares` is not supported by this version of Sluice
      at shares
      in catalog/shop.yml:24:1
      help: supported kinds: `tables`, `views`, `functions`, `grants`, `tags`, `masks`, `row_filters`
    error: unknown field `language`
      at functions.h.language
      in catalog/shop.yml:7:60
      help: a function has no such field; remove it
    error: `c` has to be a string, this is a list
      at tables.t.columns[0].tags.c
      in catalog/shop.yml:12:48
    error: unknown field `with`
      at tables.t.columns[1].mask.with
      in catalog/shop.yml:13:75
      help: a mask has no such field; remove it
    error: `checks` has to be a map, this is a list
      at tables.t.constraints.checks
      in catalog/shop.yml:17:15
    error: `function` is no value of `securable`
      at tags.one.securable
      in catalog/shop.yml:20:20
      help: known here: `catalog`, `schema`, `table`, `view`, `volume`, `column`
    error: a function has either `definition` or `file`
      at catalog.functions.g
      in catalog/shop.yml:6:60
      in catalog/shop.yml:6:43
    error: `references` is missing
      at catalog.tables.t.constraints.foreign_keys.k.references
      in catalog/shop.yml:16:22
      help: a foreign key needs it
    error: `column` is missing
      at catalog.masks.m.column
      in catalog/shop.yml:23:3
      help: a mask needs it
    error: `a.b` cannot be the key of a tag
      at catalog.tables.t.columns[0].tags.a.b
      in catalog/shop.yml:12:37
      help: a key has 1 to 255 characters, and none of `. , - = / :`
    error: `gold.f` is no full name
      at catalog.tables.t.columns[1].mask.function
      in catalog/shop.yml:13:47
      help: write `<catalog>.<schema>.<name>`
    error: the primary key names column `z`, which does not exist
      at catalog.tables.t.constraints.primary_key.columns[0]
      in catalog/shop.yml:15:31
      help: did you mean `a`?
    error: the foreign key `k` names column `y`, which does not exist
      at catalog.tables.t.constraints.foreign_keys.k.columns[0]
      in catalog/shop.yml:16:36
      help: did you mean `a`?
    error: the row filter names column `x`, which does not exist
      at catalog.tables.t.row_filter.columns[0]
      in catalog/shop.yml:18:74
      help: did you mean `a`?
    error: the mask names column `c`, which does not exist
      at catalog.tables.t.columns[1].mask.using_columns[0]
      in catalog/shop.yml:13:71
      help: did you mean `a`?
    error: a function needs a definition
      at catalog.functions.f
      in catalog/shop.yml:5:3
      help: set `definition`, or `file` to a file that holds it
    error: `main` is no full name
      at catalog.tags.one.name
      in catalog/shop.yml:20:36
      help: write `<catalog>.<schema>.<name>`
    error: `main` is no full name
      at catalog.tags.two.name
      in catalog/shop.yml:21:34
      help: write `<catalog>.<schema>`
    error: `t` is no full name
      at catalog.masks.m.table
      in catalog/shop.yml:23:14
      help: write `<catalog>.<schema>.<name>`
    error: `main.${resources.schemas.gold.name}.F` is declared twice
      at catalog.functions.f.name
      at catalog.functions.g.name
      in catalog/shop.yml:6:13
      help: names do not differ by case alone; keep one declaration
    error: `main.${resources.schemas.gold.name}.f` is declared twice
      at catalog.functions.f.name
      at catalog.functions.h.name
      in catalog/shop.yml:7:13
      help: names do not differ by case alone; keep one declaration
    error: `${catalog.functions.nobody.name}` refers to `catalog.functions.nobody`, which does not exist
      at catalog.tables.t.row_filter.function
      in catalog/shop.yml:18:28
      help: known here: `f`, `g`, `h`
    "#);
}

#[test]
fn a_function_that_reads_the_table_that_it_filters_is_no_circle() {
    let catalog = "
version: 1
warehouse_id: w
functions:
  f: {name: main.gold.f, returns: boolean, definition: 'EXISTS (SELECT 1 FROM ${catalog.tables.t.full_name})'}
tables:
  t:
    name: main.gold.t
    columns: [{name: a, type: int}]
    row_filter: {function: '${catalog.functions.f.full_name}', columns: [a]}
";
    assert_eq!(
        shop(catalog)
            .bundle()
            .catalog
            .get("functions")
            .map(|kind| kind.to_json()["f"]["returns"].clone()),
        Some("boolean".into())
    );
    let circle = catalog.replace(
        "columns: [{name: a, type: int}]",
        "columns: [{name: a, type: int, comment: '${catalog.functions.f.name}'}]",
    );
    insta::assert_snapshot!(shop(&circle).findings(), @r"
    refused
    error: resources need each other in a circle: catalog.functions.f → catalog.tables.t → catalog.functions.f
      in catalog/shop.yml:5:56
      in catalog/shop.yml:9:45
      help: take one of the references out
    ");
}
