import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.pipeline.__main__ import main
from benchmarks.pipeline.ledger import OBSERVABILITY, WORK, Ledger
from benchmarks.pipeline.memory import Sizes
from store.pipeline import WORKERS


def test_the_command_measures_requests_jobs_shares_and_memory(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "pipeline.json"
    small = ("--idle-jobs=4", "--jobs=4", "--lone-jobs=2", "--recordings=0")

    ended = CliRunner().invoke(main, [f"--json={path}", *small, "--searches=8", "--clients=2"])

    assert ended.exit_code == 0, ended.output
    assert "target: at most 2 % of a search" in ended.output
    measured = json.loads(path.read_text(encoding="utf-8"))["measured"]
    assert len(measured["ingest"]["latencies_ms"]) == 4
    assert len(measured["search"]["latencies_ms"]) == 8
    for drained in (measured["idle"], measured["text"]):
        assert drained["jobs"] == 4
        assert set(drained["memory"]) == {"api", *(f"worker-{worker}" for worker in WORKERS)}
    # Every part that there is was met by a clock.
    parts = measured["alone"]["parts_ms"]
    assert all(parts[name] > 0 for name in OBSERVABILITY)
    assert sum(parts.values()) < measured["alone"]["whole_ms"]
    assert measured["idle"]["work"]["parts_ms"]["steps"] == 0
    assert 0 < sum(measured["searching"]["parts_ms"].values()) < measured["searching"]["whole_ms"]


def test_a_ledger_is_read_while_another_process_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    reader, writer = Ledger(path), Ledger(path)

    writer.add(WORK, 1.5)
    writer.add(WORK, 0.5)
    writer.add("outbox", 0.25)

    assert reader.seconds() == {**dict.fromkeys(OBSERVABILITY, 0.0), WORK: 2.0, "outbox": 0.25}


def test_growth_is_told_for_a_thousand_jobs() -> None:
    # The first third is no growth; after it come two megabytes over a hundred jobs.
    sizes = Sizes({"any": [(0, 10.0), (100, 50.0), (150, 51.0), (200, 52.0)]})

    growth = sizes.growth()["any"]

    assert (growth.first_mb, growth.last_mb) == (50.0, 52.0)
    assert growth.mb_per_1000_jobs == pytest.approx(20.0)
