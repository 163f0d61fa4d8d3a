"""What the page says first about a story that did not go well."""

from explorer.lines import EventLine
from explorer.trace.build import build
from explorer.web.timeline import timeline
from explorer.web.verdict import findings, outcome
from tests.unit.explorer.telling import job, layer, run

BAD = {"error_type": "ModelUnavailable", "error_message": "no answer"}


def verdict(*events: EventLine) -> tuple[str, list[tuple[str, str, str, str | None]]]:
    rows = timeline(build(events)).rows
    told = [(each.kind, each.place, each.told, each.error) for each in findings(rows)]
    return outcome(rows), told


def test_a_job_that_gave_up_is_told_by_attempts_each_at_the_layer_that_failed() -> None:
    told = verdict(
        job(0, "created"),
        job(0, "started"),
        *(event for n in (1, 2) for event in _failing(10 * n, n)),
        job(30, "failed", **BAD),
    )
    error = "ModelUnavailable: no answer"
    assert told == (
        "failed",
        [
            ("failed", "job ingest", "gave up after 2 attempts of enrich", error),
            (
                "failed",
                "enrich, attempt 2 › layer embedding",
                "failed after 2.00 s; no attempt was left",
                error,
            ),
            (
                "mended",
                "enrich, attempt 1 › layer embedding",
                "failed after 2.00 s; tried again 8.00 s later",
                error,
            ),
        ],
    )


def test_a_layer_that_was_done_without() -> None:
    told = verdict(
        job(0, "created"),
        job(0, "started"),
        run(1, "started", 1, "enrich"),
        layer(1, "started", 1, "summary"),
        layer(2, "failed", 1, "summary", latency_ms=1000, **BAD),
        run(3, "completed", 1, "enrich", latency_ms=2000),
        job(4, "completed", latency_ms=4000),
    )
    place, error = "enrich, attempt 1 › layer summary", "ModelUnavailable: no answer"
    assert told == (
        "completed",
        [("mended", place, "failed; the attempt completed without it", error)],
    )


def test_what_never_ended_is_open() -> None:
    told = verdict(job(0, "created"), job(0, "started"), run(1, "started", 1, "enrich"))
    assert told == (
        "open",
        [
            ("open", "job ingest", "never ended", None),
            ("open", "enrich, attempt 1", "never ended", None),
        ],
    )


def test_a_job_of_which_only_the_end_is_left() -> None:
    assert verdict(job(5, "failed", error_type="Lost")) == (
        "failed",
        [("failed", "job ingest", "gave up", "Lost")],
    )


def test_nothing_is_said_when_all_went_well() -> None:
    told = verdict(job(0, "created"), job(0, "started"), job(4, "completed", latency_ms=4000))
    assert told == ("completed", [])


def _failing(at_s: float, number: int) -> list[EventLine]:
    return [
        run(at_s, "started", number, "enrich", attempt=number),
        layer(at_s, "started", number, "embedding"),
        layer(at_s + 1, "failed", number, "embedding", latency_ms=1000, **BAD),
        run(at_s + 2, "failed", number, "enrich", attempt=number, latency_ms=2000, **BAD),
    ]
