"""`narralytica query`: what it answers, and that it neither writes nor reads anything else."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from explorer.commands import query
from tests.unit.explorer.recorded import SAMPLE, encoded

DEADLINE_S = 60.0
#: So much CPU that it must be answering.
BUSY_S = 3.0
EVENTS = Counter(
    line["event_name"] for line in {e["event_id"]: e for e in SAMPLE["sample"]}.values()
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("query") / "sample.jsonl"
    path.write_bytes(b"".join(encoded(SAMPLE["sample"])))
    return path


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


def asked(sample: Path, sql: str, *arguments: str) -> Result:
    done = CliRunner().invoke(query, [sql, str(sample), *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done


COUNTS = "SELECT event_name, count(*) AS number FROM events GROUP BY ALL ORDER BY number DESC, 1"


def test_json_and_csv_hold_the_whole_answer(sample: Path) -> None:
    expected = dict(sorted(EVENTS.items(), key=lambda event: (-event[1], event[0])))
    told = json.loads(asked(sample, COUNTS, "--json").stdout)
    assert list({row["event_name"]: row["number"] for row in told}.items()) == list(
        expected.items()
    )
    assert (
        asked(sample, COUNTS, "--format", "json").stdout == asked(sample, COUNTS, "--json").stdout
    )
    [head, *rows] = csv.reader(StringIO(asked(sample, COUNTS, "--format", "csv").stdout))
    assert head == ["event_name", "number"]
    assert {name: int(number) for name, number in rows} == expected


def test_a_table_is_for_people(sample: Path) -> None:
    shown = asked(sample, COUNTS, "-n", "2").stdout.splitlines()
    assert shown == [
        "event_name                     number",
        "narralytica.job_run.started        57",
        "narralytica.job_run.completed      45",
    ]
    assert asked(sample, "SELECT 1 WHERE false").stdout == "No rows.\n"
    assert "column_name" in asked(sample, "DESCRIBE events").stdout
    assert asked(sample, "FROM invalid_lines -- none").exit_code == 0


def test_the_answer_is_bounded_and_says_so(sample: Path) -> None:
    done = asked(sample, "SELECT * FROM range(5000)", "--json")
    assert len(json.loads(done.stdout)) == 1000
    assert "Only the first 1,000 rows are shown" in done.stderr
    assert asked(sample, "SELECT * FROM range(1000)").stderr == ""


def test_every_kind_of_value_is_json(sample: Path) -> None:
    sql = """SELECT min(occurred_at) AS first, 1.5::DECIMAL(4, 2) AS decimal, 'nan'::DOUBLE AS nan,
        10::HUGEINT ** 30 AS huge, [1, NULL] AS list, {'a': DATE '2026-01-01'} AS struct,
        'x'::BLOB AS blob, INTERVAL 1 DAY AS day, true AS truth FROM events"""
    [row] = json.loads(asked(sample, sql, "--json").stdout)
    assert row == {
        "first": "2026-01-01T00:00:00.008090Z",
        "decimal": 1.5,
        "nan": None,
        "huge": 1e30,
        "list": [1, None],
        "struct": {"a": "2026-01-01"},
        "blob": "78",
        "day": "1 day, 0:00:00",
        "truth": True,
    }


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM read_json_auto('{secret}')",
        "SELECT * FROM read_blob('{secret}')",
        "SELECT * FROM read_parquet('{secret}')",
        "SELECT * FROM '{secret}'",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM sniff_csv('{secret}')",
        "SELECT content FROM query('FROM read_text(''{secret}'')')",
        "SELECT getenv('HOME')",
        "SELECT * FROM duckdb_secrets()",
        "ATTACH '{folder}/other.db'",
        "ATTACH '{folder}/other.db' AS x; SELECT 1",
        "COPY events TO '{folder}/written.csv'",
        "COPY (SELECT 1) TO '{folder}/written.csv'",
        "EXPORT DATABASE '{folder}/written'",
        "IMPORT DATABASE '{folder}'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "SET enable_external_access = true",
        "RESET allowed_directories",
        "DELETE FROM kept.stored",
        "INSERT INTO kept.stored SELECT * FROM kept.stored",
        "UPDATE kept.stored SET env = 'x'",
        "WITH gone AS (DELETE FROM kept.stored RETURNING *) SELECT * FROM gone",
        "SELECT 1) FROM (DELETE FROM kept.stored",
        "DROP VIEW events",
        "CREATE TABLE t AS SELECT 1",
        "CREATE TEMP TABLE t AS SELECT 1",
        "CREATE OR REPLACE VIEW events AS SELECT 1",
        "BEGIN; DROP VIEW events; COMMIT",
        "DETACH kept",
        "USE memory",
        "PREPARE p AS SELECT 1",
        "EXPLAIN ANALYZE DELETE FROM kept.stored",
        "CHECKPOINT",
        "VACUUM",
        "SELECT 1; SELECT 2",
        "",
        "-- nothing",
        "SELEC 1",
        "SELECT ?",
        "SELECT $x",
        "SELECT nothing FROM events",
        "SELECT * FROM nowhere",
        "SELECT error('\x1b[31m')",
        "SELECT '\ud800'",
    ],
)
def test_nothing_else_is_read_and_nothing_is_written(
    sample: Path, cache: Path, tmp_path: Path, sql: str
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("password\nhunter2\n")
    before = sorted(tmp_path.iterdir())
    done = asked(sample, sql.replace("{secret}", str(secret)).replace("{folder}", str(tmp_path)))
    assert done.exit_code == 2
    assert "Error: " in done.stderr
    assert "hunter2" not in done.output
    assert "\x1b" not in done.output
    assert "Traceback" not in done.output
    assert sorted(tmp_path.iterdir()) == before
    [count] = json.loads(asked(sample, "SELECT count(*) AS n FROM events", "--json").stdout)
    assert count == {"n": sum(EVENTS.values())}


def test_what_changes_something_is_told_what_it_is(sample: Path) -> None:
    told = asked(sample, "DELETE FROM events").stderr
    assert told == "Error: It only answers a SELECT, and changes nothing: this is DELETE.\n"
    assert "It takes one query, not 2." in asked(sample, "SELECT 1; SELECT 2").stderr


def test_what_a_query_returns_is_shown_harmlessly(sample: Path) -> None:
    hostile = "chr(27) || '[31m[bold]' || chr(8238) || chr(10) || repeat('x', 1000000)"
    shown = asked(sample, f'SELECT {hostile} AS "a{chr(27)}b", 1').stdout
    assert not {"\x1b", "\u202e"} & set(shown)
    assert "\\x1b[31m[bold]\\u202e\\x0a" in shown
    assert len(shown) < 2000


def test_ctrl_c_ends_an_endless_query(sample: Path) -> None:
    run = "from explorer.commands import query; query()"
    sql = "SELECT count(*) FROM range(1000000000000)"
    with subprocess.Popen(
        [sys.executable, "-c", run, sql, sample], stderr=subprocess.PIPE
    ) as asked:
        while asked.poll() is None and cpu_seconds(asked.pid) < BUSY_S:
            time.sleep(0.05)
        asked.send_signal(signal.SIGINT)
        _, told = asked.communicate(timeout=DEADLINE_S)
    assert asked.returncode == -signal.SIGINT
    assert told == b""


def cpu_seconds(pid: int) -> float:
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


WORDS = st.sampled_from(
    [*"()*,;'\"-1?$", "SELECT", "FROM", "events", "WITH", "AS", "read_text", "EXPLAIN", "--", "x"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.one_of(st.text(st.characters(exclude_characters="\x00")), st.lists(WORDS).map(" ".join)))
@example("SELECT 1 /*")
@example("SELECT 1 --")
@example('SELECT 1 AS "')
@example("((((")
def test_any_text_is_answered_or_refused_without_a_traceback(sample: Path, text: str) -> None:
    done = asked(sample, f" {text}")
    assert done.exit_code in (0, 2)
