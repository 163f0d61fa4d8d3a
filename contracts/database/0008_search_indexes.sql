-- A filter by what layers say is looked up together with the words, one by times at all.
-- depends: 0007_slim_passages

-- In one index, since reading labels anew from each passage with a common word takes longer than
-- ranking it. It serves each of the columns alone, too.
CREATE INDEX passages_lexemes_labels ON passages USING gin (lexemes, labels);
DROP INDEX passages_lexemes;
DROP INDEX passages_labels;

-- Of both ends, as a passage is found by when it ends and by when it starts.
CREATE INDEX passages_times ON passages (start_ms, end_ms);
