-- Catalogs, schemas, tables, views, volumes; the metastore is the root.
CREATE TABLE securable (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('METASTORE', 'CATALOG', 'SCHEMA', 'TABLE', 'VOLUME')),
    parent_id TEXT REFERENCES securable (id),
    name TEXT NOT NULL,
    full_name TEXT NOT NULL,
    owner TEXT NOT NULL,
    comment TEXT,
    properties TEXT NOT NULL DEFAULT '{}',
    -- absolute path of its files; null for what has none
    location TEXT,
    -- columns, kind, format and definition of a table or view
    details TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    UNIQUE (kind, full_name)
) STRICT;

CREATE INDEX securable_by_parent ON securable (parent_id, kind, name);

CREATE TABLE privilege_grant (
    securable_id TEXT NOT NULL REFERENCES securable (id) ON DELETE CASCADE,
    principal TEXT NOT NULL,
    privilege TEXT NOT NULL,
    PRIMARY KEY (securable_id, principal, privilege)
) STRICT;
