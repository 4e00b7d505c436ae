-- The tree of workspace objects. Paths are absolute, without the prefix `/Workspace` and without a trailing slash.
CREATE TABLE workspace_object (
    id INTEGER PRIMARY KEY,
    parent_id INTEGER REFERENCES workspace_object (id),
    path TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('DIRECTORY', 'FILE', 'NOTEBOOK')),
    -- of a notebook: PYTHON, SQL, SCALA, R
    language TEXT,
    -- of a file or notebook: its content among the blobs
    digest TEXT,
    size INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL
) STRICT;

CREATE INDEX workspace_object_by_parent ON workspace_object (parent_id, path);
