"""The grammar of filters: what passes, and what a person is told who wrote it wrong."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from explorer.filter import EVERYTHING, FilterError, fields, parse, predicate
from tests.unit.explorer.recorded import DEMO, SAMPLE, Line

NOW = datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)
LINES = [*SAMPLE["sample"], *(line for lines in DEMO.values() for line in lines)]


def passing(text: str, lines: list[Line] = LINES) -> list[Line]:
    """Return the lines that pass the filter, and see that there are some that do not."""
    passes = predicate(parse(text), NOW)
    kept = [line for line in lines if passes(line)]
    assert 0 < len(kept) < len(lines), f"{text} tells nothing apart"
    return kept


def payload(line: Line, key: str) -> Any:
    return line["payload"].get(key)


def test_terms_narrow_down() -> None:
    kept = passing("layer_name:sentiment latency_ms>5 -status:failed")
    assert all(payload(line, "layer_name") == "sentiment" for line in kept)
    assert all(payload(line, "latency_ms") > 5 for line in kept)
    assert all(payload(line, "status") != "failed" for line in kept)


def test_a_comma_or_a_bar_means_either_value() -> None:
    kept = passing("worker:ingest,enrich")
    assert {payload(line, "worker") for line in kept} == {"ingest", "enrich"}
    assert passing("worker:ingest|enrich") == kept
    assert passing("worker:ingest OR worker:enrich") == kept
    assert {payload(line, "attempt") for line in passing("attempt:2,3")} == {2, 3}


def test_minus_also_keeps_what_lacks_the_field() -> None:
    assert any(payload(line, "status") is None for line in passing("-status:completed"))
    assert all(payload(line, "status") is None for line in passing("-status:*"))


def test_parentheses_group() -> None:
    kept = passing("-(area:job OR area:layer) (severity>=warn OR attempt>1)")
    assert all(line["event_name"].split(".")[1] not in ("job", "layer") for line in kept)
    assert all(line["severity"] in ("warn", "error") or payload(line, "attempt") for line in kept)


def test_a_star_stands_for_anything_and_quotes_take_that_away() -> None:
    kept = passing("error_type:*k*r_l*st,Laye*")
    assert {payload(line, "error_type") for line in kept} == {"worker_lost", "LayerError"}
    assert not [line for line in LINES if predicate(parse('error_type:"*lost"'), NOW)(line)]


def test_an_event_is_named_with_or_without_the_products_name() -> None:
    assert passing("event_name:job_run.failed") == passing("event_name:narralytica.job_run.failed")
    assert passing("event_name:job_run.*") == passing("area:job_run")


def test_severity_has_an_order() -> None:
    assert {line["severity"] for line in passing("severity>=warn")} <= {"warn", "error"}
    assert passing("severity<info") == passing("severity:debug")


def test_a_word_is_looked_for_in_names_errors_and_ids() -> None:
    assert passing("WORKER_lost") == passing("error_type:worker_lost")
    job_id = LINES[0]["correlation"]["job_id"]
    assert passing(job_id[:23].upper()) == passing(f"job_id:{job_id[:23]}*")


def test_since_and_until_part_the_time() -> None:
    sample = SAMPLE["sample"]
    before, after = passing("until:20s", sample), passing("since:20s", sample)
    assert len(before) + len(after) == len(sample)
    assert max(line["occurred_at"] for line in before) < "2026-01-01T00:00:10"
    assert passing("since:2026-01-01T00:00:10Z", sample) == after
    assert passing("since:2026-01-01T01:00:10+01:00", sample) == after
    assert passing('occurred_at>="2026-01-01 00:00:10"', sample) == after


def test_since_takes_the_moment_in_and_until_does_not() -> None:
    sample = SAMPLE["sample"]
    moment = sample[20]["occurred_at"]
    assert sample[20] in passing(f"since:{moment}", sample)
    assert sample[20] not in passing(f"until:{moment}", sample)


def test_no_filter_lets_everything_through() -> None:
    assert parse("  ") == EVERYTHING
    assert all(map(predicate(EVERYTHING, NOW), LINES))


def test_every_field_that_an_event_has_can_be_named() -> None:
    for line in LINES:
        for part in (line["correlation"], line["actor"], line["payload"]):
            for name, value in part.items():
                if value is not None and name != "violations":
                    assert predicate(parse(f"{name}:*"), NOW)(line)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "latency_ms>5 layer:sentiment",
            """\
No event has a field layer.
  latency_ms>5 layer:sentiment
               ^^^^^
Did you mean layer_name or layer_version? To search for the text, quote it.""",
        ),
        (
            "worker:enrch",
            """\
worker never has this value.
  worker:enrch
         ^^^^^
Did you mean enrich?""",
        ),
        (
            "latency_ms>fast",
            """\
latency_ms is a number.
  latency_ms>fast
             ^^^^
Write for example latency_ms>500""",
        ),
        (
            "status!=failed",
            """\
!= is not an operator here.
  status!=failed
        ^^
Write -status:failed""",
        ),
        (
            "area:job (worker:ingest",
            """\
Nothing closes this (.
  area:job (worker:ingest
           ^
Write ) where it ends.""",
        ),
        (
            'model_id:"tiny',
            """\
Nothing closes this quote.
  model_id:"tiny
           ^
Write " where the value ends, and \\" for a quote inside it.""",
        ),
        (
            "area:job OR",
            """\
Something to look for is missing after OR.
  area:job OR
             ^
Write a term such as layer_name:sentiment; quote the word to search for it.""",
        ),
        (
            "漢\x1b字 since:monday",
            """\
This is neither a duration nor a time.
  漢\\x1b字 since:monday
                 ^^^^^^
Write 90s, 15m, 1h or 7d, or a time (in UTC unless it says otherwise) like 2026-11-24, \
2026-11-24T12:00:00Z or 2026-11-24T13:00:00+01:00.""",
        ),
    ],
)
def test_an_error_points_at_the_place_and_says_what_to_write(text: str, told: str) -> None:
    with pytest.raises(FilterError) as raised:
        parse(text)
    assert str(raised.value) == told


def test_of_a_long_filter_the_part_around_the_error_is_shown() -> None:
    with pytest.raises(FilterError) as raised:
        parse("area:job " * 50 + "area:jop " + "area:job " * 50)
    assert max(len(row) for row in raised.value.pointed().splitlines()) < 80


FRAGMENTS = st.sampled_from(
    [*fields(), *'():,|-*<>=!" \\', "OR", "AND", "since:", "1h", "9" * 30, "9999-12-31", "job"]
)


@given(st.one_of(st.text(), st.lists(FRAGMENTS).map("".join), st.text(st.characters())))
@example("(" * 1000)
@example("-" * 1000)
@example("a" * 5000)
@example("\ud800")
@example("since:0001-01-01T00:00:00+14:00")
@example("since:99999d")
@example("latency_ms>9e99")
def test_any_text_is_a_filter_or_an_error_with_a_place(text: str) -> None:
    faults: list[FilterError] = []
    try:
        passes = predicate(parse(text), datetime.now(UTC))
        assert {passes(line) for line in LINES[:20]} <= {True, False}
    except FilterError as fault:
        faults.append(fault)
    assert all(0 <= fault.column <= len(text) for fault in faults)
    assert all(fault.problem and fault.hint and fault.pointed() for fault in faults)


def test_times_are_counted_back_from_the_moment_of_use() -> None:
    bound = parse("since:1h")
    early, late = (
        [line for line in SAMPLE["sample"] if predicate(bound, NOW + timedelta(hours=hours))(line)]
        for hours in (0, 2)
    )
    assert len(early) == len(SAMPLE["sample"])
    assert late == []
