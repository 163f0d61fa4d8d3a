"""The index holds what the lines say, whatever they are in, and is extended, not made anew."""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.index import Index, LineGone, Match, Progress, QueryError, filling
from explorer.index.columns import payload_columns
from explorer.lines import EventLine, parse_line, read_files, without_repeats
from explorer.sources import Line, MissingSource, read_lines
from explorer.trace.connected import connected_events
from observability.contracts import schemas
from tests.contract.judges import FIXTURES
from tests.unit.explorer.recorded import DEMO, SAMPLE, encoded

SAMPLE_LINES = encoded(SAMPLE["sample"])
DEMO_LINES = [line for lines in DEMO.values() for line in encoded(lines)]
CREATED = DEMO["api"][0]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    cache = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return cache


def written(path: Path, *lines: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.writelines(lines)
    return path


def event(number: int, **changes: Any) -> bytes:
    """Return the line of an event with an id of its own."""
    event_id = f"0193f0c2-2222-7000-8000-{number:012d}"
    return encoded([{**CREATED, "event_id": event_id, **changes}])[0]


def count(index: Index) -> int:
    return int(index.rows("SELECT count(*) AS n FROM events")[0]["n"])


def ids(index: Index) -> list[str]:
    return [row["event_id"] for row in index.rows("SELECT event_id FROM events ORDER BY row")]


# What it holds


def test_every_event_is_there_once_with_its_place_and_its_line(tmp_path: Path) -> None:
    path = written(tmp_path / "sample.jsonl", *SAMPLE_LINES)
    with Index.open([path]) as index:
        rows = index.rows("SELECT * FROM events ORDER BY row")
        repeats = len(SAMPLE_LINES) - len({json.loads(line)["event_id"] for line in SAMPLE_LINES})
        assert repeats > 0
        assert len(rows) == len(SAMPLE_LINES) - repeats
        for row in rows:
            said = json.loads(SAMPLE_LINES[row["line"] - 1])
            assert index.raw(row["row"]) == SAMPLE_LINES[row["line"] - 1]
            assert row["file"] == str(path)
            assert row["event_name"] == said["event_name"]
            assert row["occurred_at"].isoformat("T", "microseconds") + "Z" == said["occurred_at"]
            assert json.loads(row["payload"]) == said["payload"]
            assert {key: row[key] for key in said["correlation"]} == said["correlation"]
            for column in payload_columns():
                assert row[column.name] == said["payload"].get(column.field)
        (covered,) = index.coverage()
        assert (covered.lines, covered.repeats) == (len(SAMPLE_LINES), repeats)
        assert covered.bytes == path.stat().st_size


def test_every_field_of_every_payload_has_a_column_or_is_a_list() -> None:
    fields = {
        field: rules
        for path, schema in schemas().items()
        if "/payloads/" in path
        for field, rules in schema["properties"].items()
    }
    kept_in_payload = fields.keys() - {column.field for column in payload_columns()}
    assert kept_in_payload == {f for f, rules in fields.items() if rules.get("type") == "array"}


def test_every_fixture_of_the_contracts_is_held_whole(tmp_path: Path) -> None:
    fixtures = [json.loads(path.read_text()) for path in sorted(FIXTURES.glob("event_env*.json"))]
    path = written(tmp_path / "all.jsonl", *encoded(fixtures))
    with Index.open([path]) as index:
        rows = index.rows("SELECT event_name, payload FROM events")
        told = {(row["event_name"], json.dumps(json.loads(row["payload"]))) for row in rows}
        assert told == {(each["event_name"], json.dumps(each["payload"])) for each in fixtures}
        assert index.rows("FROM invalid_lines") == []


#: What could mean something to what stands between the judge and the engine, and what is plain.
HOSTILE = (
    *("\x1f", "\x1fx", "x\n", "\r", "\x00", "\x7f", "é", "\u2028", "x" * 100_000),
    *('"', "'", '"x', "\\", "\\n", "\\x1f", ",", "#", " x ", "", "None", "NULL", "null", "{}"),
)


def with_hostile_strings(envelope: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the envelope with each of its strings replaced by each hostile one."""
    for part in (None, "correlation", "actor", "payload"):
        within = envelope if part is None else envelope[part]
        for key in [key for key, value in within.items() if isinstance(value, str)]:
            for hostile in HOSTILE:
                changed = {**within, key: hostile}
                yield changed if part is None else {**envelope, part: changed}


def test_whatever_stands_in_a_string_what_was_judged_is_held(tmp_path: Path) -> None:
    fixtures = [json.loads(path.read_text()) for path in sorted(FIXTURES.glob("event_env*.json"))]
    changed = [line for fixture in fixtures for line in with_hostile_strings(fixture)]
    for number, line in enumerate(changed):
        if line["event_id"] not in HOSTILE:
            line["event_id"] = f"0193f0c2-3333-7000-8000-{number:012d}"
    path = written(tmp_path / "a.jsonl", *encoded(changed))
    good = {line.number for line in judged_lines(path)}
    assert 100 < len(good) < len(changed)
    with Index.open([path]) as index:
        rows = index.rows("SELECT * FROM events ORDER BY row")
        assert {row["line"] for row in rows} == good
        for row in rows:
            said = changed[row["line"] - 1]
            assert json.loads(row["payload"]) == said["payload"]
            for key, value in {**said, **said["correlation"], **said["actor"]}.items():
                if key not in ("correlation", "actor", "payload", "occurred_at"):
                    assert row[key] == value


def judged_lines(path: Path) -> Iterator[Line]:
    for line in read_lines(path):
        if isinstance(parse_line(line.content, file="", number=line.number), EventLine):
            yield line


def test_of_a_repeated_key_the_last_is_held_which_was_judged(tmp_path: Path) -> None:
    line = json.dumps({**json.loads(event(1)), "payload": {"job_type": "enrich"}})
    line = line.replace('"severity"', '"severity": "error", "severity"')
    line = line.replace(
        '{"job_type"', '{"status": 7, "status": "created", "job_type": 1, "job_type"'
    )
    line = line.replace('"job_id"', '"job_id": "x", "job_id"')
    with Index.open([written(tmp_path / "a.jsonl", line.encode() + b"\n")]) as index:
        (row,) = index.rows("SELECT severity, job_type, job_id, payload FROM events")
        said = json.loads(event(1))
        assert (row["severity"], row["job_type"]) == (said["severity"], "enrich")
        assert row["job_id"] == said["correlation"]["job_id"]
        assert json.loads(row["payload"]) == {"status": "created", "job_type": "enrich"}


def test_a_wrapped_line_among_our_own_is_unwrapped(tmp_path: Path) -> None:
    beginning = json.dumps(json.loads(event(1)), separators=(",", ":")).encode()
    assert beginning.startswith(b'{"schema_version":')
    docker = {"log": event(2).decode(), "stream": "stdout", "time": "2026-11-25T12:00:00Z"}
    path = written(tmp_path / "a.log", beginning + b"\n", *encoded([docker]), beginning + b"\n")
    with Index.open([path]) as index:
        assert ids(index) == [json.loads(event(n))["event_id"] for n in (1, 2)]
        assert [each.repeats for each in index.coverage()] == [1]


def test_whole_numbers_may_be_written_as_fractions(tmp_path: Path) -> None:
    line = next(line for line in SAMPLE_LINES if b'"attempt": 1' in line)
    path = written(tmp_path / "a.jsonl", line.replace(b'"attempt": 1', b'"attempt": 1.0'))
    with Index.open([path]) as index:
        assert index.rows("SELECT attempt FROM events") == [{"attempt": 1}]


def test_other_programs_lines_are_counted_and_broken_ones_of_ours_are_shown(tmp_path: Path) -> None:
    good = event(1)
    path = written(
        tmp_path / "mixed.log",
        b"Traceback (most recent call last):\n",
        b"\n",
        good[:300] + b"\n",
        b'{"event_name": "somebody.else"}\n',
        b"[" * 5000 + b"\n",
        b"\xff\xfe\x00\n",
        encoded([{**CREATED, "event_name": "narralytica.job.imagined"}])[0],
        encoded([{**CREATED, "payload": {"job_type": "\x1b[31m<script>"}}])[0],
        good.replace(b"}\n", b"}") + b" " * (1 << 20) + b"\n",
        good,
        b'{"note": "' + b"x" * (1 << 20) + b'"}\n',
    )
    with Index.open([path]) as index:
        (covered,) = index.coverage()
        assert (covered.events, covered.invalid, covered.foreign, covered.lines) == (1, 4, 6, 11)
        shown = index.rows("SELECT line, reason, excerpt, row FROM invalid_lines ORDER BY line")
        assert [(row["line"], row["reason"].split(";")[0]) for row in shown] == [
            (3, "is not JSON"),
            (7, "/event_name breaks enum"),
            (8, "/payload breaks required"),
            (9, "is longer than 1048576 bytes"),
        ]
        assert shown[2]["excerpt"].startswith('{"schema_version"')
        assert index.raw(shown[0]["row"]) == good[:300] + b"\n"


def test_packed_wrapped_and_plain_files_of_a_directory_are_read_alike(tmp_path: Path) -> None:
    lines = [event(number) for number in range(6)]
    text = [line.decode().strip() for line in lines]
    time_ = "2026-11-25T12:00:00.000000000Z"
    folder = tmp_path / "logs"
    written(folder / "plain.jsonl", lines[0])
    written(folder / "packed.json.gz", gzip.compress(lines[1]))
    written(folder / "deep" / "packed.log.zst", zstandard.compress(lines[2]))
    docker = [
        {"log": part, "stream": "stdout", "time": time_}
        for part in (text[3][:100], text[3][100:] + "\n")
    ]
    written(folder / "docker-json.log", *encoded(docker))
    cri = (f"stdout P {text[4][:99]}", "stderr F warning", f"stdout F {text[4][99:]}")
    written(folder / "0.log", *(f"{time_} {line}\n".encode() for line in cri))
    journal = {"__REALTIME_TIMESTAMP": "1", "MESSAGE": list(lines[5])}
    written(folder / "journal.json", *encoded([journal]))
    with Index.open([folder]) as index:
        assert sorted(ids(index)) == [json.loads(line)["event_id"] for line in lines]
        by_id = {row["event_id"]: row for row in index.rows("FROM events")}
        assert index.raw(by_id[json.loads(lines[2])["event_id"]]["row"]) == lines[2]
        joined = by_id[json.loads(lines[4])["event_id"]]
        assert (joined["line"], Path(joined["file"]).name) == (1, "0.log")
        assert sum(each.foreign for each in index.coverage()) == 1


def test_standard_input_is_read_beside_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(event(1) + b"noise\n" + event(2)))
    monkeypatch.setattr(sys, "stdin", stdin)
    path = written(tmp_path / "a.jsonl", event(2), event(3))
    with Index.open([Path("-"), path]) as index:
        assert count(index) == 3
        assert {each.file for each in index.coverage()} == {"-", str(path)}
        (row,) = index.rows("SELECT row FROM events WHERE file = '-' AND line = 3")
        assert index.raw(row["row"]) == event(2)
        folder = index.folder
    assert not folder.exists()


@settings(max_examples=12, deadline=None)
@given(st.lists(st.binary(max_size=80) | st.sampled_from(SAMPLE_LINES), max_size=30))
def test_no_line_breaks_it(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = written(folder / "any.log", *(line.strip(b"\n") + b"\n" for line in lines))
    with Index.open([path], folder=folder / "index") as index:
        (covered,) = index.coverage()
        found = covered.events + covered.repeats + covered.invalid + covered.foreign
        assert covered.lines == found == path.read_bytes().count(b"\n")
        good = {json.loads(line)["event_id"] for line in lines if line in SAMPLE_LINES}
        assert set(ids(index)) == good


# Being asked


def stories() -> Iterator[str]:
    for line in (*SAMPLE["sample"][::9], *DEMO["api"], *DEMO["worker-enrich"]):
        yield line["event_id"]
        yield from (value for key, value in line["correlation"].items() if key != "span_id")


def test_a_story_is_the_one_that_trace_finds_in_a_list(tmp_path: Path) -> None:
    path = written(tmp_path / "all.jsonl", *SAMPLE_LINES, *DEMO_LINES)
    events = without_repeats(line for line in read_files([path]) if isinstance(line, EventLine))
    asked = sorted({story for story in stories() if story})[::4]
    assert len(asked) > 15
    with Index.open([path]) as index:
        for identifier in asked:
            assert index.connected(identifier) == connected_events(events, identifier)
        assert index.connected("0193f0c2-0000-7000-8000-000000000000") == []


def test_ids_are_found_by_their_beginning(tmp_path: Path) -> None:
    path = written(tmp_path / "sample.jsonl", *DEMO_LINES)
    correlation = CREATED["correlation"]
    with Index.open([path]) as index:
        for kind in ("request", "job", "trace"):
            whole = correlation[f"{kind}_id"]
            assert index.matches(whole) == [Match(kind=kind, identifier=whole)]
            assert Match(kind=kind, identifier=whole) in index.matches(whole[:7].upper())
        assert len(index.matches("0")) > 5
        assert index.matches("") == index.matches("xyz") == index.matches("%") == []


@pytest.mark.parametrize(
    "sql",
    [
        "DROP VIEW events",
        "INSERT INTO kept.stored SELECT * FROM kept.stored",
        "SELECT 1; SELECT 2",
        "ATTACH 'other.db'",
        "SET threads = 1",
        "COPY events TO 'stolen.csv'",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/passwd'",
        "EXPLAIN ANALYZE INSERT INTO kept.stored SELECT * FROM kept.stored",
        "SELECT nothing FROM events",
        "SELEC",
        "",
    ],
)
def test_a_query_can_only_read_the_index(tmp_path: Path, sql: str) -> None:
    with Index.open([written(tmp_path / "a.jsonl", event(1))]) as index:
        with pytest.raises(QueryError, match=r"\w"):
            index.rows(sql)
        assert count(index) == 1


def test_threads_ask_while_another_takes_in(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", event(0))
    wrong: list[object] = []
    done = threading.Event()
    with Index.open([path]) as index:

        def ask() -> None:
            last = 0
            while not done.is_set():
                found = count(index)
                if found < last:
                    wrong.append((last, found))
                last = found

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(1, 20):
            written(path, event(number))
            assert index.refresh() == 1
        done.set()
        for thread in threads:
            thread.join()
        assert count(index) == 20
    assert wrong == []


def test_a_line_that_is_gone_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", event(1), event(2))
    with Index.open([path]) as index:
        path.write_bytes(event(3) + event(4))
        with pytest.raises(LineGone, match=r"a\.jsonl is gone, or has changed"):
            index.raw(2)
        path.unlink()
        with pytest.raises(LineGone, match="gone"):
            index.raw(1)
        with pytest.raises(LineGone, match="no line"):
            index.raw(10**15)


# Being kept and extended


def test_what_is_new_is_added_when_it_is_opened_again_or_refreshed(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    path = written(folder / "a.jsonl", event(1))
    with Index.open([folder]) as index:
        assert index.refresh() == 0
        written(path, event(2), b"noise\n")
        assert index.refresh() == 2
        assert count(index) == 2
    written(folder / "b.jsonl", event(3), event(1))
    seen: list[Progress] = []
    with Index.open([folder], progress=seen.append) as index:
        assert sorted(ids(index)) == [json.loads(event(n))["event_id"] for n in (1, 2, 3)]
        assert seen[-1].bytes_read == seen[-1].bytes_total == len(event(1)) * 2
        assert sum(each.repeats for each in index.coverage()) == 1


def test_rotation_loses_and_doubles_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", event(0))
    with Index.open([path]) as index:
        for number in range(1, 8):
            written(path, event(2 * number))
            path.rename(tmp_path / f"a.jsonl.{number}")
            written(path, event(2 * number + 1))
            assert index.refresh() == 2
        assert count(index) == 15
        (first,) = index.rows("SELECT file, row FROM events ORDER BY row LIMIT 1")
        assert Path(first["file"]).name == "a.jsonl.1"
        assert index.raw(first["row"]) == event(0)


def test_the_folder_is_closed_to_others_and_belongs_to_the_sources(
    tmp_path: Path, own_cache: Path
) -> None:
    one, other = written(tmp_path / "1.jsonl", event(1)), written(tmp_path / "2.jsonl", event(2))
    for sources in ([one], [other], [one, other], [other, one]):
        Index.open(sources).close()
    folders = list((own_cache / "narralytica" / "index").iterdir())
    assert len(folders) == 3
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}
    with pytest.raises(MissingSource):
        Index.open([tmp_path / "none"])
    assert list((own_cache / "narralytica" / "index").iterdir()) == folders


def test_an_unreadable_file_does_not_keep_the_others_from_being_read(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    written(folder / "a.jsonl", event(1))
    (folder / "b.jsonl").mkdir()
    (folder / "c.jsonl").symlink_to("nowhere")
    with Index.open([folder]) as index:
        assert count(index) == 1


def spoiled_head(database: Path) -> None:
    database.write_bytes(b"no database at all" * 1000)


def cut_off(database: Path) -> None:
    os.truncate(database, database.stat().st_size // 2)


def emptied(database: Path) -> None:
    database.write_bytes(b"")


def spoiled_blocks(database: Path) -> None:
    content = bytearray(database.read_bytes())
    content[12288:] = bytes(byte ^ 0xFF for byte in content[12288:])
    database.write_bytes(content)


def of_another_format(database: Path) -> None:
    import duckdb

    with duckdb.connect(str(database)) as connection:
        connection.execute("UPDATE format SET fingerprint = 'older'")


def without_tables(database: Path) -> None:
    import duckdb

    database.unlink()
    duckdb.connect(str(database)).close()


@pytest.mark.parametrize(
    "spoil",
    [spoiled_head, cut_off, emptied, spoiled_blocks, of_another_format, without_tables],
    ids=lambda spoil: spoil.__name__,
)
def test_an_index_that_cannot_be_used_is_made_anew(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    path, folder = written(tmp_path / "a.jsonl", *SAMPLE_LINES), tmp_path / "index"
    with Index.open([path], folder=folder) as index:
        whole = ids(index)
    spoil(folder / "events.duckdb")
    told: list[str] = []
    with Index.open([path], folder=folder, tell=told.append) as index:
        assert ids(index) == whole
    assert len(told) == 1
    assert told[0].startswith("made anew, since ")
    assert "\n" not in told[0]


# Killed, and shared by processes

#: In batches of one or two blocks, so that several are committed.
SMALL_BATCH = 10_000
OPEN = """
import sys
from pathlib import Path
from explorer.index import Index, filling
filling.BATCH_EVENTS = int(sys.argv[3])
with Index.open([Path(sys.argv[1])], folder=Path(sys.argv[2])) as index:
    print(index.rows("SELECT count(*) AS n FROM events")[0]["n"], flush=True)
    sys.stdin.read()
"""


def opening(path: Path, folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", OPEN, str(path), str(folder), str(SMALL_BATCH)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file that is read in several blocks, by processes."""
    path = tmp_path_factory.mktemp("many") / "many.jsonl"
    return written(path, *(event(number) for number in range(40_000)))


def test_processes_that_judge_find_the_same(many: Path, tmp_path: Path) -> None:
    with Index.open([many]) as index:
        assert count(index) == 40_000
        assert index.rows("SELECT max(line) AS n FROM events") == [{"n": 40_000}]
        (row,) = index.rows("SELECT row, line FROM events ORDER BY row OFFSET 39_000 LIMIT 1")
        assert index.raw(row["row"]) == event(row["line"] - 1)


def test_repeats_are_found_within_a_batch_and_in_those_before(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "BATCH_EVENTS", SMALL_BATCH)
    lines = many.read_bytes().splitlines(keepends=True)
    lines[30_001:30_001] = lines[:3]  # of another batch
    lines[20_001:20_001] = [lines[20_000]] * 2  # of the same block
    path = written(tmp_path / "repeats.jsonl", *lines, lines[-1])
    other = written(tmp_path / "other.jsonl", *lines[39_000:])
    with Index.open([path, other]) as index:
        assert count(index) == len(set(ids(index))) == 40_000
        coverage = {Path(each.file).name: each for each in index.coverage()}
        told = {name: (each.events, each.repeats) for name, each in coverage.items()}
        assert told == {
            "repeats.jsonl": (40_000, 6),
            "other.jsonl": (0, len(lines) - 39_000),
        }
        assert index.rows("SELECT count(*) AS n FROM events WHERE line IN (20002, 20003)") == [
            {"n": 0}
        ]


@pytest.mark.parametrize("after_s", [0.3, 0.9, 1.5, 2.5])
def test_who_is_killed_while_taking_in_loses_and_doubles_nothing(
    many: Path, tmp_path: Path, after_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "index"
    process = opening(many, folder)
    time.sleep(after_s)  # wherever that is: the outcome has to be the same
    process.send_signal(signal.SIGKILL)
    process.communicate()
    told: list[str] = []
    with Index.open([many], folder=folder, tell=told.append) as index:
        assert len(set(ids(index))) == count(index) == 40_000
        (covered,) = index.coverage()
        assert (covered.lines, covered.repeats) == (40_000, 0)
    assert told == []
    assert not (folder / "work").exists()


def test_two_that_open_it_at_once_both_have_it_whole(many: Path, tmp_path: Path) -> None:
    processes = [opening(many, tmp_path / "index") for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "40000\n"
    # All of them are open: and it is extended all the same, and read.
    with Index.open([many], folder=tmp_path / "index") as index:
        assert count(index) == 40_000
    for process in processes:
        process.communicate("")
        assert process.returncode == 0
