CREATE TABLE git_folder (
    -- the directory of the tree
    id INTEGER PRIMARY KEY REFERENCES workspace_object (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    provider TEXT NOT NULL,
    -- none when a tag is checked out
    branch TEXT,
    -- none when the repository is empty
    head_commit_id TEXT,
    -- directories of a sparse checkout, a JSON list; none when everything is there
    sparse TEXT,
    -- whose credential it is fetched with; none when without
    credential_id INTEGER,
    -- name of the bare clone among the clones
    clone TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE git_credential (
    id INTEGER PRIMARY KEY,
    principal_id INTEGER NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    username TEXT,
    email TEXT,
    name TEXT,
    is_default INTEGER NOT NULL,
    -- the token, sealed for this row
    sealed BLOB
) STRICT;

CREATE INDEX git_credential_by_principal ON git_credential (principal_id);
