"""The story as immutable values: spans within spans."""

from dataclasses import dataclass
from datetime import datetime

#: The mark of a span whose end or content is told, but not its start.
NO_START = "no start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that was told in the middle of a span."""

    at: datetime
    text: str
    serious: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A request, search, job, job run, layer or index sync.

    `end` is None for what never ended, and `start` for what is only named by others. `waited_s`
    (seconds) lie before `start`: in the queue, or from a failed attempt to this one.
    """

    kind: str
    name: str
    identifier: str | None
    status: str
    service: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    attempt: int | None = None
    error_type: str | None = None
    error_message: str | None = None
    model_id: str | None = None
    waited_s: float | None = None
    waited_for: str | None = None
    marks: tuple[str, ...] = ()
    critical: bool = False
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    notes: tuple[Note, ...] = ()
    children: tuple["Span", ...] = ()

    @property
    def duration_s(self) -> float | None:
        """The seconds from start to end, where both are known."""
        return (self.end - self.start).total_seconds() if self.start and self.end else None
