//! Refusals of variables and references.

use super::refusals::{refused, with_head};

#[test]
fn variables() {
    insta::assert_snapshot!(refused("variables:\n  color:\n    description: x\n"), @r"
    refused
    error: variable `color` has no value
      at variables.color
      in databricks.yml:4:3
      help: give it a `default`, or set it with `--var color=…` or the environment variable `BUNDLE_VAR_color`
    ");
    insta::assert_snapshot!(refused("variables:\n  color: {default: {a: 1}}\n  tags: {type: complex, default: x}\n"), @r"
    refused
    error: variable `tags` is complex and gets a string
      at variables.tags
      in databricks.yml:5:34
      help: give it a map or a list, or leave out `type: complex`
    ");
    insta::assert_snapshot!(with_head("variables: {color: {default: x}}\n").flag("colour", "red").findings(), @r"
    refused
    error: `--var` sets variable `colour`, which is not declared
      help: did you mean `color`?
    ");
    insta::assert_snapshot!(with_head("variables: {tags: {type: complex, default: {}}}\n").flag("tags", "{}").findings(), @r"
    refused
    error: complex variable `tags` cannot be set by `--var`
      at variables.tags
      in databricks.yml:3:13
      help: set it in `targets.<target>.variables` or in variable-overrides.json
    ");
    insta::assert_snapshot!(refused("variables:\n  w:\n    lookup: {warehouse: missing}\n"), @r"
    refused
    error: the lookup of variable `w` failed: nothing has this name
      at variables.w.lookup.warehouse
      in databricks.yml:5:25
    ");
    insta::assert_snapshot!(refused("variables:\n  w:\n    lookup: {warehouse: a, job: b}\n"), @r"
    refused
    error: the lookup of variable `w` needs exactly one kind of object
      at variables.w.lookup
      in databricks.yml:5:13
      help: one of: alert, cluster_policy, cluster, dashboard, instance_pool, job, metastore, notification_destination, pipeline, query, service_principal, warehouse
    ");
    insta::assert_snapshot!(refused("variables:\n  w:\n    lookup: {warehous: a}\n"), @r"
    refused
    error: unknown field `warehous`
      at variables.w.lookup.warehous
      in databricks.yml:5:14
      help: did you mean `warehouse`?
    error: the lookup of variable `w` needs exactly one kind of object
      at variables.w.lookup
      in databricks.yml:5:13
      help: one of: alert, cluster_policy, cluster, dashboard, instance_pool, job, metastore, notification_destination, pipeline, query, service_principal, warehouse
    ");
    insta::assert_snapshot!(refused("variables:\n  v: {lookup: {job: a}}\n  w:\n    lookup: {warehouse: '${var.v}'}\n"), @r"
    refused
    error: a lookup cannot use `${var.v}`, which is found by a lookup itself
      at variables.w.lookup.warehouse
      in databricks.yml:6:25
    ");
    let file = ".databricks/bundle/default/variable-overrides.json";
    insta::assert_snapshot!(with_head("variables: {a: {default: x}}\n").file(file, "{\"a\": {}, \"b\": 1}").findings(), @r"
    refused
    error: variable-overrides.json sets variable `b`, which is not declared
      in .databricks/bundle/default/variable-overrides.json:1:11
      help: did you mean `a`?
    error: variable `a` gets a map
      at variables.a
      in .databricks/bundle/default/variable-overrides.json:1:7
      help: declare it with `type: complex`
    ");
}

#[test]
fn references_that_lead_nowhere() {
    let text = "
variables:
  color: {default: red}
  tags: {type: complex, default: {a: b}}
resources:
  schemas:
    gold:
      catalog_name: main
      name: ${var.colour}
      comment: ${bundle.nmae} ${workspace.current_user.short_nam} ${vars.color} ${color} ${home.dir} ${artifacts.x.y} ${var.tags}
      properties:
        a: ${catalog.tables.x.full_name}
";
    insta::assert_snapshot!(refused(text), @r"
    refused
    error: variable `colour` is not defined
      at resources.schemas.gold.name
      in databricks.yml:11:13
      help: did you mean `${var.color}`?
    error: `${bundle.nmae}` refers to nothing
      at resources.schemas.gold.comment
      in databricks.yml:12:16
      help: did you mean `${bundle.name}`?
    error: `${workspace.current_user.short_nam}` refers to nothing
      at resources.schemas.gold.comment
      in databricks.yml:12:16
      help: did you mean `${workspace.current_user.short_name}`?
    error: `${vars.color}` refers to nothing
      at resources.schemas.gold.comment
      in databricks.yml:12:16
      help: did you mean `${var.color}`?
    error: `${color}` refers to nothing
      at resources.schemas.gold.comment
      in databricks.yml:12:16
      help: did you mean `${var.color}`?
    warning: `${home.dir}` is no reference of a bundle and stays as it is
      at resources.schemas.gold.comment
      in databricks.yml:12:16
      help: references start with one of: var, bundle, workspace, resources, artifacts
    error: `${var.tags}` is a map or a list and cannot stand inside a text
      at resources.schemas.gold.comment
      in databricks.yml:12:16
      help: use it as the whole value
    error: `${catalog.tables.x.full_name}` cannot be used in a bundle file, which has to be valid without the catalog files
      at resources.schemas.gold.properties.a
      in databricks.yml:14:12
      help: use a variable for the name on both sides
    error: `${catalog.tables.x.full_name}` refers to `catalog.tables.x`, which does not exist
      at resources.schemas.gold.properties.a
      in databricks.yml:14:12
    ");
}

#[test]
fn circles_of_variables() {
    let text = "
variables:
  a: {default: 'x${var.b}'}
  b: {default: '${var.c}'}
  c:
    default: ${var.a}
resources: {schemas: {gold: {catalog_name: main, name: '${var.a}'}}}
";
    insta::assert_snapshot!(refused(text), @r"
    refused
    error: cyclic references: var.a → var.b → var.c → var.a
      in databricks.yml:5:16
      in databricks.yml:6:16
      in databricks.yml:8:14
      help: give one of them a value of its own
    ");
}

#[test]
fn references_to_resources() {
    let text = "
resources:
  schemas:
    gold: {catalog_name: main, name: 'gold_${resources.volumes.files.name}'}
    silver: {catalog_name: main, name: '${resources.schemas.golden.name}', comment: '${resources.schemas.gold.nmae}'}
    bronze: {catalog_name: main, name: '${resources.schema.gold.name}', comment: '${resources.schemas.gold} ${resources.schemas}'}
  volumes:
    files: {catalog_name: main, schema_name: '${resources.schemas.gold.name}', name: 'files_${resources.schemas.gold.name}'}
";
    insta::assert_snapshot!(refused(text), @r"
    refused
    error: `${resources.schemas.golden.name}` refers to `resources.schemas.golden`, which does not exist
      at resources.schemas.silver.name
      in databricks.yml:7:40
      help: known here: `bronze`, `gold`, `silver`
    error: `${resources.schemas.gold.nmae}` refers to a field that `schemas` do not have
      at resources.schemas.silver.comment
      in databricks.yml:7:85
      help: did you mean `name`?
    error: `${resources.schema.gold.name}` refers to `resources.schema.gold`, which does not exist
      at resources.schemas.bronze.name
      in databricks.yml:8:40
      help: did you mean `schemas`?
    error: `${resources.schemas.gold}` names no field
      at resources.schemas.bronze.comment
      in databricks.yml:8:82
      help: add a field, such as `.id`
    error: `${resources.schemas}` names no resource
      at resources.schemas.bronze.comment
      in databricks.yml:8:82
      help: write `${resources.<kind>.<key>.<field>}`
    error: resources need each other in a circle: resources.schemas.gold → resources.volumes.files → resources.schemas.gold
      in databricks.yml:6:38
      in databricks.yml:10:46
      help: take one of the references out
    ");
}

#[test]
fn growth_by_references_is_bounded() {
    let mut text = String::from("variables:\n  v0: {default: xxxxxxxxxx}\n");
    for level in 1..40 {
        text.push_str(&format!(
            "  v{level}: {{default: '{}'}}\n",
            format!("${{var.v{}}}", level - 1).repeat(10)
        ));
    }
    assert!(refused(&text).contains("references bring in more than a bundle can hold"));
    let mut text = String::from("variables:\n  v0: {default: x}\n");
    for level in 1..5000 {
        text.push_str(&format!("  v{level}: {{default: '${{var.v{}}}'}}\n", level - 1));
    }
    let backwards: Vec<&str> = text.lines().skip(1).collect();
    let text = format!(
        "variables:\n{}\n",
        backwards.into_iter().rev().collect::<Vec<_>>().join("\n")
    );
    assert!(refused(&text).contains("references follow each other more than 50 deep"));
}
