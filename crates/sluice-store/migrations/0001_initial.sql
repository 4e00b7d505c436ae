-- Portable between SQLite and PostgreSQL: TEXT, BIGINT, partial indexes, `$n` placeholders. Times of leases are milliseconds since 1970.

CREATE TABLE ledger_head (
    only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
    ledger_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    entry_hash TEXT NOT NULL
);

CREATE TABLE events (
    seq BIGINT PRIMARY KEY CHECK (seq > 0),
    prev_hash TEXT NOT NULL,
    entry_hash TEXT NOT NULL UNIQUE,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload_digest TEXT NOT NULL,
    payload TEXT NOT NULL
);

CREATE TABLE releases (
    product TEXT NOT NULL,
    version TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('frozen', 'quarantined')),
    row_version BIGINT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (product, version)
);

CREATE TABLE promotions (
    id TEXT PRIMARY KEY,
    product TEXT NOT NULL,
    environment TEXT NOT NULL,
    version TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('requested', 'planning', 'gating', 'ready', 'executing', 'completed', 'plan_failed', 'blocked', 'failed', 'superseded')),
    row_version BIGINT NOT NULL,
    record TEXT NOT NULL
);
-- One open request for the same release in the same environment: a repeated command finds it again.
CREATE UNIQUE INDEX promotion_open ON promotions (product, environment, version)
    WHERE state IN ('requested', 'planning', 'gating', 'ready', 'executing');

CREATE TABLE gates (
    promotion TEXT NOT NULL,
    kind TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('pass', 'fail')),
    row_version BIGINT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (promotion, kind)
);

CREATE TABLE deployments (
    id TEXT PRIMARY KEY,
    product TEXT NOT NULL,
    environment TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'locked', 'preflight', 'applying', 'verifying', 'active', 'needs_attention', 'superseded', 'failed')),
    epoch BIGINT NOT NULL,
    row_version BIGINT NOT NULL,
    record TEXT NOT NULL
);
-- I1: at most one unfinished deployment per product and environment.
CREATE UNIQUE INDEX deployment_unfinished ON deployments (product, environment)
    WHERE state IN ('queued', 'locked', 'preflight', 'applying', 'verifying', 'needs_attention');
-- I2: at most one active deployment per product and environment.
CREATE UNIQUE INDEX deployment_active ON deployments (product, environment) WHERE state = 'active';

CREATE TABLE verifications (
    id TEXT PRIMARY KEY,
    product TEXT NOT NULL,
    environment TEXT NOT NULL,
    content TEXT NOT NULL,
    passed BIGINT NOT NULL CHECK (passed IN (0, 1)),
    row_version BIGINT NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX verification_content ON verifications (product, environment, content);

-- The journal: a row says what is about to be done, and later what came of it.
CREATE TABLE steps (
    deployment TEXT NOT NULL,
    number BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intended', 'done', 'failed', 'unknown')),
    row_version BIGINT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (deployment, number)
);

CREATE TABLE leases (
    product TEXT NOT NULL,
    environment TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    holder TEXT,
    until_ms BIGINT NOT NULL,
    row_version BIGINT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (product, environment)
);
