-- What searches are narrowed down by.
-- depends: 0004_layers_by_name

ALTER TABLE passages ADD COLUMN labels text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN passages.labels IS
    'what the layers say of the passage, as layer:value; a job of type index brings it up to date';
CREATE INDEX passages_labels ON passages USING gin (labels);
CREATE INDEX passages_speaker ON passages (speaker);
