ALTER TABLE job_run ADD COLUMN run_type TEXT NOT NULL DEFAULT '"JOB_RUN"';
ALTER TABLE job_run ADD COLUMN trigger_type TEXT NOT NULL DEFAULT '"ONE_TIME"';
-- the task run of another run that asked for this one
ALTER TABLE job_run ADD COLUMN parent_task_run INTEGER;
-- how the run ended before it was repaired, and its repairs in order
ALTER TABLE job_run ADD COLUMN original TEXT;
ALTER TABLE job_run ADD COLUMN repairs TEXT NOT NULL DEFAULT '[]';

-- made anew: iterations share a task key, so that it is no longer unique
CREATE TABLE task_run_2 (
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
    -- of an iteration: the task run that it belongs to, and its number and input
    iteration_of INTEGER,
    iteration INTEGER,
    input TEXT,
    -- the repair in which the task run was made
    repair_id INTEGER
) STRICT;

INSERT INTO task_run_2 (id, run_id, position, task_key, attempt_number, state, start_time, end_time, resolved, output, task_values)
SELECT id, run_id, position, task_key, attempt_number, state, start_time, end_time, resolved, output, task_values FROM task_run;

DROP TABLE task_run;
ALTER TABLE task_run_2 RENAME TO task_run;
CREATE INDEX task_run_by_run ON task_run (run_id, task_key);
CREATE INDEX task_run_by_iteration ON task_run (iteration_of) WHERE iteration_of IS NOT NULL;
