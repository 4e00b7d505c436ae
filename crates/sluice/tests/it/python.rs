//! Resources from Python. The package `databricks-bundles`, which people install themselves, is not free to be used here: a small program of ours
//! stands in its place and speaks the same protocol. `acceptance/bundles/python` runs with the real one where somebody supplies it.

use serde_json::json;

use crate::place::Place;

/// Speaks the protocol of `python -m databricks.bundles.build`: adds a job, or puts a tag on every job.
const STAND_IN: &str = r#"
import argparse, json
parser = argparse.ArgumentParser()
for name in ("phase", "input", "output", "diagnostics", "locations"):
    parser.add_argument("--" + name)
options = parser.parse_args()
bundle = json.load(open(options.input))
jobs = bundle.setdefault("resources", {}).setdefault("jobs", {})
found = []
if options.phase == "load_resources":
    for function in bundle["python"]["resources"]:
        if function == "made:fail":
            found.append({"severity": "error", "summary": "no luck", "detail": "because", "location": {"file": "made.py", "line": 3, "column": 1}})
        elif function == "made:crash":
            raise SystemExit("crashed")
        else:
            jobs["made"] = {"name": "made ${var.word}", "tasks": [{"task_key": "a", "notebook_task": {"notebook_path": "a.py"}}]}
            open(options.locations, "w").write(json.dumps({"path": "resources.jobs.made", "file": "made.py", "line": 1, "column": 1}) + "\n")
else:
    for job in jobs.values():
        job["tags"] = dict(job.get("tags") or {}, python="1")
json.dump(bundle, open(options.output, "w"))
open(options.diagnostics, "w").write("".join(json.dumps(each) + "\n" for each in found))
raise SystemExit(1 if found else 0)
"#;

fn place(functions: &str) -> Place {
    let place = Place::new();
    place.write("databricks/bundles/build.py", STAND_IN);
    place.write("a.py", "# Databricks notebook source\nprint(1)\n");
    place.write(
        "databricks.yml",
        &format!(
            "bundle: {{name: python}}\n\
             variables: {{word: {{default: here}}}}\n\
             targets: {{dev: {{default: true, presets: {{name_prefix: 'p '}}, workspace: {{host: \"{}\"}}}}}}\n\
             python: {functions}\n\
             resources: {{jobs: {{written: {{name: written, tasks: [{{task_key: a, run_job_task: {{job_id: '${{resources.jobs.made.id}}'}}}}]}}}}}}\n",
            place.host
        ),
    );
    place
}

#[test]
fn functions_add_resources_and_change_them() {
    let place = place("{resources: ['made:load'], mutators: ['made:tag']}");
    let validated = place.sluice(&["validate", "-o", "json"]).json(0);
    let jobs = &validated["resources"]["jobs"];
    assert_eq!(jobs["made"]["name"], "p made here");
    let path = "/Workspace/Users/engineer@sluice.test/.bundle/python/dev/files/a";
    assert_eq!(jobs["made"]["tasks"][0]["notebook_task"]["notebook_path"], path);
    for job in ["made", "written"] {
        assert_eq!(jobs[job]["tags"], json!({"python": "1"}), "{job}");
    }
    assert_eq!(jobs["written"]["name"], "p written");
    let deployed = place.sluice(&["deploy", "-o", "json"]).json(0);
    assert_eq!(
        deployed["resources"]["done"],
        json!(["resources.jobs.made", "resources.jobs.written"])
    );
    let again = place.sluice(&["plan", "--detailed-exitcode"]);
    assert_eq!(again.code, Some(0), "{again:?}");
}

#[test]
fn what_functions_find_is_said_and_a_crash_with_its_last_lines() {
    let refused = place("{resources: ['made:fail']}").sluice(&["validate"]);
    let said = refused.refusal(2);
    assert!(
        said.contains("error: no luck\n  in made.py:3:1\n  help: because"),
        "{said}"
    );
    let refused = place("{resources: ['made:crash']}").sluice(&["validate"]);
    let said = refused.refusal(2);
    assert!(said.contains("ended with exit status: 1\n  crashed"), "{said}");
    let refused = place("{venv_path: .venv, resources: ['made:load']}").sluice(&["validate"]);
    let said = refused.refusal(2);
    assert!(said.contains("there is no `bin/python3` in it"), "{said}");
}
