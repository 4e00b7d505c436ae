-- Dashboards. `object_id` is the dashboard's place in the tree of workspace objects; none once the dashboard, or a folder above it, was
-- deleted: then it is in the trash.
CREATE TABLE dashboard (
    dashboard_id TEXT PRIMARY KEY,
    object_id INTEGER UNIQUE REFERENCES workspace_object (id) ON DELETE SET NULL,
    creator TEXT NOT NULL,
    display_name TEXT NOT NULL,
    warehouse_id TEXT NOT NULL,
    serialized_dashboard TEXT NOT NULL,
    -- grows by one with each write; the etag
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- What was published: a copy of the draft of that moment.
CREATE TABLE published_dashboard (
    dashboard_id TEXT PRIMARY KEY REFERENCES dashboard (dashboard_id),
    display_name TEXT NOT NULL,
    warehouse_id TEXT NOT NULL,
    serialized_dashboard TEXT NOT NULL,
    embed_credentials INTEGER NOT NULL,
    publisher TEXT NOT NULL,
    revised_at INTEGER NOT NULL
) STRICT;
