"""Jobs and their runs: notebooks, SQL files and Python files really run."""

import base64

import pytest
from databricks.sdk.errors import InvalidParameterValue, PermissionDenied, ResourceDoesNotExist
from databricks.sdk.service.jobs import (
    JobAccessControlRequest,
    JobParameterDefinition,
    JobPermissionLevel,
    JobSettings,
    NotebookTask,
    RunResultState,
    SparkPythonTask,
    SqlTask,
    SqlTaskFile,
    Task,
    TaskDependency,
)
from databricks.sdk.service.workspace import ImportFormat, Language

pytestmark = pytest.mark.witness("executes")

NOTEBOOK = """# Databricks notebook source
dbutils.widgets.text("who", "nobody")
rows = spark.sql("SELECT 41 + 1 AS answer").collect()
dbutils.jobs.taskValues.set("answer", rows[0]["answer"])
dbutils.notebook.exit(f"{dbutils.widgets.get('who')}: {rows[0]['answer']}")
"""
FAILING = "# Databricks notebook source\nraise ValueError('on purpose')\n"
SLEEPING = "# Databricks notebook source\nimport time\ntime.sleep(600)\n"


@pytest.fixture
def folder(engineer, name):
    """A folder of the engineer with what the tasks run."""
    path = f"/Workspace/Users/engineer@sluice.test/{name}"
    engineer.workspace.mkdirs(path)
    for notebook, text in (("good", NOTEBOOK), ("failing", FAILING), ("sleeping", SLEEPING)):
        content = base64.b64encode(text.encode()).decode()
        engineer.workspace.import_(f"{path}/{notebook}", content=content, format=ImportFormat.SOURCE, language=Language.PYTHON)
    for file, text in (("rows.sql", "SELECT 7 AS seven"), ("script.py", "import sys\nprint('script says', sys.argv[1])\n")):
        engineer.workspace.import_(f"{path}/{file}", content=base64.b64encode(text.encode()).decode(), format=ImportFormat.AUTO)
    yield path
    engineer.workspace.delete(path, recursive=True)


@pytest.fixture
def job(engineer, name):
    """Makes jobs, and removes them afterwards."""
    made = []

    def create(*tasks, **settings):
        made.append(engineer.jobs.create(name=name, tasks=list(tasks), **settings).job_id)
        return made[-1]

    yield create
    for job_id in made:
        engineer.jobs.delete(job_id)


def notebook(key, path, **options):
    """A notebook task."""
    return Task(task_key=key, notebook_task=NotebookTask(notebook_path=path), **options)


def test_a_job_is_made_read_changed_and_removed(engineer, folder, name):
    made = engineer.jobs.create(name=name, tasks=[notebook("one", f"{folder}/good")], max_concurrent_runs=3)
    settings = engineer.jobs.get(made.job_id).settings
    assert (settings.name, settings.max_concurrent_runs, settings.tasks[0].task_key) == (name, 3, "one")
    engineer.jobs.update(made.job_id, new_settings=JobSettings(max_concurrent_runs=5))
    assert engineer.jobs.get(made.job_id).settings.max_concurrent_runs == 5
    engineer.jobs.reset(made.job_id, new_settings=JobSettings(name=name + "x", tasks=[notebook("two", f"{folder}/good")]))
    settings = engineer.jobs.get(made.job_id).settings
    assert (settings.name, settings.max_concurrent_runs, settings.tasks[0].task_key) == (name + "x", 1, "two")
    assert [each.job_id for each in engineer.jobs.list(name=name + "x")] == [made.job_id]
    engineer.jobs.delete(made.job_id)
    # The service answers 400 with a text, by which the client knows this case.
    with pytest.raises(ResourceDoesNotExist):
        engineer.jobs.get(made.job_id)


def test_a_job_runs_its_tasks_in_order_and_keeps_their_output(engineer, folder, job, warehouse):
    job_id = job(
        notebook("compute", f"{folder}/good"),
        Task(
            task_key="script",
            depends_on=[TaskDependency("compute")],
            spark_python_task=SparkPythonTask(python_file=f"{folder}/script.py", parameters=["{{tasks.compute.values.answer}}"]),
            environment_key="default",
        ),
        Task(
            task_key="sql",
            depends_on=[TaskDependency("compute")],
            sql_task=SqlTask(warehouse_id=warehouse, file=SqlTaskFile(path=f"{folder}/rows.sql")),
        ),
        parameters=[JobParameterDefinition(name="who", default="default")],
    )
    run = engineer.jobs.run_now(job_id, job_parameters={"who": "somebody"}).result()
    assert run.state.result_state == RunResultState.SUCCESS, run.state.state_message
    tasks = {task.task_key: task for task in engineer.jobs.get_run(run.run_id).tasks}
    assert tasks["compute"].end_time <= tasks["script"].start_time
    assert engineer.jobs.get_run_output(tasks["compute"].run_id).notebook_output.result == "somebody: 42"
    assert "script says 42" in engineer.jobs.get_run_output(tasks["script"].run_id).logs
    assert [each.run_id for each in engineer.jobs.list_runs(job_id=job_id)] == [run.run_id]


def test_a_failure_says_why_and_stops_what_depends_on_it(engineer, folder, job):
    job_id = job(notebook("bad", f"{folder}/failing"), notebook("after", f"{folder}/good", depends_on=[TaskDependency("bad")]))
    waiter = engineer.jobs.run_now(job_id)
    run = waiter.result()
    assert run.state.result_state == RunResultState.FAILED
    tasks = {task.task_key: task for task in engineer.jobs.get_run(run.run_id).tasks}
    assert tasks["after"].state.result_state == RunResultState.UPSTREAM_FAILED
    assert "on purpose" in engineer.jobs.get_run_output(tasks["bad"].run_id).error


def test_a_run_is_cancelled(engineer, folder, job):
    run_id = engineer.jobs.run_now(job(notebook("long", f"{folder}/sleeping"))).run_id
    run = engineer.jobs.cancel_run(run_id).result()
    assert run.state.result_state == RunResultState.CANCELED


def test_a_job_belongs_to_its_owner_until_it_is_shared(engineer, analyst, folder, job):
    job_id = job(notebook("one", f"{folder}/good"))
    with pytest.raises(PermissionDenied):
        analyst.jobs.run_now(job_id)
    levels = engineer.jobs.get_permission_levels(str(job_id)).permission_levels
    assert JobPermissionLevel.CAN_MANAGE_RUN in {level.permission_level for level in levels}
    view = JobAccessControlRequest(group_name="analysts", permission_level=JobPermissionLevel.CAN_VIEW)
    engineer.jobs.update_permissions(str(job_id), access_control_list=[view])
    assert analyst.jobs.get(job_id).job_id == job_id
    with pytest.raises(PermissionDenied):
        analyst.jobs.run_now(job_id)
    owner = JobAccessControlRequest(user_name="engineer@sluice.test", permission_level=JobPermissionLevel.IS_OWNER)
    engineer.jobs.set_permissions(str(job_id), access_control_list=[owner])
    assert "analysts" not in {each.group_name for each in engineer.jobs.get_permissions(str(job_id)).access_control_list}


def test_a_job_that_cannot_be_is_refused(engineer, folder):
    circle = [notebook("a", f"{folder}/good", depends_on=[TaskDependency("b")]), notebook("b", f"{folder}/good", depends_on=[TaskDependency("a")])]
    for tasks in (circle, [notebook("a", f"{folder}/good"), notebook("a", f"{folder}/good")], [notebook("a", f"{folder}/good", depends_on=[TaskDependency("absent")])]):
        with pytest.raises(InvalidParameterValue):
            engineer.jobs.create(name="refused", tasks=tasks)
