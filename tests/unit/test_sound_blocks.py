"""A recording is read in pieces and heard in blocks, of which nothing is lost."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.generated_media import convert, write_tone
from workers.sound import SAMPLE_RATE_HZ, read_samples
from workers.transcribe import blocks as cutting
from workers.transcribe.blocks import LONGEST_BLOCK, blocks


def test_samples_are_mono_16_khz_whatever_the_file_holds(tmp_path: Path) -> None:
    tone = write_tone(tmp_path / "tone.wav", seconds=2)
    source = convert(tone, tmp_path / "tone.flac", container="flac", codec="flac", rate=48_000)
    samples = np.concatenate(list(read_samples(source)))
    assert samples.dtype == np.float32
    assert abs(len(samples) - 2 * SAMPLE_RATE_HZ) < 100
    assert 0.2 < np.abs(samples).max() < 0.3


def test_a_missing_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        next(read_samples(tmp_path / "nothing"))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 40 * SAMPLE_RATE_HZ), max_size=10))
def test_blocks_together_are_the_recording(lengths: list[int]) -> None:
    total = sum(lengths)
    sound = np.arange(total, dtype=np.float32)
    pieces = np.split(sound, np.cumsum(lengths)[:-1]) if lengths else []
    found = list(blocks(pieces))
    assert np.array_equal(np.concatenate([sound[:0], *(each.samples for each in found)]), sound)
    assert all(0 < len(block.samples) <= LONGEST_BLOCK for block in found)
    starts = np.cumsum([0, *(len(block.samples) for block in found)])[:-1]
    assert [block.start_ms for block in found] == [int(start) // 16 for start in starts]


def test_a_block_ends_where_somebody_pauses() -> None:
    sound = np.random.default_rng(1).normal(size=LONGEST_BLOCK + SAMPLE_RATE_HZ).astype(np.float32)
    pause = LONGEST_BLOCK - 10 * SAMPLE_RATE_HZ
    sound[pause : pause + SAMPLE_RATE_HZ // 2] = 0
    first, second = blocks([sound])
    assert pause < len(first.samples) < pause + SAMPLE_RATE_HZ // 2
    assert second.start_ms == len(first.samples) // 16
    assert len(first.samples) > LONGEST_BLOCK - cutting.SEARCHED
