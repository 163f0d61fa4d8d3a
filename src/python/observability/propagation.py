"""Carries a context across processes: a JSON carrier in messages, W3C headers over HTTP."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from observability.context import SAMPLED, Actor, ObsContext
from observability.contracts import Violation, contract

CARRIER = "messages/carrier.schema.json"

# W3C Trace Context level 1, section 3.2: a later version may append fields, ff is forbidden.
_TRACEPARENT = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})"
    r"-(?P<trace_id>(?!0{32})[0-9a-f]{32})"
    r"-(?P<span_id>(?!0{16})[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)

# The same, section 3.3.2: up to 32 members, of which each key stands once.
_MEMBER = re.compile(
    r"(?P<key>[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})"
    r"=[ -+\--<>-~]{0,255}[!-+\--<>-~]"
)
_MAX_MEMBERS = 32

#: How much of a tracestate is passed on, in characters: what section 3.3.1.5 asks for.
MAX_TRACESTATE = 512

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
        "tracestate": ctx.tracestate,
    }


def extract(carrier: Mapping[str, Any], actor: Actor) -> ObsContext:
    """Return the sender's context, with the receiver as its actor.

    Raises InvalidCarrier for anything that is not a carrier.
    """
    violations = contract(CARRIER).violations(carrier)
    if violations:
        raise InvalidCarrier(violations)
    ctx = ObsContext(
        actor=actor,
        request_id=carrier["request_id"],
        job_id=carrier["job_id"],
        job_run_id=carrier["job_run_id"],
    )
    return with_traceparent(ctx, carrier["traceparent"], carrier.get("tracestate"))


def format_traceparent(ctx: ObsContext) -> str | None:
    """Return the W3C traceparent of `ctx`, or None when it is in no trace."""
    if ctx.trace_id is None or ctx.span_id is None:
        return None
    return f"00-{ctx.trace_id}-{ctx.span_id}-{ctx.trace_flags:02x}"


def with_traceparent(
    ctx: ObsContext, traceparent: str | None, tracestate: str | None = None
) -> ObsContext:
    """Return `ctx` within the trace that a traceparent names (W3C Trace Context level 1).

    A malformed traceparent is ignored, its tracestate with it; a malformed tracestate alone.
    """
    match = _TRACEPARENT.fullmatch((traceparent or "").strip(" \t"))
    if match is None or (match["version"] == "00" and match["more"]):
        return ctx
    return ctx.with_trace(
        match["trace_id"],
        match["span_id"],
        # Of a later version too, level 1 knows this flag alone.
        flags=int(match["flags"], 16) & SAMPLED,
        tracestate=_tracestate(tracestate or ""),
    )


def _tracestate(given: str) -> str | None:
    """Return the members of a tracestate that may be passed on, None if it is malformed."""
    members = [member.strip(" \t") for member in given.split(",")]
    matches = [_MEMBER.fullmatch(member) for member in members if member]
    keys = [match["key"] for match in matches if match]
    if not matches or len(set(keys)) < len(matches) or len(matches) > _MAX_MEMBERS:
        return None
    kept = ",".join(match[0] for match in matches if match)
    while len(kept) > MAX_TRACESTATE:
        # The rightmost are the oldest.
        kept = kept.rpartition(",")[0]
    return kept or None


def parse_request_id(value: str) -> str | None:
    """Return a client's request id in canonical form, or None if it is no UUID (RFC 9562)."""
    match = _UUID.fullmatch(value)
    return None if match is None else str(UUID(match["uuid"]))
