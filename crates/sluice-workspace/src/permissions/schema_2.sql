-- The kinds of objects are the program's own matter: a check here would take a new table for each new kind.
CREATE TABLE acl_new (
    object_kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    principal TEXT NOT NULL,
    level TEXT NOT NULL,
    PRIMARY KEY (object_kind, object_id, principal)
) STRICT;

INSERT INTO acl_new SELECT * FROM acl;
DROP TABLE acl;
ALTER TABLE acl_new RENAME TO acl;
