-- Approvals, sign-offs, requested changes, notifications. Portable as 0001. A CHECK cannot be widened in place in both databases, so the
-- two tables that learn new words are built anew from their rows.

CREATE TABLE promotions_2 (
    id TEXT PRIMARY KEY,
    product TEXT NOT NULL,
    environment TEXT NOT NULL,
    version TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('requested', 'planning', 'gating', 'awaiting_approval', 'ready', 'executing', 'completed', 'plan_failed', 'blocked', 'rejected', 'expired', 'withdrawn', 'failed', 'superseded')),
    row_version BIGINT NOT NULL,
    record TEXT NOT NULL
);
INSERT INTO promotions_2 (id, product, environment, version, state, row_version, record)
    SELECT id, product, environment, version, state, row_version, record FROM promotions;
DROP TABLE promotions;
ALTER TABLE promotions_2 RENAME TO promotions;
CREATE UNIQUE INDEX promotion_open ON promotions (product, environment, version)
    WHERE state IN ('requested', 'planning', 'gating', 'awaiting_approval', 'ready', 'executing');

CREATE TABLE gates_2 (
    promotion TEXT NOT NULL,
    kind TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('pass', 'fail', 'pending')),
    row_version BIGINT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (promotion, kind)
);
INSERT INTO gates_2 (promotion, kind, verdict, row_version, record)
    SELECT promotion, kind, verdict, row_version, record FROM gates;
DROP TABLE gates;
ALTER TABLE gates_2 RENAME TO gates;

CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    promotion TEXT NOT NULL,
    product TEXT NOT NULL,
    environment TEXT NOT NULL,
    role TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'granted', 'denied', 'expired', 'voided', 'consumed')),
    row_version BIGINT NOT NULL,
    record TEXT NOT NULL
);
-- One live request for each role of a promotion.
CREATE UNIQUE INDEX approval_live ON approvals (promotion, role) WHERE state IN ('open', 'granted');
CREATE INDEX approval_place ON approvals (product, environment);

-- What somebody tried and may not. Never changed.
CREATE TABLE refusals (
    id TEXT PRIMARY KEY,
    product TEXT NOT NULL,
    promotion TEXT,
    row_version BIGINT NOT NULL,
    record TEXT NOT NULL
);

-- Acceptance by people, criterion by criterion. Never changed: the newest of a criterion counts.
CREATE TABLE signoffs (
    id TEXT PRIMARY KEY,
    product TEXT NOT NULL,
    environment TEXT NOT NULL,
    digest TEXT NOT NULL,
    criterion TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('accepted', 'rejected')),
    row_version BIGINT NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX signoff_release ON signoffs (product, digest);

CREATE TABLE change_requests (
    id TEXT PRIMARY KEY,
    product TEXT NOT NULL,
    version TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('requested', 'verified', 'frozen', 'delivered')),
    row_version BIGINT NOT NULL,
    record TEXT NOT NULL
);
-- A version answers one request: a repeated command finds it again.
CREATE UNIQUE INDEX change_request_version ON change_requests (product, version);

-- The outbox: written with what it tells of, delivered afterwards.
CREATE TABLE notifications (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    next_ms BIGINT NOT NULL,
    row_version BIGINT NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX notification_pending ON notifications (next_ms) WHERE state = 'pending';
