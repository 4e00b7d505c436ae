//! What resources become.

use super::{Project, json, project};

const HEAD: &str = "bundle: {name: shop}\nworkspace: {host: 'https://one.test'}\n";

const DEVELOPMENT: &str = "
variables:
  runs: {default: '2'}
targets:
  dev:
    mode: development
    resources:
      jobs:
        load:
          tasks:
            - {task_key: b, max_retries: 2}
          parameters: [{name: day, default: today}]
run_as: {service_principal_name: runner}
permissions:
  - {level: CAN_RUN, group_name: analysts}
  - {level: CAN_MANAGE, user_name: jane.doe@example.com}
resources:
  jobs:
    load:
      name: load
      tags: {dev: mine, team: a}
      schedule: {quartz_cron_expression: 0 0 1 * * ?, timezone_id: UTC}
      parameters: [{name: day, default: ''}]
      tasks:
        - task_key: b
          notebook_task: {notebook_path: ./src/load.py, base_parameters: {a: 1, b: ''}}
          timeout_seconds: ${var.runs}
          depends_on: [{task_key: a}]
        - task_key: a
          for_each_task:
            inputs: '[1]'
            task: {task_key: c, spark_python_task: {python_file: src/main.py}, environment_key: e}
    other:
      run_as: {user_name: somebody}
      git_source: {git_url: 'https://x.test/a.git', git_provider: gitHub, git_branch: main}
      continuous: {pause_status: UNPAUSED}
      tasks: [{task_key: a, notebook_task: {notebook_path: not/here}}]
";

fn development() -> Project {
    project(&format!("{HEAD}{DEVELOPMENT}"))
        .file("src/load.py", "# Databricks notebook source")
        .file("src/main.py", "")
}

#[test]
fn jobs_of_a_development_target() {
    insta::assert_snapshot!(development().at("resources.jobs.load"), @r#"
    {
      "name": "[dev jane_doe] load",
      "tags": {
        "dev": "mine",
        "team": "a"
      },
      "schedule": {
        "quartz_cron_expression": "0 0 1 * * ?",
        "timezone_id": "UTC",
        "pause_status": "PAUSED"
      },
      "parameters": [
        {
          "name": "day",
          "default": "today"
        }
      ],
      "tasks": [
        {
          "task_key": "a",
          "for_each_task": {
            "inputs": "[1]",
            "task": {
              "task_key": "c",
              "spark_python_task": {
                "python_file": "/Workspace/Users/jane.doe@example.com/.bundle/shop/dev/files/src/main.py"
              },
              "environment_key": "e"
            }
          }
        },
        {
          "task_key": "b",
          "notebook_task": {
            "notebook_path": "/Workspace/Users/jane.doe@example.com/.bundle/shop/dev/files/src/load",
            "base_parameters": {
              "a": "1",
              "b": ""
            }
          },
          "timeout_seconds": 2,
          "depends_on": [
            {
              "task_key": "a"
            }
          ],
          "max_retries": 2
        }
      ],
      "run_as": {
        "service_principal_name": "runner"
      },
      "max_concurrent_runs": 4,
      "permissions": [
        {
          "level": "CAN_MANAGE_RUN",
          "group_name": "analysts"
        },
        {
          "level": "IS_OWNER",
          "user_name": "jane.doe@example.com"
        }
      ],
      "queue": {
        "enabled": true
      },
      "deployment": {
        "kind": "BUNDLE",
        "metadata_file_path": "/Workspace/Users/jane.doe@example.com/.bundle/shop/dev/state/metadata.json"
      },
      "edit_mode": "UI_LOCKED",
      "format": "MULTI_TASK"
    }
    "#);
}

#[test]
fn a_job_from_git_in_a_development_target() {
    insta::assert_snapshot!(development().at("resources.jobs.other"), @r#"
    {
      "run_as": {
        "user_name": "somebody"
      },
      "git_source": {
        "git_url": "https://x.test/a.git",
        "git_provider": "gitHub",
        "git_branch": "main"
      },
      "continuous": {
        "pause_status": "UNPAUSED"
      },
      "tasks": [
        {
          "task_key": "a",
          "notebook_task": {
            "notebook_path": "not/here"
          }
        }
      ],
      "name": "[dev jane_doe] ",
      "tags": {
        "dev": "jane_doe"
      },
      "max_concurrent_runs": 4,
      "permissions": [
        {
          "level": "CAN_MANAGE_RUN",
          "group_name": "analysts"
        },
        {
          "level": "IS_OWNER",
          "user_name": "jane.doe@example.com"
        }
      ],
      "queue": {
        "enabled": true
      },
      "deployment": {
        "kind": "BUNDLE",
        "metadata_file_path": "/Workspace/Users/jane.doe@example.com/.bundle/shop/dev/state/metadata.json"
      },
      "edit_mode": "UI_LOCKED",
      "format": "MULTI_TASK"
    }
    "#);
    insta::assert_snapshot!(development().at("presets"), @r#"
    {
      "name_prefix": "[dev jane_doe] ",
      "tags": {
        "dev": "jane_doe"
      },
      "jobs_max_concurrent_runs": 4,
      "trigger_pause_status": "PAUSED",
      "pipelines_development": true
    }
    "#);
}

#[test]
fn schemas_and_volumes() {
    let text = "
variables: {catalog: {default: main}}
targets: {dev: {mode: development}, prod: {}}
resources:
  schemas:
    gold:
      catalog_name: ${var.catalog}
      name: gold
      comment: ''
      grants:
        - {principal: analysts, privileges: [SELECT, USE_SCHEMA]}
        - {principal: analysts, privileges: [SELECT]}
  volumes:
    files: {catalog_name: main, schema_name: gold, name: files}
    other: {catalog_name: other, schema_name: gold, name: files, volume_type: EXTERNAL, storage_location: 's3://x'}
";
    let project = project(&format!("{HEAD}{text}"));
    insta::assert_snapshot!(project.clone().target("dev").at("resources"), @r#"
    {
      "schemas": {
        "gold": {
          "catalog_name": "main",
          "name": "dev_jane_doe_gold",
          "grants": [
            {
              "principal": "analysts",
              "privileges": [
                "SELECT",
                "USE_SCHEMA"
              ]
            }
          ]
        }
      },
      "volumes": {
        "files": {
          "catalog_name": "main",
          "schema_name": "${resources.schemas.gold.name}",
          "name": "files",
          "volume_type": "MANAGED",
          "volume_path": "/Volumes/main/dev_jane_doe_gold/files"
        },
        "other": {
          "catalog_name": "other",
          "schema_name": "gold",
          "name": "files",
          "volume_type": "EXTERNAL",
          "storage_location": "s3://x",
          "volume_path": "/Volumes/other/gold/files"
        }
      }
    }
    "#);
    insta::assert_snapshot!(project.target("prod").at("resources.schemas.gold.name"), @r#""gold""#);
}

#[test]
fn paths_follow_the_files_that_they_stand_in() {
    let text = "include: [a/b/*.yml]\nsync: {paths: ['.', ../shared], exclude: ['*.tmp']}\n";
    let project = project(&format!("{HEAD}{text}"))
        .file("a/b/job.yml", "sync: {include: [data/*], exclude: ['!keep.tmp']}\nresources: {jobs: {j: {tasks: [{task_key: a, sql_task: {warehouse_id: w, file: {path: ../../../shared/x.sql}}}]}}}\n")
        .file("../shared/x.sql", "SELECT 1")
        .with(|inputs| {
            inputs.git = Some(Some(super::super::GitCheckout {
                origin_url: Some("https://git.test/x.git".to_owned()),
                branch: Some("main".to_owned()),
                commit: Some("abc".to_owned()),
                bundle_root_path: "products/shop".to_owned(),
            }));
        });
    let bundle = project.bundle();
    assert_eq!(bundle.sync.root, "..");
    insta::assert_snapshot!(format!("{:?}", bundle.sync), @r#"SyncRules { root: "..", bundle_root: Some("shop"), paths: [".", "../shared"], include: ["shop/a/b/data/*"], exclude: ["shop/*.tmp", "!shop/a/b/keep.tmp"] }"#);
    insta::assert_snapshot!(project.at("resources.jobs.j.tasks"), @r#"
    [
      {
        "task_key": "a",
        "sql_task": {
          "warehouse_id": "w",
          "file": {
            "path": "/Workspace/Users/jane.doe@example.com/.bundle/shop/default/files/shared/x.sql"
          }
        }
      }
    ]
    "#);
    insta::assert_snapshot!(project.at("bundle.git"), @r#"
    {
      "actual_branch": "main",
      "commit": "abc",
      "bundle_root_path": "products/shop",
      "branch": "main",
      "origin_url": "https://git.test/x.git"
    }
    "#);
}

#[test]
fn variables_by_precedence() {
    let text = "
variables:
  a: {default: root}
  b: {default: root}
  c: {default: root}
  d: {default: root}
  e: {default: root, lookup: {warehouse: 'Starter ${var.a}'}}
  f: {default: 0777}
  g: {type: complex, default: [1, '${var.f}']}
  h: {default: '${workspace.current_user.short_name}/${bundle.git.branch}'}
targets:
  dev:
    variables: {a: target, c: {default: target}}
";
    let file = ".databricks/bundle/dev/variable-overrides.json";
    let project = project(&format!("{HEAD}{text}"))
        .file(file, r#"{"b": "file", "c": "file", "d": "file"}"#)
        .flag("c", "flag")
        .with(|inputs| {
            inputs
                .variable_environment
                .insert("c".to_owned(), "environment".to_owned());
            inputs
                .variable_environment
                .insert("d".to_owned(), "environment".to_owned());
            inputs
                .variable_binding
                .insert("d".to_owned(), sluice_model::Tree::from("binding"));
            inputs
                .variable_binding
                .insert("f".to_owned(), sluice_model::Tree::from(7));
        });
    let bundle = project.bundle();
    let values: Vec<String> = bundle
        .config
        .get("variables")
        .and_then(sluice_model::Tree::as_mapping)
        .unwrap()
        .iter()
        .map(|(name, variable)| format!("{name}={}", variable.get("value").unwrap().to_json()))
        .collect();
    assert_eq!(
        values.join(" "),
        r#"a="target" b="file" c="flag" d="environment" e="id-of-warehouse-Starter target" f=7 g=[1,7] h="jane_doe/""#
    );
}

#[test]
fn paths_of_volumes_are_known_at_once() {
    let text = "
resources:
  schemas: {raw: {catalog_name: main, name: raw}}
  volumes: {files: {catalog_name: main, schema_name: raw, name: files}}
  jobs: {load: {parameters: [{name: source, default: '${resources.volumes.files.volume_path}/in'}]}}
";
    insta::assert_snapshot!(project(&format!("{HEAD}{text}")).at("resources.jobs.load.parameters"), @r#"
    [
      {
        "name": "source",
        "default": "/Volumes/main/raw/files/in"
      }
    ]
    "#);
}

#[test]
fn what_a_lookup_finds_is_judged_when_it_is_known() {
    let text = "
bundle: {name: shop}
variables: {team: {lookup: {job: team}}, retries: {lookup: {job: '3'}}}
workspace: {root_path: '/Workspace/Shared/${var.team}'}
targets: {dev: {mode: production, workspace: {root_path: '/${var.team}'}}}
";
    insta::assert_snapshot!(project(text).findings(), @r"
    refused
    error: `workspace.root_path` is `/id-of-job-team`, which is no folder of the workspace
      at workspace.root_path
      in databricks.yml:5:58
      help: start it with `/Workspace/` or `~/`
    ");
    let text = text.replace("'/${var.team}'", "'/Workspace/${var.team}'");
    assert_eq!(project(&text).bundle().workspace.root_path, "/Workspace/id-of-job-team");
}

#[test]
fn a_chain_of_a_thousand_jobs_is_resolved() {
    let mut text = String::from("resources:\n  jobs:\n");
    for job in 0..1000 {
        let needs = if job > 0 {
            format!("'${{resources.jobs.j{}.id}}'", job - 1)
        } else {
            "7".to_owned()
        };
        text.push_str(&format!(
            "    j{job}: {{name: j{job}, tasks: [{{task_key: a, run_job_task: {{job_id: {needs}}}}}]}}\n"
        ));
    }
    let project = project(&format!("{HEAD}{text}"));
    let jobs = project
        .bundle()
        .config
        .get("resources")
        .unwrap()
        .get("jobs")
        .unwrap()
        .clone();
    assert_eq!(jobs.as_mapping().unwrap().len(), 1000);
}

#[test]
fn resolution_is_the_same_every_time() {
    let text = "resources: {schemas: {b: {name: b, catalog_name: c}, a: {name: a, catalog_name: c}}}\n";
    let project = project(&format!("{HEAD}{text}"));
    assert_eq!(json(&project.bundle().config), json(&project.bundle().config));
}

#[test]
fn fields_of_jobs_are_known() {
    let text = "
targets: {dev: {run_as: {user_name: someone}}}
resources:
  jobs:
    all:
      name: all
      description: x
      timeout_seconds: 3600
      email_notifications: {on_failure: [a@example.com], no_alert_for_skipped_runs: yes}
      webhook_notifications: {on_failure: [{id: abc}]}
      notification_settings: {no_alert_for_canceled_runs: 'false'}
      health: {rules: [{metric: RUN_DURATION_SECONDS, op: GREATER_THAN, value: '600'}]}
      trigger: {periodic: {interval: 1, unit: DAYS}}
      performance_target: PERFORMANCE_OPTIMIZED
      tags: {cost: 12, live: true}
      job_clusters:
        - job_cluster_key: main
          new_cluster:
            spark_version: 15.4.x-scala2.12
            node_type_id: i3.xlarge
            autoscale: {min_workers: 1, max_workers: 4}
            spark_conf: {spark.sql.shuffle.partitions: 8}
            data_security_mode: SINGLE_USER
      tasks:
        - task_key: python
          job_cluster_key: main
          libraries: [{pypi: {package: pandas==2.2.0}}, {whl: /Volumes/a/b/c/x.whl}]
          spark_python_task: {python_file: dbfs:/x.py, parameters: [--day, '{{job.start_time.iso_date}}']}
          retry_on_timeout: false
          min_retry_interval_millis: 1000
        - task_key: choose
          depends_on: [{task_key: python, outcome: 'true'}]
          run_if: AT_LEAST_ONE_SUCCESS
          condition_task: {left: '{{tasks.python.values.n}}', op: GREATER_THAN, right: 0}
        - task_key: other
          run_job_task: {job_id: '${resources.jobs.other.id}', job_parameters: {day: x}}
    other:
      tasks:
        - task_key: wheel
          environment_key: default
          python_wheel_task: {package_name: shop, entry_point: main, named_parameters: {a: b}}
      environments:
        - environment_key: default
          spec: {environment_version: 2, dependencies: [shop==1.0.0]}
";
    let project = project(&format!("{HEAD}{text}"));
    assert_eq!(project.findings(), "resolved\n");
    let job = project
        .bundle()
        .config
        .get("resources")
        .unwrap()
        .get("jobs")
        .unwrap()
        .get("all")
        .unwrap()
        .clone();
    // Words and numbers in quotes, and quotes forgotten, take the type of their field.
    insta::assert_snapshot!(job.get("tags").unwrap().to_json(), @r#"{"cost":"12","live":"true"}"#);
    insta::assert_snapshot!(job.get("health").unwrap().to_json(), @r#"{"rules":[{"metric":"RUN_DURATION_SECONDS","op":"GREATER_THAN","value":600}]}"#);
    insta::assert_snapshot!(job.get("email_notifications").unwrap().to_json(), @r#"{"on_failure":["a@example.com"],"no_alert_for_skipped_runs":true}"#);
    insta::assert_snapshot!(job.get("run_as").unwrap().to_json(), @r#"{"user_name":"someone"}"#);
}

/// The files of the product that ships with Sluice.
fn product() -> Project {
    let read = |path: &str| {
        let path = format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let rendered = |path: &str| {
        read(&format!("blueprints/data-product/template/{path}"))
            .replace("{{.product_name}}", "flight-punctuality")
            .replace("{{.schema_prefix}}", "flights")
            .replace("{{.warehouse}}", "Sluice Starter Warehouse")
            .replace("{{.description}}", "Punctuality")
            .replace("{{.dev_host}}", "http://127.0.0.1:7341")
            .replace("{{.qa_host}}", "http://127.0.0.1:7342")
            .replace("{{.prod_host}}", "http://127.0.0.1:7343")
    };
    let mut project = project(&rendered("databricks.yml.tmpl"))
        .file("resources/schemas.yml", &rendered("resources/schemas.yml.tmpl"))
        .file("resources/volumes.yml", &rendered("resources/volumes.yml.tmpl"))
        .file("catalog/warehouse.yml", &rendered("catalog/warehouse.yml"));
    // What capture writes of the tables and the job that the demo's engineer makes.
    for (folder, file) in [
        ("catalog", "bronze.yml"),
        ("catalog", "silver.yml"),
        ("catalog", "gold.yml"),
        ("resources", "flight_punctuality.job.yml"),
    ] {
        let text = read(&format!("crates/sluice-bundle/src/language/tests/product/{file}"));
        project = project.file(&format!("{folder}/{file}"), &text);
    }
    for path in [
        "src/bronze/load.py",
        "src/silver/flights_enriched.sql",
        "src/gold/carrier_month_punctuality.sql",
        "src/gold/weather_delay.sql",
        "src/checks/reconcile.py",
    ] {
        project = project.file(path, &read(&format!("demo/engineer/{path}")));
    }
    project
}

#[test]
fn the_product_of_the_demo() {
    let project = product();
    for target in ["sandbox", "dev", "qa", "prod"] {
        let bundle = project.clone().target(target).bundle();
        let name = bundle
            .config
            .get("resources")
            .and_then(|resources| resources.get("schemas")?.get("gold")?.get("name"));
        let prefix = if target == "sandbox" { "dev_jane_doe_" } else { "" };
        assert_eq!(
            name.and_then(sluice_model::Tree::as_str),
            Some(format!("{prefix}flights_gold").as_str())
        );
        let warehouse = bundle.catalog.get("warehouse_id").and_then(sluice_model::Tree::as_str);
        assert_eq!(warehouse, Some("id-of-warehouse-Sluice Starter Warehouse"));
        let tables = bundle
            .catalog
            .get("tables")
            .and_then(sluice_model::Tree::as_mapping)
            .unwrap();
        assert_eq!(tables.len(), 8, "{target}");
    }
    insta::assert_snapshot!(project.target("prod").at("resources.jobs.flight_punctuality.tasks"), @r#"
    [
      {
        "task_key": "bronze",
        "notebook_task": {
          "notebook_path": "/Workspace/Users/jane.doe@example.com/.bundle/flight-punctuality/prod/files/src/bronze/load"
        }
      },
      {
        "task_key": "checks",
        "environment_key": "default",
        "depends_on": [
          {
            "task_key": "gold_carrier_month"
          },
          {
            "task_key": "gold_weather"
          }
        ],
        "spark_python_task": {
          "parameters": [
            "{{job.parameters.bronze}}",
            "{{job.parameters.silver}}",
            "{{job.parameters.gold}}"
          ],
          "python_file": "/Workspace/Users/jane.doe@example.com/.bundle/flight-punctuality/prod/files/src/checks/reconcile.py"
        }
      },
      {
        "task_key": "gold_carrier_month",
        "depends_on": [
          {
            "task_key": "silver"
          }
        ],
        "sql_task": {
          "parameters": {
            "gold": "{{job.parameters.gold}}",
            "silver": "{{job.parameters.silver}}"
          },
          "file": {
            "path": "/Workspace/Users/jane.doe@example.com/.bundle/flight-punctuality/prod/files/src/gold/carrier_month_punctuality.sql"
          },
          "warehouse_id": "id-of-warehouse-Sluice Starter Warehouse"
        }
      },
      {
        "task_key": "gold_weather",
        "depends_on": [
          {
            "task_key": "silver"
          }
        ],
        "sql_task": {
          "parameters": {
            "bronze": "{{job.parameters.bronze}}",
            "gold": "{{job.parameters.gold}}",
            "silver": "{{job.parameters.silver}}"
          },
          "file": {
            "path": "/Workspace/Users/jane.doe@example.com/.bundle/flight-punctuality/prod/files/src/gold/weather_delay.sql"
          },
          "warehouse_id": "id-of-warehouse-Sluice Starter Warehouse"
        }
      },
      {
        "task_key": "silver",
        "depends_on": [
          {
            "task_key": "bronze"
          }
        ],
        "notebook_task": {
          "notebook_path": "/Workspace/Users/jane.doe@example.com/.bundle/flight-punctuality/prod/files/src/silver/flights_enriched",
          "warehouse_id": "id-of-warehouse-Sluice Starter Warehouse"
        }
      }
    ]
    "#);
}
