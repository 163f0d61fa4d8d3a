-- The shared tables. Ids are the correlation ids of contracts/schemas/observability.
-- depends:

CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE documents (
    document_id uuid PRIMARY KEY,
    title text NOT NULL,
    kind text CHECK (kind IN ('audio', 'subtitles', 'text')),
    duration_ms bigint CHECK (duration_ms >= 0),
    language text,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN documents.kind IS 'sniffed by the ingest worker; null until then';

-- Media lives in the database, so that a worker on another machine needs DATABASE_URL alone.
CREATE TABLE media_chunks (
    document_id uuid NOT NULL REFERENCES documents ON DELETE CASCADE,
    rendition text NOT NULL CHECK (rendition IN ('original', 'audio')),
    ordinal integer NOT NULL CHECK (ordinal >= 0),
    bytes bytea NOT NULL,
    PRIMARY KEY (document_id, rendition, ordinal)
);
ALTER TABLE media_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE jobs (
    job_id uuid PRIMARY KEY,
    request_id uuid,
    document_id uuid NOT NULL REFERENCES documents ON DELETE CASCADE,
    job_type text NOT NULL,
    status text NOT NULL CHECK (status IN ('created', 'started', 'completed', 'failed')),
    attempt integer NOT NULL DEFAULT 1 CHECK (attempt >= 1),
    error_type text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz
);

CREATE TABLE job_runs (
    job_run_id uuid PRIMARY KEY,
    job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
    worker text NOT NULL,
    attempt integer NOT NULL CHECK (attempt >= 1),
    status text NOT NULL CHECK (status IN ('started', 'completed', 'failed')),
    carrier jsonb NOT NULL,
    error_type text,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    UNIQUE (job_id, worker, attempt)
);
COMMENT ON COLUMN job_runs.carrier IS
    'the run''s own correlation (messages/carrier.schema.json), by which recovery speaks for it';
-- A worker has at most one open attempt at a job.
CREATE UNIQUE INDEX job_runs_open ON job_runs (job_id, worker) WHERE status = 'started';

-- The layers and index syncs that a job run has begun, so that recovery can close a lost one.
CREATE TABLE run_steps (
    job_run_id uuid NOT NULL REFERENCES job_runs ON DELETE CASCADE,
    step text NOT NULL,
    failed_event_name text NOT NULL,
    payload jsonb NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (job_run_id, step)
);

-- Events recorded with the state change that they tell; a row goes once its line is written.
CREATE TABLE outbox (
    event_id uuid PRIMARY KEY,
    line text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE segments (
    document_id uuid NOT NULL REFERENCES documents ON DELETE CASCADE,
    ordinal integer NOT NULL CHECK (ordinal >= 0),
    start_ms bigint,
    end_ms bigint,
    speaker text,
    text text NOT NULL,
    PRIMARY KEY (document_id, ordinal)
);

CREATE TABLE layers (
    document_id uuid NOT NULL REFERENCES documents ON DELETE CASCADE,
    layer_name text NOT NULL,
    layer_version text NOT NULL,
    model_provider text NOT NULL,
    model_id text NOT NULL,
    "values" jsonb NOT NULL,
    PRIMARY KEY (document_id, layer_name)
);
COMMENT ON COLUMN layers."values" IS 'one value a segment, in the order of segments.ordinal';

CREATE TABLE passages (
    document_id uuid NOT NULL REFERENCES documents ON DELETE CASCADE,
    ordinal integer NOT NULL CHECK (ordinal >= 0),
    start_ms bigint,
    end_ms bigint,
    speaker text,
    text text NOT NULL,
    lexemes tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('english', text)) STORED,
    embedding vector(256) NOT NULL,
    PRIMARY KEY (document_id, ordinal)
);
CREATE INDEX passages_lexemes ON passages USING gin (lexemes);
CREATE INDEX passages_embedding ON passages USING hnsw (embedding vector_cosine_ops);
