CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    creator TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- the settings as clients read them: as given, with defaults
    settings TEXT NOT NULL
) STRICT;

CREATE TABLE job_run (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL,
    number_in_job INTEGER NOT NULL,
    creator TEXT NOT NULL,
    run_as TEXT NOT NULL,
    -- the settings of the job when the run was asked for
    settings TEXT NOT NULL,
    -- job parameters with their values, and what run-now overrode
    parameters TEXT NOT NULL,
    overriding TEXT NOT NULL,
    idempotency_token TEXT,
    state TEXT NOT NULL,
    active INTEGER NOT NULL,
    requested_at INTEGER NOT NULL,
    start_time INTEGER,
    end_time INTEGER,
    UNIQUE (creator, idempotency_token)
) STRICT;

CREATE INDEX job_run_by_job ON job_run (job_id, requested_at);
CREATE INDEX job_run_active ON job_run (id) WHERE active = 1;

CREATE TABLE task_run (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES job_run (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    task_key TEXT NOT NULL,
    attempt_number INTEGER NOT NULL,
    state TEXT NOT NULL,
    start_time INTEGER,
    end_time INTEGER,
    -- the task with all references replaced, once it started
    resolved TEXT,
    output TEXT,
    -- what the task set with dbutils.jobs.taskValues
    task_values TEXT,
    UNIQUE (run_id, task_key, attempt_number)
) STRICT;
