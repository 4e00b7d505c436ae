-- Dashboards and Genie spaces stand in the tree as well. `resource_id` is what the REST API names an object by in permissions: the id of
-- a dashboard or Genie space, the number of everything else.
PRAGMA defer_foreign_keys = ON;

CREATE TABLE new_workspace_object (
    id INTEGER PRIMARY KEY,
    parent_id INTEGER REFERENCES new_workspace_object (id),
    path TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('DIRECTORY', 'FILE', 'NOTEBOOK', 'DASHBOARD', 'GENIE_SPACE')),
    resource_id TEXT NOT NULL UNIQUE,
    -- of a notebook: PYTHON, SQL, SCALA, R
    language TEXT,
    -- of a file or notebook: its content among the blobs
    digest TEXT,
    size INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL
) STRICT;

INSERT INTO new_workspace_object (id, parent_id, path, kind, resource_id, language, digest, size, created_at, modified_at)
SELECT id, parent_id, path, kind, CAST(id AS TEXT), language, digest, size, created_at, modified_at FROM workspace_object;

DROP TABLE workspace_object;
ALTER TABLE new_workspace_object RENAME TO workspace_object;

CREATE INDEX workspace_object_by_parent ON workspace_object (parent_id, path);
