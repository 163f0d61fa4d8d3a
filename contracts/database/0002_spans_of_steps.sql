-- A step has a span of its own, in which recovery tells its end.
-- depends: 0001_shared_tables

ALTER TABLE run_steps ADD COLUMN carrier jsonb;

UPDATE run_steps SET carrier = job_runs.carrier
FROM job_runs WHERE job_runs.job_run_id = run_steps.job_run_id;

ALTER TABLE run_steps ALTER COLUMN carrier SET NOT NULL;
