-- Layers that are asked for by name, and what a layer says of a document as a whole.
-- depends: 0003_cancelled_and_retried_jobs

ALTER TABLE jobs ADD COLUMN layers text[];
COMMENT ON COLUMN jobs.layers IS 'what enrich computes of all layers; null: every one';

ALTER TABLE layers ADD COLUMN document_value jsonb;
COMMENT ON COLUMN layers.document_value IS 'what the layer says of the document as a whole';

-- What a job's next attempt need not compute again.
CREATE TABLE job_layers (
    job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
    layer_name text NOT NULL,
    PRIMARY KEY (job_id, layer_name)
);
