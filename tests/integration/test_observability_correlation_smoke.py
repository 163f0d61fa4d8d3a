"""One request's ids appear on all that it causes, through the real API and real workers.

The build breaks here on a response without `X-Request-Id`, on an invalid event, and on a job run
event without `job_run_id`.
"""

from uuid import uuid4

import pytest

from explorer.check import check_files
from explorer.trace import build, uncorrelated
from store.pipeline import LAYERS, WORKERS
from tests.integration.running_stack import RunningStack

VTT = """WEBVTT

00:00.000 --> 00:04.000
<v Ada>The lighthouse keeper wrote wonderful letters every winter.

00:04.000 --> 00:08.000
<v Grace>And nobody ever answered a single one of them.
"""


@pytest.fixture(scope="module")
def request_id(stack: RunningStack) -> str:
    """The id of a request whose job has gone through all workers, and was searched for."""
    given = str(uuid4())
    accepted = stack.ingest_text(VTT, **{"X-Request-Id": given})
    assert accepted.status_code == 202
    assert stack.finished(accepted.json()["job_id"])["status"] == "completed"
    for mode in ("lexical", "vector", "hybrid"):
        found = stack.request("GET", "/search", params={"q": "lighthouse letters", "mode": mode})
        [best, *_] = found.json()["results"]
        assert best["speaker"] == "Ada"
        assert best["start_ms"] == 0
    return given


def test_every_response_carries_its_request_id(stack: RunningStack, request_id: str) -> None:
    stack.request("GET", "/nowhere")
    stack.request("DELETE", "/search")
    stack.request("GET", "/search")
    stack.request("POST", "/ingest", content=b"x")
    stack.request("GET", f"/jobs/{uuid4()}")
    assert {response.status_code for response in stack.responses} == {200, 202, 404, 405, 415, 422}
    without = [answer for answer in stack.responses if "X-Request-Id" not in answer.headers]
    assert without == []


def test_the_request_reaches_all_five_workers(stack: RunningStack, request_id: str) -> None:
    events = stack.events()
    [request] = [root for root in build(events) if root.identifier == request_id]
    [job] = request.children
    assert [run.name for run in job.children] == list(WORKERS)
    assert {run.status for run in job.children} == {job.status} == {"completed"}
    assert {run.attempt for run in job.children} == {1}
    steps = {step.name: step.status for run in job.children for step in run.children}
    assert steps == dict.fromkeys((*LAYERS, "index passages"), "completed")
    assert uncorrelated(events, request) == []


def test_one_trace_joins_it_all(stack: RunningStack, request_id: str) -> None:
    own = [event for event in stack.events() if event.correlation["request_id"] == request_id]
    assert len({event.correlation["trace_id"] for event in own}) == 1
    assert {event.service_name for event in own} == {
        "api",
        *(f"worker-{worker}" for worker in WORKERS),
    }


def test_every_job_run_event_names_its_job_run(stack: RunningStack, request_id: str) -> None:
    areas = ("job_run", "layer", "index")
    told = [event for event in stack.events() if event.event_name.split(".")[1] in areas]
    assert len(told) >= 2 * (5 + 3 + 1)
    assert [event for event in told if event.correlation["job_run_id"] is None] == []


def test_no_rule_of_schema_or_lifecycle_is_broken(stack: RunningStack, request_id: str) -> None:
    verdict = check_files(stack.folders.event_files())
    assert verdict.breaks == ()
    assert verdict.lines > 20


def test_no_text_of_the_user_is_in_any_event(stack: RunningStack, request_id: str) -> None:
    written = b"".join(path.read_bytes() for path in stack.folders.event_files())
    for secret in (b"lighthouse", b"letters", b"Ada", b"Grace"):
        assert secret not in written
