"""Runs that steer others, are repaired, ended together, removed, or belong to no job."""

import base64
import zipfile

import pytest
from databricks.sdk.errors import InvalidParameterValue
from databricks.sdk.service.compute import Environment, Library
from databricks.sdk.service.jobs import (
    ConditionTask,
    ConditionTaskOp,
    CronSchedule,
    ForEachTask,
    JobEnvironment,
    JobParameterDefinition,
    PauseStatus,
    PythonWheelTask,
    RunIf,
    RunJobTask,
    RunLifeCycleState,
    RunResultState,
    RunType,
    SparkPythonTask,
    SubmitTask,
    Task,
    TaskDependency,
)
from databricks.sdk.service.workspace import ImportFormat

pytestmark = pytest.mark.witness("executes")


@pytest.fixture
def folder(engineer, name):
    """A folder of the engineer with what the tasks run."""
    path = f"/Workspace/Users/engineer@sluice.test/{name}"
    engineer.workspace.mkdirs(path)
    for file, text in (("say.py", "import sys\nprint('says', sys.argv[1:])\n"), ("sleep.py", "import time\ntime.sleep(600)\n")):
        engineer.workspace.import_(f"{path}/{file}", content=base64.b64encode(text.encode()).decode(), format=ImportFormat.AUTO)
    yield path
    engineer.workspace.delete(path, recursive=True)


@pytest.fixture
def job(engineer, name):
    """Makes jobs, and removes them afterwards."""
    made = []

    def create(*tasks, **settings):
        made.append(engineer.jobs.create(name=f"{name}-{len(made)}", tasks=list(tasks), **settings).job_id)
        return made[-1]

    yield create
    for job_id in made:
        engineer.jobs.delete(job_id)


def condition(key, left, op, right, **options):
    """A task that compares."""
    return Task(task_key=key, condition_task=ConditionTask(left=left, op=op, right=right), **options)


def python(file, *parameters):
    """What a Python task runs."""
    return SparkPythonTask(python_file=file, parameters=list(parameters))


def results(run):
    """The result of each task."""
    return {task.task_key: task.state.result_state for task in run.tasks}


def test_conditions_repetitions_and_other_jobs(engineer, folder, job):
    child = job(
        condition("positive", "{{job.parameters.n}}", ConditionTaskOp.GREATER_THAN, "0"),
        parameters=[JobParameterDefinition(name="n", default="0")],
    )
    each = Task(task_key="say", spark_python_task=python(f"{folder}/say.py", "{{input}}"))
    parent = job(
        condition("branch", "{{job.parameters.day}}", ConditionTaskOp.EQUAL_TO, "monday"),
        Task(
            task_key="each",
            for_each_task=ForEachTask(inputs='["a", "b"]', concurrency=2, task=each),
            depends_on=[TaskDependency("branch", outcome="true")],
        ),
        condition("other", "1", ConditionTaskOp.EQUAL_TO, "1", depends_on=[TaskDependency("branch", outcome="false")]),
        Task(
            task_key="call",
            run_job_task=RunJobTask(job_id=child, job_parameters={"n": "1"}),
            depends_on=[TaskDependency("each"), TaskDependency("other")],
            run_if=RunIf.NONE_FAILED,
        ),
        parameters=[JobParameterDefinition(name="day", default="monday")],
    )
    run = engineer.jobs.run_now(parent).result()
    assert results(run) == {
        "branch": RunResultState.SUCCESS,
        "each": RunResultState.SUCCESS,
        "other": RunResultState.EXCLUDED,
        "call": RunResultState.SUCCESS,
    }
    tasks = {task.task_key: task for task in run.tasks}
    assert tasks["branch"].condition_task.outcome == "true"
    assert tasks["each"].for_each_task.stats.task_run_stats.succeeded_iterations == 2
    iterations = engineer.jobs.get_run(tasks["each"].run_id).iterations
    logs = [engineer.jobs.get_run_output(iteration.run_id).logs for iteration in iterations]
    assert logs == ["says ['a']\n", "says ['b']\n"]
    called = engineer.jobs.get_run_output(tasks["call"].run_id).run_job_output.run_id
    assert engineer.jobs.get_run(called).state.result_state == RunResultState.SUCCESS


def test_a_failed_run_is_repaired(engineer, job):
    job_id = job(
        condition("first", "1", ConditionTaskOp.EQUAL_TO, "1"),
        condition("second", "{{job.parameters.n}}", ConditionTaskOp.LESS_THAN, "5", depends_on=[TaskDependency("first")]),
        parameters=[JobParameterDefinition(name="n", default="none")],
    )
    run = engineer.jobs.run_now(job_id).result()
    assert run.state.result_state == RunResultState.FAILED
    waiter = engineer.jobs.repair_run(run.run_id, rerun_all_failed_tasks=True, job_parameters={"n": "3"})
    repaired = waiter.result()
    assert repaired.state.result_state == RunResultState.SUCCESS
    history = engineer.jobs.get_run(run.run_id, include_history=True).repair_history
    assert [item.type.value for item in history] == ["ORIGINAL", "REPAIR"]
    with pytest.raises(InvalidParameterValue):
        engineer.jobs.repair_run(run.run_id, rerun_tasks=["first"])
    engineer.jobs.repair_run(run.run_id, rerun_tasks=["first"], latest_repair_id=history[-1].id).result()


def test_runs_of_a_job_wait_end_together_and_are_removed(engineer, folder, job):
    job_id = job(Task(task_key="long", spark_python_task=python(f"{folder}/sleep.py")))
    runs = [engineer.jobs.run_now(job_id).run_id for _ in range(2)]
    assert engineer.jobs.run_now(job_id, idempotency_token="k" + str(job_id)).run_id == engineer.jobs.run_now(job_id, idempotency_token="k" + str(job_id)).run_id
    assert engineer.jobs.get_run(runs[1]).state.life_cycle_state == RunLifeCycleState.QUEUED
    engineer.jobs.cancel_all_runs(job_id=job_id)
    for run_id in runs:
        run = engineer.jobs.wait_get_run_job_terminated_or_skipped(run_id)
        assert run.state.result_state == RunResultState.CANCELED
    engineer.jobs.delete_run(runs[0])
    assert runs[0] not in {run.run_id for run in engineer.jobs.list_runs(job_id=job_id)}


def test_tasks_run_without_a_job(engineer, folder, name):
    task = SubmitTask(task_key="say", spark_python_task=python(f"{folder}/say.py", "hello"))
    run = engineer.jobs.submit(run_name=name, tasks=[task]).result()
    assert (run.run_name, run.run_type, run.state.result_state) == (name, RunType.SUBMIT_RUN, RunResultState.SUCCESS)
    assert engineer.jobs.get_run_output(run.tasks[0].run_id).logs == "says ['hello']\n"
    assert run.run_id in {each.run_id for each in engineer.jobs.list_runs(run_type=RunType.SUBMIT_RUN)}
    assert name not in {each.settings.name for each in engineer.jobs.list()}


def test_a_wheel_is_installed_for_its_tasks(engineer, folder, job, tmp_path):
    wheel = tmp_path / "tidy_rows-2.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tidy_rows.py", "import sys\ndef main():\n    print('tidy', sys.argv[1:])\n")
        archive.writestr("tidy_rows-2.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tidy-rows\nVersion: 2.0\n")
        archive.writestr("tidy_rows-2.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tidy_rows-2.0.dist-info/entry_points.txt", "[console_scripts]\ntidy = tidy_rows:main\n")
        archive.writestr("tidy_rows-2.0.dist-info/RECORD", "")
    engineer.workspace.upload(f"{folder}/{wheel.name}", wheel.read_bytes(), format=ImportFormat.AUTO)
    task = PythonWheelTask(package_name="tidy-rows", entry_point="tidy", parameters=["{{job.parameters.day}}"])
    job_id = job(
        Task(task_key="library", python_wheel_task=task, libraries=[Library(whl=f"{folder}/{wheel.name}")]),
        Task(task_key="environment", python_wheel_task=task, environment_key="tidy"),
        environments=[JobEnvironment("tidy", spec=Environment(environment_version="2", dependencies=[f"{folder}/{wheel.name}"]))],
        parameters=[JobParameterDefinition(name="day", default="monday")],
    )
    run = engineer.jobs.run_now(job_id).result()
    assert run.state.result_state == RunResultState.SUCCESS
    assert {engineer.jobs.get_run_output(each.run_id).logs for each in run.tasks} == {"tidy ['monday']\n"}


def test_a_schedule_is_checked_and_kept(engineer, job):
    schedule = CronSchedule("0 0 6 ? * MON-FRI", "Europe/Berlin", pause_status=PauseStatus.UNPAUSED)
    job_id = job(condition("c", "1", ConditionTaskOp.EQUAL_TO, "1"), schedule=schedule)
    assert engineer.jobs.get(job_id).settings.schedule == schedule
    engineer.jobs.update(job_id, fields_to_remove=["schedule"])
    assert engineer.jobs.get(job_id).settings.schedule is None
    with pytest.raises(InvalidParameterValue):
        job(condition("c", "1", ConditionTaskOp.EQUAL_TO, "1"), schedule=CronSchedule("0 6 * * *", "UTC"))
