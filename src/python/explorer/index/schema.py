"""The tables of the index, and how lines come into them; the columns are the contracts'."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import orjson

from explorer.index.columns import ACTOR, CORRELATION, payload_columns
from explorer.spool.judging import LINES_A_FILE, SEPARATOR
from observability.contracts import schemas

#: Raise it when the tables or the judgement change otherwise than by the contracts.
FORMAT = 2

#: What stands on each line of a spool file of events, in this order; `payload` is JSON.
_ENVELOPE = ("event_id", "event_name", "occurred_at", "severity", "schema_version")
_PLACE = ("row", "byte_offset", "byte_length")
SPOOLED = {
    **dict.fromkeys(_PLACE, "BIGINT"),
    **dict.fromkeys((*_ENVELOPE, *CORRELATION, *ACTOR, "payload"), "VARCHAR"),
    "occurred_at": "TIMESTAMP",
}

_IDS = ", ".join(f"{column} VARCHAR" for column in CORRELATION)
_ACTOR = ", ".join(f"{column} VARCHAR" for column in ACTOR)
_PAYLOAD = ", ".join(f"{column.name} {column.sql_type}" for column in payload_columns())

TABLES = f"""
CREATE TABLE kept.format (fingerprint VARCHAR);
CREATE TABLE kept.files (
    number BIGINT, path VARCHAR, lines BIGINT, events BIGINT, invalid BIGINT, foreign_lines BIGINT,
    repeats BIGINT, state VARCHAR
);
CREATE TABLE kept.stored (
    row BIGINT,
    -- No two are alike: compressing them would take a tenth of the loading.
    event_id VARCHAR USING COMPRESSION uncompressed,
    event_name VARCHAR, area VARCHAR, action VARCHAR,
    occurred_at TIMESTAMP, severity VARCHAR, schema_version VARCHAR, {_IDS}, {_ACTOR}, {_PAYLOAD},
    payload VARCHAR, byte_offset BIGINT, byte_length BIGINT
);
CREATE TABLE kept.invalid (
    row BIGINT, reason VARCHAR, excerpt VARCHAR, byte_offset BIGINT, byte_length BIGINT
);
"""

#: What queries see; the kept database need not be attached for it to stand.
VIEWS = f"""
CREATE OR REPLACE VIEW events AS
SELECT stored.* EXCLUDE (byte_offset, byte_length), files.path AS file,
    stored.row % {LINES_A_FILE} AS line
FROM kept.stored JOIN kept.files ON files.number = stored.row // {LINES_A_FILE};
CREATE OR REPLACE VIEW invalid_lines AS
SELECT files.path AS file, invalid.row % {LINES_A_FILE} AS line, reason, excerpt, row
FROM kept.invalid JOIN kept.files ON files.number = invalid.row // {LINES_A_FILE};
"""  # noqa: S608  constants alone


def fingerprint() -> str:
    """Return what has to agree for an index to be extended: format, tables and contracts."""
    contracts = orjson.dumps(dict(schemas()), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(f"{FORMAT}{TABLES}".encode() + contracts).hexdigest()


def load_events(spooled: Iterable[Path]) -> str:
    """Return the statement that takes in the events of spool files, but for those `repeated`."""
    types = {column.field: column.sql_type for column in payload_columns()}
    fields = orjson.dumps(types).decode()
    payload = ", ".join(f'told."{column.field}" AS {column.name}' for column in payload_columns())
    return f"""
    INSERT INTO kept.stored BY NAME
    SELECT * EXCLUDE (told), split_part(event_name, '.', 2) AS area,
        split_part(event_name, '.', -1) AS action, {payload}
    FROM (SELECT *, json_transform(payload, '{fields}') AS told FROM {_events(spooled)})
    WHERE row NOT IN (FROM repeated)
    """  # noqa: S608  constants and file names of our own


def load_invalid(spooled: Iterable[Path]) -> str:
    """Return the statement that takes in the invalid lines of spool files."""
    return f"""
    INSERT INTO kept.invalid
    FROM read_ndjson({_names(spooled)}, columns = {{
        row: 'BIGINT', reason: 'VARCHAR', excerpt: 'VARCHAR',
        byte_offset: 'BIGINT', byte_length: 'BIGINT'
    }})
    """


def find_repeats(spooled: Iterable[Path]) -> str:
    """Return the statement that finds the rows of spool files whose event is known already.

    Of several in the same batch the first row is none. They are put aside before `load_events`,
    not deleted after it: the engine writes what it loads at once only if nothing of it is deleted.
    """
    return f"""
    CREATE OR REPLACE TEMP TABLE repeated AS
    WITH fresh AS MATERIALIZED (
        SELECT row, event_id FROM {_events(spooled)} WHERE event_id NOT NULL
    ), firsts AS (
        SELECT event_id, min(row) AS first FROM fresh GROUP BY event_id HAVING count(*) > 1
    )
    SELECT row FROM fresh SEMI JOIN kept.stored USING (event_id) UNION
    SELECT row FROM fresh JOIN firsts USING (event_id) WHERE row > first
    """  # noqa: S608  constants and file names of our own


def _events(spooled: Iterable[Path]) -> str:
    """Return the table function that reads spool files of events; an empty field is NULL."""
    return f"""read_csv({_names(spooled)}, columns = {SPOOLED}, auto_detect = false, header = false,
        delim = '{SEPARATOR}', quote = '', escape = '', new_line = '\\n')"""


def _names(paths: Iterable[Path]) -> str:
    quoted = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return f"[{quoted}]"
