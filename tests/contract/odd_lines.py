"""Generates event lines with odd values at odd places, about as often valid as not."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from math import inf, nan
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from registry.sources import load
from tests.contract.fixtures.breaking import REMOVED, put, value_at
from tests.contract.fixtures.files import read_vocabulary, whole_lines

ROOT = Path(__file__).parents[2]
REGISTRY = load(ROOT)
WHOLE = whole_lines(REGISTRY, read_vocabulary(ROOT, REGISTRY))
EVENT_NAMES = tuple(WHOLE)

SAFE = 2**53 - 1
NUMBERS = (
    *(0, 1, -1, 1.0, 0.0, -0.0, 1.5, 599, 599.5, SAFE, SAFE + 1, float(SAFE), 1e15),
    *(2**63, 2**64, -(2**64), 10**30, 10**400, 1e22, 1e308, 5e-324, inf, -inf, nan),
)
TIMES = (
    "2016-12-31T23:59:60.000000Z",
    "2026-11-23T12:00:60.000000Z",
    "2026-11-23T24:00:00.000000Z",
    "2026-11-23T24:00:00.000000Z",
    "2026-02-29T12:00:00.000000Z",
    "2024-02-29T12:00:00.000000Z",
    "0000-01-01T00:00:00.000000Z",
    "0001-01-01T00:00:00.000000Z",
    "9999-12-31T23:59:59.999999Z",
    "2026-11-23T12:00:00.000000",
    "2026-11-23T12:00:00.000000+00:00",
    "2026-11-23T12:00:00.000000-00:00",
    "2026-11-23t12:00:00.000000z",
    "2026-11-23 12:00:00.000000Z",
    "2026-11-23T12:00:00Z",
)
IDS = (
    "0192f0c1-7a3b-7c4d-8e5f-0123456789ab",
    "0192F0C1-7A3B-7C4D-8E5F-0123456789AB",
    "{0192f0c1-7a3b-7c4d-8e5f-0123456789ab}",
    "urn:uuid:0192f0c1-7a3b-7c4d-8e5f-0123456789ab",
    "0192f0c17a3b7c4d8e5f0123456789ab",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "0" * 32,
    "4bf92f3577b34da6a3ce929d0e0e4736",
    "0" * 16,
)
TEXTS = ("", " ", "\n", "\x00", "\x7f", "\ud800", "\udfff.", "😀" * 256, "e\u0301", "x" * 100_000)

# What stays the same for people and differs for a pattern or a length.
TWISTS: tuple[Callable[[str], str], ...] = (
    lambda text: text + "\n",
    lambda text: text + "\r",
    lambda text: "\n" + text,
    lambda text: text + "\u2028",
    lambda text: text + "\ud800",
    lambda text: "\ufeff" + text,
    lambda text: text.translate({ord("0") + digit: 0x660 + digit for digit in range(10)}),
    lambda text: text.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)}),
    lambda text: text.replace("s", "\u017f"),
    lambda text: text.upper(),
    lambda text: text * 50,
    lambda text: text[1:],
    lambda text: "0" + text,
)

KEYS = (
    "",
    "unheard_of",
    "Mode",
    "mode\n",
    "\ud800",
    "\u017fink",
    "tokens_in",
    "host",
    "error_message",
)

numbers = st.sampled_from(NUMBERS) | st.integers() | st.floats() | st.floats(0, SAFE)
times = st.sampled_from(TIMES) | st.datetimes().map(
    lambda at: at.strftime(f"{at.year:04}-%m-%dT%H:%M:%S.%fZ")
)
ids = st.sampled_from(IDS) | st.uuids().map(str)
ascii_texts = st.text(st.characters(codec="ascii"), max_size=20)
texts = st.sampled_from(TEXTS) | ascii_texts | st.text(st.characters(categories=None), max_size=20)
# Copies, since a later change may go into them.
others: st.SearchStrategy[Any] = st.sampled_from(
    (None, True, [], {}, [[]], {"x": None}, ["a", "a"], [1, True])
).map(deepcopy)
anything = numbers | times | ids | texts | others
twists = st.sampled_from(TWISTS)
picks = st.integers(0, 10**6)
tenths = st.integers(0, 9)


@st.composite
def odd_lines(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a valid line with up to two changes: values replaced, removed or added."""
    line = deepcopy(WHOLE[EVENT_NAMES[draw(picks) % len(EVENT_NAMES)]])
    for _ in range(draw(st.integers(0, 2))):
        places = list(_places(line, ""))
        place = places[draw(picks) % len(places)]
        value = value_at(line, place)
        if isinstance(value, dict):
            put(line, f"{place}/{draw(st.sampled_from(KEYS))}", draw(anything))
        else:
            put(line, place, draw(_another(value, draw(tenths))))
    return line


def _another(value: Any, tenth: int) -> st.SearchStrategy[Any]:
    """Return mostly values of the same kind, since those of another are refused at a glance."""
    if tenth == 0:
        return anything
    if tenth == 1:
        return st.just(REMOVED)
    if not isinstance(value, str):
        return numbers if isinstance(value, int | float) else others
    if tenth < 5:
        return twists.map(lambda twist: twist(value))
    return ids if value[13:14] == "-" else times if value.endswith("Z") else texts


def _places(value: Any, place: str) -> Iterator[str]:
    """Yield a JSON Pointer to each value in a line."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{place}/{key}"
            yield from _places(inner, f"{place}/{key}")
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield f"{place}/{index}"
            yield from _places(inner, f"{place}/{index}")
