-- Runs of experiments (which are records), and what was logged in them.
CREATE TABLE mlflow_run (
    run_id TEXT PRIMARY KEY,
    experiment_id TEXT NOT NULL,
    run_name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    status TEXT NOT NULL,
    start_time INTEGER NOT NULL,
    end_time INTEGER,
    artifact_uri TEXT NOT NULL,
    -- milliseconds since 1970; NULL for a run that is active
    deleted_at INTEGER
) STRICT;
CREATE INDEX mlflow_run_of_experiment ON mlflow_run (experiment_id);

CREATE TABLE mlflow_metric (
    sequence INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES mlflow_run (run_id) ON DELETE CASCADE,
    metric_key TEXT NOT NULL,
    -- a number in JSON, or NaN, Infinity, -Infinity
    value TEXT NOT NULL,
    at INTEGER NOT NULL,
    step INTEGER NOT NULL
) STRICT;
CREATE INDEX mlflow_metric_of_run ON mlflow_metric (run_id, metric_key);

-- Parameters, tags and datasets; a dataset's key is its name and digest, its value JSON.
CREATE TABLE mlflow_entry (
    run_id TEXT NOT NULL REFERENCES mlflow_run (run_id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    entry_key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run_id, kind, entry_key)
) STRICT;
