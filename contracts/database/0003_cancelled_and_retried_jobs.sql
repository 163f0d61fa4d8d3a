-- Jobs that their clients cancel and start again, and requests that they may repeat.
-- depends: 0002_spans_of_steps

ALTER TABLE jobs DROP CONSTRAINT jobs_status_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_status_check
    CHECK (status IN ('created', 'started', 'completed', 'failed', 'cancelled'));
COMMENT ON COLUMN jobs.attempt IS 'how often the job was started by its client';

ALTER TABLE jobs ADD COLUMN accepted_at timestamptz;
UPDATE jobs SET accepted_at = created_at;
ALTER TABLE jobs ALTER COLUMN accepted_at SET DEFAULT clock_timestamp();
ALTER TABLE jobs ALTER COLUMN accepted_at SET NOT NULL;
COMMENT ON COLUMN jobs.accepted_at IS 'when the job was created, or last started again';

ALTER TABLE jobs ADD COLUMN entry_id bigint;
COMMENT ON COLUMN jobs.entry_id IS 'its last message''s entry in the queue (procrastinate_jobs)';

-- GET /jobs?status=…, newest first: the ids are ordered by time (UUID version 7).
CREATE INDEX jobs_by_status ON jobs (status, job_id);

ALTER TABLE job_runs DROP CONSTRAINT job_runs_status_check;
ALTER TABLE job_runs ADD CONSTRAINT job_runs_status_check
    CHECK (status IN ('started', 'completed', 'failed', 'cancelled'));
ALTER TABLE job_runs ADD COLUMN job_attempt integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN job_runs.job_attempt IS 'jobs.attempt at the time: failures before it do not count';

ALTER TABLE run_steps ADD COLUMN cancelled_event_name text;
UPDATE run_steps SET cancelled_event_name = regexp_replace(failed_event_name, 'failed$', 'cancelled');
ALTER TABLE run_steps ALTER COLUMN cancelled_event_name SET NOT NULL;

-- Digests (SHA-256) alone: what clients choose as a key and send is nobody else's business.
CREATE TABLE idempotency_keys (
    key_digest bytea PRIMARY KEY,
    request_digest bytea NOT NULL,
    job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE
);
CREATE INDEX idempotency_keys_of_job ON idempotency_keys (job_id);
