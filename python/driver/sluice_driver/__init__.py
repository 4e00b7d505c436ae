"""Runs one task of a job: a notebook or a Python file, on Spark Connect, inside an already confined process."""
