//! Runs: tasks really run, each in a sandboxed process of its own, and every state is written down.
#![expect(clippy::unwrap_used, reason = "a step of a test that fails is a failing test")]

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Client, Environment};

pub(crate) const HOME: &str = "/Users/engineer@sluice.test";

pub(crate) async fn upload(client: &Client, name: &str, text: &str) {
    let path = format!("/api/2.0/workspace-files/import-file{HOME}/{name}?overwrite=true");
    let answer = client.send(client.request("POST", &path).body(text.to_owned())).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
}

pub(crate) fn notebook(key: &str, name: &str) -> Value {
    json!({"task_key": key, "notebook_task": {"notebook_path": format!("{HOME}/{name}")}})
}

pub(crate) fn python(key: &str, name: &str, parameters: &[&str]) -> Value {
    json!({"task_key": key, "spark_python_task": {"python_file": format!("{HOME}/{name}"), "parameters": parameters}})
}

pub(crate) fn after(mut task: Value, keys: &[&str]) -> Value {
    task["depends_on"] = keys.iter().map(|key| json!({"task_key": key})).collect();
    task
}

pub(crate) async fn create(client: &Client, settings: Value) -> i64 {
    client.post("/api/2.2/jobs/create", settings).await.ok()["job_id"]
        .as_i64()
        .unwrap()
}

pub(crate) async fn start(client: &Client, job_id: i64, mut body: Value) -> i64 {
    body["job_id"] = json!(job_id);
    client.post("/api/2.2/jobs/run-now", body).await.ok()["run_id"]
        .as_i64()
        .unwrap()
}

pub(crate) async fn get(client: &Client, run_id: i64) -> Value {
    client
        .get(&format!("/api/2.2/jobs/runs/get?run_id={run_id}"))
        .await
        .ok()
}

/// Polls until `done` says so; a run that never gets there fails the test.
pub(crate) async fn wait(client: &Client, run_id: i64, done: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..600 {
        let run = get(client, run_id).await;
        if done(&run) {
            return run;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the run did not get there: {:#}", get(client, run_id).await);
}

pub(crate) async fn finish(client: &Client, run_id: i64) -> Value {
    wait(client, run_id, |run| run["status"]["state"] == "TERMINATED").await
}

/// Creates a job, runs it once and waits for its end.
pub(crate) async fn run(client: &Client, settings: Value, body: Value) -> Value {
    let job_id = create(client, settings).await;
    let run_id = start(client, job_id, body).await;
    finish(client, run_id).await
}

pub(crate) async fn output(client: &Client, run: &Value, task: usize) -> Value {
    let id = &run["tasks"][task]["run_id"];
    client
        .get(&format!("/api/2.2/jobs/runs/get-output?run_id={id}"))
        .await
        .ok()
}

pub(crate) fn result(run: &Value) -> (&str, &str, &str) {
    let text = |value: &'static str, name: &str| run[value][name].as_str().unwrap_or_default();
    let code = run["status"]["termination_details"]["code"]
        .as_str()
        .unwrap_or_default();
    (text("state", "life_cycle_state"), text("state", "result_state"), code)
}

#[tokio::test]
async fn notebooks_pass_values_on_and_their_exit_value_is_the_result() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    upload(
        &engineer,
        "first.py",
        r#"# Databricks notebook source
dbutils.widgets.text("day", "never")
dbutils.widgets.text("own", "default")

# COMMAND ----------

# MAGIC %run ./shared $greeting="hello"

# COMMAND ----------

print(greet(dbutils.widgets.get("day")))
dbutils.jobs.taskValues.set("count", 3)
child = dbutils.notebook.run("child", 60, {"x": "4"})
dbutils.notebook.exit(f"{dbutils.widgets.get('day')} {dbutils.widgets.get('own')} {child}")
print("never printed")
"#,
    )
    .await;
    upload(
        &engineer,
        "shared.py",
        "# Databricks notebook source\ndef greet(x):\n    return dbutils.widgets.get('greeting') + ' ' + x\n",
    )
    .await;
    upload(&engineer, "child.py", "# Databricks notebook source\ntry:\n    dbutils.notebook.exit(int(dbutils.widgets.get('x')) * 2)\nexcept Exception:\n    pass\n").await;
    upload(&engineer, "second.py", "# Databricks notebook source\nn = dbutils.jobs.taskValues.get('first', 'count')\ndbutils.notebook.exit(f\"{n + 1} {dbutils.widgets.get('ref')}\")\n").await;
    let mut first = notebook("first", "first");
    first["notebook_task"]["base_parameters"] = json!({"day": "lost to the job parameter"});
    let mut second = after(notebook("second", "second"), &["first"]);
    second["notebook_task"]["base_parameters"] =
        json!({"ref": "{{tasks.first.values.count}}/{{job.parameters.day}}/{{task.name}}"});
    let settings = json!({"name": "n", "tasks": [first, second], "parameters": [{"name": "day", "default": "monday"}]});
    let run = run(&engineer, settings, json!({"job_parameters": {"day": "tuesday"}})).await;
    let outputs = (output(&engineer, &run, 0).await, output(&engineer, &run, 1).await);
    assert_eq!(result(&run), ("TERMINATED", "SUCCESS", "SUCCESS"), "{outputs:#?}");
    assert_eq!(
        outputs.0["notebook_output"],
        json!({"truncated": false, "result": "tuesday default 8"})
    );
    assert_eq!(outputs.0["logs"], "hello tuesday\n");
    assert_eq!(outputs.1["notebook_output"]["result"], "4 3/tuesday/second");
    assert_eq!(
        run["job_parameters"],
        json!([{"name": "day", "default": "monday", "value": "tuesday"}])
    );
    assert_eq!(
        run["tasks"][1]["resolved_values"]["notebook_task"]["base_parameters"]["ref"],
        "3/tuesday/second"
    );
    let both = engineer
        .get(&format!("/api/2.2/jobs/runs/get-output?run_id={}", run["run_id"]))
        .await;
    assert_eq!(
        both.error(),
        (400, "INVALID_PARAMETER_VALUE".to_owned()),
        "the output of a run with two tasks"
    );
}

#[tokio::test]
async fn a_python_file_gets_arguments_its_own_path_and_the_modules_beside_it() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    upload(&engineer, "main.py", "import sys\nfrom helper import double\nfrom pathlib import Path\nif __name__ == '__main__':\n    print(sys.argv[1:], double(int(sys.argv[2])), Path(__file__).name, Path('data.txt').read_text())\n    Path(__file__).write_text('changed')\n").await;
    upload(&engineer, "helper.py", "def double(x):\n    return 2 * x\n").await;
    upload(&engineer, "data.txt", "content").await;
    let run = run(
        &engineer,
        json!({"tasks": [python("t", "main.py", &["{{job.id}}", "21"])]}),
        json!({}),
    )
    .await;
    let output = output(&engineer, &run, 0).await;
    assert_eq!(result(&run), ("TERMINATED", "FAILED", "RUN_EXECUTION_ERROR"));
    let logs = output["logs"].as_str().unwrap();
    let expected = format!("['{}', '21'] 42 main.py content\n", run["job_id"]);
    assert!(logs.starts_with(&expected), "{logs}");
    assert!(
        output["error"].as_str().unwrap().starts_with("PermissionError"),
        "its files cannot be written: {output:#}"
    );
}

#[tokio::test]
async fn a_session_is_made_when_a_task_first_wants_one() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let lazy = "import sys\nassert 'pyspark' not in sys.modules\nassert spark.range(3).count() == 3\nassert 'pyspark' in sys.modules\nfrom pyspark.sql.connect.session import SparkSession\nassert isinstance(spark, SparkSession)\nassert table is not None and sql('SELECT 7').collect()[0][0] == 7\n";
    let library = "from helper import active\nassert active().sql('SELECT 8').collect()[0][0] == 8\nassert active() is spark.range(1).sparkSession\nimport pandas as pd\nassert spark.createDataFrame(pd.DataFrame({'a': [1, 2]})).count() == 2\n";
    upload(&engineer, "lazy.py", lazy).await;
    upload(&engineer, "library.py", library).await;
    upload(
        &engineer,
        "helper.py",
        "from pyspark.sql import SparkSession\ndef active():\n    return SparkSession.getActiveSession()\n",
    )
    .await;
    let tasks = json!({"tasks": [python("lazy", "lazy.py", &[]), python("library", "library.py", &[])]});
    let run = run(&engineer, tasks, json!({})).await;
    let outputs = (output(&engineer, &run, 0).await, output(&engineer, &run, 1).await);
    assert_eq!(result(&run), ("TERMINATED", "SUCCESS", "SUCCESS"), "{outputs:#?}");
}

#[tokio::test]
async fn a_failing_task_tells_where_and_keeps_what_depends_on_it_from_running() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    upload(
        &engineer,
        "bad.py",
        "# Databricks notebook source\nx = 1\n\n# COMMAND ----------\n\ny = x / 0\n",
    )
    .await;
    upload(&engineer, "ok.py", "# Databricks notebook source\nprint('ran')\n").await;
    let mut always = after(notebook("always", "ok"), &["bad"]);
    always["run_if"] = json!("ALL_DONE");
    let tasks = json!([notebook("bad", "bad"), after(notebook("never", "ok"), &["bad"]), always]);
    let run = run(&engineer, json!({"tasks": tasks}), json!({})).await;
    assert_eq!(result(&run), ("TERMINATED", "FAILED", "RUN_EXECUTION_ERROR"));
    assert_eq!(
        run["state"]["state_message"],
        "Task bad failed with message: ZeroDivisionError: division by zero"
    );
    assert_eq!(result(&run["tasks"][1]), ("TERMINATED", "UPSTREAM_FAILED", "SKIPPED"));
    assert_eq!(result(&run["tasks"][2]), ("TERMINATED", "SUCCESS", "SUCCESS"));
    let output = output(&engineer, &run, 0).await;
    assert_eq!(output["error"], "ZeroDivisionError: division by zero");
    let trace = output["error_trace"].as_str().unwrap();
    assert!(
        trace.contains(&format!("File \"{HOME}/bad\", line 6")) && trace.contains("y = x / 0"),
        "{trace}"
    );
    assert!(
        !trace.contains("sluice_driver"),
        "only the notebook's own frames: {trace}"
    );
}

#[tokio::test]
async fn a_task_reaches_nothing_but_its_own() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let workspace = environment.workspaces.workspace("dev").unwrap();
    let gateway = workspace.compute.gateway().await.unwrap();
    let store = workspace.directory.join("store.sqlite");
    let managed = workspace.managed_directory().join("table");
    std::fs::create_dir_all(&managed).unwrap();
    std::fs::write(managed.join("part.parquet"), "x").unwrap();
    let other = workspace.directory.join("tasks").join("other");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::write(other.join("secret.txt"), "x").unwrap();
    let own = std::process::id();
    upload(
        &engineer,
        "attack.py",
        r#"
import ctypes, os, resource, shutil, socket, sys, tempfile
store, delta, other, engine, process = sys.argv[1:]
def attempt(name, action):
    try:
        action()
        print(name, "ALLOWED")
    except Exception as error:
        print(name, type(error).__name__)
def connect(port):
    socket.create_connection(("127.0.0.1", int(port)), timeout=5).close()
def bind():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0)); s.listen()
attempt("store", lambda: open(store, "rb").read(1))
attempt("store-write", lambda: open(store, "ab"))
attempt("delta", lambda: open(delta).read())
attempt("delta-list", lambda: os.listdir(os.path.dirname(delta)))
attempt("other-task", lambda: open(other).read())
attempt("tasks", lambda: os.listdir(os.path.dirname(os.path.dirname(other))))
attempt("home", lambda: os.listdir(os.path.expanduser("~root")))
attempt("passwords", lambda: open("/etc/shadow").read())
attempt("environment", lambda: open(f"/proc/{process}/environ").read())
attempt("tmp", lambda: open("/tmp/sluice-escape", "w"))
attempt("volumes", lambda: open("/Volumes/dev/s/v/f"))
attempt("engine", lambda: connect(engine))
attempt("bind", bind)
attempt("signal", lambda: os.kill(int(process), 0))
attempt("guard", lambda: os.kill(os.getppid(), 0))
attempt("unix", lambda: socket.socket(socket.AF_UNIX))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC))
attempt("mptcp", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262))
def listen():
    with socket.socket() as s:
        s.listen()
def system_call(number, *arguments):
    if ctypes.CDLL(None, use_errno=True).syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")
attempt("listen", listen)
attempt("mode", lambda: os.chmod(store, 0o666))
attempt("mode-of-path", lambda: system_call(90, store.encode(), 0o666))
attempt("mode-at-path", lambda: system_call(268, -100, store.encode(), 0o666))
attempt("owner", lambda: os.chown(store, os.getuid(), os.getgid()))
attempt("attribute", lambda: os.setxattr(store, "user.x", b"x"))
attempt("limits", lambda: resource.prlimit(int(process), resource.RLIMIT_NOFILE))
attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, int(process), 1))
attempt("root", lambda: os.chroot("/usr"))
attempt("powers", lambda: os.nice(-1))
attempt("copy", lambda: shutil.copy(__file__, tempfile.gettempdir()))
attempt("own-file", lambda: tempfile.NamedTemporaryFile(mode="w").write("x"))
print(sorted(key for key in os.environ))
print(os.environ["DATABRICKS_TOKEN"])
"#,
    )
    .await;
    let text = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
    let arguments = [
        text(store),
        text(managed.join("part.parquet")),
        text(other.join("secret.txt")),
        gateway.engine_port.to_string(),
        own.to_string(),
    ];
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let run = run(
        &engineer,
        json!({"tasks": [python("t", "attack.py", &arguments)]}),
        json!({}),
    )
    .await;
    let logs = output(&engineer, &run, 0).await["logs"].as_str().unwrap().to_owned();
    assert_eq!(
        logs,
        "store PermissionError\nstore-write PermissionError\ndelta PermissionError\ndelta-list PermissionError\n\
         other-task PermissionError\ntasks PermissionError\nhome PermissionError\npasswords PermissionError\n\
         environment PermissionError\ntmp PermissionError\nvolumes FileNotFoundError\nengine PermissionError\n\
         bind PermissionError\nsignal PermissionError\nguard PermissionError\n\
         unix PermissionError\nudp PermissionError\nmptcp PermissionError\nlisten PermissionError\nmode PermissionError\n\
         mode-of-path PermissionError\nmode-at-path PermissionError\nowner PermissionError\nattribute PermissionError\n\
         limits PermissionError\npriority PermissionError\nroot PermissionError\npowers PermissionError\n\
         copy ALLOWED\nown-file ALLOWED\n\
         ['DATABRICKS_HOST', 'DATABRICKS_TOKEN', 'HOME', 'LANG', 'OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'PATH', 'SPARK_REMOTE', 'TMPDIR', 'TZ']\n\
         [REDACTED]\n"
    );
}

#[tokio::test]
async fn limits_end_a_task_with_a_reason() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    upload(&engineer, "memory.py", "x = bytearray(6 << 30)\n").await;
    upload(&engineer, "log.py", "for _ in range(300):\n    print('x' * 9999)\n").await;
    upload(&engineer, "flood.py", "while True:\n    print('x' * 99999)\n").await;
    upload(&engineer, "file.py", "import os\nwith open(os.environ['HOME'] + '/f', 'wb') as f:\n    for _ in range(40):\n        f.write(bytes(32 << 20))\n").await;
    upload(
        &engineer,
        "link.py",
        "import os, sys\nhome = os.environ['HOME']\nos.symlink(sys.argv[1], home + '/.outcome.json')\nos._exit(0)\n",
    )
    .await;
    let store = environment
        .workspaces
        .workspace("dev")
        .unwrap()
        .directory
        .join("pepper");
    let tasks = json!([
        python("memory", "memory.py", &[]),
        python("log", "log.py", &[]),
        python("flood", "flood.py", &[]),
        python("file", "file.py", &[]),
        python("link", "link.py", &[store.to_str().unwrap()]),
    ]);
    let run = run(&engineer, json!({"tasks": tasks}), json!({})).await;
    let error = async |task: usize| {
        output(&engineer, &run, task).await["error"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(error(0).await, "MemoryError");
    let log = output(&engineer, &run, 1).await;
    assert_eq!(
        (log["logs_truncated"].clone(), log["logs"].as_str().unwrap().len()),
        (json!(true), 1 << 20)
    );
    assert_eq!(result(&run["tasks"][1]).1, "SUCCESS");
    assert_eq!(error(2).await, "the task printed more than 64 MiB and was ended");
    assert_eq!(error(3).await, "OSError: [Errno 27] File too large");
    assert_eq!(
        error(4).await,
        "the task's process ended with exit code 0; it left no outcome"
    );
}

/// Whether a process with this text in its command line exists.
fn is_running(marker: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes.into_iter().any(|process| {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(marker)
    })
}

/// Starts a process in a session of its own that sleeps, and one that has lost its parent.
const LEAVE_BEHIND: &str = r#"
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)", sys.argv[1]], start_new_session=True)
subprocess.run([sys.executable, "-c", "import os, subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)', sys.argv[1]], start_new_session=True)", sys.argv[1]])
print("started")
time.sleep(float(sys.argv[2]))
"#;

#[tokio::test]
async fn nothing_of_a_task_survives_it() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    upload(&engineer, "leave.py", LEAVE_BEHIND).await;
    let marker = format!("left-{}-a", std::process::id());
    let ended = run(
        &engineer,
        json!({"tasks": [python("t", "leave.py", &[&marker, "0"])]}),
        json!({}),
    )
    .await;
    assert_eq!(result(&ended).1, "SUCCESS", "{:#}", output(&engineer, &ended, 0).await);
    assert!(!is_running(&marker), "what a finished task has left is killed");

    let marker = format!("left-{}-b", std::process::id());
    let job = create(&engineer, json!({"tasks": [python("t", "leave.py", &[&marker, "1000"]), after(python("u", "leave.py", &[&marker, "0"]), &["t"])]})).await;
    let id = start(&engineer, job, json!({})).await;
    wait(&engineer, id, |_| is_running(&marker)).await;
    engineer
        .post("/api/2.2/jobs/runs/cancel", json!({"run_id": id}))
        .await
        .ok();
    let cancelled = finish(&engineer, id).await;
    assert_eq!(result(&cancelled), ("TERMINATED", "CANCELED", "USER_CANCELED"));
    assert_eq!(
        result(&cancelled["tasks"][0]),
        ("TERMINATED", "CANCELED", "USER_CANCELED")
    );
    assert_eq!(
        result(&cancelled["tasks"][1]),
        ("TERMINATED", "CANCELED", "USER_CANCELED")
    );
    assert_eq!(cancelled["state"]["user_cancelled_or_timedout"], true);
    assert!(!is_running(&marker), "what a cancelled task has started is killed");
}

#[tokio::test]
async fn a_run_in_flight_fails_with_a_reason_when_the_workspace_stops_and_queued_ones_go_on() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    upload(&engineer, "leave.py", LEAVE_BEHIND).await;
    upload(&engineer, "quick.py", "print('quick')\n").await;
    let marker = format!("left-{}-c", std::process::id());
    let job = create(
        &engineer,
        json!({"tasks": [python("t", "leave.py", &[&marker, "1000"])]}),
    )
    .await;
    let id = start(&engineer, job, json!({})).await;
    wait(&engineer, id, |_| is_running(&marker)).await;
    let waiting = start(&engineer, job, json!({"python_params": [&marker, "0"]})).await;
    assert_eq!(get(&engineer, waiting).await["status"]["state"], "QUEUED");
    let environment = environment.restart().await;
    assert!(!is_running(&marker));
    let engineer = environment.client("engineer");
    let run = get(&engineer, id).await;
    assert_eq!(result(&run), ("INTERNAL_ERROR", "FAILED", "INTERNAL_ERROR"));
    assert!(
        run["state"]["state_message"]
            .as_str()
            .unwrap()
            .contains("the workspace was stopped")
    );
    assert_eq!(result(&run["tasks"][0]).0, "INTERNAL_ERROR");
    assert_eq!(result(&finish(&engineer, waiting).await).1, "SUCCESS");
}

#[tokio::test]
async fn timeouts_retries_queueing_and_tokens() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    upload(
        &engineer,
        "sleep.py",
        "import sys, time\ntime.sleep(float(sys.argv[1]))\n",
    )
    .await;
    upload(&engineer, "fail.py", "raise RuntimeError('again')\n").await;
    let mut slow = python("slow", "sleep.py", &["1000"]);
    slow["timeout_seconds"] = json!(1);
    let mut retried = python("retried", "fail.py", &[]);
    retried["max_retries"] = json!(2);
    let ended = run(&engineer, json!({"tasks": [slow, retried]}), json!({})).await;
    assert_eq!(result(&ended["tasks"][0]), ("TERMINATED", "TIMEDOUT", "CANCELED"));
    assert_eq!(ended["tasks"][1]["attempt_number"], 2);
    assert_eq!(output(&engineer, &ended, 1).await["error"], "RuntimeError: again");
    let whole = run(
        &engineer,
        json!({"timeout_seconds": 1, "tasks": [python("t", "sleep.py", &["1000"])]}),
        json!({}),
    )
    .await;
    assert_eq!(result(&whole), ("TERMINATED", "TIMEDOUT", "CANCELED"));

    let job = create(&engineer, json!({"tasks": [python("t", "sleep.py", &["2"])]})).await;
    let first = start(&engineer, job, json!({"idempotency_token": "one"})).await;
    assert_eq!(start(&engineer, job, json!({"idempotency_token": "one"})).await, first);
    let second = start(&engineer, job, json!({})).await;
    let skipped = start(&engineer, job, json!({"queue": {"enabled": false}})).await;
    assert_eq!(get(&engineer, second).await["state"]["life_cycle_state"], "QUEUED");
    assert_eq!(
        result(&get(&engineer, skipped).await),
        (
            "SKIPPED",
            "MAXIMUM_CONCURRENT_RUNS_REACHED",
            "MAX_CONCURRENT_RUNS_EXCEEDED"
        )
    );
    let second = finish(&engineer, second).await;
    assert_eq!(
        (result(&second).1, second["number_in_job"].clone()),
        ("SUCCESS", json!(2))
    );
    let first = get(&engineer, first).await;
    assert!(
        second["tasks"][0]["start_time"].as_i64() >= first["end_time"].as_i64(),
        "one after the other"
    );
    let list = engineer
        .get(&format!("/api/2.2/jobs/runs/list?job_id={job}&limit=2"))
        .await
        .ok();
    let numbers: Vec<_> = list["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["number_in_job"].clone())
        .collect();
    assert_eq!(
        (numbers, list["has_more"].clone()),
        (vec![json!(3), json!(2)], json!(true))
    );
}

#[tokio::test]
async fn only_who_may_runs_a_job_and_sees_its_runs() {
    let environment = Environment::start().await;
    let (engineer, analyst) = (environment.client("engineer"), environment.client("analyst"));
    upload(&engineer, "quick.py", "print('quick')\n").await;
    let job = create(&engineer, json!({"tasks": [python("t", "quick.py", &[])]})).await;
    assert_eq!(
        analyst
            .post("/api/2.2/jobs/run-now", json!({"job_id": job}))
            .await
            .status,
        403
    );
    let id = start(&engineer, job, json!({})).await;
    let path = format!("/api/2.2/jobs/runs/get?run_id={id}");
    assert_eq!(analyst.get(&path).await.status, 403);
    let view = json!({"access_control_list": [{"user_name": "analyst@sluice.test", "permission_level": "CAN_VIEW"}]});
    engineer
        .patch(&format!("/api/2.0/permissions/jobs/{job}"), view)
        .await
        .ok();
    analyst.get(&path).await.ok();
    assert_eq!(
        analyst
            .post("/api/2.2/jobs/run-now", json!({"job_id": job}))
            .await
            .status,
        403
    );
    assert_eq!(
        analyst
            .post("/api/2.2/jobs/runs/cancel", json!({"run_id": id}))
            .await
            .status,
        403
    );
    finish(&engineer, id).await;
    assert_eq!(
        engineer.get("/api/2.2/jobs/runs/get?run_id=1").await.json()["message"],
        "Run 1 does not exist."
    );
    let refused = engineer
        .post("/api/2.2/jobs/run-now", json!({"job_id": job, "jar_params": ["x"]}))
        .await;
    assert_eq!(refused.error(), (501, "NOT_IMPLEMENTED".to_owned()));
}

const SETUP: &str = r#"-- Databricks notebook source
CREATE WIDGET TEXT schema DEFAULT 'dev.unset'

-- COMMAND ----------

CREATE TABLE IDENTIFIER(:schema || '.readings') (sensor STRING, value DOUBLE);
CREATE TABLE IDENTIFIER(:schema || '.means') (sensor STRING, mean DOUBLE, n BIGINT)

-- COMMAND ----------

-- MAGIC %python
-- MAGIC schema = dbutils.widgets.get("schema")
-- MAGIC volume = "/Volumes/" + schema.replace(".", "/") + "/landing"
-- MAGIC dbutils.fs.mkdirs(volume + "/in")
-- MAGIC dbutils.fs.put(volume + "/in/readings.csv", "sensor,value\na,1\na,2\nb,NA\nb,5\n", True)
-- MAGIC dbutils.fs.cp(volume + "/in/readings.csv", volume + "/copy.csv")
-- MAGIC print([(entry.name, entry.size) for entry in dbutils.fs.ls(volume)], dbutils.fs.head(volume + "/copy.csv", 6))
-- MAGIC dbutils.fs.rm(volume + "/copy.csv")
-- MAGIC from pyspark.sql import functions as F
-- MAGIC texts = spark.read.csv(volume + "/in/readings.csv", header=True)
-- MAGIC known = F.when(texts["value"] != "NA", texts["value"]).cast("double").alias("value")
-- MAGIC texts.select("sensor", known).write.insertInto(schema + ".readings", overwrite=True)

-- COMMAND ----------

SELECT count(*) AS n, '; :none' AS text FROM IDENTIFIER(:schema || '.readings') WHERE value IS NOT NULL AND sensor >= :least

-- COMMAND ----------

-- MAGIC %python
-- MAGIC dbutils.notebook.exit(str(_sqldf.collect()))
"#;

const MEANS: &str = "-- the mean of each sensor; nulls do not count
INSERT OVERWRITE IDENTIFIER(:schema || '.means')
SELECT sensor, avg(value) AS mean, count(*) AS n FROM IDENTIFIER(:schema || '.readings') GROUP BY sensor;
SELECT * FROM IDENTIFIER(:schema || '.means') ORDER BY sensor;
";

const READ: &str = "import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print([tuple(row) for row in spark.table(sys.argv[1] + '.means').orderBy('sensor').collect()])
";

/// A schema of the engineer with the files of a small product, and the id of its job.
async fn product(environment: &Environment, schema: &str) -> i64 {
    let engineer = environment.client("engineer");
    let body = json!({"name": schema, "catalog_name": "dev"});
    engineer.post("/api/2.1/unity-catalog/schemas", body).await.ok();
    let volume = json!({"name": "landing", "schema_name": schema, "catalog_name": "dev", "volume_type": "MANAGED"});
    engineer.post("/api/2.1/unity-catalog/volumes", volume).await.ok();
    for (name, text) in [("setup.sql", SETUP), ("means.sql", MEANS), ("read.py", READ)] {
        upload(&engineer, name, text).await;
    }
    let mut setup = notebook("setup", "setup");
    setup["notebook_task"]["base_parameters"] = json!({"least": "a"});
    let sql = json!({"task_key": "means", "sql_task": {
        "warehouse_id": warehouse(&engineer).await,
        "file": {"path": format!("{HOME}/means.sql")},
        "parameters": {"schema": "{{job.parameters.schema}}"},
    }});
    let tasks = json!([
        setup,
        after(sql, &["setup"]),
        after(python("read", "read.py", &["{{job.parameters.schema}}"]), &["means"]),
    ]);
    let parameters = json!([{"name": "schema", "default": format!("dev.{schema}")}]);
    create(
        &engineer,
        json!({"name": schema, "tasks": tasks, "parameters": parameters}),
    )
    .await
}

pub(crate) async fn warehouse(client: &Client) -> String {
    let list = client.get("/api/2.0/sql/warehouses").await.ok();
    list["warehouses"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn notebooks_sql_files_and_python_files_work_on_the_same_tables() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let job = product(&environment, "sensors").await;
    let id = start(&engineer, job, json!({})).await;
    let run = finish(&engineer, id).await;
    let outputs = [
        output(&engineer, &run, 0).await,
        output(&engineer, &run, 1).await,
        output(&engineer, &run, 2).await,
    ];
    assert_eq!(result(&run), ("TERMINATED", "SUCCESS", "SUCCESS"), "{outputs:#?}");
    assert_eq!(outputs[0]["notebook_output"]["result"], "[Row(n=3, text='; :none')]");
    let logs = outputs[0]["logs"].as_str().unwrap();
    assert!(logs.starts_with("[('copy.csv', 30), ('in/', 0)] sensor"), "{logs}");
    let rows = &outputs[1]["sql_output"]["query_output"]["sql_statements"][1]["result"]["rows"];
    assert_eq!(*rows, json!([["a", "1.5", "2"], ["b", "5.0", "2"]]));
    assert_eq!(outputs[2]["logs"], "[('a', 1.5, 2), ('b', 5.0, 2)]\n");
}

#[tokio::test]
async fn a_task_has_the_grants_of_the_principal_that_its_job_runs_as() {
    let environment = Environment::start().await;
    let (engineer, analyst) = (environment.client("engineer"), environment.client("analyst"));
    let job = product(&environment, "private").await;
    let id = start(&engineer, job, json!({})).await;
    assert_eq!(result(&finish(&engineer, id).await).1, "SUCCESS");

    let own = "/api/2.0/workspace-files/import-file/Users/analyst@sluice.test";
    for (name, text) in [("read.py", READ), ("means.sql", "SELECT * FROM dev.private.means")] {
        analyst
            .send(analyst.request("POST", &format!("{own}/{name}")).body(text))
            .await
            .ok();
    }
    let file = |name: &str| format!("/Users/analyst@sluice.test/{name}");
    let tasks = json!([
        {"task_key": "python", "spark_python_task": {"python_file": file("read.py"), "parameters": ["dev.private"]}},
        {"task_key": "sql", "sql_task": {"warehouse_id": warehouse(&analyst).await, "file": {"path": file("means.sql")}}},
        {"task_key": "foreign", "spark_python_task": {"python_file": format!("{HOME}/read.py")}},
    ]);
    let settings = json!({"name": "peek", "tasks": tasks});
    let refused = run(&analyst, settings, json!({})).await;
    for (task, expected) in [
        (0, "does not have SELECT on Table 'dev.private.means'"),
        (1, "does not have SELECT on Table 'dev.private.means'"),
        (2, "read.py"),
    ] {
        let error = output(&analyst, &refused, task).await["error"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(error.contains(expected), "task {task}: {error}");
        assert_eq!(result(&refused["tasks"][task]).1, "FAILED");
    }
}
