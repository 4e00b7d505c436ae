-- A deployment that failed can bring back what ran before: three more states. SQLite cannot change a CHECK, so the table is made anew.

CREATE TABLE deployments_with_rollback (
    id TEXT PRIMARY KEY,
    product TEXT NOT NULL,
    environment TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'locked', 'preflight', 'pinned', 'applying', 'verifying', 'active', 'compensating', 'needs_attention', 'superseded', 'rolled_back', 'failed')),
    epoch BIGINT NOT NULL,
    row_version BIGINT NOT NULL,
    record TEXT NOT NULL
);
INSERT INTO deployments_with_rollback (id, product, environment, state, epoch, row_version, record)
    SELECT id, product, environment, state, epoch, row_version, record FROM deployments;
DROP TABLE deployments;
ALTER TABLE deployments_with_rollback RENAME TO deployments;
-- I1: at most one unfinished deployment per product and environment.
CREATE UNIQUE INDEX deployment_unfinished ON deployments (product, environment)
    WHERE state IN ('queued', 'locked', 'preflight', 'pinned', 'applying', 'verifying', 'compensating', 'needs_attention');
-- I2: at most one active deployment per product and environment.
CREATE UNIQUE INDEX deployment_active ON deployments (product, environment) WHERE state = 'active';
