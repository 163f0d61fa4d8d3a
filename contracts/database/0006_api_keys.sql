-- Who may use the API, and for what.
-- depends: 0005_search_filters

CREATE TABLE api_keys (
    key_id text PRIMARY KEY CHECK (key_id ~ '^[0-9a-f]{12}$'),
    secret_digest bytea NOT NULL CHECK (octet_length(secret_digest) = 32),
    scopes text[] NOT NULL CHECK (
        cardinality(scopes) > 0
        AND scopes <@ ARRAY['ingest', 'jobs:read', 'jobs:write', 'search']
    ),
    label text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_on date
);
COMMENT ON COLUMN api_keys.key_id IS 'the public part of the key, to find and to show it by';
COMMENT ON COLUMN api_keys.secret_digest IS
    'SHA-256 of the secret part, 256 random bits: nobody can try them all, so no slow hash is needed';
COMMENT ON COLUMN api_keys.expires_at IS 'when it ends by itself; null: never';
COMMENT ON COLUMN api_keys.last_used_on IS 'the last day (UTC) of a request with it; coarse on purpose';

-- Those that are good for something now.
CREATE VIEW usable_api_keys AS
    SELECT key_id, secret_digest, scopes, last_used_on FROM api_keys
    WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp());
