"""What may be told of errors and of a user's text."""

import hmac
from collections.abc import Callable

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from procrastinate.exceptions import ConnectorException

import observability as obs
from observability import events
from observability.privacy import MAX_MESSAGE, keyed_hash
from observability.testing import CapturedEvents, captured_events
from store.queue import InvalidMessage
from workers.runtime.failure import BadInput, failure_of

__all__ = ["captured_events"]

USER_TEXT = "canary4711"


class Own(BadInput):
    """One of the project's own."""


class Lookalike(Exception):
    """Has the name of an allowed one, and is none."""


Lookalike.__name__ = Lookalike.__qualname__ = "BadInput"


@pytest.mark.parametrize(
    "error",
    [
        ValueError(USER_TEXT),
        KeyError(USER_TEXT),
        OSError(2, USER_TEXT, USER_TEXT),
        UnicodeDecodeError("utf-8", USER_TEXT.encode(), 0, 1, USER_TEXT),
        ExceptionGroup(USER_TEXT, [Own(USER_TEXT)]),
        psycopg.OperationalError(USER_TEXT),
        ConnectorException(USER_TEXT),
        obs.InvalidConfiguration(USER_TEXT),
        Lookalike(USER_TEXT),
        AssertionError(USER_TEXT),
        KeyboardInterrupt(USER_TEXT),
    ],
)
def test_an_error_outside_the_list_is_its_types_name_alone(error: BaseException) -> None:
    error.add_note(USER_TEXT)
    error.__cause__ = Own(USER_TEXT)
    for told in (obs.told_error(error), failure_of(error).error):
        assert told == obs.ToldError(error_type=type(error).__qualname__)


@pytest.mark.parametrize("make", [obs.SafeError, BadInput, InvalidMessage, Own])
def test_the_projects_own_errors_keep_their_message(make: Callable[[str], Exception]) -> None:
    error = make("no audio stream")
    error.__cause__ = ValueError(USER_TEXT)
    assert failure_of(error).error.error_message == "no audio stream"


def test_no_way_to_end_a_run_or_layer_tells_another_message(
    captured_events: CapturedEvents,
) -> None:
    for step in (
        lambda: obs.layer(
            layer_name="any", layer_version="1.0.0", model_provider="any", model_id="any"
        ),
        lambda: obs.index_sync(index="passages", documents_count=1),
    ):
        run = obs.job_run(job_id=obs.new_uuid(), job_type="enrich", worker="enrich")
        with pytest.raises(ValueError, match=USER_TEXT), run, step():
            raise ValueError(USER_TEXT)
    failed = [each for each in captured_events.envelopes() if each["event_name"].endswith("failed")]
    assert len(failed) == 4
    assert {each["payload"]["error_type"] for each in failed} == {"ValueError"}
    assert USER_TEXT.encode() not in b"".join(captured_events.lines)


@given(st.text(min_size=1), st.text())
def test_any_error_makes_a_valid_event(name: str, message: str) -> None:
    error = type("E", (obs.SafeError,), {"__qualname__": "E" + name})(message)
    told = obs.told_error(error)
    event = events.SearchFailed(
        mode="hybrid",
        latency_ms=1,
        error_type=told.error_type,
        error_message=told.error_message,
    )
    schema = obs.contract("observability/payloads/search_failed.payload.schema.json")
    assert schema.violations(event.payload()) == ()
    assert len(told.error_message or "") <= MAX_MESSAGE


def test_a_hash_is_hmac_sha_256_of_which_half_is_kept() -> None:
    expected = hmac.new(b"key", "Zürich".encode(), "sha256").hexdigest()[:32]
    assert keyed_hash("Zürich", b"key") == expected


@given(st.text(), st.text())
def test_texts_hash_alike_only_if_they_are_the_same(one: str, other: str) -> None:
    assert (keyed_hash(one, b"key") == keyed_hash(other, b"key")) == (one == other)
    assert keyed_hash(one, b"key") != keyed_hash(one, b"another key")
