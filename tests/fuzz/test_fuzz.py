"""A short run with a fixed seed: the API answers as its OpenAPI document says."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.report import as_text
from tests.fuzz.site import fuzzed_api

CASES = 600


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        yield Path(folder)


def test_some_hundred_cases_are_answered_as_described(folder: Path) -> None:
    tally = fuzzed_api(folder, cases=CASES, seed=20261125)
    assert tally.cases >= CASES
    assert {operation for operation, _ in tally.answers} >= {"GET /search", "POST /ingest"}
    assert tally.is_well, as_text(tally)
