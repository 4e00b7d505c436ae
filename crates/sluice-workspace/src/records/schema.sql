-- What clients declare and this workspace stores without running it: clusters, pipelines, serving endpoints, …
CREATE TABLE record (
    kind TEXT NOT NULL,
    -- what requests name it by
    key TEXT NOT NULL,
    -- what its access control list stands on: its id, or that of what contains it
    acl_id TEXT NOT NULL,
    uid TEXT NOT NULL,
    -- the name that nothing else of its kind may have; null where names may repeat
    unique_name TEXT,
    -- what was written, with the defaults of what was not: a JSON object
    body TEXT NOT NULL,
    -- whether it is in the trash
    trashed INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1,
    creator TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (kind, key),
    UNIQUE (kind, unique_name)
) STRICT;

CREATE INDEX record_by_acl ON record (acl_id, kind);
