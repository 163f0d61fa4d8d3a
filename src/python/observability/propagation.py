"""Carries a context across processes: a JSON carrier in messages, W3C headers over HTTP."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from observability.context import Actor, ObsContext
from observability.contracts import Violation, contract

CARRIER = contract("messages/carrier.schema.json")

# W3C Trace Context level 1, section 3.2: a later version may append fields, ff is forbidden.
_TRACEPARENT = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})"
    r"-(?P<trace_id>(?!0{32})[0-9a-f]{32})"
    r"-(?P<span_id>(?!0{16})[0-9a-f]{16})"
    r"-[0-9a-f]{2}(?P<more>-.*)?"
)

# RFC 9562, section 4, as a URN, in braces, or without hyphens. Python's own UUID() also takes
# whatever int() does, such as 0x, underscores and white space.
_UUID = re.compile(
    r"(?:urn:uuid:|(?P<brace>\{))?"
    r"(?P<uuid>[0-9a-f]{8}(?P<hyphen>-?)(?:[0-9a-f]{4}(?P=hyphen)){3}[0-9a-f]{12})"
    r"(?(brace)\})",
    re.ASCII | re.IGNORECASE,
)


class InvalidCarrier(ValueError):
    """A carrier that breaks `carrier.schema.json`; the message names places and rules."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        broken = "; ".join(f"{v.path or '/'} breaks {v.rule}" for v in violations)
        super().__init__(f"the carrier cannot be read: {broken}")


def inject(ctx: ObsContext) -> dict[str, str | None]:
    """Return the JSON carrier of `ctx` (`carrier.schema.json`) for a message's metadata."""
    return {
        "request_id": ctx.request_id,
        "job_id": ctx.job_id,
        "job_run_id": ctx.job_run_id,
        "traceparent": format_traceparent(ctx),
    }


def extract(carrier: Mapping[str, Any], actor: Actor) -> ObsContext:
    """Return the sender's context, with the receiver as its actor.

    Raises InvalidCarrier for anything that is not a carrier.
    """
    violations = CARRIER.violations(carrier)
    if violations:
        raise InvalidCarrier(violations)
    ctx = ObsContext(
        actor=actor,
        request_id=carrier["request_id"],
        job_id=carrier["job_id"],
        job_run_id=carrier["job_run_id"],
    )
    return with_traceparent(ctx, carrier["traceparent"])


def format_traceparent(ctx: ObsContext) -> str | None:
    """Return the W3C traceparent of `ctx`, or None when it is in no trace."""
    if ctx.trace_id is None or ctx.span_id is None:
        return None
    return f"00-{ctx.trace_id}-{ctx.span_id}-01"


def with_traceparent(ctx: ObsContext, traceparent: str | None) -> ObsContext:
    """Return `ctx` within the trace that a traceparent names; a malformed one is ignored."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    if match is None or (match["version"] == "00" and match["more"]):
        return ctx
    return ctx.with_trace(match["trace_id"], match["span_id"])


def parse_request_id(value: str) -> str | None:
    """Return a client's request id in canonical form, or None if it is no UUID (RFC 9562)."""
    match = _UUID.fullmatch(value)
    return None if match is None else str(UUID(match["uuid"]))
