"""The two meanings of a filter agree: events one by one, and SQL over the index."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from explorer.filter import Field, Kind, condition, fields, parse, predicate
from explorer.index import Index
from tests.unit.explorer.recorded import DEMO, SAMPLE, Line, encoded

NOW = datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)
ODD = ("%_", "a.b*c", 'say "so" (now), a|b', "\\n[x]^$", "under_score%", "null", " ")


def _odd_lines() -> Iterator[Line]:
    """Yield valid events whose texts mean something to SQL, LIKE or regular expressions."""
    search = next(e for e in SAMPLE["sample"] if e["event_name"].endswith("search.executed"))
    for number, text in enumerate(ODD):
        line = deepcopy(search)
        line["event_id"] = f"0193f0c2-1111-7000-8000-{number:012d}"
        line["actor"]["host"] = text
        yield line
    line = deepcopy(search)
    line["event_id"] = "0193f0c2-1111-7000-8000-999999999999"
    line["payload"] |= {"filters": ["language", "kind"], "query_length": 9007199254740991}
    yield line


LINES = {
    line["event_id"]: line
    for line in [*SAMPLE["sample"], *(e for lines in DEMO.values() for e in lines), *_odd_lines()]
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("index")
    path = folder / "all.jsonl"
    path.write_bytes(b"".join(encoded(list(LINES.values()))))
    with Index.open([path], folder=folder / "kept") as opened:
        yield opened


def _said(field: Field) -> list[str]:
    """Return values that events have under a field, as text."""
    told = set()
    for line in LINES.values():
        for part in (line, line["correlation"], line["actor"], line["payload"]):
            value = part.get(field.name)
            told |= set(map(str, value if isinstance(value, list) else (value,)))
    return sorted(told - {"None"})


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


TIMES = st.sampled_from(
    ["10s", "29.5s", "1h", "7d", "2026-01-01T00:00:10.5+01:00", "2026-11-24", '"0001-01-01"']
)
NUMBERS = st.sampled_from(["0", "1", "2", "-1", "2.5", "1e3", "9007199254740991", "9" * 30])


@st.composite
def _terms(draw: st.DrawFn) -> str:
    field = draw(st.sampled_from(list(fields().values())))
    said = st.sampled_from(_said(field) or ["0"])
    sign = draw(st.sampled_from([":", ">", ">=", "<", "<="]))
    match field.kind:
        case Kind.NUMBER:
            value = draw(NUMBERS | said)
        case Kind.TIME:
            value = draw(TIMES | said)
        case Kind.RANKED:
            value = draw(st.sampled_from(field.values))
        case Kind.BOOLEAN:
            sign, value = ":", draw(st.sampled_from(["true", "false", "*"]))
        case Kind.TEXT if field.values:
            sign, value = ":", draw(st.sampled_from([*field.values, "*", "*ed", "s*", "*a*e*"]))
        case _:
            sign, value = ":", ",".join(draw(st.lists(_values(draw(said)), min_size=1, max_size=3)))
    return f"{field.name}{sign}{value}"


def _values(said: str) -> st.SearchStrategy[str]:
    """Return values like the one given: it, parts of it with stars, and anything else."""
    return st.one_of(
        st.just(_quoted(said)),
        st.text(st.characters(codec="utf-8")).map(_quoted),
        st.tuples(st.integers(0, 9), st.integers(0, 9)).map(
            lambda cut: _starred(said[cut[0] :][: cut[1]])
        ),
    )


def _starred(text: str) -> str:
    kept = "".join(each for each in text if each not in '"(),|' and not each.isspace())
    return f"*{kept}*" if len(kept) % 2 else f"{kept[:3]}*{kept[3:]}"


WORDS = st.sampled_from(
    ["job", "WORKER_lost", "since:20s", "until:20s", "019b76*", '"a b"', "İ", "*"]
)
FILTERS = st.recursive(
    _terms() | WORDS | st.text(st.characters(codec="utf-8")).map(_quoted),
    lambda inner: st.one_of(
        inner.map("-{}".format),
        st.tuples(inner, inner).map(" ".join),
        st.tuples(inner, inner).map(" OR ".join),
        inner.map("({})".format),
    ),
    max_leaves=6,
)


SOME = SAMPLE["sample"][20]
AT, MS = (
    SOME["occurred_at"],
    next(e["payload"]["latency_ms"] for e in LINES.values() if "latency_ms" in e["payload"]),
)


@given(FILTERS)
@example("")
@example(f"latency_ms>{MS}")
@example(f"latency_ms>={MS}")
@example(f"latency_ms<{MS}")
@example(f"latency_ms<={MS} latency_ms:{MS}")
@example(f"since:{AT}")
@example(f"until:{AT}")
@example(f"occurred_at>{AT}")
@example(f"occurred_at<={AT}")
@example(SOME["event_id"][5:16])
@example(SOME["event_id"][:13])
@example("host:nul*ull")
@example("host:n*ll*l")
@example('host:"%_"')
@example("host:*.b*")
@example("host:*_*%")
@example("filters:lang* -filters:x")
@example("-filters:language")
@example("-(latency_ms>5 OR will_retry:true)")
@example("query_length>=9007199254740991")
@example('"\x00"')
def test_sql_and_python_let_the_same_events_through(index: Index, text: str) -> None:
    expression = parse(text)
    asked = condition(expression, NOW)
    query = f"SELECT event_id FROM events WHERE {asked.sql}"  # noqa: S608  parameters apart
    rows = index.rows(query, asked.parameters)
    passes = predicate(expression, NOW)
    assert {row["event_id"] for row in rows} == {
        event_id for event_id, line in LINES.items() if passes(line)
    }


def test_a_filters_values_never_become_sql() -> None:
    told = condition(parse("error_type:\"'; DROP TABLE events\" 'x' *'*'* index:passages"), NOW)
    assert "DROP" not in told.sql
    assert "passages" not in told.sql
    assert told.sql.count("?") == len(told.parameters)
