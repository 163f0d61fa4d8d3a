-- A search reads no more of a passage than it needs, and whatever narrows it down lies beside.
-- depends: 0006_api_keys

-- Apart, since a vector is longer than the rest of its passage, and searching by words reads none.
CREATE TABLE passage_embeddings (
    document_id uuid NOT NULL,
    ordinal integer NOT NULL,
    embedding halfvec(256) NOT NULL,
    PRIMARY KEY (document_id, ordinal),
    FOREIGN KEY (document_id, ordinal) REFERENCES passages ON DELETE CASCADE
);
INSERT INTO passage_embeddings (document_id, ordinal, embedding)
SELECT document_id, ordinal, embedding::halfvec(256) FROM passages;
CREATE INDEX passage_embeddings_embedding ON passage_embeddings
    USING hnsw (embedding halfvec_ip_ops);
COMMENT ON COLUMN passage_embeddings.embedding IS 'of length 1';
ALTER TABLE passages DROP COLUMN embedding;

-- What is known of the document: its own columns would hide from the planner how many passages
-- a filter leaves, and it would choose the wrong index.
ALTER TABLE passages ADD COLUMN created_at timestamptz;
UPDATE passages SET
    created_at = documents.created_at,
    labels = labels || ARRAY(
        SELECT 'language:' || lower(array_to_string((string_to_array(language, '-'))[:parts], '-'))
        FROM generate_series(1, cardinality(string_to_array(language, '-'))) AS parts
    )
FROM documents WHERE documents.document_id = passages.document_id;
ALTER TABLE passages ALTER COLUMN created_at SET NOT NULL;
CREATE INDEX passages_created_at ON passages (created_at);
COMMENT ON COLUMN passages.created_at IS 'documents.created_at';
COMMENT ON COLUMN passages.labels IS
    'what the layers say of the passage, as layer:value, and the ranges of its document''s language,
    as language:en; a job of type index brings it up to date';
