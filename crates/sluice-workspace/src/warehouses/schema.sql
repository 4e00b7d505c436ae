CREATE TABLE warehouse (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('RUNNING', 'STOPPED')),
    creator TEXT NOT NULL,
    -- sizes and options, stored and echoed: one engine on this machine serves all of them
    settings TEXT NOT NULL DEFAULT '{}'
) STRICT;
