-- Tags of objects and of their columns (column_name is '' for the object itself), and the values that a key may have.
CREATE TABLE entity_tag (
    securable_id TEXT NOT NULL REFERENCES securable (id) ON DELETE CASCADE,
    column_name TEXT NOT NULL,
    tag_key TEXT NOT NULL,
    tag_value TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    PRIMARY KEY (securable_id, column_name, tag_key)
) STRICT;

CREATE TABLE tag_policy (
    tag_key TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    description TEXT,
    -- a JSON list of names; empty when any value may stand
    allowed TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
