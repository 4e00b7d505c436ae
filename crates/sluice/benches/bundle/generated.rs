//! Bundles made for measuring.

use std::fs;
use std::path::Path;

const ROOT: &str = "bundle:
  name: NAME

include:
  - resources/*.yml

variables:
  catalog:
    default: main

targets:
  dev:
    default: true
";

const JOB: &str = "resources:
  jobs:
    job_NUMBER:
      name: job NUMBER of ${var.catalog}
      description: Made for measuring
      tags:
        team: data
        number: \"NUMBER\"
      parameters:
        - name: catalog
          default: ${var.catalog}
      job_clusters:
        - job_cluster_key: main
          new_cluster:
            spark_version: 15.4.x-scala2.12
            node_type_id: i3.xlarge
            num_workers: 2
      tasks:
        - task_key: first
          job_cluster_key: main
          notebook_task:
            notebook_path: ../src/notebook.py
        - task_key: second
          depends_on:
            - task_key: first
          job_cluster_key: main
          notebook_task:
            notebook_path: ../src/notebook.py
            base_parameters:
              target: ${bundle.target}
";

/// A bundle of this many jobs, each in a file of its own.
pub(crate) fn jobs(directory: &Path, name: &str, count: usize) {
    for part in ["resources", "src"] {
        fs::create_dir_all(directory.join(part)).unwrap();
    }
    fs::write(directory.join("databricks.yml"), ROOT.replace("NAME", name)).unwrap();
    fs::write(
        directory.join("src/notebook.py"),
        "# Databricks notebook source\nprint(1)\n",
    )
    .unwrap();
    for number in 0..count {
        let number = format!("{number:05}");
        let file = directory.join(format!("resources/job_{number}.yml"));
        fs::write(file, JOB.replace("NUMBER", &number)).unwrap();
    }
}

/// A bundle of one job beside this many small files, a hundred in a folder.
pub(crate) fn many_files(directory: &Path, name: &str, count: usize) {
    jobs(directory, name, 1);
    for number in 0..count {
        let folder = directory.join(format!("data/{:03}", number / 100));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{number:05}.txt")), format!("{number}\n")).unwrap();
    }
}
