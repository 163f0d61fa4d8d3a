"""Builds spans from events, whatever is missing, late, repeated or told by a wrong clock."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import Any

from explorer.lines import EventLine, without_repeats
from explorer.trace.connected import VIEWED
from explorer.trace.span import NO_START, Note, Span

ENDS = ("completed", "failed", "cancelled", "executed")
NOTED = ("library", "contract", "events")


def build(told: Iterable[EventLine]) -> tuple[Span, ...]:
    """Return the requests, and the jobs that no request caused, in the order of their time."""
    events = without_repeats(told)
    views = Counter(e.correlation["job_id"] for e in events if e.event_name == VIEWED)
    rest = [event for event in events if event.event_name != VIEWED]
    owners = {e.correlation["job_id"]: e.correlation["request_id"] for e in reversed(rest)}
    by_request: dict[str | None, list[EventLine]] = {}
    for event in rest:
        job_id = event.correlation["job_id"]
        request_id = owners[job_id] if job_id else event.correlation["request_id"]
        by_request.setdefault(request_id, []).append(event)
    roots: list[Span] = []
    for request_id, own in by_request.items():
        children = tuple(_children(own, views))
        loose = [event for event in own if event.correlation["job_id"] is None]
        if request_id is None:
            roots += children
        else:
            roots.append(_request(request_id, children, loose))
    return tuple(_on_critical_path(root) for root in roots)


def _request(request_id: str, children: tuple[Span, ...], loose: Sequence[EventLine]) -> Span:
    starts = [child.start for child in children if child.start]
    failed = _last(loose, "request", ("failed",))
    ends = [child.end for child in children]
    span = Span(
        kind="request",
        name="request",
        identifier=request_id,
        status="failed" if failed else "",
        start=min(starts, default=failed.occurred_at if failed else None),
        end=None if None in ends else max((end for end in ends if end), default=None),
        error_type=failed.payload["error_type"] if failed else None,
        children=children,
        notes=_notes(loose),
    )
    return replace(span, end=failed.occurred_at) if failed and span.end is None else span


def _children(events: Sequence[EventLine], views: Mapping[str | None, int]) -> Iterator[Span]:
    for event in events:
        if _area(event) == "search":
            yield _span([event], "search", f"search {event.payload['mode']}", None)
    for job_id, own in _by(events, "job_id"):
        yield _job(job_id, own, views[job_id])


def _job(job_id: str, events: Sequence[EventLine], views: int) -> Span:
    runs = [_run(run_id, own) for run_id, own in _by(events, "job_run_id")]
    own = [event for event in events if _area(event) == "job"]
    job_type = next((e.payload["job_type"] for e in events if "job_type" in e.payload), "?")
    # job.created tells of a request: a job that none caused begins with job.started.
    first = "created" if any(event.correlation["request_id"] for event in events) else "started"
    again = [number for number, event in enumerate(own) if _action(event) == "retried"]
    # A job that was started again ends once more: what it came to before is told by its runs.
    told = [event for event in own[: again[-1]] if _action(event) not in ENDS] if again else []
    span = _span(
        [*told, *own[again[-1] if again else 0 :]], "job", f"job {job_type}", job_id, first
    )
    runs.sort(key=lambda run: str(run.start))
    runs = list(_with_waits(runs, span))
    loose = [event for event in events if event.correlation["job_run_id"] is None]
    marks = (*span.marks, f"started again {len(again)}×") if again else span.marks
    marks = (*marks, f"looked at {views}×") if views else marks
    return replace(span, children=tuple(runs), notes=_notes(loose), marks=marks)


def _run(run_id: str, events: Sequence[EventLine]) -> Span:
    own = [event for event in events if _area(event) == "job_run"]
    worker = own[0].payload["worker"] if own else "job run"
    span = _span(own, "run", worker, run_id)
    steps = sorted((e for e in events if _area(e) in ("layer", "index")), key=_step_key)
    children = [
        _skewed(_span(list(group), key[0], _step_name(key), None), span)
        for key, group in groupby(steps, key=_step_key)
    ]
    children.sort(key=lambda step: str(step.start))
    return replace(span, children=tuple(children), notes=_notes(events))


def _span(
    events: Sequence[EventLine],
    kind: str,
    name: str,
    identifier: str | None,
    first: str = "started",
) -> Span:
    """Return the span that its own events tell, marked for what they leave out."""
    opened = next((e for e in events if _action(e) == first), None)
    ended = [event for event in events if _action(event) in ENDS]
    told: dict[str, Any] = {}
    for event in events:
        told |= event.payload
    end = ended[0].occurred_at if ended else None
    start = opened.occurred_at if opened else None
    marks = []
    if opened is None and kind != "search":
        marks.append(NO_START)
    if start is None and end is not None and "latency_ms" in told:
        start = end - timedelta(milliseconds=told["latency_ms"])
    if not ended:
        marks.append("never ended")
    if len(ended) > 1:
        marks.append(f"ended {len(ended)}×")
    if start and end and end < start:
        marks.append("ends before its start: clock set back")
    any_event = opened or next(iter(events), None)
    return Span(
        kind=kind,
        name=name,
        identifier=identifier,
        status=_action(ended[0] if ended else events[-1]) if events else "unknown",
        service=any_event.service_name if any_event else None,
        start=start or (events[0].occurred_at if events else None),
        end=end,
        attempt=told.get("attempt") if kind == "run" else None,
        error_type=told.get("error_type"),
        error_message=told.get("error_message"),
        model_id=told.get("model_id"),
        marks=tuple(marks),
        trace_id=any_event.correlation["trace_id"] if any_event else None,
        span_id=any_event.correlation["span_id"] if any_event else None,
        parent_span_id=told.get("parent_span_id"),
    )


def _with_waits(runs: Iterable[Span], job: Span) -> Iterator[Span]:
    """Tell how long each run waited for its cause: an attempt before, its parent, or the last."""
    attempts: dict[str, Span] = {}
    by_span_id: dict[str | None, Span] = {}
    last: Span | None = None
    for run in runs:
        retried = attempts.get(run.name)
        parent = by_span_id.get(run.parent_span_id) if run.parent_span_id else None
        yield _waited(run, retried or parent or last, job, "retry" if retried else "queue")
        attempts[run.name] = last = run
        by_span_id.setdefault(run.span_id, run)


def _waited(run: Span, cause: Span | None, job: Span, waited_for: str) -> Span:
    run = _skewed(run, job)
    since = cause.end if cause else job.start
    if run.start is None or since is None or NO_START in run.marks:
        return run
    waited = (run.start - since).total_seconds()
    if waited < 0:
        mark = f"starts {-waited * 1000:.0f} ms before its cause ended: clocks differ"
        return run if _is_skewed(run) else replace(run, marks=(*run.marks, mark))
    return replace(run, waited_s=waited, waited_for=waited_for)


def _skewed(child: Span, parent: Span) -> Span:
    if not (child.start and parent.start) or child.start >= parent.start:
        return child
    ahead = (parent.start - child.start).total_seconds() * 1000
    mark = f"starts {ahead:.0f} ms before its {parent.kind}: clocks differ"
    return replace(child, marks=(*child.marks, mark))


def _is_skewed(span: Span) -> bool:
    return any("clocks differ" in mark for mark in span.marks)


def _on_critical_path(span: Span, *, critical: bool = False) -> Span:
    """Mark what decided when the span ended: from its end backwards, who ended last before."""
    children = list(span.children)
    moment = span.end
    order = sorted(range(len(children)), key=lambda n: str(children[n].end), reverse=True)
    for number in order:
        child = children[number]
        if moment and child.end and child.end <= moment:
            children[number] = _on_critical_path(child, critical=True)
            moment = child.start
    return replace(span, children=tuple(children), critical=critical)


def _notes(events: Sequence[EventLine]) -> tuple[Note, ...]:
    return tuple(_note(event) for event in events if _area(event) in NOTED)


def _note(event: EventLine) -> Note:
    payload = event.payload
    if _area(event) == "library":
        where = ":".join(
            str(payload[key]) for key in ("function_name", "line_number") if key in payload
        )
        text = " ".join(
            part
            for part in (payload["logger_name"], payload["level"], where, payload.get("error_type"))
            if part
        )
    elif _area(event) == "contract":
        rules = ", ".join(f"{each['path']} {each['rule']}" for each in payload["violations"])
        what = f"{payload['violating_event_name']} ({payload['outcome']})"
        text = f"contract violated by {what}: {rules}"
    else:
        text = (
            f"{payload['dropped_count']} events dropped by {payload['sink']}: {payload['reason']}"
        )
    serious = _area(event) != "library" or payload["level"] != "warning"
    return Note(at=event.occurred_at, text=text, serious=serious)


def _by(events: Iterable[EventLine], kind: str) -> list[tuple[str, list[EventLine]]]:
    groups: dict[str, list[EventLine]] = {}
    for event in events:
        if value := event.correlation[kind]:
            groups.setdefault(value, []).append(event)
    return list(groups.items())


def _step_key(event: EventLine) -> tuple[str, str, int]:
    payload = event.payload
    return _area(event), payload.get("layer_name") or payload["index"], payload["attempt"]


def _step_name(key: tuple[str, str, int]) -> str:
    return key[1] if key[0] == "layer" else f"index {key[1]}"


def _area(event: EventLine) -> str:
    return event.event_name.split(".")[1]


def _action(event: EventLine) -> str:
    return event.event_name.rsplit(".", 1)[1]


def _last(events: Sequence[EventLine], area: str, actions: Sequence[str]) -> EventLine | None:
    found = [e for e in events if _area(e) == area and _action(e) in actions]
    return found[-1] if found else None
