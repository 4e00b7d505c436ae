"""Functions for the package `databricks-bundles`."""
from dataclasses import replace

from databricks.bundles.core import Bundle, Resources, job_mutator
from databricks.bundles.jobs import Job


def load_resources(bundle: Bundle) -> Resources:
    """One more job."""
    resources = Resources()
    task = {"task_key": "a", "notebook_task": {"notebook_path": "a.py"}}
    resources.add_job("made", {"name": "made ${var.word}", "tasks": [task]})
    return resources


@job_mutator
def add_tag(bundle: Bundle, job: Job) -> Job:
    """A tag on every job."""
    return replace(job, tags={**(job.tags or {}), "python": "1"})
