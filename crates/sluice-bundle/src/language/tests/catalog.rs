//! Catalog files and settings.

use super::{Project, json, project};

const HEAD: &str = "
bundle: {name: shop}
workspace: {host: 'https://one.test'}
variables: {catalog: {default: main}}
targets: {dev: {default: true}, prod: {variables: {catalog: prod}}}
resources:
  schemas:
    gold: {catalog_name: '${var.catalog}', name: gold}
";

const SALES: &str = "
version: 1
warehouse_id: w-1
tables:
  sales:
    name: ${var.catalog}.gold.sales
    comment: ''
    columns:
      - {name: id, type: bigint, nullable: no}
      - {name: day, type: date, comment: Day of sale}
    constraints: {primary_key: [id]}
    properties: {delta.enableChangeDataFeed: true}
    grants:
      - {principal: analysts, privileges: [SELECT]}
      - {principal: analysts, privileges: [MODIFY, SELECT]}
views:
  today:
    name: ${var.catalog}.${resources.schemas.gold.name}.today
    file: sql/today.sql
grants:
  files:
    securable_type: schema
    full_name: ${var.catalog}.raw
    grants: [{principal: engineers, privileges: [USE_SCHEMA]}]
targets:
  prod:
    tables: {sales: {comment: Sales, columns: [{name: note, type: string}]}}
";

fn shop(catalog: &str) -> Project {
    project(HEAD).file("catalog/sales.yml", catalog)
}

#[test]
fn catalog_files_resolve_like_the_bundle() {
    let shop = shop(SALES).file(
        "catalog/sql/today.sql",
        "SELECT * FROM ${catalog.tables.sales.full_name}\n",
    );
    insta::assert_snapshot!(json(&shop.bundle().catalog), @r#"
    {
      "warehouse_id": "w-1",
      "tables": {
        "sales": {
          "name": "main.${resources.schemas.gold.name}.sales",
          "columns": [
            {
              "name": "id",
              "type": "bigint",
              "nullable": false
            },
            {
              "name": "day",
              "type": "date",
              "comment": "Day of sale"
            }
          ],
          "constraints": {
            "primary_key": [
              "id"
            ]
          },
          "properties": {
            "delta.enableChangeDataFeed": "true"
          },
          "grants": [
            {
              "principal": "analysts",
              "privileges": [
                "SELECT",
                "MODIFY"
              ]
            }
          ]
        }
      },
      "views": {
        "today": {
          "name": "main.${resources.schemas.gold.name}.today",
          "query": "SELECT * FROM ${catalog.tables.sales.full_name}"
        }
      },
      "grants": {
        "files": {
          "securable_type": "schema",
          "full_name": "main.raw",
          "grants": [
            {
              "principal": "engineers",
              "privileges": [
                "USE_SCHEMA"
              ]
            }
          ]
        }
      }
    }
    "#);
    let prod = shop.target("prod").bundle();
    insta::assert_snapshot!(json(prod.catalog.get("tables").unwrap().get("sales").unwrap().get("columns").unwrap()), @r#"
    [
      {
        "name": "id",
        "type": "bigint",
        "nullable": false
      },
      {
        "name": "day",
        "type": "date",
        "comment": "Day of sale"
      },
      {
        "name": "note",
        "type": "string"
      }
    ]
    "#);
    assert_eq!(
        prod.catalog
            .get("tables")
            .unwrap()
            .get("sales")
            .unwrap()
            .get("comment")
            .unwrap()
            .as_str(),
        Some("Sales")
    );
}

#[test]
fn catalog_files_are_strict() {
    let text = "
version: 1
tabels: {}
policies: {f: {}}
tables:
  a:
    name: main.a
    colums: []
  b:
    name: main.gold.b
    columns: [{name: x, type: int}, {name: X, type: int}, {name: y, masc: {}}]
    constraints: {primary_key: [z]}
    tag: {a: b}
views:
  v: {name: a.b.c, query: SELECT 1, file: x.sql}
  w: {name: a.b.d, file: missing.sql}
  x: {name: a.b.e}
grants:
  g: {securable_type: tabel, full_name: a.b.c}
targets: {qa: {}}
";
    insta::assert_snapshot!(shop(text).findings(), @r"
    refused
    error: catalog kind `policies` is not supported by this version of Sluice
      at policies
      in catalog/sales.yml:4:1
      help: supported kinds: `tables`, `views`, `functions`, `grants`, `tags`, `masks`, `row_filters`
    error: unknown field `tabels`
      at tabels
      in catalog/sales.yml:3:1
      help: did you mean `tables`?
    error: unknown field `colums`
      at tables.a.colums
      in catalog/sales.yml:8:5
      help: did you mean `columns`?
    error: unknown field `masc`
      at tables.b.columns[2].masc
      in catalog/sales.yml:11:69
      help: did you mean `mask`?
    error: unknown field `tag`
      at tables.b.tag
      in catalog/sales.yml:13:5
      help: did you mean `tags`?
    error: `tabel` is no value of `securable_type`
      at grants.g.securable_type
      in catalog/sales.yml:19:23
      help: did you mean `table`?
    error: column `X` stands twice
      at catalog.tables.b.columns[1]
      in catalog/sales.yml:11:37
      in catalog/sales.yml:11:15
      help: names of columns do not differ by case alone
    error: target `qa` is not declared in the bundle
      at targets.qa
      in catalog/sales.yml:20:11
      help: known here: `dev`, `prod`
    error: a view has either `query` or `file`
      at catalog.views.v
      in catalog/sales.yml:15:37
      in catalog/sales.yml:15:20
    error: query file `catalog/missing.sql` does not exist
      at catalog.views.w.file
      in catalog/sales.yml:16:26
      help: paths are relative to the catalog file
    error: `columns` is missing
      at catalog.tables.a.columns
      in catalog/sales.yml:6:3
      help: a table needs it
    error: `type` is missing
      at catalog.tables.b.columns[2].type
      in catalog/sales.yml:11:59
      help: a column needs it
    error: `grants` is missing
      at catalog.grants.g.grants
      in catalog/sales.yml:19:3
      help: a grant needs it
    error: `main.a` is no full name
      at catalog.tables.a.name
      in catalog/sales.yml:7:11
      help: write `<catalog>.<schema>.<name>`
    error: the primary key names column `z`, which does not exist
      at catalog.tables.b.constraints.primary_key[0]
      in catalog/sales.yml:12:33
      help: did you mean `X`?
    error: a view needs a query
      at catalog.views.w
      in catalog/sales.yml:16:3
      help: set `query`, or `file` to a file that holds it
    error: a view needs a query
      at catalog.views.x
      in catalog/sales.yml:17:3
      help: set `query`, or `file` to a file that holds it
    error: tables, views, functions and masks need `warehouse_id`
      at warehouse_id
      in catalog/sales.yml:6:3
      help: set it at the top of one catalog file, for example to `${var.warehouse_id}`
    ");
    // The flag is for files of the Databricks CLI; these are ours.
    let lenient = shop("version: 1\ntabels: {}\n").with(|inputs| inputs.strict = false);
    insta::assert_snapshot!(lenient.findings(), @r"
    refused
    error: unknown field `tabels`
      at tabels
      in catalog/sales.yml:2:1
      help: did you mean `tables`?
    ");
}

#[test]
fn versions_are_read_first() {
    insta::assert_snapshot!(shop("tables: {}\n").findings(), @r"
    refused
    error: `catalog/sales.yml` has no version
      in catalog/sales.yml:1:1
      help: start it with `version: 1`
    ");
    insta::assert_snapshot!(shop("version: 2\nnovelty: x\n").findings(), @r"
    refused
    error: `catalog/sales.yml` has a version that this Sluice does not read
      at version
      in catalog/sales.yml:1:10
      help: it reads `version: 1`
    ");
    insta::assert_snapshot!(shop("- x\n").findings(), @r"
    refused
    error: `catalog/sales.yml` holds no map
      in catalog/sales.yml:1:1
      help: start it with `version: 1`
    ");
    insta::assert_snapshot!(shop("version: 1\ntables: [\n").findings(), @r"
    refused
    error: broken YAML: while parsing a node, did not find expected node content
      in catalog/sales.yml:3:1
    ");
}

#[test]
fn declarations_stand_once() {
    let other = "version: 1\nwarehouse_id: w-2\ntables: {sales: {name: a.b.c, columns: []}}\n";
    let shop = shop(SALES)
        .file("catalog/sql/today.sql", "SELECT 1")
        .file("catalog/other.yml", other);
    insta::assert_snapshot!(shop.findings(), @r"
    refused
    error: `warehouse_id` is set in two catalog files
      at warehouse_id
      in catalog/sales.yml:3:1
      in catalog/other.yml:2:1
      help: keep one of them; it counts for all catalog files
    error: `tables.sales` is declared twice
      at tables.sales
      in catalog/sales.yml:5:3
      in catalog/other.yml:3:10
      help: an object has one declaration; what differs by target belongs to `targets`
    ");
}

#[test]
fn names_stand_once() {
    let text = "
version: 1
warehouse_id: w
tables: {a: {name: main.gold.Sales, columns: [{name: x, type: int}]}}
views: {b: {name: '${var.catalog}.gold.sales', query: SELECT 1}}
";
    insta::assert_snapshot!(shop(text).findings(), @r"
    refused
    error: `main.${resources.schemas.gold.name}.sales` is declared twice
      at catalog.tables.a.name
      at catalog.views.b.name
      in catalog/sales.yml:5:19
      help: names do not differ by case alone; keep one declaration
    ");
}

#[test]
fn references_of_catalog_files() {
    let text = "
version: 1
warehouse_id: ${var.warehouse}
views:
  a: {name: main.gold.a, query: 'SELECT * FROM ${catalog.views.b.full_name}'}
  b: {name: main.gold.b, query: 'SELECT * FROM ${catalog.views.a.full_name}, ${catalog.tables.c.full_name}'}
  c: {name: main.gold.c, query: 'SELECT ${resources.schemas.golden.name}'}
";
    insta::assert_snapshot!(shop(text).findings(), @r"
    refused
    error: variable `warehouse` is not defined
      at catalog.warehouse_id
      in catalog/sales.yml:3:15
      help: declare `warehouse` in the top-level `variables`
    error: `${catalog.tables.c.full_name}` refers to `catalog.tables.c`, which does not exist
      at catalog.views.b.query
      in catalog/sales.yml:6:33
    error: `${resources.schemas.golden.name}` refers to `resources.schemas.golden`, which does not exist
      at catalog.views.c.query
      in catalog/sales.yml:7:33
      help: known here: `gold`
    error: resources need each other in a circle: catalog.views.a → catalog.views.b → catalog.views.a
      in catalog/sales.yml:5:33
      in catalog/sales.yml:6:33
      help: take one of the references out
    ");
    insta::assert_snapshot!(shop("version: 1\nviews:\n  a: {name: a.b.c, query: SELECT 1}\n").findings(), @r"
    refused
    error: tables, views, functions and masks need `warehouse_id`
      at warehouse_id
      in catalog/sales.yml:3:3
      help: set it at the top of one catalog file, for example to `${var.warehouse_id}`
    ");
}

#[test]
fn settings() {
    let shop = project(HEAD).file(
        "sluice.yml",
        "version: 1\nprotect: [resources.schemas.gold, catalog.tables.sales]\n",
    );
    let protected: Vec<String> = shop.bundle().protected.iter().map(ToString::to_string).collect();
    assert_eq!(protected, ["resources.schemas.gold", "catalog.tables.sales"]);
    let wrong = project(HEAD).file(
        "sluice.yml",
        "version: 1\nprotected: []\nprotect: [gold, resources.jobs.a.permissions]\n",
    );
    insta::assert_snapshot!(wrong.findings(), @r"
    refused
    error: unknown field `protected`
      at protected
      in sluice.yml:2:1
      help: did you mean `protect`?
    error: `gold` is no key of a resource
      at protect[0]
      in sluice.yml:3:11
      help: write `resources.<kind>.<key>` or `catalog.<kind>.<key>`
    error: `resources.jobs.a.permissions` is no key of a resource
      at protect[1]
      in sluice.yml:3:17
      help: write `resources.<kind>.<key>` or `catalog.<kind>.<key>`
    ");
}

proptest::proptest! {
    #[test]
    fn any_catalog_file_is_resolved_or_refused(text in r#"(version: 1\n)?([ \n:\-\[\]{},&*'"]|\n  |\n    |name: |a\.b\.c|tables: |views: |columns: |query: |file: |targets: |grants: |warehouse_id: |\$\{catalog\.views\.[ab]\.name\}|[ab]|3|null|properties: |prod: ){0,60}"#) {
        if let super::Resolution::Refused(diagnostics) = shop(&text).resolve() {
            proptest::prop_assert!(diagnostics.iter().any(sluice_model::Diagnostic::is_error));
        }
        let settings = project(HEAD).file("sluice.yml", &text).resolve();
        proptest::prop_assert!(!matches!(settings, super::Resolution::Needs(_)));
    }
}
