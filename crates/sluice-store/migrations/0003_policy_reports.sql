-- What the policies said about a release that was to go to an environment; never changed.

CREATE TABLE policy_reports (
    id TEXT PRIMARY KEY,
    product TEXT NOT NULL,
    environment TEXT NOT NULL,
    promotion TEXT NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('allow', 'deny')),
    row_version BIGINT NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX policy_report_promotion ON policy_reports (promotion);
