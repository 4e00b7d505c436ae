-- Secret scopes, what is in them and who may read it.
CREATE TABLE secret_scope (
    name TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE secret (
    scope TEXT NOT NULL REFERENCES secret_scope (name) ON DELETE CASCADE,
    key TEXT NOT NULL,
    -- sealed with the key that stands outside the database
    sealed BLOB NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT;

CREATE TABLE secret_acl (
    scope TEXT NOT NULL REFERENCES secret_scope (name) ON DELETE CASCADE,
    principal TEXT NOT NULL,
    permission TEXT NOT NULL CHECK (permission IN ('READ', 'WRITE', 'MANAGE')),
    PRIMARY KEY (scope, principal)
) STRICT;
