"""Clients cancel jobs, start failed ones again, list them, and send requests twice."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

import observability as obs
from tests.integration.running_stack import wait_until
from tests.integration.workshop import Workshop, assert_every_run_ends_once, kill, told_as


def test_a_cancelled_job_ends_with_all_that_is_open_at_it(
    workshop: Workshop, tmp_path: Path
) -> None:
    job_id = workshop.new_job("enrich")
    worker = workshop.start("enrich", tmp_path, "wait")
    workshop.wait_for(job_id, "layer.started")
    answer = workshop.stack.request("POST", f"/jobs/{job_id}/cancel")
    assert answer.status_code == 200
    assert answer.json()["status"] == "cancelled"
    assert [run["status"] for run in answer.json()["runs"]] == ["cancelled"]
    wait_until(lambda: workshop.entries(job_id) == [], "the worker drops it")

    (tmp_path / "release-1").touch()
    next_job = workshop.new_job("enrich")
    workshop.wait_for(next_job, "job_run.completed")
    assert [told_as(event)[0] for event in workshop.of(job_id)] == [
        "job.created",
        "job.started",
        "job_run.started",
        "layer.started",
        "layer.cancelled",
        "job_run.cancelled",
        "job.cancelled",
    ]
    [layer_started, layer, run, job] = workshop.of(
        job_id, "layer.started", "layer.cancelled", "job_run.cancelled", "job.cancelled"
    )
    assert layer.correlation == layer_started.correlation
    assert layer.payload["latency_ms"] > 0
    assert run.payload["worker"] == "enrich"
    assert job.correlation["request_id"] == run.correlation["request_id"]
    assert job.payload["by_request_id"] == answer.headers["X-Request-Id"]
    assert_every_run_ends_once(workshop.of(job_id))
    assert worker.process is not None
    assert worker.process.poll() is None


def test_a_worker_is_free_for_the_next_job_once_its_job_is_cancelled(
    workshop: Workshop, tmp_path: Path
) -> None:
    job_id = workshop.new_job("index")
    workshop.start("indexer", tmp_path, "wait")
    workshop.wait_for(job_id, "job_run.started")
    workshop.stack.request("POST", f"/jobs/{job_id}/cancel")
    # What cannot be stopped goes on in its thread; the worker does not wait for it.
    wait_until(lambda: workshop.entries(job_id) == [], "the worker drops it")
    assert not (tmp_path / "release-1").exists()


def test_a_job_that_nobody_has_begun_is_cancelled_for_good(
    workshop: Workshop, tmp_path: Path
) -> None:
    job_id = workshop.new_job("index")
    workshop.stack.request("POST", f"/jobs/{job_id}/cancel")
    again = workshop.stack.request("POST", f"/jobs/{job_id}/cancel")
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")
    assert workshop.entries(job_id) == []
    assert [told_as(event)[0] for event in workshop.of(job_id)] == ["job.created", "job.cancelled"]


def test_a_lost_workers_job_is_cancelled_as_well(workshop: Workshop, tmp_path: Path) -> None:
    job_id = workshop.new_job("index")
    doomed = workshop.start("indexer", tmp_path, "wait")
    workshop.wait_for(job_id, "job_run.started")
    kill(doomed)
    workshop.stack.request("POST", f"/jobs/{job_id}/cancel")
    doomed.start()
    wait_until(lambda: workshop.entries(job_id) == [], "the entry is dropped")
    assert_every_run_ends_once(workshop.of(job_id))
    assert [told_as(event)[0] for event in workshop.of(job_id)][-2:] == [
        "job_run.cancelled",
        "job.cancelled",
    ]


def test_a_poison_job_is_listed_as_failed_and_goes_on_once_it_is_retried(
    workshop: Workshop, tmp_path: Path
) -> None:
    job_id = workshop.new_job("enrich")
    poisoned = workshop.start("indexer", tmp_path, "refuse", "refuse")
    workshop.start("enrich", tmp_path)
    failed = workshop.stack.finished(job_id)
    assert (failed["status"], failed["attempt"]) == ("failed", 1)
    assert job_id in [job["job_id"] for job in _listed(workshop, status="failed")]
    assert job_id not in [job["job_id"] for job in _listed(workshop, status="completed")]

    answer = workshop.stack.request("POST", f"/jobs/{job_id}/retry")
    assert answer.status_code == 202
    assert answer.json()["job_id"] == job_id
    assert answer.headers["Location"] == f"/jobs/{job_id}"
    assert workshop.stack.finished(job_id)["status"] == "failed"
    workshop.stack.request("POST", f"/jobs/{job_id}/retry")
    completed = workshop.stack.finished(job_id)
    assert (completed["status"], completed["attempt"]) == ("completed", 3)
    assert [(run["worker"], run["attempt"], run["status"]) for run in completed["runs"]] == [
        ("enrich", 1, "completed"),
        ("indexer", 1, "failed"),
        ("indexer", 2, "failed"),
        ("indexer", 3, "completed"),
    ]
    assert poisoned.process is not None
    wait_until(lambda: bool(workshop.of(job_id, "job.completed")), "job.completed is told")
    told = workshop.of(job_id)
    assert_every_run_ends_once(told)
    [first, second] = workshop.of(job_id, "job.retried")
    assert (first.payload["attempt"], second.payload["attempt"]) == (2, 3)
    assert first.payload["by_request_id"] == answer.headers["X-Request-Id"]
    assert len({event.correlation["request_id"] for event in told}) == 1


def test_failures_before_the_retry_do_not_count_against_it(
    workshop: Workshop, tmp_path: Path
) -> None:
    job_id = workshop.new_job("index")
    carrier = obs.inject(obs.current_context().with_job(job_id))
    for attempt in range(1, 6):
        workshop.query(
            "INSERT INTO job_runs"
            " (job_run_id, job_id, worker, attempt, status, carrier, error_type, ended_at)"
            " VALUES (%s, %s, 'indexer', %s, 'failed', %s, 'ConnectionError', now())",
            *(uuid4(), job_id, attempt, Jsonb(carrier)),
        )
    workshop.query("UPDATE jobs SET status = 'failed' WHERE job_id = %s", job_id)
    workshop.query("DELETE FROM procrastinate_jobs")
    workshop.stack.request("POST", f"/jobs/{job_id}/retry")
    workshop.start("indexer", tmp_path, *5 * ["done"], "raise")
    assert workshop.stack.finished(job_id)["status"] == "completed"
    assert workshop.wait_for(job_id, "job_run.failed", attempt=6).payload["will_retry"] is True


@pytest.mark.parametrize(("step", "failures"), [("refuse", 1), ("stumble", 3), ("raise", 5)])
def test_how_often_a_job_is_tried_depends_on_the_error(
    workshop: Workshop, tmp_path: Path, step: str, failures: int
) -> None:
    job_id = workshop.new_job("index")
    workshop.start("indexer", tmp_path, *5 * [step])

    def tried() -> bool:
        # The pauses between attempts are not what this is about.
        workshop.query("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
        view = workshop.stack.request("GET", f"/jobs/{job_id}").json()
        return bool(view["status"] == "failed")

    wait_until(tried, "the job fails")
    wait_until(lambda: bool(workshop.of(job_id, "job.failed")), "job.failed is told")
    told = [event.payload["will_retry"] for event in workshop.of(job_id, "job_run.failed")]
    assert told == [True] * (failures - 1) + [False]
    assert_every_run_ends_once(workshop.of(job_id))


def test_what_cannot_be_cancelled_or_retried_is_a_conflict(
    workshop: Workshop, tmp_path: Path
) -> None:
    job_id = workshop.new_job("index")
    request = workshop.stack.request
    assert request("POST", f"/jobs/{job_id}/retry").status_code == 409
    workshop.start("indexer", tmp_path)
    workshop.stack.finished(job_id)
    answer = request("POST", f"/jobs/{job_id}/cancel")
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "completed" in answer.json()["detail"]
    assert request("POST", f"/jobs/{job_id}/retry").status_code == 409
    for operation in ("cancel", "retry"):
        assert request("POST", f"/jobs/{uuid4()}/{operation}").status_code == 404
        assert request("POST", f"/jobs/nonsense/{operation}").status_code == 422


def test_jobs_are_listed_newest_first_a_page_at_a_time(workshop: Workshop) -> None:
    made = [workshop.new_job("index") for _ in range(5)]
    for job_id in made:
        workshop.stack.request("POST", f"/jobs/{job_id}/cancel")
    pages: list[list[str]] = []
    cursor: str | None = None
    while len(pages) < 3:
        query = {"status": "cancelled", "limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = workshop.stack.request("GET", "/jobs", params=query).json()
        pages.append([job["job_id"] for job in page["jobs"]])
        cursor = page["next_cursor"]
    assert [job_id for page in pages for job_id in page][:5] == made[::-1]
    assert workshop.stack.request("GET", "/jobs", params={"status": "x"}).status_code == 422


def test_a_request_that_is_sent_again_leads_to_the_same_job(workshop: Workshop) -> None:
    media = {"file": ("talk.txt", b"A text that is sent twice. " * 100_000)}
    text: dict[str, Any] = {"json": {"text": "A text that is sent twice."}}
    document_id = _ingest(workshop, "first", **text)["document_id"]
    body = {"document_id": document_id, "job_type": "index"}
    for path, arguments in (
        ("/ingest", {"files": media}),
        ("/ingest", text),
        ("/jobs", {"json": body}),
    ):
        headers = {"Idempotency-Key": str(uuid4())}
        first = workshop.stack.request("POST", path, headers=headers, **arguments)
        again = workshop.stack.request("POST", path, headers=headers, **arguments)
        assert first.status_code == again.status_code == 202
        assert first.json() == again.json()
        assert first.headers["Location"] == again.headers["Location"]
        assert len(workshop.of(first.json()["job_id"], "job.created")) == 1
        other = workshop.stack.request("POST", path, headers={"Idempotency-Key": "x"}, **arguments)
        assert other.json()["job_id"] != first.json()["job_id"] or path != "/ingest"
        workshop.query("DELETE FROM idempotency_keys")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/ingest", {"text": "Another text."}),
        ("/ingest", {"text": "A text.", "title": "Another title"}),
        ("/jobs", {"document_id": str(uuid4()), "job_type": "index"}),
        (f"/jobs/{uuid4()}/retry", None),
    ],
)
def test_a_key_is_refused_for_another_request(
    workshop: Workshop, path: str, body: dict[str, str] | None
) -> None:
    key = str(uuid4())
    _ingest(workshop, key, json={"text": "A text."})
    answer = workshop.stack.request("POST", path, json=body, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["detail"]


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "naïve".encode("latin-1")])
def test_a_key_that_is_none_is_refused(workshop: Workshop, key: str | bytes) -> None:
    headers: Any = {"Idempotency-Key": key}
    answer = workshop.stack.request("POST", "/ingest", json={"text": "x"}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["location"].lower() == "header.idempotency-key"


def test_a_request_that_is_sent_ten_times_at_once_is_accepted_once(workshop: Workshop) -> None:
    key = str(uuid4())

    def send(_: int) -> str:
        return str(_ingest(workshop, key, json={"text": "A text."})["job_id"])

    with ThreadPoolExecutor(10) as pool:
        [job_id] = set(pool.map(send, range(10)))
    assert len(workshop.of(job_id, "job.created")) == 1


def test_a_retry_that_is_sent_again_starts_the_job_once(workshop: Workshop) -> None:
    job_id = workshop.new_job("index")
    headers = {"Idempotency-Key": str(uuid4())}
    for _ in range(2):
        workshop.query("UPDATE jobs SET status = 'failed' WHERE job_id = %s", job_id)
        answer = workshop.stack.request("POST", f"/jobs/{job_id}/retry", headers=headers)
        assert (answer.status_code, answer.json()["job_id"]) == (202, job_id)
    assert len(workshop.of(job_id, "job.retried")) == 1


def _listed(workshop: Workshop, **query: str) -> list[dict[str, Any]]:
    answer = workshop.stack.request("GET", "/jobs", params={"limit": "100", **query})
    return list(answer.json()["jobs"])


def _ingest(workshop: Workshop, key: str, **arguments: Any) -> dict[str, Any]:
    headers = {"Idempotency-Key": key}
    answer = workshop.stack.request("POST", "/ingest", headers=headers, **arguments)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())
