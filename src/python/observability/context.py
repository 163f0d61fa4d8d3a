"""The context that correlates events: immutable, handed on explicitly or by contextvar."""

from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from typing import Any

from observability.identifiers import new_span_id, new_trace_id

#: The W3C trace-flags of a trace that begins here: sampled.
SAMPLED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The process that emits (`actor.schema.json`)."""

    service_name: str
    service_version: str
    env: str
    host: str | None = None
    #: What `seal` makes of the actor, kept from the first context to the next.
    encoded: bytes | None = field(init=False, repr=False, compare=False, default=None)

    def as_dict(self) -> dict[str, str]:
        """Return the actor as its schema has it: an unknown host is absent."""
        known = {
            "service_name": self.service_name,
            "service_version": self.service_version,
            "env": self.env,
        }
        return known if self.host is None else {**known, "host": self.host}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObsContext:
    """Who emits, and on whose behalf (`correlation.schema.json`).

    Every method returns a new context; the old one stays valid, so contexts can be shared between
    threads and tasks. `parent_span_id`, `trace_flags` and `tracestate` complete the W3C Trace
    Context; the last two are passed on as they came.
    """

    actor: Actor
    request_id: str | None = None
    job_id: str | None = None
    job_run_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    trace_flags: int = SAMPLED
    tracestate: str | None = None
    #: What `seal` makes of the context, kept from the first event to the next.
    encoded: Any = field(init=False, repr=False, compare=False, default=None)

    def with_request_id(self, request_id: str) -> "ObsContext":
        """Return the context of a request, with a span of its own in the current or a new trace."""
        return self._derived(request_id=request_id, **self._new_span())

    def with_job(self, job_id: str) -> "ObsContext":
        """Return the context of a job within the current request."""
        return self._derived(job_id=job_id)

    def with_job_run(self, job_run_id: str) -> "ObsContext":
        """Return the context of one attempt at the current job, with a span of its own."""
        return self._derived(job_run_id=job_run_id, **self._new_span())

    def for_job(self) -> "ObsContext":
        """Return the context of the current job itself, apart from any attempt at it."""
        return self._derived(job_run_id=None)

    def with_trace(
        self, trace_id: str, span_id: str, *, flags: int = SAMPLED, tracestate: str | None = None
    ) -> "ObsContext":
        """Return the context under a span that somebody else began (W3C Trace Context)."""
        return self._derived(
            trace_id=trace_id,
            span_id=span_id,
            parent_span_id=None,
            trace_flags=flags,
            tracestate=tracestate,
        )

    def with_span(self) -> "ObsContext":
        """Return the context with a new span below the current one, in a new trace if need be."""
        return self._derived(**self._new_span())

    def _new_span(self) -> dict[str, str | None]:
        return {
            "trace_id": self.trace_id or new_trace_id(),
            "span_id": new_span_id(),
            "parent_span_id": self.span_id,
        }

    def _derived(self, **changes: Any) -> "ObsContext":
        # dataclasses.replace takes three times as long, and every request derives a context.
        derived = _new(ObsContext)
        for name in _FIELDS:
            _set(derived, name, changes[name] if name in changes else getattr(self, name))
        _set(derived, "encoded", None)
        return derived

    def correlation(self) -> dict[str, str | None]:
        """Return the five correlation ids, those that are not known as None."""
        return {
            "request_id": self.request_id,
            "job_id": self.job_id,
            "job_run_id": self.job_run_id,
            "trace_id": self.trace_id,
            "span_id": self.span_id,
        }


_new = object.__new__
_set = object.__setattr__
_FIELDS = tuple(each.name for each in fields(ObsContext) if each.init)

#: The context bound to this task or thread, if any.
bound_context: ContextVar[ObsContext | None] = ContextVar("observability_context", default=None)


def bind(ctx: ObsContext | None) -> ObsContext | None:
    """Bind a context to this task or thread, and return the one that was bound before.

    No token, which only the context that made it can take back: generators may end elsewhere.
    """
    before = bound_context.get()
    bound_context.set(ctx)
    return before


_LEFT_CONTEXT = "_observability_context"


def left_context(error: BaseException | None) -> ObsContext | None:
    """Return the context that an exception left last, for those who log it further out."""
    ctx = getattr(error, _LEFT_CONTEXT, None)
    return ctx if isinstance(ctx, ObsContext) else None


class _Bound(AbstractContextManager[ObsContext]):
    __slots__ = ("_before", "_ctx")

    def __init__(self, ctx: ObsContext) -> None:
        self._ctx = ctx

    def __enter__(self) -> ObsContext:
        self._before = bind(self._ctx)
        return self._ctx

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        bind(self._before)
        if error is not None:
            # Always the last one: an exception that is raised again may have left others before.
            error.__dict__[_LEFT_CONTEXT] = self._ctx


def use_context(ctx: ObsContext) -> AbstractContextManager[ObsContext]:
    """Bind `ctx` to this task or thread for the duration of a with block."""
    return _Bound(ctx)
