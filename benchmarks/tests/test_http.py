from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.http.__main__ import main
from benchmarks.http.applications import APPLICATIONS
from benchmarks.http.measure import check
from benchmarks.http.wrk import FailedLoad, Load, read

SAID = """Running 1s test @ http://127.0.0.1:8000/search
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.94ms  421.45us   9.26ms   88.31%
    Req/Sec     5.46k   297.97     5.86k    81.82%
  Latency Distribution
     50%  500.00us
     75%    3.02ms
     90%    3.23ms
     99%    1.20s
  5982 requests in 1.10s, 0.87MB read
Requests/sec:   5437.80
Transfer/sec:    807.17KB
"""


def test_every_application_answers_as_it_says() -> None:
    for name in APPLICATIONS:
        # It raises FailedServer for a wrong answer, a missing id, or a wrong number of events.
        check(name)


def test_wrk_is_read() -> None:
    assert read(SAID) == Load(requests=5982, requests_per_s=5437.8, median_ms=0.5, p99_ms=1200.0)


def test_failed_requests_are_no_result() -> None:
    said = SAID.replace("Requests/sec", "  Non-2xx or 3xx responses: 17\nRequests/sec")
    with pytest.raises(FailedLoad, match="Non-2xx or 3xx responses: 17"):
        read(said)


def test_without_wrk_the_command_says_how_to_get_it(tmp_path: Path) -> None:
    ended = CliRunner(env={"PATH": str(tmp_path)}).invoke(main)

    assert ended.exit_code == 1
    assert "apt-get install wrk" in ended.output
