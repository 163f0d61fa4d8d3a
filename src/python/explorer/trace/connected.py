"""Finds everything that is connected with an id."""

from collections.abc import Iterable, Mapping, Sequence

from explorer.lines import EventLine
from observability.events import JobStatusViewed

VIEWED = JobStatusViewed.event_name
KINDS = ("request_id", "job_id", "job_run_id", "trace_id")
MOST_CANDIDATES = 20


class UnknownId(LookupError):
    """No event bears the id."""


class AmbiguousId(LookupError):
    """Several ids begin like this; the message lists them."""


def connected_events(events: Sequence[EventLine], wanted: str) -> list[EventLine]:
    """Return all events of the requests and jobs that the id, or its one beginning, belongs to.

    A look at a job's status belongs to the job. Raises UnknownId and AmbiguousId.
    """
    found = _resolve(events, wanted.strip().lower())
    hits = [event for event in events if found in _ids(event).values()]
    jobs = _values(hits, "job_id")
    requests = _values([event for event in hits if _owned(event, found)], "request_id")
    requests |= _values([event for event in events if _about(event, jobs)], "request_id")
    jobs |= _values(
        [e for e in events if e.correlation["request_id"] in requests and e.event_name != VIEWED],
        "job_id",
    )
    hit = {id(event) for event in hits}
    return [
        event
        for event in events
        if id(event) in hit
        or event.correlation["job_id"] in jobs
        or event.correlation["request_id"] in requests
    ]


def _resolve(events: Iterable[EventLine], wanted: str) -> str:
    candidates: dict[str, str] = {}
    for event in events:
        for kind, value in _ids(event).items():
            if value == wanted:
                return wanted
            if wanted and value.startswith(wanted):
                candidates.setdefault(value, kind)
    return chosen(candidates, wanted)


def chosen(candidates: Mapping[str, str], wanted: str) -> str:
    """Return the one candidate of the ids that begin with `wanted`, given with their kinds.

    Raises UnknownId and AmbiguousId.
    """
    if not candidates:
        raise UnknownId(f"no event bears an id that is or begins with {wanted!r}")
    if len(candidates) > 1:
        shown = sorted(candidates.items(), key=lambda item: item[0])[:MOST_CANDIDATES]
        listed = "\n".join(f"  {kind.removesuffix('_id'):<8} {value}" for value, kind in shown)
        more = len(candidates) - len(shown)
        listed += f"\n  and {more} more" if more else ""
        raise AmbiguousId(f"{len(candidates)} ids begin with {wanted!r}:\n{listed}")
    return next(iter(candidates))


def _ids(event: EventLine) -> dict[str, str]:
    ids = {kind: value for kind in KINDS if (value := event.correlation[kind]) is not None}
    return ids | ({"event_id": event.event_id} if event.event_id else {})


def _owned(event: EventLine, found: str) -> bool:
    return event.event_name != VIEWED or event.correlation["request_id"] == found


def _about(event: EventLine, jobs: set[str]) -> bool:
    return event.correlation["job_id"] in jobs and event.event_name != VIEWED


def _values(events: Iterable[EventLine], kind: str) -> set[str]:
    return {value for event in events if (value := event.correlation[kind]) is not None}
