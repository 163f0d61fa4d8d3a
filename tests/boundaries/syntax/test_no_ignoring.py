"""No comment silences a finding."""

import pytest

from tests.boundaries.syntax.shop import SERVICE, Told, told

COMMENTS = [
    "# noqa",
    "# noqa: T201",
    "# NOQA",
    "# type: ignore",
    "# type: ignore[import]",
    "# pants: no-infer-dep",
    "# pants: ignore",
    "# lint: ignore",
    "# boundaries: ignore",
    "# boundaries: allow service-output",
    "# ruff: noqa",
    "# pylint: disable=all",
    "# pragma: no cover",
    "# fmt: skip",
    "# nosec",
]


@pytest.mark.parametrize("comment", COMMENTS)
def test_a_comment_silences_nothing(comment: str) -> None:
    source = f"{comment}\nimport structlog  {comment}\nprint('x')  {comment}\n{comment}\n"
    assert told(source, SERVICE) == [Told(2, "forbidden-import"), Told(3, "service-output")]


def test_nothing_else_in_the_file_does() -> None:
    source = "__boundaries__ = 'ignore'\n# flake8: noqa\nif False:\n    print('x')\n"
    assert told(source, SERVICE) == [Told(4, "service-output")]
