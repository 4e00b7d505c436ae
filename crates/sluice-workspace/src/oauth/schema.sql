CREATE TABLE oauth_secret (
    id TEXT PRIMARY KEY,
    principal_id INTEGER NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    hash TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE federation_policy (
    uid TEXT PRIMARY KEY,
    principal_id INTEGER NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    policy_id TEXT NOT NULL,
    description TEXT,
    -- issuer, subject, audiences, subject claim and keys, a JSON object
    policy TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (principal_id, policy_id)
) STRICT;
