"""Makes the ids that correlate events. Nobody else does."""

import os

import uuid_utils

#: Makes the id of an event: a time-ordered UUID (RFC 9562 version 7), whose `str` is canonical.
new_event_id = uuid_utils.uuid7


def new_uuid() -> str:
    """Return a time-ordered UUID (RFC 9562 version 7) in canonical form, unique across forks."""
    return str(uuid_utils.uuid7())


def new_trace_id() -> str:
    """Return a random W3C trace-id: 32 lower-case hexadecimal digits, not all zero."""
    return _random_hex(16)


def new_span_id() -> str:
    """Return a random W3C parent-id: 16 lower-case hexadecimal digits, not all zero."""
    return _random_hex(8)


def _random_hex(size: int) -> str:
    # None of a whole number's digits but those of 0 are all zero.
    random = int.from_bytes(os.urandom(size), "big") or 1
    return f"{random:0{2 * size}x}"
