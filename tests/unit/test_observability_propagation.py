"""A context survives the journey to another process, and nonsense does not."""

import json
import string
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import observability as obs
from observability.propagation import CARRIER, format_traceparent

ACTOR = obs.Actor(service_name="receiver", service_version="1", env="test")

uuids = st.uuids().map(str)
trace_ids = st.text("0123456789abcdef", min_size=32, max_size=32).filter(lambda s: s.strip("0"))
span_ids = st.text("0123456789abcdef", min_size=16, max_size=16).filter(lambda s: s.strip("0"))
contexts = st.builds(
    lambda request_id, job_id, job_run_id, trace: obs.ObsContext(
        actor=ACTOR,
        request_id=request_id,
        job_id=job_id,
        job_run_id=job_run_id,
        trace_id=trace and trace[0],
        span_id=trace and trace[1],
    ),
    st.none() | uuids,
    st.none() | uuids,
    st.none() | uuids,
    st.none() | st.tuples(trace_ids, span_ids),
)


@pytest.fixture(autouse=True)
def configured() -> None:
    obs.configure(service_name="receiver", service_version="1", environment={"OBS_ENV": "test"})


@given(contexts)
def test_a_carrier_brings_back_the_context_that_was_put_in(ctx: obs.ObsContext) -> None:
    carrier = json.loads(json.dumps(obs.inject(ctx)))
    assert obs.extract(carrier).correlation() == ctx.correlation()


@pytest.mark.parametrize("half", [{"trace_id": "ab" * 16}, {"span_id": "ab" * 8}])
def test_half_a_trace_is_not_passed_on(half: dict[str, Any]) -> None:
    assert obs.inject(obs.ObsContext(actor=ACTOR, **half))["traceparent"] is None


def test_the_receiver_speaks_for_itself() -> None:
    sender = obs.Actor(service_name="sender", service_version="2", env="test")
    ctx = obs.ObsContext(actor=sender, request_id=obs.new_uuid())
    assert obs.extract(obs.inject(ctx)).actor.service_name == "receiver"


def good_carrier() -> dict[str, Any]:
    ctx = obs.current_context().with_request_id(obs.new_uuid()).with_job(obs.new_uuid())
    return dict(obs.inject(ctx))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"request_id": "7"}, "/request_id"),
        ({"request_id": str(UUID(int=5)).replace("-", "")}, "/request_id"),
        ({"job_id": 7}, "/job_id"),
        ({"job_run_id": [""]}, "/job_run_id"),
        ({"traceparent": "00-" + "0" * 32 + "-00f067aa0ba902b7-01"}, "/traceparent"),
        (
            {"traceparent": "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
            "/traceparent",
        ),
        ({"user_id": "7"}, "additionalProperties"),
    ],
)
def test_nonsense_is_refused_by_name(change: dict[str, object], named: str) -> None:
    with pytest.raises(obs.InvalidCarrier, match=named):
        obs.extract(good_carrier() | change)


@pytest.mark.parametrize("carrier", [None, [], "x", 7, {}])
def test_what_is_no_carrier_at_all_is_refused(carrier: Any) -> None:
    with pytest.raises(obs.InvalidCarrier):
        obs.extract(carrier)


@given(st.dictionaries(st.sampled_from(sorted(good_carrier())), st.text() | st.none()))
def test_any_carrier_is_read_or_refused(carrier: dict[str, Any]) -> None:
    if obs.contract(CARRIER).accepts(carrier):
        assert obs.inject(obs.extract(carrier)) == carrier | {
            "tracestate": obs.extract(carrier).tracestate,
            "traceparent": format_traceparent(obs.extract(carrier)),
        }
    else:
        with pytest.raises(obs.InvalidCarrier):
            obs.extract(carrier)


@given(st.uuids(), st.sampled_from(["{}", "urn:uuid:{}", "{{{}}}"]), st.booleans())
def test_a_request_id_in_any_usual_form_becomes_canonical(
    value: UUID, form: str, upper: bool
) -> None:
    given_form = form.format(value)
    assert obs.parse_request_id(
        given_form.upper() if upper and "urn" not in form else given_form
    ) == str(value)
    assert obs.parse_request_id(value.hex) == str(value)


@given(st.text() | st.text(string.hexdigits + "-{}", max_size=50))
def test_a_request_id_is_canonical_or_refused(value: str) -> None:
    parsed = obs.parse_request_id(value)
    assert parsed is None or parsed == str(UUID(parsed))


@pytest.mark.parametrize("value", ["", "1", "x" * 1_000_000, "\N{ARABIC-INDIC DIGIT ONE}" * 32])
def test_what_is_no_uuid_is_no_request_id(value: str) -> None:
    assert obs.parse_request_id(value) is None
