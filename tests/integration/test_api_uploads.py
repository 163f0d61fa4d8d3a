"""Uploads: long, cut short, malformed, and with nowhere to go."""

import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from stack.launch import StackError
from tests.integration.lone_api import connected, process_of, running_api
from tests.integration.running_stack import RunningStack, wait_until
from tests.integration.test_api import assert_is_problem

MIB = 1 << 20
LIMIT = 250 * MIB
SOUND = b"RIFF\xff\xff\xff\x7fWAVE"
BOUNDARY = "b"
HEAD = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'.encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()
MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


@pytest.fixture(scope="module")
def api(lone_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    folder = tmp_path_factory.mktemp("uploads")
    with running_api(lone_url, folder, NARRALYTICA_MAX_UPLOAD_BYTES=str(LIMIT)) as running:
        yield running


def test_a_long_upload_does_not_sit_in_memory(api: RunningStack, lone_url: str) -> None:
    api.request("POST", "/ingest", files={"file": ("f", b"A text.")})
    before = peak_memory(api)
    answer = api.request("POST", "/ingest", content=upload(200), headers=MULTIPART)
    assert answer.status_code == 202, answer.text
    assert peak_memory(api) - before < 64 * MIB
    with psycopg.connect(lone_url) as connection:
        row = connection.execute(
            "SELECT sum(length(bytes)) FROM media_chunks WHERE document_id = %s",
            [answer.json()["document_id"]],
        ).fetchone()
    assert row == (len(SOUND) + 200 * MIB,)


def test_what_says_that_it_is_too_long_is_refused_at_once(api: RunningStack) -> None:
    with connected(api) as client:
        client.sendall(request(content_length=10**15))
        assert_is_problem(answer_on(client), 413)


def test_what_becomes_too_long_is_refused_and_not_kept(api: RunningStack, lone_url: str) -> None:
    before = everything(lone_url)
    answer = api.request("POST", "/ingest", content=upload(251), headers=MULTIPART)
    problem = assert_is_problem(answer, 413)
    assert f"{LIMIT:,} bytes" in problem["detail"]
    assert everything(lone_url) == before
    wait_until(lambda: files_without_name(api) == [], "the file is gone")


@pytest.mark.parametrize("path", ["/ingest", "/jobs", f"/jobs/{'0' * 32}/cancel", "/nowhere"])
@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=b"])
def test_only_uploads_may_be_long(api: RunningStack, path: str, content_type: str) -> None:
    with connected(api) as client:
        client.sendall(request(path, content_type=content_type, content_length=200 * MIB))
        if path == "/ingest" and content_type.startswith("multipart"):
            client.sendall(HEAD + b"\x7fELF" + bytes(MIB))  # then its beginning is looked at
            assert_is_problem(answer_on(client), 415)
        else:
            assert_is_problem(answer_on(client), 413)


def test_long_json_in_chunks_is_refused(api: RunningStack) -> None:
    def body() -> Iterator[bytes]:
        yield b'{"text": "'
        for _ in range(33):
            yield b"x" * MIB

    headers = {"Content-Type": "application/json"}
    for path in ("/ingest", "/jobs"):
        assert_is_problem(api.request("POST", path, content=body(), headers=headers), 413)


def test_an_upload_that_is_cut_off_leaves_nothing(api: RunningStack, lone_url: str) -> None:
    before = everything(lone_url)
    with connected(api) as client:
        client.sendall(request(content_length=100 * MIB) + HEAD + SOUND + bytes(20 * MIB))
        wait_until(lambda: files_without_name(api) != [], "the upload has begun")
    wait_until(lambda: files_without_name(api) == [], "the file is gone")
    assert everything(lone_url) == before
    assert_nothing_failed(api)


def test_an_upload_that_finds_no_room_is_refused(api: RunningStack, lone_url: str) -> None:
    before = everything(lone_url)
    # A file of this process cannot grow any more: to the API, as if the disk were full.
    limited = limit_files(api, 4 * MIB)
    try:
        answer = api.request("POST", "/ingest", content=upload(10), headers=MULTIPART)
    finally:
        limit_files(api, limited)
    assert_is_problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert everything(lone_url) == before
    wait_until(lambda: files_without_name(api) == [], "the file is gone")
    answer = api.request("POST", "/ingest", content=upload(10), headers=MULTIPART)
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("multipart/form-data", HEAD + b"A text." + TAIL, 400),
        ("multipart/form-data; boundary=", HEAD + b"A text." + TAIL, 400),
        ("multipart/form-data; boundary=" + "b" * 300, HEAD + b"A text." + TAIL, 400),
        ("multipart/form-data; boundary=other", HEAD + b"A text." + TAIL, 400),
        ("multipart/form-data; boundary=b", b"", 400),
        ("multipart/form-data; boundary=b", b"A text.", 400),
        ("multipart/form-data; boundary=b", HEAD + b"A text.", 400),
        ("multipart/form-data; boundary=b", HEAD + b"A text.\r\n--b", 400),
        ("multipart/form-data; boundary=b", HEAD[:-4], 400),
        ("multipart/form-data; boundary=b", HEAD.replace(b": ", b" "), 400),
        ("multipart/form-data; boundary=b", HEAD.replace(b'"f"', b'"' + b"f" * 5000 + b'"'), 400),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"X: y\r\n" * 1000 + HEAD + TAIL, 400),
        ("multipart/form-data; boundary=b", (HEAD[:46] + b"x\r\n\r\n\r\n") * 1000 + TAIL, 400),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="title"\r\n\r\n' + bytes(MIB) + TAIL,
            400,
        ),
        ("multipart/form-data; boundary=b", b"--b--\r\n", 422),
        ("multipart/form-data; boundary=b", HEAD + TAIL, 422),
        ("multipart/form-data; boundary=b", HEAD.replace(b'"file"', b'"other"') + b"x" + TAIL, 422),
        ("multipart/form-data; boundary=b", HEAD + b"A.\r\n" + HEAD + b"B." + TAIL, 422),
        ("multipart/mixed; boundary=b", HEAD + b"A text." + TAIL, 415),
        ("application/x-www-form-urlencoded", b"file=A+text.", 415),
    ],
)
def test_a_malformed_upload_is_refused(
    api: RunningStack, lone_url: str, content_type: str, body: bytes, status: int
) -> None:
    before = everything(lone_url)
    headers = {"Content-Type": content_type}
    answer = api.request("POST", "/ingest", content=body, headers=headers)
    assert_is_problem(answer, status)
    assert everything(lone_url) == before
    assert files_without_name(api) == []
    assert_nothing_failed(api)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("talk.mp3", "talk.mp3"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\talk.mp3", "talk.mp3"),
        ("/", "untitled"),
        ("", "untitled"),
        ("\u202e3pm.exe", "3pm.exe"),
        ("a\x00b\x07c\x1b[31m", "a b c [31m"),
        ("two\u2028lines", "two lines"),
        ("x" * 3000, "x" * 500),
        ("naïve ☃ 👩‍🚀.txt", "naïve ☃ 👩‍🚀.txt"),
    ],
)
def test_a_files_name_is_a_title_and_nothing_else(
    api: RunningStack, lone_url: str, name: str, title: str
) -> None:
    body = HEAD.replace(b'"f"', b'"' + name.replace("\\", "\\\\").encode() + b'"')
    answer = api.request("POST", "/ingest", content=body + b"A text." + TAIL, headers=MULTIPART)
    assert answer.status_code == 202, answer.text
    with psycopg.connect(lone_url) as connection:
        kept = connection.execute(
            "SELECT title FROM documents WHERE document_id = %s", [answer.json()["document_id"]]
        ).fetchone()
    assert kept == (title,)


def test_a_wrong_limit_is_refused_at_the_start(lone_url: str, tmp_path: Path) -> None:
    reason = "NARRALYTICA_MAX_UPLOAD_BYTES must be a whole number of bytes"
    with (
        pytest.raises(StackError, match=reason),
        running_api(lone_url, tmp_path, NARRALYTICA_MAX_UPLOAD_BYTES="4 GiB"),
    ):
        pass


def upload(mebibytes: int) -> Iterator[bytes]:
    """What a client sends in pieces, without telling its length."""
    yield HEAD + SOUND
    for _ in range(mebibytes):
        yield bytes(MIB)
    yield TAIL


def request(
    path: str = "/ingest",
    *,
    content_type: str = MULTIPART["Content-Type"],
    content_length: int,
) -> bytes:
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        f"Content-Type: {content_type}",
        f"Content-Length: {content_length}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def answer_on(client: socket.socket) -> httpx.Response:
    """The answer to a request of which the client has not sent all."""
    received = b""
    while b"\r\n\r\n" not in received or len(received) < _whole(received):
        piece = client.recv(MIB)
        assert piece, received
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    status, *headers = head.decode().split("\r\n")
    fields = dict(line.split(": ", 1) for line in headers)
    return httpx.Response(int(status.split()[1]), headers=fields, content=body)


def _whole(received: bytes) -> int:
    head = received.partition(b"\r\n\r\n")[0]
    [length] = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    return len(head) + 4 + int(length.split(b":")[1])


def peak_memory(api: RunningStack) -> int:
    """Bytes that the API's process has had in memory at most so far."""
    status = (process_of(api) / "status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def files_without_name(api: RunningStack) -> list[str]:
    """The files that the API has open and nobody else can."""
    found = []
    for descriptor in (process_of(api) / "fd").iterdir():
        try:
            found.append(str(descriptor.readlink()))
        except FileNotFoundError:
            continue
    return [path for path in found if path.endswith("(deleted)")]


def limit_files(api: RunningStack, size: int) -> int:
    """Let no file of the API's process grow beyond `size`; return what the limit was."""
    pid = int(process_of(api).name)
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    before, _ = resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
    return before


def everything(url: str) -> dict[str, int]:
    """How many rows the tables have that an upload writes to, once its events are struck off."""
    tables = ("documents", "media_chunks", "jobs", "outbox", "procrastinate_jobs")

    def rows() -> dict[str, int]:
        with psycopg.connect(url) as connection:
            counts = [
                connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchall()  # noqa: S608
                for table in tables
            ]
        return {table: count for table, [(count,)] in zip(tables, counts, strict=True)}

    wait_until(lambda: rows()["outbox"] == 0, "the outbox is empty")
    return rows()


def assert_nothing_failed(api: RunningStack) -> None:
    """Assert that the API blames nothing on itself."""
    failed = [event for event in api.events() if event.event_name == "narralytica.request.failed"]
    assert [event.payload for event in failed if event.payload["status_code"] != 503] == []
