-- What searches are narrowed down by, found without reading passages that do not meet it.
-- depends: 0007_slim_passages

-- In one index, since reading the labels of every passage with a common word takes as long as
-- ranking it. It serves each of the columns alone, too.
CREATE INDEX passages_lexemes_labels ON passages USING gin (lexemes, labels);
DROP INDEX passages_lexemes;
DROP INDEX passages_labels;

-- Of both ends, as a passage is found by when it ends and by when it starts.
CREATE INDEX passages_times ON passages (start_ms, end_ms);
