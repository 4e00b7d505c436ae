-- The kinds of objects are the program's own matter: a check here would take a new table for each new kind.
CREATE TABLE securable_new (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    parent_id TEXT REFERENCES securable_new (id),
    name TEXT NOT NULL,
    full_name TEXT NOT NULL,
    owner TEXT NOT NULL,
    comment TEXT,
    properties TEXT NOT NULL DEFAULT '{}',
    -- absolute path of its files; null for what has none
    location TEXT,
    -- columns, kind, format and definition of a table or view; parameters and body of a function
    details TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    UNIQUE (kind, full_name)
) STRICT;

INSERT INTO securable_new SELECT * FROM securable;

CREATE TABLE privilege_grant_new (
    securable_id TEXT NOT NULL REFERENCES securable_new (id) ON DELETE CASCADE,
    principal TEXT NOT NULL,
    privilege TEXT NOT NULL,
    PRIMARY KEY (securable_id, principal, privilege)
) STRICT;

INSERT INTO privilege_grant_new SELECT * FROM privilege_grant;

DROP TABLE privilege_grant;
DROP TABLE securable;
ALTER TABLE securable_new RENAME TO securable;
ALTER TABLE privilege_grant_new RENAME TO privilege_grant;

CREATE INDEX securable_by_parent ON securable (parent_id, kind, name);
