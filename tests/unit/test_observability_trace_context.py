"""W3C Trace Context level 1: what the specification's own validation cases ask of a receiver."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import observability as obs
from observability.propagation import MAX_TRACESTATE, format_traceparent

TRACE = "12345678901234567890123456789012"
SPAN = "1234567890123456"
GOOD = f"00-{TRACE}-{SPAN}-01"


def joined(traceparent: str | None, tracestate: str | None = None) -> obs.ObsContext:
    return obs.with_traceparent(obs.current_context(), traceparent, tracestate)


@pytest.mark.parametrize(
    ("traceparent", "flags"),
    [
        pytest.param(GOOD, "01", id="sampled"),
        pytest.param(f"00-{TRACE}-{SPAN}-00", "00", id="not sampled"),
        pytest.param(f"00-{TRACE}-{SPAN}-ff", "01", id="unknown flags are not passed on"),
        pytest.param(f" \t{GOOD}\t ", "01", id="white space around"),
        pytest.param(f"cc-{TRACE}-{SPAN}-01", "01", id="future version"),
        pytest.param(f"cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like", "01", id="and more"),
    ],
)
def test_a_good_traceparent_is_joined(traceparent: str, flags: str) -> None:
    ctx = joined(traceparent)
    assert (ctx.trace_id, ctx.span_id) == (TRACE, SPAN)
    inner = ctx.with_request_id(obs.new_uuid())
    assert (inner.trace_id, inner.parent_span_id) == (TRACE, SPAN)
    assert format_traceparent(inner) == f"00-{TRACE}-{inner.span_id}-{flags}"


@pytest.mark.parametrize(
    "traceparent",
    [
        pytest.param(None, id="absent"),
        pytest.param("", id="empty"),
        pytest.param(f"{GOOD}\n", id="line feed behind"),
        pytest.param(f"{GOOD}-what-the-future-will-be-like", id="version 00 with more"),
        pytest.param(f"{GOOD}-", id="version 00 with a hyphen more"),
        pytest.param(f"cc-{TRACE}-{SPAN}-01.what", id="future version without a hyphen"),
        pytest.param(f"ff-{TRACE}-{SPAN}-01", id="version ff"),
        pytest.param(f".0-{TRACE}-{SPAN}-01", id="illegal version"),
        pytest.param(f"000-{TRACE}-{SPAN}-01", id="version too long"),
        pytest.param(f"0-{TRACE}-{SPAN}-01", id="version too short"),
        pytest.param(f"00-{'0' * 32}-{SPAN}-01", id="trace-id all zero"),
        pytest.param(f"00-.{TRACE[1:]}-{SPAN}-01", id="illegal trace-id"),
        pytest.param(f"00-{'A' * 32}-{SPAN}-01", id="upper case trace-id"),
        pytest.param(f"00-{TRACE}0-{SPAN}-01", id="trace-id too long"),
        pytest.param(f"00-{TRACE[1:]}-{SPAN}-01", id="trace-id too short"),
        pytest.param(f"00-{TRACE}-{'0' * 16}-01", id="parent-id all zero"),
        pytest.param(f"00-{TRACE}-.{SPAN[1:]}-01", id="illegal parent-id"),
        pytest.param(f"00-{TRACE}-{SPAN}0-01", id="parent-id too long"),
        pytest.param(f"00-{TRACE}-{SPAN[1:]}-01", id="parent-id too short"),
        pytest.param(f"00-{TRACE}-{SPAN}-.0", id="illegal flags"),
        pytest.param(f"00-{TRACE}-{SPAN}-001", id="flags too long"),
        pytest.param(f"00-{TRACE}-{SPAN}-1", id="flags too short"),
        pytest.param(f"00-{TRACE}-{SPAN}-٠١", id="digits of another script"),
    ],
)
def test_a_malformed_traceparent_is_ignored_with_its_tracestate(traceparent: str | None) -> None:
    assert joined(traceparent, "foo=1") == obs.current_context()


@pytest.mark.parametrize(
    ("tracestate", "passed_on"),
    [
        pytest.param("foo=1", "foo=1", id="one member"),
        pytest.param("foo=1,bar=2", "foo=1,bar=2", id="two members"),
        pytest.param("foo=1 \t, \tbar=2", "foo=1,bar=2", id="white space around members"),
        pytest.param("foo=1,,bar=2,", "foo=1,bar=2", id="empty members"),
        pytest.param("z" * 256 + "=1", "z" * 256 + "=1", id="longest key"),
        pytest.param("t" * 241 + "@" + "v" * 14 + "=1", "t" * 241 + "@" + "v" * 14 + "=1"),
        pytest.param("0tenant@vendor=1", "0tenant@vendor=1", id="tenant that begins with a digit"),
        pytest.param("foo=a b=c", None, id="equals sign in a value"),
        pytest.param("foo= a", "foo= a", id="space within a value"),
        pytest.param("", None, id="empty"),
        pytest.param("foo=1,foo=2", None, id="the same key twice"),
        pytest.param("foo =1", None, id="space in a key"),
        pytest.param("FOO=1", None, id="upper case key"),
        pytest.param("foo.bar=1", None, id="dot in a key"),
        pytest.param("foo@=1", None, id="no vendor"),
        pytest.param("@foo=1", None, id="no tenant"),
        pytest.param("foo@@bar=1", None, id="two at signs"),
        pytest.param("foo@bar@baz=1", None, id="two vendors"),
        pytest.param("z" * 257 + "=1", None, id="key too long"),
        pytest.param("t" * 242 + "@v=1", None, id="tenant too long"),
        pytest.param("t@" + "v" * 15 + "=1", None, id="vendor too long"),
        pytest.param("foo", None, id="no value"),
        pytest.param("foo=", None, id="empty value"),
        pytest.param("foo=bar\x00", None, id="control character in a value"),
        pytest.param("foo=" + "v" * 257, None, id="value too long"),
        pytest.param(",".join(f"k{n}=1" for n in range(33)), None, id="33 members"),
    ],
)
def test_a_tracestate_is_passed_on_or_dropped_alone(tracestate: str, passed_on: str | None) -> None:
    ctx = joined(GOOD, tracestate)
    assert ctx.trace_id == TRACE
    assert ctx.tracestate == passed_on
    assert obs.extract(obs.inject(ctx)).tracestate == passed_on


def test_32_members_are_kept_as_far_as_they_fit() -> None:
    members = [f"k{number}={'v' * 20}" for number in range(32)]
    kept = joined(GOOD, ",".join(members)).tracestate
    assert kept is not None
    assert len(kept) <= MAX_TRACESTATE
    assert kept.split(",") == members[: len(kept.split(","))]
    assert joined(GOOD, ",".join(f"k{n}=1" for n in range(32))).tracestate is not None


def test_a_tracestate_of_the_greatest_length_is_kept_whole() -> None:
    first = f"a={'v' * 150},c={'v' * 150}"
    longest = f"{first},b={'v' * (MAX_TRACESTATE - len(first) - 3)}"
    assert len(longest) == MAX_TRACESTATE
    assert joined(GOOD, longest).tracestate == longest
    assert joined(GOOD, longest + "v").tracestate == first


@given(st.text(), st.text())
def test_any_header_is_joined_or_ignored(traceparent: str, tracestate: str) -> None:
    ctx = joined(traceparent, tracestate)
    assert obs.extract(obs.inject(ctx)).correlation() == ctx.correlation()


@given(st.text())
def test_any_tracestate_can_be_carried(tracestate: str) -> None:
    ctx = joined(GOOD, tracestate)
    assert obs.extract(obs.inject(ctx)).tracestate == ctx.tracestate
