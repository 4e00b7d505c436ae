CREATE TABLE principal (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'service_principal', 'group')),
    -- userName, applicationId or the group's displayName: the name that grants and ACLs use
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    active INTEGER NOT NULL DEFAULT 1,
    -- SCIM fields that nothing here acts on, echoed as they were given
    attributes TEXT NOT NULL DEFAULT '{}',
    UNIQUE (name)
) STRICT;

CREATE TABLE membership (
    group_id INTEGER NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    member_id INTEGER NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, member_id)
) STRICT;

CREATE INDEX membership_by_member ON membership (member_id);

CREATE TABLE token (
    hash TEXT PRIMARY KEY,
    principal_id INTEGER NOT NULL REFERENCES principal (id) ON DELETE CASCADE,
    comment TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;
