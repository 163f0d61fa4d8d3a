"""Whatever Python a file holds, the lint answers."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundaries.syntax.check import findings
from tests.boundaries.syntax.shop import FACADE, PEER, SERVICE, SETTINGS, TEST

PATHS = st.sampled_from([SERVICE, TEST, FACADE, PEER])
NAMES = st.sampled_from(
    ["obs", "emit", "print", "getattr", "vars", "x", "y", "uuid4", "job_id", "sys", "dict"]
)
TEXTS = st.sampled_from(["emit", "event_name", "correlation", "shop.order.placed", "signals", ""])


def joined(kind: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda given: kind.format(*given))


EXPRESSIONS = st.recursive(
    NAMES | TEXTS.map(repr) | st.just("1"),
    lambda inner: st.one_of(
        joined("{}.{}", NAMES, NAMES),
        joined("({}).{}", inner, NAMES),
        joined("({})({})", inner, inner),
        joined("{}({}, {})", NAMES, inner, TEXTS.map(repr)),
        joined("({})({}=({}))", inner, NAMES, inner),
        joined("({})(*({}), **({}))", inner, inner, inner),
        joined("({})[{}]", inner, inner),
        joined("({}) + ({})", inner, inner),
        joined("({}) | ({})", inner, inner),
        joined("({}) or ({})", inner, inner),
        joined("({}) if ({}) else ({})", inner, inner, inner),
        joined("{{{}: {}, **({})}}", inner, inner, inner),
        joined("({}, [{}])", inner, inner),
        joined("(lambda {}=({}): ({}))", NAMES, inner, inner),
        joined("({} := ({}))", NAMES, inner),
        joined("[{} for {} in ({}) if ({})]", inner, NAMES, inner, inner),
        joined("''.join([{}, {}])", inner, inner),
    ),
    max_leaves=8,
)
STATEMENTS = st.one_of(
    EXPRESSIONS,
    joined("{} = {}", NAMES, EXPRESSIONS),
    joined("{}, *{} = {}", NAMES, NAMES, EXPRESSIONS),
    joined("{}.{} = {}", NAMES, NAMES, EXPRESSIONS),
    joined("{}[{}] = {}", NAMES, EXPRESSIONS, EXPRESSIONS),
    joined("{} |= {}", NAMES, EXPRESSIONS),
    joined("{}: {} = {}", NAMES, EXPRESSIONS, EXPRESSIONS),
    joined("import signals as {}", NAMES),
    joined("import {}.{}", NAMES, NAMES),
    joined("from signals import {} as {}", NAMES, NAMES),
    joined("from signals import *"),
    joined("def {}({}, *{}, **kw): {}", NAMES, NAMES, st.just("a"), EXPRESSIONS),
    joined("class {}({}): {} = {}", NAMES, EXPRESSIONS, NAMES, EXPRESSIONS),
    joined("global {}", NAMES),
    joined("for {} in {}: {}", NAMES, EXPRESSIONS, EXPRESSIONS),
    joined("with {} as {}: {}", EXPRESSIONS, NAMES, EXPRESSIONS),
    joined("match {}:\n case {{'a': {}, **rest}}: {}", NAMES, NAMES, EXPRESSIONS),
)


def judge(source: str | bytes, path: str = SERVICE) -> int:
    content = source if isinstance(source, bytes) else source.encode()
    told = findings(path, content, SETTINGS)
    lines = max(len(content.splitlines()), 1) + 1
    assert all(1 <= each.line <= lines and each.column >= 1 for each in told)
    return len(told)


@given(st.lists(STATEMENTS, max_size=5).map("\n".join), PATHS)
def test_code_made_of_all_that_the_rules_look_at(source: str, path: str) -> None:
    judge(source, path)


@given(st.text() | st.binary(), PATHS)
def test_any_text_at_all(source: str | bytes, path: str) -> None:
    if isinstance(source, str):
        source = source.encode(errors="surrogatepass")
    judge(source, path)


def test_the_standard_librarys_own_code() -> None:
    folder = Path(ast.__file__).parent
    names = ("ast", "typing", "dataclasses", "logging/__init__", "uuid", "functools", "subprocess")
    for name in names:
        judge((folder / f"{name}.py").read_bytes())
    assert judge((folder / "logging/handlers.py").read_bytes()) > 0


@pytest.mark.parametrize(
    "source",
    [
        "x = " + " + ".join(["'a'"] * 900),
        "x = " + ".a" * 0 + "b" + ".c" * 900,
        "\n".join(f"x{i} = x{i - 1} + x{i - 1}" for i in range(1, 2000)),
        "\n".join(f"x{i} = x{i - 1}.a or x{i - 1}.b" for i in range(1, 2000)) + "\nx0 = print",
        "x = y\ny = x\nx.emit(x)\nx['event_name'] = y",
        "x = {**x}\nx = x | x\nf(job_id=x)",
        "def f(x):\n    x = x\n    obs.emit(x)",
        "x = " + "-" * 80 + "1",
        "global x\nnonlocal_ = 1",
        "def f():\n    nonlocal x\n    x = 1",
    ],
    ids=[
        "sum",
        "dots",
        "doubling",
        "branching",
        "circle",
        "own parts",
        "own value",
        "signs",
        "g",
        "n",
    ],
)
def test_hostile_code_is_judged_at_once(source: str) -> None:
    judge(source)
