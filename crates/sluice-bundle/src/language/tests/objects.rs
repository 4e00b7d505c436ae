//! Genie spaces, dashboards and secret scopes in bundle files.

use super::{Project, project};

const HEAD: &str = "
bundle: {name: shop}
workspace: {host: 'https://one.test'}
variables: {catalog: {default: main}}
permissions: [{level: CAN_VIEW, group_name: readers}, {level: CAN_RUN, group_name: runners}]
targets:
  dev: {mode: development, default: true}
include: [resources/*.yml]
";

fn shop(resources: &str) -> Project {
    project(HEAD).file("resources/objects.yml", resources)
}

#[test]
fn contents_stay_as_they_are_written() {
    let resources = "
resources:
  genie_spaces:
    map:
      title: Ask
      warehouse_id: w
      serialized_space: {data_sources: {tables: [{identifier: '${var.catalog}.gold.sales'}]}}
    text: {title: T, warehouse_id: w, parent_path: /Shared/spaces, serialized_space: '{\"version\": 2}'}
  dashboards:
    file: {display_name: D, warehouse_id: w, file_path: ../src/d.lvdash.json, permissions: [{level: CAN_EDIT, group_name: readers}]}
  secret_scopes:
    keys: {name: keys}
";
    let shop = shop(resources).file("src/d.lvdash.json", "{\"pages\": [{\"name\": \"${var.catalog}\"}]}");
    insta::assert_snapshot!(shop.at("resources.genie_spaces.map"), @r#"
    {
      "title": "[dev jane_doe] Ask",
      "warehouse_id": "w",
      "serialized_space": {
        "data_sources": {
          "tables": [
            {
              "identifier": "main.gold.sales"
            }
          ]
        }
      },
      "permissions": [
        {
          "level": "CAN_READ",
          "group_name": "readers"
        },
        {
          "level": "CAN_MANAGE",
          "user_name": "jane.doe@example.com"
        }
      ],
      "parent_path": "/Workspace/Users/jane.doe@example.com/.bundle/shop/dev/resources"
    }
    "#);
    insta::assert_snapshot!(shop.at("resources.genie_spaces.text"), @r#"
    {
      "title": "[dev jane_doe] T",
      "warehouse_id": "w",
      "parent_path": "/Workspace/Shared/spaces",
      "serialized_space": "{\"version\": 2}",
      "permissions": [
        {
          "level": "CAN_READ",
          "group_name": "readers"
        },
        {
          "level": "CAN_MANAGE",
          "user_name": "jane.doe@example.com"
        }
      ]
    }
    "#);
    insta::assert_snapshot!(shop.at("resources.dashboards.file"), @r#"
    {
      "display_name": "[dev jane_doe] D",
      "warehouse_id": "w",
      "file_path": "src/d.lvdash.json",
      "permissions": [
        {
          "level": "CAN_EDIT",
          "group_name": "readers"
        },
        {
          "level": "CAN_MANAGE",
          "user_name": "jane.doe@example.com"
        }
      ],
      "serialized_dashboard": "{\"pages\": [{\"name\": \"${var.catalog}\"}]}",
      "parent_path": "/Workspace/Users/jane.doe@example.com/.bundle/shop/dev/resources",
      "embed_credentials": false
    }
    "#);
    insta::assert_snapshot!(shop.at("resources.secret_scopes"), @r#"
    {
      "keys": {
        "name": "keys",
        "permissions": [
          {
            "level": "READ",
            "group_name": "readers"
          }
        ]
      }
    }
    "#);
    let shown = shop.bundle().shown();
    assert_eq!(
        shown["resources"]["genie_spaces"]["map"]["serialized_space"],
        r#"{"data_sources":{"tables":[{"identifier":"main.gold.sales"}]}}"#
    );
}

#[test]
fn an_alert_may_stand_in_a_file() {
    let shop = shop(
        "resources: {alerts: {late: {display_name: Late, warehouse_id: w, file_path: ../src/late.dbalert.json}}}\n",
    )
    .file(
        "src/late.dbalert.json",
        r#"{"query_lines": ["SELECT 1", "  AS one"], "display_name": "other", "custom_summary": "s",
            "evaluation": {"comparison_operator": "GREATER_THAN", "source": {"name": "one"}},
            "schedule": {"quartz_cron_schedule": "0 0 8 * * ?", "timezone_id": "UTC"}}"#,
    );
    insta::assert_snapshot!(shop.at("resources.alerts.late"), @r#"
    {
      "display_name": "[dev jane_doe] Late",
      "warehouse_id": "w",
      "file_path": "src/late.dbalert.json",
      "custom_summary": "s",
      "evaluation": {
        "comparison_operator": "GREATER_THAN",
        "source": {
          "name": "one"
        }
      },
      "schedule": {
        "quartz_cron_schedule": "0 0 8 * * ?",
        "timezone_id": "UTC",
        "pause_status": "PAUSED"
      },
      "query_text": "SELECT 1\n  AS one\n",
      "permissions": [
        {
          "level": "CAN_READ",
          "group_name": "readers"
        },
        {
          "level": "CAN_RUN",
          "group_name": "runners"
        },
        {
          "level": "CAN_MANAGE",
          "user_name": "jane.doe@example.com"
        }
      ],
      "parent_path": "/Workspace/Users/jane.doe@example.com/.bundle/shop/dev/resources"
    }
    "#);
    let beside = "resources: {alerts: {late: {display_name: Late, warehouse_id: w, custom_summary: x, file_path: a.dbalert.json}}}\n";
    let shop = self::shop(beside).file(
        "resources/a.dbalert.json",
        r#"{"query_lines": ["SELECT ${var.catalog}"]}"#,
    );
    insta::assert_snapshot!(shop.findings(), @r"
    refused
    error: `resources/a.dbalert.json` holds a reference, which nothing fills in there
      at resources.alerts.late.file_path
      in resources/objects.yml:1:96
      help: write the alert in the bundle file to use variables
    error: `custom_summary` stands beside a file that holds the alert
      at resources.alerts.late.custom_summary
      in resources/objects.yml:1:82
      help: set it in `resources/a.dbalert.json`; here may stand display_name, file_path, lifecycle, permissions, warehouse_id
    error: `evaluation` is missing
      at resources.alerts.late.evaluation
      in resources/objects.yml:1:22
      help: an alert needs it
    error: `schedule` is missing
      at resources.alerts.late.schedule
      in resources/objects.yml:1:22
      help: an alert needs it
    recommendation: `permissions` leaves out `jane.doe@example.com`, who deploys
      at permissions
      in databricks.yml:5:14
      help: add who deploys, or a group of theirs, with CAN_MANAGE
    ");
}

#[test]
fn what_does_not_fit_is_named_with_its_place() {
    let resources = "
resources:
  genie_spaces:
    both: {title: B, warehouse_id: w, serialized_space: {}, file_path: x.json}
    neither: {title: N, warehouse_id: w, etag: x}
    text: {title: T, warehouse_id: w, serialized_space: '{\"version\" 2}'}
    list: {title: T, serialized_space: [1]}
  dashboards:
    none: {display_name: D, file_path: missing.json}
    broken: {display_name: D, file_path: broken.json}
    array: {display_name: D, file_path: list.json, permissions: [{level: CAN_VIEW, user_name: x, group_name: y}]}
  secret_scopes:
    keys: {name: keys, backend_type: VAULT, permissions: [{level: CAN_READ, user_name: x}]}
";
    let shop = shop(resources)
        .file("resources/broken.json", "{\n  \"pages\": [}\n")
        .file("resources/list.json", "[]");
    insta::assert_snapshot!(shop.findings(), @r#"
    refused
    error: unknown field `etag`
      at resources.genie_spaces.neither.etag
      in resources/objects.yml:5:42
      help: a Genie space has no such field; remove it
    error: `CAN_VIEW` is no value of `level`
      at resources.dashboards.array.permissions[0].level
      in resources/objects.yml:11:74
      help: known here: `CAN_READ`, `CAN_RUN`, `CAN_EDIT`, `CAN_MANAGE`
    error: `VAULT` is no value of `backend_type`
      at resources.secret_scopes.keys.backend_type
      in resources/objects.yml:13:38
      help: known here: `DATABRICKS`, `AZURE_KEYVAULT`
    error: `CAN_READ` is no value of `level`
      at resources.secret_scopes.keys.permissions[0].level
      in resources/objects.yml:13:67
      help: known here: `READ`, `WRITE`, `MANAGE`
    error: it has either `serialized_space` or `file_path`
      at resources.genie_spaces.both
      in resources/objects.yml:4:61
      in resources/objects.yml:4:39
    error: it has neither `serialized_space` nor `file_path`
      at resources.genie_spaces.neither
      in resources/objects.yml:5:5
      help: write the content in place, or name a file that holds it
    error: `serialized_space` is not JSON: expected `:` at line 1 column 12
      at resources.genie_spaces.text.serialized_space
      in resources/objects.yml:6:57
    error: `serialized_space` is neither a map nor the text of a JSON object
      at resources.genie_spaces.list.serialized_space
      in resources/objects.yml:7:40
    error: file `resources/missing.json` does not exist
      at resources.dashboards.none.file_path
      in resources/objects.yml:9:40
      help: paths are relative to the file that they stand in
    error: `resources/broken.json` is not JSON: expected value at line 2 column 13
      at resources.dashboards.broken.file_path
      in resources/broken.json:2:13
      in resources/objects.yml:10:42
    error: `resources/list.json` does not hold a JSON object
      at resources.dashboards.array.file_path
      in resources/objects.yml:11:41
    error: `warehouse_id` is missing
      at resources.genie_spaces.list.warehouse_id
      in resources/objects.yml:7:5
      help: a Genie space needs it
    recommendation: `permissions` leaves out `jane.doe@example.com`, who deploys
      at permissions
      in databricks.yml:5:14
      help: add who deploys, or a group of theirs, with CAN_MANAGE
    error: a permission names exactly one principal
      at resources.dashboards.array.permissions[0]
      in resources/objects.yml:11:66
      help: set one of `user_name`, `group_name`, `service_principal_name`
    "#);
}
