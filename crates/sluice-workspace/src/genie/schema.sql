-- Genie spaces. `object_id` is the space's place in the tree of workspace objects; none once the space, or a folder above it, was deleted:
-- then it is in the trash.
CREATE TABLE genie_space (
    space_id TEXT PRIMARY KEY,
    object_id INTEGER UNIQUE REFERENCES workspace_object (id) ON DELETE SET NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    warehouse_id TEXT NOT NULL,
    serialized_space TEXT NOT NULL,
    -- grows by one with each write; the etag
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
