-- Direct entries of access control lists. Entries of a job stay when the job is deleted.
CREATE TABLE acl (
    object_kind TEXT NOT NULL CHECK (object_kind IN ('job', 'warehouse', 'workspace')),
    object_id TEXT NOT NULL,
    principal TEXT NOT NULL,
    level TEXT NOT NULL,
    PRIMARY KEY (object_kind, object_id, principal)
) STRICT;
