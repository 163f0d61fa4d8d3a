"""Finds the events that should be within a request's story, and are not."""

from collections.abc import Iterable

from explorer.lines import EventLine
from explorer.trace.connected import VIEWED
from explorer.trace.span import NO_START, Span


def uncorrelated(events: Iterable[EventLine], request: Span) -> list[EventLine]:
    """Return the events about the request's jobs that bear another request's id, or none.

    Those of a job run that never started, too; a look at a job's status may be anyone's.
    """
    jobs = [child for child in request.children if child.kind == "job"]
    job_ids = {job.identifier for job in jobs}
    runs = {run.identifier for job in jobs for run in job.children if NO_START not in run.marks}
    return [
        event
        for event in events
        if event.correlation["job_id"] in job_ids
        and event.event_name != VIEWED
        and (
            event.correlation["request_id"] != request.identifier
            or event.correlation["job_run_id"] not in {None, *runs}
        )
    ]
