"""The HTTP API as a client meets it: a real server, a real database, real workers."""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from stack.embedded_postgres import embedded_postgres
from stack.launch import free_port, wait_until_healthy
from stack.processes import Folders, Service
from store.database import migrate
from tests.integration.running_stack import RunningStack, wait_until

USER_TEXT = "Zanzibar"
TABLES = ("documents", "segments", "layers", "passages")


def assert_is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem


def test_json_text_is_accepted(stack: RunningStack) -> None:
    answer = stack.request("POST", "/ingest", json={"text": "A text.", "title": "Its title"})
    assert_is_accepted(stack, answer, "ingest")


@pytest.mark.parametrize("name", ["talk.vtt", "", "../../etc/passwd", "nul\x00.txt", "naïve ☃.txt"])
def test_an_upload_is_accepted_whatever_its_name(stack: RunningStack, name: str) -> None:
    answer = stack.request("POST", "/ingest", files={"file": (name or "x", b"A text.")})
    assert_is_accepted(stack, answer, "ingest")


def test_an_upload_may_have_a_title(stack: RunningStack, database_url: str) -> None:
    answer = stack.request(
        "POST", "/ingest", files={"file": ("f", b"A text.")}, data={"title": "Nul \x00 and ☃"}
    )
    accepted = assert_is_accepted(stack, answer, "ingest")
    [[title]] = rows(
        database_url, "SELECT title FROM documents WHERE document_id = %s", accepted["document_id"]
    )
    assert title == "Nul and ☃"


def assert_is_accepted(
    stack: RunningStack, answer: httpx.Response, job_type: str
) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    accepted: dict[str, Any] = answer.json()
    assert accepted.keys() == {"job_id", "document_id", "job_type", "status"}
    assert (accepted["job_type"], accepted["status"]) == (job_type, "created")
    assert answer.headers["Location"] == f"/jobs/{accepted['job_id']}"
    view = stack.request("GET", answer.headers["Location"]).json()
    assert view["document_id"] == accepted["document_id"]
    assert view["request_id"] == answer.headers["X-Request-Id"]
    return accepted


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        (None, b"A text.", 415),
        ("text/plain", b"A text.", 415),
        ("application/jsonp", b'{"text": "A text."}', 415),
        ("application/json", b"", 422),
        ("application/json", b'{"text": "Zanzibar', 422),
        ("application/json", b'"Zanzibar"', 422),
        ("application/json", b"[]", 422),
        ("application/json", b"{}", 422),
        ("application/json", b'{"text": ""}', 422),
        ("application/json", b'{"text": ["Zanzibar"]}', 422),
        ("application/json", b'{"text": "Zanzibar \\ud800"}', 422),
        ("application/json", b'{"text": "Zanzibar \\u0000"}', 422),
        ("application/json", b'{"text": "Zanzibar \xff"}', 422),
        ("application/json", b'{"text": "x", "title": "Zanzibar \\u0000"}', 422),
        ("application/json", b'{"text": "x", "title": "Zanzibar \\udfff"}', 422),
        ("application/json", b'{"text": "x", "title": "' + 501 * b"Z" + b'"}', 422),
        ("application/json", b"[" * 100_000, 422),
        ("multipart/form-data", b"Zanzibar", 400),
        ("multipart/form-data; boundary=b", b"--b\r\nZanzibar", 400),
        ("multipart/form-data; boundary=b", b"--b--\r\n", 422),
    ],
)
def test_what_cannot_be_ingested_is_refused(
    stack: RunningStack, content_type: str | None, body: bytes, status: int
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = stack.request("POST", "/ingest", content=body, headers=headers)
    assert_is_problem(answer, status)
    assert USER_TEXT not in answer.text


@pytest.mark.parametrize(
    "files",
    [
        {"file": ("empty.txt", b"")},
        {"other": ("Zanzibar.txt", b"Zanzibar")},
        {"file": (None, b"Zanzibar")},
    ],
)
def test_an_upload_without_media_is_refused(stack: RunningStack, files: Any) -> None:
    answer = stack.request("POST", "/ingest", files=files)
    assert "body.file" in assert_is_problem(answer, 422)["detail"]
    assert USER_TEXT not in answer.text


def test_two_files_at_once_are_refused(stack: RunningStack) -> None:
    files = [("file", ("a", b"Zanzibar")), ("file", ("b", b"Zanzibar"))]
    answer = stack.request("POST", "/ingest", files=files)
    assert_is_problem(answer, 422)
    assert USER_TEXT not in answer.text


def test_what_was_refused_left_nothing(stack: RunningStack, database_url: str) -> None:
    before = rows(database_url, "SELECT count(*) FROM documents")
    stack.request("POST", "/ingest", files={"file": ("empty.txt", b"")})
    stack.request("POST", "/ingest", json={"text": "x\x00"})
    assert rows(database_url, "SELECT count(*) FROM documents") == before


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("", "query.q"),
        ("q=", "query.q"),
        ("q=" + 1001 * "Z", "query.q"),
        ("q=Zanzibar%00", "query.q"),
        ("q=x&limit=0", "query.limit"),
        ("q=x&limit=101", "query.limit"),
        ("q=x&limit=Zanzibar", "query.limit"),
        ("q=x&limit=1e1", "query.limit"),
        ("q=x&mode=Zanzibar", "query.mode"),
    ],
)
def test_a_wrong_search_names_the_parameter(stack: RunningStack, query: str, place: str) -> None:
    answer = stack.request("GET", f"/search?{query}")
    problem = assert_is_problem(answer, 422)
    assert [error["location"] for error in problem["errors"]] == [place]
    assert place in problem["detail"]
    assert USER_TEXT not in answer.text
    assert 10 * "Z" not in answer.text


@pytest.mark.parametrize("query", ["q=%ED%A0%80", "q=%FF", "q=☃", 'q="', "q=-", "q=" + 1000 * "Z"])
@pytest.mark.parametrize("mode", ["lexical", "vector", "hybrid"])
def test_an_odd_search_is_answered(stack: RunningStack, query: str, mode: str) -> None:
    answer = stack.request("GET", f"/search?{query}&mode={mode}&limit=100")
    assert answer.status_code == 200
    assert answer.json()["mode"] == mode


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/jobs/{uuid4()}", 404),
        ("/jobs/Zanzibar", 422),
        ("/jobs/Zanzibar%00", 422),
        (f"/jobs/{uuid4()}0", 422),
        ("/Zanzibar", 404),
    ],
)
def test_what_is_not_there(stack: RunningStack, path: str, status: int) -> None:
    answer = stack.request("GET", path)
    assert_is_problem(answer, status)
    assert USER_TEXT not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("DELETE", "/search", "GET"), ("HEAD", "/search", "GET"), ("PUT", "/jobs", "GET, POST")],
)
def test_a_wrong_method_is_told_the_right_one(
    stack: RunningStack, method: str, path: str, allowed: str
) -> None:
    answer = stack.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == allowed
    assert "X-Request-Id" in answer.headers


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"document_id": str(uuid4()), "job_type": "enrich"}, 404),
        ({"document_id": "Zanzibar", "job_type": "enrich"}, 422),
        ({"document_id": "zanzibar\ud800", "job_type": "enrich"}, 422),
        ({"document_id": str(uuid4()), "job_type": "Zanzibar"}, 422),
        ({"document_id": str(uuid4()), "job_type": "\ud800"}, 422),
        ({"document_id": 5, "job_type": ["Zanzibar"]}, 422),
        ({}, 422),
        (["Zanzibar"], 422),
    ],
)
def test_a_job_that_cannot_be_is_refused(stack: RunningStack, body: object, status: int) -> None:
    headers = {"Content-Type": "application/json"}
    answer = stack.request("POST", "/jobs", content=json.dumps(body), headers=headers)
    assert_is_problem(answer, status)
    assert USER_TEXT not in answer.text


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 422), (b'{"Zanzibar', 422), (b"\xff\xfe", 422), (b"[" * 100_000, 400)],
)
def test_a_job_that_is_no_json_is_refused(stack: RunningStack, body: bytes, status: int) -> None:
    headers = {"Content-Type": "application/json"}
    answer = stack.request("POST", "/jobs", content=body, headers=headers)
    assert_is_problem(answer, status)
    assert USER_TEXT not in answer.text


def test_a_document_can_be_enriched_again(stack: RunningStack, database_url: str) -> None:
    document_id = stack.ingest_text("A lighthouse. A keeper.").json()["document_id"]
    [[job_id]] = rows(database_url, "SELECT job_id FROM jobs WHERE document_id = %s", document_id)
    assert stack.finished(job_id)["status"] == "completed"
    before = contents(database_url, document_id)
    assert all(before.values())

    body = {"document_id": document_id, "job_type": "enrich"}
    accepted = assert_is_accepted(stack, stack.request("POST", "/jobs", json=body), "enrich")
    again = stack.finished(accepted["job_id"])
    assert again["status"] == "completed"
    assert [run["worker"] for run in again["runs"]] == ["enrich", "indexer"]
    assert contents(database_url, document_id) == before


def test_there_is_a_page_to_try_the_api_with(stack: RunningStack) -> None:
    assert stack.request("GET", "/docs").status_code == 200


def test_every_event_of_all_this_is_valid_and_holds_no_text(stack: RunningStack) -> None:
    stack.request("GET", "/search", params={"q": USER_TEXT})
    events = stack.events()
    assert len(stack.lines()) >= len(events) > 0
    assert all(line in events for line in stack.lines())
    written = b"".join(path.read_bytes() for path in stack.folders.event_files())
    assert USER_TEXT.encode() not in written
    answered = {answer.headers["X-Request-Id"] for answer in stack.responses}
    told = {event.correlation["request_id"] for event in events}
    assert told <= answered
    assert not [event for event in events if event.event_name == "narralytica.request.failed"]


@pytest.fixture(scope="module")
def machine() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="narralytica-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def test_without_its_database_the_api_says_so_and_recovers(machine: Path) -> None:
    port, folders = free_port(), Folders.below(machine)
    base_url = f"http://127.0.0.1:{port}"
    with ExitStack() as cleanup, httpx.Client(base_url=base_url, timeout=60) as client:
        with embedded_postgres(machine) as url:
            migrate(url)
            api = running_api(url, port, folders, cleanup)
            wait_until_healthy(client, [api])
        answers = asyncio.run(
            ask_all(
                base_url,
                ("GET", "/health", {}),
                ("GET", "/search", {"params": {"q": USER_TEXT}}),
                ("GET", f"/jobs/{uuid4()}", {}),
                ("POST", "/ingest", {"json": {"text": USER_TEXT}}),
                ("POST", "/jobs", {"json": {"document_id": str(uuid4()), "job_type": "index"}}),
            )
        )
        for answer in answers:
            assert_is_problem(answer, 503)
            assert int(answer.headers["Retry-After"]) > 0
            assert USER_TEXT not in answer.text

        stack = RunningStack(client=client, services=[api], folders=folders)
        for answer in answers:
            own = [
                event
                for event in stack.events()
                if event.correlation["request_id"] == answer.headers["X-Request-Id"]
            ]
            [failed] = [event for event in own if event.event_name.endswith("request.failed")]
            assert failed.payload["status_code"] == 503
            searched = [event for event in own if event.event_name.endswith("search.failed")]
            assert len(searched) == (answer.request.url.path == "/search")

        with embedded_postgres(machine):
            wait_until(lambda: client.get("/health").status_code == 200, "the API is back")
            assert client.post("/ingest", json={"text": "x"}).status_code == 202


def running_api(url: str, port: int, folders: Folders, cleanup: ExitStack) -> Service:
    path = os.pathsep.join(entry for entry in sys.path if entry)
    api = Service(
        name="api",
        module="api",
        arguments=("--port", str(port)),
        environment={**os.environ, "DATABASE_URL": url, "PYTHONPATH": path},
        folders=folders,
    )
    api.start()
    assert api.process is not None
    cleanup.callback(api.process.wait, 60)
    cleanup.callback(api.process.terminate)
    return api


async def ask_all(
    base_url: str, *requests: tuple[str, str, dict[str, Any]]
) -> list[httpx.Response]:
    async with httpx.AsyncClient(base_url=base_url, timeout=60) as client:
        return await asyncio.gather(
            *(client.request(method, path, **arguments) for method, path, arguments in requests)
        )


def rows(url: str, query: str, *arguments: object) -> list[list[Any]]:
    with psycopg.connect(url) as connection:
        cursor = connection.execute(query.encode(), arguments)
        return [[_plain(value) for value in row] for row in cursor.fetchall()]


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value


def contents(url: str, document_id: str) -> dict[str, list[list[Any]]]:
    """What the tables hold of a document."""
    return {
        table: sorted(
            rows(url, f"SELECT * FROM {table} WHERE document_id = %s", document_id),  # noqa: S608
            key=str,
        )
        for table in TABLES
    }
