-- Which workspaces may reach an isolated object; what is not isolated may be reached from all.
CREATE TABLE workspace_binding (
    securable_id TEXT NOT NULL REFERENCES securable (id) ON DELETE CASCADE,
    workspace_id INTEGER NOT NULL,
    -- BINDING_TYPE_READ_WRITE or BINDING_TYPE_READ_ONLY
    binding_type TEXT NOT NULL,
    PRIMARY KEY (securable_id, workspace_id)
) STRICT;
