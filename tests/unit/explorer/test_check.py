"""`narralytica check` finds any one change to a good stream, and nothing in the good stream."""

import gzip
import random
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice, repeat
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import observability as obs
from explorer.check import check
from explorer.check.judge import Judge
from explorer.check.rules import Allowance
from explorer.sources import MAX_LINE_BYTES, lines_of
from tests.unit.explorer.recorded import (
    DEMO,
    SAMPLE,
    Line,
    area_of,
    breaks_of,
    encoded,
    tells_a_state,
    told_once,
)

GOOD = [SAMPLE, DEMO]
EXAMPLES = settings(max_examples=40)


def stream(lines: dict[str, list[Line]]) -> dict[str, list[bytes]]:
    return {name: encoded(file) for name, file in lines.items()}


def changed(line: Line, part: str, **values: object) -> Line:
    return {**line, part: {**line[part], **values}}


def short(line: Line) -> str:
    return str(line["event_name"].removeprefix("narralytica."))


def one_of(
    data: st.DataObject, wanted: Callable[[Line], bool]
) -> tuple[dict[str, list[Line]], list[Line], int]:
    """Return a copy of a good stream, one of its files, and where a wanted line stands in it."""
    lines = {name: list(file) for name, file in data.draw(st.sampled_from(GOOD)).items()}
    places = [
        (name, number)
        for name, file in lines.items()
        for number in told_once(file)
        if wanted(file[number])
    ]
    name, number = data.draw(st.sampled_from(places))
    return lines, lines[name], number


def in_a_course(line: Line) -> bool:
    return area_of(line) in ("job_run", "layer", "index")


def rules_broken(lines: dict[str, list[Line]]) -> set[str]:
    return {broken.rule for broken in breaks_of(stream(lines))}


@pytest.mark.parametrize("lines", GOOD, ids=["sample", "demo"])
def test_a_good_stream_breaks_nothing(lines: dict[str, list[Line]]) -> None:
    assert breaks_of(stream(lines)) == []


@given(st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_services_interleave_as_they_like(chance: random.Random) -> None:
    queues = [list(file) for file in DEMO.values()]
    merged = []
    while any(queues):
        merged.append(chance.choice([queue for queue in queues if queue]).pop(0))
    assert breaks_of({"-": encoded(merged)}) == []
    names = chance.sample(list(DEMO), len(DEMO))
    assert breaks_of({name: encoded(DEMO[name]) for name in names}) == []


@given(st.data())
@EXAMPLES
def test_a_repeat_may_come_any_time_later_in_any_file(data: st.DataObject) -> None:
    lines, file, number = one_of(data, tells_a_state)
    again = file[number]
    target = lines[data.draw(st.sampled_from(sorted(lines)))]
    low = number + 1 if target is file else 0
    target.insert(data.draw(st.integers(low, len(target))), again)
    assert breaks_of(stream(lines)) == []


@given(st.data())
@EXAMPLES
def test_a_dropped_line_is_missed(data: st.DataObject) -> None:
    lines, file, number = one_of(data, tells_a_state)
    del file[number]
    assert rules_broken(lines)


@given(st.data())
@EXAMPLES
def test_a_doubled_line_is_found_however_late(data: st.DataObject) -> None:
    lines, file, number = one_of(data, tells_a_state)
    file.insert(
        data.draw(st.integers(number + 1, len(file))), {**file[number], "event_id": obs.new_uuid()}
    )
    assert rules_broken(lines) & {"1", "2", "5"}


@given(st.data())
@EXAMPLES
def test_swapped_lines_of_a_run_are_found(data: st.DataObject) -> None:
    lost = {
        line["correlation"]["job_run_id"]
        for lines in GOOD
        for file in lines.values()
        for line in file
        if line["payload"].get("error_type") == "worker_lost"
    }
    lines, file, number = one_of(
        data,
        lambda line: (
            in_a_course(line)
            and short(line).endswith(("completed", "failed"))
            and line["correlation"]["job_run_id"] not in lost
        ),
    )
    start = start_of(file, number)
    file[start], file[number] = file[number], file[start]
    assert rules_broken(lines) & {"1", "2"}


@given(st.data())
@EXAMPLES
def test_swapped_times_of_a_run_are_found(data: st.DataObject) -> None:
    lines, file, number = one_of(
        data, lambda line: in_a_course(line) and short(line).endswith(("completed", "failed"))
    )
    start = start_of(file, number)
    first, last = file[start], file[number]
    file[start] = {**first, "occurred_at": last["occurred_at"]}
    file[number] = {**last, "occurred_at": first["occurred_at"]}
    assert "6" in rules_broken(lines)


def start_of(file: Sequence[Line], number: int) -> int:
    end = file[number]
    name = end["event_name"].rsplit(".", 1)[0] + ".started"
    layer = end["payload"].get("layer_name")
    return next(
        place
        for place, line in enumerate(file)
        if line["event_name"] == name
        and line["correlation"]["job_run_id"] == end["correlation"]["job_run_id"]
        and line["payload"].get("layer_name") == layer
    )


@given(st.data(), st.sampled_from(["request_id", "job_id"]), st.booleans())
@EXAMPLES
def test_a_changed_id_of_a_job_is_found(data: st.DataObject, key: str, known: bool) -> None:
    lines, file, number = one_of(data, tells_a_state)
    old = file[number]["correlation"][key]
    others = sorted(
        {
            line["correlation"][key]
            for each in lines.values()
            for line in each
            if line["correlation"][key] not in (None, old)
        }
    )
    new = data.draw(st.sampled_from(others)) if known else obs.new_uuid()
    file[number] = changed(file[number], "correlation", **{key: new})
    assert rules_broken(lines) & {"1", "2", "4", "5"}


@given(st.data(), st.sampled_from(["job_run_id", "trace_id", "span_id"]))
@EXAMPLES
def test_a_changed_id_of_a_run_is_found(data: st.DataObject, key: str) -> None:
    lines, file, number = one_of(data, in_a_course)
    new = obs.new_uuid() if key == "job_run_id" else "ab" * (16 if key == "trace_id" else 8)
    file[number] = changed(file[number], "correlation", **{key: new})
    assert rules_broken(lines) & {"1", "2", "4"}


@given(st.data())
@EXAMPLES
def test_an_event_id_of_another_event_is_found(data: st.DataObject) -> None:
    lines, file, number = one_of(data, tells_a_state)
    others = [each["event_id"] for each in file if each["event_id"] != file[number]["event_id"]]
    file[number] = {**file[number], "event_id": data.draw(st.sampled_from(others))}
    assert "7" in rules_broken(lines)


@given(st.data())
@EXAMPLES
def test_a_cut_line_is_found(data: st.DataObject) -> None:
    lines, file, number = one_of(data, tells_a_state)
    whole = encoded([file[number]])[0].strip()
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    [name] = [name for name, each in lines.items() if each is file]
    written = stream(lines)
    written[name][number] = cut + b"\n"
    found = breaks_of(written)
    assert [(each.place.file, each.place.line) for each in found if each.rule == "schema"] == [
        (name, number + 1)
    ]


@given(st.data())
@EXAMPLES
def test_a_changed_payload_is_found(data: st.DataObject) -> None:
    lines, file, number = one_of(data, in_a_course)
    payload = file[number]["payload"]
    change = data.draw(
        st.sampled_from(
            [
                {"attempt": payload["attempt"] + 1},
                {"status": "forgotten"},
                {"unknown": 1},
                *(
                    [{"worker": "diarize" if payload["worker"] != "diarize" else "enrich"}]
                    if "worker" in payload
                    else []
                ),
                *([{"layer_name": "another"}] if "layer_name" in payload else []),
                *([{"will_retry": not payload["will_retry"]}] if "will_retry" in payload else []),
            ]
        )
    )
    file[number] = changed(file[number], "payload", **change)
    assert rules_broken(lines)


def test_what_comes_before_the_jobs_creation_is_found() -> None:
    lines = {name: list(file) for name, file in DEMO.items()}
    file = lines["worker-ingest"]
    early = next(n for n, line in enumerate(file) if short(line) == "job.started")
    file[early] = {**file[early], "occurred_at": "2020-01-01T00:00:00.000000Z"}
    assert "5" in rules_broken(lines)


def test_clocks_of_services_may_differ_as_far_as_is_allowed() -> None:
    ahead = [{**line, "occurred_at": delayed(line["occurred_at"])} for line in DEMO["api"]]
    late = {**DEMO, "api": ahead}
    assert {each.rule for each in breaks_of(stream(late))} == {"5"}
    assert breaks_of(stream(late), Allowance(clock_skew_us=2_000_000)) == []


def delayed(stamp: str) -> str:
    at = datetime.fromisoformat(stamp) + timedelta(seconds=1)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_recovery_may_write_late_what_a_lost_worker_left_unwritten() -> None:
    file = list(SAMPLE["sample"])
    [first, *_] = [
        n
        for n in told_once(file)
        if file[n]["payload"].get("error_type") == "worker_lost" and area_of(file[n]) == "job_run"
    ]
    run = file[first]["correlation"]["job_run_id"]
    late = next(
        n
        for n, line in enumerate(file)
        if line["correlation"]["job_run_id"] == run and short(line) == "job_run.started"
    )
    file.append(file.pop(late))
    assert breaks_of({"-": encoded(file)}) == []


def test_a_stream_that_goes_on_lacks_ends_only() -> None:
    lines = SAMPLE["sample"]
    for end in range(0, len(lines), 10):
        assert breaks_of({"-": encoded(lines[:end])}, Allowance(ongoing=True)) == []


def test_memory_does_not_grow_with_the_stream() -> None:
    class Endless:
        """A single line of many gigabytes would be read like this."""

        def __init__(self) -> None:
            self.left = 64

        def read(self, limit: int) -> bytes:
            self.left -= 1
            return b"x" * limit if self.left > 0 else b""

    with Judge() as judge:
        tracemalloc.start()
        [broken] = list(judge.take(lines_of(Endless().read), "-"))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert "longer than" in broken.message
    assert most < 8 * MAX_LINE_BYTES


def test_memory_is_bounded_for_any_number_of_lines() -> None:
    line = encoded(DEMO["worker-ingest"])[0]

    def most_memory(lines: int) -> int:
        with Judge() as judge:
            tracemalloc.start()
            assert not list(judge.take(lines_of(LinesOf(islice(repeat(line), lines)).read), "-"))
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return most

    assert most_memory(20_000) < 1.2 * most_memory(6_000)


class LinesOf:
    def __init__(self, lines: Iterator[bytes]) -> None:
        self.lines = lines

    def read(self, _size: int) -> bytes:
        return next(self.lines, b"")


def test_the_command_tells_place_rule_and_ids_and_exits_with_1(tmp_path: Path) -> None:
    lines = [line for line in SAMPLE["sample"] if area_of(line) in ("job", "job_run")]
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"".join(encoded(lines)))
    assert CliRunner().invoke(check, [str(path)]).exit_code == 0
    end = next(n for n, line in enumerate(lines) if short(line) == "job_run.completed")
    start = start_of(lines, end)
    run = lines.pop(end)["correlation"]["job_run_id"]
    path.write_bytes(b"".join(encoded(lines)))
    done = CliRunner().invoke(check, [str(path)])
    assert done.exit_code == 1
    told = [row for row in done.stdout.splitlines() if "rule 1" in row]
    assert any(row.startswith(f"{path}:{start + 1}  rule 1  ") and run in row for row in told)


def test_the_command_reads_standard_input(tmp_path: Path) -> None:
    given = b"".join(encoded(SAMPLE["sample"]))
    assert CliRunner().invoke(check, ["-"], input=given).exit_code == 0
    broken = CliRunner().invoke(check, ["-"], input=given + b'{"\x1b[31m": 1\n')
    assert broken.exit_code == 1
    assert "schema" in broken.stdout
    assert "\x1b" not in broken.stdout


def test_the_command_takes_folders_and_packed_files_and_may_skip_other_programs_lines(
    tmp_path: Path,
) -> None:
    api, *workers = DEMO.values()
    folder = tmp_path / "logs"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "api.log").write_bytes(b"other\n".join([b"", *encoded(api)]))
    for number, lines in enumerate(workers):
        (tmp_path / f"{number}.gz").write_bytes(gzip.compress(b"".join(encoded(lines))))
    sources = [str(folder), str(tmp_path / "*.gz")]
    strict = CliRunner().invoke(check, sources)
    assert strict.exit_code == 1
    assert strict.stdout.count("api.log:") == strict.stdout.count("is not JSON") == len(api)
    lenient = CliRunner().invoke(check, ["--skip-foreign", *sources])
    assert lenient.exit_code == 0
    assert f"{len(api)} of other programs, 0 breaks" in lenient.stderr


def test_a_missing_file_is_named() -> None:
    done = CliRunner().invoke(check, ["no-such-file.jsonl"])
    assert done.exit_code == 2
    assert "no-such-file.jsonl" in done.stderr
