-- What people see and manage of tokens. Up to now only the tokens of tasks had an end; those are the workspace's own.
ALTER TABLE token ADD COLUMN id TEXT;
ALTER TABLE token ADD COLUMN purpose TEXT NOT NULL DEFAULT 'personal' CHECK (purpose IN ('personal', 'internal'));
-- who made it, the owner unless an administrator made it for a service principal
ALTER TABLE token ADD COLUMN creator_id INTEGER;
-- the first moment of the day on which it was last used
ALTER TABLE token ADD COLUMN last_used_day INTEGER;

UPDATE token SET id = lower(hex(randomblob(32))), creator_id = principal_id,
    purpose = CASE WHEN expires_at IS NULL THEN 'personal' ELSE 'internal' END;
CREATE UNIQUE INDEX token_by_id ON token (id);
CREATE INDEX token_by_principal ON token (principal_id);

-- Who may make personal access tokens.
CREATE TABLE token_permission (principal TEXT PRIMARY KEY) STRICT;
INSERT INTO token_permission (principal) VALUES ('users');
