"""What is generated from the contracts is committed, and equals what they give now."""

from pathlib import Path

import pytest

from registry.generation import generated_files

ROOT = Path(__file__).parents[2]
COMMAND = "./pants run //:contracts -- generate"


@pytest.mark.parametrize("path", sorted(generated_files(ROOT)), ids=str)
def test_generated_file_is_up_to_date(path: Path) -> None:
    expected = generated_files(ROOT)[path]
    assert (ROOT / path).read_text() == expected, f"{path} is stale: run {COMMAND}"
