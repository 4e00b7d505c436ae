CREATE TABLE pipeline_update (
    -- in the order in which updates were asked for
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    pipeline_id TEXT NOT NULL,
    state TEXT NOT NULL,
    active INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- whether somebody has stopped the pipeline since this update failed
    acknowledged INTEGER NOT NULL DEFAULT 0,
    -- why it ended as it did
    reason TEXT,
    -- what was asked for, with the definition of the pipeline as it was then: a JSON object
    asked TEXT NOT NULL
) STRICT;

CREATE INDEX pipeline_update_by_pipeline ON pipeline_update (pipeline_id, number);
CREATE INDEX pipeline_update_active ON pipeline_update (id) WHERE active = 1;

CREATE TABLE pipeline_event (
    -- in the order in which events happened
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    pipeline_id TEXT NOT NULL,
    update_id TEXT,
    created_at INTEGER NOT NULL,
    level TEXT NOT NULL,
    -- the event as the REST API shows it, without what stands above
    body TEXT NOT NULL
) STRICT;

CREATE INDEX pipeline_event_by_pipeline ON pipeline_event (pipeline_id, number);
