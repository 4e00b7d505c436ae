-- lists show the newest first, page by page
CREATE INDEX job_by_creation ON job (created_at);
